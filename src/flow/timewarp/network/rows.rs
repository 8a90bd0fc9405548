//! Elementary maps on matrices whose rows are atoms: linear, activations, layer norm.

use super::layout::{LinearLayout, NormLayout};
use crate::flow::nn::real::{Matrix, MatrixMut, Real};

/// Added to the variance in a layer norm.
const NORM_EPSILON: f64 = 1e-5;

/// y = x W^T + b for rows x; y is resized.
pub(crate) fn linear<R: Real>(layout: &LinearLayout, parameters: &[R], x: &[R], y: &mut Vec<R>) {
    let n_rows = x.len() / layout.n_inputs;
    let bias = &parameters[layout.bias_start..layout.bias_start + layout.n_outputs];
    y.resize(n_rows * layout.n_outputs, R::default());
    for row in y.chunks_exact_mut(layout.n_outputs) {
        row.copy_from_slice(bias);
    }
    add_linear(layout, parameters, x, y);
}

/// y += x W^T for rows x.
pub(super) fn add_linear<R: Real>(layout: &LinearLayout, parameters: &[R], x: &[R], y: &mut [R]) {
    let (n_inputs, n_outputs) = (layout.n_inputs, layout.n_outputs);
    let n_rows = x.len() / n_inputs;
    R::multiply(
        Matrix::rows(x, n_rows, n_inputs),
        Matrix::rows(&parameters[layout.weight_start..], n_outputs, n_inputs).transposed(),
        R::from_f64(1.0),
        MatrixMut::rows(y, n_rows, n_outputs),
    );
}

/// x / (1 + exp(-x)).
pub(super) fn silu<R: Real>(values: &mut [R]) {
    for x in values {
        *x = *x * x.sigmoid();
    }
}

/// max(x, 0).
pub(super) fn relu<R: Real>(values: &mut [R]) {
    let zero = R::default();
    for x in values {
        // NaN stays NaN: what is broken must show.
        if *x < zero {
            *x = zero;
        }
    }
}

/// Normalises every row to mean 0 and variance 1, then scales and shifts. Leaves the normalised rows in `normal` and
/// one over their standard deviations in `inverse` where they are wanted for the way back.
pub(crate) fn layer_norm<R: Real>(
    layout: &NormLayout,
    parameters: &[R],
    width: usize,
    rows: &mut [R],
    mut normal: Option<(&mut Vec<R>, &mut Vec<R>)>,
) {
    let weight = &parameters[layout.weight_start..layout.weight_start + width];
    let bias = &parameters[layout.bias_start..layout.bias_start + width];
    let share = R::from_f64(1.0 / width as f64);
    let epsilon = R::from_f64(NORM_EPSILON);
    let one = R::from_f64(1.0);
    for row in rows.chunks_exact_mut(width) {
        let mean = sum(row, |x| x) * share;
        for x in row.iter_mut() {
            *x -= mean;
        }
        let variance = sum(row, |x| x * x) * share;
        let inverse = one / (variance + epsilon).sqrt();
        for x in row.iter_mut() {
            *x = *x * inverse;
        }
        if let Some((normals, inverses)) = &mut normal {
            normals.extend_from_slice(row);
            inverses.push(inverse);
        }
        for ((x, w), b) in row.iter_mut().zip(weight).zip(bias) {
            *x = *x * *w + *b;
        }
    }
}

/// Sum in eight strands, which vector units add side by side.
fn sum<R: Real>(values: &[R], of: impl Fn(R) -> R) -> R {
    let mut strands = [R::default(); 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (strand, &value) in strands.iter_mut().zip(chunk) {
            *strand += of(value);
        }
    }
    for (strand, &value) in strands.iter_mut().zip(rest) {
        *strand += of(value);
    }
    strands.into_iter().sum()
}
