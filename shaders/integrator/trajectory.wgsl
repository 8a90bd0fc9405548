// A trajectory of constant energy: a splitting into kicks and drifts, with RATTLE. Loads and stores nothing.
//#include "integrator/steps.wgsl"
//#include "integrator/constraints.wgsl"

/// A stage: kick, drift, new forces, kick; lengths in units of the mean stage.
struct Stage {
    kick_before: f32,
    drift: f32,
    kick_after: f32,
}

/// The stages of src/integrator/splitting.rs: one, two and three of them in a step.
const STAGES = array<Stage, 6>(
    Stage(0.5, 1.0, 0.5),
    Stage(0.42356, 1.0, 0.57644),
    Stage(0.57644, 1.0, 0.42356),
    Stage(0.35664032899644, 0.88858512783378, 0.57167983550178),
    Stage(0.57167983550178, 1.22282974433244, 0.57167983550178),
    Stage(0.57167983550178, 0.88858512783378, 0.35664032899644),
);

/// `settings.n_steps` stages, whole steps of a splitting of `settings.n_stages`, from forces already known.
fn trajectory() {
    let first = settings.n_stages * (settings.n_stages - 1u) / 2u;
    var stages = STAGES;
    for (var step = 0u; step < settings.n_steps; step++) {
        let stage = stages[first + step % settings.n_stages];
        kick(stage.kick_before * settings.timestep_ps);
        drift(stage.drift * settings.timestep_ps);
        if (RIGID) {
            shake(settings.inverse_timestep_per_ps / stage.drift, step);
        }
        evaluate();
        kick(stage.kick_after * settings.timestep_ps);
        if (RIGID) {
            rattle(stage.drift * settings.timestep_ps, step);
        }
    }
}
