//! Densities of one or two angles given numbers that describe their surroundings: a network that yields the parameters of
//! a mixture on the circle or torus. Knows angles and features, no molecules.

mod bessel;
mod head;
mod mixture;
mod network;
mod sampling;
mod weights;

pub use head::{FARTHEST, Head, LaneHead};
pub use mixture::{Angles, FLOOR, LN_CENTRE, LN_RANGE, Mixture, MixtureShape, add_slopes};
pub use network::{LaneNetwork, Network, NetworkGradient, Tape};
pub use sampling::von_mises;
pub use weights::{LeapModel, ModelCard, WeightsError};
