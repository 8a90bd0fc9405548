//! A density of one or two torsions given features of the surroundings, learned from samples.
//!
//! Cells have masses p(cell) N(f; mean(cell), C) / sum: the features f are taken for normal within a cell, with a
//! covariance C common to all cells, which is what a quadratic energy with a coupling linear in f gives. Only the few
//! directions of f that tell cells apart best are kept (Fisher's linear discriminants, doi:10.1111/j.1469-1809.1936.tb02137.x).

use super::density::{CellWeights, PeriodicGrid};
use crate::lane::{Lane, on_widest_registers, vectorized};
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use serde::{Deserialize, Serialize};

/// Discriminants are cut at this many standard deviations: beyond, the linear model would extrapolate.
const MAX_DEVIATION: f64 = 4.0;
/// Samples of a cell that weigh as much as the prior belief that its features do not differ.
const PRIOR_SAMPLES: f64 = 30.0;
/// Samples before features are looked at.
const MIN_SAMPLES_CONDITIONED: f64 = 5000.0;

/// Most discriminants a table can keep.
pub(super) const MAX_RANK: usize = 16;

/// How a table is made from its samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TableShape {
    pub(crate) grid: PeriodicGrid,
    /// Standard deviation of the smoothing kernel, rad.
    pub(crate) width_rad: f64,
    /// Discriminants kept.
    pub(crate) rank: usize,
}

/// Weighted sums over samples.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Sums {
    n_samples: f64,
    /// `[n_cells]`.
    weights: Vec<f64>,
    /// `[n_features, n_cells]`.
    features: Vec<f64>,
    /// `[n_features, n_features]`.
    products: Vec<f64>,
}

/// What masses are computed from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Model {
    /// Share of the uniform density.
    floor: f64,
    /// ln of the masses where every discriminant is zero, `[n_cells]`.
    log_masses: Vec<f32>,
    /// Change of ln mass with each discriminant, `[rank, n_cells]`.
    slopes: Vec<f32>,
    /// Discriminants as combinations of features, `[rank, n_features]`.
    directions: Vec<f64>,
    /// Discriminants of the mean features, `[rank]`.
    offsets: Vec<f64>,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    sums: Sums,
    model: Model,
    /// The weights where they depend on no feature.
    #[serde(skip)]
    plain: CellWeights,
}

impl Table {
    /// Uniform, whatever the features.
    pub(crate) fn new(shape: &TableShape, n_features: usize) -> Self {
        let n_cells = shape.grid.n_cells();
        let mut table = Self {
            sums: Sums {
                n_samples: 0.0,
                weights: vec![0.0; n_cells],
                features: vec![0.0; n_features * n_cells],
                products: vec![0.0; n_features * n_features],
            },
            model: Model {
                floor: 1.0,
                log_masses: vec![0.0; n_cells],
                ..Model::default()
            },
            plain: CellWeights::default(),
        };
        table.prepare();
        table
    }

    /// Adds a sample of a weight.
    pub(crate) fn add(&mut self, cell: usize, features: &[f64], weight: f64) {
        let sums = &mut self.sums;
        let n_cells = sums.weights.len();
        sums.n_samples += 1.0;
        sums.weights[cell] += weight;
        for (index, &feature) in features.iter().enumerate() {
            sums.features[index * n_cells + cell] += weight * feature;
            let row = &mut sums.products[index * features.len()..][..features.len()];
            for (product, &other) in row.iter_mut().zip(features) {
                *product += weight * feature * other;
            }
        }
    }

    /// Makes the density follow the samples so far, mixed with a share `floor` of the uniform one.
    pub(crate) fn refresh(&mut self, shape: &TableShape, floor: f64) {
        let mut masses = self.sums.weights.clone();
        let total: f64 = masses.iter().sum();
        if total > 0.0 {
            shape.grid.smooth(&mut masses, shape.width_rad);
            masses.iter_mut().for_each(|mass| *mass /= total);
            let conditioned = shape.rank > 0 && self.sums.n_samples >= MIN_SAMPLES_CONDITIONED;
            self.model = conditioned
                .then(|| self.conditioned(shape, &masses, total))
                .flatten()
                .unwrap_or_else(|| Model::plain(&masses));
            self.model.floor = floor;
            self.prepare();
        }
    }

    /// Drops the sums, which only learning needs.
    pub(crate) fn forget_samples(&mut self) {
        self.sums = Sums::default();
    }

    /// Whether a saved table has the sizes of this one.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        self.model.log_masses.len() == other.model.log_masses.len()
    }

    /// Discriminants of features; reuse them for every table lookup of one replica.
    fn deviations<'a>(&'a self, features: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let directions = self.model.directions.chunks_exact(features.len().max(1));
        directions
            .zip(&self.model.offsets)
            .map(move |(direction, offset)| {
                let value: f64 = direction.iter().zip(features).map(|(a, b)| a * b).sum();
                (value - offset).clamp(-MAX_DEVIATION, MAX_DEVIATION)
            })
    }

    /// Weights of all cells given the features; `scratch` holds them where they depend on any.
    pub(crate) fn weights<'a>(
        &'a self,
        features: &[f64],
        scratch: &'a mut CellWeights,
    ) -> &'a CellWeights {
        if self.model.slopes.is_empty() {
            return &self.plain;
        }
        let mut deviations = [0.0; MAX_RANK];
        for (deviation, value) in deviations.iter_mut().zip(self.deviations(features)) {
            *deviation = value;
        }
        scratch.floor = self.model.floor;
        scratch.cells.resize(self.model.log_masses.len(), 0.0);
        on_widest_registers!(exponentiate(
            &self.model.log_masses,
            &self.model.slopes,
            &deviations,
            &mut scratch.cells,
        ));
        scratch.add_up();
        scratch
    }

    /// Weights where no feature counts.
    pub(crate) fn plain(&self) -> &CellWeights {
        &self.plain
    }

    /// Fills in what is not saved.
    pub(crate) fn prepare(&mut self) {
        let cells = self.model.log_masses.iter().map(|ln| ln.exp()).collect();
        self.plain = CellWeights::new(cells, self.model.floor);
    }

    /// The model with features, or nothing where their covariance is singular.
    fn conditioned(&self, shape: &TableShape, masses: &[f64], total: f64) -> Option<Model> {
        let n_cells = masses.len();
        let n_features = self.sums.features.len() / n_cells;
        let mean = DVector::from_iterator(
            n_features,
            self.sums
                .features
                .chunks_exact(n_cells)
                .map(|cells| cells.iter().sum::<f64>() / total),
        );
        let centers = self.centers(shape, masses, total, &mean);
        let covariance = DMatrix::from_row_slice(n_features, n_features, &self.sums.products)
            / total
            - &mean * mean.transpose();
        let weighted = DMatrix::from_fn(n_features, n_cells, |row, cell| {
            centers[(row, cell)] * masses[cell]
        });
        let between = &weighted * centers.transpose();
        let mut within = &covariance - between;
        for index in 0..n_features {
            within[(index, index)] += 0.01 * covariance[(index, index)] + 1e-12;
        }
        let factor = within.cholesky()?.l();
        let whitened = factor.solve_lower_triangular(&centers)?;
        let weighted = DMatrix::from_fn(n_features, n_cells, |row, cell| {
            whitened[(row, cell)] * masses[cell]
        });
        let eigen = SymmetricEigen::new(&weighted * whitened.transpose());
        let mut order: Vec<usize> = (0..n_features).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        order.truncate(shape.rank);
        let axes = eigen.eigenvectors.select_columns(&order);
        let directions = factor
            .transpose()
            .solve_upper_triangular(&axes)?
            .transpose();
        let slopes = axes.transpose() * whitened;
        Some(Model::discriminating(masses, &slopes, &directions, &mean))
    }

    /// Mean features of every cell less the overall mean, smoothed and shrunk where samples are few, `[n_features, n_cells]`.
    fn centers(
        &self,
        shape: &TableShape,
        masses: &[f64],
        total: f64,
        mean: &DVector<f64>,
    ) -> DMatrix<f64> {
        let n_cells = masses.len();
        let prior = PRIOR_SAMPLES / self.sums.n_samples;
        let mut centers = DMatrix::zeros(mean.len(), n_cells);
        for (index, sums) in self.sums.features.chunks_exact(n_cells).enumerate() {
            let mut smoothed = sums.to_vec();
            shape.grid.smooth(&mut smoothed, shape.width_rad);
            for (cell, sum) in smoothed.iter().enumerate() {
                let excess = sum / total - masses[cell] * mean[index];
                centers[(index, cell)] = excess / (masses[cell] + prior);
            }
        }
        centers
    }
}

impl Model {
    fn plain(masses: &[f64]) -> Self {
        Self {
            log_masses: masses.iter().map(|&mass| log_mass(mass)).collect(),
            ..Self::default()
        }
    }

    fn discriminating(
        masses: &[f64],
        slopes: &DMatrix<f64>,
        directions: &DMatrix<f64>,
        mean: &DVector<f64>,
    ) -> Self {
        let log_masses = masses
            .iter()
            .enumerate()
            .map(|(cell, &mass)| log_mass(mass) - single(0.5 * slopes.column(cell).norm_squared()));
        Self {
            floor: 0.0,
            log_masses: log_masses.collect(),
            slopes: slopes
                .transpose()
                .iter()
                .map(|&slope| single(slope))
                .collect(),
            directions: directions.transpose().iter().copied().collect(),
            offsets: (directions * mean).iter().copied().collect(),
        }
    }
}

/// ln of a mass, bounded below so that no cell is lost to an infinity.
fn log_mass(mass: f64) -> f32 {
    single(mass.max(1e-12).ln())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the model is approximate; draws and densities share its rounded values"
)]
fn single(value: f64) -> f32 {
    value as f32
}

vectorized! {
    /// exp(log_masses + sum of slopes times deviations), cell by cell.
    fn exponentiate<L: Lane>(log_masses: &[L::Scalar], slopes: &[L::Scalar], deviations: &[f64], weights: &mut [L::Scalar]) -> () {
        let n_cells = log_masses.len();
        let bound = L::splat(80.0);
        for start in (0..n_cells).step_by(L::LANES) {
            let mut log_weight = L::load(&log_masses[start..]);
            for (slopes, &deviation) in slopes.chunks_exact(n_cells).zip(deviations) {
                log_weight = L::load(&slopes[start..]).mul_add(L::splat(deviation), log_weight);
            }
            let weight = [log_weight.min(bound).exp()];
            weights[start..start + L::LANES].copy_from_slice(L::scalars(&weight));
        }
    }
}
