// Loading the owned atoms of a replica, storing them, and what went wrong on the way. Moves nothing in time.
//#include "forcefield/evaluate.wgsl"

var<private> velocity: array<vec3<f32>, N_OWNED>;
/// What went wrong first with the atoms and clusters of this thread.
var<private> failure: Failure;

const NO_FAILURE: u32 = 0xffffffffu;

fn load_state() {
    failure = Failure(NO_FAILURE, 0u, 0.0, NO_FAILURE);
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            position[k] = positions[place(atom)].xyz;
            position_low[k] = positions_low[place(atom)].xyz;
            velocity[k] = velocities[place(atom)].xyz;
        }
    }
}

fn store_positions() {
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            positions[place(atom)] = vec4<f32>(position[k], 0.0);
            positions_low[place(atom)] = vec4<f32>(position_low[k], 0.0);
        }
    }
}

fn store_velocities() {
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            velocities[place(atom)] = vec4<f32>(velocity[k], 0.0);
        }
    }
}

/// Square of the force beyond which a replica counts as blown up: (1e7 kJ/mol/nm)².
const WORST_FORCE_SQUARE: f32 = 1e14;

/// Notes the worst force of the first step at which one left the range of physics.
fn check_forces(step: u32) {
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            let square = dot(force[k], force[k]);
            let size = magnitude_bits(square);
            let blown_up = size >= bitcast<u32>(WORST_FORCE_SQUARE);
            let worse = failure.force_step == NO_FAILURE
                || (failure.force_step == step && size > magnitude_bits(failure.worst_force));
            if (blown_up && worse) {
                failure.force_step = step;
                failure.atom_index = atom;
                failure.worst_force = square;
            }
        }
    }
}

/// A step of the dispatch as one of the run.
fn step_of_run(step: u32) -> u32 {
    return select(settings.step_low + step, NO_FAILURE, step == NO_FAILURE);
}

/// The first failure of the replica, from those of its threads; it stays until the host clears it.
fn report_failures() {
    workgroupBarrier();
    if (own < N_THREADS) {
        sh_scratch[sharer * N_THREADS + own] = vec4<u32>(
            failure.force_step,
            failure.atom_index,
            bitcast<u32>(failure.worst_force),
            failure.constraint_step,
        );
    }
    workgroupBarrier();
    if (own == 0u) {
        for (var thread = 1u; thread < N_THREADS; thread++) {
            let other = sh_scratch[sharer * N_THREADS + thread];
            failure.constraint_step = min(failure.constraint_step, other.w);
            let earlier = other.x < failure.force_step;
            let worse = (other.z & 0x7fffffffu) > magnitude_bits(failure.worst_force);
            if (earlier || (other.x == failure.force_step && other.x != NO_FAILURE && worse)) {
                failure.force_step = other.x;
                failure.atom_index = other.y;
                failure.worst_force = bitcast<f32>(other.z);
            }
        }
        let known = failures[replica];
        if (known.force_step == NO_FAILURE && known.constraint_step == NO_FAILURE) {
            failure.force_step = step_of_run(failure.force_step);
            failure.constraint_step = step_of_run(failure.constraint_step);
            failures[replica] = failure;
        }
    }
}

/// Sum over the threads of a replica; the result is thread 0's.
fn sum_over_threads(share: Sum) -> Sum {
    workgroupBarrier();
    if (own < N_THREADS) {
        let bits = bitcast<vec2<u32>>(sum_parts(share));
        sh_scratch[sharer * N_THREADS + own] = vec4<u32>(bits, 0u, 0u);
    }
    workgroupBarrier();
    var total = share;
    if (own == 0u) {
        for (var thread = 1u; thread < N_THREADS; thread++) {
            let bits = sh_scratch[sharer * N_THREADS + thread].xy;
            total = sum_merge(total, sum_of(bitcast<vec2<f32>>(bits)));
        }
    }
    return total;
}
