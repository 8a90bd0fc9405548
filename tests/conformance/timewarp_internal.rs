//! Timewarp in internal coordinates for the table: random weights on a chain of atoms, and errors planted in its volume.

use crate::molecules::Backbone;
use crate::planted::{Fault, Faulty, on_toy};
use crate::table::{KELVIN, Make, Row, rows};
use crate::targets::Target;
use crate::torsion_moves::topology;
use crate::{checks, molecules};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::flow::timewarp::{
    Frames, InternalCoordinates, Shaking, Timewarp, TimewarpConfig, initial_parameters,
};
use saltus::integrator::Engine;
use saltus::mcmc::MetropolisKernel;
use saltus::proposal::{
    Current, LogRatio, Proposal, ProposalError, Proposed, TimewarpProposal, placement_tree,
};
use saltus::rng;
use saltus::units::thermal_energy_kj_per_mol;
use std::sync::{Arc, LazyLock};

const SHAKING: Shaking = Shaking {
    rotation_rad: 0.1,
    translation_nm: 0.01,
};
/// Width of what a frame differs by from the exact draw before it, nm: y then depends on x, but not by much.
const SHAKEN_NM: f64 = 0.003;
const N_DRAWS: usize = 3000;

/// Exact draws of a chain, each followed by itself with every atom moved a little.
fn frames(n_atoms: usize) -> Frames {
    let mut stream = rng::stream(61);
    let target = Backbone::new(n_atoms);
    let draw = target.source(thermal_energy_kj_per_mol(KELVIN));
    let mut positions = Vec::new();
    for _ in 0..N_DRAWS {
        let x = draw(&mut stream);
        positions.extend(x.iter().map(|x| *x as f32));
        let mut normal = || stream.sample::<f64, _>(StandardNormal);
        positions.extend(x.iter().map(|x| (x + SHAKEN_NM * normal()) as f32));
    }
    Frames {
        molecule: 0,
        elements: (0..n_atoms)
            .map(|index| usize::from(index % 3 == 1))
            .collect(),
        positions,
        lag_frames: 1,
    }
}

fn coordinates(n_atoms: usize) -> InternalCoordinates {
    let tree = placement_tree(&topology(n_atoms)).unwrap();
    InternalCoordinates::fit(tree, &[frames(n_atoms)], SHAKING, 62)
}

static FOUR_ATOMS: LazyLock<InternalCoordinates> = LazyLock::new(|| coordinates(4));
/// Seven torsions, six of them given the one before.
static TEN_ATOMS: LazyLock<InternalCoordinates> = LazyLock::new(|| coordinates(10));

/// A flow whose weights are random, on coordinates that know the chain.
pub(crate) fn internal_timewarp(n_atoms: usize) -> Box<dyn Proposal> {
    let internal = match n_atoms {
        4 => &FOUR_ATOMS,
        _ => &TEN_ATOMS,
    };
    let config = TimewarpConfig {
        element_vocabulary: vec!["C".to_owned(), "N".to_owned()],
        atom_embedding_dim: 3,
        mlp_hidden_dims: vec![6],
        num_coupling_layers: 4,
        num_transformer_layers: 1,
        d_model: 5,
        dim_feedforward: 8,
        lengthscales_nm: vec![0.1, 0.4],
        ignore_conditional_velocity: false,
        internal: Some((**internal).clone()),
    };
    let parameters = initial_parameters(&config, 0.08, 78);
    let parameters = parameters.into_iter().map(|p| p as f32).collect();
    let model = Timewarp::from_parameters(config, parameters).unwrap();
    Box::new(TimewarpProposal::new(Arc::new(model), &topology(n_atoms)).unwrap())
}

/// What is wrongly added to ln q(y | x), given x and y.
type Slip = fn(&[f64], &[f64]) -> f64;

/// Misses a part of the volume element in the densities of both ways.
struct Miscounted {
    sound: Box<dyn Proposal>,
    slip: Slip,
}

impl Proposal for Miscounted {
    fn name(&self) -> &str {
        self.sound.name()
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.sound.propose(current, engine, streams)?;
        let size = 3 * current.state.n_atoms;
        let before = current.state.positions.chunks_exact(size);
        let pairs = before.zip(proposed.positions.chunks_exact(size));
        let LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = &mut proposed.log_ratio
        else {
            panic!("a flow has densities");
        };
        let both = log_q_forward.iter_mut().zip(log_q_reverse);
        for ((forward, reverse), (x, y)) in both.zip(pairs) {
            // What has no y is x again, of infinite density.
            *forward += (self.slip)(x, y);
            *reverse += (self.slip)(y, x);
        }
        Ok(proposed)
    }
}

/// The row, and what an error makes of its check. Many replicas, for bonds are stiff and r² sin(angle) changes little.
fn verdict(proposal: Box<dyn Proposal>) -> Result<(), String> {
    let row = row();
    let kernel = MetropolisKernel::new(proposal, 20_000, 63);
    checks::invariance(&row, &mut on_toy(&row, Box::new(kernel)), 12, 20_000)
}

fn row() -> Row {
    let name = "timewarp in internal coordinates, random weights, four atoms";
    rows().into_iter().find(|row| row.name == name).unwrap()
}

fn sound() -> Box<dyn Proposal> {
    let Make::Proposal(make) = row().make else {
        panic!("the row is a proposal's")
    };
    make()
}

#[test]
fn a_miscounted_volume_is_caught() {
    verdict(sound()).expect("the sound proposal passes");
    let slips: [(&str, Slip); 4] = [
        ("ln |dz/dy| left out", |x, y| -FOUR_ATOMS.log_det(x, y)),
        ("ln |dz/dy| counted twice", |x, y| FOUR_ATOMS.log_det(x, y)),
        ("r² sin(angle) left out", |_, y| chain_log_volume(y)),
        ("r² sin(angle) counted twice", |_, y| -chain_log_volume(y)),
    ];
    for (what, slip) in slips {
        let sound = sound();
        let verdict = verdict(Box::new(Miscounted { sound, slip }));
        assert!(verdict.is_err(), "{what}: not noticed");
    }
}

/// ln of r² sin(angle) of the atoms at both ends of a chain of four: those between them make the frame.
fn chain_log_volume(positions: &[f64]) -> f64 {
    [[0, 1, 2], [3, 2, 1]]
        .map(|[end, middle, other]| {
            let bond = molecules::atom(positions, end) - molecules::atom(positions, middle);
            let axis = molecules::atom(positions, other) - molecules::atom(positions, middle);
            (bond.norm() * bond.cross(&axis).norm() / axis.norm()).ln()
        })
        .iter()
        .sum()
}

#[test]
fn wrong_densities_are_caught() {
    for fault in [
        Fault::WrongSign,
        Fault::ForgottenDensities,
        Fault::ForgottenAuxiliary,
    ] {
        let sound = sound();
        let verdict = verdict(Box::new(Faulty { sound, fault }));
        assert!(verdict.is_err());
    }
}
