//! Timewarp: a conditional augmented RealNVP on Cartesian coordinates with kernel self-attention, forward, backward, trained.
//!
//! Klein et al., arXiv:2302.01170. The flow gives p(y, v | x) over displacements y - x and auxiliary variables v, one
//! vector an atom each, from normals z by affine coupling layers whose scales and shifts come from atom transformers.
//! Elements are indices into a vocabulary; what they stand for, energies and acceptance are others' business.

mod acceptance;
mod affine;
mod attention;
mod backward;
mod check;
mod config;
mod density;
mod error;
mod files;
mod flow;
mod gradient;
mod initial;
mod internal;
mod internal_fit;
mod internal_flow;
mod internal_local;
mod judge;
mod layout;
mod loss;
mod model;
mod network;
mod optimizer;
mod pairs;
mod rows;
mod torsion_density;
mod trainer;

pub use check::{check_conformation, check_pairs};
pub use config::{TimewarpConfig, read_config};
pub use density::log_normal;
pub use error::TimewarpError;
pub use files::{CONFIG_REMARK, load_model};
pub use flow::TimewarpFlow;
pub use initial::initial_parameters;
pub use internal::{InternalCoordinates, PlacementTree};
pub use internal_flow::InternalFlow;
pub use internal_local::LocalNormal;
pub use layout::{EncoderLayout, Layout, LinearLayout, NetworkLayout, NormLayout, TensorSpec};
pub use loss::{LossWeights, Losses, ReducedEnergies, TrainingPair};
pub use model::{Condition, Conformation, Drawn, Pair, Timewarp, centred};
pub use optimizer::OptimizerKind;
pub use pairs::{Frames, Shaking};
pub use torsion_density::TorsionDensity;
pub use trainer::{Stage, StepReport, TrainSettings, Trainer};
