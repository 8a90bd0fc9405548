//! A network with the scales of its inputs and the mixture that its outputs stand for.

use super::mixture::{Mixture, MixtureShape};
use super::network::{LaneNetwork, Network, by_lane};
use crate::lane::Lane;

/// Density of angles given features. The first inputs change from sample to sample and are standardised, where NaN stands
/// for unknown and becomes 0; the others are known beforehand and taken as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Mean of every changing input.
    pub mean: Vec<f32>,
    /// 1 over its standard deviation.
    pub scale: Vec<f32>,
    /// From inputs to the parameters of the mixture.
    pub network: Network,
    /// The mixture.
    pub shape: MixtureShape,
}

impl Head {
    /// Number of changing inputs.
    #[must_use]
    pub fn n_dynamic(&self) -> usize {
        self.mean.len()
    }

    /// Standardises one input.
    #[inline]
    #[must_use]
    pub fn standardise(&self, index: usize, value: f32) -> f32 {
        standardise(self.mean[index], self.scale[index], value)
    }
}

/// Standard deviations that an input is taken to be away from its mean at most: what is further away was never learned from.
pub const FARTHEST: f32 = 6.0;

#[inline]
fn standardise(mean: f32, scale: f32, value: f32) -> f32 {
    if value.is_nan() {
        0.0
    } else {
        ((value - mean) * scale).clamp(-FARTHEST, FARTHEST)
    }
}

/// A [`Head`] laid out for inference, a sample in every lane.
#[derive(Debug, Clone)]
pub struct LaneHead<L: Lane> {
    mean: Vec<f32>,
    scale: Vec<f32>,
    network: LaneNetwork<L>,
    shape: MixtureShape,
}

impl<L: Lane> LaneHead<L> {
    /// The same density.
    #[must_use]
    pub fn new(head: &Head) -> Self {
        Self {
            mean: head.mean.clone(),
            scale: head.scale.clone(),
            network: LaneNetwork::new(&head.network, head.n_dynamic()),
            shape: head.shape,
        }
    }

    /// The first layer's bias for inputs that are known beforehand.
    #[must_use]
    pub fn fold(&self, known: &[f32]) -> Vec<f32> {
        self.network.fold(known)
    }

    /// The mixtures for changing inputs `[n_samples][n_dynamic]` with their folded biases, at most a lane each.
    pub fn mixture(&self, features: &[&[f32]], folded: &[&[f32]]) -> Mixture<L> {
        let scales = || self.mean.iter().zip(&self.scale);
        let input = by_lane::<L>(self.mean.len(), features, |sample, values| {
            let standard = sample.iter().zip(scales());
            values
                .extend(standard.map(|(&value, (&mean, &scale))| standardise(mean, scale, value)));
        });
        let mut output = Vec::new();
        self.network.forward(&input, folded, &mut output);
        Mixture::new(self.shape, &output)
    }
}
