//! Equations of motion: what an engine has to offer and the settings of each integrator. Knows no acceptance test.

mod engine;

pub use engine::{Diverged, Engine, EngineError, LangevinSettings};
