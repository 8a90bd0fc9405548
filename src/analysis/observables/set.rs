//! Turns a stream of frames into the fixed list of observables that are diagnosed and compared.

use thiserror::Error;

use super::dihedral::dihedral_rad;
use super::distance::{pair_distances, radius_of_gyration};

/// Why a frame gives no observables.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ObservableError {
    /// The frame is of another molecule.
    #[error(
        "a frame of chain {chain_index} has {got} coordinates, expected {expected} (3 x {n_atoms} atoms): give only trajectories of this molecule"
    )]
    WrongSize {
        /// Chain of the frame.
        chain_index: usize,
        /// Number of coordinates got.
        got: usize,
        /// Number expected.
        expected: usize,
        /// Atoms of the molecule.
        n_atoms: usize,
    },
    /// A torsion or an end names an atom that is not there.
    #[error(
        "{name} uses atom index {atom_index}, but the molecule has {n_atoms} atoms (indices from 0): check the topology"
    )]
    AtomOutOfRange {
        /// Torsion, or `end_to_end_distance`.
        name: String,
        /// The index.
        atom_index: usize,
        /// Atoms of the molecule.
        n_atoms: usize,
    },
}

/// A torsion with its name: `phi_2` is phi of residue 2 as in the PDB file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torsion {
    /// Name: kind, underscore, residue number.
    pub name: String,
    /// Its four atoms in order.
    pub atoms: [usize; 4],
}

/// One of the two sides that a torsion keeps to for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TorsionSide {
    /// Above 0, `NAME_positive`: of phi, and of a disulfide bond, which is left- or right-handed.
    Positive,
    /// Within a quarter turn of 0, `NAME_cis`: of a peptide bond.
    Cis,
}

impl TorsionSide {
    /// Name of the observable that is 1 where the torsion of this name is on this side, else 0.
    #[must_use]
    pub fn observable(self, torsion: &str) -> String {
        match self {
            Self::Positive => format!("{torsion}_positive"),
            Self::Cis => format!("{torsion}_cis"),
        }
    }

    /// 1 where an angle in rad is on this side, else 0.
    #[must_use]
    pub fn indicator(self, angle_rad: f64) -> f64 {
        let inside = match self {
            Self::Positive => angle_rad > 0.0,
            Self::Cis => angle_rad.cos() > 0.0,
        };
        f64::from(u8::from(inside))
    }
}

/// The list of observables of one molecule, in a fixed order: for each torsion `sin_NAME` and `cos_NAME`, for each
/// torsion of [`ObservableSet::with_sides`] its [`TorsionSide::observable`], then `end_to_end_distance` (where ends are given), `radius_of_gyration`, `potential_energy`.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservableSet {
    torsions: Vec<Torsion>,
    sides: Vec<(Torsion, TorsionSide)>,
    end_atoms: Option<[usize; 2]>,
    masses_da: Vec<f64>,
}

impl ObservableSet {
    /// Observables of a molecule with `masses_da` `[n_atoms]`.
    ///
    /// # Errors
    /// [`ObservableError::AtomOutOfRange`] if a torsion or an end names an atom beyond `masses_da`.
    pub fn new(
        torsions: Vec<Torsion>,
        end_atoms: Option<[usize; 2]>,
        masses_da: Vec<f64>,
    ) -> Result<Self, ObservableError> {
        let named = torsions
            .iter()
            .map(|torsion| (torsion.name.as_str(), &torsion.atoms[..]));
        let ends = end_atoms
            .iter()
            .map(|atoms| ("end_to_end_distance", &atoms[..]));
        for (name, atoms) in named.chain(ends) {
            check_atoms(name, atoms, masses_da.len())?;
        }
        Ok(Self {
            torsions,
            sides: Vec::new(),
            end_atoms,
            masses_da,
        })
    }

    /// The same with a 0/1 observable for the side that each of these torsions is on.
    ///
    /// # Errors
    /// [`ObservableError::AtomOutOfRange`] if a torsion names an atom that the molecule has not.
    pub fn with_sides(
        mut self,
        sides: Vec<(Torsion, TorsionSide)>,
    ) -> Result<Self, ObservableError> {
        for (torsion, _) in &sides {
            check_atoms(&torsion.name, &torsion.atoms, self.masses_da.len())?;
        }
        self.sides = sides;
        Ok(self)
    }

    /// Names in order, `[n_observables]`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for torsion in &self.torsions {
            names.push(format!("sin_{}", torsion.name));
            names.push(format!("cos_{}", torsion.name));
        }
        let sides = self.sides.iter();
        names.extend(sides.map(|(torsion, side)| side.observable(&torsion.name)));
        if self.end_atoms.is_some() {
            names.push("end_to_end_distance".to_owned());
        }
        names.extend(["radius_of_gyration", "potential_energy"].map(str::to_owned));
        names
    }

    /// Values of one frame in the order of [`Self::names`]: sines and cosines without unit, 0 or 1, nm, kJ/mol.
    /// `positions` in nm, `[n_atoms * 3]`.
    ///
    /// # Panics
    /// If `positions` is shorter than the molecule; [`ObservableRecorder::push`] checks this.
    #[must_use]
    pub fn evaluate(&self, positions: &[f32], potential_energy_kj_per_mol: f64) -> Vec<f64> {
        let angles = self.torsions.iter();
        let angles = angles.map(|torsion| dihedral_rad(positions, torsion.atoms));
        let mut values: Vec<f64> = angles
            .flat_map(|angle| [angle.sin(), angle.cos()])
            .collect();
        let sides = self.sides.iter();
        values.extend(
            sides.map(|(torsion, side)| side.indicator(dihedral_rad(positions, torsion.atoms))),
        );
        if let Some(atoms) = self.end_atoms {
            values.extend(pair_distances(positions, &[atoms]));
        }
        values.push(radius_of_gyration(positions, &self.masses_da));
        values.push(potential_energy_kj_per_mol);
        values
    }
}

fn check_atoms(name: &str, atoms: &[usize], n_atoms: usize) -> Result<(), ObservableError> {
    match atoms.iter().find(|&&index| index >= n_atoms) {
        None => Ok(()),
        Some(&atom_index) => Err(ObservableError::AtomOutOfRange {
            name: name.to_owned(),
            atom_index,
            n_atoms,
        }),
    }
}

/// Collects the time series of all observables from frames of several chains, which may arrive interleaved.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservableRecorder {
    set: ObservableSet,
    /// `[n_observables][n_chains][n_draws]`.
    series: Vec<Vec<Vec<f64>>>,
}

impl ObservableRecorder {
    /// A recorder for `n_chains` chains without frames.
    #[must_use]
    pub fn new(set: ObservableSet, n_chains: usize) -> Self {
        let n_observables = set.names().len();
        Self {
            set,
            series: vec![vec![Vec::new(); n_chains]; n_observables],
        }
    }

    /// Adds the next frame of a chain: `positions` in nm, `[n_atoms * 3]`.
    ///
    /// # Errors
    /// [`ObservableError::WrongSize`] for another number of coordinates.
    ///
    /// # Panics
    /// If `chain_index` is not below the number of chains.
    pub fn push(
        &mut self,
        chain_index: usize,
        positions: &[f32],
        potential_energy_kj_per_mol: f64,
    ) -> Result<(), ObservableError> {
        let n_atoms = self.set.masses_da.len();
        if positions.len() != 3 * n_atoms {
            return Err(ObservableError::WrongSize {
                chain_index,
                got: positions.len(),
                expected: 3 * n_atoms,
                n_atoms,
            });
        }
        let values = self.set.evaluate(positions, potential_energy_kj_per_mol);
        for (chains, value) in self.series.iter_mut().zip(values) {
            chains[chain_index].push(value);
        }
        Ok(())
    }

    /// Name and chains `[n_chains][n_draws]` of every observable, in the order of [`ObservableSet::names`].
    #[must_use]
    pub fn finish(self) -> Vec<(String, Vec<Vec<f64>>)> {
        self.set.names().into_iter().zip(self.series).collect()
    }
}
