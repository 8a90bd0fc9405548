//! From an input to a sampler set up to run.

use std::time::Instant;

use super::samplers::PLAIN_MD;
use crate::bench::BenchSampler;
use crate::cli::config::LoadedConfig;
use crate::cli::device::make_engine;
use crate::cli::error::CliError;
use crate::cli::memory;
use crate::cli::resident::make_sampler;
use crate::cli::setup;

/// All replicas at the starting structure of the input, and the seconds that took.
///
/// # Errors
/// A system or sampler that cannot be made.
pub(super) fn sampler(
    name: &'static str,
    loaded: &LoadedConfig,
) -> Result<(BenchSampler, f64), CliError> {
    let start = Instant::now();
    let config = &loaded.config;
    let prepared = setup::prepare(loaded)?;
    memory::check(config, prepared.system.n_atoms())?;
    let engine = make_engine(config, &prepared.molecule.topology, &prepared.system, None)?;
    let mut cycles = make_sampler(loaded, &prepared, engine, None)?;
    let chain = setup::starting_chain(config, &prepared, cycles.engine())?;
    let sampler = BenchSampler {
        is_plain_md: PLAIN_MD.contains(&name),
        replicas: config.target_replicas(),
        ..BenchSampler::new(name, cycles, chain, config.seed())
    };
    Ok((sampler, start.elapsed().as_secs_f64()))
}
