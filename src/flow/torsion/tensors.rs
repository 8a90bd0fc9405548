//! Networks with their scales as named tensors, and back.

use safetensors::SafeTensors;

use super::head::Head;
use super::mixture::MixtureShape;
use super::network::Network;
use crate::flow::Dense;
use crate::flow::nn::tensors::{NamedTensor, named_tensor, read_tensor};
use crate::flow::nn::weights_error::WeightsError;

/// A network with its scales, every tensor's name beginning with `name`.
#[must_use]
pub fn head_tensors(name: &str, head: &Head) -> Vec<NamedTensor> {
    let mut tensors = Vec::new();
    let mut add = |what: String, shape: Vec<usize>, values: &[f32]| {
        tensors.push(named_tensor(format!("{name}.{what}"), shape, values));
    };
    add("mean".to_owned(), vec![head.mean.len()], &head.mean);
    add("scale".to_owned(), vec![head.scale.len()], &head.scale);
    for (index, layer) in head.network.layers.iter().enumerate() {
        let shape = vec![layer.n_out, layer.n_in];
        add(format!("layer{index}.weight"), shape, &layer.weights);
        add(format!("layer{index}.bias"), vec![layer.n_out], &layer.bias);
    }
    tensors
}

/// Reads what [`head_tensors`] made of a density of `n_angles` angles.
///
/// # Errors
/// [`WeightsError::Tensor`] and [`WeightsError::NotFinite`].
pub fn read_head(
    name: &str,
    n_angles: usize,
    tensors: &SafeTensors<'_>,
) -> Result<Head, WeightsError> {
    let vector = |what: &str| read_tensor(tensors, &format!("{name}.{what}"), 1);
    let (mean, scale) = (vector("mean")?.1, vector("scale")?.1);
    let mut layers: Vec<Dense> = Vec::new();
    loop {
        let weight = format!("{name}.layer{}.weight", layers.len());
        if layers.len() >= 2 && tensors.tensor(&weight).is_err() {
            break;
        }
        let (shape, weights) = read_tensor(tensors, &weight, 2)?;
        let bias = vector(&format!("layer{}.bias", layers.len()))?.1;
        let n_before = layers.last().map_or(shape[1], |layer| layer.n_out);
        if bias.len() != shape[0] || shape[1] != n_before {
            return Err(WeightsError::Tensor {
                reason: format!("has the shape {shape:?}, which does not fit the layers beside it"),
                name: weight,
            });
        }
        layers.push(Dense {
            n_in: shape[1],
            n_out: shape[0],
            weights,
            bias,
        });
    }
    let network = Network { layers };
    let per_component = if n_angles == 1 { 3 } else { 6 };
    if scale.len() != mean.len()
        || mean.len() > network.n_in()
        || !network.n_out().is_multiple_of(per_component)
    {
        return Err(WeightsError::Tensor {
            name: format!("{name}.mean"),
            reason: format!("has {} values, which does not fit the network", mean.len()),
        });
    }
    let n_components = network.n_out() / per_component;
    Ok(Head {
        mean,
        scale,
        network,
        shape: MixtureShape {
            n_components,
            n_angles,
        },
    })
}
