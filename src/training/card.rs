//! What a trained model says of itself: where it comes from and what it has seen.

use serde_json::json;

use super::corpus::PeptideData;
use super::fit::Fit;
use super::fitting::Data;
use super::leap_training::LeapTraining;
use super::peptides::{is_held_out, one_letter_codes};
use crate::flow::torsion::{FineTunedFrom, LeapModel, ModelCard};

/// The model of two fits, with its card. What a model was fine-tuned from has seen, it has seen too.
pub(super) fn model(training: &LeapTraining, data: &Data, fits: &[Fit]) -> LeapModel {
    let origin = training.start_from.as_ref();
    let before = origin.map(|origin| &origin.model.card);
    let names = |data: &[PeptideData], earlier: Option<&Vec<String>>| {
        let mut names = earlier.cloned().unwrap_or_default();
        for peptide in data {
            if !names.contains(&peptide.sequence) {
                names.push(peptide.sequence.clone());
            }
        }
        names
    };
    let trained_on = names(&data.trained, before.map(|card| &card.trained_on));
    let validated_on = names(&data.validated, before.map(|card| &card.validated_on));
    let own = data.trained.iter().chain(&data.validated);
    let n_frames: usize = own.clone().map(PeptideData::n_frames).sum();
    let mut sequences: Vec<&str> = own.map(|peptide| peptide.sequence.as_str()).collect();
    sequences.dedup();
    let fit = |settings, fit: &Fit| json!({"settings": settings, "history": fit.history()});
    let card = ModelCard {
        version: ModelCard::current_version(),
        force_field: training.force_field_name.clone(),
        solvent: training.solvent_name.clone(),
        temperatures_kelvin: training.sampling.temperatures_kelvin.clone(),
        test_peptides: test_peptides(trained_on.iter().chain(&validated_on)),
        trained_on,
        validated_on,
        fine_tuned_from: origin.map(|origin| FineTunedFrom {
            model: origin.name.clone(),
            blake3: origin.blake3(),
            force_field: origin.model.card.force_field.clone(),
            solvent: origin.model.card.solvent.clone(),
        }),
        training: json!({
            "peptides": sequences.len(),
            "frames": n_frames,
            "seed": training.sampling.seed,
            "sampling": format!("{:?}", training.sampling),
            "backbone": fit(training.backbone, &fits[0]),
            "side_chain": fit(training.side_chain, &fits[1]),
        }),
        licence: "MIT OR Apache-2.0".to_owned(),
    };
    LeapModel {
        card,
        backbone: fits[0].best().clone(),
        side_chain: fits[1].best().clone(),
    }
}

/// Those of the sequences, residue names joined by hyphens, that transferable models are tested on.
#[must_use]
pub fn test_peptides<'a>(sequences: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sequence in sequences {
        let names: Vec<String> = sequence.split('-').map(str::to_owned).collect();
        if is_held_out(&one_letter_codes(&names)) && !found.contains(sequence) {
            found.push(sequence.clone());
        }
    }
    found
}
