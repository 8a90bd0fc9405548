// Langevin dynamics in the middle scheme (doi:10.1021/acs.jpca.9b02771), many steps a dispatch. Twin of `langevin` in
// src/cpu/dynamics.rs: full kick, half drift, thermostat, half drift; constraints after the kick and at the end.
//#include "integrator/steps.wgsl"
//#include "integrator/constraints.wgsl"

@compute @workgroup_size(WG_SIZE)
fn langevin(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin(local_index, workgroup.x);
    load_state();
    for (var step = 0u; step < settings.n_steps; step++) {
        evaluate();
        check_forces(step);
        kick(settings.timestep_ps);
        if (RIGID) {
            rattle(settings.timestep_ps, step);
        }
        drift(0.5 * settings.timestep_ps);
        thermostat(step);
        drift(0.5 * settings.timestep_ps);
        if (RIGID) {
            shake(settings.inverse_timestep_per_ps, step);
        }
    }
    store_positions();
    store_velocities();
    report_failures();
}
