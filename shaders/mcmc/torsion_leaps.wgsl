// Torsion leaps, each put to the Metropolis test, many a dispatch. The leap is in proposal/torsion_leap.wgsl.
//#include "mcmc/metropolis.wgsl"
//#include "proposal/torsion_leap.wgsl"

@compute @workgroup_size(WG_SIZE)
fn torsion_leaps(
    @builtin(local_invocation_index) local_index: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>,
) {
    begin_tests(local_index, workgroup.x);
    for (var index = 0u; index < settings.n_moves; index++) {
        keep_state();
        let drawn = propose_leap(index);
        evaluate();
        let proposed_energy = sum_over_threads(energy);
        counts.w = drawn.x;
        decide(proposed_energy, log_q.y - log_q.x, uniform_number(drawn.y), 1.0);
    }
    store_outcome();
    if (own == 0u) {
        energies[replica] = vec4<f32>(sum_parts(current_energy), log_q);
    }
}
