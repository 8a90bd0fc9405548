// Velocity Verlet (doi:10.1063/1.442716) with RATTLE, many steps a dispatch. Twin of `velocity_verlet` in src/cpu/dynamics.rs.
//#include "integrator/steps.wgsl"
//#include "integrator/constraints.wgsl"

@compute @workgroup_size(WG_SIZE)
fn velocity_verlet(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin(local_index, workgroup.x);
    load_state();
    evaluate();
    for (var step = 0u; step < settings.n_steps; step++) {
        kick(0.5 * settings.timestep_ps);
        drift(settings.timestep_ps);
        if (RIGID) {
            shake(settings.inverse_timestep_per_ps, step);
        }
        evaluate();
        kick(0.5 * settings.timestep_ps);
        if (RIGID) {
            rattle(settings.timestep_ps, step);
        }
    }
    store_positions();
    store_velocities();
    report_failures();
}
