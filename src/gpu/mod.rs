//! The GPU engine: thousands of replicas at once in hand-written WGSL, through Vulkan, Metal or DirectX 12. The formulas are
//! in `shaders/`, beside their Rust twins of the same name.
//!
//! One workgroup owns one replica (several small ones share), keeps its positions in workgroup memory and runs many steps
//! a dispatch. No atomics: each thread owns atoms and visits all partners, so the same input gives the same bits.
//!
//! ```text
//! System -> Shape (threads) -> Tables (parameters) -> Recipe (shader text) -> Kernels (pipelines) -> Batch (state) -> GpuEngine
//! ```

mod batch;
mod device;
mod engine;
mod error;
mod fit;
mod iterations;
mod kernels;
pub mod layout;
mod leap_tables;
mod pace;
mod pipeline;
mod plan;
mod profile;
mod resident;
mod resident_failure;
mod resident_kernel;
mod resident_move;
mod segment;
mod shape;
mod sources;
mod tables;
pub mod timewarp;
mod transfer;

pub use device::{AdapterKind, AdapterSummary, Choice, adapters, chosen};
pub use engine::{GpuEngine, GpuOptions, engine};
pub use error::GpuError;
pub use fit::{Fit, fit};
pub use kernels::{KernelKind, Recipe};
pub use leap_tables::TorsionLeaps;
pub use plan::{Plan, plan};
pub use profile::{KernelTime, Profile};
pub use resident::{Resident, ResidentFrame};
pub use resident_kernel::ResidentKernel;
pub use resident_move::{ResidentMove, TorsionMoves};
pub use shape::{NetworkRoom, Placement, Shape, ShapeLimits};
pub use sources::{Constant, ShaderSources};
pub use timewarp::{GpuTimewarp, GpuTimewarpOptions, TimewarpPlan};
