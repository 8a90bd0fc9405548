//! Bends the backbone until the sulfur atoms of a disulfide are near each other, by annealing torsions.

use super::blueprint::{Blueprint, Turn};
use super::clash::ClashScore;
use super::internal_coordinates::Point;
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
}

/// What moves and what is scored.
struct Search {
    hinges: Vec<Hinge>,
    chi1: Vec<Turn>,
    /// Heavy backbone atoms, CB and SG.
    core: Vec<usize>,
    /// SG and CB of both residues of every pair.
    pairs: Vec<[usize; 4]>,
}

/// Bend the chain so that every pair of residues (numbers from 1) can be bonded. Deterministic.
pub(crate) fn close_loops(
    blueprint: &mut Blueprint,
    score: &ClashScore,
    disulfides: &[[usize; 2]],
) {
    let search = Search::new(blueprint, disulfides);
    let initial = blueprint.clone();
    let mut best = (f64::INFINITY, blueprint.clone());
    for start in 0..MAX_STARTS {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(start);
        let mut trial = initial.clone();
        let penalty = search.anneal(&mut trial, score, &mut rng);
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
    fn new(blueprint: &Blueprint, disulfides: &[[usize; 2]]) -> Self {
        let topology = &blueprint.topology;
        let in_loop = |index: usize| {
            disulfides
                .iter()
                .any(|&[first, second]| (first.min(second) - 1..first.max(second)).contains(&index))
        };
        let hinges = (0..topology.residues.len())
            .filter(|&index| in_loop(index))
            .map(|index| hinge(blueprint, index))
            .collect();
        let atom = |number: usize, name: &str| {
            topology
                .atom_index(number - 1, name)
                .expect("invariant: CYX has a whole side chain")
        };
        let chi1 = disulfides.iter().flatten().filter_map(|&number| {
            blueprint.turn(["N", "CA", "CB", "SG"].map(|name| atom(number, name)))
        });
        let core = ["N", "CA", "C", "O", "CB", "SG", "CH3"];
        Self {
            hinges,
            chi1: chi1.collect(),
            core: (0..topology.n_atoms())
                .filter(|&index| core.contains(&topology.atoms[index].name.as_str()))
                .collect(),
            pairs: disulfides
                .iter()
                .map(|&[i, j]| [atom(i, "CB"), atom(i, "SG"), atom(j, "SG"), atom(j, "CB")])
                .collect(),
        }
    }

    fn anneal(
        &self,
        blueprint: &mut Blueprint,
        score: &ClashScore,
        rng: &mut Xoshiro256PlusPlus,
    ) -> f64 {
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
            for (turn, which) in [(&hinge.phi, 0), (&hinge.psi, 1)] {
                if let Some(turn) = turn {
                    let from =
                        basin.map_or_else(|| blueprint.value_rad(turn), |b| b[which].to_radians());
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
            .pairs
            .iter()
            .map(|&[cb_i, sg_i, sg_j, cb_j]| {
                (distance(sg_i, sg_j) - SG_SG_NM).powi(2)
                    + 0.5 * (distance(cb_i, sg_j) - CB_SG_NM).powi(2)
                    + 0.5 * (distance(sg_i, cb_j) - CB_SG_NM).powi(2)
            })
            .sum();
        DISTANCE_WEIGHT * closure + score.among(&self.core, positions)
    }
}

/// Proline's phi is held by its ring.
fn hinge(blueprint: &Blueprint, residue_index: usize) -> Hinge {
    let name = &blueprint.topology.residues[residue_index].name;
    let [phi, psi] = blueprint.backbone_turns(residue_index);
    Hinge {
        phi: phi.filter(|_| name != "PRO"),
        psi,
        glycine: name == "GLY",
    }
}
