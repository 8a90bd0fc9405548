//! Timewarp models on the GPU: [`TimewarpFlow`](crate::flow::timewarp::TimewarpFlow) in hand-written WGSL, batched over conformations. The formulas are in
//! `shaders/flow/timewarp/`, beside their Rust twins in `src/flow/timewarp/`.
//!
//! ```text
//! Timewarp -> Operations (data) -> Weights (packed) -> Pipelines; pairs -> Batch -> Buffers -> Dispatches -> results
//! ```
//!
//! Both networks of a coupling layer go through each dispatch together. No atomics, and no sum whose order depends on
//! the batch: a pair gives the same bits alone and among others.

mod batch;
mod buffers;
mod dispatch;
mod engine;
mod kernels;
pub mod layout;
pub mod operations;
mod plan;
mod weights;

pub use engine::{GpuTimewarp, GpuTimewarpOptions};
pub use kernels::{FlowKernel, Tile};
pub use plan::TimewarpPlan;
