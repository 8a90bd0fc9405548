//! Molecules, a toy energy of two torsions, and a proposal made of random weights. No tests of its own.

use saltus::integrator::{Engine, EngineError, LangevinSettings, Splitting};
use saltus::mcmc::Chain;
use saltus::proposal::{LeapBlock, TorsionLeapProposal, random_leap_model};
use saltus::state::State;
use saltus::topology::{Molecule, Sequence, Topology, build, torsion_rad};
use saltus::units::thermal_energy_kj_per_mol;

pub(crate) const TEMPERATURE_KELVIN: f64 = 310.0;

pub(crate) fn molecule(sequence: &str) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), &[]).unwrap()
}

pub(crate) fn chain(molecule: &Molecule, n_replicas: usize) -> Chain {
    Chain::start(&molecule.positions, &vec![TEMPERATURE_KELVIN; n_replicas])
}

pub(crate) fn random_leap(topology: &Topology, block: Option<LeapBlock>) -> TorsionLeapProposal {
    TorsionLeapProposal::new(topology, &random_leap_model(5), block).unwrap()
}

/// The same from networks that prefer one component: an even density would hide a wrong ratio.
pub(crate) fn lopsided_leap(topology: &Topology, block: Option<LeapBlock>) -> TorsionLeapProposal {
    let mut model = random_leap_model(5);
    for head in [&mut model.backbone, &mut model.side_chain] {
        head.network.layers.last_mut().unwrap().bias[0] += 3.0;
    }
    TorsionLeapProposal::new(topology, &model, block).unwrap()
}

/// U/kT of two torsions; nothing else, so rotations are all that matters.
pub(crate) struct ToyEngine {
    pub(crate) n_atoms: usize,
    pub(crate) torsions: [[usize; 4]; 2],
    masses_da: Vec<f64>,
}

pub(crate) fn toy_energy_over_kt(a: f64, b: f64) -> f64 {
    (a - 1.0).cos() + 0.8 * (b + 0.5).cos() + 0.7 * (a - b).cos()
}

impl ToyEngine {
    pub(crate) fn new(topology: &Topology, torsions: [[usize; 4]; 2]) -> Self {
        Self {
            n_atoms: topology.n_atoms(),
            masses_da: vec![1.0; topology.n_atoms()],
            torsions,
        }
    }

    pub(crate) fn values(&self, positions: &[f64]) -> [f64; 2] {
        self.torsions
            .map(|atoms| torsion_rad(positions.as_chunks().0, atoms))
    }
}

impl Engine for ToyEngine {
    fn description(&self) -> String {
        "toy".to_owned()
    }
    fn n_atoms(&self) -> usize {
        self.n_atoms
    }
    fn n_degrees_of_freedom(&self) -> usize {
        3 * self.n_atoms
    }
    fn masses_da(&self) -> &[f64] {
        &self.masses_da
    }
    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) {
        let kt = thermal_energy_kj_per_mol(TEMPERATURE_KELVIN);
        for (replica, energy) in positions.chunks_exact(3 * self.n_atoms).zip(energies) {
            let [a, b] = self.values(replica);
            *energy = kt * toy_energy_over_kt(a, b);
        }
    }
    fn energies_and_forces(&mut self, _: &[f64], _: &mut [f64], _: &mut [f64]) {
        unreachable!("leaps need no forces");
    }
    fn langevin(&mut self, _: &mut State, _: &LangevinSettings, _: u64) -> Result<(), EngineError> {
        unreachable!("leaps need no dynamics");
    }
    fn constant_energy(
        &mut self,
        _: &mut State,
        _: Splitting,
        _: f64,
        _: u64,
    ) -> Result<(), EngineError> {
        unreachable!("leaps need no dynamics");
    }
    fn draw_velocities(&mut self, _: &mut State, _: &[f64], _: u64, _: u64) {
        unreachable!("leaps need no velocities");
    }
    fn apply_constraints(&mut self, _: &mut State) -> Result<(), EngineError> {
        unreachable!("leaps need no constraints");
    }
}
