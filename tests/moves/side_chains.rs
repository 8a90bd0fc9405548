//! The learned density of a side chain with four torsions: one over all of them, and that of the draws.
//!
//! Two estimates that need no grid of four dimensions: uniform torsions x give mean q(x) (2 pi)^4 = 1 if q is normalised,
//! draws y give mean 1 / (q(y) (2 pi)^4) = 1 if they follow it.

use crate::support::{chain, molecule};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::proposal::{
    AdaptiveTorsionKind, AdaptiveTorsionProposal, AdaptiveTorsionSettings, Current, Pivot, Proposal,
};
use saltus::rng;
use saltus::topology::Molecule;
use std::f64::consts::{PI, TAU};

const SEED: u64 = 71;
const N_POINTS: usize = 100_000;
/// Width of a rotamer, rad.
const WIDTH_RAD: f64 = 0.35;

/// A mean with its standard error.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    mean: f64,
    error: f64,
}

impl Estimate {
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        Self {
            mean,
            error: (variance / n).sqrt(),
        }
    }

    /// Whether 1 is likely, by an estimate sharp enough to tell.
    fn is_one(self) -> bool {
        self.error < 0.04 && (self.mean - 1.0).abs() < 5.0 * self.error
    }
}

/// Turns the torsions to rotamers of which each depends on the one before, most of the time.
fn turn_to_rotamers(pivots: &[Pivot], positions: &mut [f64], stream: &mut Xoshiro256PlusPlus) {
    let mut rotamer = 0;
    for pivot in pivots {
        rotamer = match stream.random::<f64>() {
            x if x < 0.7 => (rotamer + 1) % 3,
            x if x < 0.95 => rotamer,
            _ => (rotamer + 2) % 3,
        };
        let centre = PI / 3.0 * [1.0, 3.0, -1.0][rotamer];
        let target = centre + WIDTH_RAD * stream.sample::<f64, _>(StandardNormal);
        pivot.turn(positions, target - pivot.torsion_rad(positions));
    }
}

/// A proposal that has learned such a side chain, its block of four torsions, and these.
fn learned(sequence: &str) -> (Molecule, AdaptiveTorsionProposal, usize, Vec<Pivot>) {
    let molecule = molecule(sequence);
    // The floor bounds 1 / q, so that the second estimate is sharp.
    let settings = AdaptiveTorsionSettings {
        kind: AdaptiveTorsionKind::SideChain,
        floor: 0.3,
        ..AdaptiveTorsionSettings::default()
    };
    let mut proposal = AdaptiveTorsionProposal::new(&molecule.topology, &settings).unwrap();
    let blocks = proposal.blocks();
    let block = blocks.iter().position(|block| block.pivots.len() >= 4);
    let block = block.expect("the side chain has four torsions");
    let pivots = blocks[block].pivots.clone();
    let mut stream = rng::stream(SEED);
    let mut chain = chain(&molecule, 500);
    for _ in 0..60 {
        for replica in chain
            .state
            .positions
            .chunks_exact_mut(molecule.positions.len() * 3)
        {
            turn_to_rotamers(&pivots, replica, &mut stream);
        }
        let current = Current {
            state: &chain.state,
            energies: &[],
            temperatures_kelvin: &chain.temperatures_kelvin,
        };
        proposal.adapt(current, &[]);
    }
    proposal.freeze();
    (molecule, proposal, block, pivots)
}

/// Values of `of` at points whose torsions are uniform, times the volume of all torsions.
fn at_uniform(
    pivots: &[Pivot],
    molecule: &Molecule,
    n_points: usize,
    of: impl Fn(&[f64]) -> f64,
) -> Vec<f64> {
    let mut stream = rng::stream(SEED + 1);
    let mut positions = molecule.positions.as_flattened().to_vec();
    let volume = TAU.powi(i32::try_from(pivots.len()).unwrap());
    let value = |_| {
        for pivot in pivots {
            let target = TAU * stream.random::<f64>() - PI;
            let turn = target - pivot.torsion_rad(&positions);
            pivot.turn(&mut positions, turn);
        }
        of(&positions).exp() * volume
    };
    (0..n_points).map(value).collect()
}

#[test]
fn the_density_of_four_torsions_is_normalised_and_that_of_the_draws() {
    for sequence in ["ACE-LYS-NME", "ACE-ARG-NME"] {
        let (molecule, mut proposal, block, pivots) = learned(sequence);
        let density = |positions: &[f64]| proposal.log_density(block, positions);
        let peaked = at_uniform(&pivots, &molecule, N_POINTS, density);
        let sharpness = peaked.iter().map(|x| x * x).sum::<f64>() / N_POINTS as f64;
        let uniform = Estimate::of(&peaked);

        let volume = TAU.powi(i32::try_from(pivots.len()).unwrap());
        let mut stream = rng::stream(SEED + 2);
        let mut positions = molecule.positions.as_flattened().to_vec();
        let mut velocities = vec![0.0; positions.len()];
        let mut gap: f64 = 0.0;
        let mut inverse = |_| {
            let moving = (positions.as_mut_slice(), velocities.as_mut_slice());
            let [log_q, _] = proposal.draw_block(block, moving, &mut stream);
            gap = gap.max((log_q - proposal.log_density(block, &positions)).abs());
            (-log_q).exp() / volume
        };
        let drawn: Vec<f64> = (0..N_POINTS).map(&mut inverse).collect();
        let drawn = Estimate::of(&drawn);
        println!("{sequence}: {uniform:?}, {drawn:?}, sharpness {sharpness:.1}");
        assert!(sharpness > 3.0, "an even density hides every error");
        assert!(uniform.is_one(), "{sequence}, seed {SEED}: {uniform:?}");
        assert!(drawn.is_one(), "{sequence}, seed {SEED}: {drawn:?}");
        // Densities of draws on the edge of a cell may be those of its neighbour.
        assert!(
            gap < 1e-3,
            "{sequence}: reported and own densities differ by {gap}"
        );
    }
}

/// ln of a density at one replica's positions.
type Density<'a> = &'a dyn Fn(&[f64]) -> f64;

/// What goes wrong where factors are multiplied: one that is left out, one that doesn't see its torsion, a width of bins.
#[test]
fn planted_errors_are_noticed() {
    let (molecule, proposal, block, pivots) = learned("ACE-LYS-NME");
    let density = |positions: &[f64]| proposal.log_density(block, positions);
    let elsewhere = |positions: &[f64], from: usize, to: f64| {
        let mut other = positions.to_vec();
        pivots[from].turn(&mut other, to - pivots[from].torsion_rad(positions));
        density(&other)
    };
    let wide_bins = |positions: &[f64]| density(positions) + 2_f64.ln();
    let blind_to_the_last = |positions: &[f64]| elsewhere(positions, 3, PI);
    let without_the_last = |positions: &[f64]| {
        // q(1, 2, 3, 4) with the fourth summed out is q(1, 2, 3), whose volume is another.
        let n_cells = 12;
        let of_cell =
            |cell: usize| elsewhere(positions, 3, TAU * (cell as f64 + 0.5) / 12.0 - PI).exp();
        ((0..n_cells).map(of_cell).sum::<f64>() * TAU / 12.0).ln()
    };
    let planted: [(&str, Density<'_>); 3] = [
        ("bins of twice the width", &wide_bins),
        ("the last torsion unseen", &blind_to_the_last),
        ("a factor forgotten", &without_the_last),
    ];
    assert!(Estimate::of(&at_uniform(&pivots, &molecule, N_POINTS, density)).is_one());
    for (name, faulty) in planted {
        let estimate = Estimate::of(&at_uniform(&pivots, &molecule, N_POINTS / 5, faulty));
        println!("{name}: {estimate:?}");
        assert!(
            (estimate.mean - 1.0).abs() > 5.0 * estimate.error,
            "{name}: {estimate:?}"
        );
    }
}
