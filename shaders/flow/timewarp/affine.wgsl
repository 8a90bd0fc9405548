// The affine coupling, z' = z s + t or back, and its log-determinant: ln s summed over atoms and axes in two floats, and added
// to the sum over the layers before. Twin of `apply` and `add_log_scales` in src/flow/timewarp/network/affine.rs. A workgroup has one
// conformation.
//#include "flow/timewarp/types.wgsl"
//#include "shared/math.wgsl"
//#include "shared/sum_two_float.wgsl"

const WG_SIZE: u32 = 64u;

@group(0) @binding(0) var<uniform> settings: Settings;
/// `[n_pairs]`.
@group(0) @binding(1) var<storage, read> spans: array<Span>;
/// `[2, n_rows]`: ln s, then t.
@group(0) @binding(2) var<storage, read> outputs: array<vec4<f32>>;
/// `[2, n_rows]`: displacements and auxiliary variables.
@group(0) @binding(3) var<storage, read_write> values: array<vec4<f32>>;
/// `[n_pairs]`: sums of ln s in two floats.
@group(0) @binding(4) var<storage, read_write> log_scales: array<vec2<f32>>;

var<workgroup> sh_sums: array<vec2<f32>, WG_SIZE>;

/// exp(raw), infinite where f32 ends.
fn scale_of(raw: f32) -> f32 {
    let infinity = bitcast<f32>(INFINITY_BITS ^ settings.zero);
    return select(exponential(raw), infinity, raw > 88.72);
}

fn scales_of(raw: vec3<f32>) -> vec3<f32> {
    return vec3<f32>(scale_of(raw.x), scale_of(raw.y), scale_of(raw.z));
}

@compute @workgroup_size(WG_SIZE)
fn affine(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    let pair = group.x;
    let span = spans[pair];
    var sum = sum_of(vec2<f32>());
    for (var atom = thread; atom < span.n_atoms; atom += WG_SIZE) {
        let row = span.first_row + atom;
        let raw = outputs[row].xyz;
        let shift = outputs[settings.n_rows + row].xyz;
        let place = settings.variable * settings.n_rows + row;
        let z = values[place].xyz;
        if (settings.from_latent == 1u) {
            values[place] = vec4<f32>((z - shift) * scales_of(-raw), 0.0);
        } else {
            values[place] = vec4<f32>(fma(z, scales_of(raw), shift), 0.0);
        }
        sum = sum_add(sum_add(sum_add(sum, raw.x), raw.y), raw.z);
    }
    sh_sums[thread] = sum_parts(sum);
    workgroupBarrier();
    for (var width = WG_SIZE / 2u; width > 0u; width /= 2u) {
        if (thread < width) {
            sh_sums[thread] = sum_parts(sum_merge(sum_of(sh_sums[thread]), sum_of(sh_sums[thread + width])));
        }
        workgroupBarrier();
    }
    if (thread == 0u) {
        log_scales[pair] = sum_parts(sum_merge(sum_of(log_scales[pair]), sum_of(sh_sums[0])));
    }
}
