// A trajectory of constant energy: velocity Verlet (doi:10.1063/1.442716) with RATTLE. Loads and stores nothing.
//#include "integrator/steps.wgsl"
//#include "integrator/constraints.wgsl"

/// `settings.n_steps` steps from forces already known.
fn trajectory() {
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
}
