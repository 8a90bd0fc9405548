//! A training in progress as one file: the fits so far, and what they are fits of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde_json::Value;

use super::corpus::write_whole;
use super::dataset::Part;
use super::error::TrainingError;
use super::fit::{Fit, FitSettings, Place};
use crate::flow::torsion::to_bytes;

/// Version of the files; others are refused.
const VERSION: &str = "saltus-torsion-leap-checkpoint-1";

/// Longest excerpt of a value in a message.
const MAX_EXCERPT: usize = 80;

/// The file of a training in progress.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    path: PathBuf,
}

/// What was read of it.
pub(crate) struct Stored {
    path: PathBuf,
    identity: Value,
    places: Vec<Place>,
    bytes: Vec<u8>,
}

impl Checkpoint {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Writes the fits so far, whole or not at all.
    ///
    /// # Errors
    /// [`TrainingError::File`], for example on a full disk; an older checkpoint then stays.
    pub(super) fn write(&self, identity: &Value, fits: &[&Fit]) -> Result<(), TrainingError> {
        let parts = Part::EACH.into_iter().zip(fits);
        let tensors: Vec<_> = parts
            .flat_map(|(part, fit)| fit.tensors(part.key()))
            .collect();
        let places: Vec<&Place> = fits.iter().map(|fit| fit.place()).collect();
        let json = |value: Result<String, serde_json::Error>| {
            value.expect("invariant: places and settings are plain data")
        };
        let header = HashMap::from([
            ("version".to_owned(), VERSION.to_owned()),
            ("identity".to_owned(), identity.to_string()),
            ("places".to_owned(), json(serde_json::to_string(&places))),
        ]);
        write_whole(&self.path, &to_bytes(&tensors, header))
    }

    /// Reads the file, if it is there.
    ///
    /// # Errors
    /// [`TrainingError::File`] and [`TrainingError::Content`].
    pub(super) fn read(&self) -> Result<Option<Stored>, TrainingError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(TrainingError::File {
                    action: "read",
                    path: self.path.clone(),
                    reason: error.to_string(),
                    remedy: "make it readable, or start anew with --force",
                });
            }
        };
        let (identity, places) = header(&bytes).map_err(|reason| self.content(reason))?;
        Ok(Some(Stored {
            path: self.path.clone(),
            identity,
            places,
            bytes,
        }))
    }

    /// Removes the file of a training that is done.
    pub(super) fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!("cannot remove {}: {error}", self.path.display());
        }
    }

    fn content(&self, reason: String) -> TrainingError {
        content(&self.path, reason)
    }
}

fn content(path: &Path, reason: String) -> TrainingError {
    TrainingError::Content {
        path: path.to_owned(),
        expected: "a checkpoint of a training",
        reason,
        remedy: "delete it, or start anew with --force",
    }
}

fn header(bytes: &[u8]) -> Result<(Value, Vec<Place>), String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let entries = header.metadata().clone().unwrap_or_default();
    let version = entries.get("version").map_or("none", String::as_str);
    if version != VERSION {
        return Err(format!("its version is {version}, expected {VERSION}"));
    }
    let entry = |key: &str| entries.get(key).map_or("", String::as_str);
    let places: Vec<Place> =
        serde_json::from_str(entry("places")).map_err(|error| error.to_string())?;
    if places.len() > Part::EACH.len() {
        return Err(format!("it has {} fits", places.len()));
    }
    let identity = serde_json::from_str(entry("identity")).map_err(|error| error.to_string())?;
    Ok((identity, places))
}

impl Stored {
    /// Refuses a checkpoint that differs in any of the values of `expected`.
    ///
    /// # Errors
    /// [`TrainingError::OtherTraining`].
    pub(super) fn check(&self, expected: &Value) -> Result<(), TrainingError> {
        match first_difference("", &self.identity, expected) {
            None => Ok(()),
            Some([key, got, expected]) => Err(TrainingError::OtherTraining {
                path: self.path.clone(),
                key,
                got,
                expected,
            }),
        }
    }

    /// The fits that the file holds, in the order of [`Part::EACH`].
    ///
    /// # Errors
    /// [`TrainingError::Content`].
    pub(super) fn fits(self, settings: [FitSettings; 2]) -> Result<Vec<Fit>, TrainingError> {
        let fail = |reason: String| content(&self.path, reason);
        let tensors =
            SafeTensors::deserialize(&self.bytes).map_err(|error| fail(error.to_string()))?;
        let parts = Part::EACH.into_iter().zip(settings);
        let fits = self.places.into_iter().zip(parts);
        fits.map(|(place, (part, settings))| {
            Fit::resume(settings, place, part.key(), &tensors)
                .map_err(|error| fail(error.to_string()))
        })
        .collect()
    }
}

/// Key, stored and expected value of the first of the expected values that is stored otherwise.
fn first_difference(path: &str, stored: &Value, expected: &Value) -> Option<[String; 3]> {
    if let Value::Object(entries) = expected {
        return entries.iter().find_map(|(key, expected)| {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            first_difference(&path, &stored[key], expected)
        });
    }
    let excerpt = |value: &Value| {
        let text = value.to_string();
        match text.char_indices().nth(MAX_EXCERPT) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    };
    (stored != expected).then(|| [path.to_owned(), excerpt(stored), excerpt(expected)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named() {
        let stored = json!({"a": {"b": 1, "c": [2, 3]}, "d": "x"});
        let find = |expected: &Value| first_difference("", &stored, expected);
        assert_eq!(find(&json!({"a": {"c": [2, 3]}})), None);
        let found = find(&json!({"a": {"b": 1, "c": [2, 4]}}));
        assert_eq!(found, Some(["a.c", "[2,3]", "[2,4]"].map(str::to_owned)));
        let found = find(&json!({"e": 1}));
        assert_eq!(found, Some(["e", "null", "1"].map(str::to_owned)));
    }
}
