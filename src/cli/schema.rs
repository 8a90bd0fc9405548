//! `saltus schema`: the JSON schemas of the input files.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;

use super::config::{Config, TimewarpTrainingFile, TrainingConfig};
use super::error::Blame;
use super::{CliResult, console};

/// Arguments of `saltus schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Whose input file.
    #[arg(value_enum, default_value = "run")]
    input: Input,
}

/// Subcommands with input files of their own.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Input {
    /// That of `saltus run`, `energy`, `generate` and `bench`.
    Run,
    /// That of `saltus train`.
    Train,
}

/// Input file of `saltus train`: of a torsion leap, or everything below `timewarp`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema is all that it is for")]
enum TrainInput {
    TorsionLeap(Box<TrainingConfig>),
    Timewarp(Box<TimewarpTrainingFile>),
}

/// Prints the schema, indented, to stdout.
pub(crate) fn schema(arguments: &SchemaArguments) -> CliResult {
    let schema = match arguments.input {
        Input::Run => schemars::schema_for!(Config),
        Input::Train => schemars::schema_for!(TrainInput),
    };
    let text = serde_json::to_string_pretty(&schema).blame_run()?;
    console::print(&format!("{text}\n"))
}
