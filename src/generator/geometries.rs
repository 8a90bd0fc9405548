//! Geometries around a minimum: the normal density of the curvature there, and rotors from their tables.

use super::landscape::Landscape;
use super::laplace::{Normal, hessian, inverse};
use super::relax::Metric;
use super::rotors::{N_TABULATED, table};
use super::space::Space;
use crate::proposal::{CellWeights, PeriodicGrid};
use nalgebra::DVector;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Steps of the differences that give a Hessian, in standard deviations.
const DIFFERENCE: f64 = 0.7;

/// Geometries around a minimum, with the logarithms of their densities.
pub(super) fn geometries(
    landscape: &mut Landscape<'_>,
    (space, metric): (&Space, &Metric),
    minimum: &[f64],
    n_geometries: usize,
    stream: &mut Xoshiro256PlusPlus,
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let stiff = &space.stiff;
    let deviations = &metric.held_deviations[..stiff.len()];
    let steps: Vec<f64> = deviations.iter().map(|d| DIFFERENCE * d).collect();
    let hessian = hessian(landscape, minimum, stiff, &steps);
    let slopes = &landscape.slopes(&[minimum.to_vec()])[0].1;
    let pick = |all: &[f64]| DVector::from_iterator(stiff.len(), stiff.iter().map(|&i| all[i]));
    let normal = Normal::new(hessian, pick(minimum), &pick(slopes));
    let mut center = minimum.to_vec();
    for (&coordinate, &value) in stiff.iter().zip(normal.mean()) {
        center[coordinate] = value;
    }
    let grid = PeriodicGrid {
        n_angles: 1,
        n_bins: N_TABULATED,
    };
    let tables: Vec<CellWeights> = space
        .rotors
        .iter()
        .map(|&rotor| table(landscape, &center, rotor))
        .collect();
    let (mut points, mut log_densities) = (Vec::new(), Vec::new());
    let mut noise = normal.noise(stream);
    for number in 0..n_geometries {
        // The mirror image of every first draw: what is odd in the deviation cancels.
        noise = if number % 2 == 0 {
            normal.noise(stream)
        } else {
            -noise
        };
        let (values, mut log_q) = normal.at(&noise);
        let mut point = center.clone();
        for (&coordinate, &value) in stiff.iter().zip(&values) {
            point[coordinate] = value;
        }
        for (&rotor, table) in space.rotors.iter().zip(&tables) {
            let mut angle = [0.0];
            grid.draw(table, stream, &mut angle);
            log_q += grid.density(table, &angle).ln();
            point[rotor] = angle[0];
        }
        points.push(point);
        log_densities.push(log_q);
    }
    (points, log_densities)
}

/// The inverse Hessian of everything but the model's torsions at the start.
pub(super) fn metric(landscape: &mut Landscape<'_>, space: &Space, start: &[f64]) -> Metric {
    let free = space.free();
    let steps: Vec<f64> = free
        .iter()
        .map(|&coordinate| {
            if space.zmatrix.is_length(coordinate) {
                0.002
            } else {
                0.03
            }
        })
        .collect();
    let hessian = hessian(landscape, start, &free, &steps);
    let curvatures = hessian.diagonal();
    let held_deviations = curvatures.iter().map(|c| c.abs().max(4.0).sqrt().recip());
    Metric {
        held_deviations: held_deviations.collect(),
        inverse: inverse(hessian),
        free,
    }
}
