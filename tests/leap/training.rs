//! Training that is stopped and goes on, and training that goes on from a model: the library, on a few capped residues.

use std::path::Path;
use std::time::Duration;

use saltus::flow::torsion::LeapModel;
use saltus::forcefield::{BornModel, ForceField};
use saltus::training::{
    AcceptanceSettings, FitSettings, LeapEvent, LeapTraining, Origin, Part, SamplingSettings,
    TrainingError, discard_checkpoint, train_torsion_leap,
};

fn fit(n_angles: usize) -> FitSettings {
    FitSettings {
        width: 8,
        n_hidden: 2,
        n_components: 3,
        n_angles,
        batch_size: 32,
        n_steps: 8,
        learning_rate: 1e-2,
        weight_decay: 0.01,
        validate_every: 3,
        patience: 100,
        max_seconds: None,
        seed: 4,
    }
}

fn training(folder: &Path) -> LeapTraining {
    LeapTraining {
        force_field_name: "amber14".to_owned(),
        solvent_name: "obc1".to_owned(),
        directory: folder.join("data"),
        sequences: ["ACE-SER-NME", "ACE-VAL-NME"].map(str::to_owned).to_vec(),
        n_peptides: 0,
        sampling: SamplingSettings {
            temperatures_kelvin: vec![310.0, 400.0],
            n_copies: 8,
            equilibration_cycles: 4,
            n_frames: 4,
            cycles_between: 1,
            n_draws: 2,
            n_candidates: 3,
            solvent: Some(BornModel::Obc1),
            threads: 1,
            seed: 3,
        },
        start_from: None,
        acceptance: None,
        backbone: fit(2),
        side_chain: fit(1),
        checkpoint: folder.join("model.checkpoint.safetensors"),
        checkpoint_period: Duration::from_secs(3600),
    }
}

fn train(
    training: &LeapTraining,
    listen: impl FnMut(LeapEvent<'_>) -> bool,
) -> Result<LeapModel, TrainingError> {
    let force_field = ForceField::builtin("amber14").unwrap();
    train_torsion_leap(training, &force_field, listen)
}

/// Ends a training after so many steps of a part.
fn stop_at(training: &LeapTraining, at: (Part, u64)) {
    let outcome = train(training, |event| match event {
        LeapEvent::Stepped { part, n_steps } => (part, n_steps) != at,
        LeapEvent::Fitted { part, progress } => (part, progress.n_steps) != at,
        LeapEvent::Sampled { .. } | LeapEvent::Raised { .. } => true,
    });
    assert!(matches!(outcome, Err(TrainingError::Stopped)));
    assert!(training.checkpoint.exists());
}

/// Weights as bytes: the cards differ in seconds.
fn weights(model: LeapModel) -> Vec<u8> {
    let mut model = model;
    model.card.training = serde_json::Value::Null;
    model.to_bytes()
}

#[test]
fn a_training_that_was_stopped_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let training = training(folder.path());
    let whole = train(&training, |_| true).unwrap();
    assert!(
        !training.checkpoint.exists(),
        "nothing was due within an hour"
    );
    let expected = weights(whole.clone());
    // Within the first fit, at a validation of it, at its last step, within the second.
    stop_at(&training, (Part::Backbone, 2));
    stop_at(&training, (Part::Backbone, 6));
    stop_at(&training, (Part::Backbone, 8));
    stop_at(&training, (Part::SideChain, 4));
    let mut first = None;
    let resumed = train(&training, |event| {
        if let LeapEvent::Stepped { part, n_steps } = event {
            first.get_or_insert((part, n_steps));
        }
        true
    });
    assert_eq!(first, Some((Part::SideChain, 5)));
    let resumed = resumed.unwrap();
    let losses = |model: &LeapModel| {
        let history = model.card.training["side_chain"]["history"].clone();
        let entries = history.as_array().unwrap().clone();
        entries
            .iter()
            .map(|entry| {
                [
                    entry["training_loss"].clone(),
                    entry["validation_loss"].clone(),
                ]
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(losses(&resumed), losses(&whole));
    assert_eq!(weights(resumed), expected);
    // The comparison can fail: another seed of the batches gives other bits.
    let mut other = training.clone();
    discard_checkpoint(&other);
    other.backbone.seed += 1;
    assert_ne!(weights(train(&other, |_| true).unwrap()), expected);
}

/// Everything that validations found, without the seconds.
fn histories(model: &LeapModel) -> Vec<serde_json::Value> {
    let parts = ["backbone", "side_chain"].map(|part| &model.card.training[part]["history"]);
    let mut entries: Vec<_> = parts
        .iter()
        .flat_map(|history| history.as_array().unwrap().clone())
        .collect();
    for entry in &mut entries {
        entry["seconds"] = serde_json::Value::Null;
    }
    entries
}

#[test]
fn a_training_that_was_stopped_keeps_its_patience_and_its_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut training = training(folder.path());
    training.backbone = FitSettings {
        n_steps: 200,
        learning_rate: 0.9,
        validate_every: 2,
        patience: 3,
        ..training.backbone
    };
    let whole = train(&training, |_| true).unwrap();
    let history = whole.card.training["backbone"]["history"].clone();
    let last = history.as_array().unwrap().last().unwrap()["n_steps"].clone();
    let last = last.as_u64().unwrap();
    assert!(last < 200, "patience did not end the fit");
    // Between two validations, after one that was no better, and when the fit was over.
    for at in [last - 3, last - 2, last] {
        stop_at(&training, (Part::Backbone, at));
    }
    stop_at(&training, (Part::SideChain, 5));
    let resumed = train(&training, |_| true).unwrap();
    assert_eq!(histories(&resumed), histories(&whole));
    assert_eq!(weights(resumed), weights(whole));
}

#[test]
fn a_fine_tuning_that_was_stopped_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let first = training(folder.path());
    let model = train(&first, |_| true).unwrap();
    let training = LeapTraining {
        start_from: Some(Origin {
            name: "first.safetensors".to_owned(),
            model,
        }),
        acceptance: Some(AcceptanceSettings {
            n_steps: 4,
            learning_rate: 2e-3,
            weight_decay: 0.0,
            n_pairs: 32,
            batch_size: 32,
            seed: 2,
        }),
        // So large that the network begun with stays the best.
        side_chain: FitSettings {
            learning_rate: 0.9,
            ..first.side_chain
        },
        ..first
    };
    let whole = train(&training, |_| true).unwrap();
    discard_checkpoint(&training);
    stop_at(&training, (Part::Backbone, 1));
    stop_at(&training, (Part::SideChain, 1));
    let outcome = train(&training, |event| {
        !matches!(event, LeapEvent::Raised { n_steps: 2 })
    });
    assert!(matches!(outcome, Err(TrainingError::Stopped)));
    // The fits are over; only the steps up the acceptance are taken again.
    let resumed = train(&training, |event| {
        assert!(!matches!(event, LeapEvent::Stepped { .. }), "{event:?}");
        true
    })
    .unwrap();
    assert_eq!(histories(&resumed), histories(&whole));
    assert_eq!(
        resumed.card.training["acceptance"],
        whole.card.training["acceptance"]
    );
    assert_eq!(weights(resumed), weights(whole));
}

#[test]
fn checkpoints_of_other_trainings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let training = training(folder.path());
    stop_at(&training, (Part::Backbone, 2));
    // The message, and how many peptides were sampled or read before it.
    let refusal = |training: &LeapTraining| {
        let mut n_peptides = 0;
        let outcome = train(training, |event| {
            n_peptides += usize::from(matches!(event, LeapEvent::Sampled { .. }));
            true
        });
        match outcome {
            Err(error @ TrainingError::OtherTraining { .. }) => (error.to_string(), n_peptides),
            other => panic!("{other:?}"),
        }
    };
    let mut changed = training.clone();
    changed.backbone.learning_rate = 2e-2;
    let (message, n_peptides) = refusal(&changed);
    assert_eq!(n_peptides, 0, "refused at once");
    for words in ["`backbone.learning_rate` is 0.01, expected 0.02", "--force"] {
        assert!(message.contains(words), "{message}");
    }
    let mut changed = training.clone();
    changed.sequences.pop();
    assert!(refusal(&changed).0.contains("`trained_on`"));
    // The same peptides sampled again, a little longer.
    let resampled = folder.path().join("data/ACE-SER-NME.safetensors");
    std::fs::remove_file(resampled).unwrap();
    let mut changed = training.clone();
    changed.sampling.n_frames += 1;
    assert!(refusal(&changed).0.contains("`sampling`"));

    let bytes = std::fs::read(&training.checkpoint).unwrap();
    std::fs::write(&training.checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let message = train(&training, |_| true).unwrap_err().to_string();
    assert!(
        message.contains("is not a checkpoint of a training") && message.contains("--force"),
        "{message}"
    );
    discard_checkpoint(&training);
    train(&training, |_| true).unwrap();
}

#[test]
fn nothing_is_half_written_where_nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut training = training(folder.path());
    training.checkpoint = folder.path().join("nowhere/model.checkpoint.safetensors");
    training.checkpoint_period = Duration::ZERO;
    let message = train(&training, |_| true).unwrap_err().to_string();
    assert!(message.contains("cannot write"), "{message}");
    assert!(!folder.path().join("nowhere").exists());
}

/// Mean validation losses at the beginning and of the best network, backbone and side chain.
fn losses(model: &LeapModel, part: &str) -> [f64; 2] {
    let history = model.card.training[part]["history"].as_array().unwrap();
    let losses = history.iter().map(|entry| {
        entry["validation_loss"].as_f64().unwrap()
            + 0.5 * entry["sequential_loss"].as_f64().unwrap()
    });
    let losses: Vec<f64> = losses.collect();
    [
        losses[0],
        losses.iter().copied().fold(f64::INFINITY, f64::min),
    ]
}

#[test]
fn fine_tuning_lowers_the_loss_and_the_card_says_from_what() {
    let folder = tempfile::tempdir().unwrap();
    let first = training(folder.path());
    let model = train(&first, |_| true).unwrap();
    let tuned = LeapTraining {
        sequences: vec!["ACE-ALA-NME".to_owned()],
        start_from: Some(Origin {
            name: "first.safetensors".to_owned(),
            model: model.clone(),
        }),
        backbone: FitSettings {
            n_steps: 60,
            validate_every: 20,
            ..first.backbone
        },
        ..first.clone()
    };
    let adapted = train(&tuned, |_| true).unwrap();
    let [before, after] = losses(&adapted, "backbone");
    assert!(after < before - 0.1, "{before} {after}");
    assert_eq!(adapted.side_chain, model.side_chain, "alanine has no chi");
    let card = adapted.card;
    let origin = card.fine_tuned_from.unwrap();
    assert_eq!(origin.model, "first.safetensors");
    assert_eq!(
        card.trained_on,
        ["ACE-SER-NME", "ACE-VAL-NME", "ACE-ALA-NME"]
    );
    assert_eq!(card.test_peptides, ["ACE-ALA-NME"]);
    assert!(model.card.test_peptides.is_empty() && model.card.fine_tuned_from.is_none());

    // No step may make it worse: with a step size that destroys it, the model stays as it was.
    let mut worse = tuned;
    worse.backbone.learning_rate = 0.9;
    let kept = train(&worse, |_| true).unwrap();
    let [before, best] = losses(&kept, "backbone");
    assert!(best <= before);

    let scratch = LeapTraining {
        sequences: vec!["ACE-ALA-NME".to_owned()],
        ..first
    };
    let message = train(&scratch, |_| true).unwrap_err().to_string();
    assert!(message.contains("side chain that can turn"), "{message}");
}
