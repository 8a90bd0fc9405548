//! Molecules, a toy energy of two torsions, the three proposals, and chi-square. No tests of its own.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::{Engine, EngineError, LangevinSettings, Splitting};
use saltus::mcmc::Chain;
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, ConcertedProposal,
    ConcertedSettings, Current, LogRatio, Outcome, Pivot, Proposal, ProposalError, Proposed,
    TorsionDraw, TorsionProposal, TorsionSettings, torsion_blocks,
};
use saltus::rng;
use saltus::state::State;
use saltus::topology::{Molecule, Sequence, Topology, backbone_torsions, build, torsion_rad};
use saltus::units::thermal_energy_kj_per_mol;
use std::f64::consts::{PI, TAU};

pub(crate) const TEMPERATURE_KELVIN: f64 = 310.0;

pub(crate) fn molecule(sequence: &str) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), &[]).unwrap()
}

pub(crate) fn chain(molecule: &Molecule, n_replicas: usize) -> Chain {
    Chain {
        state: State::replicate(&molecule.positions, n_replicas),
        temperatures_kelvin: vec![TEMPERATURE_KELVIN; n_replicas],
        ..Chain::default()
    }
}

/// Every pivot of the molecule by itself, omega included.
pub(crate) fn pivots(topology: &Topology) -> Vec<Pivot> {
    torsion_blocks(topology, BlockKind::Single, true)
        .into_iter()
        .flat_map(|block| block.pivots)
        .collect()
}

/// All proposals of this suite that the molecule allows, with a name for messages.
pub(crate) fn proposals(topology: &Topology) -> Vec<(String, Box<dyn Proposal>)> {
    let mut found: Vec<(String, Box<dyn Proposal>)> = Vec::new();
    for kind in [
        BlockKind::Single,
        BlockKind::Pair,
        BlockKind::SideChain,
        BlockKind::Omega,
    ] {
        for proposal in [TorsionDraw::Uniform, TorsionDraw::Normal, TorsionDraw::Flip] {
            let settings = TorsionSettings {
                kind,
                proposal,
                ..TorsionSettings::default()
            };
            if let Ok(built) = TorsionProposal::new(topology, &settings) {
                found.push((format!("torsion {kind:?} {proposal:?}"), Box::new(built)));
            }
        }
    }
    let adaptive = AdaptiveTorsionProposal::new(topology, &AdaptiveTorsionSettings::default());
    found.push(("adaptive_torsion".to_owned(), Box::new(adaptive.unwrap())));
    if let Ok(concerted) = ConcertedProposal::new(topology, &ConcertedSettings::default()) {
        found.push(("concerted".to_owned(), Box::new(concerted)));
    }
    found
}

/// U/kT = cos(phi - 1) + 0.8 cos(psi + 0.5) + 0.7 cos(phi - psi) of one residue; nothing else, so rotations are all that matters.
pub(crate) struct ToyEngine {
    n_atoms: usize,
    masses_da: Vec<f64>,
    torsions: Option<[[usize; 4]; 2]>,
    springs: Option<Springs>,
}

/// Every coordinate held by a spring of its own: positions are normal with `widths_nm` around one of the rests, which have shares.
pub(crate) struct Springs {
    pub(crate) rests_nm: Vec<(f64, Vec<f64>)>,
    pub(crate) widths_nm: Vec<f64>,
}

pub(crate) fn toy_energy_over_kt(phi: f64, psi: f64) -> f64 {
    (phi - 1.0).cos() + 0.8 * (psi + 0.5).cos() + 0.7 * (phi - psi).cos()
}

impl ToyEngine {
    pub(crate) fn new(topology: &Topology, torsions: Option<[[usize; 4]; 2]>) -> Self {
        Self {
            n_atoms: topology.n_atoms(),
            masses_da: vec![1.0; topology.n_atoms()],
            torsions,
            springs: None,
        }
    }

    pub(crate) fn on_springs(topology: &Topology, springs: Springs) -> Self {
        Self {
            springs: Some(springs),
            ..Self::new(topology, None)
        }
    }
}

impl Springs {
    fn energy_over_kt(&self, positions: &[f64]) -> f64 {
        let of_rest = |(share, rest_nm): &(f64, Vec<f64>)| -> f64 {
            let pairs = positions.iter().zip(rest_nm).zip(&self.widths_nm);
            let square = |((x, rest), width): ((&f64, &f64), &f64)| ((x - rest) / width).powi(2);
            0.5 * pairs.map(square).sum::<f64>() - share.ln()
        };
        let energies: Vec<f64> = self.rests_nm.iter().map(of_rest).collect();
        let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
        let sum: f64 = energies.iter().map(|energy| (lowest - energy).exp()).sum();
        lowest - sum.ln()
    }

    /// One draw of all positions.
    pub(crate) fn draw(&self, stream: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut left = stream.random::<f64>();
        let chosen = self.rests_nm.iter().find(|(share, _)| {
            left -= share;
            left < 0.0
        });
        let (_, rest_nm) = chosen.unwrap_or(&self.rests_nm[0]);
        let pairs = rest_nm.iter().zip(&self.widths_nm);
        pairs
            .map(|(rest, width)| rest + width * stream.sample::<f64, _>(StandardNormal))
            .collect()
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
            *energy = self.torsions.map_or(0.0, |torsions| {
                let [phi, psi] = torsions.map(|atoms| torsion_rad(replica.as_chunks().0, atoms));
                kt * toy_energy_over_kt(phi, psi)
            });
            *energy += self
                .springs
                .as_ref()
                .map_or(0.0, |springs| kt * springs.energy_over_kt(replica));
        }
    }
    fn energies_and_forces(&mut self, _: &[f64], _: &mut [f64], _: &mut [f64]) {
        unreachable!("torsion moves need no forces");
    }
    fn langevin(&mut self, _: &mut State, _: &LangevinSettings, _: u64) -> Result<(), EngineError> {
        unreachable!("torsion moves need no dynamics");
    }
    fn constant_energy(
        &mut self,
        _: &mut State,
        _: Splitting,
        _: f64,
        _: u64,
    ) -> Result<(), EngineError> {
        unreachable!("torsion moves need no dynamics");
    }
    fn draw_velocities(&mut self, _: &mut State, _: &[f64], _: u64, _: u64) {
        unreachable!("torsion moves need no velocities");
    }
    fn apply_constraints(&mut self, _: &mut State) -> Result<(), EngineError> {
        unreachable!("torsion moves need no constraints");
    }
}

/// A planted error: the inner proposal's densities are swallowed.
pub(crate) struct ForgetsItsRatio(pub(crate) Box<dyn Proposal>);

impl Proposal for ForgetsItsRatio {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.0.propose(current, engine, streams)?;
        proposed.log_ratio = LogRatio::Symmetric;
        Ok(proposed)
    }
    fn adapt(&mut self, current: Current<'_>, outcomes: &[Outcome]) {
        self.0.adapt(current, outcomes);
    }
    fn freeze(&mut self) {
        self.0.freeze();
    }
}

/// Chi-square of counts against expectations, over its degrees of freedom (about 1 where they agree).
pub(crate) fn reduced_chi_square(counts: &[f64], expected: &[f64]) -> f64 {
    let sum: f64 = counts
        .iter()
        .zip(expected)
        .map(|(count, expected)| (count - expected).powi(2) / expected)
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "some tens of cells")]
    let freedom = (counts.len() - 1) as f64;
    sum / freedom
}

/// All torsions uniform, the Boltzmann distribution at no energy.
pub(crate) fn uniform_start(molecule: &Molecule, n_replicas: usize) -> Chain {
    let mut chain = chain(molecule, n_replicas);
    let size = chain.state.n_atoms * 3;
    let mut stream = rng::stream(29);
    let pivots = pivots(&molecule.topology);
    for replica in chain.state.positions.chunks_exact_mut(size) {
        for pivot in &pivots {
            pivot.turn(replica, TAU * stream.random::<f64>());
        }
    }
    chain
}

/// Chi-square of the backbone torsions of all replicas against uniform, over its degrees of freedom.
pub(crate) fn uniform_chi_square(molecule: &Molecule, chain: &Chain) -> f64 {
    let n_replicas = chain.state.n_replicas;
    let torsions = backbone_torsions(&molecule.topology);
    let mut counts = vec![0.0; 12 * torsions.len()];
    for replica in 0..n_replicas {
        let atoms = chain.state.replica_positions(replica).as_chunks().0;
        for (index, torsion) in torsions.iter().enumerate() {
            let turns = (torsion_rad(atoms, torsion.atoms) + PI) / TAU;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 11"
            )]
            let bin = ((12.0 * turns) as usize).min(11);
            counts[12 * index + bin] += 1.0;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let expected = vec![n_replicas as f64 / 12.0; counts.len()];
    reduced_chi_square(&counts, &expected)
}
