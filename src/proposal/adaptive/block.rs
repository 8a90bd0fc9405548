//! The learned density of one block of torsions as a product of table lookups.

use super::density::{CellWeights, PeriodicGrid};
use super::feature::{Feature, features};
use super::table::{Table, TableShape};
use crate::proposal::torsion::block::{BlockKind, TorsionBlock};
use crate::topology::Topology;
use crate::vector::wrap;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::PI;

/// How fine the tables are and how much they look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resolution {
    pub(crate) n_bins: usize,
    pub(super) width_rad: f64,
    pub(crate) rank: usize,
}

/// Rotamers (thirds of the circle, cut at 0 and 120 degrees either way) that tell apart the tables of a later chi.
const N_ROTAMERS: usize = 3;

/// One or two torsions drawn together, given the rotamer of an earlier one.
#[derive(Debug, Clone, PartialEq)]
struct Factor {
    /// First torsion and how many, within the block.
    first: usize,
    shape: TableShape,
    /// One table, or one for every rotamer of the torsion before the first.
    tables: Vec<Table>,
}

impl Factor {
    fn new(first: usize, n_angles: usize, resolution: Resolution, n_features: usize) -> Self {
        let shape = TableShape {
            grid: PeriodicGrid {
                n_angles,
                n_bins: resolution.n_bins * if n_angles == 1 { 2 } else { 1 },
            },
            width_rad: resolution.width_rad,
            rank: resolution.rank,
        };
        let n_tables = if first == 0 { 1 } else { N_ROTAMERS };
        Self {
            first,
            shape,
            tables: vec![Table::new(&shape, n_features); n_tables],
        }
    }

    fn own<'a>(&self, angles: &'a [f64]) -> &'a [f64] {
        &angles[self.first..self.first + self.shape.grid.n_angles]
    }

    fn table_index(&self, angles: &[f64]) -> usize {
        if self.first == 0 {
            return 0;
        }
        let turned = wrap(angles[self.first - 1]);
        match turned.abs() < 2.0 * PI / 3.0 {
            true if turned >= 0.0 => 0,
            true => 1,
            false => 2,
        }
    }
}

/// Room for intermediate results, to be reused.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    features: Vec<f64>,
    weights: CellWeights,
    new: Vec<f64>,
    old: Vec<f64>,
}

/// A block with its density.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LearnedBlock {
    pub(crate) block: TorsionBlock,
    features: Vec<Feature>,
    factors: Vec<Factor>,
}

impl LearnedBlock {
    /// Uniform so far. The first two torsions are drawn jointly, each further one given the rotamer of the one before.
    pub(crate) fn new(
        topology: &Topology,
        block: TorsionBlock,
        kind: BlockKind,
        resolution: Resolution,
    ) -> Self {
        let features = if resolution.rank == 0 {
            Vec::new()
        } else {
            features(topology, &block, kind)
        };
        let n_torsions = block.pivots.len();
        let joint = n_torsions.min(2);
        let factors = std::iter::once((0, joint))
            .chain((2..n_torsions).map(|first| (first, 1)))
            .map(|(first, n)| Factor::new(first, n, resolution, features.len()))
            .collect();
        Self {
            block,
            features,
            factors,
        }
    }

    fn describe(&self, positions: &[f64], scratch: &mut Scratch) {
        let atoms = positions.as_chunks().0;
        scratch.features.clear();
        scratch
            .features
            .extend(self.features.iter().map(|feature| feature.value(atoms)));
        scratch.old.clear();
        let pivots = self.block.pivots.iter();
        scratch
            .old
            .extend(pivots.map(|pivot| pivot.torsion_rad(positions)));
    }

    /// Draws new torsions and turns positions and velocities to them; returns ln q(y|x) and ln q(x|y) in torsion space.
    pub(crate) fn propose(
        &self,
        (positions, velocities): (&mut [f64], &mut [f64]),
        stream: &mut Xoshiro256PlusPlus,
        scratch: &mut Scratch,
    ) -> [f64; 2] {
        self.describe(positions, scratch);
        let Scratch {
            features,
            weights,
            new,
            old,
        } = scratch;
        new.clone_from(old);
        let [mut log_q_forward, mut log_q_reverse] = [0.0, 0.0];
        for factor in &self.factors {
            let (grid, first) = (&factor.shape.grid, factor.first);
            let [forward, reverse] = [&*new, &*old].map(|angles| factor.table_index(angles));
            let drawn_from = factor.tables[forward].weights(features, weights);
            grid.draw(drawn_from, stream, &mut new[first..first + grid.n_angles]);
            log_q_forward += grid.density(drawn_from, factor.own(new)).ln();
            let way_back = if reverse == forward {
                drawn_from
            } else {
                factor.tables[reverse].weights(features, weights)
            };
            log_q_reverse += grid.density(way_back, factor.own(old)).ln();
        }
        for ((pivot, new), old) in self.block.pivots.iter().zip(new).zip(old) {
            pivot.turn_moving(positions, velocities, *new - *old);
        }
        [log_q_forward, log_q_reverse]
    }

    /// ln of the density at the torsions of these positions, given their features.
    pub(crate) fn log_density(&self, positions: &[f64]) -> f64 {
        let mut scratch = Scratch::default();
        self.describe(positions, &mut scratch);
        let mut log_q = 0.0;
        for factor in &self.factors {
            let table = &factor.tables[factor.table_index(&scratch.old)];
            let weights = table.weights(&scratch.features, &mut scratch.weights);
            let own = factor.own(&scratch.old);
            log_q += factor.shape.grid.density(weights, own).ln();
        }
        log_q
    }

    /// Adds the torsions of these positions to the samples.
    pub(crate) fn learn(&mut self, positions: &[f64], weight: f64, scratch: &mut Scratch) {
        self.describe(positions, scratch);
        for factor in &mut self.factors {
            let index = factor.table_index(&scratch.old);
            let cell = factor.shape.grid.cell(factor.own(&scratch.old));
            factor.tables[index].add(cell, &scratch.features, weight);
        }
    }

    /// Makes the density follow the samples so far.
    pub(crate) fn refresh(&mut self, floor: f64) {
        for factor in &mut self.factors {
            for table in &mut factor.tables {
                table.refresh(&factor.shape, floor);
            }
        }
    }

    /// Drops the samples.
    pub(super) fn forget_samples(&mut self) {
        let tables = self.factors.iter_mut().flat_map(|f| &mut f.tables);
        tables.for_each(Table::forget_samples);
    }

    /// All tables, factor by factor.
    pub(crate) fn tables(&self) -> Vec<&Table> {
        self.factors.iter().flat_map(|f| &f.tables).collect()
    }

    /// Takes saved tables; false where they do not fit.
    pub(super) fn set_tables(&mut self, saved: Vec<Table>) -> bool {
        let own: Vec<&mut Table> = self
            .factors
            .iter_mut()
            .flat_map(|f| &mut f.tables)
            .collect();
        let fits = own.len() == saved.len() && own.iter().zip(&saved).all(|(a, b)| a.fits(b));
        if fits {
            for (own, saved) in own.into_iter().zip(saved) {
                *own = saved;
                own.prepare();
            }
        }
        fits
    }
}
