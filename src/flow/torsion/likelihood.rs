//! A batch of samples laid out for a network, its likelihood and what that means for the network's outputs.

use super::head::Head;
use super::mixture::{MixtureShape, add_slopes};
use crate::lane::{Array, Lane};

/// Samples that are laid out together: batches are multiples of it.
pub const GROUP: usize = 16;

/// `n_samples` samples, a multiple of [`GROUP`]; arrays `[.., n_samples]`.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Samples.
    pub n_samples: usize,
    /// `[n_in, n_samples]`.
    pub input: Vec<f32>,
    /// Which angles count, `[2, n_samples]`.
    pub wanted: Vec<f32>,
    /// `[n_draws, 2, n_samples]`.
    pub draws: Vec<f32>,
    /// Draws a sample.
    pub n_draws: usize,
}

impl Batch {
    /// Makes room for at least so many samples, rounded up to whole groups; contents are left as they are.
    pub fn resize(&mut self, n_in: usize, n_samples: usize, n_draws: usize) {
        let n_samples = n_samples.next_multiple_of(GROUP);
        self.n_samples = n_samples;
        self.n_draws = n_draws;
        self.input.resize(n_in * n_samples, 0.0);
        self.wanted.resize(2 * n_samples, 0.0);
        self.draws.resize(n_draws * 2 * n_samples, 0.0);
    }

    /// Lays the inputs of the group that begins at sample `start`: features `[GROUP, n_dynamic]` that are standardised here,
    /// and for each sample what is known beforehand.
    pub fn lay_inputs(&mut self, head: &Head, start: usize, features: &[f32], fixed: &[&[f32]]) {
        let (n_dynamic, n_samples) = (head.n_dynamic(), self.n_samples);
        for (index, row) in self.input.chunks_exact_mut(n_samples).enumerate() {
            let row = &mut row[start..start + GROUP];
            if index < n_dynamic {
                for (offset, value) in row.iter_mut().enumerate() {
                    *value = head.standardise(index, features[offset * n_dynamic + index]);
                }
            } else {
                row.iter_mut()
                    .zip(fixed)
                    .for_each(|(value, fixed)| *value = fixed[index - n_dynamic]);
            }
        }
    }

    /// Notes which angles of a sample count.
    #[expect(clippy::cast_possible_truncation, reason = "0 or 1")]
    pub fn set_wanted(&mut self, sample: usize, wanted: [f64; 2]) {
        for (angle, wanted) in wanted.into_iter().enumerate() {
            self.wanted[angle * self.n_samples + sample] = wanted as f32;
        }
    }

    /// Notes an angle of a draw, in rad.
    pub fn set_draw(&mut self, sample: usize, draw: usize, angle: usize, value_rad: f32) {
        self.draws[(2 * draw + angle) * self.n_samples + sample] = value_rad;
    }
}

/// Mean -ln q over samples and draws, and its derivatives by the outputs `[n_out, n_samples]`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "sizes of batches; slopes are f32"
)]
pub fn negative_log_likelihood(
    shape: MixtureShape,
    output: &[f32],
    batch: &Batch,
) -> (f64, Vec<f32>) {
    let n = batch.n_samples * batch.n_draws;
    let weight = 1.0 / n as f64;
    let scales = vec![-weight as f32; n];
    let (log_q, slopes) = log_densities(shape, output, batch, &scales);
    let sum: f64 = log_q.iter().map(|&log_q| f64::from(log_q)).sum();
    (-weight * sum, slopes)
}

/// ln q of every draw, `[n_draws, n_samples]`, and the derivatives by the outputs `[n_out, n_samples]` of the sum of these,
/// each times its scale `[n_draws, n_samples]`.
#[must_use]
pub fn log_densities(
    shape: MixtureShape,
    output: &[f32],
    batch: &Batch,
    scales: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    #[cfg(target_arch = "x86_64")]
    {
        if crate::lane::F32x16::available() {
            return log_densities_in::<crate::lane::F32x16>(shape, output, batch, scales);
        }
        if crate::lane::F32x8::available() {
            return log_densities_in::<crate::lane::F32x8>(shape, output, batch, scales);
        }
    }
    log_densities_in::<Array<f32, 16>>(shape, output, batch, scales)
}

fn log_densities_in<L: Lane<Scalar = f32>>(
    shape: MixtureShape,
    output: &[f32],
    batch: &Batch,
    scales: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let n = batch.n_samples;
    let n_outputs = shape.n_outputs();
    let mut slopes = vec![0.0; output.len()];
    let mut log_q = vec![0.0; n * batch.n_draws];
    for start in (0..n).step_by(L::LANES) {
        let raw: Vec<L> = (0..n_outputs)
            .map(|row| L::load(&output[row * n + start..]))
            .collect();
        let wanted = [0, 1].map(|angle| L::load(&batch.wanted[angle * n + start..]));
        let mut own = vec![L::splat(0.0); n_outputs];
        for draw in 0..batch.n_draws {
            let point = [0, 1].map(|angle| L::load(&batch.draws[(2 * draw + angle) * n + start..]));
            let place = draw * n + start;
            let scale = L::load(&scales[place..]);
            let value = add_slopes::<L>(shape.n_angles, &raw, wanted, point, scale, &mut own);
            log_q[place..place + L::LANES].copy_from_slice(L::scalars(&[value]));
        }
        for (row, slope) in L::scalars(&own).chunks_exact(L::LANES).enumerate() {
            slopes[row * n + start..][..L::LANES].copy_from_slice(slope);
        }
    }
    (log_q, slopes)
}
