//! Densities of phi and psi, one for each kind of residue, counted while the chain equilibrates.

use crate::proposal::adaptive::density::{CellWeights, PeriodicGrid};
use crate::proposal::adaptive::table::{Table, TableShape};
use crate::topology::{NamedTorsion, torsion_rad};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Cells of ten degrees.
const N_BINS: usize = 36;
/// Standard deviation of the smoothing, rad.
const WIDTH_RAD: f64 = 0.14;
/// Share of the uniform density, for what was not seen.
const FLOOR: f64 = 0.1;

/// Torsions of a residue that are drawn together: phi and psi, or psi alone where phi is part of a small ring.
#[derive(Debug, Clone)]
pub(crate) struct Residue {
    /// The residue's index.
    pub(crate) residue_index: usize,
    /// Which density it shares with residues of its kind.
    pub(crate) kind: usize,
    /// Its quartets, one or two.
    pub(crate) quartets: Vec<[usize; 4]>,
}

impl Residue {
    pub(crate) fn new(residue_index: usize, kind: usize, torsions: &[&NamedTorsion]) -> Self {
        Self {
            residue_index,
            kind,
            quartets: torsions.iter().map(|torsion| torsion.atoms).collect(),
        }
    }

    /// The torsions in rad at positions `[n_atoms][3]`; the second is 0 where there is one alone.
    pub(super) fn torsions_rad(&self, atoms: &[[f64; 3]]) -> [f64; 2] {
        let mut torsions = [0.0; 2];
        for (torsion, &quartet) in torsions.iter_mut().zip(&self.quartets) {
            *torsion = torsion_rad(atoms, quartet);
        }
        torsions
    }
}

/// The density of one kind of residue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TorsionDensity {
    n_angles: usize,
    table: Table,
}

impl TorsionDensity {
    /// Uniform.
    pub(crate) fn new(n_angles: usize) -> Self {
        Self {
            n_angles,
            table: Table::new(&shape(n_angles), 0),
        }
    }

    /// Counts where a residue of the kind is.
    pub(crate) fn learn(&mut self, residue: &Residue, atoms: &[[f64; 3]], weight: f64) {
        let torsions = residue.torsions_rad(atoms);
        let cell = shape(self.n_angles).grid.cell(&torsions[..self.n_angles]);
        self.table.add(cell, &[], weight);
    }

    /// Follows what was counted.
    pub(crate) fn refresh(&mut self) {
        self.table.refresh(&shape(self.n_angles), FLOOR);
    }

    pub(crate) fn forget_samples(&mut self) {
        self.table.forget_samples();
    }

    /// Takes a saved density.
    pub(crate) fn restore(&mut self, saved: Self) -> bool {
        let fits = saved.n_angles == self.n_angles && self.table.fits(&saved.table);
        *self = saved;
        self.table.prepare();
        fits
    }

    /// ln of the density in `rad^-n_angles`.
    pub(crate) fn log_density(&self, torsions_rad: &[f64]) -> f64 {
        let grid = shape(self.n_angles).grid;
        grid.density(self.weights(), torsions_rad).ln()
    }

    /// Draws torsions in rad.
    pub(crate) fn draw(&self, stream: &mut Xoshiro256PlusPlus, torsions_rad: &mut [f64]) {
        shape(self.n_angles)
            .grid
            .draw(self.weights(), stream, torsions_rad);
    }

    fn weights(&self) -> &CellWeights {
        self.table.plain()
    }
}

fn shape(n_angles: usize) -> TableShape {
    TableShape {
        grid: PeriodicGrid {
            n_angles,
            n_bins: N_BINS,
        },
        width_rad: WIDTH_RAD,
        rank: 0,
    }
}
