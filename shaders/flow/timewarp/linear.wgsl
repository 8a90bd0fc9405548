// y = f(x W + b) or y += x W + b for all rows x, both networks of a coupling layer at once. Twin of `linear` and `add_linear` in
// src/flow/timewarp/network/rows.rs, with the activations that follow there. The weights are transposed: `[n_inputs, n_outputs]`.
//#include "flow/timewarp/types.wgsl"
//#include "shared/math.wgsl"
//#include "flow/timewarp/matrix_tile.wgsl"

const NONE: u32 = 0u;
const SILU: u32 = 1u;
const RELU: u32 = 2u;

@group(0) @binding(0) var<uniform> settings: Settings;
/// `[2, n_inputs, n_outputs]`, each network's followed by its bias `[n_outputs]`.
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
/// `[2, n_rows, n_inputs]`, or `[n_rows, n_inputs]` where both networks have the same.
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
/// `[2, n_rows, n_outputs]`.
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

var<private> network: u32;

fn load_a(row: u32, vector: u32) -> vec4<f32> {
    if (row >= settings.n_rows || vector >= settings.input_vectors) {
        return vec4<f32>();
    }
    return x[network * settings.input_step + row * settings.input_vectors + vector];
}

fn load_b(row: u32, vector: u32) -> vec4<f32> {
    if (row >= settings.n_inputs || vector >= settings.output_vectors) {
        return vec4<f32>();
    }
    return weights[network * settings.weight_step + row * settings.output_vectors + vector];
}

/// x / (1 + exp(-x)).
fn silu(x: f32) -> f32 {
    // Below -80 the result is 0 to all digits, and the exponential would overflow.
    return select(x / (1.0 + exponential(-x)), 0.0, x < -80.0);
}

/// max(x, 0); NaN stays NaN: what is broken must show.
fn relu(x: f32) -> f32 {
    let is_negative = (bitcast<u32>(x) >> 31u) == 1u && magnitude_bits(x) <= INFINITY_BITS;
    return select(x, 0.0, is_negative);
}

fn store_four(row: u32, vector: u32, product: vec4<f32>) {
    if (row >= settings.n_rows || vector >= settings.output_vectors) {
        return;
    }
    let place = network * settings.output_step + row * settings.output_vectors + vector;
    let bias = weights[network * settings.weight_step + settings.bias_start + vector];
    var value = product + bias;
    if (settings.accumulates == 1u) {
        value = y[place] + value;
    } else if (settings.activation == SILU) {
        value = vec4<f32>(silu(value.x), silu(value.y), silu(value.z), silu(value.w));
    } else if (settings.activation == RELU) {
        value = vec4<f32>(relu(value.x), relu(value.y), relu(value.z), relu(value.w));
    }
    y[place] = value;
}

@compute @workgroup_size(WG_SIZE)
fn linear(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    network = group.z;
    let first_row = group.x * TILE_ROWS;
    let first_vector = group.y * N_COLUMN_VECTORS;
    let blocks = tile_product(thread, first_row, first_vector, settings.n_inputs);
    store_blocks(thread, first_row, first_vector, blocks);
}
