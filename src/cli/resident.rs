//! The sampler of a run: which run on a GPU without coming back to the host between their kernels.

use crate::gpu::{
    CycleSampler, GpuError, Profile, Resident, ResidentMove, TorsionLeaps, TorsionMoves,
};
use crate::integrator::Engine;
use crate::mcmc::{HostSampler, KernelEntry, Sampler};
use crate::proposal::{
    HmcSettings, TorsionDraw, TorsionLeapSettings, TorsionProposal, TorsionSettings, kernel_seed,
    leap_model,
};
use crate::topology::Topology;
use crate::units::FS_PER_PS;

use super::config::LoadedConfig;
use super::device::{gpu_choice, gpu_options};
use super::error::{Blame, CliError};
use super::kernels::{context, make_kernels};
use super::setup::Prepared;

/// The sampler of a run: whole cycles on the device where device and sampler list allow it, else a kernel for each entry of
/// the list over the engine.
///
/// # Errors
/// A kernel that the molecule forbids, or a device that fails.
pub(crate) fn make_sampler(
    loaded: &LoadedConfig,
    prepared: &Prepared,
    engine: Box<dyn Engine>,
    profile: Option<&Profile>,
) -> Result<Box<dyn Sampler>, CliError> {
    // The kernels of the host are made in any case: they check the sampler against the molecule.
    let kernels = make_kernels(loaded, &prepared.molecule.topology)?;
    match resident(loaded, prepared, profile) {
        None => {}
        Some(Ok(resident)) => {
            log::info!("whole cycles stay on the device");
            return Ok(Box::new(CycleSampler::new(resident, engine)));
        }
        Some(Err(
            error @ (GpuError::WorkgroupMemory { .. } | GpuError::TooManyIterations { .. }),
        )) => log::warn!("{error}; moves are proposed and tested on the host"),
        Some(Err(error)) => return Err(error).blame_run(),
    }
    Ok(Box::new(HostSampler::new(engine, kernels)))
}

/// The cycle on the device; `None` where the device is the CPU or a kernel needs the host.
fn resident(
    loaded: &LoadedConfig,
    prepared: &Prepared,
    profile: Option<&Profile>,
) -> Option<Result<Resident, GpuError>> {
    let cycle = Cycle::new(loaded, &prepared.molecule.topology)?;
    let choice = gpu_choice(&loaded.config, &prepared.system)?;
    let options = gpu_options(choice, profile);
    let torsions = cycle.torsions.unwrap_or_default();
    let (moves, leaps) = (cycle.moves, cycle.leaps.as_ref());
    Some(Resident::with_leaps(
        &prepared.system,
        &options,
        moves,
        &torsions,
        leaps,
    ))
}

/// A sampler that needs nothing of the host.
#[derive(Default)]
pub(crate) struct Cycle {
    moves: Vec<ResidentMove>,
    torsions: Option<TorsionMoves>,
    /// Leaps with the networks behind them.
    pub(crate) leaps: Option<TorsionLeaps>,
}

impl Cycle {
    /// The sampler of an input file; `None` where one of its kernels needs the host.
    pub(crate) fn new(loaded: &LoadedConfig, topology: &Topology) -> Option<Self> {
        let config = &loaded.config;
        if config.replica_exchange.is_some() {
            return None;
        }
        let mut cycle = Self::default();
        for (place, kernel) in config.sampler.iter().enumerate() {
            let seed = kernel_seed(config.seed(), u32::try_from(place).ok()?);
            let entry = match kernel {
                KernelEntry::Langevin(langevin) => ResidentMove::Langevin {
                    n_steps: langevin.steps,
                    timestep_ps: langevin.timestep_fs / FS_PER_PS,
                    friction_per_ps: langevin.friction_per_ps,
                    seed,
                },
                KernelEntry::Hmc(hmc) if hmc.refresh == 1.0 => hmc_move(hmc, seed),
                // The device holds one table of torsions and one of leaps.
                KernelEntry::Torsion(torsion)
                    if cycle.torsions.is_none() && torsion.proposal != TorsionDraw::Flip =>
                {
                    cycle.torsions = Some(torsion_moves(torsion, topology)?);
                    let n_moves = torsion.repeats;
                    ResidentMove::Torsion { n_moves, seed }
                }
                KernelEntry::TorsionLeap(leap) if cycle.leaps.is_none() && !leap.fine_tune => {
                    cycle.leaps = Some(device_leaps(loaded, topology, leap)?);
                    let n_moves = leap.repeats;
                    ResidentMove::TorsionLeap { n_moves, seed }
                }
                _ => return None,
            };
            cycle.moves.push(entry);
        }
        Some(cycle)
    }
}

fn hmc_move(hmc: &HmcSettings, seed: u64) -> ResidentMove {
    ResidentMove::Hmc {
        n_moves: hmc.repeats,
        splitting: hmc.integrator,
        n_steps: hmc.steps,
        jitter: hmc.jitter,
        timestep_ps: hmc.timestep_ps(),
        target_acceptance: hmc.tuned_to(),
        seed,
    }
}

fn torsion_moves(torsion: &TorsionSettings, topology: &Topology) -> Option<TorsionMoves> {
    let proposal = TorsionProposal::new(topology, torsion).ok()?;
    Some(TorsionMoves {
        blocks: proposal.blocks().to_vec(),
        widths_rad: match torsion.proposal {
            TorsionDraw::Normal => proposal.step_sizes_rad(),
            _ => Vec::new(),
        },
    })
}

/// The leaps as the device draws them; `None` where the host has to, because the model does not know all residues.
fn device_leaps(
    loaded: &LoadedConfig,
    topology: &Topology,
    leap: &TorsionLeapSettings,
) -> Option<TorsionLeaps> {
    let model = leap_model(&leap.model, &context(loaded, topology)).ok()?;
    let proposal = leap.plain(topology, &model).ok()?;
    TorsionLeaps::new(&proposal, &model)
}
