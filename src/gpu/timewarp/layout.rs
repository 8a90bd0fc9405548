//! The structs that host and device share for Timewarp models; a test compares each with naga's reflection of
//! shaders/flow/timewarp/types.wgsl, which has their meaning.

use bytemuck::{Pod, Zeroable};

/// What one dispatch does.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Settings {
    /// Atoms of all conformations of the batch.
    pub n_rows: u32,
    /// Columns of the input.
    pub n_inputs: u32,
    /// Columns of the output.
    pub n_outputs: u32,
    /// Zero, which the shader compiler must not know.
    pub zero: u32,
    /// vec4 of a row of the input.
    pub input_vectors: u32,
    /// vec4 of a row of the output.
    pub output_vectors: u32,
    /// vec4 from one network's input to the other's.
    pub input_step: u32,
    /// vec4 from one network's output to the other's.
    pub output_step: u32,
    /// vec4 from one network's weights to the other's.
    pub weight_step: u32,
    /// Where the bias begins in the weights, in vec4.
    pub bias_start: u32,
    /// See [`Activation`](super::operations::Activation).
    pub activation: u32,
    /// Whether the product is added to what the output holds.
    pub accumulates: u32,
    /// Which variable the coupling layer changes.
    pub variable: u32,
    /// Whether it goes from the latents to the data.
    pub from_latent: u32,
    /// Conformations of the batch.
    pub n_pairs: u32,
    /// Attention heads.
    pub n_heads: u32,
    /// vec4 from the attention weights of one set of length scales to the next.
    pub set_step: u32,
    /// Set of the scale's network.
    pub scale_set_0: u32,
    /// Set of the shift's network.
    pub scale_set_1: u32,
    /// Sets times heads.
    pub n_scales: u32,
}

/// An atom of a conformation that the flow is conditioned on.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
pub struct StateAtom {
    /// Centred position in nm, rounded.
    pub position: [f32; 4],
    /// What rounding takes.
    pub position_low: [f32; 4],
    /// Auxiliary variables.
    pub auxiliaries: [f32; 4],
    /// Index of the element.
    pub element: u32,
    /// First atom of the conformation.
    pub first_atom: u32,
    /// Their number.
    pub n_atoms: u32,
    /// Where the atom's attention weights begin, in vec4.
    pub attention_start: u32,
}

/// Consecutive rows that are the atoms of one conformation.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Span {
    /// First row.
    pub first_row: u32,
    /// Number of rows.
    pub n_atoms: u32,
    /// Where the attention weights of its condition begin, in vec4.
    pub attention_start: u32,
    /// First atom of its condition.
    pub first_atom: u32,
}
