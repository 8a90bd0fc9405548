//! The whole way to a model of `torsion_leap`: peptides, their sampling, two fits, the card. The stages have files of their own.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::corpus::write_whole;
use super::dataset::{Dataset, Part};
use super::fit::{Fit, FitSettings, Progress};
use super::peptides::{Peptide, training_peptides};
use super::sampling::{SamplingSettings, sample_peptide};
use super::{Corpus, PeptideData, TrainingError};
use crate::flow::torsion::{LeapModel, ModelCard};
use crate::forcefield::ForceField;

/// Everything that training depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct LeapTraining {
    /// Force field, as input files name it.
    pub force_field_name: String,
    /// Solvent, as input files name it.
    pub solvent_name: String,
    /// Where sampled peptides are kept.
    pub directory: PathBuf,
    /// How many peptides are learned from.
    pub n_peptides: usize,
    /// How each is sampled; its seed is that of the list of peptides too.
    pub sampling: SamplingSettings,
    /// How the network of (phi, psi) is fitted.
    pub backbone: FitSettings,
    /// How the network of chi is fitted.
    pub side_chain: FitSettings,
}

/// What there is to tell while training runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeapEvent<'a> {
    /// A peptide is there, sampled now or before.
    Sampled {
        /// Number of peptides that are there.
        done: usize,
        /// Of how many.
        of: usize,
        /// The sequence.
        sequence: &'a str,
    },
    /// A network was validated.
    Fitted {
        /// Which one.
        part: Part,
        /// What was found.
        progress: Progress,
    },
}

/// Every twelfth peptide is for validation.
const VALIDATION_STRIDE: usize = 12;
/// Fewest peptides that can be split.
const MIN_PEPTIDES: usize = 2;

/// Samples what is missing, fits both networks and returns the model; `listen` ends it early by returning `false`.
///
/// Sampled peptides stay in their folder, so that a run that was stopped goes on where it was.
///
/// # Errors
/// [`TrainingError`]. A peptide that cannot be sampled is left out and named in the log.
pub fn train_torsion_leap(
    training: &LeapTraining,
    force_field: &ForceField,
    mut listen: impl FnMut(LeapEvent<'_>) -> bool,
) -> Result<LeapModel, TrainingError> {
    let corpus = Corpus::open(&training.directory)?;
    let peptides = training_peptides(training.n_peptides, training.sampling.seed);
    let data = sample_all(training, force_field, &corpus, &peptides, &mut listen)?;
    if data.len() < MIN_PEPTIDES {
        return Err(TrainingError::NoPeptides {
            got: data.len(),
            expected: MIN_PEPTIDES,
            directory: training.directory.clone(),
        });
    }
    let sequences: Vec<String> = data.iter().map(|d| d.sequence.clone()).collect();
    let n_frames: usize = data.iter().map(PeptideData::n_frames).sum();
    let [trained, validated] = split(&data);
    let mut fits = Vec::new();
    for (part, settings) in [
        (Part::Backbone, training.backbone),
        (Part::SideChain, training.side_chain),
    ] {
        let fit_set = Dataset::new(part, trained.clone())?;
        let held_back = Dataset::new(part, validated.clone())?;
        let mut fit = Fit::start(settings, &fit_set);
        fit.run(&fit_set, &held_back, |&progress| {
            listen(LeapEvent::Fitted { part, progress })
        })?;
        fits.push(fit);
    }
    let names = |data: &[PeptideData]| data.iter().map(|d| d.sequence.clone()).collect::<Vec<_>>();
    let card = ModelCard {
        version: ModelCard::current_version(),
        force_field: training.force_field_name.clone(),
        solvent: training.solvent_name.clone(),
        temperatures_kelvin: training.sampling.temperatures_kelvin.clone(),
        trained_on: names(&trained),
        validated_on: names(&validated),
        training: json!({
            "peptides": sequences.len(),
            "frames": n_frames,
            "seed": training.sampling.seed,
            "sampling": format!("{:?}", training.sampling),
            "backbone": {"settings": format!("{:?}", training.backbone), "history": fits[0].history},
            "side_chain": {"settings": format!("{:?}", training.side_chain), "history": fits[1].history},
        }),
        licence: "MIT OR Apache-2.0".to_owned(),
    };
    Ok(LeapModel {
        card,
        backbone: fits[0].best.1.clone(),
        side_chain: fits[1].best.1.clone(),
    })
}

fn sample_all(
    training: &LeapTraining,
    force_field: &ForceField,
    corpus: &Corpus,
    peptides: &[Peptide],
    listen: &mut impl FnMut(LeapEvent<'_>) -> bool,
) -> Result<Vec<PeptideData>, TrainingError> {
    let mut all = Vec::with_capacity(peptides.len());
    for (index, Peptide { sequence, .. }) in (0_u64..).zip(peptides) {
        if !corpus.has(sequence) {
            let settings = SamplingSettings {
                // Far enough apart that no two peptides share the seeds derived from it.
                seed: training.sampling.seed.wrapping_add((index + 1) << 8),
                ..training.sampling.clone()
            };
            match sample_peptide(sequence, force_field, &settings) {
                Ok(data) => corpus.write(&data)?,
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

/// Peptides to fit to, and peptides that say when to stop.
fn split(data: &[PeptideData]) -> [Vec<PeptideData>; 2] {
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
    [part(false), part(true)]
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
