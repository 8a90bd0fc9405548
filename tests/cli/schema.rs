//! The JSON schemas hold every input that ships, and refuse wrong ones.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::support::saltus;

fn schema(of: &str) -> Value {
    let output = saltus().args(["schema", of]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An input file as a JSON value.
fn input(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What a schema has against a value; of the standard only what the schemas use, and any other word is an error.
struct Validator<'a> {
    root: &'a Value,
}

impl Validator<'_> {
    fn faults(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let Some(words) = schema.as_object() else {
            return vec![];
        };
        let mut faults = Vec::new();
        for (word, rule) in words {
            faults.extend(self.check(word, rule, words, value, place));
        }
        faults
    }

    fn check(
        &self,
        word: &str,
        rule: &Value,
        words: &serde_json::Map<String, Value>,
        value: &Value,
        place: &str,
    ) -> Vec<String> {
        let refuse = |is_fine: bool| match is_fine {
            true => vec![],
            false => vec![format!("{place}: {value} is against {word} {rule}")],
        };
        match word {
            "$ref" => {
                let name = rule.as_str().unwrap().trim_start_matches("#/$defs/");
                self.faults(&self.root["$defs"][name], value, place)
            }
            "type" => {
                let is = |kind: &Value| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("unknown type {other}"),
                };
                refuse(
                    rule.as_array()
                        .map_or_else(|| is(rule), |any| any.iter().any(is)),
                )
            }
            "enum" => refuse(rule.as_array().unwrap().contains(value)),
            "const" => refuse(rule == value),
            "minimum" => refuse(value.as_f64().is_none_or(|x| x >= rule.as_f64().unwrap())),
            "anyOf" | "oneOf" => {
                let options = rule.as_array().unwrap().iter();
                let all: Vec<_> = options.map(|o| self.faults(o, value, place)).collect();
                match all.iter().any(Vec::is_empty) {
                    true => vec![],
                    false => all.concat(),
                }
            }
            "properties" => {
                let keys = rule.as_object().unwrap().iter();
                keys.filter_map(|(key, rule)| Some((key, rule, value.get(key)?)))
                    .flat_map(|(key, rule, value)| {
                        self.faults(rule, value, &format!("{place}.{key}"))
                    })
                    .collect()
            }
            "additionalProperties" => {
                assert_eq!(rule, false);
                let known = |key: &String| words["properties"].get(key).is_some();
                refuse(value.as_object().is_none_or(|own| own.keys().all(known)))
            }
            "required" => {
                let has = |key: &Value| value.get(key.as_str().unwrap()).is_some();
                refuse(!value.is_object() || rule.as_array().unwrap().iter().all(has))
            }
            "items" => {
                let items = value.as_array().into_iter().flatten();
                items
                    .flat_map(|item| self.faults(rule, item, place))
                    .collect()
            }
            "minItems" | "maxItems" => {
                let n = value.as_array().map_or(0, Vec::len) as u64;
                let bound = rule.as_u64().unwrap();
                refuse(if word == "minItems" {
                    n >= bound
                } else {
                    n <= bound
                })
            }
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => vec![],
            other => panic!("the schema has a word that this test does not know: {other}"),
        }
    }
}

fn faults(schema: &Value, value: &Value) -> Vec<String> {
    Validator { root: schema }.faults(schema, value, "")
}

const TRAINING: [&str; 3] = [
    "examples/torsion-leap-training.yaml",
    "examples/training/torsion-leap-fine-tune.yaml",
    "examples/training/timewarp.yaml",
];

#[test]
fn every_training_input_that_ships_fits_its_schema() {
    let schema = schema("train");
    for path in TRAINING {
        let faults = faults(&schema, &input(path));
        assert!(faults.is_empty(), "{path}: {faults:?}");
    }
}

#[test]
fn every_example_of_a_run_fits_its_schema_and_no_other() {
    let [run, train] = ["run", "train"].map(schema);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut n_files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("examples/{name}");
        if !name.ends_with(".yaml") || TRAINING.contains(&path.as_str()) {
            continue;
        }
        n_files += 1;
        let found = faults(&run, &input(&path));
        assert!(found.is_empty(), "{path}: {found:?}");
        assert!(!faults(&train, &input(&path)).is_empty(), "{path}");
    }
    assert!(n_files >= 9);
}

#[test]
fn the_training_schema_refuses_what_the_program_refuses() {
    let schema = schema("train");
    for (path, key, wrong) in [
        (TRAINING[0], "/proposal", json!("torsion_lep")),
        (TRAINING[0], "/data/peptides", json!("many")),
        (TRAINING[0], "/backbone/steps", json!(-1)),
        (TRAINING[1], "/solvent", json!("obc3")),
        (TRAINING[2], "/timewarp/lag_ps", json!([500])),
        (TRAINING[2], "/timewarp/model/d_model", json!(0.5)),
        (TRAINING[2], "/timewarp/stages/0/steps", json!(null)),
    ] {
        let mut changed = input(path);
        *changed.pointer_mut(key).unwrap() = wrong;
        assert!(!faults(&schema, &changed).is_empty(), "{path}: {key}");
    }
    for (path, section, key) in [
        (TRAINING[0], "", "blok"),
        (TRAINING[0], "/data", "copys"),
        (TRAINING[2], "", "seed"),
        (TRAINING[2], "/timewarp/model", "heads"),
        (TRAINING[2], "/timewarp/stages/1", "minutes"),
    ] {
        let mut changed = input(path);
        changed.pointer_mut(section).unwrap()[key] = json!(1);
        assert!(
            !faults(&schema, &changed).is_empty(),
            "{path}: {section}/{key}"
        );
    }
    for (path, section, key) in [
        (TRAINING[0], "", "model"),
        (TRAINING[0], "", "data"),
        (TRAINING[2], "/timewarp", "stages"),
        (TRAINING[2], "/timewarp/model", "d_model"),
    ] {
        let mut changed = input(path);
        let section = changed.pointer_mut(section).unwrap();
        section.as_object_mut().unwrap().remove(key).unwrap();
        assert!(
            !faults(&schema, &changed).is_empty(),
            "{path} without {key}"
        );
    }
}
