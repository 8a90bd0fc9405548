// The Metropolis test and the swap of states on the device. Twin of `accept` in src/mcmc/metropolis.rs; proposes nothing.
//#include "integrator/steps.wgsl"

const ACCEPTED: u32 = 0u;
const REJECTED: u32 = 1u;
const NON_FINITE: u32 = 2u;

/// `[N_SHARING]`: outcome of the test, for all threads of a replica.
var<workgroup> sh_outcome: array<u32, N_SHARING>;
/// The state to go back to.
var<private> kept_position: array<vec3<f32>, N_OWNED>;
var<private> kept_low: array<vec3<f32>, N_OWNED>;
var<private> kept_velocity: array<vec3<f32>, N_OWNED>;
var<private> kept_force: array<vec3<f32>, N_OWNED>;
/// Potential energy of the current state; thread 0 has the whole of it.
var<private> current_energy: Sum;
/// Accepted, rejected, not finite, block tried last; thread 0 counts.
var<private> counts: vec4<u32>;

/// Accepts with probability min(1, r) from ln r and a uniform number; a logarithm that is not finite is told apart.
fn accept(log_ratio: f32, uniform_value: f32) -> u32 {
    if (magnitude_bits(log_ratio) >= INFINITY_BITS) {
        return NON_FINITE;
    }
    return select(REJECTED, ACCEPTED, logarithm(uniform_value) < log_ratio);
}

/// Takes up a replica and its counts, and evaluates the state that the first proposal is tested against.
fn begin_tests(local_index: u32, workgroup: u32) {
    begin(local_index, workgroup);
    load_state();
    counts = outcomes[settings.outcome_start + replica];
    evaluate();
    current_energy = sum_over_threads(energy);
}

fn keep_state() {
    for (var k = 0u; k < N_OWNED; k++) {
        kept_position[k] = position[k];
        kept_low[k] = position_low[k];
        kept_velocity[k] = velocity[k];
        kept_force[k] = force[k];
    }
}

/// Tests the state just evaluated against the one kept, and goes back where it fails.
///
/// `auxiliary` is ln of the proposal's part of the ratio; it and the energies count on thread 0. Velocities of a rejected
/// state are the kept ones times `reversal`.
fn decide(proposed_energy: Sum, auxiliary: f32, uniform_value: f32, reversal: f32) {
    if (own == 0u) {
        let difference = sum_parts(sum_difference(proposed_energy, current_energy));
        let log_ratio = auxiliary - (difference.x + difference.y) / thermal_energies[replica];
        let outcome = accept(log_ratio, uniform_value);
        sh_outcome[sharer] = outcome;
        counts[outcome] += 1u;
        if (outcome == ACCEPTED) {
            current_energy = proposed_energy;
        }
    }
    workgroupBarrier();
    if (sh_outcome[sharer] != ACCEPTED) {
        for (var k = 0u; k < N_OWNED; k++) {
            position[k] = kept_position[k];
            position_low[k] = kept_low[k];
            velocity[k] = reversal * kept_velocity[k];
            force[k] = kept_force[k];
        }
    }
    workgroupBarrier();
}

/// Writes the state, its energy and the counts.
fn store_outcome() {
    store_positions();
    store_velocities();
    if (own == 0u) {
        energies[replica] = vec4<f32>(sum_parts(current_energy), 0.0, 0.0);
        outcomes[settings.outcome_start + replica] = counts;
    }
}
