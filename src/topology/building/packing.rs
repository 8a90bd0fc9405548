//! Side-chain rotamers chosen so that atoms do not clash. Leaves the backbone where it is.

use super::blueprint::{Blueprint, Turn};
use super::clash::ClashScore;
use crate::topology::internal_coordinates::Point;
use crate::topology::residue_library::ResidueLibrary;

/// Sweeps over all residues; the choice has settled long before in practice.
const MAX_SWEEPS: usize = 6;
/// Penalty above which a residue tries angles between its rotamers too.
const BAD_PENALTY: f64 = 0.02;

/// One residue's turns and the angles in rad to try for each.
struct Rotamers {
    side_chain: Vec<usize>,
    turns: Vec<(Turn, Vec<f64>)>,
}

/// Choose rotamers of all residues but the `fixed` ones (indices), each in turn given the others, until nothing improves.
pub(crate) fn pack_side_chains(
    blueprint: &mut Blueprint,
    score: &ClashScore,
    fixed: &[usize],
) -> Vec<Point> {
    let mut positions = blueprint.positions();
    let residues: Vec<Rotamers> = (0..blueprint.topology.residues.len())
        .filter(|index| !fixed.contains(index))
        .map(|index| rotamers(blueprint, index))
        .filter(|rotamers| !rotamers.turns.is_empty())
        .collect();
    for _ in 0..MAX_SWEEPS {
        let mut changed = false;
        for residue in &residues {
            changed |= improve(blueprint, score, residue, &mut positions);
        }
        if !changed {
            break;
        }
    }
    positions
}

fn rotamers(blueprint: &Blueprint, residue_index: usize) -> Rotamers {
    let topology = &blueprint.topology;
    let template = ResidueLibrary::get()
        .find(&topology.residues[residue_index].name)
        .expect("invariant: a blueprint holds known residues");
    let mut turns = Vec::new();
    for torsion in template.chi.iter().chain(&template.turnable) {
        let atoms = torsion
            .atoms
            .each_ref()
            .map(|name| topology.atom_index(residue_index, name));
        if torsion.values_deg.is_empty() {
            continue;
        }
        if let [Some(a), Some(b), Some(c), Some(d)] = atoms
            && let Some(turn) = blueprint.turn([a, b, c, d])
        {
            let sign = if blueprint.is_mirrored(residue_index) {
                -1.0
            } else {
                1.0
            };
            let values = torsion.values_deg.iter();
            let values = values.map(|v| sign * v.to_radians()).collect();
            turns.push((turn, values));
        }
    }
    Rotamers {
        side_chain: blueprint.side_chain(residue_index),
        turns,
    }
}

/// Try every combination of a residue's rotamers, then refine a bad one by small steps; true if another one was chosen.
fn improve(
    blueprint: &mut Blueprint,
    score: &ClashScore,
    residue: &Rotamers,
    positions: &mut [Point],
) -> bool {
    let start: Vec<f64> = residue
        .turns
        .iter()
        .map(|(turn, _)| blueprint.value_rad(turn))
        .collect();
    let mut best = (penalty(blueprint, score, residue, &start, positions), start);
    let initial = best.0;
    if initial < 1e-9 {
        return false;
    }
    let n_combinations: usize = residue
        .turns
        .iter()
        .map(|(_, values)| values.len())
        .product();
    for combination in 0..n_combinations {
        let angles = angles_of(residue, combination);
        let trial = penalty(blueprint, score, residue, &angles, positions);
        if trial < best.0 - 1e-9 {
            best = (trial, angles);
        }
    }
    if best.0 > BAD_PENALTY {
        refine(blueprint, score, residue, &mut best, positions);
    }
    penalty(blueprint, score, residue, &best.1, positions);
    best.0 < initial - 1e-9
}

fn angles_of(residue: &Rotamers, mut combination: usize) -> Vec<f64> {
    residue
        .turns
        .iter()
        .map(|(_, values)| {
            let angle = values[combination % values.len()];
            combination /= values.len();
            angle
        })
        .collect()
}

/// Coordinate descent with steps of 30, 15 and 8 degrees.
fn refine(
    blueprint: &mut Blueprint,
    score: &ClashScore,
    residue: &Rotamers,
    best: &mut (f64, Vec<f64>),
    positions: &mut [Point],
) {
    for step_deg in [30.0_f64, 15.0, 8.0] {
        for which in 0..residue.turns.len() {
            for sign in [-1.0, 1.0] {
                let mut angles = best.1.clone();
                angles[which] += sign * step_deg.to_radians();
                let trial = penalty(blueprint, score, residue, &angles, positions);
                if trial < best.0 {
                    *best = (trial, angles);
                }
            }
        }
    }
}

/// Set the angles, place the side chain and score it.
fn penalty(
    blueprint: &mut Blueprint,
    score: &ClashScore,
    residue: &Rotamers,
    angles: &[f64],
    positions: &mut [Point],
) -> f64 {
    for ((turn, _), &angle) in residue.turns.iter().zip(angles) {
        blueprint.set(turn, angle);
    }
    blueprint.place_again(&residue.side_chain, positions);
    score.group(&residue.side_chain, positions)
}
