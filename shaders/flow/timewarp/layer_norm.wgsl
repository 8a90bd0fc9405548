// Layer norm of every row in place: mean 0 and variance 1, then scaled and shifted. Twin of `layer_norm` in
// src/flow/timewarp/network/rows.rs.
//#include "flow/timewarp/types.wgsl"

const WG_SIZE: u32 = ROW_THREADS;
/// Added to the variance.
const NORM_EPSILON: f32 = 1e-5;

@group(0) @binding(0) var<uniform> settings: Settings;
/// `[2, 2, n_outputs]`: scales and shifts of both networks.
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
/// `[2, n_rows, n_outputs]`.
@group(0) @binding(2) var<storage, read_write> rows: array<vec4<f32>>;

var<workgroup> sh_sums: array<f32, WG_SIZE>;

/// The sum of all threads' values, in an order that depends on nothing.
fn total(thread: u32, value: f32) -> f32 {
    sh_sums[thread] = value;
    workgroupBarrier();
    for (var width = WG_SIZE / 2u; width > 0u; width /= 2u) {
        if (thread < width) {
            sh_sums[thread] += sh_sums[thread + width];
        }
        workgroupBarrier();
    }
    let sum = sh_sums[0];
    workgroupBarrier();
    return sum;
}

/// One for the columns there are, zero for what fills the row up.
fn mask(vector: u32) -> vec4<f32> {
    let column = vec4<u32>(4u * vector) + vec4<u32>(0u, 1u, 2u, 3u);
    return select(vec4<f32>(), vec4<f32>(1.0), column < vec4<u32>(settings.n_outputs));
}

@compute @workgroup_size(WG_SIZE)
fn layer_norm(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) n_groups: vec3<u32>,
) {
    let row = group.y * n_groups.x + group.x;
    if (row >= settings.n_rows) {
        return;
    }
    let n_vectors = settings.output_vectors;
    let start = group.z * settings.output_step + row * n_vectors;
    let share = 1.0 / f32(settings.n_outputs);
    var sum = vec4<f32>();
    for (var vector = thread; vector < n_vectors; vector += WG_SIZE) {
        sum += rows[start + vector];
    }
    let mean = total(thread, (sum.x + sum.y) + (sum.z + sum.w)) * share;
    var squares = vec4<f32>();
    for (var vector = thread; vector < n_vectors; vector += WG_SIZE) {
        let deviation = (rows[start + vector] - mean) * mask(vector);
        squares = fma(deviation, deviation, squares);
    }
    let variance = total(thread, (squares.x + squares.y) + (squares.z + squares.w)) * share;
    let inverse = 1.0 / sqrt(variance + NORM_EPSILON);
    let weight_start = group.z * settings.weight_step;
    for (var vector = thread; vector < n_vectors; vector += WG_SIZE) {
        let normal = (rows[start + vector] - mean) * mask(vector) * inverse;
        let scale = weights[weight_start + vector];
        rows[start + vector] = fma(normal, scale, weights[weight_start + n_vectors + vector]);
    }
}
