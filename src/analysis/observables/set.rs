//! Turns a stream of frames into the fixed list of observables that are diagnosed and compared.

use thiserror::Error;

use super::observable::{Observable, ObservedFrame, Torsion, TorsionSide};

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

/// The list of observables of one molecule, in a fixed order: for each torsion its sine and cosine, for each torsion of
/// [`ObservableSet::with_sides`] its side, then the end-to-end distance (where ends are given), radius of gyration, energy.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservableSet {
    observables: Vec<Observable>,
    /// How many sines and cosines come first.
    n_features: usize,
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
        let both = |own: Torsion| [Observable::Sine(own.clone()), Observable::Cosine(own)];
        let mut observables: Vec<Observable> = torsions.into_iter().flat_map(both).collect();
        let n_features = observables.len();
        observables.extend(end_atoms.map(Observable::EndToEnd));
        observables.extend([Observable::RadiusOfGyration, Observable::PotentialEnergy]);
        let set = Self {
            observables,
            n_features,
            masses_da,
        };
        set.check_atoms()?;
        Ok(set)
    }

    /// The same with a 0/1 observable for the side that each of these torsions is on.
    ///
    /// # Errors
    /// [`ObservableError::AtomOutOfRange`] if a torsion names an atom that the molecule has not.
    pub fn with_sides(
        mut self,
        sides: Vec<(Torsion, TorsionSide)>,
    ) -> Result<Self, ObservableError> {
        let place = self.n_features..self.n_features;
        let sides = sides.into_iter();
        let sides = sides.map(|(torsion, side)| Observable::Side(torsion, side));
        self.observables.splice(place, sides);
        self.check_atoms()?;
        Ok(self)
    }

    /// The same with others at the end; those that are there already are left out.
    ///
    /// # Errors
    /// [`ObservableError::AtomOutOfRange`] if one names an atom that the molecule has not.
    pub fn with(
        mut self,
        others: impl IntoIterator<Item = Observable>,
    ) -> Result<Self, ObservableError> {
        for other in others {
            if !self.observables.contains(&other) {
                self.observables.push(other);
            }
        }
        self.check_atoms()?;
        Ok(self)
    }

    /// Every observable in order.
    #[must_use]
    pub fn observables(&self) -> &[Observable] {
        &self.observables
    }

    /// Names in order, `[n_observables]`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.observables.iter().map(Observable::name).collect()
    }

    /// Values of one frame in the order of [`Self::names`]: sines and cosines without unit, 0 or 1, nm, kJ/mol.
    /// `positions` in nm, `[n_atoms * 3]`.
    ///
    /// # Panics
    /// If `positions` is shorter than the molecule; [`ObservableRecorder::push`] checks this.
    #[must_use]
    pub fn evaluate(&self, positions: &[f32], potential_energy_kj_per_mol: f64) -> Vec<f64> {
        let frame = ObservedFrame {
            positions,
            masses_da: &self.masses_da,
            potential_energy_kj_per_mol,
        };
        let observables = self.observables.iter();
        observables.map(|own| own.value(frame)).collect()
    }

    fn check_atoms(&self) -> Result<(), ObservableError> {
        let mut all = self.observables.iter().map(Observable::atoms);
        all.try_for_each(|(name, atoms)| check_atoms(name, atoms, self.masses_da.len()))
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
