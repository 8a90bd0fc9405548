//! Where a model's configuration stands beside its weights.

use super::config::{TimewarpConfig, read_config};
use super::error::TimewarpError;
use super::model::Timewarp;
use crate::flow::nn::real::Real;
use crate::flow::nn::tensor_file::TensorFile;
use std::path::{Path, PathBuf};

/// Key under which our own files carry their configuration.
pub const CONFIG_REMARK: &str = "config";

/// Loads weights with their configuration: the file given, or the one within the weights (ours have it), or
/// `NAME.config.json` beside `NAME.safetensors` or `NAME.weights.safetensors`.
///
/// # Errors
/// [`TimewarpError`], also when there is no configuration.
pub fn load_model<R: Real>(
    weights: &Path,
    config: Option<&Path>,
) -> Result<Timewarp<R>, TimewarpError> {
    let config = match config {
        Some(path) => read_config(path)?,
        None => own_config(weights)?,
    };
    Timewarp::load(config, weights)
}

fn own_config(weights: &Path) -> Result<TimewarpConfig, TimewarpError> {
    let file = TensorFile::open(weights)?;
    if let Some(text) = file.remark(CONFIG_REMARK) {
        let config: TimewarpConfig =
            serde_json::from_str(text).map_err(|error| TimewarpError::ConfigFile {
                path: weights.to_owned(),
                reason: format!(
                    "the configuration within is unreadable: {error}; if an earlier version wrote it, train the model again"
                ),
            })?;
        config.check()?;
        return Ok(config);
    }
    let beside = beside(weights);
    if !beside.is_file() {
        return Err(TimewarpError::ConfigFile {
            path: weights.to_owned(),
            reason: format!(
                "there is no configuration within, nor beside it as {}; name its file with `config`",
                beside.display()
            ),
        });
    }
    read_config(&beside)
}

/// `NAME.config.json` for `NAME.safetensors` and `NAME.weights.safetensors`.
fn beside(weights: &Path) -> PathBuf {
    let name = weights.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(".safetensors");
    let stem = stem.trim_end_matches(".weights");
    weights.with_file_name(format!("{stem}.config.json"))
}
