//! Equations of motion: what an engine has to offer, elementary steps, constraints.

mod centre;
mod constraints;
mod engine;
mod minimize;
mod potential;
mod splitting;
pub mod steps;

pub use centre::{bring_back, put_back, take_off, whole_nanometres};
pub use constraints::{RigidBond, constrain_positions, constrain_velocities};
pub use engine::{Diverged, Engine, EngineError, LangevinSettings, on_threads_of};
pub use minimize::{MinimizeSettings, Minimized, minimize};
pub use potential::{Potential, PotentialEngine};
pub use splitting::{Splitting, Stage};
pub use steps::NoiseSlots;
