//! `saltus train` for Timewarp models: from trajectories to weights, with validation, checkpoints and resuming.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::flow::timewarp::{
    CONFIG_REMARK, Frames, InternalCoordinates, StepReport, Timewarp, TimewarpConfig, Trainer,
    initial_parameters, load_model,
};
use crate::units::thermal_energy_kj_per_mol;

use super::TrainArguments;
use super::timewarp_data::{Energies, Molecules};
use crate::cli::config::{Coordinates, TimewarpTrainingConfig, load_timewarp_training};
use crate::cli::error::{Blame, CliError};
use crate::cli::run;
use crate::cli::run::RunArguments;
use crate::cli::{CliResult, console};

/// Scale of the last layer of every network of a new model: the flow begins near the identity.
const OUTPUT_SCALE: f64 = 0.05;

/// One line of the training curve.
#[derive(Debug, Clone, Serialize)]
struct Point {
    step: u64,
    seconds: f64,
    learning_rate: f64,
    gradient_norm: f64,
    loss_likelihood: f64,
    validation_likelihood: f64,
    validation_acceptance: f64,
    validation_acceptance_probability: f64,
    validation_kept: f64,
}

#[derive(Debug, Serialize)]
struct TrainReport {
    weights: String,
    n_parameters: usize,
    n_pairs: usize,
    curve: Vec<Point>,
}

/// Trains a model.
pub(crate) fn train(arguments: &TrainArguments) -> CliResult {
    let config = load_timewarp_training(&arguments.input)?;
    let checkpoint = config.output.with_extension("checkpoint.safetensors");
    if !arguments.resume && !arguments.force {
        for path in [&config.output, &checkpoint] {
            if path.exists() {
                return Err(CliError::input(format!(
                    "{} exists already\n  help: give another `output`, --resume to go on, or --force to replace it",
                    path.display()
                )));
            }
        }
    }
    simulate(&config, arguments.quiet)?;
    let older = match &config.start_from {
        Some(path) => Some(load_model(path, None).blame_input()?),
        None => None,
    };
    let sizes = older
        .as_ref()
        .map(Timewarp::config)
        .or(config.model.as_ref());
    let sizes = sizes
        .expect("invariant: a checked input has a model or where to start from")
        .clone();
    let mut molecules = Molecules::default();
    let data = Data {
        training: molecules.read(&config.trajectories, config.lag_ps, &sizes)?,
        validation: molecules.read(&config.validation, config.lag_ps, &sizes)?,
    };
    let model = match older {
        Some(model) => model,
        None => new_model(&config, sizes, &molecules, &data)?,
    };
    let energies = Energies::new(&config, &molecules)?;
    let kt = thermal_energy_kj_per_mol(config.temperature_kelvin);
    let mut trainer = Trainer::new(model, config.settings(kt));
    if arguments.resume {
        trainer.restore_checkpoint(&checkpoint).blame_input()?;
    }
    let curve = fit(
        arguments,
        &config,
        &checkpoint,
        &data,
        energies,
        &mut trainer,
    )?;
    save(&config, &trainer)?;
    if arguments.json {
        console::print_json(&TrainReport {
            weights: config.output.display().to_string(),
            n_parameters: trainer.model().parameters().len(),
            n_pairs: data.training.iter().map(Frames::n_pairs).sum(),
            curve,
        })?;
    }
    Ok(())
}

/// Frames to learn from and to judge by.
struct Data {
    training: Vec<Frames>,
    validation: Vec<Frames>,
}

/// Runs the simulation that makes the trajectories, unless they are all there.
fn simulate(config: &TimewarpTrainingConfig, quiet: bool) -> CliResult {
    let mut files = config.trajectories.iter().chain(&config.validation);
    let Some(input) = &config.simulation else {
        return Ok(());
    };
    if files.all(|file| file.exists()) {
        return Ok(());
    }
    let folder = config.trajectories[0].parent().unwrap_or(Path::new(""));
    let arguments = RunArguments::into_folder(input.clone(), folder.to_owned(), quiet);
    run::run(&arguments)
}

fn new_model(
    config: &TimewarpTrainingConfig,
    mut sizes: TimewarpConfig,
    molecules: &Molecules,
    data: &Data,
) -> Result<Timewarp<f32>, CliError> {
    if config.coordinates == Coordinates::Internal {
        let tree = molecules.tree()?;
        let shaking = config.settings(1.0).shaking;
        let fitted = InternalCoordinates::fit(tree, &data.training, shaking, config.seed);
        sizes.internal = Some(fitted);
    }
    let parameters = initial_parameters(&sizes, OUTPUT_SCALE, config.seed);
    #[expect(clippy::cast_possible_truncation, reason = "models are trained in f32")]
    let parameters = parameters.into_iter().map(|p| p as f32).collect();
    Timewarp::from_parameters(sizes, parameters).blame_input()
}

/// All steps, with a validation, weights and a checkpoint every now and then.
fn fit(
    arguments: &TrainArguments,
    config: &TimewarpTrainingConfig,
    checkpoint: &Path,
    data: &Data,
    mut energies: Energies,
    trainer: &mut Trainer,
) -> Result<Vec<Point>, CliError> {
    let start = Instant::now();
    let mut curve = Vec::new();
    let (mut sum, mut count) = (0.0, 0.0);
    while let Some(report) = trainer.step(&data.training, &mut energies).blame_run()? {
        sum += report.losses.likelihood;
        count += 1.0;
        let is_due = trainer
            .step_count()
            .is_multiple_of(config.validate_every_steps);
        if is_due || trainer.step_count() == trainer.total_steps() {
            let point = judge(config, data, &mut energies, trainer, &report)?;
            let point = Point {
                seconds: start.elapsed().as_secs_f64(),
                loss_likelihood: sum / count,
                ..point
            };
            (sum, count) = (0.0, 0.0);
            save(config, trainer)?;
            trainer.save_checkpoint(checkpoint).blame_run()?;
            if !arguments.quiet {
                console::note(&line(&point, trainer.total_steps()));
            }
            curve.push(point);
        }
    }
    Ok(curve)
}

fn judge(
    config: &TimewarpTrainingConfig,
    data: &Data,
    energies: &mut Energies,
    trainer: &Trainer,
    report: &StepReport,
) -> Result<Point, CliError> {
    let sources = if data.validation.is_empty() {
        &data.training
    } else {
        &data.validation
    };
    let losses = trainer
        .validate(sources, config.validation_pairs, energies)
        .blame_run()?;
    Ok(Point {
        step: trainer.step_count(),
        seconds: 0.0,
        learning_rate: report.learning_rate,
        gradient_norm: report.gradient_norm,
        loss_likelihood: report.losses.likelihood,
        validation_likelihood: losses.likelihood,
        validation_acceptance: losses.acceptance,
        validation_acceptance_probability: losses.acceptance_probability,
        validation_kept: losses.kept,
    })
}

fn line(point: &Point, total_steps: u64) -> String {
    format!(
        "step {} of {total_steps}, {:.0} s: -ln p an atom {:.4} in training, {:.4} in validation; {:.1e} of draws accepted, {:.0} % below the energy threshold",
        point.step,
        point.seconds,
        point.loss_likelihood,
        point.validation_likelihood,
        point.validation_acceptance_probability,
        100.0 * point.validation_kept,
    )
}

fn save(config: &TimewarpTrainingConfig, trainer: &Trainer) -> CliResult {
    let model = trainer.model();
    let sizes = serde_json::to_string(model.config()).blame_run()?;
    let remarks = [
        (CONFIG_REMARK, sizes),
        ("lag_ps", config.lag_ps.to_string()),
        ("steps", trainer.step_count().to_string()),
        ("program", format!("saltus {}", env!("CARGO_PKG_VERSION"))),
    ];
    model.save(&config.output, &remarks).blame_run()
}
