//! What the engine can be told when it is built.

use super::device::Choice;
use super::profile::Profile;
use super::shader::sources::ShaderSources;
use super::shape::Placement;

/// How to build the engine. The defaults are what a user wants; the rest serves comparisons and tests.
#[derive(Debug, Clone, Default)]
pub struct GpuOptions {
    /// Which adapter.
    pub choice: Choice,
    /// Where atoms are; `None` takes workgroup memory where they fit.
    pub placement: Option<Placement>,
    /// Replicas of a workgroup; `None` takes what wastes the fewest threads.
    pub n_sharing: Option<usize>,
    /// Sum energies in pairs of f32 even where the adapter has f64.
    pub without_f64: bool,
    /// Most replicas on the device at once; `None` takes what its limits allow.
    pub largest_batch: Option<usize>,
    /// Steps or energies of a dispatch, as far as the device carries them to their end; `None` takes as many as last a fifth of a
    /// second, which depends on how busy the machine is.
    pub steps_at_once: Option<u64>,
    /// Collects the time of every kernel, where the adapter can tell.
    pub profile: Option<Profile>,
    /// Shader files.
    pub sources: ShaderSources,
}
