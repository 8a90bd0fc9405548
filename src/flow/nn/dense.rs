//! A fully connected layer: matrix products over a training batch with their backward pass, and lane by lane for inference.
//!
//! Arrays are `[n_features, n_samples]`, so that samples are contiguous and a lane is a sample in both.

use super::real::{Matrix, MatrixMut, Real};
use crate::lane::{Lane, vectorized};

/// y = W x + b.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dense {
    /// Inputs.
    pub n_in: usize,
    /// Outputs.
    pub n_out: usize,
    /// W, `[n_out, n_in]`.
    pub weights: Vec<f32>,
    /// b, `[n_out]`.
    pub bias: Vec<f32>,
}

/// Derivatives of a loss with respect to a [`Dense`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DenseGradient {
    /// With respect to W.
    pub weights: Vec<f32>,
    /// With respect to b.
    pub bias: Vec<f32>,
}

impl Dense {
    /// Weights from a function that yields standard normal numbers, scaled by `gain / sqrt(n_in)`; no bias.
    #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
    pub fn random(n_in: usize, n_out: usize, gain: f64, mut normal: impl FnMut() -> f64) -> Self {
        let scale = gain / (n_in.max(1) as f64).sqrt();
        Self {
            n_in,
            n_out,
            weights: (0..n_in * n_out)
                .map(|_| (scale * normal()) as f32)
                .collect(),
            bias: vec![0.0; n_out],
        }
    }

    /// Outputs `[n_out, n_samples]` of inputs `[n_in, n_samples]`.
    pub fn forward(&self, input: &[f32], n_samples: usize, output: &mut Vec<f32>) {
        output.clear();
        for &bias in &self.bias {
            output.resize(output.len() + n_samples, bias);
        }
        let input = Matrix::rows(input, self.n_in, n_samples);
        let output = MatrixMut::rows(output, self.n_out, n_samples);
        f32::multiply(self.matrix(), input, 1.0, output);
    }

    /// Adds to `gradient` what the slopes `[n_out, n_samples]` of the loss by the outputs mean for the weights, and
    /// returns the slopes by the inputs `[n_in, n_samples]` where they are wanted.
    pub fn backward(
        &self,
        input: &[f32],
        slopes: &[f32],
        n_samples: usize,
        gradient: &mut DenseGradient,
        input_slopes: Option<&mut Vec<f32>>,
    ) {
        gradient.weights.resize(self.weights.len(), 0.0);
        gradient.bias.resize(self.bias.len(), 0.0);
        let slope_rows = Matrix::rows(slopes, self.n_out, n_samples);
        let samples = Matrix::rows(input, self.n_in, n_samples).transposed();
        let weights = MatrixMut::rows(&mut gradient.weights, self.n_out, self.n_in);
        f32::multiply(slope_rows, samples, 1.0, weights);
        for (bias, row) in gradient.bias.iter_mut().zip(slopes.chunks_exact(n_samples)) {
            *bias += row.iter().sum::<f32>();
        }
        if let Some(input_slopes) = input_slopes {
            input_slopes.clear();
            input_slopes.resize(self.n_in * n_samples, 0.0);
            let input_slopes = MatrixMut::rows(input_slopes, self.n_in, n_samples);
            f32::multiply(self.matrix().transposed(), slope_rows, 0.0, input_slopes);
        }
    }

    fn matrix(&self) -> Matrix<'_, f32> {
        Matrix::rows(&self.weights, self.n_out, self.n_in)
    }
}

impl DenseGradient {
    /// Sets all to zero.
    pub fn clear(&mut self) {
        self.weights.fill(0.0);
        self.bias.fill(0.0);
    }
}

/// Outputs computed together, so that an input is loaded once for all of them.
const BLOCK: usize = 8;

/// A [`Dense`] laid out for inference: every lane is a sample, and the order of sums does not depend on the others.
#[derive(Debug, Clone)]
pub struct LaneDense<L: Lane> {
    n_in: usize,
    n_out: usize,
    /// `[n_out / BLOCK, n_in, BLOCK]`, zero beyond the last output.
    weights: Vec<[L::Scalar; BLOCK]>,
}

impl<L: Lane> LaneDense<L> {
    /// The weights of some columns of a layer; the bias is the caller's to start from.
    #[must_use]
    pub fn new(dense: &Dense, columns: std::ops::Range<usize>) -> Self {
        let n_blocks = dense.n_out.div_ceil(BLOCK);
        let mut weights = Vec::with_capacity(n_blocks * columns.len());
        for block in 0..n_blocks {
            for column in columns.clone() {
                weights.push(std::array::from_fn(|offset| {
                    let row = block * BLOCK + offset;
                    let weight = if row < dense.n_out {
                        f64::from(dense.weights[row * dense.n_in + column])
                    } else {
                        0.0
                    };
                    L::scalar(weight)
                }));
            }
        }
        Self {
            n_in: columns.len(),
            n_out: dense.n_out,
            weights,
        }
    }

    /// Adds W x to `output` `[n_out]` for `input` `[n_in]`.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn add_product(&self, input: &[L], output: &mut [L]) {
        assert!(
            input.len() == self.n_in && output.len() == self.n_out,
            "invariant: sizes of a layer"
        );
        product::<L>(&self.weights, input, output);
    }
}

vectorized! {
    fn product<L: Lane>(weights: &[[L::Scalar; BLOCK]], input: &[L], output: &mut [L]) -> () {
        let blocks = weights.chunks_exact(input.len()).zip(output.chunks_mut(BLOCK));
        for (weights, output) in blocks {
            let mut sums = [L::splat(0.0); BLOCK];
            for (sum, &start) in sums.iter_mut().zip(output.iter()) {
                *sum = start;
            }
            for (weights, &input) in weights.iter().zip(input) {
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum = input.mul_add(L::splat_scalar(weight), *sum);
                }
            }
            for (output, &sum) in output.iter_mut().zip(&sums) {
                *output = sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Array;

    fn layer() -> Dense {
        let mut next = 0.3_f64;
        let mut normal = || {
            next = (next * 12.9898).sin() * 1.7;
            next
        };
        let mut dense = Dense::random(5, 11, 1.0, &mut normal);
        dense
            .bias
            .iter_mut()
            .enumerate()
            .for_each(|(i, bias)| *bias = 0.1 * i as f32);
        dense
    }

    fn loss(dense: &Dense, input: &[f32]) -> f64 {
        let mut output = Vec::new();
        dense.forward(input, 3, &mut output);
        output
            .iter()
            .enumerate()
            .map(|(i, &y)| (i as f64 * 0.7).cos() * f64::from(y).powi(2))
            .sum()
    }

    #[test]
    fn slopes_agree_with_finite_differences() {
        let dense = layer();
        let input: Vec<f32> = (0..15).map(|i| (i as f32 * 1.3).sin()).collect();
        let mut output = Vec::new();
        dense.forward(&input, 3, &mut output);
        let slopes: Vec<f32> = output
            .iter()
            .enumerate()
            .map(|(i, &y)| 2.0 * (i as f32 * 0.7).cos() * y)
            .collect();
        let (mut gradient, mut input_slopes) = (DenseGradient::default(), Vec::new());
        dense.backward(&input, &slopes, 3, &mut gradient, Some(&mut input_slopes));
        let check = |analytic: f32, up: f64, down: f64| {
            let numeric = (up - down) / 2e-2;
            assert!(
                (f64::from(analytic) - numeric).abs() < 2e-3 * (1.0 + numeric.abs()),
                "{analytic} {numeric}"
            );
        };
        for index in 0..dense.weights.len() {
            let moved = |by: f32| {
                let mut dense = dense.clone();
                dense.weights[index] += by;
                loss(&dense, &input)
            };
            check(gradient.weights[index], moved(1e-2), moved(-1e-2));
        }
        for index in 0..dense.bias.len() {
            let moved = |by: f32| {
                let mut dense = dense.clone();
                dense.bias[index] += by;
                loss(&dense, &input)
            };
            check(gradient.bias[index], moved(1e-2), moved(-1e-2));
        }
        for index in 0..input.len() {
            let moved = |by: f32| {
                let mut input = input.clone();
                input[index] += by;
                loss(&dense, &input)
            };
            check(input_slopes[index], moved(1e-2), moved(-1e-2));
        }
    }

    #[test]
    fn lanes_compute_what_the_batch_does() {
        let dense = layer();
        let input: Vec<f32> = (0..20).map(|i| (i as f32 * 1.3).sin()).collect();
        let mut output = Vec::new();
        dense.forward(&input, 4, &mut output);
        let lanes: Vec<Array<f64, 8>> = input
            .chunks(4)
            .map(|x| Lane::from_fn(|lane| f64::from(x[lane.min(3)])))
            .collect();
        let mut sums: Vec<Array<f64, 8>> = dense
            .bias
            .iter()
            .map(|&b| Lane::splat(f64::from(b)))
            .collect();
        LaneDense::new(&dense, 0..5).add_product(&lanes, &mut sums);
        for (row, sum) in output.chunks(4).zip(&sums) {
            for (lane, &value) in row.iter().enumerate() {
                assert!((sum.lane(lane) - f64::from(value)).abs() < 1e-5);
            }
        }
    }
}
