//! What two runs must share for one to continue the other, and how their difference is told.

use serde_json::Value;

use crate::cli::config::{LoadedConfig, Origin};
use crate::cli::error::CliError;
use crate::cli::setup::Prepared;
use crate::integrator::Engine;
use crate::proposal::BUILTIN_MODEL;
use crate::trajectory::RunIdentity;

/// Keys that may change between a run and its continuation: they change no number of it.
const FREE_KEYS: [(&str, &str); 4] = [
    ("run", "cycles"),
    ("run", "until"),
    ("output", "directory"),
    ("output", "checkpoint_minutes"),
];

/// Keys of kernels that name files, and the end of the keys that hold their hashes.
const FILE_KEYS: [&str; 2] = ["model", "config"];
const HASH_KEY: &str = "_blake3";

/// The identity of a run: its settings with the files that they name, its system, its device.
pub(super) fn of(loaded: &LoadedConfig, prepared: &Prepared, engine: &dyn Engine) -> RunIdentity {
    let system = format!("{:?} {:?}", prepared.molecule.topology, prepared.system);
    RunIdentity {
        input: settings(loaded).to_string(),
        system_blake3: RunIdentity::hash(system.as_bytes()),
        device: engine.arithmetic(),
    }
}

/// The seed of a run.
pub(super) fn seed(identity: &RunIdentity) -> Option<u64> {
    let input: Value = serde_json::from_str(&identity.input).ok()?;
    input["seed"].as_u64()
}

fn settings(loaded: &LoadedConfig) -> Value {
    let mut value = serde_json::to_value(&loaded.config)
        .expect("invariant: a checked input has only finite numbers");
    if let Some(sampler) = value.get_mut("sampler") {
        add_hashes(sampler, loaded);
    }
    let origin = loaded.config.system.origin();
    for (key, _) in origin.map_or(&[][..], Origin::meaningless_keys) {
        if let Some(Value::Object(keys)) = value.get_mut("system") {
            keys.remove(*key);
        }
    }
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

/// Puts the hash of a model's file beside its path, however deep the kernel that names it is nested.
fn add_hashes(value: &mut Value, loaded: &LoadedConfig) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|entry| add_hashes(entry, loaded)),
        Value::Object(keys) => {
            for key in FILE_KEYS {
                let name = keys.get(key).and_then(Value::as_str);
                let path = name
                    .filter(|name| *name != BUILTIN_MODEL)
                    .map(|name| loaded.resolve(name));
                // A file that cannot be read has stopped the run before.
                if let Some(bytes) = path.and_then(|path| std::fs::read(path).ok()) {
                    let hash = RunIdentity::hash(&bytes);
                    keys.insert(format!("{key}{HASH_KEY}"), hash.into());
                }
            }
            let nested = keys.values_mut();
            nested.for_each(|entry| add_hashes(entry, loaded));
        }
        _ => {}
    }
}

/// A fault for the first setting that differs from the checkpoint's, if one does.
pub(super) fn difference(loaded: &LoadedConfig, checkpoint_input: &str) -> Option<CliError> {
    let before: Value = serde_json::from_str(checkpoint_input).ok()?;
    let now = settings(loaded);
    let (path, before, now) = first_difference("", &before, &now)?;
    if let Some(path) = path.strip_suffix(HASH_KEY) {
        let fault = loaded.source.fault_at(
            path,
            &format!("the file is another than the run to be resumed had: its BLAKE3 hash is {now}, that was {before}"),
            "put that file back, or start a new run in another folder (`--output DIR`)",
        );
        return Some(fault.into());
    }
    let fault = loaded.source.fault_at(
        &path,
        &format!("got {now}, but the run to be resumed has {before}"),
        "resume with the input of that run, or start a new one in another folder (`--output DIR`); only run.cycles, run.until, threads, output.directory and output.checkpoint_minutes may change",
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
