//! What two runs must share for one to continue the other, and how their difference is told.

use serde_json::Value;

use crate::cli::config::{Config, LoadedConfig};
use crate::cli::error::CliError;
use crate::cli::setup::Prepared;
use crate::integrator::Engine;
use crate::trajectory::RunIdentity;

/// Keys that may change between a run and its continuation: they change no number of it.
const FREE_KEYS: [(&str, &str); 3] = [
    ("run", "cycles"),
    ("output", "directory"),
    ("output", "checkpoint_minutes"),
];

/// The identity of a run: its settings, its system, its device.
pub(super) fn of(config: &Config, prepared: &Prepared, engine: &dyn Engine) -> RunIdentity {
    let system = format!("{:?} {:?}", prepared.molecule.topology, prepared.system);
    RunIdentity {
        input: settings(config).to_string(),
        system_blake3: RunIdentity::hash(system.as_bytes()),
        device: engine.description(),
    }
}

fn settings(config: &Config) -> Value {
    let mut value =
        serde_json::to_value(config).expect("invariant: a checked input has only finite numbers");
    for (section, key) in FREE_KEYS {
        if let Some(Value::Object(keys)) = value.get_mut(section) {
            keys.remove(key);
        }
    }
    for key in ["threads", "device"] {
        if let Value::Object(keys) = &mut value {
            keys.remove(key);
        }
    }
    value
}

/// A fault for the first setting that differs from the checkpoint's, if one does.
pub(super) fn difference(loaded: &LoadedConfig, checkpoint_input: &str) -> Option<CliError> {
    let before: Value = serde_json::from_str(checkpoint_input).ok()?;
    let now = settings(&loaded.config);
    let (path, before, now) = first_difference("", &before, &now)?;
    let fault = loaded.source.fault_at(
        &path,
        &format!("got {now}, but the run to be resumed has {before}"),
        "resume with the input of that run, or start a new one in another folder (`--output DIR`); only run.cycles, threads, output.directory and output.checkpoint_minutes may change",
    );
    Some(fault.into())
}

fn first_difference(path: &str, before: &Value, now: &Value) -> Option<(String, String, String)> {
    match (before, now) {
        (Value::Object(old), Value::Object(new)) => {
            let keys = new
                .keys()
                .chain(old.keys().filter(|key| !new.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let (old, new) = (old.get(key), new.get(key));
                first_difference(
                    &path,
                    old.unwrap_or(&Value::Null),
                    new.unwrap_or(&Value::Null),
                )
            })
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let mut pairs = old.iter().zip(new).enumerate();
            pairs.find_map(|(index, (old, new))| {
                first_difference(&format!("{path}[{index}]"), old, new)
            })
        }
        (old, new) if old == new => None,
        (old, new) => Some((path.to_owned(), shown(old), shown(new))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::first_difference;
    use serde_json::json;

    #[test]
    fn the_first_differing_leaf_is_named() {
        let before = json!({"a": 1, "list": [{"x": {"steps": 3}}]});
        let now = json!({"a": 1, "list": [{"x": {"steps": 4}}]});
        let (path, old, new) = first_difference("", &before, &now).unwrap();
        assert_eq!(
            (path.as_str(), old.as_str(), new.as_str()),
            ("list[0].x.steps", "3", "4")
        );
        assert!(first_difference("", &now, &now).is_none());
    }
}
