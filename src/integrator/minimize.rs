//! Energy minimisation by L-BFGS on an engine's energies and forces. Constraints are not enforced here.
//!
//! Two-loop recursion after Nocedal, doi:10.1090/S0025-5718-1980-0572855-7, with Armijo backtracking.

use super::Engine;
use std::collections::VecDeque;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinimizeSettings {
    /// Root mean square force component that counts as converged, kJ mol⁻¹ nm⁻¹.
    pub tolerance_kj_per_mol_nm: f64,
    /// Largest number of iterations.
    pub max_iterations: usize,
}

impl Default for MinimizeSettings {
    fn default() -> Self {
        Self {
            tolerance_kj_per_mol_nm: 10.0,
            max_iterations: 1000,
        }
    }
}

/// How a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minimized {
    /// Energy before, kJ/mol.
    pub initial_energy_kj_per_mol: f64,
    /// Energy after, kJ/mol.
    pub final_energy_kj_per_mol: f64,
    /// Root mean square force component after, kJ mol⁻¹ nm⁻¹.
    pub rms_force_kj_per_mol_nm: f64,
    /// Iterations taken.
    pub iterations: usize,
}

/// Corrections remembered.
const MEMORY: usize = 8;
/// Largest displacement of one coordinate in one step, nm.
const MAX_MOVE_NM: f64 = 0.01;
/// Sufficient decrease (Armijo).
const SUFFICIENT_DECREASE: f64 = 1e-4;

/// Lowers the energy of one structure in place, positions `[n_atoms][3]` in nm.
///
/// Never ends above the energy it began with. A start whose energy is not finite is returned unchanged.
pub fn minimize(
    engine: &mut dyn Engine,
    positions: &mut [[f64; 3]],
    settings: &MinimizeSettings,
) -> Minimized {
    let mut point = Point::evaluate(engine, positions.as_flattened().to_vec());
    let initial = point.energy;
    let mut history: VecDeque<Correction> = VecDeque::with_capacity(MEMORY);
    let mut iterations = 0;
    while iterations < settings.max_iterations
        && point.rms_force() > settings.tolerance_kj_per_mol_nm
    {
        let direction = descent_direction(&point, &history);
        let Some(next) = line_search(engine, &point, &direction) else {
            if history.is_empty() {
                break;
            }
            // The model of the curvature is spoilt: start again from steepest descent.
            history.clear();
            continue;
        };
        let correction = Correction::between(&point, &next);
        if correction.curvature > 1e-10 {
            if history.len() == MEMORY {
                history.pop_front();
            }
            history.push_back(correction);
        }
        point = next;
        iterations += 1;
    }
    positions
        .as_flattened_mut()
        .copy_from_slice(&point.positions);
    Minimized {
        initial_energy_kj_per_mol: initial,
        final_energy_kj_per_mol: point.energy,
        rms_force_kj_per_mol_nm: point.rms_force(),
        iterations,
    }
}

/// A structure with its energy and forces.
struct Point {
    positions: Vec<f64>,
    energy: f64,
    forces: Vec<f64>,
}

impl Point {
    fn evaluate(engine: &mut dyn Engine, positions: Vec<f64>) -> Self {
        let (mut energy, mut forces) = ([0.0], vec![0.0; positions.len()]);
        engine.energies_and_forces(&positions, &mut energy, &mut forces);
        Self {
            positions,
            energy: energy[0],
            forces,
        }
    }

    fn rms_force(&self) -> f64 {
        (product(&self.forces, &self.forces) / self.forces.len().max(1) as f64).sqrt()
    }
}

/// Difference of two iterates and of their gradients.
struct Correction {
    step: Vec<f64>,
    gradient_change: Vec<f64>,
    curvature: f64,
}

impl Correction {
    fn between(before: &Point, after: &Point) -> Self {
        let step = difference(&after.positions, &before.positions);
        let gradient_change = difference(&before.forces, &after.forces);
        let curvature = product(&step, &gradient_change);
        Self {
            step,
            gradient_change,
            curvature,
        }
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Inverse Hessian of the history times the force.
fn descent_direction(point: &Point, history: &VecDeque<Correction>) -> Vec<f64> {
    let mut direction = point.forces.clone();
    let mut weights = Vec::with_capacity(history.len());
    for correction in history.iter().rev() {
        let weight = product(&correction.step, &direction) / correction.curvature;
        for (d, y) in direction.iter_mut().zip(&correction.gradient_change) {
            *d -= weight * y;
        }
        weights.push(weight);
    }
    let scale = history.back().map_or(1e-5, |last| {
        last.curvature / product(&last.gradient_change, &last.gradient_change)
    });
    direction.iter_mut().for_each(|d| *d *= scale);
    for (correction, weight) in history.iter().zip(weights.iter().rev()) {
        let back = product(&correction.gradient_change, &direction) / correction.curvature;
        for (d, s) in direction.iter_mut().zip(&correction.step) {
            *d += (weight - back) * s;
        }
    }
    direction
}

/// First point along the direction that lowers the energy enough, halving from the full step.
fn line_search(engine: &mut dyn Engine, point: &Point, direction: &[f64]) -> Option<Point> {
    let slope = -product(&point.forces, direction);
    if slope >= 0.0 || !slope.is_finite() {
        return None;
    }
    let largest = direction
        .iter()
        .fold(0.0_f64, |largest, d| largest.max(d.abs()));
    let mut length = (MAX_MOVE_NM / largest).min(1.0);
    for _ in 0..20 {
        let positions = point
            .positions
            .iter()
            .zip(direction)
            .map(|(x, d)| x + length * d)
            .collect();
        let trial = Point::evaluate(engine, positions);
        if trial.energy <= point.energy + SUFFICIENT_DECREASE * length * slope {
            return Some(trial);
        }
        length *= 0.5;
    }
    None
}
