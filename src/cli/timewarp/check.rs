//! `saltus timewarp-check`: evaluates a Timewarp model on stored inputs and compares with stored outputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::flow::timewarp::{Conformation, Pair, Timewarp, TimewarpFlow, read_config};
use crate::flow::{Real, TensorFile};

use crate::cli::device::{Device, timewarp_flow};
use crate::cli::error::{Blame, CliError};
use crate::cli::{CliResult, console};

/// Largest deviation of a log-likelihood that passes, in nats.
const LOG_LIKELIHOOD_LIMIT: [f64; 2] = [5e-3, 1e-8];
/// Largest deviation of a sampled coordinate that passes, in nm.
const SAMPLE_LIMIT: [f64; 2] = [1e-5, 1e-8];
/// Largest deviation of a sampled auxiliary variable that passes.
const AUXILIARY_LIMIT: [f64; 2] = [1e-4, 1e-8];

/// Arguments of `saltus timewarp-check`.
#[derive(Debug, Args)]
pub(crate) struct TimewarpCheckArguments {
    /// Sizes of the model, JSON.
    #[arg(long, value_name = "FILE.json")]
    config: PathBuf,
    /// Weights under the published names, safetensors.
    #[arg(long, value_name = "FILE.safetensors")]
    weights: PathBuf,
    /// Inputs and expected outputs, safetensors.
    #[arg(long, value_name = "FILE.safetensors")]
    vectors: PathBuf,
    /// Where to evaluate: cpu, gpu (the first real one), gpu:NAME, or auto (a real GPU if there is one).
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
    /// Numbers to evaluate in.
    #[arg(long, value_enum, default_value_t)]
    precision: CheckPrecision,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CheckPrecision {
    /// f32, as in a run.
    #[default]
    Single,
    /// f64.
    Double,
}

#[derive(Debug, Serialize)]
struct CheckReport {
    max_abs_error: BTreeMap<&'static str, f64>,
}

/// Evaluates, prints the deviations, and fails where one is too large.
pub(crate) fn timewarp_check(arguments: &TimewarpCheckArguments) -> CliResult {
    let device = Device::parse(&arguments.device).ok_or_else(|| {
        CliError::input(format!(
            "--device: unknown device `{}`\n  help: devices: cpu, gpu, gpu:NAME, auto",
            arguments.device
        ))
    })?;
    let is_double = arguments.precision == CheckPrecision::Double;
    let vectors = Vectors::read(&arguments.vectors)?;
    let flow = flow(arguments, &device, is_double)?;
    log::info!("Timewarp flow: {}", flow.description());
    let outputs = vectors.evaluate(flow.as_ref())?;
    let max_abs_error = vectors.compare(&outputs);
    if arguments.json {
        console::print_json(&CheckReport {
            max_abs_error: max_abs_error.clone(),
        })?;
    } else {
        let line = |(name, error): (&&str, &f64)| format!("{name:<34} {error:.3e}\n");
        let lines: String = max_abs_error.iter().map(line).collect();
        console::print(&format!("largest deviation\n{lines}"))?;
    }
    judge(&max_abs_error, usize::from(is_double))
}

fn flow(
    arguments: &TimewarpCheckArguments,
    device: &Device,
    is_double: bool,
) -> Result<Box<dyn TimewarpFlow>, CliError> {
    match (device, is_double) {
        (Device::Gpu(_), true) => Err(CliError::input(
            "--precision double: GPUs evaluate Timewarp models in single precision\n  help: write `--device cpu`, or leave the precision out",
        )),
        (_, true) => Ok(Box::new(model::<f64>(arguments)?)),
        (_, false) => timewarp_flow(device, model(arguments)?).blame_input(),
    }
}

fn model<R: Real>(arguments: &TimewarpCheckArguments) -> Result<Timewarp<R>, CliError> {
    let config = read_config(&arguments.config).blame_input()?;
    Timewarp::load(config, &arguments.weights).blame_input()
}

fn judge(max_abs_error: &BTreeMap<&'static str, f64>, precision: usize) -> CliResult {
    for (name, &error) in max_abs_error {
        let limit = match *name {
            "sampled_positions" => SAMPLE_LIMIT,
            "sampled_auxiliaries" => AUXILIARY_LIMIT,
            _ => LOG_LIKELIHOOD_LIMIT,
        }[precision];
        // A deviation that is no number must fail too.
        if error.is_nan() || error > limit {
            return Err(CliError::run(format!(
                "{name} deviates by {error:.3e}, expected at most {limit:.0e}: the weights, the configuration or the vectors are not those of one model"
            )));
        }
    }
    Ok(())
}

/// Names of the outputs that can be checked.
const OUTPUTS: [&str; 5] = [
    "log_likelihood_sampled_given_x",
    "log_likelihood_x_given_sampled",
    "log_likelihood_y_given_x",
    "sampled_auxiliaries",
    "sampled_positions",
];

/// Names of the inputs, `[n_conformations, n_atoms, 3]` each.
const INPUTS: [&str; 6] = [
    "x_positions",
    "x_auxiliaries",
    "y_positions",
    "y_auxiliaries",
    "latent_positions",
    "latent_auxiliaries",
];

/// A file of vectors in memory.
struct Vectors {
    n_conformations: usize,
    /// Index of every atom's element, `[n_conformations, n_atoms]`.
    elements: Vec<usize>,
    tensors: BTreeMap<&'static str, Vec<f64>>,
    path: PathBuf,
}

impl Vectors {
    fn read(path: &Path) -> Result<Self, CliError> {
        let file = TensorFile::open(path).blame_input()?;
        let shape = file.shape("x_positions").unwrap_or_default().to_vec();
        let &[n_conformations, n_atoms, 3] = shape.as_slice() else {
            return Err(CliError::input(format!(
                "{}: tensor `x_positions` has the shape {shape:?}, expected [n_conformations, n_atoms, 3]",
                path.display()
            )));
        };
        let mut tensors = BTreeMap::new();
        for name in INPUTS.into_iter().chain(OUTPUTS) {
            let is_present = file.shape(name).is_some();
            let expected = if name.starts_with("log_") {
                vec![n_conformations]
            } else {
                shape.clone()
            };
            if is_present {
                let mut values = vec![0.0; expected.iter().product()];
                file.read_into(name, &expected, &mut values).blame_input()?;
                tensors.insert(name, values);
            }
        }
        let elements = elements(&file, n_conformations, n_atoms)?;
        Ok(Self {
            n_conformations,
            elements,
            tensors,
            path: path.to_owned(),
        })
    }

    fn tensor(&self, name: &'static str) -> Result<&[f64], CliError> {
        self.tensors.get(name).map(Vec::as_slice).ok_or_else(|| {
            CliError::input(format!(
                "{}: tensor `{name}` is missing, expected it beside the outputs that follow from it",
                self.path.display()
            ))
        })
    }

    fn part<'a>(&self, values: &'a [f64], index: usize) -> &'a [f64] {
        let size = values.len() / self.n_conformations;
        &values[index * size..(index + 1) * size]
    }

    /// Every output that the file has, as the model gives it.
    fn evaluate(
        &self,
        flow: &dyn TimewarpFlow,
    ) -> Result<BTreeMap<&'static str, Vec<f64>>, CliError> {
        let mut outputs = BTreeMap::new();
        let densities = [
            ("log_likelihood_y_given_x", "y", "x"),
            ("log_likelihood_sampled_given_x", "sampled", "x"),
            ("log_likelihood_x_given_sampled", "x", "sampled"),
        ];
        for (name, to, from) in densities {
            if self.tensors.contains_key(name) {
                outputs.insert(name, self.log_densities(flow, to, from)?);
            }
        }
        if self.tensors.contains_key("sampled_positions")
            || self.tensors.contains_key("sampled_auxiliaries")
        {
            let [positions, auxiliaries] = self.samples(flow)?;
            outputs.insert("sampled_positions", positions);
            outputs.insert("sampled_auxiliaries", auxiliaries);
        }
        outputs.retain(|name, _| self.tensors.contains_key(name));
        if outputs.is_empty() {
            return Err(CliError::input(format!(
                "{}: there is no output to compare, expected one of: {}",
                self.path.display(),
                OUTPUTS.join(", ")
            )));
        }
        Ok(outputs)
    }

    /// Positions and auxiliary variables by the prefix of their names.
    fn variables(&self, prefix: &str) -> Result<[&[f64]; 2], CliError> {
        let [positions, auxiliaries] = match prefix {
            "x" => ["x_positions", "x_auxiliaries"],
            "y" => ["y_positions", "y_auxiliaries"],
            "latent" => ["latent_positions", "latent_auxiliaries"],
            _ => ["sampled_positions", "sampled_auxiliaries"],
        };
        Ok([self.tensor(positions)?, self.tensor(auxiliaries)?])
    }

    fn conformations<'a>(&'a self, [positions, own]: [&'a [f64]; 2]) -> Vec<Conformation<'a>> {
        let n_atoms = self.elements.len() / self.n_conformations;
        (0..self.n_conformations)
            .map(|index| Conformation {
                elements: &self.elements[index * n_atoms..(index + 1) * n_atoms],
                positions: self.part(positions, index),
                auxiliaries: Some(self.part(own, index)),
            })
            .collect()
    }

    fn pairs<'a>(&'a self, [positions, own]: [&'a [f64]; 2]) -> Vec<Pair<'a>> {
        (0..self.n_conformations)
            .map(|state| Pair {
                state,
                positions: self.part(positions, state),
                auxiliaries: self.part(own, state),
            })
            .collect()
    }

    fn log_densities(
        &self,
        flow: &dyn TimewarpFlow,
        to: &str,
        from: &str,
    ) -> Result<Vec<f64>, CliError> {
        let conformations = self.conformations(self.variables(from)?);
        let pairs = self.pairs(self.variables(to)?);
        flow.log_densities_given(&conformations, &pairs)
            .blame_input()
    }

    fn samples(&self, flow: &dyn TimewarpFlow) -> Result<[Vec<f64>; 2], CliError> {
        let conformations = self.conformations(self.variables("x")?);
        let latents = self.pairs(self.variables("latent")?);
        let drawn = flow.draws_given(&conformations, &latents).blame_input()?;
        Ok([
            drawn.iter().flat_map(|d| d.positions.clone()).collect(),
            drawn.iter().flat_map(|d| d.auxiliaries.clone()).collect(),
        ])
    }

    fn compare(&self, outputs: &BTreeMap<&'static str, Vec<f64>>) -> BTreeMap<&'static str, f64> {
        let deviation = |(&name, got): (&&'static str, &Vec<f64>)| {
            let pairs = got.iter().zip(&self.tensors[name]);
            let worst = pairs.map(|(a, b)| (a - b).abs()).reduce(|a, b| {
                // NaN wins, so that it shows.
                if a.is_nan() || a > b { a } else { b }
            });
            (name, worst.unwrap_or(0.0))
        };
        outputs.iter().map(deviation).collect()
    }
}

/// Elements of every conformation; the file may hold one list for all.
fn elements(
    file: &TensorFile,
    n_conformations: usize,
    n_atoms: usize,
) -> Result<Vec<usize>, CliError> {
    let values = file.read("atom_types").blame_input()?;
    let repeats = match file.shape("atom_types") {
        Some([n]) if *n == n_atoms => n_conformations,
        Some([first, second]) if [*first, *second] == [n_conformations, n_atoms] => 1,
        shape => {
            return Err(CliError::input(format!(
                "{}: tensor `atom_types` has the shape {:?}, expected [{n_conformations}, {n_atoms}] or [{n_atoms}]",
                file.path().display(),
                shape.unwrap_or_default()
            )));
        }
    };
    if let Some(odd) = values.iter().find(|v| !(0.0..1e6).contains(*v)) {
        return Err(CliError::input(format!(
            "{}: tensor `atom_types` holds {odd}, expected indices into the element vocabulary from 0",
            file.path().display()
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole numbers from 0 to a million"
    )]
    let indices: Vec<usize> = values.into_iter().map(|value| value as usize).collect();
    Ok(indices.repeat(repeats))
}
