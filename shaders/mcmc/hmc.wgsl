// Hybrid Monte Carlo, doi:10.1016/0370-2693(87)91197-X: fresh velocities, a trajectory, the Metropolis test. Twin of
// src/proposal/hamiltonian/hmc.rs with full refreshment.
//#include "mcmc/metropolis.wgsl"
//#include "integrator/trajectory.wgsl"

const STREAM_HMC: u32 = 3u;

@compute @workgroup_size(WG_SIZE)
fn hmc(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin_tests(local_index, workgroup.x);
    for (var index = 0u; index < settings.n_moves; index++) {
        refresh_velocities(index);
        keep_state();
        let kinetic_before = sum_over_threads(kinetic_share());
        trajectory();
        // Where constraints broke, the energy is made one that no test accepts.
        if (failure.constraint_step != NO_FAILURE) {
            energy = sum_of(vec2<f32>(bitcast<f32>(INFINITY_BITS | settings.zero), 0.0));
            failure.constraint_step = NO_FAILURE;
        }
        let potential = sum_over_threads(energy);
        let kinetic_after = sum_over_threads(kinetic_share());
        let gain = sum_parts(sum_difference(kinetic_before, kinetic_after));
        let word = random_words(N_ATOMS, index, STREAM_HMC).x;
        decide(potential, (gain.x + gain.y) / thermal_energies[replica], uniform_number(word), -1.0);
    }
    store_outcome();
    report_failures();
}

fn refresh_velocities(index: u32) {
    let width = sqrt(thermal_energies[replica]);
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            velocity[k] = width * atoms[atom].inverse_root_mass * normals(atom, index, STREAM_HMC);
        }
    }
    if (RIGID) {
        // After a rejected move the last placement is that of the state left behind.
        place_atoms();
        rattle(settings.timestep_ps, index);
    }
}

/// Kinetic energy of the owned atoms.
fn kinetic_share() -> Sum {
    var share = sum_of(vec2<f32>(0.0));
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            share = sum_add(share, 0.5 * atoms[atom].mass * dot(velocity[k], velocity[k]));
        }
    }
    return share;
}
