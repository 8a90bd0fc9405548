// Positions onto the constraints, velocities along them. Twin of `apply_constraints` in src/cpu/dynamics.rs.
//#include "integrator/steps.wgsl"
//#include "integrator/constraints.wgsl"

@compute @workgroup_size(WG_SIZE)
fn apply_constraints(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin(local_index, workgroup.x);
    load_state();
    place_atoms();
    if (RIGID) {
        // No time passes, so positions move without changing velocities.
        shake(0.0, 0u);
        place_atoms();
        rattle(settings.timestep_ps, 0u);
    }
    store_positions();
    store_velocities();
    report_failures();
}
