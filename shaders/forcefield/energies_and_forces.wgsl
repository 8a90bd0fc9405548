// Potential energies and forces of all replicas at the positions in storage. Moves nothing.
//#include "integrator/state.wgsl"

@compute @workgroup_size(WG_SIZE)
fn energies_and_forces(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin(local_index, workgroup.x);
    load_state();
    evaluate();
    if (WANT_FORCES) {
        for (var k = 0u; k < N_OWNED; k++) {
            let atom = owned_atom(k);
            if (atom < N_ATOMS) {
                forces[place(atom)] = vec4<f32>(force[k], 0.0);
            }
        }
    }
    let total = sum_parts(sum_over_threads(energy));
    if (own == 0u) {
        energies[replica] = vec4<f32>(total, 0.0, 0.0);
    }
}
