// The elementary moves that integrators are made of: kick, drift, thermostat. Twin of src/integrator/steps.rs.
//#include "integrator/state.wgsl"
//#include "shared/philox.wgsl"

/// v += f dt/m
fn kick(timestep_ps: f32) {
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            velocity[k] = fma(force[k], vec3<f32>(timestep_ps * atoms[atom].inverse_mass), velocity[k]);
        }
    }
}

/// x += v dt, what rounding takes kept in the low part.
fn drift(timestep_ps: f32) {
    for (var k = 0u; k < N_OWNED; k++) {
        move_by(k, velocity[k] * timestep_ps);
    }
}

/// Adds to the position of an owned atom (Knuth's two-sum).
fn move_by(k: u32, shift: vec3<f32>) {
    let x = position[k];
    let increment = opaque_3(shift + position_low[k]);
    let sum = opaque_3(x + increment);
    let virtual_increment = opaque_3(sum - x);
    position[k] = sum;
    position_low[k] = (x - (sum - virtual_increment)) + (increment - virtual_increment);
}

/// Streams of random numbers, as in src/rng.rs.
const STREAM_LANGEVIN: u32 = 0u;
const STREAM_VELOCITIES: u32 = 1u;

/// Three standard normal deviates for an atom from the counter (atom, replica, step) alone.
fn normals(atom: u32, step: u32, stream: u32) -> vec3<f32> {
    let words = random_words(atom, step, stream);
    let first = normal_pair(uniform_number(words.x), uniform_number(words.y));
    let second = normal_pair(uniform_number(words.z), uniform_number(words.w));
    return vec3<f32>(first, second.x);
}

/// Ornstein-Uhlenbeck step: v = a v + sqrt(1 - a²) sqrt(kT/m) xi.
fn thermostat(step: u32) {
    let width = settings.noise * sqrt(thermal_energies[replica]);
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            let deviates = normals(atom, step, STREAM_LANGEVIN);
            let scaled = width * atoms[atom].inverse_root_mass;
            velocity[k] = fma(vec3<f32>(settings.damping), velocity[k], scaled * deviates);
        }
    }
}
