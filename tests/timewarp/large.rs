//! A file of the size of the published two-residue model, 106 million parameters: it loads and runs.

use crate::support::{condition, pairs, random_state, stream};
use saltus::flow::timewarp::{Layout, Timewarp, TimewarpConfig};
use saltus::flow::write_tensors;

fn published_2aa() -> TimewarpConfig {
    TimewarpConfig {
        element_vocabulary: ["C", "H", "N", "O", "S"].map(str::to_owned).to_vec(),
        atom_embedding_dim: 64,
        mlp_hidden_dims: vec![256],
        num_coupling_layers: 12,
        num_transformer_layers: 6,
        d_model: 128,
        dim_feedforward: 2048,
        lengthscales_nm: vec![0.1, 0.2, 0.5, 0.7, 1.0, 1.2],
        ignore_conditional_velocity: true,
        internal: None,
    }
}

#[test]
fn the_published_two_residue_model_loads_and_runs() {
    let config = published_2aa();
    let layout = Layout::new(&config);
    // A cheap sequence of small numbers: what they are does not matter, their number does.
    let parameters: Vec<f32> = (0..layout.n_parameters as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 * (0.02 / 16_777_216.0) - 0.01)
        .collect();
    let mut parameters = parameters;
    for tensor in layout.tensors.iter().filter(|tensor| !tensor.is_trained) {
        for (value, scale) in parameters[tensor.range()]
            .iter_mut()
            .zip(&config.lengthscales_nm)
        {
            *value = *scale as f32;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2aa.safetensors");
    let tensors = layout.tensors.iter().map(|tensor| {
        let values = &parameters[tensor.range()];
        (tensor.name.as_str(), tensor.shape.as_slice(), values)
    });
    write_tensors(&path, tensors, &[]).unwrap();
    drop(parameters);
    let model = Timewarp::<f32>::load(config, &path).unwrap();
    // 425 MB of weights, and the products of two of them that stand in for attention.
    assert!(
        (425e6..500e6).contains(&(model.n_bytes() as f64)),
        "{} bytes",
        model.n_bytes()
    );
    let mut stream = stream(1);
    let elements: Vec<usize> = (0..30).map(|i| i % 4).collect();
    let states = [random_state(&mut stream, 30, 0.3)];
    let targets = [random_state(&mut stream, 30, 0.1)];
    let condition = condition(&model, &elements, &states);
    let drawn = model
        .sample(&condition, &pairs(&targets))
        .unwrap()
        .remove(0);
    let back = [[drawn.positions, drawn.auxiliaries]];
    let density = model.log_density(&condition, &pairs(&back)).unwrap()[0];
    assert!(
        (density - drawn.log_density).abs() < 5e-3,
        "{density} {}",
        drawn.log_density
    );
}
