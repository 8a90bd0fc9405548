//! Samples one peptide by this crate's own exact kernels inside replica exchange.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::corpus::PeptideData;
use super::error::TrainingError;
use crate::cpu::{self, CpuOptions};
use crate::forcefield::{BornModel, ForceField, SystemOptions};
use crate::integrator::{Engine, MinimizeSettings, Splitting, minimize};
use crate::mcmc::{
    Chain, HostSampler, Kernel, Ladder, MetropolisKernel, Observer, Repeat, ReplicaExchange,
    Sampler, Schedule, drive,
};
use crate::proposal::{
    AdaptivePuckerProposal, AdaptiveTorsionProposal, AdaptiveTorsionSettings, Current, Hmc,
    HmcSettings, Proposal,
};
use crate::rng;
use crate::topology::{self, Molecule, Sequence, Topology, pucker_rings};
use crate::units::thermal_energy_kj_per_mol;

/// How each peptide is sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingSettings {
    /// Ladder of temperatures in K; frames of all of them are kept.
    pub temperatures_kelvin: Vec<f64>,
    /// Copies of the ladder.
    pub n_copies: usize,
    /// Cycles before the first frame.
    pub equilibration_cycles: u64,
    /// Frames of each replica.
    pub n_frames: u64,
    /// Cycles between two frames.
    pub cycles_between: u64,
    /// Draws of every block kept a frame.
    pub n_draws: usize,
    /// States that these are resampled from, the frame itself included.
    pub n_candidates: usize,
    /// Implicit solvent; `None` is vacuum.
    pub solvent: Option<BornModel>,
    /// Threads; 0 takes all the processor has.
    pub threads: usize,
    /// Seed of everything.
    pub seed: u64,
}

/// Equilibrates one peptide and collects frames with draws of every block of torsions.
///
/// The draws of a block are resampled from the frame and candidates of a learned density, by Boltzmann weight over
/// density (iterated sampling importance resampling, doi:10.1111/j.1467-9868.2009.00736.x), so that each is a draw given
/// everything the block's motion leaves unchanged, and a frame teaches more than the one value it has.
///
/// # Errors
/// [`TrainingError::Peptide`].
pub fn sample_peptide(
    sequence: &str,
    force_field: &ForceField,
    settings: &SamplingSettings,
) -> Result<PeptideData, TrainingError> {
    let fail = |reason: String| TrainingError::Peptide {
        sequence: sequence.to_owned(),
        reason,
    };
    let (molecule, mut engine) = engine(sequence, force_field, settings)?;
    let mut start = molecule.positions.clone();
    minimize(engine.as_mut(), &mut start, &MinimizeSettings::default());
    let ladder = Ladder::given(settings.temperatures_kelvin.clone())
        .map_err(|error| fail(error.to_string()))?;
    let n_replicas = settings.n_copies * ladder.n_rungs();
    let temperatures = ladder
        .replica_temperatures_kelvin(n_replicas)
        .map_err(|error| fail(error.to_string()))?;
    let proposal =
        AdaptiveTorsionProposal::new(&molecule.topology, &AdaptiveTorsionSettings::default())
            .map_err(|error| fail(error.to_string()))?;
    let kernels = kernels(
        &molecule.topology,
        &proposal,
        ladder,
        n_replicas,
        settings.seed,
    )
    .map_err(fail)?;
    let mut chain = Chain::start(&start, &temperatures);
    engine.draw_velocities(&mut chain.state, &temperatures, settings.seed, 0);
    let mut collector = Collector::new(sequence, proposal, &chain, settings);
    let schedule = Schedule {
        equilibration_cycles: settings.equilibration_cycles,
        production_cycles: settings.n_frames * settings.cycles_between,
    };
    let mut sampler = HostSampler::new(engine, kernels);
    drive(schedule, 0, &mut chain, &mut sampler, &mut collector)
        .map_err(|error| fail(error.to_string()))?;
    Ok(collector.data)
}

/// A peptide as it is built, with an engine for it.
///
/// # Errors
/// [`TrainingError::Peptide`].
pub(super) fn engine(
    sequence: &str,
    force_field: &ForceField,
    settings: &SamplingSettings,
) -> Result<(Molecule, Box<dyn Engine>), TrainingError> {
    let fail = |reason: String| TrainingError::Peptide {
        sequence: sequence.to_owned(),
        reason,
    };
    let parsed = Sequence::parse(sequence).map_err(|error| fail(error.to_string()))?;
    let molecule = topology::build(&parsed, &[]).map_err(|error| fail(error.to_string()))?;
    let options = SystemOptions {
        solvent: settings.solvent,
        ..SystemOptions::default()
    };
    let system = force_field
        .assign(&molecule.topology, &options)
        .map_err(|error| fail(error.to_string()))?;
    let cpu_options = CpuOptions {
        threads: settings.threads,
        ..CpuOptions::default()
    };
    let engine = cpu::engine(&system, &cpu_options).map_err(|error| fail(error.to_string()))?;
    Ok((molecule, engine))
}

/// One cycle: a short trajectory, every block of torsions once on average, swaps of temperatures.
fn kernels(
    topology: &Topology,
    proposal: &AdaptiveTorsionProposal,
    ladder: Ladder,
    n_replicas: usize,
    seed: u64,
) -> Result<Vec<Box<dyn Kernel>>, String> {
    let hmc = HmcSettings {
        integrator: Splitting::VelocityVerlet,
        steps: 10,
        timestep_fs: 1.0,
        refresh: 1.0,
        adapt: true,
        target_acceptance: Some(0.8),
        jitter: 0.5,
        repeats: 1,
    };
    let hmc = Hmc::new(&hmc).map_err(|error| error.to_string())?;
    let n_blocks = proposal.blocks().len() as u64;
    let leaps = MetropolisKernel::new(Box::new(proposal.clone()), n_replicas, seed ^ 1);
    let repeat = Repeat::new(Box::new(leaps), n_blocks.max(2));
    let exchange =
        ReplicaExchange::new(ladder, n_replicas, seed ^ 2).map_err(|error| error.to_string())?;
    let mut kernels: Vec<Box<dyn Kernel>> = vec![
        Box::new(MetropolisKernel::new(Box::new(hmc), n_replicas, seed)),
        Box::new(repeat.map_err(|error| error.to_string())?),
    ];
    kernels.extend(ring_kernel(topology, n_replicas, seed ^ 3)?);
    kernels.push(Box::new(exchange));
    Ok(kernels)
}

/// Draws rings of prolines anew, and flips the peptide bonds before them; `None` where there are none.
fn ring_kernel(
    topology: &Topology,
    n_replicas: usize,
    seed: u64,
) -> Result<Option<Box<dyn Kernel>>, String> {
    let n_rings = pucker_rings(topology).len() as u64;
    let Ok(proposal) = AdaptivePuckerProposal::new(topology) else {
        return Ok(None);
    };
    let kernel = MetropolisKernel::new(Box::new(proposal), n_replicas, seed);
    let repeat = Repeat::new(Box::new(kernel), 2 * n_rings).map_err(|error| error.to_string())?;
    Ok(Some(Box::new(repeat)))
}

/// Learns a density for candidates while the chain equilibrates, then collects.
struct Collector<'a> {
    settings: &'a SamplingSettings,
    proposal: AdaptiveTorsionProposal,
    streams: Vec<Xoshiro256PlusPlus>,
    data: PeptideData,
}

impl<'a> Collector<'a> {
    fn new(
        sequence: &str,
        proposal: AdaptiveTorsionProposal,
        chain: &Chain,
        settings: &'a SamplingSettings,
    ) -> Self {
        Self {
            settings,
            streams: rng::streams(settings.seed ^ 3, chain.state.n_replicas),
            data: PeptideData {
                sequence: sequence.to_owned(),
                n_atoms: chain.state.n_atoms,
                n_draws: settings.n_draws,
                draws: vec![Vec::new(); proposal.blocks().len()],
                ..PeptideData::default()
            },
            proposal,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "data for f32 networks")]
    fn collect(&mut self, chain: &mut Chain, engine: &mut dyn Engine) {
        chain.energies(engine);
        let data = &mut self.data;
        let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        data.positions.extend(single(&chain.state.positions));
        data.temperatures_kelvin
            .extend(single(&chain.temperatures_kelvin));
        for block in 0..self.data.draws.len() {
            let draws = self.draws(block, chain, engine);
            self.data.draws[block].extend(single(&draws));
        }
    }

    /// Torsions `[n_replicas, n_draws, n_torsions]` of a block given the rest.
    fn draws(&mut self, block: usize, chain: &Chain, engine: &mut dyn Engine) -> Vec<f64> {
        let n_replicas = chain.state.n_replicas;
        let size = chain.state.n_atoms * 3;
        let pivots = self.proposal.blocks()[block].pivots.clone();
        let energies = chain
            .energies
            .as_deref()
            .expect("invariant: evaluated before");
        let torsions = |positions: &[f64]| -> Vec<f64> {
            pivots.iter().map(|p| p.torsion_rad(positions)).collect()
        };
        let mut candidates: Vec<Vec<(f64, Vec<f64>)>> = Vec::with_capacity(n_replicas);
        for replica in 0..n_replicas {
            let own = chain.state.replica_positions(replica);
            candidates.push(vec![(0.0, torsions(own))]);
        }
        let mut scratch = vec![0.0; size];
        let mut proposed_energies = vec![0.0; n_replicas];
        for _ in 1..self.settings.n_candidates {
            let mut positions = chain.state.positions.clone();
            let mut log_q = Vec::with_capacity(n_replicas);
            for (moving, stream) in positions.chunks_exact_mut(size).zip(&mut self.streams) {
                log_q.push(
                    self.proposal
                        .draw_block(block, (moving, &mut scratch), stream),
                );
            }
            engine.energies(&positions, &mut proposed_energies);
            for (replica, moved) in positions.chunks_exact(size).enumerate() {
                let kt = thermal_energy_kj_per_mol(chain.temperatures_kelvin[replica]);
                let [forward, reverse] = log_q[replica];
                let energy = (proposed_energies[replica] - energies[replica]) / kt;
                candidates[replica].push((reverse - forward - energy, torsions(moved)));
            }
        }
        let mut draws = Vec::new();
        for (candidates, stream) in candidates.iter().zip(&mut self.streams) {
            resample(candidates, self.settings.n_draws, stream, &mut draws);
        }
        draws
    }
}

/// Systematic resampling of weighted points; ln of the weights may be anything, those that are not finite count as none.
fn resample(
    candidates: &[(f64, Vec<f64>)],
    n_draws: usize,
    stream: &mut Xoshiro256PlusPlus,
    draws: &mut Vec<f64>,
) {
    let finite = |log_weight: f64| {
        if log_weight.is_finite() {
            log_weight
        } else {
            f64::NEG_INFINITY
        }
    };
    let largest = candidates
        .iter()
        .map(|c| finite(c.0))
        .fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = candidates
        .iter()
        .map(|c| (finite(c.0) - largest).exp())
        .collect();
    let spacing = weights.iter().sum::<f64>() / n_draws as f64;
    let mut pointer = stream.random::<f64>() * spacing;
    let (mut index, mut reached) = (0, weights[0]);
    for _ in 0..n_draws {
        while pointer > reached && index + 1 < weights.len() {
            index += 1;
            reached += weights[index];
        }
        draws.extend(&candidates[index].1);
        pointer += spacing;
    }
}

impl Observer for Collector<'_> {
    fn after_cycle(
        &mut self,
        cycle: u64,
        chain: &mut Chain,
        sampler: &mut dyn Sampler,
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        let equilibration = self.settings.equilibration_cycles;
        let engine = sampler.engine();
        if cycle <= equilibration {
            let energies = chain.energies(engine).to_vec();
            let current = Current {
                state: &chain.state,
                energies: &energies,
                temperatures_kelvin: &chain.temperatures_kelvin,
            };
            self.proposal.adapt(current, &[]);
            if cycle == equilibration {
                self.proposal.freeze();
            }
        } else if (cycle - equilibration).is_multiple_of(self.settings.cycles_between) {
            self.collect(chain, engine);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights 1, 2 and 5 give 1, 2 and 5 of 8 draws, whatever the offset.
    #[test]
    fn resampling_follows_the_weights() {
        let candidates: Vec<(f64, Vec<f64>)> = [1.0_f64, f64::NAN, 2.0, 5.0]
            .iter()
            .map(|weight| (weight.ln() + 700.0, vec![*weight]))
            .collect();
        let mut draws = Vec::new();
        resample(&candidates, 8, &mut rng::streams(5, 1)[0], &mut draws);
        assert_eq!(draws, [1.0, 2.0, 2.0, 5.0, 5.0, 5.0, 5.0, 5.0]);
    }
}
