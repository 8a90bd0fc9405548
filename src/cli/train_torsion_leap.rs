//! `saltus train` for `torsion_leap`: from an input file to a model and its card. Samples and fits nothing itself.

use std::path::Path;
use std::time::{Duration, Instant};

use super::CliResult;
use super::config::{FitConfig, LoadedTraining, load_training};
use super::console::{note, print_json};
use super::error::{Blame, CliError};
use super::run::interrupt::Interrupt;
use super::train::TrainArguments;
use crate::forcefield::ForceField;
use crate::training::{
    FitSettings, LeapEvent, LeapTraining, Part, SamplingSettings, train_torsion_leap, write_model,
};

/// Draws of every block that a frame keeps, and states they are resampled from.
const DRAWS: [usize; 2] = [4, 8];

/// Least time between two lines about sampled peptides.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// Trains a model.
pub(super) fn train(arguments: &TrainArguments) -> CliResult {
    let loaded = load_training(&arguments.input)?;
    let path = &loaded.config.model;
    refuse_leftovers(path, arguments.force)?;
    let force_field = ForceField::builtin(&loaded.config.force_field).blame_input()?;
    let interrupt = Interrupt::listen();
    let mut said = Instant::now();
    let listen = |event: LeapEvent<'_>| {
        if !arguments.quiet {
            tell(&event, &mut said);
        }
        !interrupt.asked()
    };
    let model = train_torsion_leap(&leap_training(&loaded), &force_field, listen).blame_run()?;
    write_model(path, &model).blame_run()?;
    if !arguments.quiet {
        note(&format!("wrote {} and its card beside it", path.display()));
    }
    if arguments.json {
        print_json(&model.card)?;
    }
    Ok(())
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

fn leap_training(loaded: &LoadedTraining) -> LeapTraining {
    let config = &loaded.config;
    let data = &config.data;
    LeapTraining {
        force_field_name: config.force_field.clone(),
        solvent_name: config.solvent.name().to_owned(),
        directory: data.directory.clone(),
        n_peptides: data.peptides,
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
        backbone: fit_settings(&config.backbone, 2, config.seed),
        side_chain: fit_settings(&config.side_chain, 1, config.seed.wrapping_add(1)),
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
        LeapEvent::Fitted { part, progress } => {
            let part = match part {
                Part::Backbone => "backbone",
                Part::SideChain => "side chain",
            };
            note(&format!(
                "{part}: step {}, -ln q {:.4} training, {:.4} validation, {:.4} with only what comes before known, {:.0} s",
                progress.n_steps,
                progress.training_loss,
                progress.validation_loss,
                progress.sequential_loss,
                progress.seconds
            ));
        }
    }
}
