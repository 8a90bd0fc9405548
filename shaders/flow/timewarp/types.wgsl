// The structs that host and device share for Timewarp models. Their Rust twins are in src/gpu/timewarp/layout.rs; a test
// compares the two by reflection.
//
// Matrices lie row after row, rows in steps of four numbers (vec4); what fills them up is zero. Both networks of a coupling
// layer, that of the scale and that of the shift, are computed by one dispatch: matrices of theirs are `[2, n_rows, n_columns]`.

/// What one dispatch does; the one uniform. Not every kernel reads every member.
struct Settings {
    /// Rows: atoms of all conformations of the batch.
    n_rows: u32,
    /// Columns of the input.
    n_inputs: u32,
    /// Columns of the output.
    n_outputs: u32,
    /// Always zero; the compiler must not know (see `opaque`).
    zero: u32,
    /// vec4 of a row of the input, the output.
    input_vectors: u32,
    output_vectors: u32,
    /// vec4 from the scale network's input to the shift network's, the same for outputs and weights.
    input_step: u32,
    output_step: u32,
    weight_step: u32,
    /// Where the bias begins in the weights.
    bias_start: u32,
    /// NONE, SILU or RELU.
    activation: u32,
    /// Whether the product is added to what the output holds.
    accumulates: u32,
    /// Which variable the coupling layer changes: 0 displacements, 1 auxiliary variables.
    variable: u32,
    /// Whether it goes from the latents to the data.
    from_latent: u32,
    /// Conformations of the batch.
    n_pairs: u32,
    n_heads: u32,
    /// vec4 from the attention weights of one set of length scales to the next.
    set_step: u32,
    /// Sets of length scales that the two networks use.
    scale_set_0: u32,
    scale_set_1: u32,
    /// Sets there are, times heads.
    n_scales: u32,
}

/// An atom of a conformation that the flow is conditioned on.
struct StateAtom {
    /// Position less the conformation's mean in nm, rounded, and what rounding takes.
    position: vec4<f32>,
    position_low: vec4<f32>,
    /// Auxiliary variables, zero where the model ignores them.
    auxiliaries: vec4<f32>,
    /// Index of the element in the vocabulary.
    element: u32,
    /// First atom of the conformation and their number.
    first_atom: u32,
    n_atoms: u32,
    /// Where the atom's attention weights `[n_heads, n_atoms]` begin, in vec4.
    attention_start: u32,
}

/// Consecutive rows that are the atoms of one conformation.
struct Span {
    first_row: u32,
    n_atoms: u32,
    /// Where the attention weights `[n_atoms, n_heads, n_atoms]` of its condition begin, in vec4.
    attention_start: u32,
    /// First atom of its condition.
    first_atom: u32,
}
