//! Kernel self-attention: weights from distances alone, and their use on the rows of atoms.
//!
//! k_ij = exp(-(|x_i - x_j| / l)²), w_ij = k_ij / (sum_j k_ij + 1e-5); out_i = W_O concat_h(sum_j w^h_ij V_h r_j).
//! Since W_O and V are linear and w knows nothing of channels, out_i = sum_h M_h sum_j w^h_ij r_j with M_h = W_O,h V_h:
//! one product of matrices with fewer operations than the two of the formula.

use super::layout::EncoderLayout;
use crate::flow::nn::real::{Matrix, MatrixMut, Real};

/// Added to the sum of the kernel.
pub(crate) const EPSILON: f64 = 1e-5;

/// Attention weights `[n_atoms, n_heads, n_atoms]` of one conformation, positions `[n_atoms, 3]` and scales in nm.
pub(crate) fn weights<R: Real>(positions: &[f64], lengthscales_nm: &[f64]) -> Vec<R> {
    let positions = positions.as_chunks::<3>().0;
    let mut weights = Vec::with_capacity(positions.len().pow(2) * lengthscales_nm.len());
    let mut kernel = vec![0.0; positions.len()];
    for a in positions {
        for scale in lengthscales_nm {
            let factor = -1.0 / (scale * scale);
            for (kernel, b) in kernel.iter_mut().zip(positions) {
                *kernel = (factor * squared_distance(a, b)).exp();
            }
            let norm = 1.0 / (kernel.iter().sum::<f64>() + EPSILON);
            weights.extend(kernel.iter().map(|kernel| R::from_f64(kernel * norm)));
        }
    }
    weights
}

pub(super) fn squared_distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

/// Sums over neighbours, `[n_atoms, n_heads * d]`, of the rows `[n_atoms, d]` of one conformation.
pub(crate) fn mix<R: Real>(weights: &[R], rows: &[R], d: usize, mixed: &mut [R]) {
    let n_atoms = rows.len() / d;
    let n_heads = mixed.len() / rows.len();
    R::multiply(
        Matrix::rows(weights, n_atoms * n_heads, n_atoms),
        Matrix::rows(rows, n_atoms, d),
        R::default(),
        MatrixMut::rows(mixed, n_atoms * n_heads, d),
    );
}

/// M `[n_heads * d, d]` of an encoder layer, M_h[c, o] = sum_k W_O[o, (h, k)] V[(h, k), c].
pub(crate) fn fuse<R: Real>(
    encoder: &EncoderLayout,
    parameters: &[R],
    [n_heads, d]: [usize; 2],
    fused: &mut [R],
) {
    let values = &parameters[encoder.values_start..];
    let projection = &parameters[encoder.projection_start..];
    for head in 0..n_heads {
        R::multiply(
            Matrix::rows(&values[head * d * d..], d, d).transposed(),
            Matrix::strided(&projection[head * d..], [d, d], [n_heads * d, 1]).transposed(),
            R::default(),
            MatrixMut::rows(&mut fused[head * d * d..], d, d),
        );
    }
}

/// Adds the gradient at positions from that at the attention weights of one conformation.
///
/// With w = k / (sum k + epsilon), the gradient at ln k_ij is (g_ij - sum_l g_il w_il) w_ij, g that at w.
pub(super) fn weights_back<R: Real>(
    positions: &[f64],
    lengthscales_nm: &[f64],
    weights: &[R],
    d_weights: &[R],
    d_positions: &mut [f64],
) {
    let atoms = positions.as_chunks::<3>().0;
    let d_atoms = d_positions.as_chunks_mut::<3>().0;
    let rows = weights
        .chunks_exact(atoms.len())
        .zip(d_weights.chunks_exact(atoms.len()));
    for (row, (weights, d_weights)) in rows.enumerate() {
        let (i, head) = (row / lengthscales_nm.len(), row % lengthscales_nm.len());
        let factor = -2.0 / lengthscales_nm[head].powi(2);
        let products = weights.iter().zip(d_weights);
        let mean: f64 = products.map(|(w, d)| w.to_f64() * d.to_f64()).sum();
        for (j, (w, d)) in weights.iter().zip(d_weights).enumerate() {
            let slope = factor * (d.to_f64() - mean) * w.to_f64();
            for axis in 0..3 {
                let pull = slope * (atoms[i][axis] - atoms[j][axis]);
                d_atoms[i][axis] += pull;
                d_atoms[j][axis] -= pull;
            }
        }
    }
}
