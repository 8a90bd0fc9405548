// Geometry that a move leaves unchanged as inputs of a network. Twin of src/proposal/leap/features.rs and of the
// scaling in src/flow/torsion/head.rs; chooses no features.
//
// A feature in `moves` is: slot plus 2^16 times what is measured, then four atoms (for temperatures: the reference's kT).
//#include "flow/network.wgsl"

/// What is measured, as in src/gpu/cycle/leap.rs.
const BOND_ANGLE: u32 = 0u;
const PLANE: u32 = 1u;
const TORSION: u32 = 2u;
const DOUBLE_TORSION: u32 = 3u;
const PLACE: u32 = 4u;
const TEMPERATURE: u32 = 5u;
const FEATURE_WORDS: u32 = 5u;

/// Fills the inputs of a network from the placed atoms; what is unknown is 0.
fn describe(first: u32, n_features: u32, scales: u32) {
    for (var index = own; index < N_WIDTH; index += N_THREADS) {
        sh_layers[layer_numbers(0u) + index] = 0.0;
    }
    workgroupBarrier();
    for (var index = own; index < n_features; index += N_THREADS) {
        measure(first + FEATURE_WORDS * index, scales);
    }
    workgroupBarrier();
}

fn measure(feature: u32, scales: u32) {
    let slot = moves[feature] & 0xffffu;
    let a = moves[feature + 1u];
    let b = moves[feature + 2u];
    let c = moves[feature + 3u];
    let d = moves[feature + 4u];
    switch (moves[feature] >> 16u) {
        case BOND_ANGLE: {
            put_input(slot, scales, dot(direction(b, a), direction(b, c)));
        }
        case PLANE: {
            put_input(slot, scales, dot(direction(a, b), cross(direction(a, c), direction(a, d))));
        }
        case TORSION: {
            let sin_cos = torsion_sin_cos(a, b, c, d);
            put_input(slot, scales, sin_cos.x);
            put_input(slot + 1u, scales, sin_cos.y);
        }
        case DOUBLE_TORSION: {
            let sin_cos = torsion_sin_cos(a, b, c, d);
            put_input(slot, scales, 2.0 * sin_cos.x * sin_cos.y);
            put_input(slot + 1u, scales, sin_cos.y * sin_cos.y - sin_cos.x * sin_cos.x);
        }
        case PLACE: {
            let z = direction(b, c);
            let away = between(a, b);
            let across = away - dot(away, z) * z;
            let x = across / sqrt(dot(across, across));
            let seen = between(c, d);
            put_input(slot, scales, dot(seen, x));
            put_input(slot + 1u, scales, dot(seen, cross(z, x)));
            put_input(slot + 2u, scales, dot(seen, z));
        }
        default: {
            put_input(slot, scales, bitcast<f32>(a) / thermal_energies[replica] - 1.0);
        }
    }
}

fn put_input(slot: u32, scales: u32, value: f32) {
    let scale = networks[scales + slot];
    let standardised = clamp((value - scale.x) * scale.y, -FARTHEST, FARTHEST);
    let known = magnitude_bits(value) <= INFINITY_BITS;
    sh_layers[layer_numbers(0u) + slot] = select(0.0, standardised, known);
}

fn direction(from_atom: u32, to_atom: u32) -> vec3<f32> {
    let vector = between(from_atom, to_atom);
    return vector / sqrt(dot(vector, vector));
}

/// Sine and cosine of a torsion.
fn torsion_sin_cos(a: u32, b: u32, c: u32, d: u32) -> vec2<f32> {
    let first = between(a, b);
    let axis = between(b, c);
    let left = cross(first, axis);
    let right = cross(axis, between(c, d));
    let both = vec2<f32>(dot(first, right) * sqrt(dot(axis, axis)), dot(left, right));
    return both / sqrt(dot(both, both));
}
