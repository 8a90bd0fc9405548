//! What the tests share: stored vectors of the published code, small models with random weights, random conformations.

use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::flow::timewarp::{
    Condition, Conformation, Layout, Pair, Timewarp, TimewarpConfig, initial_parameters,
    read_config,
};
use saltus::flow::{Real, TensorFile};
use std::path::PathBuf;

pub(crate) const MODELS: [&str; 2] = ["aaay", "alanine_dipeptide"];

pub(crate) fn data(file: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data/timewarp-parity").join(file)
}

pub(crate) fn published<R: Real>(model: &str) -> Timewarp<R> {
    let config = read_config(&data(&format!("{model}.config.json"))).unwrap();
    Timewarp::load(config, &data(&format!("{model}.weights.safetensors"))).unwrap()
}

/// Inputs and outputs of the published code.
pub(crate) struct Vectors {
    file: TensorFile,
    pub(crate) n_conformations: usize,
    pub(crate) elements: Vec<usize>,
}

impl Vectors {
    pub(crate) fn read(model: &str) -> Self {
        let file = TensorFile::open(&data(&format!("{model}.vectors.safetensors"))).unwrap();
        let shape = file.shape("atom_types").unwrap().to_vec();
        let elements = file.read("atom_types").unwrap();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "indices from 0 to 4"
        )]
        let elements = elements[..shape[1]].iter().map(|&e| e as usize).collect();
        Self {
            file,
            n_conformations: shape[0],
            elements,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Vec<f64> {
        self.file.read(name).unwrap()
    }

    /// Positions and auxiliary variables under a prefix, conformation by conformation.
    pub(crate) fn variables(&self, prefix: &str) -> Vec<[Vec<f64>; 2]> {
        let both = ["positions", "auxiliaries"].map(|what| self.get(&format!("{prefix}_{what}")));
        let size = self.elements.len() * 3;
        (0..self.n_conformations)
            .map(|index| [0, 1].map(|which| both[which][index * size..][..size].to_vec()))
            .collect()
    }
}

pub(crate) fn condition<R: Real>(
    model: &Timewarp<R>,
    elements: &[usize],
    states: &[[Vec<f64>; 2]],
) -> Condition<R> {
    let conformations: Vec<_> = states
        .iter()
        .map(|[positions, own]| Conformation {
            elements,
            positions,
            auxiliaries: Some(own),
        })
        .collect();
    model.condition(&conformations).unwrap()
}

/// A pair for every state, in their order.
pub(crate) fn pairs(targets: &[[Vec<f64>; 2]]) -> Vec<Pair<'_>> {
    targets
        .iter()
        .enumerate()
        .map(|(state, [positions, auxiliaries])| Pair {
            state,
            positions,
            auxiliaries,
        })
        .collect()
}

/// A model of two layers of each kind, small enough for numeric derivatives.
pub(crate) fn small_config() -> TimewarpConfig {
    TimewarpConfig {
        element_vocabulary: ["C", "H", "N", "O", "S"].map(str::to_owned).to_vec(),
        atom_embedding_dim: 3,
        mlp_hidden_dims: vec![8],
        num_coupling_layers: 2,
        num_transformer_layers: 2,
        d_model: 6,
        dim_feedforward: 10,
        lengthscales_nm: vec![0.1, 0.3],
        ignore_conditional_velocity: true,
        internal: None,
    }
}

/// Random weights in f32, so that both types of numbers have the same model; layer norms and base are random too.
pub(crate) fn random_model<R: Real>(config: &TimewarpConfig, seed: u64) -> Timewarp<R> {
    let mut parameters = initial_parameters(config, 1.0, seed);
    let mut stream = stream(seed + 1);
    for tensor in &Layout::new(config).tensors {
        if tensor.is_trained {
            for value in &mut parameters[tensor.range()] {
                *value += 0.1 * stream.sample::<f64, _>(StandardNormal);
            }
        }
    }
    let parameters = parameters
        .into_iter()
        .map(|p| R::from_f64(f32::from_f64(p).to_f64()))
        .collect();
    Timewarp::from_parameters(config.clone(), parameters).unwrap()
}

pub(crate) fn stream(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Normal numbers of that width: positions in nm, then auxiliary variables of width 1.
pub(crate) fn random_state(
    stream: &mut Xoshiro256PlusPlus,
    n_atoms: usize,
    width_nm: f64,
) -> [Vec<f64>; 2] {
    [width_nm, 1.0].map(|width| {
        (0..3 * n_atoms)
            .map(|_| width * stream.sample::<f64, _>(StandardNormal))
            .collect()
    })
}

pub(crate) fn worst(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let deviations = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    deviations.fold(
        0.0,
        |worst, d| if d.is_nan() || d > worst { d } else { worst },
    )
}
