//! The sampler of the host: kernels in order over an engine, on as many threads as the engine has.

use super::drive_error::{DriveError, failure_of};
use super::kernel::{Chain, Kernel};
use super::parts::{part_sizes, run_parts};
use super::sampler::Sampler;
use super::statistics::{KernelReport, KernelStatistics};
use crate::integrator::Engine;

/// Kernels and the engine that they step on.
pub struct HostSampler<'a> {
    engine: Machine<'a>,
    kernels: Vec<Box<dyn Kernel>>,
}

/// An engine, the sampler's own or lent to it.
enum Machine<'a> {
    Own(Box<dyn Engine>),
    Lent(&'a mut dyn Engine),
}

impl Machine<'_> {
    fn get(&mut self) -> &mut dyn Engine {
        match self {
            Self::Own(engine) => engine.as_mut(),
            Self::Lent(engine) => *engine,
        }
    }
}

impl HostSampler<'static> {
    /// Kernels in the order of a cycle, with an engine of their own.
    #[must_use]
    pub fn new(engine: Box<dyn Engine>, kernels: Vec<Box<dyn Kernel>>) -> Self {
        let engine = Machine::Own(engine);
        Self { engine, kernels }
    }
}

impl<'a> HostSampler<'a> {
    /// The same on an engine that others use afterwards.
    #[must_use]
    pub fn lent(engine: &'a mut dyn Engine, kernels: Vec<Box<dyn Kernel>>) -> Self {
        let engine = Machine::Lent(engine);
        Self { engine, kernels }
    }
}

impl Sampler for HostSampler<'_> {
    /// Where kernels know no replica from its neighbours and the engine has several threads, each takes replicas of its own
    /// through as many kernels as it can before it waits for the others; samples are the same, bit for bit, either way.
    fn run(&mut self, chain: &mut Chain, n_cycles: u64) -> Result<(), DriveError> {
        let (engine, kernels) = (self.engine.get(), &mut self.kernels);
        let threads = engine.threads();
        let n_threads = threads
            .as_ref()
            .map_or(1, |threads| threads.current_num_threads());
        let sizes = part_sizes(chain.state.n_replicas, n_threads);
        let mut cycles =
            || (0..n_cycles).try_for_each(|_| run_stretches(kernels, chain, engine, &sizes));
        // Threads that work on several parts would otherwise have to be woken for every one of them.
        match threads.filter(|_| sizes.len() > 1) {
            Some(threads) => threads.install(cycles),
            None => cycles(),
        }
    }

    fn engine(&mut self) -> &mut dyn Engine {
        self.engine.get()
    }

    fn is_ergodic(&self) -> bool {
        self.kernels.iter().any(|kernel| kernel.is_ergodic())
    }

    fn statistics(&self) -> Vec<KernelStatistics> {
        let kernels = self.kernels.iter();
        kernels.map(|kernel| kernel.statistics()).collect()
    }

    fn reports(&self) -> Vec<KernelReport> {
        self.kernels.iter().map(|kernel| kernel.report()).collect()
    }

    fn freeze(&mut self) {
        self.kernels.iter_mut().for_each(|kernel| kernel.freeze());
    }

    fn save(&self) -> Vec<serde_json::Value> {
        self.kernels.iter().map(|kernel| kernel.save()).collect()
    }

    fn restore(&mut self, saved: &[serde_json::Value]) -> Result<(), String> {
        let mut pairs = self.kernels.iter_mut().zip(saved);
        pairs.try_for_each(|(kernel, saved)| {
            let restored = kernel.restore(saved);
            restored.map_err(|reason| format!("kernel `{}`: {reason}", kernel.name()))
        })
    }
}

/// One step of every kernel: stretches of kernels that agree to parts, and the others one by one.
fn run_stretches(
    kernels: &mut [Box<dyn Kernel>],
    chain: &mut Chain,
    engine: &mut dyn Engine,
    sizes: &[usize],
) -> Result<(), DriveError> {
    let n_parts = sizes.len();
    let mut next = 0;
    while next < kernels.len() {
        let engines = match n_parts {
            1 => Vec::new(),
            _ => engine.parts(n_parts),
        };
        let mut agreed = 0;
        while engines.len() == n_parts
            && let Some(kernel) = kernels.get_mut(next + agreed)
            && kernel.prepare_parts(n_parts)
        {
            agreed += 1;
        }
        if agreed > 0 {
            run_parts(&mut kernels[next..next + agreed], chain, engines, sizes)?;
        }
        next += agreed;
        if let Some(kernel) = kernels.get_mut(next) {
            let stepped = kernel.step(chain, engine);
            stepped.map_err(failure_of(kernel.name()))?;
            next += 1;
        }
    }
    Ok(())
}
