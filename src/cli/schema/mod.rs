//! `saltus schema`: the schemas of the input files, as JSON for editors and as Markdown for `docs/input.md`.

mod markdown;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;

use crate::cli::config::{Config, TimewarpTrainingFile, TrainingConfig};
use crate::cli::error::Blame;
use crate::cli::{CliResult, console};

/// Arguments of `saltus schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Whose input file.
    #[arg(value_enum, default_value = "run")]
    input: Input,
    /// Every key in tables, as in docs/input.md, instead of JSON.
    #[arg(long)]
    markdown: bool,
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

/// Prints the schema, indented JSON or tables, to stdout.
pub(crate) fn schema(arguments: &SchemaArguments) -> CliResult {
    let schema = match arguments.input {
        Input::Run => schemars::schema_for!(Config),
        Input::Train => schemars::schema_for!(TrainInput),
    };
    if arguments.markdown {
        return console::print(&markdown::tables(schema.as_value()));
    }
    let text = serde_json::to_string_pretty(&schema).blame_run()?;
    console::print(&format!("{text}\n"))
}
