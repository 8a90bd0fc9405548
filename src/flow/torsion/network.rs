//! A multilayer perceptron with residual hidden layers: training passes over batches, and lane by lane for inference.

use crate::flow::{Adam, AdamSettings, Dense, DenseGradient, LaneDense};
use crate::lane::{Lane, vectorized};

/// h1 = s(W1 x + b1), h_n = h_(n-1) + s(W_n h_(n-1) + b_n), y = W h + b, with s(x) = x / (1 + exp(-x)).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// W1, the residual layers, W.
    pub layers: Vec<Dense>,
}

/// Derivatives of a loss by the parameters of a [`Network`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetworkGradient {
    layers: Vec<DenseGradient>,
}

/// What a forward pass over a batch leaves for the backward pass.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    n_samples: usize,
    /// Inputs of every layer; the first are the network's.
    inputs: Vec<Vec<f32>>,
    /// Outputs of every hidden layer before s.
    raw: Vec<Vec<f32>>,
    /// Outputs of the network, `[n_out, n_samples]`.
    pub output: Vec<f32>,
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl Network {
    /// Random hidden layers of width `width`, a last layer of small weights around `output_bias`.
    #[must_use]
    pub fn random(
        n_in: usize,
        width: usize,
        n_hidden: usize,
        output_bias: Vec<f32>,
        mut normal: impl FnMut() -> f64,
    ) -> Self {
        let mut layers = vec![Dense::random(n_in, width, 1.0, &mut normal)];
        for _ in 1..n_hidden {
            layers.push(Dense::random(width, width, 1.0, &mut normal));
        }
        let mut last = Dense::random(width, output_bias.len(), 0.3, &mut normal);
        last.bias = output_bias;
        layers.push(last);
        Self { layers }
    }

    /// Inputs.
    #[must_use]
    pub fn n_in(&self) -> usize {
        self.layers[0].n_in
    }

    /// Outputs.
    #[must_use]
    pub fn n_out(&self) -> usize {
        self.layers[self.layers.len() - 1].n_out
    }

    /// Number of weights and biases.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        self.layers
            .iter()
            .map(|layer| layer.weights.len() + layer.bias.len())
            .sum()
    }

    /// Outputs for inputs `[n_in, n_samples]`, on the tape.
    pub fn forward(&self, input: &[f32], n_samples: usize, tape: &mut Tape) {
        let n_layers = self.layers.len();
        tape.n_samples = n_samples;
        tape.inputs.resize(n_layers, Vec::new());
        tape.raw.resize(n_layers - 1, Vec::new());
        tape.inputs[0].clear();
        tape.inputs[0].extend_from_slice(input);
        for index in 0..n_layers - 1 {
            let (before, after) = tape.inputs.split_at_mut(index + 1);
            let (input, next) = (&before[index], &mut after[0]);
            let raw = &mut tape.raw[index];
            self.layers[index].forward(input, n_samples, raw);
            next.clear();
            if index == 0 {
                next.extend(raw.iter().map(|&x| x * sigmoid(x)));
            } else {
                next.extend(raw.iter().zip(input).map(|(&x, &h)| h + x * sigmoid(x)));
            }
        }
        self.layers[n_layers - 1].forward(&tape.inputs[n_layers - 1], n_samples, &mut tape.output);
    }

    /// Adds to `gradient` what the slopes `[n_out, n_samples]` of the loss by the outputs mean for the parameters.
    pub fn backward(&self, tape: &Tape, slopes: &[f32], gradient: &mut NetworkGradient) {
        let n_layers = self.layers.len();
        let n = tape.n_samples;
        gradient.layers.resize(n_layers, DenseGradient::default());
        let mut hidden = Vec::new();
        let last = n_layers - 1;
        self.layers[last].backward(
            &tape.inputs[last],
            slopes,
            n,
            &mut gradient.layers[last],
            Some(&mut hidden),
        );
        let mut through = Vec::new();
        for index in (0..last).rev() {
            let raw_slopes: Vec<f32> = hidden
                .iter()
                .zip(&tape.raw[index])
                .map(|(&slope, &x)| {
                    let s = sigmoid(x);
                    slope * s * (1.0 + x * (1.0 - s))
                })
                .collect();
            let wanted = (index > 0).then_some(&mut through);
            self.layers[index].backward(
                &tape.inputs[index],
                &raw_slopes,
                n,
                &mut gradient.layers[index],
                wanted,
            );
            if index > 0 {
                hidden
                    .iter_mut()
                    .zip(&through)
                    .for_each(|(hidden, through)| *hidden += through);
            }
        }
    }

    /// One step of the optimiser; biases do not decay.
    pub fn step(&mut self, gradient: &NetworkGradient, adam: &mut Adam, settings: &AdamSettings) {
        let plain = AdamSettings {
            weight_decay: 0.0,
            ..*settings
        };
        adam.begin();
        let mut start = 0;
        for (layer, gradient) in self.layers.iter_mut().zip(&gradient.layers) {
            start = adam.update(start, &mut layer.weights, &gradient.weights, settings);
            start = adam.update(start, &mut layer.bias, &gradient.bias, &plain);
        }
    }

    /// Moves every parameter by `share` of the way to another network's.
    pub fn approach(&mut self, other: &Self, share: f32) {
        for (own, other) in self.layers.iter_mut().zip(&other.layers) {
            let weights = own.weights.iter_mut().zip(&other.weights);
            weights.for_each(|(a, &b)| *a += share * (b - *a));
            let biases = own.bias.iter_mut().zip(&other.bias);
            biases.for_each(|(a, &b)| *a += share * (b - *a));
        }
    }
}

impl NetworkGradient {
    /// Sets all to zero.
    pub fn clear(&mut self) {
        self.layers.iter_mut().for_each(DenseGradient::clear);
    }

    /// Scales the gradient so that its norm is at most `limit`; returns the norm before.
    #[expect(clippy::cast_possible_truncation, reason = "gradients are f32")]
    pub fn clip(&mut self, limit: f64) -> f64 {
        let squares = |values: &[f32]| {
            values
                .iter()
                .map(|&x| f64::from(x) * f64::from(x))
                .sum::<f64>()
        };
        let total: f64 = self
            .layers
            .iter()
            .map(|g| squares(&g.weights) + squares(&g.bias))
            .sum();
        let norm = total.sqrt();
        if norm > limit {
            let factor = (limit / norm) as f32;
            for layer in &mut self.layers {
                layer
                    .weights
                    .iter_mut()
                    .chain(&mut layer.bias)
                    .for_each(|x| *x *= factor);
            }
        }
        norm
    }
}

/// A [`Network`] laid out for inference. Its first inputs change from sample to sample, the others are known beforehand
/// and become part of the first bias.
#[derive(Debug, Clone)]
pub struct LaneNetwork<L: Lane> {
    n_dynamic: usize,
    first: Dense,
    layers: Vec<LaneDense<L>>,
    biases: Vec<Vec<L>>,
}

impl<L: Lane> LaneNetwork<L> {
    /// The first `n_dynamic` inputs are given sample by sample.
    #[must_use]
    pub fn new(network: &Network, n_dynamic: usize) -> Self {
        let layers = network.layers.iter().enumerate().map(|(index, layer)| {
            LaneDense::new(layer, 0..if index == 0 { n_dynamic } else { layer.n_in })
        });
        let biases = network.layers.iter().map(|layer| {
            layer
                .bias
                .iter()
                .map(|&bias| L::splat(f64::from(bias)))
                .collect()
        });
        Self {
            n_dynamic,
            layers: layers.collect(),
            biases: biases.collect(),
            first: network.layers[0].clone(),
        }
    }

    /// The first layer's bias for inputs that are known beforehand.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "biases are f32")]
    pub fn fold(&self, known: &[f32]) -> Vec<f32> {
        let rows = self.first.weights.chunks_exact(self.first.n_in);
        rows.zip(&self.first.bias)
            .map(|(row, &bias)| {
                let columns = row[self.n_dynamic..].iter().zip(known);
                (f64::from(bias)
                    + columns
                        .map(|(&w, &x)| f64::from(w) * f64::from(x))
                        .sum::<f64>()) as f32
            })
            .collect()
    }

    /// Outputs for inputs `[n_dynamic]` that start from a folded bias, one a lane.
    pub fn forward(&self, input: &[L], folded: &[&[f32]], output: &mut Vec<L>) {
        let last = self.layers.len() - 1;
        let mut hidden = by_lane::<L>(self.first.n_out, folded, |biases, values| {
            values.extend_from_slice(biases);
        });
        self.layers[0].add_product(input, &mut hidden);
        activate::<L>(&mut hidden, &[]);
        for index in 1..last {
            let mut raw = self.biases[index].clone();
            self.layers[index].add_product(&hidden, &mut raw);
            activate::<L>(&mut raw, &hidden);
            hidden = raw;
        }
        output.clone_from(&self.biases[last]);
        self.layers[last].add_product(&hidden, output);
    }
}

/// Vectors `[n]` with one sample in every lane, from what `write` makes of each; lanes beyond repeat the last sample.
pub(super) fn by_lane<L: Lane>(
    n: usize,
    samples: &[&[f32]],
    write: impl Fn(&[f32], &mut Vec<f32>),
) -> Vec<L> {
    let mut vectors = vec![L::splat(0.0); n];
    let scalars = L::scalars_mut(&mut vectors);
    let mut values = Vec::with_capacity(n);
    for lane in 0..L::LANES {
        if let Some(sample) = samples.get(lane) {
            values.clear();
            write(sample, &mut values);
        }
        for (scalar, &value) in scalars[lane..].iter_mut().step_by(L::LANES).zip(&values) {
            *scalar = L::scalar(f64::from(value));
        }
    }
    vectors
}

vectorized! {
    /// x becomes s(x), plus what it is added to where there is that.
    fn activate<L: Lane>(values: &mut [L], added: &[L]) -> () {
        let one = L::splat(1.0);
        for value in values.iter_mut() {
            let bounded = value.max(L::splat(-80.0));
            *value = *value * (one + (-bounded).exp()).recip();
        }
        for (value, &added) in values.iter_mut().zip(added) {
            *value += added;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Array;
    use crate::rng;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    fn network() -> Network {
        let mut stream = rng::stream(6);
        Network::random(7, 12, 3, vec![0.1; 5], move || {
            stream.sample(StandardNormal)
        })
    }

    fn input() -> Vec<f32> {
        (0..28).map(|i| (i as f32 * 0.77).sin()).collect()
    }

    fn loss(network: &Network, input: &[f32]) -> f64 {
        let mut tape = Tape::default();
        network.forward(input, 4, &mut tape);
        tape.output
            .iter()
            .enumerate()
            .map(|(i, &y)| (i as f64).cos() * f64::from(y))
            .sum()
    }

    #[test]
    fn slopes_agree_with_finite_differences() {
        let network = network();
        let (mut tape, mut gradient) = (Tape::default(), NetworkGradient::default());
        network.forward(&input(), 4, &mut tape);
        let slopes: Vec<f32> = (0..tape.output.len()).map(|i| (i as f32).cos()).collect();
        network.backward(&tape, &slopes, &mut gradient);
        for (number, layer) in network.layers.iter().enumerate() {
            for index in (0..layer.weights.len()).step_by(5) {
                let moved = |by: f32| {
                    let mut network = network.clone();
                    network.layers[number].weights[index] += by;
                    loss(&network, &input())
                };
                let numeric = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                let analytic = f64::from(gradient.layers[number].weights[index]);
                assert!(
                    (analytic - numeric).abs() < 3e-3 * (1.0 + numeric.abs()),
                    "{number} {index}: {analytic} {numeric}"
                );
            }
        }
    }

    #[test]
    fn lanes_compute_what_the_batch_does() {
        let network = network();
        let mut tape = Tape::default();
        let input = input();
        network.forward(&input, 4, &mut tape);
        let lanes = LaneNetwork::<Array<f32, 16>>::new(&network, 5);
        // Lanes 0 and 3 differ in what is known beforehand, too.
        let folded: Vec<Vec<f32>> = (0..4)
            .map(|s| lanes.fold(&[input[20 + s], input[24 + s]]))
            .collect();
        let folded: Vec<&[f32]> = folded.iter().map(Vec::as_slice).collect();
        let dynamic: Vec<Array<f32, 16>> = (0..5)
            .map(|row| Lane::from_fn(|lane| f64::from(input[row * 4 + lane.min(3)])))
            .collect();
        let mut output = Vec::new();
        lanes.forward(&dynamic, &folded, &mut output);
        for (row, values) in tape.output.chunks(4).enumerate() {
            for (lane, &value) in values.iter().enumerate() {
                assert!((output[row].lane(lane) - f64::from(value)).abs() < 1e-4);
            }
        }
    }
}
