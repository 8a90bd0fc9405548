//! Where the models of `torsion_leap` come from: the ones compiled into the program, and random ones.

use super::features::{N_BACKBONE_FEATURES, N_SIDE_CHAIN_FEATURES};
use super::site::N_FIXED;
use crate::flow::torsion::{Head, LeapModel, MixtureShape, ModelCard, Network};
use crate::rng;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Force field, solvent and weights of every model that ships, the default first.
const BUILTIN: [(&str, &str, &[u8]); 2] = [
    (
        "amber14",
        "obc1",
        include_bytes!("../../../data/models/torsion_leap_amber14_obc1.safetensors"),
    ),
    (
        "amber99sbildn",
        "obc1",
        include_bytes!("../../../data/models/torsion_leap_amber99sbildn_obc1.safetensors"),
    ),
];

/// The model that ships for a force field and a solvent; else one for the force field, else the first.
///
/// A model of another force field is a worse proposal, not a wrong one: its card says what it was trained on.
///
/// # Panics
/// If the program was built with a broken model file.
#[must_use]
pub fn builtin_leap_model(force_field: &str, solvent: &str) -> LeapModel {
    let of_force_field = || BUILTIN.iter().filter(|entry| entry.0 == force_field);
    let (.., bytes) = of_force_field()
        .find(|entry| entry.1 == solvent)
        .or_else(|| of_force_field().next())
        .unwrap_or(&BUILTIN[0]);
    LeapModel::from_bytes(bytes).expect("invariant: the models that ship are readable")
}

/// A model with random weights: a bad proposal that must give the right ensemble all the same.
#[must_use]
pub fn random_leap_model(seed: u64) -> LeapModel {
    let mut stream = rng::stream(seed);
    let mut head = |n_features: usize, n_angles: usize| {
        let shape = MixtureShape {
            n_components: 6,
            n_angles,
        };
        let mut normal = || stream.sample::<f64, _>(StandardNormal);
        let n_in = n_features + N_FIXED;
        let mut bias = shape.spread();
        // Broad components: with sharp ones the right ensemble would take too long to reach for a test.
        for group in (2..=2 * n_angles).step_by(2) {
            bias[group * shape.n_components..(group + 1) * shape.n_components].fill(-2.5);
        }
        Head {
            mean: vec![0.0; n_features],
            scale: vec![1.0; n_features],
            network: Network::random(n_in, 16, 2, bias, &mut normal),
            shape,
        }
    };
    LeapModel {
        backbone: head(N_BACKBONE_FEATURES, 2),
        side_chain: head(N_SIDE_CHAIN_FEATURES, 1),
        card: ModelCard {
            version: ModelCard::current_version(),
            force_field: "none".to_owned(),
            solvent: "none".to_owned(),
            temperatures_kelvin: vec![310.0],
            trained_on: Vec::new(),
            validated_on: Vec::new(),
            test_peptides: Vec::new(),
            fine_tuned_from: None,
            training: serde_json::Value::Null,
            licence: "MIT OR Apache-2.0".to_owned(),
        },
    }
}
