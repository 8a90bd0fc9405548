//! Parameters to start training from.

use super::layout::{Layout, LinearLayout, NetworkLayout};
use crate::flow::timewarp::config::TimewarpConfig;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// ln of the base's standard deviation of positions at the start, in nm; whitened coordinates have 1.
const POSITION_LOG_SCALE: f64 = -2.3;

/// Random parameters in the order of [`Layout`].
///
/// Weights and biases of linear maps are uniform within 1/sqrt(n_inputs), embeddings normal, layer norms neutral. The
/// last map of every network is smaller by `output_scale`: at 0 the flow starts as the identity, y = x + base noise.
#[must_use]
pub fn initial_parameters(config: &TimewarpConfig, output_scale: f64, seed: u64) -> Vec<f64> {
    let layout = Layout::new(config);
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut parameters = vec![0.0; layout.n_parameters];
    let embedding = layout.tensor_at(layout.embedding_start).range();
    for value in &mut parameters[embedding] {
        *value = stream.sample(StandardNormal);
    }
    for network in layout.couplings.iter().flatten() {
        fill(config, network, output_scale, &mut parameters, &mut stream);
    }
    if config.internal.is_none() {
        parameters[layout.base_starts[0]] = POSITION_LOG_SCALE;
    }
    parameters
}

fn fill(
    config: &TimewarpConfig,
    network: &NetworkLayout,
    output_scale: f64,
    parameters: &mut [f64],
    stream: &mut Xoshiro256PlusPlus,
) {
    let (d, n_heads) = (config.d_model, config.n_heads());
    let mut uniform = |start: usize, length: usize, n_inputs: usize, scale: f64| {
        let bound = scale / (n_inputs as f64).sqrt();
        for value in &mut parameters[start..start + length] {
            *value = bound * (2.0 * stream.random::<f64>() - 1.0);
        }
    };
    let mut linear = |map: &LinearLayout, scale: f64| {
        let size = map.n_inputs * map.n_outputs;
        uniform(map.weight_start, size, map.n_inputs, scale);
        uniform(map.bias_start, map.n_outputs, map.n_inputs, scale);
    };
    for map in &network.in_mlp {
        linear(map, 1.0);
    }
    for encoder in &network.encoders {
        linear(&encoder.expand, 1.0);
        linear(&encoder.contract, 1.0);
    }
    for (index, map) in network.out_mlp.iter().enumerate() {
        let is_last = index + 1 == network.out_mlp.len();
        linear(map, if is_last { output_scale } else { 1.0 });
    }
    for encoder in &network.encoders {
        uniform(encoder.values_start, n_heads * d * d, d, 1.0);
        uniform(encoder.projection_start, n_heads * d * d, n_heads * d, 1.0);
    }
    for encoder in &network.encoders {
        for norm in [encoder.norm_1, encoder.norm_2] {
            parameters[norm.weight_start..norm.weight_start + d].fill(1.0);
        }
        let start = encoder.lengthscales_start;
        parameters[start..start + n_heads].copy_from_slice(&config.lengthscales_nm);
    }
}
