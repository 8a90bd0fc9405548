//! Engines for the tests, molecules, and the measure of a deviation.

pub(crate) use crate::adapter::{choice, on_software};
use crate::openmm_reference::{Reference, ReferenceFile};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions, reference_energies};
use saltus::gpu::{GpuEngine, GpuOptions};
use saltus::integrator::Engine;

/// An engine on the tests' adapter with everything else as given.
pub(crate) fn gpu_with(system: &System, options: GpuOptions) -> Option<GpuEngine> {
    let options = GpuOptions {
        choice: choice()?,
        ..options
    };
    Some(GpuEngine::new(system, &options).unwrap())
}

/// An engine as users get it.
pub(crate) fn gpu(system: &System) -> Option<GpuEngine> {
    gpu_with(system, GpuOptions::default())
}

/// The reference file of a molecule.
pub(crate) fn molecule(name: &str) -> ReferenceFile {
    ReferenceFile::all()
        .into_iter()
        .find(|(found, _)| found == name)
        .unwrap()
        .1
}

/// The force field of a reference assigned to its molecule.
pub(crate) fn assign(file: &ReferenceFile, reference: &Reference) -> System {
    reference
        .force_field()
        .assign(&file.topology(), &reference.options())
        .unwrap()
}

/// Amber14 and a solvent for a molecule.
pub(crate) fn system(file: &ReferenceFile, solvent: Option<BornModel>, rigid: bool) -> System {
    let options = SystemOptions {
        solvent,
        constrain_hydrogen_bonds: rigid,
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    force_field.assign(&file.topology(), &options).unwrap()
}

/// A batch of copies of one structure, each displaced a little differently, `[n_replicas, n_atoms, 3]`.
pub(crate) fn batch(positions: &[[f64; 3]], n_replicas: usize) -> Vec<f64> {
    let shift = |index: usize, replica: usize| {
        ((index * 7919 + replica * 104_729) % 1000) as f64 * 4e-6 - 2e-3
    };
    let flat = positions.as_flattened();
    (0..n_replicas)
        .flat_map(|replica| {
            flat.iter()
                .enumerate()
                .map(move |(index, x)| x + shift(index, replica))
        })
        .collect()
}

/// Largest errors over the replicas asked for: energy in kJ/mol, forces relative to their norm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Deviation {
    pub(crate) energy: f64,
    pub(crate) force: f64,
}

impl Deviation {
    pub(crate) fn max(self, other: Self) -> Self {
        let worse = |a: f64, b: f64| if b <= a { a } else { b };
        Self {
            energy: worse(self.energy, other.energy),
            force: worse(self.force, other.force),
        }
    }

    /// What the engine promises.
    pub(crate) fn is_small(self) -> bool {
        self.energy < 0.02 && self.force < 2e-5
    }
}

/// Deviation of an engine from the f64 reference on a batch, the given replicas compared.
pub(crate) fn deviation(
    engine: &mut dyn Engine,
    system: &System,
    positions: &[f64],
    compared: &[usize],
) -> Deviation {
    let width = system.n_atoms() * 3;
    let n_replicas = positions.len() / width;
    let (mut energies, mut forces) = (vec![0.0; n_replicas], vec![0.0; positions.len()]);
    engine.energies_and_forces(positions, &mut energies, &mut forces);
    compared
        .iter()
        .fold(Deviation::default(), |worst, &replica| {
            let range = replica * width..(replica + 1) * width;
            let structure = positions[range.clone()].as_chunks::<3>().0;
            let (terms, expected) = reference_energies(system, structure);
            let pairs = || expected.as_flattened().iter().zip(&forces[range.clone()]);
            let norm: f64 = pairs().map(|(a, _)| a * a).sum();
            let error: f64 = pairs().map(|(a, b)| (a - b) * (a - b)).sum();
            worst.max(Deviation {
                energy: (energies[replica] - terms.total()).abs(),
                force: (error / norm.max(1e-12)).sqrt(),
            })
        })
}
