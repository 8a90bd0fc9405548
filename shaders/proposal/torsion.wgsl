// Turning the torsions of a block by uniform or normal angles. Twin of src/proposal/torsion/proposal.rs and pivot.rs; accepts nothing.
//
// `moves` is: number of blocks; for every block its first pivot, number of pivots, and width of the normal in turns (0 for
// uniform angles); then for every pivot the atoms of its axis and N_MASK_WORDS words, one bit for every atom that turns.

const STREAM_TORSION: u32 = 2u;
const N_MASK_WORDS: u32 = (N_ATOMS + 31u) / 32u;

/// Picks a block for the move number `offset` of the dispatch and turns it; returns the block and a word for the test.
fn propose_torsion(offset: u32) -> vec2<u32> {
    let n_blocks = moves[0];
    let words = random_words(0u, offset, STREAM_TORSION);
    let block = multiply_high(words.x, n_blocks);
    let first_pivot = moves[1u + 3u * block];
    let n_pivots = moves[2u + 3u * block];
    let width = bitcast<f32>(moves[3u + 3u * block]);
    let most_pivots = moves[1u + 3u * n_blocks];
    // Every replica goes through as many rounds as the largest block has pivots: barriers want company.
    for (var index = 0u; index < most_pivots; index++) {
        place_atoms();
        let turns = random_words(1u + index, offset, STREAM_TORSION);
        let normal = normal_pair(uniform_number(turns.x), uniform_number(turns.y)).x;
        let angle = select(uniform_number(turns.z), fract(width * normal), width > 0.0);
        if (index < n_pivots) {
            turn(2u + 3u * n_blocks + (first_pivot + index) * (2u + N_MASK_WORDS), angle);
        }
        workgroupBarrier();
    }
    return vec2<u32>(block, words.y);
}

/// Rotates what moves about the axis of a pivot by an angle in turns (Rodrigues), velocities too.
fn turn(start: u32, angle_turns: f32) {
    let origin = position_at(moves[start + 1u]);
    let along = origin - position_at(moves[start]);
    let axis = along * inverseSqrt(dot(along, along));
    let sin_cos = sin_cos_turns(angle_turns);
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            let moving = (moves[start + 2u + atom / 32u] >> (atom % 32u)) & 1u;
            if (moving == 1u) {
                move_by(k, rotation_shift(position_at(atom) - origin, axis, sin_cos));
            }
            // The end of the axis stays, but its velocity turns with what hangs on it.
            if (moving == 1u || atom == moves[start + 1u]) {
                velocity[k] += rotation_shift(velocity[k], axis, sin_cos);
            }
        }
    }
}

/// R v - v for a rotation about an axis.
fn rotation_shift(v: vec3<f32>, axis: vec3<f32>, sin_cos: vec2<f32>) -> vec3<f32> {
    let across = cross(axis, v);
    return sin_cos.x * across + (1.0 - sin_cos.y) * cross(axis, across);
}
