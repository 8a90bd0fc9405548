// Maxwell-Boltzmann velocities along the constraints. Twin of `draw_velocities` in src/cpu/dynamics.rs.
//#include "integrator/steps.wgsl"
//#include "integrator/constraints.wgsl"

@compute @workgroup_size(WG_SIZE)
fn draw_velocities(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin(local_index, workgroup.x);
    load_state();
    place_atoms();
    let width = sqrt(thermal_energies[replica]);
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            velocity[k] = width * atoms[atom].inverse_root_mass * normals(atom, 0u, STREAM_VELOCITIES);
        }
    }
    if (RIGID) {
        rattle(settings.timestep_ps, 0u);
    }
    store_velocities();
    report_failures();
}
