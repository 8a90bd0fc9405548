//! Minimises V over some coordinates of many points at once, the others held.
//!
//! L-BFGS (Nocedal, doi:10.1090/S0025-5718-1980-0572855-7) that starts from the inverse Hessian of a reference geometry: stiff
//! coordinates hardly change their curvature, so a handful of steps is enough.

use super::landscape::Landscape;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::collections::VecDeque;

/// Corrections remembered.
const MEMORY: usize = 8;
/// Longest step of any coordinate, in its standard deviations.
const MAX_MOVE: f64 = 3.0;
/// Expected decrease of V that ends the search.
const TOLERANCE: f64 = 0.005;
/// Sufficient decrease (Armijo).
const SUFFICIENT_DECREASE: f64 = 1e-4;

/// What is minimised over, and what curvature to expect there.
pub(super) struct Metric {
    /// Coordinates that move.
    pub(super) free: Vec<usize>,
    /// Inverse of the Hessian of V over them.
    pub(super) inverse: DMatrix<f64>,
    /// 1 over the root of the Hessian's diagonal: a coordinate's standard deviation while all others are held.
    pub(super) held_deviations: Vec<f64>,
}

impl Metric {
    /// Standard deviation of a free coordinate, by its place among them.
    pub(super) fn deviation(&self, place: usize) -> f64 {
        self.inverse[(place, place)].sqrt()
    }
}

struct Walker {
    point: Vec<f64>,
    value: f64,
    slopes: DVector<f64>,
    direction: DVector<f64>,
    length: f64,
    history: VecDeque<(DVector<f64>, DVector<f64>, f64)>,
    done: bool,
}

impl Walker {
    fn aim(&mut self, metric: &Metric) {
        let mut direction = self.slopes.clone();
        let mut weights = Vec::with_capacity(MEMORY);
        for (step, change, curvature) in self.history.iter().rev() {
            let weight = step.dot(&direction) / curvature;
            direction.axpy(-weight, change, 1.0);
            weights.push(weight);
        }
        direction = &metric.inverse * direction;
        for ((step, change, curvature), weight) in self.history.iter().zip(weights.iter().rev()) {
            let back = change.dot(&direction) / curvature;
            direction.axpy(weight - back, step, 1.0);
        }
        let longest = (0..direction.len())
            .map(|i| (direction[i] / metric.deviation(i)).abs())
            .fold(0.0, f64::max);
        self.direction = -direction * (MAX_MOVE / longest).min(1.0);
        self.length = 1.0;
        self.done = !longest.is_finite() || -self.slopes.dot(&self.direction) < 2.0 * TOLERANCE;
    }

    fn trial(&self, metric: &Metric) -> Vec<f64> {
        let mut point = self.point.clone();
        for (&coordinate, step) in metric.free.iter().zip(&self.direction) {
            point[coordinate] += self.length * step;
        }
        point
    }

    fn judge(&mut self, metric: &Metric, point: Vec<f64>, value: f64, slopes: &[f64]) {
        let expected = self.length * self.slopes.dot(&self.direction);
        if value > self.value + SUFFICIENT_DECREASE * expected || !value.is_finite() {
            self.length *= 0.3;
            if self.length < 0.01 {
                self.done = self.history.is_empty();
                self.history.clear();
                if !self.done {
                    self.aim(metric);
                }
            }
            return;
        }
        let slopes = restrict(slopes, &metric.free);
        let step = &self.direction * self.length;
        let change = &slopes - &self.slopes;
        let curvature = step.dot(&change);
        if curvature > 1e-10 {
            if self.history.len() == MEMORY {
                self.history.pop_front();
            }
            self.history.push_back((step, change, curvature));
        }
        (self.point, self.value, self.slopes) = (point, value, slopes);
        self.aim(metric);
    }
}

fn restrict(slopes: &[f64], free: &[usize]) -> DVector<f64> {
    DVector::from_iterator(
        free.len(),
        free.iter().map(|&coordinate| slopes[coordinate]),
    )
}

/// Lowers V of every point in place, by at most so many steps, and returns V.
pub(super) fn relax(
    landscape: &mut Landscape<'_>,
    metric: &Metric,
    points: &mut [Vec<f64>],
    n_steps: usize,
) -> Vec<f64> {
    let found = landscape.slopes(points);
    let mut walkers: Vec<Walker> = points
        .iter()
        .zip(found)
        .map(|(point, (value, slopes))| Walker {
            point: point.clone(),
            value,
            slopes: restrict(&slopes, &metric.free),
            direction: DVector::zeros(0),
            length: 1.0,
            history: VecDeque::new(),
            done: false,
        })
        .collect();
    walkers.par_iter_mut().for_each(|walker| walker.aim(metric));
    for _ in 0..n_steps {
        let active: Vec<usize> = (0..walkers.len()).filter(|&i| !walkers[i].done).collect();
        if active.is_empty() {
            break;
        }
        let trials: Vec<Vec<f64>> = active.iter().map(|&i| walkers[i].trial(metric)).collect();
        let found = landscape.slopes(&trials);
        let moving = walkers.iter_mut().filter(|walker| !walker.done);
        let moved: Vec<_> = moving.zip(trials.into_iter().zip(found)).collect();
        moved
            .into_par_iter()
            .for_each(|(walker, (trial, (value, slopes)))| {
                walker.judge(metric, trial, value, &slopes);
            });
    }
    for (point, walker) in points.iter_mut().zip(&walkers) {
        point.clone_from(&walker.point);
    }
    walkers.iter().map(|walker| walker.value).collect()
}
