//! The whole way to a model of `torsion_leap`: peptides, their sampling, two fits, the card. The stages have files of their own.

use std::path::Path;

use serde_json::{Value, json};

use super::acceptance::raise_acceptance;
use super::card;
use super::checkpoint::Checkpoint;
use super::corpus::write_whole;
use super::corpus::{Corpus, PeptideData};
use super::dataset::Part;
use super::error::TrainingError;
use super::fit::Fit;
use super::fitting::{Data, run_fits};
use super::leap_training::{LeapEvent, LeapTraining};
use super::peptides::{Peptide, training_peptides};
use super::sampling::{SamplingSettings, sample_peptide};
use crate::flow::torsion::LeapModel;
use crate::forcefield::ForceField;

/// Every twelfth peptide is for validation.
const VALIDATION_STRIDE: usize = 12;
/// Share of the frames of each of a few named peptides that is for validation: one in so many.
const VALIDATION_FRAMES: usize = 8;
/// Fewest random peptides that can be split.
const MIN_PEPTIDES: usize = 2;

/// Samples what is missing, fits both networks and returns the model; `listen` ends it early by returning `false`.
///
/// Sampled peptides stay in their folder and fits in their checkpoint, so that a run that was stopped goes on where it was
/// and gives the same bits as one that was not. Call [`discard_checkpoint`] once the model is written.
///
/// # Errors
/// [`TrainingError`]. A random peptide that cannot be sampled is left out and named in the log.
pub fn train_torsion_leap(
    training: &LeapTraining,
    force_field: &ForceField,
    mut listen: impl FnMut(LeapEvent<'_>) -> bool,
) -> Result<LeapModel, TrainingError> {
    let mut identity = training.identity();
    let stored = Checkpoint::new(&training.checkpoint).read()?;
    if let Some(stored) = &stored {
        stored.check(&identity)?;
    }
    let corpus = Corpus::open(&training.directory, &training.physics())?;
    let data = sample_all(training, force_field, &corpus, &mut listen)?;
    let least = if training.sequences.is_empty() {
        MIN_PEPTIDES
    } else {
        1
    };
    if data.len() < least {
        return Err(TrainingError::NoPeptides {
            got: data.len(),
            expected: least,
            directory: training.directory.clone(),
        });
    }
    let data = split(training, &data);
    describe_data(&data, &mut identity);
    let resumed = match stored {
        Some(stored) => {
            stored.check(&identity)?;
            stored.fits(Part::EACH.map(|part| training.fit_settings(part)))?
        }
        None => Vec::new(),
    };
    let fits = run_fits(training, &data, &identity, resumed, &mut listen)?;
    let mut model = card::model(training, &data, &fits);
    if let Some(settings) = &training.acceptance {
        let fits: Vec<&Fit> = fits.iter().collect();
        Checkpoint::new(&training.checkpoint).write(&identity, &fits)?;
        let (backbone, report) = raise_acceptance(
            settings,
            &model.backbone,
            [&data.trained, &data.validated],
            (force_field, &training.sampling),
            |n_steps| listen(LeapEvent::Raised { n_steps }),
        )?;
        model.backbone = backbone;
        model.card.training["acceptance"] = json!({"settings": settings, "validation": report});
    }
    Ok(model)
}

/// Adds what was sampled to what a checkpoint must agree with.
fn describe_data(data: &Data, identity: &mut Value) {
    let mut hasher = blake3::Hasher::new();
    for (key, peptides) in [
        ("trained_on", &data.trained),
        ("validated_on", &data.validated),
    ] {
        let names: Vec<&str> = peptides.iter().map(|d| d.sequence.as_str()).collect();
        identity[key] = json!(names.join(" "));
        peptides.iter().for_each(|d| d.digest(&mut hasher));
    }
    identity["what_was_sampled"] = json!(hasher.finalize().to_hex().as_str());
}

/// The peptides to learn from.
fn peptides(training: &LeapTraining) -> Vec<String> {
    if !training.sequences.is_empty() {
        return training.sequences.clone();
    }
    let random = training_peptides(training.n_peptides, training.sampling.seed);
    random
        .into_iter()
        .map(|Peptide { sequence, .. }| sequence)
        .collect()
}

fn sample_all(
    training: &LeapTraining,
    force_field: &ForceField,
    corpus: &Corpus,
    listen: &mut impl FnMut(LeapEvent<'_>) -> bool,
) -> Result<Vec<PeptideData>, TrainingError> {
    let peptides = peptides(training);
    let mut all = Vec::with_capacity(peptides.len());
    for (index, sequence) in (0_u64..).zip(&peptides) {
        if !corpus.has(sequence) {
            let settings = SamplingSettings {
                // Far enough apart that no two peptides share the seeds derived from it.
                seed: training.sampling.seed.wrapping_add((index + 1) << 8),
                ..training.sampling.clone()
            };
            match sample_peptide(sequence, force_field, &settings) {
                Ok(data) => corpus.write(&data)?,
                Err(error) if !training.sequences.is_empty() => return Err(error),
                Err(error) => {
                    log::warn!("left out: {error}");
                    continue;
                }
            }
        }
        all.push(corpus.read(sequence)?);
        let event = LeapEvent::Sampled {
            done: all.len(),
            of: peptides.len(),
            sequence,
        };
        if !listen(event) {
            return Err(TrainingError::Stopped);
        }
    }
    Ok(all)
}

/// What is fitted to, and what says when to stop: other peptides, or of a few named ones the last frames.
fn split(training: &LeapTraining, data: &[PeptideData]) -> Data {
    if !training.sequences.is_empty() && data.len() < VALIDATION_STRIDE {
        return split_in_time(training, data);
    }
    // With few peptides the last one validates; with many every twelfth, counted from the middle of a dozen.
    let stride = VALIDATION_STRIDE.min(data.len());
    let validates = |index: usize| index % stride == stride / 2;
    let part = |wanted: bool| {
        let chosen = data
            .iter()
            .enumerate()
            .filter(|(index, _)| validates(*index) == wanted);
        chosen.map(|(_, data)| data.clone()).collect()
    };
    Data {
        trained: part(false),
        validated: part(true),
    }
}

/// Whole rounds of all replicas are held back, so that every temperature is on both sides.
fn split_in_time(training: &LeapTraining, data: &[PeptideData]) -> Data {
    let sampling = &training.sampling;
    let n_replicas = sampling.n_copies * sampling.temperatures_kelvin.len();
    let both = |data: &PeptideData| {
        let n_rounds = data.n_frames() / n_replicas;
        if n_rounds < 2 {
            return (data.clone(), data.clone());
        }
        let border = (n_rounds - n_rounds.div_ceil(VALIDATION_FRAMES)) * n_replicas;
        (data.frames(0..border), data.frames(border..data.n_frames()))
    };
    let (trained, validated) = data.iter().map(both).unzip();
    Data { trained, validated }
}

/// Removes the checkpoint of a training whose model is written, or that is not to go on.
pub fn discard_checkpoint(training: &LeapTraining) {
    Checkpoint::new(&training.checkpoint).remove();
}

/// Writes a model, and its card as JSON beside it, whole or not at all.
///
/// # Errors
/// [`TrainingError::File`].
pub fn write_model(path: &Path, model: &LeapModel) -> Result<(), TrainingError> {
    let card = serde_json::to_string_pretty(&model.card).expect("invariant: a card is plain data");
    write_whole(path, &model.to_bytes())?;
    write_whole(&path.with_extension("json"), format!("{card}\n").as_bytes())
}
