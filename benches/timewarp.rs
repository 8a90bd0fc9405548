//! Time of one pass of a Timewarp flow on this machine, for comparison with `benches/timewarp_torch.py` on the same cores.
//!
//! `cargo bench --bench timewarp`, or with `RAYON_NUM_THREADS=1` for one core.
#![allow(clippy::cast_possible_truncation, reason = "weights are in f32")]
#![allow(clippy::print_stdout, reason = "a benchmark tells its result")]
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

use saltus::flow::timewarp::{Conformation, Layout, Pair, Timewarp, TimewarpConfig};
use std::time::Instant;

const N_ATOMS: usize = 22;
const N_STATES: usize = 64;
const N_REPEATS: usize = 5;

fn config(couplings: usize, encoders: usize, embedding: usize) -> TimewarpConfig {
    TimewarpConfig {
        element_vocabulary: ["C", "H", "N", "O", "S"].map(str::to_owned).to_vec(),
        atom_embedding_dim: embedding,
        mlp_hidden_dims: vec![256],
        num_coupling_layers: couplings,
        num_transformer_layers: encoders,
        d_model: 128,
        dim_feedforward: 2048,
        lengthscales_nm: vec![0.1, 0.2, 0.5, 0.7, 1.0, 1.2],
        ignore_conditional_velocity: true,
        internal: None,
    }
}

/// Small numbers of no meaning.
fn numbers(n: usize, width: f64) -> Vec<f64> {
    let fraction = |i: usize| (i as f64 * 0.618_033_988_75).fract() - 0.5;
    (0..n).map(|i| width * fraction(i)).collect()
}

fn main() {
    for (name, config) in [
        ("alanine dipeptide, 36 M parameters", config(8, 3, 32)),
        ("two residues, 106 M parameters", config(12, 6, 64)),
    ] {
        let n_parameters = Layout::new(&config).n_parameters;
        let parameters = numbers(n_parameters, 0.02).into_iter();
        let parameters = parameters.map(|p| p as f32 + 1e-3).collect();
        let model = Timewarp::from_parameters(config, parameters).unwrap();
        let elements: Vec<usize> = (0..N_ATOMS).map(|i| i % 4).collect();
        let x = numbers(3 * N_ATOMS * N_STATES, 1.0);
        let size = 3 * N_ATOMS;
        let part = |i: usize| &x[i * size..(i + 1) * size];
        let states: Vec<_> = (0..N_STATES)
            .map(|i| Conformation {
                elements: &elements,
                positions: part(i),
                auxiliaries: None,
            })
            .collect();
        let pairs: Vec<_> = (0..N_STATES)
            .map(|state| Pair {
                state,
                positions: part(N_STATES - 1 - state),
                auxiliaries: part(state),
            })
            .collect();
        let mut best = f64::INFINITY;
        for _ in 0..N_REPEATS {
            let start = Instant::now();
            let condition = model.condition(&states).unwrap();
            let densities = model.log_density(&condition, &pairs).unwrap();
            assert_eq!(densities.len(), N_STATES);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!(
            "{name}: ln p of {N_STATES} conformations of {N_ATOMS} atoms in {:.0} ms, {} threads",
            1e3 * best,
            rayon::current_num_threads()
        );
    }
}
