//! What a run is made of: something that takes a chain through whole cycles, on whatever machine it was made for.

use super::drive_error::DriveError;
use super::kernel::Chain;
use super::statistics::{KernelReport, KernelStatistics};
use crate::integrator::Engine;

/// Runs cycles, each one step of every kernel in order. Its lists have an element for each kernel, in the same order.
///
/// [`HostSampler`](super::HostSampler) is kernels over an engine, `gpu::CycleSampler` a cycle that stays on the device.
pub trait Sampler {
    /// Takes the chain through so many cycles, and leaves it up to date.
    ///
    /// # Errors
    /// [`DriveError::Kernel`]; the chain is then as the failing kernel left it.
    fn run(&mut self, chain: &mut Chain, n_cycles: u64) -> Result<(), DriveError>;

    /// Most cycles that it should be asked for in one go. One, the default, where coming back after each costs nothing, so
    /// that a run can be stopped there; more where the chain has to be brought back from a device.
    fn at_once(&self) -> u64 {
        1
    }

    /// The engine for whatever else is done with the chain between cycles.
    fn engine(&mut self) -> &mut dyn Engine;

    /// Whether any kernel reaches, in principle, every configuration from every other.
    fn is_ergodic(&self) -> bool;

    /// Counters of every kernel since the last reset.
    fn statistics(&self) -> Vec<KernelStatistics>;

    /// Name, counters and properties of every kernel.
    fn reports(&self) -> Vec<KernelReport>;

    /// Ends the adaptation phase: freezes every tuned quantity and resets the counters.
    fn freeze(&mut self);

    /// Everything of every kernel that the next cycle depends on, for a checkpoint that resumes bit for bit.
    fn save(&self) -> Vec<serde_json::Value>;

    /// Restores what [`Sampler::save`] returned.
    ///
    /// # Errors
    /// A message that names the kernel whose value it is not.
    fn restore(&mut self, saved: &[serde_json::Value]) -> Result<(), String>;

    /// Names of the kernels, as in the YAML file.
    fn names(&self) -> Vec<String> {
        let reports = self.reports().into_iter();
        reports.map(|report| report.name).collect()
    }

    /// Whether every kernel leaves the Boltzmann distribution exactly invariant.
    fn is_exact(&self) -> bool {
        self.reports().iter().all(|report| report.exact)
    }
}
