//! What makes a flow a flow, from the shaders: invertible, with the right volume, blind to translation and to the rest of a batch.

use super::{conformations, gpu, gpu_with};
use crate::support::{
    MODELS, Vectors, pairs, published, random_model, random_state, small_config, stream, worst,
};
use nalgebra::DMatrix;
use saltus::flow::timewarp::{Conformation, Pair, TimewarpFlow};
use saltus::gpu::GpuTimewarpOptions;

#[test]
fn the_way_back_ends_where_it_began() {
    for name in MODELS {
        let (model, vectors) = (published::<f32>(name), Vectors::read(name));
        let Some(flow) = gpu(&model) else { return };
        let x = vectors.variables("x");
        let from = conformations(&vectors.elements, &x);
        let latents = vectors.variables("latent");
        let drawn = flow.draws_given(&from, &pairs(&latents)).unwrap();
        let samples: Vec<_> = drawn
            .iter()
            .map(|d| [d.positions.clone(), d.auxiliaries.clone()])
            .collect();
        let back = flow.latents_given(&from, &pairs(&samples)).unwrap();
        for ((back, latent), drawn) in back.iter().zip(&latents).zip(&drawn) {
            assert!(worst(&back.positions, &latent[0]) < 2e-5);
            assert!(worst(&back.auxiliaries, &latent[1]) < 2e-5);
            assert!((back.log_density - drawn.log_density).abs() < 2e-3);
        }
    }
}

/// ln p(y, v | x) = ln N(z) - ln |d(y, v)/dz|, the derivative by differences of fourth order.
#[test]
fn the_volume_is_that_of_the_numeric_jacobian() {
    let mut config = small_config();
    config.num_coupling_layers = 4;
    let model = random_model::<f32>(&config, 3);
    let Some(flow) = gpu(&model) else { return };
    let mut stream = stream(4);
    let x = [random_state(&mut stream, 3, 0.2)];
    let z = random_state(&mut stream, 3, 0.1).concat();
    let from = conformations(&[0, 1, 2], &x);
    let step = 0.02;
    let mut points = vec![z.clone()];
    for column in 0..18 {
        for shift in [-2.0, -1.0, 1.0, 2.0] {
            let mut point = z.clone();
            point[column] += shift * step;
            points.push(point);
        }
    }
    let pairs: Vec<_> = points
        .iter()
        .map(|point| Pair {
            state: 0,
            positions: &point[..9],
            auxiliaries: &point[9..],
        })
        .collect();
    let drawn = flow.draws_given(&from, &pairs).unwrap();
    let value = |point: usize, row: usize| {
        let drawn = &drawn[point];
        drawn
            .positions
            .iter()
            .chain(&drawn.auxiliaries)
            .nth(row)
            .copied()
            .unwrap()
    };
    let jacobian = DMatrix::from_fn(18, 18, |row, column| {
        let at = |place: usize| value(1 + 4 * column + place, row);
        (8.0 * (at(2) - at(1)) - (at(3) - at(0))) / (12.0 * step)
    });
    let log_det = jacobian.lu().determinant().abs().ln();
    let widths = flow.base_scales();
    let log_base: f64 = z
        .iter()
        .enumerate()
        .map(|(index, z)| {
            let width = widths[index / 9];
            -0.5 * (z / width).powi(2) - (width * (2.0 * std::f64::consts::PI).sqrt()).ln()
        })
        .sum();
    let error = drawn[0].log_density - (log_base - log_det);
    assert!(error.abs() < 2e-3, "{error:.2e}");
    assert!(
        log_det.abs() > 0.1,
        "the volume hardly changes, so this tests little"
    );
}

#[test]
fn translation_changes_nothing() {
    let (model, vectors) = (published::<f32>("aaay"), Vectors::read("aaay"));
    let Some(flow) = gpu(&model) else { return };
    let shift = |states: &[[Vec<f64>; 2]]| -> Vec<[Vec<f64>; 2]> {
        let by = [0.7, -1.3, 2.1];
        let moved = |x: &[f64]| x.iter().enumerate().map(|(i, x)| x + by[i % 3]).collect();
        states.iter().map(|[x, v]| [moved(x), v.clone()]).collect()
    };
    let (x, y) = (vectors.variables("x"), vectors.variables("y"));
    let (x_there, y_there) = (shift(&x), shift(&y));
    let here = conformations(&vectors.elements, &x);
    let there = conformations(&vectors.elements, &x_there);
    let a = flow.log_densities_given(&here, &pairs(&y)).unwrap();
    let b = flow.log_densities_given(&there, &pairs(&y_there)).unwrap();
    assert!(worst(&a, &b) < 1e-3, "{a:?} {b:?}");
    // The condition alone must not move without the target.
    let c = flow.log_densities_given(&there, &pairs(&y)).unwrap();
    assert!(worst(&a, &c) > 1.0);
}

/// Molecules of different sizes side by side, several targets a state, in batches of several sizes: the bits of a loop.
#[test]
fn a_batch_is_a_loop() {
    let model = published::<f32>("alanine_dipeptide");
    let with_rows = |largest_rows| {
        let options = GpuTimewarpOptions {
            largest_rows,
            ..GpuTimewarpOptions::default()
        };
        gpu_with(&model, options)
    };
    let (Some(whole), Some(parts)) = (with_rows(None), with_rows(Some(100))) else {
        return;
    };
    let mut stream = stream(9);
    let molecules = [22, 5, 61, 1].map(|n| {
        let elements: Vec<usize> = (0..n).map(|i| i % 4).collect();
        (elements, random_state(&mut stream, n, 0.3))
    });
    let from: Vec<_> = molecules
        .iter()
        .map(|(elements, [positions, own])| Conformation {
            elements,
            positions,
            auxiliaries: Some(own),
        })
        .collect();
    let targets: Vec<_> = (0..14)
        .map(|k| random_state(&mut stream, molecules[k % 4].0.len(), 0.1))
        .collect();
    let pairs: Vec<_> = targets
        .iter()
        .enumerate()
        .map(|(k, [positions, auxiliaries])| Pair {
            state: k % 4,
            positions,
            auxiliaries,
        })
        .collect();
    let together = whole.draws_given(&from, &pairs).unwrap();
    let densities = whole.log_densities_given(&from, &pairs).unwrap();
    assert_eq!(parts.draws_given(&from, &pairs).unwrap(), together);
    assert_eq!(parts.log_densities_given(&from, &pairs).unwrap(), densities);
    for (index, pair) in pairs.iter().enumerate() {
        let alone = &from[pair.state..=pair.state];
        let pair = [Pair { state: 0, ..*pair }];
        assert_eq!(whole.draws_given(alone, &pair).unwrap()[0], together[index]);
        assert_eq!(
            whole.log_densities_given(alone, &pair).unwrap()[0],
            densities[index]
        );
    }
}

/// What is broken must show, and only where it is broken.
#[test]
fn numbers_that_are_none_stay_with_their_conformation() {
    let (model, vectors) = (
        published::<f32>("alanine_dipeptide"),
        Vectors::read("alanine_dipeptide"),
    );
    let Some(flow) = gpu(&model) else { return };
    let x = vectors.variables("x");
    let from = conformations(&vectors.elements, &x);
    let mut y = vectors.variables("y");
    let expected = flow.log_densities_given(&from, &pairs(&y)).unwrap();
    y[1][1][7] = f64::NAN;
    let got = flow.log_densities_given(&from, &pairs(&y)).unwrap();
    assert!(got[1].is_nan(), "{got:?}");
    for place in [0, 2, 3] {
        assert_eq!(got[place], expected[place]);
    }
}
