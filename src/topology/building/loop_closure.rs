//! Bends the backbone until atoms that are to be bonded are near each other, by annealing torsions: disulfides, rings, cross-links.

use super::blueprint::{Blueprint, Turn};
use super::clash::ClashScore;
use crate::topology::internal_coordinates::Point;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// S-S bond length and the CB-SG distance across it, nm (CB-S-S angle of 104 degrees).
const SG_SG_NM: f64 = 0.204;
const CB_SG_NM: f64 = 0.304;
/// Weight of squared distance errors in nm² against the clash score.
const DISTANCE_WEIGHT: f64 = 60.0;
/// Regions of (phi, psi) that residues take, degrees; the last one for glycine only.
const BASINS_DEG: [[f64; 2]; 5] = [
    [-75.0, 145.0],
    [-63.0, -43.0],
    [-120.0, 130.0],
    [-90.0, 0.0],
    [60.0, 45.0],
];
const STEPS_PER_START: u32 = 4000;
const MAX_STARTS: u64 = 8;
/// A penalty good enough to stop at.
const GOOD_PENALTY: f64 = 0.25;

/// A residue whose backbone may bend.
struct Hinge {
    phi: Option<Turn>,
    psi: Option<Turn>,
    glycine: bool,
    /// A D residue: the mirror images of the basins.
    mirrored: bool,
}

/// Distances in nm that a new bond asks for, with their weights.
pub(super) type Closure = Vec<([usize; 2], f64, f64)>;

/// What moves and what is scored.
pub(super) struct Search {
    hinges: Vec<Hinge>,
    chi1: Vec<Turn>,
    /// Heavy backbone atoms, CB and SG.
    core: Vec<usize>,
    closures: Vec<Closure>,
}

/// What has to come together.
pub(super) struct Goal {
    /// Distances of every new bond.
    pub(super) closures: Vec<Closure>,
    /// Residues whose backbone bends.
    pub(super) bending: Vec<usize>,
    /// Side-chain torsions that turn with them.
    pub(super) side_chains: Vec<Turn>,
    /// Atoms of side chains that count in the score.
    pub(super) atoms: Vec<usize>,
}

/// The distances of a disulfide.
pub(super) fn disulfide([cb_i, sg_i, sg_j, cb_j]: [usize; 4]) -> Closure {
    vec![
        ([sg_i, sg_j], SG_SG_NM, 1.0),
        ([cb_i, sg_j], CB_SG_NM, 0.5),
        ([sg_i, cb_j], CB_SG_NM, 0.5),
    ]
}

/// The distances of any bond: its length and those from each end's other neighbours across it.
pub(super) fn cross_link(
    [i, j]: [usize; 2],
    length_nm: f64,
    across: impl Iterator<Item = ([usize; 2], f64)>,
) -> Closure {
    let near = across.map(|(atoms, distance_nm)| (atoms, distance_nm, 0.5));
    std::iter::once(([i, j], length_nm, 1.0))
        .chain(near)
        .collect()
}

/// The distances of a trans peptide bond from CA and C to N and CA.
pub(super) fn peptide([ca, c, n, next_ca]: [usize; 4]) -> Closure {
    vec![
        ([c, n], 0.1335, 1.0),
        ([ca, n], 0.243, 0.5),
        ([c, next_ca], 0.2435, 0.5),
        ([ca, next_ca], 0.38, 0.5),
    ]
}

/// Bend the chain so that every pair of residues (numbers from 1) can be bonded. Deterministic.
pub(super) fn close_loops(blueprint: &mut Blueprint, score: &ClashScore, goal: Goal) {
    let search = Search::new(blueprint, goal);
    let initial = blueprint.clone();
    let mut best = (f64::INFINITY, blueprint.clone());
    for start in 0..MAX_STARTS {
        let mut trial = initial.clone();
        let penalty = search.anneal(&mut trial, score, start);
        if penalty < best.0 {
            best = (penalty, trial);
        }
        if best.0 < GOOD_PENALTY {
            break;
        }
    }
    *blueprint = best.1;
}

impl Search {
    pub(super) fn new(blueprint: &Blueprint, goal: Goal) -> Self {
        let topology = &blueprint.topology;
        let core = ["N", "CA", "C", "O", "CB", "SG", "CH3"];
        Self {
            hinges: goal
                .bending
                .iter()
                .map(|&index| hinge(blueprint, index))
                .collect(),
            chi1: goal.side_chains,
            core: (0..topology.n_atoms())
                .filter(|index| {
                    core.contains(&topology.atoms[*index].name.as_str())
                        || goal.atoms.contains(index)
                })
                .collect(),
            closures: goal.closures,
        }
    }

    /// One annealing, of the random numbers of that start; the penalty that it ends at.
    pub(super) fn anneal(&self, blueprint: &mut Blueprint, score: &ClashScore, start: u64) -> f64 {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(start);
        let mut current = self.penalty(score, &blueprint.positions());
        let mut best = (current, blueprint.clone());
        for step in 0..STEPS_PER_START {
            let progress = f64::from(step) / f64::from(STEPS_PER_START);
            let temperature = 3.0 * (1.0 - progress).powi(3) + 1e-4;
            let undo = self.random_move(blueprint, progress, rng);
            let trial = self.penalty(score, &blueprint.positions());
            if trial < current || rng.random::<f64>() < ((current - trial) / temperature).exp() {
                current = trial;
                if trial < best.0 {
                    best = (trial, blueprint.clone());
                }
            } else {
                undo.iter()
                    .for_each(|(turn, value)| blueprint.set(turn, *value));
            }
        }
        *blueprint = best.1;
        best.0
    }

    /// Put one residue into another basin, or turn one torsion a little; returns what was there.
    fn random_move(
        &self,
        blueprint: &mut Blueprint,
        progress: f64,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Vec<(Turn, f64)> {
        let n_hinges = self.hinges.len();
        let which = rng.random_range(0..n_hinges + self.chi1.len());
        let mut targets = Vec::new();
        let mut jitter =
            |width_deg: f64| (rng.random::<f64>() * 2.0 - 1.0) * width_deg.to_radians();
        let small_deg = 25.0 * (1.0 - progress) + 2.0;
        if which >= n_hinges {
            let turn = &self.chi1[which - n_hinges];
            let width_deg = if progress < 0.5 { 180.0 } else { small_deg };
            targets.push((turn, blueprint.value_rad(turn) + jitter(width_deg)));
        } else {
            let hinge = &self.hinges[which];
            let shifts = [jitter(small_deg), jitter(small_deg)];
            let n_basins = BASINS_DEG.len() - usize::from(!hinge.glycine);
            let basin = (rng.random::<f64>() < 0.5 * (1.0 - progress))
                .then(|| BASINS_DEG[rng.random_range(0..n_basins)]);
            let sign = if hinge.mirrored { -1.0 } else { 1.0 };
            for (turn, which) in [(&hinge.phi, 0), (&hinge.psi, 1)] {
                if let Some(turn) = turn {
                    let from = basin.map_or_else(
                        || blueprint.value_rad(turn),
                        |b| sign * b[which].to_radians(),
                    );
                    targets.push((turn, from + shifts[which]));
                }
            }
        }
        targets
            .into_iter()
            .map(|(turn, target)| {
                let before = blueprint.value_rad(turn);
                blueprint.set(turn, target);
                (turn.clone(), before)
            })
            .collect()
    }

    fn penalty(&self, score: &ClashScore, positions: &[Point]) -> f64 {
        let distance = |i: usize, j: usize| (positions[i] - positions[j]).norm();
        let closure: f64 = self
            .closures
            .iter()
            .map(|terms| {
                let of = |&([i, j], goal_nm, weight): &([usize; 2], f64, f64)| {
                    weight * (distance(i, j) - goal_nm).powi(2)
                };
                terms.iter().map(of).sum::<f64>()
            })
            .sum();
        DISTANCE_WEIGHT * closure + score.among(&self.core, positions)
    }
}

/// Whether CD of a residue is bonded to its N.
pub(super) fn has_ring_of_proline(blueprint: &Blueprint, residue_index: usize) -> bool {
    let topology = &blueprint.topology;
    let ends = ["N", "CD"].map(|name| topology.atom_index(residue_index, name));
    let [Some(n), Some(cd)] = ends else {
        return false;
    };
    topology.bonds.contains(&[n.min(cd), n.max(cd)])
}

/// Proline's phi is held by its ring.
fn hinge(blueprint: &Blueprint, residue_index: usize) -> Hinge {
    let name = &blueprint.topology.residues[residue_index].name;
    let [phi, psi] = blueprint.backbone_turns(residue_index);
    Hinge {
        phi: phi.filter(|_| !has_ring_of_proline(blueprint, residue_index)),
        psi,
        glycine: name == "GLY",
        mirrored: blueprint.is_mirrored(residue_index),
    }
}
