//! Ring flips: their own inverse, volume preserving, gentle with the geometry, stationary, and worth having.

use crate::support::{Springs, ToyEngine, chain, molecule};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::forcefield::{ForceField, SystemOptions};
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{
    Current, Hmc, HmcSettings, Proposal, ProposalError, Proposed, PuckerProposal,
};
use saltus::rng;
use saltus::topology::{Molecule, chiral_centers, torsion_rad};

const SEQUENCE: &str = "ACE-PRO-NME";

/// Positions and velocities after one flip.
fn flipped(molecule: &Molecule, positions: &[f64], velocities: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut proposal = PuckerProposal::new(&molecule.topology).unwrap();
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mut chain = chain(molecule, 1);
    chain.state.positions = positions.to_vec();
    chain.state.velocities = velocities.to_vec();
    let current = Current {
        state: &chain.state,
        energies: &[0.0],
        temperatures_kelvin: &chain.temperatures_kelvin,
    };
    let mut streams = rng::streams(3, 1);
    let proposed = proposal.propose(current, &mut engine, &mut streams);
    let proposed = proposed.unwrap();
    let velocities = proposed.velocities.unwrap().accepted;
    (proposed.positions, velocities)
}

/// A molecule away from any symmetry, with velocities.
fn shaken(molecule: &Molecule, width_nm: f64, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut stream = rng::stream(seed);
    let mut normal = || stream.sample::<f64, _>(StandardNormal);
    let rest = molecule.positions.as_flattened();
    let positions: Vec<f64> = rest.iter().map(|x| x + width_nm * normal()).collect();
    let velocities = positions.iter().map(|_| normal()).collect();
    (positions, velocities)
}

fn worst(a: &[f64], b: &[f64]) -> f64 {
    let off = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    off.fold(0.0, f64::max)
}

#[test]
fn a_flip_undoes_itself_and_turns_velocities_along() {
    let molecule = molecule(SEQUENCE);
    let (positions, velocities) = shaken(&molecule, 0.005, 1);
    let (there, turned) = flipped(&molecule, &positions, &velocities);
    let (back, turned_back) = flipped(&molecule, &there, &turned);
    assert!(worst(&positions, &there) > 0.02);
    assert!(worst(&positions, &back) < 1e-13);
    assert!(worst(&velocities, &turned_back) < 1e-12);
    let speeds = |v: &[f64]| -> Vec<f64> {
        let square = |v: &[f64; 3]| v.iter().map(|x| x * x).sum();
        v.as_chunks().0.iter().map(square).collect()
    };
    assert!(worst(&speeds(&velocities), &speeds(&turned)) < 1e-12);
}

#[test]
fn bonds_to_hydrogen_keep_length_and_rate_and_the_ring_its_bonds_and_chirality() {
    let molecule = molecule(SEQUENCE);
    let (positions, velocities) = shaken(&molecule, 0.003, 2);
    let (there, turned) = flipped(&molecule, &positions, &velocities);
    for &[a, b] in &molecule.topology.bonds {
        let along = |x: &[f64], v: &[f64]| -> f64 {
            (0..3)
                .map(|k| (x[3 * a + k] - x[3 * b + k]) * (v[3 * a + k] - v[3 * b + k]))
                .sum()
        };
        let length = along(&positions, &positions) - along(&there, &there);
        assert!(length.abs() < 1e-14, "{}", molecule.topology.label(a));
        let hydrogen = [a, b]
            .iter()
            .any(|&atom| molecule.topology.atoms[atom].name.starts_with('H'));
        let rate = along(&positions, &velocities) - along(&there, &turned);
        assert!(
            !hydrogen || rate.abs() < 1e-13,
            "{}",
            molecule.topology.label(b)
        );
    }
    let (before, after) = (positions.as_chunks().0, there.as_chunks().0);
    for center in chiral_centers(&molecule.topology) {
        assert!(center.volume_nm3(before) * center.volume_nm3(after) > 0.0);
    }
    let ring = PuckerProposal::new(&molecule.topology).unwrap().rings()[0].clone();
    let [_, ca, cb, cg, cd] = ring.atoms;
    let side = |atoms| torsion_rad(atoms, [ca, cb, cg, cd]);
    assert!(side(before) * side(after) < 0.0);
}

#[test]
fn the_jacobian_is_one() {
    let molecule = molecule(SEQUENCE);
    let (positions, velocities) = shaken(&molecule, 0.005, 4);
    let n = positions.len();
    let step_nm = 1e-5;
    let mut derivative = nalgebra::DMatrix::<f64>::zeros(n, n);
    for column in 0..n {
        let moved = |sign: f64| {
            let mut positions = positions.clone();
            positions[column] += sign * step_nm;
            flipped(&molecule, &positions, &velocities).0
        };
        let (up, down) = (moved(1.0), moved(-1.0));
        for row in 0..n {
            derivative[(row, column)] = (up[row] - down[row]) / (2.0 * step_nm);
        }
    }
    let determinant = derivative.determinant().abs();
    assert!((determinant - 1.0).abs() < 1e-6, "{determinant}");
}

/// A planted error: goes a little further than the mirror image, so that the way back is another one.
struct Overshoots(PuckerProposal);

impl Proposal for Overshoots {
    fn name(&self) -> &str {
        "overshooting pucker"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.0.propose(current, engine, streams)?;
        let starts = &current.state.positions;
        for (y, x) in proposed.positions.iter_mut().zip(starts) {
            *y += 0.1 * (*y - x);
        }
        Ok(proposed)
    }
}

/// Replicas drawn exactly from springs, after some flips: largest deviation of a coordinate's mean and mean square, in
/// standard errors.
fn worst_z(proposal: impl FnOnce(PuckerProposal) -> Box<dyn Proposal>) -> (f64, f64) {
    const N_REPLICAS: usize = 20_000;
    let width_nm = 0.02;
    let molecule = molecule(SEQUENCE);
    // Springs rest halfway between the molecule and its mirror image: there flips are accepted often.
    let built = molecule.positions.as_flattened();
    let (mirrored, _) = flipped(&molecule, built, &vec![0.0; built.len()]);
    let rest: Vec<f64> = built
        .iter()
        .zip(&mirrored)
        .map(|(a, b)| 0.5 * (a + b))
        .collect();
    let springs = Springs {
        widths_nm: vec![width_nm; rest.len()],
        rests_nm: vec![(1.0, rest.clone())],
    };
    let mut engine = ToyEngine::on_springs(&molecule.topology, springs);
    let mut chain = chain(&molecule, N_REPLICAS);
    let mut stream = rng::stream(5);
    for (x, rest) in chain.state.positions.iter_mut().zip(rest.iter().cycle()) {
        *x = rest + width_nm * stream.sample::<f64, _>(StandardNormal);
    }
    let rings = PuckerProposal::new(&molecule.topology).unwrap();
    let mut kernel = MetropolisKernel::new(proposal(rings), N_REPLICAS, 9);
    for _ in 0..20 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    let size = molecule.positions.len() * 3;
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let n = N_REPLICAS as f64;
    let mut worst = 0.0_f64;
    for (coordinate, rest) in rest.iter().enumerate() {
        let deviations = (0..N_REPLICAS).map(|replica| {
            let index = replica * size + coordinate;
            (chain.state.positions[index] - rest) / width_nm
        });
        let (sum, squares) =
            deviations.fold((0.0, 0.0), |(sum, squares), d| (sum + d, squares + d * d));
        worst = worst
            .max((sum / n.sqrt()).abs())
            .max(((squares - n) / (2.0 * n).sqrt()).abs());
    }
    let statistics = kernel.statistics();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let acceptance = statistics.accepted as f64 / statistics.proposed as f64;
    (worst, acceptance)
}

#[test]
fn exact_draws_stay_exact_and_a_planted_error_shows() {
    // 132 figures: beyond 4.5 standard errors once in a thousand times.
    let (sound, acceptance) = worst_z(|proposal| Box::new(proposal));
    let (planted, _) = worst_z(|proposal| Box::new(Overshoots(proposal)));
    println!("worst z {sound:.2} at acceptance {acceptance:.3}, planted {planted:.2}");
    assert!(acceptance > 0.08, "{acceptance}");
    assert!(sound < 4.5, "{sound}");
    assert!(planted > 9.0, "{planted}");
}

#[test]
fn flips_mix_the_puckers_of_proline() {
    const N_REPLICAS: usize = 64;
    let molecule = molecule(SEQUENCE);
    let options = SystemOptions::default();
    let system = ForceField::builtin("amber14").unwrap();
    let system = system.assign(&molecule.topology, &options).unwrap();
    let mut engine = saltus::cpu::engine(&system, &Default::default()).unwrap();
    let mut chain = Chain::start(&molecule.positions, &[310.0; N_REPLICAS]);
    let settings = HmcSettings {
        steps: 12,
        timestep_fs: 1.0,
        ..HmcSettings::default()
    };
    let mut hmc = MetropolisKernel::new(Box::new(Hmc::new(&settings).unwrap()), N_REPLICAS, 1);
    let proposal = PuckerProposal::new(&molecule.topology).unwrap();
    let mut pucker = MetropolisKernel::new(Box::new(proposal), N_REPLICAS, 2);
    for _ in 0..100 {
        hmc.step(&mut chain, engine.as_mut()).unwrap();
        pucker.step(&mut chain, engine.as_mut()).unwrap();
    }
    let statistics = pucker.statistics();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let acceptance = statistics.accepted as f64 / statistics.proposed as f64;
    println!("acceptance of flips {acceptance:.3}");
    assert!(acceptance > 0.1, "{acceptance}");
}

#[test]
fn a_molecule_without_proline_is_told_so() {
    let error = PuckerProposal::new(&molecule("AKE").topology).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("proline") && message.contains("ALA-LYS-GLU"),
        "{message}"
    );
}
