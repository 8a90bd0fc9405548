//! From the checked sampler list to kernels, each with random streams of its own.

pub(crate) mod choice;
mod idle;

use std::cell::Cell;

use crate::forcefield::ForceField;
use crate::mcmc::{Kernel, ReplicaExchange};
use crate::proposal::{EntryContext, EntryError};
use crate::topology::Topology;

use super::config::{InputFault, LoadedConfig, Precision, SamplerConfig};
use super::device::{Device, timewarp_flow};

/// The kernels of the sampler list in its order, then `replica_exchange` where the input has it.
///
/// # Errors
/// A fault that points at the kernel which this molecule, or a setting of its own, forbids.
pub(crate) fn make_kernels(
    loaded: &LoadedConfig,
    topology: &Topology,
) -> Result<Vec<Box<dyn Kernel>>, InputFault> {
    assert!(
        loaded.config.sampler != SamplerConfig::Auto,
        "invariant: what `auto` stands for is chosen before kernels are made"
    );
    let context = context(loaded, topology);
    let mut kernels = Vec::new();
    for (index, entry) in loaded.config.sampler.iter().enumerate() {
        let kernel = entry.kernel(&context);
        kernels.push(kernel.map_err(|error| fault(loaded, &format!("sampler[{index}]"), error))?);
    }
    kernels.extend(replica_exchange(loaded, &context)?);
    idle::warn_of_idle(&loaded.config.sampler, topology);
    Ok(kernels)
}

/// The run as an entry of the sampler list sees it.
pub(crate) fn context<'a>(loaded: &'a LoadedConfig, topology: &'a Topology) -> EntryContext<'a> {
    let config = &loaded.config;
    let mut temperatures_kelvin = vec![config.temperature_kelvin];
    let ladder = config.ladder();
    temperatures_kelvin.extend(
        ladder
            .iter()
            .flat_map(|ladder| ladder.temperatures_kelvin()),
    );
    // Where the engine takes the CPU for its precision, the flow does too.
    let device = match Device::of(config) {
        Device::Auto if config.precision == Precision::Double => Device::Cpu,
        device => device,
    };
    let system = &config.system;
    let [force_field, solvent] = match &system.openmm_system {
        Some(path) => [
            format!("the System of {}", path.display()),
            "the solvent it holds".to_owned(),
        ],
        None => {
            let of_file = system.prmtop.as_ref();
            let force_field = match of_file {
                Some(path) => format!("the prmtop {}", path.display()),
                None => {
                    let entries = system.force_field.entries().iter();
                    let names = entries.map(|entry| ForceField::canonical_name(entry));
                    names.collect::<Vec<_>>().join(" + ")
                }
            };
            [force_field, system.solvent.name().to_owned()]
        }
    };
    EntryContext {
        topology,
        n_replicas: config.n_replicas(),
        temperatures_kelvin,
        force_field,
        solvent,
        resolve: Box::new(|path| loaded.resolve(path)),
        timewarp_flow: Box::new(move |model| {
            timewarp_flow(&device, model).map_err(|error| error.to_string())
        }),
        run_seed: config.seed(),
        n_seeds: Cell::new(0),
    }
}

/// An entry's error as a fault of the input; `path` is that of the entry, above its name.
pub(crate) fn fault(loaded: &LoadedConfig, path: &str, error: EntryError) -> InputFault {
    let EntryError {
        place,
        problem,
        help,
    } = error;
    loaded
        .source
        .fault_at(&format!("{path}{place}"), &problem, &help)
}

fn replica_exchange(
    loaded: &LoadedConfig,
    context: &EntryContext<'_>,
) -> Result<Option<Box<dyn Kernel>>, InputFault> {
    let (Some(ladder), Some(settings)) = (loaded.config.ladder(), &loaded.config.replica_exchange)
    else {
        return Ok(None);
    };
    let exchange = ReplicaExchange::new(ladder, context.n_replicas, context.seed())
        .map_err(|error| fault(loaded, "replica_exchange", EntryError::of(error)))?;
    Ok(Some(if settings.tuned {
        Box::new(exchange.tuned())
    } else {
        Box::new(exchange)
    }))
}
