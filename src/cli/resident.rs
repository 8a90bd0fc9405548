//! Samplers that run on a GPU without coming back to the host between their kernels: which they are. Runs nothing.

use crate::gpu::{GpuError, Profile, Resident, ResidentKernel, ResidentMove, TorsionMoves};
use crate::mcmc::Kernel;
use crate::proposal::TorsionProposal;
use crate::units::FS_PER_PS;

use super::config::{Config, KernelConfig, LoadedConfig, TorsionDrawConfig};
use super::device::{gpu_choice, gpu_options};
use super::error::{Blame, CliError};
use super::kernels::{hmc_settings, kernel_seed, make_kernels, torsion_settings};
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
    match resident(&loaded.config, prepared, profile) {
        None => Ok(kernels),
        Some(Ok(resident)) => {
            log::info!("whole cycles stay on the device");
            Ok(vec![Box::new(ResidentKernel::new(resident))])
        }
        Some(Err(error)) => Err(error).blame_run(),
    }
}

/// The cycle on the device; `None` where the device is the CPU or a kernel needs the host.
fn resident(
    config: &Config,
    prepared: &Prepared,
    profile: Option<&Profile>,
) -> Option<Result<Resident, GpuError>> {
    if config.replica_exchange.is_some() {
        return None;
    }
    let mut moves = Vec::new();
    let mut torsions = None;
    for (place, kernel) in config.sampler.iter().enumerate() {
        let place = u32::try_from(place).ok()?;
        let seed = kernel_seed(config.seed, place);
        let torsion_move = match kernel {
            KernelConfig::Langevin(langevin) => ResidentMove::Langevin {
                n_steps: langevin.steps,
                timestep_ps: langevin.timestep_fs / FS_PER_PS,
                friction_per_ps: langevin.friction_per_ps,
                seed,
            },
            KernelConfig::Hmc(hmc) if hmc.refresh == 1.0 && hmc.jitter == 0.0 => {
                let settings = hmc_settings(hmc);
                ResidentMove::Hmc {
                    n_moves: hmc.repeats,
                    n_steps: settings.n_steps,
                    timestep_ps: settings.timestep_ps,
                    target_acceptance: settings.target_acceptance,
                    seed,
                }
            }
            // The device holds one table of torsions.
            KernelConfig::Torsion(torsion) if torsions.is_none() => {
                let topology = &prepared.molecule.topology;
                let proposal = TorsionProposal::new(topology, &torsion_settings(torsion)).ok()?;
                torsions = Some(TorsionMoves {
                    blocks: proposal.blocks().to_vec(),
                    widths_rad: match torsion.proposal {
                        TorsionDrawConfig::Uniform => Vec::new(),
                        TorsionDrawConfig::Normal => proposal.step_sizes_rad(),
                    },
                });
                ResidentMove::Torsion {
                    n_moves: torsion.repeats,
                    seed,
                }
            }
            _ => return None,
        };
        moves.push(torsion_move);
    }
    let choice = gpu_choice(config, &prepared.system)?;
    let torsions = torsions.unwrap_or_default();
    let options = gpu_options(choice, profile);
    Some(Resident::new(&prepared.system, &options, moves, &torsions))
}
