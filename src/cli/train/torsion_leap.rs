//! `saltus train` for `torsion_leap`: from an input file to a model and its card.

use std::path::Path;
use std::time::{Duration, Instant};

use super::TrainArguments;
use crate::cli::CliResult;
use crate::cli::config::{FitConfig, LoadedTraining, load_training};
use crate::cli::console::{note, print_json};
use crate::cli::error::{Blame, CliError};
use crate::cli::run::interrupt::Interrupt;
use crate::flow::torsion::{Head, LeapModel};
use crate::forcefield::ForceField;
use crate::proposal::{BUILTIN_MODEL, builtin_leap_model, check_leap_model};
use crate::topology::Sequence;
use crate::training::{
    AcceptanceSettings, FitSettings, LeapEvent, LeapTraining, Origin, SamplingSettings,
    TrainingError, check_writable, discard_checkpoint, test_peptides, train_torsion_leap,
    write_model,
};

/// Draws of every block that a frame keeps, and states they are resampled from.
const DRAWS: [usize; 2] = [4, 8];

/// Least time between two lines about sampled peptides.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// Trains a model.
pub(crate) fn train(arguments: &TrainArguments) -> CliResult {
    let loaded = load_training(&arguments.input)?;
    let path = &loaded.config.model;
    refuse_leftovers(path, arguments.force)?;
    let force_field = ForceField::builtin(&loaded.config.force_field).blame_input()?;
    let start_from = arguments.fine_tune.as_ref();
    let start_from = start_from.or(loaded.config.start_from.as_ref());
    let start_from = start_from.map(|name| origin(name, &loaded)).transpose()?;
    let training = leap_training(&loaded, start_from);
    if arguments.force {
        discard_checkpoint(&training);
    }
    check_writable(&training.checkpoint).map_err(blame)?;
    warn_of_test_peptides(&training);
    let interrupt = Interrupt::listen();
    let mut said = Instant::now();
    let listen = |event: LeapEvent<'_>| {
        if !arguments.quiet {
            tell(&event, &mut said);
        }
        !interrupt.asked()
    };
    let model = train_torsion_leap(&training, &force_field, listen).map_err(blame)?;
    write_model(path, &model).map_err(blame)?;
    discard_checkpoint(&training);
    if !arguments.quiet {
        note(&format!("wrote {} and its card beside it", path.display()));
    }
    if arguments.json {
        print_json(&model.card)?;
    }
    Ok(())
}

/// A checkpoint of something else is a fault of the input, as leftovers of a run are.
fn blame(error: TrainingError) -> CliError {
    match error {
        TrainingError::OtherTraining { .. } | TrainingError::NothingToTurn { .. } => {
            CliError::input(error)
        }
        _ => CliError::run(error),
    }
}

fn refuse_leftovers(path: &Path, force: bool) -> CliResult {
    if path.exists() && !force {
        return Err(CliError::input(format!(
            "the model {} exists already\n  help: give another `model`, or --force to replace it",
            path.display()
        )));
    }
    Ok(())
}

/// The model to go on from.
fn origin(name: &str, loaded: &LoadedTraining) -> Result<Origin, CliError> {
    let config = &loaded.config;
    let model = if name == BUILTIN_MODEL {
        builtin_leap_model(&config.force_field, config.solvent.name())
    } else {
        let bytes = std::fs::read(name).map_err(|error| {
            CliError::input(format!(
                "cannot read the model {name} to go on from: {error}\n  help: give a file that `saltus train` wrote, relative to the current folder, or `builtin`"
            ))
        })?;
        LeapModel::from_bytes(&bytes).map_err(|error| {
            CliError::input(format!(
                "the model {name} to go on from is unusable: {error}"
            ))
        })?
    };
    check_leap_model(&model).map_err(|error| {
        CliError::input(format!(
            "the model {name} to go on from is unusable: {error}"
        ))
    })?;
    Ok(Origin {
        name: name.to_owned(),
        model,
    })
}

fn warn_of_test_peptides(training: &LeapTraining) {
    let found = test_peptides(training.sequences.iter());
    if !found.is_empty() {
        log::warn!(
            "{} belong to the test peptides: the card will say so, and what the model does on those of the tests says nothing about unseen ones",
            found.join(", ")
        );
    }
}

/// Residue names joined by hyphens, so that two ways to write a sequence share a file.
fn canonical(sequence: &str) -> String {
    Sequence::parse(sequence)
        .expect("invariant: a checked input has readable sequences")
        .names()
        .join("-")
}

fn leap_training(loaded: &LoadedTraining, start_from: Option<Origin>) -> LeapTraining {
    let config = &loaded.config;
    let data = &config.data;
    let sized = |fit: FitSettings, head: fn(&LeapModel) -> &Head| {
        let origin = start_from.as_ref();
        origin.map_or(fit, |origin| fit.sized_as(head(&origin.model)))
    };
    LeapTraining {
        force_field_name: config.force_field.clone(),
        solvent_name: config.solvent.name().to_owned(),
        directory: data.directory.clone(),
        sequences: data.sequences.iter().map(|s| canonical(s)).collect(),
        n_peptides: data.peptides,
        acceptance: (config.acceptance.steps > 0).then(|| AcceptanceSettings {
            n_steps: config.acceptance.steps,
            learning_rate: config.acceptance.learning_rate,
            weight_decay: config.backbone.weight_decay,
            n_pairs: config.acceptance.pairs,
            batch_size: config.backbone.batch,
            seed: config.seed.wrapping_add(2),
        }),
        checkpoint: config.model.with_extension("checkpoint.safetensors"),
        checkpoint_period: Duration::from_secs_f64(60.0 * config.checkpoint_minutes),
        sampling: SamplingSettings {
            temperatures_kelvin: data.temperatures_kelvin.clone(),
            n_copies: data.copies,
            equilibration_cycles: data.equilibration_cycles,
            n_frames: data.frames,
            cycles_between: data.cycles_between,
            n_draws: DRAWS[0],
            n_candidates: DRAWS[1],
            solvent: config.solvent.born_model(),
            threads: config.threads.unwrap_or(0),
            seed: config.seed,
        },
        backbone: sized(fit_settings(&config.backbone, 2, config.seed), |model| {
            &model.backbone
        }),
        side_chain: sized(
            fit_settings(&config.side_chain, 1, config.seed.wrapping_add(1)),
            |model| &model.side_chain,
        ),
        start_from,
    }
}

fn fit_settings(fit: &FitConfig, n_angles: usize, seed: u64) -> FitSettings {
    FitSettings {
        width: fit.width,
        n_hidden: fit.hidden_layers,
        n_components: fit.components,
        n_angles,
        batch_size: fit.batch,
        n_steps: fit.steps,
        learning_rate: fit.learning_rate,
        weight_decay: fit.weight_decay,
        validate_every: fit.validate_every,
        patience: fit.patience,
        max_seconds: fit.minutes.map(|minutes| 60.0 * minutes),
        seed,
    }
}

fn tell(event: &LeapEvent<'_>, said: &mut Instant) {
    match event {
        LeapEvent::Sampled { done, of, sequence } => {
            if done == of || said.elapsed() > LINE_PERIOD {
                *said = Instant::now();
                note(&format!("sampled {done} of {of} peptides, last {sequence}"));
            }
        }
        LeapEvent::Stepped { .. } => {}
        LeapEvent::Raised { n_steps } => {
            if *n_steps == 0 || said.elapsed() > LINE_PERIOD {
                *said = Instant::now();
                note(&format!("acceptance: step {n_steps}"));
            }
        }
        LeapEvent::Fitted { part, progress } => {
            let training_loss = progress
                .training_loss
                .map_or("before".to_owned(), |loss| format!("{loss:.4}"));
            note(&format!(
                "{}: step {}, -ln q {training_loss} training, {:.4} validation, {:.4} with only what comes before known, {:.0} s",
                part.words(),
                progress.n_steps,
                progress.validation_loss,
                progress.sequential_loss,
                progress.seconds
            ));
        }
    }
}
