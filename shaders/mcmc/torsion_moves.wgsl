// Torsion moves, each put to the Metropolis test, many a dispatch. The move is in proposal/torsion.wgsl.
//#include "mcmc/metropolis.wgsl"
//#include "proposal/torsion.wgsl"

@compute @workgroup_size(WG_SIZE)
fn torsion_moves(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin_tests(local_index, workgroup.x);
    for (var index = 0u; index < settings.n_moves; index++) {
        keep_state();
        let drawn = propose_torsion(index);
        evaluate();
        let proposed_energy = sum_over_threads(energy);
        counts.w = drawn.x;
        decide(proposed_energy, 0.0, uniform_number(drawn.y), 1.0);
        // What only fills the last workgroup must not tune anything.
        if (own == 0u && replica < settings.n_replicas) {
            atomicAdd(&block_counts[2u * drawn.x], 1u);
            atomicAdd(&block_counts[2u * drawn.x + 1u], select(0u, 1u, sh_outcome[sharer] == ACCEPTED));
        }
    }
    store_outcome();
}
