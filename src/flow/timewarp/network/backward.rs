//! The way back through one atom transformer: from the gradient at its outputs to those at inputs, weights and attention.

use super::layout::{EncoderLayout, LinearLayout, NormLayout};
use super::transformer::{Block, EncoderTape, MlpTape, Network, NetworkTape};
use crate::flow::nn::real::{Matrix, MatrixMut, Real};

/// Gradients that a network adds to.
pub(crate) struct Sink<'a, R> {
    /// Of the network's own parameters; its first is the network's first.
    pub(crate) parameters: &'a mut [R],
    /// Of the attention weights, `[n_blocks][n_scale_sets][n_atoms, n_heads, n_atoms]`, where they are wanted.
    pub(crate) attention: Option<&'a mut [Vec<Vec<R>>]>,
}

impl<R: Real> Network<'_, R> {
    /// Gradient at the inputs `[n_rows, E + 9]` from that at the outputs `[n_rows, 3]`.
    pub(crate) fn backward(
        &self,
        blocks: &[Block<'_, R>],
        tape: &NetworkTape<R>,
        d_output: Vec<R>,
        sink: &mut Sink<'_, R>,
    ) -> Vec<R> {
        let mut d_rows = self.mlp_back(&self.layout.out_mlp, &tape.out_mlp, d_output, sink);
        for index in (0..self.layout.encoders.len()).rev() {
            let tape = &tape.encoders[index];
            d_rows = self.encoder_back(index, blocks, tape, d_rows, sink);
        }
        self.mlp_back(&self.layout.in_mlp, &tape.in_mlp, d_rows, sink)
    }

    /// Where a tensor's gradient begins in the sink.
    fn own(&self, start: usize) -> usize {
        start - self.layout.range.start
    }

    fn mlp_back(
        &self,
        layers: &[LinearLayout],
        tape: &MlpTape<R>,
        mut d_output: Vec<R>,
        sink: &mut Sink<'_, R>,
    ) -> Vec<R> {
        for (index, layer) in layers.iter().enumerate().rev() {
            if let Some(raw) = tape.raw.get(index) {
                silu_back(raw, &mut d_output);
            }
            let mut d_input = vec![R::default(); tape.inputs[index].len()];
            self.linear_back(layer, &tape.inputs[index], &d_output, &mut d_input, sink);
            d_output = d_input;
        }
        d_output
    }

    /// Adds the gradients of y = x W^T + b.
    fn linear_back(
        &self,
        layer: &LinearLayout,
        x: &[R],
        d_y: &[R],
        d_x: &mut [R],
        sink: &mut Sink<'_, R>,
    ) {
        let (n_inputs, n_outputs) = (layer.n_inputs, layer.n_outputs);
        let n_rows = x.len() / n_inputs;
        let one = R::from_f64(1.0);
        let d_y_matrix = Matrix::rows(d_y, n_rows, n_outputs);
        let weight_start = self.own(layer.weight_start);
        R::multiply(
            d_y_matrix.transposed(),
            Matrix::rows(x, n_rows, n_inputs),
            one,
            MatrixMut::rows(&mut sink.parameters[weight_start..], n_outputs, n_inputs),
        );
        let bias_start = self.own(layer.bias_start);
        add_columns(
            d_y,
            &mut sink.parameters[bias_start..bias_start + n_outputs],
        );
        let weight = &self.parameters[layer.weight_start..];
        R::multiply(
            d_y_matrix,
            Matrix::rows(weight, n_outputs, n_inputs),
            one,
            MatrixMut::rows(d_x, n_rows, n_inputs),
        );
    }

    fn encoder_back(
        &self,
        index: usize,
        blocks: &[Block<'_, R>],
        tape: &EncoderTape<R>,
        d_output: Vec<R>,
        sink: &mut Sink<'_, R>,
    ) -> Vec<R> {
        let encoder = &self.layout.encoders[index];
        let mut d_sum = d_output;
        self.norm_back(
            &encoder.norm_2,
            &tape.normal_2,
            &tape.inverse_2,
            &mut d_sum,
            sink,
        );
        let mut d_hidden = vec![R::default(); tape.hidden.len()];
        self.linear_back(&encoder.contract, &tape.hidden, &d_sum, &mut d_hidden, sink);
        for (d_hidden, hidden) in d_hidden.iter_mut().zip(&tape.hidden) {
            if *hidden <= R::default() {
                *d_hidden = R::default();
            }
        }
        // What bypassed the feed-forward layer is in d_sum already; add what went through it.
        let mut d_attended = d_sum;
        self.linear_back(
            &encoder.expand,
            &tape.attended,
            &d_hidden,
            &mut d_attended,
            sink,
        );
        self.norm_back(
            &encoder.norm_1,
            &tape.normal_1,
            &tape.inverse_1,
            &mut d_attended,
            sink,
        );
        self.attention_back(index, blocks, tape, d_attended, sink)
    }

    /// Turns the gradient at a layer norm's output into that at its input.
    fn norm_back(
        &self,
        norm: &NormLayout,
        normal: &[R],
        inverse: &[R],
        d_rows: &mut [R],
        sink: &mut Sink<'_, R>,
    ) {
        let d = self.d;
        let weight = &self.parameters[norm.weight_start..norm.weight_start + d];
        let (weight_start, bias_start) = (self.own(norm.weight_start), self.own(norm.bias_start));
        add_columns(d_rows, &mut sink.parameters[bias_start..bias_start + d]);
        let d_weight = &mut sink.parameters[weight_start..weight_start + d];
        let share = R::from_f64(1.0 / d as f64);
        for ((row, normal), &inverse) in d_rows
            .chunks_exact_mut(d)
            .zip(normal.chunks_exact(d))
            .zip(inverse)
        {
            let (mut mean, mut slope) = (R::default(), R::default());
            for (((d_y, &n), w), d_w) in row.iter_mut().zip(normal).zip(weight).zip(&mut *d_weight)
            {
                *d_w += *d_y * n;
                *d_y = *d_y * *w;
                mean += *d_y;
                slope += *d_y * n;
            }
            (mean, slope) = (mean * share, slope * share);
            for (d_y, &n) in row.iter_mut().zip(normal) {
                *d_y = (*d_y - mean - n * slope) * inverse;
            }
        }
    }

    /// From the gradient at rows + sum_h M_h sum_j w^h_ij r_j to that at the rows r.
    fn attention_back(
        &self,
        index: usize,
        blocks: &[Block<'_, R>],
        tape: &EncoderTape<R>,
        d_sum: Vec<R>,
        sink: &mut Sink<'_, R>,
    ) -> Vec<R> {
        let (d, wide) = (self.d, self.n_heads * self.d);
        let n_rows = d_sum.len() / d;
        let zero = R::default();
        let d_sum_matrix = Matrix::rows(&d_sum, n_rows, d);
        let mut d_fused = vec![zero; wide * d];
        R::multiply(
            Matrix::rows(&tape.mixed, n_rows, wide).transposed(),
            d_sum_matrix,
            zero,
            MatrixMut::rows(&mut d_fused, wide, d),
        );
        self.fused_back(&self.layout.encoders[index], &d_fused, sink);
        let mut d_mixed = vec![zero; n_rows * wide];
        R::multiply(
            d_sum_matrix,
            Matrix::rows(&self.fused[index * wide * d..], wide, d).transposed(),
            zero,
            MatrixMut::rows(&mut d_mixed, n_rows, wide),
        );
        let set = self.scale_sets[index];
        let mut d_rows = d_sum;
        let mut first = 0;
        for (number, block) in blocks.iter().enumerate() {
            let (n, last) = (block.n_atoms, first + block.n_atoms);
            let d_mixed = Matrix::rows(&d_mixed[first * wide..last * wide], n * self.n_heads, d);
            R::multiply(
                Matrix::rows(&block.attention[set], n * self.n_heads, n).transposed(),
                d_mixed,
                R::from_f64(1.0),
                MatrixMut::rows(&mut d_rows[first * d..last * d], n, d),
            );
            if let Some(attention) = &mut sink.attention {
                R::multiply(
                    d_mixed,
                    Matrix::rows(&tape.input[first * d..last * d], n, d).transposed(),
                    R::from_f64(1.0),
                    MatrixMut::rows(&mut attention[number][set], n * self.n_heads, n),
                );
            }
            first = last;
        }
        d_rows
    }

    /// Adds the gradients of V and W_O from that of M_h = V_h^T W_O,h^T.
    fn fused_back(&self, encoder: &EncoderLayout, d_fused: &[R], sink: &mut Sink<'_, R>) {
        let (d, wide) = (self.d, self.n_heads * self.d);
        let one = R::from_f64(1.0);
        let values = &self.parameters[encoder.values_start..];
        let projection = &self.parameters[encoder.projection_start..];
        let values_start = self.own(encoder.values_start);
        let projection_start = self.own(encoder.projection_start);
        for head in 0..self.n_heads {
            let d_head = Matrix::rows(&d_fused[head * d * d..], d, d).transposed();
            let projection = Matrix::strided(&projection[head * d..], [d, d], [wide, 1]);
            let d_values = &mut sink.parameters[values_start + head * d * d..];
            R::multiply(
                projection.transposed(),
                d_head,
                one,
                MatrixMut::rows(d_values, d, d),
            );
            let values = Matrix::rows(&values[head * d * d..], d, d);
            let d_projection = &mut sink.parameters[projection_start + head * d..];
            let d_projection = MatrixMut::strided(d_projection, [d, d], [wide, 1]);
            R::multiply(d_head, values.transposed(), one, d_projection);
        }
    }
}

/// Adds the sums of columns.
fn add_columns<R: Real>(rows: &[R], sums: &mut [R]) {
    for row in rows.chunks_exact(sums.len()) {
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += *x;
        }
    }
}

/// From the gradient at x s(x) to that at x, s the logistic function.
fn silu_back<R: Real>(raw: &[R], d_y: &mut [R]) {
    let one = R::from_f64(1.0);
    for (d_y, &x) in d_y.iter_mut().zip(raw) {
        let s = x.sigmoid();
        *d_y = *d_y * s * (one + x * (one - s));
    }
}
