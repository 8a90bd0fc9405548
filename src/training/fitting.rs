//! The two fits of a model, one after the other, with checkpoints between steps.

use std::time::Instant;

use serde_json::Value;

use super::checkpoint::Checkpoint;
use super::corpus::PeptideData;
use super::dataset::{Dataset, Part};
use super::error::TrainingError;
use super::fit::{Advance, Fit, FitSettings, FitWorkspace};
use super::leap_training::{LeapEvent, LeapTraining};
use crate::flow::torsion::Head;

/// Peptides to fit to, and peptides that say when to stop.
pub(crate) struct Data {
    pub(super) trained: Vec<PeptideData>,
    pub(super) validated: Vec<PeptideData>,
}

/// Runs both fits from where `resumed` has them; `listen` ends them early by returning `false`.
///
/// # Errors
/// [`TrainingError`].
pub(super) fn run_fits(
    training: &LeapTraining,
    data: &Data,
    identity: &Value,
    resumed: Vec<Fit>,
    listen: &mut impl FnMut(LeapEvent<'_>) -> bool,
) -> Result<Vec<Fit>, TrainingError> {
    let checkpoint = Checkpoint::new(&training.checkpoint);
    let mut resumed = resumed.into_iter();
    let mut fits: Vec<Fit> = Vec::new();
    let mut saved = Instant::now();
    for part in Part::EACH {
        let settings = training.fit_settings(part);
        let start_from = training.start_from.as_ref().map(|origin| origin.head(part));
        let sets = Sets::new(part, data)?;
        let mut fit = match resumed.next() {
            Some(fit) => fit,
            None => sets.start(part, settings, start_from)?,
        };
        let mut work = FitWorkspace::default();
        loop {
            let event = match fit.advance(&sets.training, &sets.validation, &mut work)? {
                Advance::Finished => break,
                Advance::Stepped => LeapEvent::Stepped {
                    part,
                    n_steps: fit.n_steps(),
                },
                Advance::Validated(progress) => LeapEvent::Fitted { part, progress },
            };
            let goes_on = listen(event);
            if !goes_on || saved.elapsed() >= training.checkpoint_period {
                let all: Vec<&Fit> = fits.iter().chain([&fit]).collect();
                checkpoint.write(identity, &all)?;
                saved = Instant::now();
            }
            if !goes_on {
                return Err(TrainingError::Stopped);
            }
        }
        fits.push(fit);
    }
    Ok(fits)
}

/// The samples of one network.
struct Sets {
    training: Dataset,
    validation: Dataset,
}

impl Sets {
    fn new(part: Part, data: &Data) -> Result<Self, TrainingError> {
        let training = Dataset::new(part, data.trained.clone())?;
        let mut validation = Dataset::new(part, data.validated.clone())?;
        if validation.n_targets() == 0 {
            log::warn!(
                "no validation peptide has a {} that can turn: the {0} is validated on what it learns from",
                part.words()
            );
            validation = Dataset::new(part, data.trained.clone())?;
        }
        Ok(Self {
            training,
            validation,
        })
    }

    fn start(
        &self,
        part: Part,
        settings: FitSettings,
        head: Option<&Head>,
    ) -> Result<Fit, TrainingError> {
        match (head, self.training.n_targets()) {
            (None, 0) => Err(TrainingError::NothingToTurn { what: part.words() }),
            (None, _) => Ok(Fit::start(settings, &self.training)),
            (Some(head), 0) => Ok(Fit::keep(settings, head)),
            (Some(head), _) => Ok(Fit::start_from(settings, head, &self.validation)),
        }
    }
}
