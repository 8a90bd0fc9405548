//! Densities of one or two angles given numbers that describe their surroundings: a network that yields the parameters of
//! a mixture on the circle or torus. Knows angles and features, no molecules.

mod bessel;
mod head;
mod learner;
mod likelihood;
mod mixture;
mod network;
mod sampling;
mod tensors;
mod weights;

pub use super::nn::tensors::{NamedTensor, named_tensor, read_tensor, to_bytes};
pub use super::nn::weights_error::WeightsError;
pub use head::{FARTHEST, Head, LaneHead};
pub use learner::{Learner, StepSize, Workspace};
pub use likelihood::{Batch, GROUP, log_densities, negative_log_likelihood};
pub use mixture::{Angles, FLOOR, LN_CENTRE, LN_RANGE, Mixture, MixtureShape, add_slopes};
pub use network::{LaneNetwork, Network, NetworkGradient, Tape};
pub use sampling::von_mises;
pub use tensors::{head_tensors, read_head};
pub use weights::{FineTunedFrom, LeapModel, ModelCard};
