//! Named tensors of 32-bit numbers as the bytes of a safetensors file, and back.

use super::weights_error::WeightsError;
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use std::collections::HashMap;

/// Name, shape and little-endian f32 of a tensor.
pub type NamedTensor = (String, Vec<usize>, Vec<u8>);

/// Tensors and what the file says of itself, as the bytes of a file.
///
/// # Panics
/// If two tensors have the same name, or a shape does not fit its values.
#[must_use]
pub fn to_bytes(tensors: &[NamedTensor], header: HashMap<String, String>) -> Vec<u8> {
    serialized(tensors, header).expect("invariant: tensors have distinct names and fitting shapes")
}

/// The same where names or shapes may be wrong.
pub(super) fn serialized(
    tensors: &[NamedTensor],
    header: HashMap<String, String>,
) -> Result<Vec<u8>, SafeTensorError> {
    let mut views = Vec::with_capacity(tensors.len());
    for (name, shape, bytes) in tensors {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes)?;
        views.push((name, view));
    }
    safetensors::serialize(views, Some(header))
}

/// One array as a tensor.
#[must_use]
pub fn named_tensor(name: String, shape: Vec<usize>, values: &[f32]) -> NamedTensor {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    (name, shape, bytes.collect())
}

/// Shape and values of one tensor.
///
/// # Errors
/// [`WeightsError::Tensor`] where it is missing or of another rank, [`WeightsError::NotFinite`].
pub fn read_tensor(
    tensors: &SafeTensors<'_>,
    name: &str,
    rank: usize,
) -> Result<(Vec<usize>, Vec<f32>), WeightsError> {
    let fault = |reason: String| WeightsError::Tensor {
        name: name.to_owned(),
        reason,
    };
    let view = tensors
        .tensor(name)
        .map_err(|_| fault("is missing".to_owned()))?;
    if view.dtype() != Dtype::F32 || view.shape().len() != rank {
        return Err(fault(format!(
            "is {:?} {:?}, expected f32 of rank {rank}",
            view.dtype(),
            view.shape()
        )));
    }
    let words = view.data().as_chunks().0.iter();
    let values: Vec<f32> = words.map(|word| f32::from_le_bytes(*word)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(WeightsError::NotFinite {
            name: name.to_owned(),
        });
    }
    Ok((view.shape().to_vec(), values))
}
