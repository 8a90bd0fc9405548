//! Chains whose effective sample size is known: AR(1), and two-state jumps.

use rand::{Rng, RngExt};
use saltus::analysis::SamplerDraws;

/// Chains.
pub(crate) const N_CHAINS: usize = 16;
/// Draws of each.
pub(crate) const N_DRAWS: usize = 4000;

/// Stationary AR(1) chains with unit variance, x' = rho x + sqrt(1 - rho^2) e: N draws are worth N (1 - rho) / (1 + rho).
pub(crate) fn ar1(rho: f64, seed: u64) -> Vec<Vec<f32>> {
    chains(seed, |stream| {
        let mut value = normal(stream);
        (0..N_DRAWS)
            .map(|_| {
                value = rho * value + (1.0 - rho * rho).sqrt() * normal(stream);
                single(value)
            })
            .collect()
    })
}

/// Angles in rad that jump with a probability between two states, as observables `sin_NAME`, `cos_NAME`.
pub(crate) fn jumps(
    name: &str,
    states: [f64; 2],
    probability: f64,
    seed: u64,
) -> [(String, Vec<Vec<f32>>); 2] {
    let angles = chains(seed, |stream| {
        let mut state = 0;
        (0..N_DRAWS)
            .map(|_| {
                if stream.random::<f64>() < probability {
                    state = 1 - state;
                }
                single(states[state] + 0.1 * normal(stream))
            })
            .collect()
    });
    let map = |function: fn(f32) -> f32| {
        angles
            .iter()
            .map(|chain| chain.iter().map(|&x| function(x)).collect())
            .collect()
    };
    [
        (format!("sin_{name}"), map(f32::sin)),
        (format!("cos_{name}"), map(f32::cos)),
    ]
}

/// A sampler that took `wall_seconds`.
pub(crate) fn sampler(
    name: &str,
    wall_seconds: f64,
    observables: Vec<(String, Vec<Vec<f32>>)>,
) -> SamplerDraws {
    SamplerDraws {
        name: name.to_owned(),
        is_plain_md: name.starts_with("md"),
        wall_seconds,
        simulated_ps: 1.0,
        observables,
    }
}

fn chains(seed: u64, mut chain: impl FnMut(&mut dyn Rng) -> Vec<f32>) -> Vec<Vec<f32>> {
    let mut streams = saltus::rng::streams(seed, N_CHAINS);
    streams.iter_mut().map(|stream| chain(stream)).collect()
}

fn normal(stream: &mut dyn Rng) -> f64 {
    let (u, v): (f64, f64) = (stream.random(), stream.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "draws are kept in single precision"
)]
fn single(value: f64) -> f32 {
    value as f32
}
