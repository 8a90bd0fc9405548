//! Timewarp: a conditional augmented RealNVP on Cartesian coordinates with kernel self-attention, forward, backward, trained.
//!
//! Klein et al., arXiv:2302.01170. The flow gives p(y, v | x) over displacements y - x and auxiliary variables v, one
//! vector an atom each, from normals z by affine coupling layers whose scales and shifts come from atom transformers.
//! Elements are indices into a vocabulary; what they stand for, energies and acceptance are others' business.

mod check;
mod config;
mod conformation;
mod density;
mod error;
mod files;
mod flow;
mod internal;
mod model;
mod network;
mod training;

pub use check::{check_conformation, check_pairs};
pub use config::{TimewarpConfig, read_config};
pub use conformation::{Conformation, Pair};
pub use density::log_normal;
pub use error::TimewarpError;
pub use files::{CONFIG_REMARK, load_model};
pub use flow::TimewarpFlow;
pub use internal::coordinates::InternalCoordinates;
pub use internal::flow::InternalFlow;
pub use internal::local::LocalNormal;
pub use internal::torsion::TorsionDensity;
pub use internal::tree::PlacementTree;
pub use model::{Condition, Drawn, Timewarp, centred};
pub use network::initial::initial_parameters;
pub use network::layout::{
    EncoderLayout, Layout, LinearLayout, NetworkLayout, NormLayout, TensorSpec,
};
pub use training::loss::{LossWeights, Losses, ReducedEnergies, TrainingPair};
pub use training::optimizer::OptimizerKind;
pub use training::pairs::{Frames, Shaking};
pub use training::trainer::{Stage, StepReport, TrainSettings, Trainer};
