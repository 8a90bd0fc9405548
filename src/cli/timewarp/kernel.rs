//! From the settings of `timewarp` to its kernel. Checks what the settings alone can tell elsewhere.

use std::sync::Arc;

use crate::flow::timewarp::load_model;
use crate::mcmc::{Ahead, ExplorationKernel, Kernel, LookaheadKernel};
use crate::proposal::TimewarpProposal;
use crate::topology::Topology;

use crate::cli::config::{
    InputFault, LoadedConfig, Precision, ProposalsConfig, TimewarpKernelConfig, TimewarpMode,
};
use crate::cli::device::{Device, timewarp_flow};

/// Rise of the energy in kJ/mol above which exploration turns a jump down, where the input names none.
const MAX_CLIMB_KJ_PER_MOL: f64 = 300.0;

/// Loads the model and makes the kernel; `path` is that of the kernel in the file.
///
/// # Errors
/// A fault at the key `model` for weights that cannot be loaded or do not know the molecule's elements.
pub(crate) fn timewarp(
    loaded: &LoadedConfig,
    topology: &Topology,
    path: &str,
    settings: &TimewarpKernelConfig,
    n_replicas: usize,
    seed: u64,
) -> Result<Box<dyn Kernel>, InputFault> {
    let fault = |problem: String| {
        loaded
            .source
            .fault_at(&format!("{path}.model"), &problem, "")
    };
    let weights = loaded.resolve(&settings.model);
    let config = settings
        .config
        .as_ref()
        .map(|config| loaded.resolve(config));
    let model = load_model(&weights, config.as_deref()).map_err(|e| fault(e.to_string()))?;
    // Where the engine takes the CPU for its precision, the flow does too.
    let device = match Device::of(&loaded.config) {
        Device::Auto if loaded.config.precision == Precision::Double => Device::Cpu,
        device => device,
    };
    let flow = timewarp_flow(&device, model).map_err(|error| fault(error.to_string()))?;
    log::info!("Timewarp flow: {}", flow.description());
    let proposal = TimewarpProposal::new(Arc::from(flow), topology)
        .map_err(|error| fault(error.to_string()))?;
    let proposal = Box::new(proposal);
    Ok(match settings.mode {
        TimewarpMode::Exact => {
            let ahead = match settings.proposals {
                ProposalsConfig::Adaptive => Ahead::Adaptive,
                ProposalsConfig::Count(count) => Ahead::Fixed(count),
            };
            Box::new(LookaheadKernel::new(
                proposal,
                settings.repeats,
                ahead,
                seed,
            ))
        }
        TimewarpMode::Exploration => {
            let max_climb = settings
                .max_climb_kj_per_mol
                .unwrap_or(MAX_CLIMB_KJ_PER_MOL);
            let repeats = settings.repeats;
            Box::new(ExplorationKernel::new(
                proposal, max_climb, repeats, n_replicas, seed,
            ))
        }
    })
}
