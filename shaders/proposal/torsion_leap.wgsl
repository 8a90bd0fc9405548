// Drawing the torsions of a block from the densities of their surroundings, one step of the block after another. Twin of
// src/proposal/leap/draw.rs; accepts nothing.
//
// From `settings.leap_start` on, `moves` is: number of blocks; for every block the part of 2^32 that it and those before it
// cover, its first step, number of steps. A step is: features, their number, vector of the first layer's bias, head, angles
// that are drawn, number of pivots, both pivots. A pivot is: outer atoms of its torsion, then as in proposal/torsion.wgsl.
//#include "proposal/torsion.wgsl"
//#include "proposal/torsion_leap_features.wgsl"
//#include "flow/mixture.wgsl"

const STEP_WORDS: u32 = 8u;
/// Counters of one step's noise.
const STEP_NUMBERS: u32 = 256u;

/// `[N_SHARING]`: angles drawn, for all threads of a replica.
var<workgroup> sh_drawn: array<vec2<f32>, N_SHARING>;
/// `[N_SHARING]`: steps of the block chosen.
var<workgroup> sh_steps: array<u32, N_SHARING>;
/// ln q there and back; thread 0 has them.
var<private> log_q: vec2<f32>;
/// Angles in rad that the torsions of a step turn by.
var<private> change: vec2<f32>;

/// Picks a block for the move number `offset` of the dispatch and draws it; returns the block and a word for the test.
fn propose_leap(offset: u32) -> vec2<u32> {
    let words = random_words(0u, offset, STREAM_LEAP);
    let block = chosen_block(words.x);
    let entry = settings.leap_start + 1u + 3u * block;
    let first_step = moves[entry + 1u];
    let n_steps = moves[entry + 2u];
    let most_steps = largest_of_workgroup(n_steps);
    log_q = vec2<f32>(0.0);
    // Replicas with fewer steps go through the rounds of the others and leave it at that: barriers want company.
    for (var step = 0u; step < most_steps; step++) {
        let takes_part = step < n_steps;
        let row = first_step + STEP_WORDS * select(0u, step, takes_part);
        let both_ways = draw_step(row, step, offset);
        log_q += select(vec2<f32>(0.0), both_ways, takes_part);
        for (var index = 0u; index < 2u; index++) {
            place_atoms();
            if (takes_part && index < moves[row + 5u]) {
                turn(moves[row + 6u + index] + 2u, fract(change[drawn_angle(row, index)] / TAU));
            }
            workgroupBarrier();
        }
    }
    return vec2<u32>(block, words.y);
}

fn chosen_block(word: u32) -> u32 {
    var block = 0u;
    while (block + 1u < moves[settings.leap_start] && word >= moves[settings.leap_start + 1u + 3u * block]) {
        block++;
    }
    return block;
}

/// The largest of a number of every replica, the same for the whole workgroup.
fn largest_of_workgroup(number: u32) -> u32 {
    if (own == 0u) {
        sh_steps[sharer] = number;
    }
    var largest = 0u;
    for (var other = 0u; other < N_SHARING; other++) {
        largest = max(largest, workgroupUniformLoad(&sh_steps[other]));
    }
    return largest;
}

/// Draws the angles of one step, for `change`; returns ln q there and back, which thread 0 knows.
fn draw_step(row: u32, step: u32, offset: u32) -> vec2<f32> {
    let wanted = moves[row + 4u];
    var old = vec2<f32>(0.0);
    var there_and_back = vec2<f32>(0.0);
    if (step > 0u) {
        // What was drawn before lies otherwise on the way back; the first draw sees the same surroundings both ways.
        exchange_with_kept();
        place_atoms();
        exchange_with_kept();
        old = step_angles(row);
        evaluate_mixture(row);
        there_and_back.y = log_density(wanted, old);
    }
    place_atoms();
    if (step == 0u) {
        old = step_angles(row);
    }
    evaluate_mixture(row);
    if (own == 0u) {
        sh_drawn[sharer] = draw_point(wanted, offset, 1u + STEP_NUMBERS * step);
    }
    workgroupBarrier();
    let drawn = sh_drawn[sharer];
    there_and_back.x = log_density(wanted, drawn);
    if (step == 0u) {
        there_and_back.y = log_density(wanted, old);
    }
    change = drawn - old;
    return there_and_back;
}

/// The mixture of a step for the atoms as they are placed.
fn evaluate_mixture(row: u32) {
    let head = moves[row + 3u];
    describe(moves[row], moves[row + 1u], moves[head]);
    network(head, moves[row + 2u]);
    prepare_mixture(head);
}

/// The torsions of a step where the mixture has them, rad.
fn step_angles(row: u32) -> vec2<f32> {
    var angles_rad = vec2<f32>(0.0);
    for (var index = 0u; index < moves[row + 5u]; index++) {
        let pivot = moves[row + 6u + index];
        let sin_cos = torsion_sin_cos(moves[pivot], moves[pivot + 2u], moves[pivot + 3u], moves[pivot + 1u]);
        let size = arc_tangent(abs(sin_cos.x), sin_cos.y);
        angles_rad[drawn_angle(row, index)] = select(size, -size, sin_cos.x < 0.0);
    }
    return angles_rad;
}

/// Which of the mixture's angles a pivot is.
fn drawn_angle(row: u32, index: u32) -> u32 {
    return select(index, 1u, moves[row + 4u] == SECOND);
}

/// Positions that the leap starts from in the place of those it has come to, and back.
fn exchange_with_kept() {
    for (var k = 0u; k < N_OWNED; k++) {
        let high = position[k];
        let low = position_low[k];
        position[k] = kept_position[k];
        position_low[k] = kept_low[k];
        kept_position[k] = high;
        kept_low[k] = low;
    }
}
