//! Models of sizes that divide nothing, on molecules of sizes that divide nothing, against the CPU in f64.

use super::gpu;
use crate::support::{random_model, random_state, small_config, stream, worst};
use saltus::flow::Real;
use saltus::flow::timewarp::{Conformation, Layout, Pair, Timewarp, TimewarpConfig, TimewarpFlow};

/// A model with its length scales changed in some layers, so that there are several sets of them.
fn model<R: Real>(config: &TimewarpConfig, n_sets: usize) -> Timewarp<R> {
    let plain = random_model::<R>(config, 5);
    let mut parameters = plain.parameters().to_vec();
    let networks = Layout::new(config).couplings.into_iter().flatten();
    let encoders = networks.flat_map(|network| network.encoders);
    for (index, encoder) in encoders.enumerate() {
        let start = encoder.lengthscales_start;
        for scale in &mut parameters[start..start + config.n_heads()] {
            *scale = *scale * R::from_f64(f64::from((index % n_sets) as u32 + 1));
        }
    }
    Timewarp::from_parameters(config.clone(), parameters).unwrap()
}

struct Case {
    config: TimewarpConfig,
    n_atoms: &'static [usize],
    n_sets: usize,
}

fn cases() -> Vec<Case> {
    let config =
        |hidden: &[usize], layers: [usize; 2], d, feedforward, scales: &[f64]| TimewarpConfig {
            mlp_hidden_dims: hidden.to_vec(),
            num_coupling_layers: layers[0],
            num_transformer_layers: layers[1],
            d_model: d,
            dim_feedforward: feedforward,
            lengthscales_nm: scales.to_vec(),
            ..small_config()
        };
    vec![
        Case {
            config: config(&[7, 9, 3], [3, 2], 33, 41, &[0.1, 0.3, 0.7, 1.3]),
            n_atoms: &[1, 2, 31],
            n_sets: 2,
        },
        Case {
            config: TimewarpConfig {
                atom_embedding_dim: 1,
                ignore_conditional_velocity: false,
                internal: None,
                ..config(&[], [1, 1], 5, 1, &[0.2])
            },
            n_atoms: &[67, 3],
            n_sets: 1,
        },
        Case {
            config: TimewarpConfig {
                atom_embedding_dim: 6,
                ..config(&[130], [2, 0], 129, 6, &[0.5, 0.9])
            },
            n_atoms: &[33],
            n_sets: 1,
        },
        Case {
            config: config(&[64], [2, 1], 128, 257, &[0.1, 0.2, 0.5, 0.7, 1.0]),
            n_atoms: &[22, 9],
            n_sets: 3,
        },
    ]
}

#[test]
fn any_sizes_give_what_the_cpu_gives() {
    for Case {
        config,
        n_atoms,
        n_sets,
    } in cases()
    {
        let Some(flow) = gpu(&model(&config, n_sets)) else {
            return;
        };
        let reference = model::<f64>(&config, n_sets);
        let mut stream = stream(11);
        let molecules: Vec<(Vec<usize>, [Vec<f64>; 2])> = n_atoms
            .iter()
            .map(|&n| {
                let elements = (0..n).map(|i| (3 * i + n) % 5).collect();
                (elements, random_state(&mut stream, n, 0.3))
            })
            .collect();
        let from: Vec<_> = molecules
            .iter()
            .map(|(elements, [positions, own])| Conformation {
                elements,
                positions,
                auxiliaries: Some(own),
            })
            .collect();
        let latents: Vec<_> = (0..3 * n_atoms.len())
            .map(|k| random_state(&mut stream, n_atoms[k % n_atoms.len()], 0.1))
            .collect();
        let pairs: Vec<_> = latents
            .iter()
            .enumerate()
            .map(|(k, [positions, auxiliaries])| Pair {
                state: k % n_atoms.len(),
                positions,
                auxiliaries,
            })
            .collect();
        let expected = reference.draws_given(&from, &pairs).unwrap();
        let got = flow.draws_given(&from, &pairs).unwrap();
        let densities = |flow: &dyn TimewarpFlow| {
            let to: Vec<_> = expected
                .iter()
                .zip(&pairs)
                .map(|(drawn, pair)| Pair {
                    state: pair.state,
                    positions: &drawn.positions,
                    auxiliaries: &drawn.auxiliaries,
                })
                .collect();
            flow.log_densities_given(&from, &to).unwrap()
        };
        for (got, expected) in got.iter().zip(&expected) {
            let scale = |values: &[f64]| values.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            let error = worst(&got.positions, &expected.positions) / scale(&expected.positions);
            assert!(error < 1e-5, "{config:?}: {error}");
            let error = worst(&got.auxiliaries, &expected.auxiliaries);
            assert!(
                error < 1e-4 * scale(&expected.auxiliaries),
                "{config:?}: {error}"
            );
            let error = (got.log_density - expected.log_density).abs();
            assert!(error < 5e-3, "{config:?}: {error}");
        }
        let error = worst(&densities(&flow), &densities(&reference));
        assert!(error < 5e-3, "{config:?}: {error}");
    }
}
