//! Samplers that run on a GPU without coming back to the host between their kernels: which they are.

use crate::gpu::{
    GpuError, Profile, Resident, ResidentKernel, ResidentMove, TorsionLeaps, TorsionMoves,
};
use crate::mcmc::Kernel;
use crate::proposal::TorsionProposal;
use crate::topology::Topology;
use crate::units::FS_PER_PS;

use super::config::{HmcConfig, KernelConfig, LoadedConfig, TorsionConfig, TorsionDrawConfig};
use super::device::{gpu_choice, gpu_options};
use super::error::{Blame, CliError};
use super::kernels::{device_leaps, hmc_settings, kernel_seed, make_kernels, torsion_settings};
use super::setup::Prepared;

/// The kernels of a run: one that keeps whole cycles on the device where device and sampler allow it, else one for each
/// entry of the sampler list.
///
/// # Errors
/// A kernel that the molecule forbids, or a device that fails.
pub(crate) fn run_kernels(
    loaded: &LoadedConfig,
    prepared: &Prepared,
    profile: Option<&Profile>,
) -> Result<Vec<Box<dyn Kernel>>, CliError> {
    // The kernels of the host are made in any case: they check the sampler against the molecule.
    let kernels = make_kernels(loaded, &prepared.molecule.topology)?;
    match resident(loaded, prepared, profile) {
        None => Ok(kernels),
        Some(Ok(resident)) => {
            log::info!("whole cycles stay on the device");
            Ok(vec![Box::new(ResidentKernel::new(resident))])
        }
        Some(Err(
            error @ (GpuError::WorkgroupMemory { .. } | GpuError::TooManyIterations { .. }),
        )) => {
            log::warn!("{error}; moves are proposed and tested on the host");
            Ok(kernels)
        }
        Some(Err(error)) => Err(error).blame_run(),
    }
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
                KernelConfig::Langevin(langevin) => ResidentMove::Langevin {
                    n_steps: langevin.steps,
                    timestep_ps: langevin.timestep_fs / FS_PER_PS,
                    friction_per_ps: langevin.friction_per_ps,
                    seed,
                },
                KernelConfig::Hmc(hmc) if hmc.refresh == 1.0 => hmc_move(hmc, seed),
                // The device holds one table of torsions and one of leaps.
                KernelConfig::Torsion(torsion)
                    if cycle.torsions.is_none() && torsion.proposal != TorsionDrawConfig::Flip =>
                {
                    cycle.torsions = Some(torsion_moves(torsion, topology)?);
                    let n_moves = torsion.repeats;
                    ResidentMove::Torsion { n_moves, seed }
                }
                KernelConfig::TorsionLeap(leap) if cycle.leaps.is_none() && !leap.fine_tune => {
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

fn hmc_move(hmc: &HmcConfig, seed: u64) -> ResidentMove {
    let settings = hmc_settings(hmc);
    ResidentMove::Hmc {
        n_moves: hmc.repeats,
        splitting: settings.splitting,
        n_steps: settings.n_steps,
        jitter: settings.jitter,
        timestep_ps: settings.timestep_ps,
        target_acceptance: settings.target_acceptance,
        seed,
    }
}

fn torsion_moves(torsion: &TorsionConfig, topology: &Topology) -> Option<TorsionMoves> {
    let proposal = TorsionProposal::new(topology, &torsion_settings(torsion)).ok()?;
    Some(TorsionMoves {
        blocks: proposal.blocks().to_vec(),
        widths_rad: match torsion.proposal {
            TorsionDrawConfig::Normal => proposal.step_sizes_rad(),
            _ => Vec::new(),
        },
    })
}
