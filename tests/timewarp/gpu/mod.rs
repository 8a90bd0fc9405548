//! Timewarp models on the GPU against the published vectors and the CPU; on a real GPU where there is one, else on software
//! Vulkan. Without any adapter the tests say so on stderr and pass; with `CI` or `SALTUS_REQUIRE_GPU` set they fail.

mod faults;
mod limits;
mod odd_sizes;
mod parity;
mod program;
mod properties;
mod proposal;
mod reflection;

use crate::adapter::choice;
use crate::support::{Vectors, pairs, worst};
use saltus::flow::timewarp::{Conformation, Timewarp, TimewarpFlow};
use saltus::gpu::{GpuTimewarp, GpuTimewarpOptions};

/// A model on the tests' adapter with everything else as given.
fn gpu_with(model: &Timewarp<f32>, options: GpuTimewarpOptions) -> Option<GpuTimewarp> {
    let options = GpuTimewarpOptions {
        choice: choice()?,
        ..options
    };
    Some(GpuTimewarp::new(model, &options).unwrap())
}

/// A model as users get it.
fn gpu(model: &Timewarp<f32>) -> Option<GpuTimewarp> {
    gpu_with(model, GpuTimewarpOptions::default())
}

/// Conformations of one molecule.
fn conformations<'a>(elements: &'a [usize], states: &'a [[Vec<f64>; 2]]) -> Vec<Conformation<'a>> {
    let conformation = |[positions, own]: &'a [Vec<f64>; 2]| Conformation {
        elements,
        positions,
        auxiliaries: Some(own),
    };
    states.iter().map(conformation).collect()
}

/// Largest deviations of log-likelihoods (nats), positions (nm) and auxiliary variables from the published vectors.
fn deviations(flow: &dyn TimewarpFlow, vectors: &Vectors) -> [f64; 3] {
    let [x, y, sampled, latent] =
        ["x", "y", "sampled", "latent"].map(|prefix| vectors.variables(prefix));
    let mut found = [0.0_f64; 3];
    for (name, from, to) in [
        ("log_likelihood_y_given_x", &x, &y),
        ("log_likelihood_sampled_given_x", &x, &sampled),
        ("log_likelihood_x_given_sampled", &sampled, &x),
    ] {
        let from = conformations(&vectors.elements, from);
        let got = flow.log_densities_given(&from, &pairs(to)).unwrap();
        found[0] = larger(found[0], worst(&got, &vectors.get(name)));
    }
    let from = conformations(&vectors.elements, &x);
    let drawn = flow.draws_given(&from, &pairs(&latent)).unwrap();
    let positions: Vec<f64> = drawn.iter().flat_map(|d| d.positions.clone()).collect();
    let own: Vec<f64> = drawn.iter().flat_map(|d| d.auxiliaries.clone()).collect();
    let forward: Vec<f64> = drawn.iter().map(|d| d.log_density).collect();
    let expected = vectors.get("log_likelihood_sampled_given_x");
    [
        larger(found[0], worst(&forward, &expected)),
        worst(&positions, &vectors.get("sampled_positions")),
        worst(&own, &vectors.get("sampled_auxiliaries")),
    ]
}

/// The larger of two, or NaN.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

fn are_small(found: [f64; 3]) -> bool {
    let limits = [5e-3, 1e-5, 1e-4];
    found.iter().zip(limits).all(|(d, limit)| *d < limit)
}
