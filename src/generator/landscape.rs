//! The negative log density of internal coordinates, V = U/kT - ln J, for many points at once.

use super::zmatrix::ZMatrix;
use crate::integrator::Engine;
use rayon::prelude::*;

/// Points evaluated in one call of the engine at most.
const BATCH: usize = 2048;

/// V up to a constant: exp(-V) is the density in internal coordinates, place and orientation integrated out.
pub(super) struct Landscape<'a> {
    pub(super) zmatrix: &'a ZMatrix,
    pub(super) engine: &'a mut dyn Engine,
    pub(super) thermal_energy_kj_per_mol: f64,
    /// Energies evaluated so far, with forces or without.
    pub(super) n_evaluations: u64,
}

impl Landscape<'_> {
    /// V of every point; infinity outside of the domain and where the energy is not finite.
    pub(super) fn values(&mut self, points: &[Vec<f64>]) -> Vec<f64> {
        let mut values = Vec::with_capacity(points.len());
        for points in points.chunks(BATCH) {
            let positions = self.place(points);
            let mut energies = vec![0.0; points.len()];
            self.engine.energies(&positions, &mut energies);
            let pairs = points.iter().zip(&energies);
            values.extend(pairs.map(|(point, &energy)| self.value(point, energy)));
            self.n_evaluations += points.len() as u64;
        }
        values
    }

    /// V of every point with its derivatives by all coordinates.
    pub(super) fn slopes(&mut self, points: &[Vec<f64>]) -> Vec<(f64, Vec<f64>)> {
        let mut found = Vec::with_capacity(points.len());
        let size = 3 * self.engine.n_atoms();
        for points in points.chunks(BATCH) {
            let positions = self.place(points);
            let mut energies = vec![0.0; points.len()];
            let mut forces = vec![0.0; positions.len()];
            self.engine
                .energies_and_forces(&positions, &mut energies, &mut forces);
            self.n_evaluations += points.len() as u64;
            let (zmatrix, kt) = (self.zmatrix, self.thermal_energy_kj_per_mol);
            let all = points.par_iter().zip(
                positions
                    .par_chunks_exact(size)
                    .zip(forces.par_chunks_exact(size)),
            );
            let slopes: Vec<Vec<f64>> = all
                .map(|(point, (positions, forces))| {
                    let mut slopes = vec![0.0; point.len()];
                    zmatrix.energy_slopes(positions, forces, &mut slopes);
                    slopes.iter_mut().for_each(|slope| *slope /= kt);
                    zmatrix.add_log_volume_slopes(point, -1.0, &mut slopes);
                    slopes
                })
                .collect();
            let values = points.iter().zip(&energies);
            let values = values.map(|(point, &energy)| self.value(point, energy));
            found.extend(values.zip(slopes));
        }
        found
    }

    /// Positions `[n_points, n_atoms * 3]` in nm.
    pub(super) fn place(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let size = 3 * self.engine.n_atoms();
        let mut positions = vec![0.0; points.len() * size];
        positions
            .par_chunks_exact_mut(size)
            .zip(points)
            .for_each(|(own, point)| self.zmatrix.place(point, own));
        positions
    }

    fn value(&self, point: &[f64], energy: f64) -> f64 {
        let value = energy / self.thermal_energy_kj_per_mol - self.zmatrix.log_volume(point);
        if value.is_finite() {
            value
        } else {
            f64::INFINITY
        }
    }
}
