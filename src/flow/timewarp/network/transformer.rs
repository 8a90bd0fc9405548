//! One atom transformer on a stack of conformations, and what it leaves behind for the way back. No coupling here.

use super::attention;
use super::layout::{LinearLayout, NetworkLayout};
use super::rows::{add_linear, layer_norm, linear, relu, silu};
use crate::flow::nn::real::{Matrix, MatrixMut, Real};

/// Consecutive rows that are the atoms of one conformation, with its attention weights, one tensor a set of scales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a, R> {
    pub(crate) n_atoms: usize,
    pub(crate) attention: &'a [Vec<R>],
}

/// An atom transformer with its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network<'a, R> {
    pub(crate) layout: &'a NetworkLayout,
    /// All parameters of the model.
    pub(crate) parameters: &'a [R],
    /// M of every encoder layer, `[n_layers, n_heads * d, d]`.
    pub(crate) fused: &'a [R],
    /// Which set of scales each encoder layer has.
    pub(crate) scale_sets: &'a [usize],
    pub(crate) d: usize,
    pub(crate) n_heads: usize,
}

/// Buffers that outlive a layer: fresh ones of megabytes would cost more than they hold.
#[derive(Debug, Default)]
pub(crate) struct Workspace<R> {
    spare: Vec<Vec<R>>,
}

impl<R: Real> Workspace<R> {
    pub(crate) fn take(&mut self) -> Vec<R> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    pub(crate) fn give(&mut self, buffer: Vec<R>) {
        self.spare.push(buffer);
    }
}

/// What the way back needs of a perceptron.
#[derive(Debug, Default)]
pub(crate) struct MlpTape<R> {
    /// Input of every linear map.
    pub(crate) inputs: Vec<Vec<R>>,
    /// Values before every activation.
    pub(crate) raw: Vec<Vec<R>>,
}

/// What the way back needs of an encoder layer.
#[derive(Debug, Default)]
pub(crate) struct EncoderTape<R> {
    pub(crate) input: Vec<R>,
    pub(crate) mixed: Vec<R>,
    pub(super) normal_1: Vec<R>,
    pub(super) inverse_1: Vec<R>,
    pub(super) attended: Vec<R>,
    pub(crate) hidden: Vec<R>,
    pub(super) normal_2: Vec<R>,
    pub(super) inverse_2: Vec<R>,
}

/// What the way back needs of an atom transformer.
#[derive(Debug, Default)]
pub(crate) struct NetworkTape<R> {
    pub(crate) in_mlp: MlpTape<R>,
    pub(crate) encoders: Vec<EncoderTape<R>>,
    pub(crate) out_mlp: MlpTape<R>,
}

impl<R: Real> Network<'_, R> {
    /// Outputs `[n_rows, 3]` of inputs `[n_rows, E + 9]`.
    pub(crate) fn forward(
        &self,
        blocks: &[Block<'_, R>],
        input: Vec<R>,
        workspace: &mut Workspace<R>,
        mut tape: Option<&mut NetworkTape<R>>,
    ) -> Vec<R> {
        let layout = self.layout;
        let in_tape = tape.as_deref_mut().map(|tape| &mut tape.in_mlp);
        let mut rows = self.mlp(&layout.in_mlp, input, workspace, in_tape);
        for index in 0..layout.encoders.len() {
            let encoder_tape = tape.as_deref_mut().map(|tape| {
                tape.encoders.push(EncoderTape::default());
                &mut tape.encoders[index]
            });
            rows = self.encode(index, blocks, rows, workspace, encoder_tape);
        }
        let out_tape = tape.map(|tape| &mut tape.out_mlp);
        self.mlp(&layout.out_mlp, rows, workspace, out_tape)
    }

    fn mlp(
        &self,
        layers: &[LinearLayout],
        mut x: Vec<R>,
        workspace: &mut Workspace<R>,
        mut tape: Option<&mut MlpTape<R>>,
    ) -> Vec<R> {
        for (index, layer) in layers.iter().enumerate() {
            let mut y = workspace.take();
            linear(layer, self.parameters, &x, &mut y);
            if let Some(tape) = tape.as_deref_mut() {
                tape.inputs.push(x.clone());
            }
            workspace.give(x);
            if index + 1 < layers.len() {
                if let Some(tape) = tape.as_deref_mut() {
                    tape.raw.push(y.clone());
                }
                silu(&mut y);
            }
            x = y;
        }
        x
    }

    fn encode(
        &self,
        index: usize,
        blocks: &[Block<'_, R>],
        mut rows: Vec<R>,
        workspace: &mut Workspace<R>,
        mut tape: Option<&mut EncoderTape<R>>,
    ) -> Vec<R> {
        let (encoder, d) = (&self.layout.encoders[index], self.d);
        if let Some(tape) = tape.as_deref_mut() {
            tape.input.clone_from(&rows);
        }
        let mixed = self.attend(index, blocks, &mut rows, workspace);
        let keep = tape
            .as_deref_mut()
            .map(|tape| (&mut tape.normal_1, &mut tape.inverse_1));
        layer_norm(&encoder.norm_1, self.parameters, d, &mut rows, keep);
        let mut hidden = workspace.take();
        linear(&encoder.expand, self.parameters, &rows, &mut hidden);
        relu(&mut hidden);
        if let Some(tape) = tape.as_deref_mut() {
            tape.mixed.clone_from(&mixed);
            tape.attended.clone_from(&rows);
            tape.hidden.clone_from(&hidden);
        }
        let bias_start = encoder.contract.bias_start;
        let bias = &self.parameters[bias_start..bias_start + d];
        for row in rows.chunks_exact_mut(d) {
            for (x, b) in row.iter_mut().zip(bias) {
                *x += *b;
            }
        }
        add_linear(&encoder.contract, self.parameters, &hidden, &mut rows);
        let keep = tape.map(|tape| (&mut tape.normal_2, &mut tape.inverse_2));
        layer_norm(&encoder.norm_2, self.parameters, d, &mut rows, keep);
        workspace.give(mixed);
        workspace.give(hidden);
        rows
    }

    /// Adds the attention of an encoder layer to its rows and gives the sums over neighbours `[n_rows, n_heads * d]`.
    fn attend(
        &self,
        index: usize,
        blocks: &[Block<'_, R>],
        rows: &mut [R],
        workspace: &mut Workspace<R>,
    ) -> Vec<R> {
        let (d, wide) = (self.d, self.n_heads * self.d);
        let n_rows = rows.len() / d;
        let mut mixed = workspace.take();
        mixed.resize(n_rows * wide, R::default());
        let mut first = 0;
        for block in blocks {
            let last = first + block.n_atoms;
            attention::mix(
                &block.attention[self.scale_sets[index]],
                &rows[first * d..last * d],
                d,
                &mut mixed[first * wide..last * wide],
            );
            first = last;
        }
        R::multiply(
            Matrix::rows(&mixed, n_rows, wide),
            Matrix::rows(&self.fused[index * wide * d..], wide, d),
            R::from_f64(1.0),
            MatrixMut::rows(rows, n_rows, d),
        );
        mixed
    }
}
