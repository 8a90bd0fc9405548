// The input of both networks of a coupling layer, row by row: the element's embedding, the centred position, the auxiliary
// variables of x, and the variable that the layer leaves as it is. Twin of `input` in src/flow/timewarp/network/affine.rs.
//#include "flow/timewarp/types.wgsl"

const WG_SIZE: u32 = 64u;

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> atoms: array<StateAtom>;
/// `[n_rows]`: index of the row's atom.
@group(0) @binding(2) var<storage, read> atom_of_row: array<u32>;
/// `[n_elements, n_inputs - 9]`.
@group(0) @binding(3) var<storage, read> embedding: array<f32>;
/// `[2, n_rows]`: displacements and auxiliary variables.
@group(0) @binding(4) var<storage, read> values: array<vec4<f32>>;
/// `[n_rows, n_inputs]`.
@group(0) @binding(5) var<storage, read_write> input: array<vec4<f32>>;

fn feature(row: u32, column: u32) -> f32 {
    let width = settings.n_inputs - 9u;
    let atom = atom_of_row[row];
    if (column < width) {
        return embedding[atoms[atom].element * width + column];
    }
    let axis = (column - width) % 3u;
    switch ((column - width) / 3u) {
        case 0u: { return atoms[atom].position[axis]; }
        case 1u: { return atoms[atom].auxiliaries[axis]; }
        case 2u: { return values[(1u - settings.variable) * settings.n_rows + row][axis]; }
        default: { return 0.0; }
    }
}

@compute @workgroup_size(WG_SIZE)
fn features(
    @builtin(global_invocation_id) thread: vec3<u32>,
) {
    let row = thread.x;
    if (row >= settings.n_rows) {
        return;
    }
    for (var vector = 0u; vector < settings.input_vectors; vector++) {
        let column = 4u * vector;
        input[row * settings.input_vectors + vector] = vec4<f32>(
            feature(row, column),
            feature(row, column + 1u),
            feature(row, column + 2u),
            feature(row, column + 3u),
        );
    }
}
