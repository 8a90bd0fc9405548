// Sums over neighbours, mixed[i, h] = sum_j w[i, h, j] rows[j], conformation by conformation and for both networks of a coupling
// layer. Twin of `mix` in src/flow/timewarp/network/attention.rs. What the heads do with the sums is a linear map.
//#include "flow/timewarp/types.wgsl"
//#include "flow/timewarp/matrix_tile.wgsl"

@group(0) @binding(0) var<uniform> settings: Settings;
/// `[n_pairs]`.
@group(0) @binding(1) var<storage, read> spans: array<Span>;
/// `[n_sets, .., n_atoms, n_heads, n_atoms]`, the last dimension filled up with zeros.
@group(0) @binding(2) var<storage, read> attention: array<vec4<f32>>;
/// `[2, n_rows, n_inputs]`.
@group(0) @binding(3) var<storage, read> rows: array<vec4<f32>>;
/// `[2, n_rows, n_heads, n_inputs]`.
@group(0) @binding(4) var<storage, read_write> mixed: array<vec4<f32>>;

var<private> network: u32;
var<private> span: Span;

fn load_a(row: u32, vector: u32) -> vec4<f32> {
    let n_vectors = (span.n_atoms + 3u) / 4u;
    if (row >= span.n_atoms * settings.n_heads || vector >= n_vectors) {
        return vec4<f32>();
    }
    let scale_set = select(settings.scale_set_0, settings.scale_set_1, network == 1u);
    return attention[scale_set * settings.set_step + span.attention_start + row * n_vectors + vector];
}

fn load_b(row: u32, vector: u32) -> vec4<f32> {
    if (row >= span.n_atoms || vector >= settings.input_vectors) {
        return vec4<f32>();
    }
    let place = (span.first_row + row) * settings.input_vectors + vector;
    return rows[network * settings.input_step + place];
}

fn store_four(row: u32, vector: u32, product: vec4<f32>) {
    if (row >= span.n_atoms * settings.n_heads || vector >= settings.input_vectors) {
        return;
    }
    let place = (span.first_row * settings.n_heads + row) * settings.input_vectors + vector;
    mixed[network * settings.output_step + place] = product;
}

@compute @workgroup_size(WG_SIZE)
fn mix(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    network = group.z % 2u;
    span = spans[group.z / 2u];
    let first_row = group.x * TILE_ROWS;
    let first_vector = group.y * N_COLUMN_VECTORS;
    if (first_row >= spans[group.z / 2u].n_atoms * settings.n_heads) {
        return;
    }
    let blocks = tile_product(thread, first_row, first_vector, spans[group.z / 2u].n_atoms);
    store_blocks(thread, first_row, first_vector, blocks);
}
