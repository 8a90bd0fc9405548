// Newtonian dynamics, many steps a dispatch. Twin of `constant_energy` in src/cpu/dynamics.rs.
//#include "integrator/trajectory.wgsl"

@compute @workgroup_size(WG_SIZE)
fn constant_energy(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin(local_index, workgroup.x);
    load_state();
    evaluate();
    trajectory();
    check_forces(settings.n_steps);
    store_positions();
    store_velocities();
    report_failures();
}
