//! What makes a flow a flow: invertible, with the right volume, blind to translation and to the order of atoms.

use crate::support::{
    MODELS, Vectors, condition, pairs, published, random_model, random_state, small_config, stream,
    worst,
};
use nalgebra::DMatrix;
use saltus::flow::timewarp::{Conformation, Pair};

#[test]
fn the_way_back_ends_where_it_began() {
    for name in MODELS {
        let (model, vectors) = (published::<f64>(name), Vectors::read(name));
        let condition = condition(&model, &vectors.elements, &vectors.variables("x"));
        let latents = vectors.variables("latent");
        let drawn = model.sample(&condition, &pairs(&latents)).unwrap();
        let samples: Vec<_> = drawn
            .iter()
            .map(|d| [d.positions.clone(), d.auxiliaries.clone()])
            .collect();
        let back = model.latents(&condition, &pairs(&samples)).unwrap();
        for ((back, latent), drawn) in back.iter().zip(&latents).zip(&drawn) {
            assert!(worst(&back.positions, &latent[0]) < 1e-12);
            assert!(worst(&back.auxiliaries, &latent[1]) < 1e-12);
            assert!((back.log_density - drawn.log_density).abs() < 1e-9);
        }
    }
}

/// ln p(y, v | x) = ln N(z) - ln |d(y, v)/dz| with the derivative taken by differences.
#[test]
fn the_volume_is_that_of_the_numeric_jacobian() {
    for ignore in [true, false] {
        let mut config = small_config();
        config.ignore_conditional_velocity = ignore;
        config.num_coupling_layers = 4;
        let model = random_model::<f64>(&config, 3);
        let elements = [0, 1, 2, 1];
        let mut stream = stream(4);
        let x = random_state(&mut stream, 4, 0.2);
        let z = random_state(&mut stream, 4, 0.1).concat();
        let condition = condition(&model, &elements, &[x]);
        let sample = |z: &[f64]| {
            let pair = Pair {
                state: 0,
                positions: &z[..12],
                auxiliaries: &z[12..],
            };
            let drawn = model.sample(&condition, &[pair]).unwrap().remove(0);
            (
                [drawn.positions, drawn.auxiliaries].concat(),
                drawn.log_density,
            )
        };
        let step = 1e-6;
        let jacobian = DMatrix::from_fn(24, 24, |_, _| 0.0);
        let jacobian = (0..24).fold(jacobian, |mut jacobian, column| {
            let mut shifted = z.clone();
            shifted[column] += step;
            let (up, _) = sample(&shifted);
            shifted[column] -= 2.0 * step;
            let (down, _) = sample(&shifted);
            for row in 0..24 {
                jacobian[(row, column)] = (up[row] - down[row]) / (2.0 * step);
            }
            jacobian
        });
        let log_det = jacobian.lu().determinant().abs().ln();
        let [wide, own] = model.base_scales();
        let log_base: f64 = z
            .iter()
            .enumerate()
            .map(|(index, z)| {
                let width = if index < 12 { wide } else { own };
                -0.5 * (z / width).powi(2) - (width * (2.0 * std::f64::consts::PI).sqrt()).ln()
            })
            .sum();
        let (_, log_density) = sample(&z);
        let error = log_density - (log_base - log_det);
        assert!(error.abs() < 1e-6, "ignore {ignore}: {error:.2e}");
        assert!(
            log_det.abs() > 0.1,
            "the volume hardly changes, so this tests little"
        );
    }
}

#[test]
fn translation_changes_nothing() {
    let (model, vectors) = (published::<f64>("aaay"), Vectors::read("aaay"));
    let shift = |states: &[[Vec<f64>; 2]]| -> Vec<[Vec<f64>; 2]> {
        let by = [0.7, -1.3, 2.1];
        let moved = |x: &[f64]| x.iter().enumerate().map(|(i, x)| x + by[i % 3]).collect();
        states.iter().map(|[x, v]| [moved(x), v.clone()]).collect()
    };
    let (x, y) = (vectors.variables("x"), vectors.variables("y"));
    let here = condition(&model, &vectors.elements, &x);
    let there = condition(&model, &vectors.elements, &shift(&x));
    let a = model.log_density(&here, &pairs(&y)).unwrap();
    let b = model.log_density(&there, &pairs(&shift(&y))).unwrap();
    assert!(worst(&a, &b) < 1e-9, "{a:?} {b:?}");
    // The condition alone must not move without the target.
    let c = model.log_density(&there, &pairs(&y)).unwrap();
    assert!(worst(&a, &c) > 1.0);
}

#[test]
fn atoms_may_come_in_any_order() {
    let (model, vectors) = (
        published::<f64>("alanine_dipeptide"),
        Vectors::read("alanine_dipeptide"),
    );
    let n_atoms = vectors.elements.len();
    let order: Vec<usize> = (0..n_atoms).map(|i| (7 * i + 3) % n_atoms).collect();
    let permute = |values: &[f64]| -> Vec<f64> {
        order
            .iter()
            .flat_map(|&i| values[3 * i..3 * i + 3].to_vec())
            .collect()
    };
    let both = |states: &[[Vec<f64>; 2]]| -> Vec<[Vec<f64>; 2]> {
        states
            .iter()
            .map(|[x, v]| [permute(x), permute(v)])
            .collect()
    };
    let elements: Vec<usize> = order.iter().map(|&i| vectors.elements[i]).collect();
    let (x, z) = (vectors.variables("x"), vectors.variables("latent"));
    let plain = condition(&model, &vectors.elements, &x);
    let permuted = condition(&model, &elements, &both(&x));
    let a = model.sample(&plain, &pairs(&z)).unwrap();
    let b = model.sample(&permuted, &pairs(&both(&z))).unwrap();
    for (a, b) in a.iter().zip(&b) {
        assert!(worst(&permute(&a.positions), &b.positions) < 1e-12);
        assert!((a.log_density - b.log_density).abs() < 1e-9);
    }
    let wrong = condition(&model, &vectors.elements, &both(&x));
    let c = model.sample(&wrong, &pairs(&both(&z))).unwrap();
    assert!(
        (a[0].log_density - c[0].log_density).abs() > 1e-3,
        "elements count"
    );
}

/// Molecules of different sizes side by side, several targets a state, more rows than a chunk: the bits of a loop.
#[test]
fn a_batch_is_a_loop() {
    let model = published::<f32>("alanine_dipeptide");
    let mut stream = stream(9);
    let molecules: Vec<(Vec<usize>, [Vec<f64>; 2])> = [22, 5, 61, 1]
        .map(|n| {
            (
                (0..n).map(|i| i % 4).collect(),
                random_state(&mut stream, n, 0.3),
            )
        })
        .to_vec();
    let conformations: Vec<_> = molecules
        .iter()
        .map(|(elements, [positions, own])| Conformation {
            elements,
            positions,
            auxiliaries: Some(own),
        })
        .collect();
    let targets: Vec<(usize, [Vec<f64>; 2])> = (0..40)
        .map(|k| {
            (
                k % 4,
                random_state(&mut stream, molecules[k % 4].0.len(), 0.1),
            )
        })
        .collect();
    fn pair((state, [positions, auxiliaries]): &(usize, [Vec<f64>; 2])) -> Pair<'_> {
        Pair {
            state: *state,
            positions,
            auxiliaries,
        }
    }
    let condition = model.condition(&conformations).unwrap();
    let pairs: Vec<_> = targets.iter().map(pair).collect();
    let together = model.sample(&condition, &pairs).unwrap();
    let densities = model.log_density(&condition, &pairs).unwrap();
    for (index, target) in targets.iter().enumerate() {
        let alone = model
            .condition(&conformations[target.0..=target.0])
            .unwrap();
        let pair = [Pair {
            state: 0,
            ..pair(target)
        }];
        assert_eq!(model.sample(&alone, &pair).unwrap()[0], together[index]);
        assert_eq!(
            model.log_density(&alone, &pair).unwrap()[0],
            densities[index]
        );
    }
}
