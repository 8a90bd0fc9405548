// Attention weights from distances alone: k_ij = exp(-(|x_i - x_j| / l)^2), w_ij = k_ij / (sum_j k_ij + 1e-5). Twin of `weights`
// in src/flow/timewarp/network/attention.rs. A thread has one atom and one length scale.
//#include "flow/timewarp/types.wgsl"
//#include "shared/math.wgsl"

const WG_SIZE: u32 = 64u;
/// Added to the sum of the kernel.
const EPSILON: f32 = 1e-5;

@group(0) @binding(0) var<uniform> settings: Settings;
/// `[n_rows]`: here the atoms of all conformations that the flow is conditioned on.
@group(0) @binding(1) var<storage, read> atoms: array<StateAtom>;
/// `[n_sets, n_heads]`: -1 / l^2 in nm^-2.
@group(0) @binding(2) var<storage, read> factors: array<f32>;
/// `[n_sets, .., n_atoms, n_heads, n_atoms]`, the last dimension filled up with zeros.
@group(0) @binding(3) var<storage, read_write> weights: array<vec4<f32>>;

fn kernel_at(own: StateAtom, partner: u32, factor: f32) -> f32 {
    if (partner >= own.n_atoms) {
        return 0.0;
    }
    let other = atoms[own.first_atom + partner];
    let difference = (own.position.xyz - other.position.xyz) + (own.position_low.xyz - other.position_low.xyz);
    return exponential(factor * dot(difference, difference));
}

fn kernel_of_four(own: StateAtom, vector: u32, factor: f32) -> vec4<f32> {
    let partner = 4u * vector;
    return vec4<f32>(
        kernel_at(own, partner, factor),
        kernel_at(own, partner + 1u, factor),
        kernel_at(own, partner + 2u, factor),
        kernel_at(own, partner + 3u, factor),
    );
}

@compute @workgroup_size(WG_SIZE)
fn attention(
    @builtin(global_invocation_id) thread: vec3<u32>,
) {
    let scale = thread.y;
    if (thread.x >= settings.n_rows) {
        return;
    }
    let own = atoms[thread.x];
    let n_vectors = (own.n_atoms + 3u) / 4u;
    let scale_set = scale / settings.n_heads;
    let head = scale % settings.n_heads;
    let start = scale_set * settings.set_step + own.attention_start + head * n_vectors;
    let factor = factors[scale];
    var sum = vec4<f32>();
    for (var vector = 0u; vector < n_vectors; vector++) {
        let kernel = kernel_of_four(own, vector, factor);
        sum += kernel;
        weights[start + vector] = kernel;
    }
    let norm = 1.0 / (((sum.x + sum.y) + (sum.z + sum.w)) + EPSILON);
    for (var vector = 0u; vector < n_vectors; vector++) {
        weights[start + vector] *= norm;
    }
}
