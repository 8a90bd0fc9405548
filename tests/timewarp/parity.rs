//! The published code's own numbers, computed in f64: log-likelihoods both ways, samples from given latents.

use crate::support::{MODELS, Vectors, condition, pairs, published, worst};
use saltus::flow::Real;
use saltus::flow::timewarp::Timewarp;

/// Largest deviations of log-likelihoods (nats), positions (nm) and auxiliary variables.
fn deviations<R: Real>(model: &Timewarp<R>, vectors: &Vectors) -> [f64; 3] {
    let [x, y, sampled, latent] =
        ["x", "y", "sampled", "latent"].map(|prefix| vectors.variables(prefix));
    let from_x = condition(model, &vectors.elements, &x);
    let from_sampled = condition(model, &vectors.elements, &sampled);
    let mut densities: f64 = 0.0;
    for (name, condition, targets) in [
        ("log_likelihood_y_given_x", &from_x, &y),
        ("log_likelihood_sampled_given_x", &from_x, &sampled),
        ("log_likelihood_x_given_sampled", &from_sampled, &x),
    ] {
        let got = model.log_density(condition, &pairs(targets)).unwrap();
        densities = densities.max(worst(&got, &vectors.get(name)));
    }
    let drawn = model.sample(&from_x, &pairs(&latent)).unwrap();
    let positions: Vec<f64> = drawn.iter().flat_map(|d| d.positions.clone()).collect();
    let own: Vec<f64> = drawn.iter().flat_map(|d| d.auxiliaries.clone()).collect();
    let forward: Vec<f64> = drawn.iter().map(|d| d.log_density).collect();
    densities = densities.max(worst(
        &forward,
        &vectors.get("log_likelihood_sampled_given_x"),
    ));
    [
        densities,
        worst(&positions, &vectors.get("sampled_positions")),
        worst(&own, &vectors.get("sampled_auxiliaries")),
    ]
}

#[test]
fn double_precision_agrees_to_a_hundred_millionth() {
    for name in MODELS {
        let found = deviations(&published::<f64>(name), &Vectors::read(name));
        assert!(found.iter().all(|&d| d < 1e-8), "{name}: {found:?}");
    }
}

#[test]
fn single_precision_agrees_to_rounding() {
    for name in MODELS {
        let found = deviations(&published::<f32>(name), &Vectors::read(name));
        let limits = [5e-3, 1e-5, 1e-4];
        assert!(
            found.iter().zip(limits).all(|(d, limit)| *d < limit),
            "{name}: {found:?}"
        );
    }
}

/// Every tensor counts: a change of a thousandth in any of them shows.
#[test]
fn a_changed_tensor_is_noticed() {
    for name in MODELS {
        let vectors = Vectors::read(name);
        let model = published::<f64>(name);
        let n_tensors = model.layout().tensors.len();
        for tensor in [0, 1, 5, 6, 9, 13, 16, 19, n_tensors - 2, n_tensors - 1] {
            let spec = model.layout().tensors[tensor].clone();
            let mut changed = model.clone();
            changed.update(|parameters| {
                for value in &mut parameters[spec.range()] {
                    *value = *value * 1.001 + 0.001;
                }
            });
            if spec.is_trained {
                let found = deviations(&changed, &vectors);
                assert!(found[0] > 1e-6, "{name}, {}: {found:?}", spec.name);
            }
        }
    }
}
