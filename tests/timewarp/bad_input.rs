//! Models and molecules that do not fit: every fault is named, with what was got and what was expected.

use crate::support::{data, random_model, small_config};
use saltus::flow::timewarp::{Conformation, Timewarp, TimewarpConfig, TimewarpError, read_config};

fn message<T>(result: Result<T, TimewarpError>) -> String {
    match result {
        Ok(_) => panic!("this must fail"),
        Err(error) => error.to_string(),
    }
}

fn expect(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no `{part}` in: {message}");
    }
}

fn load(edit: impl FnOnce(&mut TimewarpConfig)) -> String {
    let mut config = read_config(&data("aaay.config.json")).unwrap();
    edit(&mut config);
    message(Timewarp::<f32>::load(
        config,
        &data("aaay.weights.safetensors"),
    ))
}

#[test]
fn weights_of_another_size_name_the_tensor_and_both_shapes() {
    expect(
        &load(|c| c.d_model = 48),
        &[
            "flow.chain.0.scale_transformer",
            "has the shape [",
            "makes it [48",
        ],
    );
    expect(
        &load(|c| c.atom_embedding_dim = 16),
        &[
            "`flow.atom_embedder.weight` has the shape [5, 8]",
            "makes it [5, 16]",
        ],
    );
    expect(
        &load(|c| c.lengthscales_nm.push(2.0)),
        &["self_attn", "[72, 24]", "[96, 24]"],
    );
    expect(
        &load(|c| c.num_coupling_layers = 7),
        &[
            "flow.chain.6.scale_transformer",
            "is missing",
            "expected with the shape [48, 17]",
        ],
    );
    expect(
        &load(|c| c.num_coupling_layers = 5),
        &[
            "flow.chain.5.",
            "has no place in the model",
            "with the shape [",
        ],
    );
}

#[test]
fn settings_without_sense_are_named() {
    expect(&load(|c| c.d_model = 0), &["`d_model` is 0", "at least 1"]);
    expect(
        &load(|c| c.lengthscales_nm[1] = -0.5),
        &["`lengthscales_nm` is -0.5", "over 0 nm"],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(
        &path,
        "{\"element_vocabulary\": [\"C\"],\n \"d_modell\": 3}",
    )
    .unwrap();
    expect(
        &message(read_config(&path)),
        &["config.json", "d_modell", "line 2", "d_model"],
    );
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let mut model = random_model::<f32>(&small_config(), 1);
    let encoder = model.layout().couplings[1][1].encoders[0].expand;
    model.update(|parameters| parameters[encoder.weight_start + 4] = f32::INFINITY);
    model.save(&path, &[]).unwrap();
    expect(
        &message(Timewarp::<f32>::load(small_config(), &path)),
        &[
            "flow.chain.1.shift_transformer.encoder_layers.0.linear1.weight",
            "inf at index 4",
        ],
    );
}

#[test]
fn a_file_of_another_kind_is_named() {
    let path = data("aaay.config.json");
    expect(
        &message(Timewarp::<f32>::load(small_config(), &path)),
        &["not a safetensors file", "aaay.config.json"],
    );
    expect(
        &message(Timewarp::<f32>::load(
            small_config(),
            &data("none.safetensors"),
        )),
        &["none.safetensors"],
    );
}

#[test]
fn molecules_beyond_the_model_are_refused() {
    let mut config = small_config();
    config.ignore_conditional_velocity = false;
    let model = random_model::<f32>(&config, 2);
    let mut conformation = Conformation {
        elements: &[0, 5],
        positions: &[0.0; 6],
        auxiliaries: Some(&[0.0; 6]),
    };
    expect(
        &message(model.condition(&[conformation])),
        &["atom 1", "index 5", "5 entries (C, H, N, O, S)"],
    );
    conformation.elements = &[0, 1, 2];
    expect(
        &message(model.condition(&[conformation])),
        &["positions", "6 values, expected 9"],
    );
    conformation.elements = &[0, 1];
    conformation.auxiliaries = None;
    expect(
        &message(model.condition(&[conformation])),
        &["no auxiliary variables"],
    );
}

/// Checkpoints of models that were trained inside a wrapper have a prefix on every name.
#[test]
fn a_wrapper_s_prefix_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let model = random_model::<f32>(&small_config(), 3);
    let names: Vec<String> = model
        .layout()
        .tensors
        .iter()
        .map(|tensor| format!("module.{}", tensor.name))
        .collect();
    let tensors = names
        .iter()
        .zip(&model.layout().tensors)
        .map(|(name, tensor)| {
            let values = &model.parameters()[tensor.range()];
            (name.as_str(), tensor.shape.as_slice(), values)
        });
    saltus::flow::write_tensors(&path, tensors, &[]).unwrap();
    let loaded = Timewarp::<f32>::load(small_config(), &path).unwrap();
    assert_eq!(loaded.parameters(), model.parameters());
}
