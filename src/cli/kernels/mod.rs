//! From the checked sampler list to kernels. Every kernel is made here, each with random streams of its own.

mod idle;
pub(super) mod torsion_leap;

use crate::mcmc::{
    Kernel, LangevinKernel, MetropolisKernel, Mixture, Repeat, ReplicaExchange, Sequence,
    VelocityVerletKernel,
};
use crate::proposal::{
    AdaptivePuckerProposal, AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind,
    ConcertedProposal, ConcertedSettings, Hmc, HmcSettings, Mala, MalaSettings, Proposal,
    PuckerProposal, SettingsError, TorsionDraw, TorsionProposal, TorsionSettings,
};
use crate::rng;
use crate::topology::Topology;
use crate::units::FS_PER_PS;

use super::config::{
    AdaptiveTorsionConfig, AdaptiveTorsionKind, ConcertedConfig, HmcConfig, InputFault,
    KernelConfig, LoadedConfig, MalaConfig, MixturePart, TorsionConfig, TorsionDrawConfig,
    TorsionKindConfig,
};
use super::timewarp::kernel::timewarp;
pub(crate) use torsion_leap::device_leaps;

/// Last counter word of the Philox numbers that become seeds; no stream of an engine has it.
const SEEDS_TAG: u32 = 0xff00_0000;

/// Acceptance that a tuned `hmc` aims at where the input names none.
const HMC_TARGET_ACCEPTANCE: f64 = 0.8;

/// Acceptance that a tuned `mala` aims at where the input names none (doi:10.1111/1467-9868.00123).
const MALA_TARGET_ACCEPTANCE: f64 = 0.574;

/// The kernels of the sampler list in its order, then `replica_exchange` where the input has it.
///
/// # Errors
/// A fault that points at the kernel which this molecule, or a setting of its own, forbids.
pub(crate) fn make_kernels(
    loaded: &LoadedConfig,
    topology: &Topology,
) -> Result<Vec<Box<dyn Kernel>>, InputFault> {
    let mut factory = Factory {
        loaded,
        topology,
        n_replicas: loaded.config.n_replicas(),
        n_seeds: 0,
    };
    let mut kernels = Vec::new();
    for (index, kernel) in loaded.config.sampler.iter().enumerate() {
        kernels.push(factory.kernel(&format!("sampler[{index}]"), kernel)?);
    }
    kernels.extend(factory.replica_exchange()?);
    idle::warn_of_idle(&loaded.config.sampler, topology);
    Ok(kernels)
}

/// Makes kernels and deals out their seeds.
struct Factory<'a> {
    loaded: &'a LoadedConfig,
    topology: &'a Topology,
    n_replicas: usize,
    n_seeds: u32,
}

impl Factory<'_> {
    fn seed(&mut self) -> u64 {
        let seed = kernel_seed(self.loaded.config.seed(), self.n_seeds);
        self.n_seeds += 1;
        seed
    }

    fn fault(&self, path: &str, error: &impl std::fmt::Display) -> InputFault {
        self.loaded.source.fault_at(path, &error.to_string(), "")
    }

    fn setting_fault(&self, path: &str, error: &SettingsError) -> InputFault {
        self.fault(&format!("{path}.{}", error.key), error)
    }

    /// `path` is that of the entry, above the kernel's name.
    fn kernel(&mut self, path: &str, kernel: &KernelConfig) -> Result<Box<dyn Kernel>, InputFault> {
        let path = format!("{path}.{}", kernel.name());
        match kernel {
            KernelConfig::Langevin(langevin) => Ok(Box::new(LangevinKernel::new(
                langevin.steps,
                langevin.timestep_fs / FS_PER_PS,
                langevin.friction_per_ps,
                self.seed(),
            ))),
            KernelConfig::VelocityVerlet(verlet) => Ok(Box::new(VelocityVerletKernel::new(
                verlet.steps,
                verlet.timestep_fs / FS_PER_PS,
            ))),
            KernelConfig::Hmc(hmc) => {
                let proposal = Hmc::new(&hmc_settings(hmc))
                    .map_err(|error| self.setting_fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), hmc.repeats)
            }
            KernelConfig::Mala(mala) => {
                let proposal = Mala::new(&mala_settings(mala))
                    .map_err(|error| self.setting_fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), mala.repeats)
            }
            KernelConfig::Torsion(torsion) => {
                let proposal = TorsionProposal::new(self.topology, &torsion_settings(torsion))
                    .map_err(|error| self.fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), torsion.repeats)
            }
            KernelConfig::Concerted(concerted) => {
                let settings = concerted_settings(concerted);
                let proposal = ConcertedProposal::new(self.topology, &settings)
                    .map_err(|error| self.fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), concerted.repeats)
            }
            KernelConfig::Pucker(pucker) => {
                let proposal = PuckerProposal::new(self.topology)
                    .map_err(|error| self.fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), pucker.repeats)
            }
            KernelConfig::AdaptivePucker(pucker) => {
                let proposal = AdaptivePuckerProposal::new(self.topology)
                    .map_err(|error| self.fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), pucker.repeats)
            }
            KernelConfig::AdaptiveTorsion(adaptive) => {
                let settings = adaptive_torsion_settings(adaptive);
                let proposal = AdaptiveTorsionProposal::new(self.topology, &settings)
                    .map_err(|error| self.fault(&path, &error))?;
                self.metropolis(&path, Box::new(proposal), adaptive.repeats)
            }
            KernelConfig::Timewarp(settings) => {
                let seed = self.seed();
                timewarp(
                    self.loaded,
                    self.topology,
                    &path,
                    settings,
                    self.n_replicas,
                    seed,
                )
            }
            KernelConfig::TorsionLeap(leap) => {
                let (loaded, topology) = (self.loaded, self.topology);
                let proposal =
                    torsion_leap::proposal(loaded, topology, &path, leap, || self.seed())?;
                self.metropolis(&path, proposal, leap.repeats)
            }
            KernelConfig::Mixture(parts) => self.mixture(&path, parts),
            KernelConfig::Sequence(kernels) => self.sequence(&path, kernels),
        }
    }

    fn metropolis(
        &mut self,
        path: &str,
        proposal: Box<dyn Proposal>,
        repeats: u64,
    ) -> Result<Box<dyn Kernel>, InputFault> {
        let kernel = MetropolisKernel::new(proposal, self.n_replicas, self.seed());
        if repeats == 1 {
            return Ok(Box::new(kernel));
        }
        let repeat = Repeat::new(Box::new(kernel), repeats);
        Ok(Box::new(repeat.map_err(|error| self.fault(path, &error))?))
    }

    fn mixture(
        &mut self,
        path: &str,
        parts: &[MixturePart],
    ) -> Result<Box<dyn Kernel>, InputFault> {
        let seed = self.seed();
        let mut weighted = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let kernel = self.kernel(&format!("{path}[{index}].kernel"), &part.kernel)?;
            weighted.push((part.weight, kernel));
        }
        let mixture = Mixture::new(weighted, seed);
        Ok(Box::new(mixture.map_err(|error| self.fault(path, &error))?))
    }

    fn sequence(
        &mut self,
        path: &str,
        kernels: &[KernelConfig],
    ) -> Result<Box<dyn Kernel>, InputFault> {
        let mut parts = Vec::with_capacity(kernels.len());
        for (index, kernel) in kernels.iter().enumerate() {
            parts.push(self.kernel(&format!("{path}[{index}]"), kernel)?);
        }
        let sequence = Sequence::new(parts);
        Ok(Box::new(
            sequence.map_err(|error| self.fault(path, &error))?,
        ))
    }

    fn replica_exchange(&mut self) -> Result<Option<Box<dyn Kernel>>, InputFault> {
        let (Some(ladder), Some(settings)) = (
            self.loaded.config.ladder(),
            &self.loaded.config.replica_exchange,
        ) else {
            return Ok(None);
        };
        let exchange = ReplicaExchange::new(ladder, self.n_replicas, self.seed())
            .map_err(|error| self.fault("replica_exchange", &error))?;
        Ok(Some(if settings.tuned {
            Box::new(exchange.tuned())
        } else {
            Box::new(exchange)
        }))
    }
}

/// The seed of the kernel at a place of the file, counted from 0: Philox of the place, keyed by the seed of the run.
pub(crate) fn kernel_seed(run_seed: u64, place: u32) -> u64 {
    let counter = [[place], [0], [0], [SEEDS_TAG]];
    let [[low], [high], ..] = rng::philox(counter, rng::key(run_seed));
    u64::from(high) << 32 | u64::from(low)
}

/// The settings of `hmc` as the library has them.
pub(crate) fn hmc_settings(hmc: &HmcConfig) -> HmcSettings {
    let target = hmc.target_acceptance.unwrap_or(HMC_TARGET_ACCEPTANCE);
    HmcSettings {
        splitting: hmc.integrator.splitting(),
        n_steps: hmc.steps,
        timestep_ps: hmc.timestep_fs / FS_PER_PS,
        refresh: hmc.refresh,
        target_acceptance: hmc.adapt.then_some(target),
        jitter: hmc.jitter,
    }
}

fn mala_settings(mala: &MalaConfig) -> MalaSettings {
    let target = mala.target_acceptance.unwrap_or(MALA_TARGET_ACCEPTANCE);
    MalaSettings {
        timestep_ps: mala.timestep_fs / FS_PER_PS,
        target_acceptance: mala.adapt.then_some(target),
    }
}

/// The settings of `torsion` as the library has them.
pub(crate) fn torsion_settings(torsion: &TorsionConfig) -> TorsionSettings {
    TorsionSettings {
        kind: match torsion.kind {
            TorsionKindConfig::Single => BlockKind::Single,
            TorsionKindConfig::Pair => BlockKind::Pair,
            TorsionKindConfig::SideChain => BlockKind::SideChain,
            TorsionKindConfig::Omega => BlockKind::Omega,
        },
        proposal: match torsion.proposal {
            TorsionDrawConfig::Uniform => TorsionDraw::Uniform,
            TorsionDrawConfig::Normal => TorsionDraw::Normal,
            TorsionDrawConfig::Flip => TorsionDraw::Flip,
        },
        planar: torsion.planar,
        initial_step_rad: torsion.initial_step_rad,
    }
}

fn concerted_settings(concerted: &ConcertedConfig) -> ConcertedSettings {
    ConcertedSettings {
        n_torsions: concerted.n_torsions,
        omega_scale: concerted.omega_scale,
        initial_step_rad: concerted.initial_step_rad,
    }
}

fn adaptive_torsion_settings(adaptive: &AdaptiveTorsionConfig) -> AdaptiveTorsionSettings {
    AdaptiveTorsionSettings {
        backbone: adaptive.kind != AdaptiveTorsionKind::SideChain,
        side_chains: adaptive.kind != AdaptiveTorsionKind::Backbone,
        n_bins: adaptive.n_bins,
        kernel_width_rad: adaptive.kernel_width_rad,
        floor: adaptive.floor,
        n_discriminants: adaptive.n_discriminants,
    }
}

#[cfg(test)]
mod tests {
    use super::kernel_seed;
    use std::collections::HashSet;

    #[test]
    fn no_two_kernels_of_neighbouring_runs_share_a_seed() {
        let seeds: HashSet<u64> = (0..100)
            .flat_map(|run| (0..100).map(move |place| kernel_seed(run, place)))
            .collect();
        assert_eq!(seeds.len(), 10_000);
    }
}
