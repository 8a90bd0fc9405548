//! The GPU engine: thousands of replicas at once in hand-written WGSL, through Vulkan, Metal or DirectX 12. The formulas are
//! in `shaders/`, beside their Rust twins of the same name.
//!
//! One workgroup owns one replica (several small ones share), keeps its positions in workgroup memory and runs many steps
//! a dispatch. No atomics but for counts: each thread owns atoms and visits all partners, so the same input gives the same bits.
//!
//! ```text
//! System -> Shape (threads) -> Tables (parameters) -> Recipe (shader text) -> Kernels (pipelines) -> Batch (state) -> GpuEngine
//! ```

mod batch;
mod cycle;
mod device;
mod engine;
mod error;
mod fit;
mod iterations;
mod options;
mod pace;
mod plan;
mod profile;
mod segment;
mod shader;
mod shape;
mod tables;
#[cfg(feature = "timewarp")]
pub mod timewarp;
mod transfer;

pub use cycle::leap::TorsionLeaps;
pub use cycle::moves::{ResidentMove, TorsionMoves};
pub use cycle::runner::{Resident, ResidentFrame};
pub use cycle::sampler::CycleSampler;
pub use device::{AdapterKind, AdapterSummary, Choice, adapters, chosen};
pub use engine::{GpuEngine, engine};
pub use error::GpuError;
pub use fit::{Fit, fit};
pub use options::GpuOptions;
pub use plan::{Plan, plan};
pub use profile::{KernelTime, Profile};
pub use shader::kernels::{KernelKind, Recipe};
pub use shader::layout;
pub use shader::sources::{Constant, ShaderSources};
pub use shape::{NetworkRoom, Placement, Shape, ShapeLimits};
#[cfg(feature = "timewarp")]
pub use timewarp::{GpuTimewarp, GpuTimewarpOptions, TimewarpPlan};
