//! The ways in which a command fails, and their exit codes.

use std::fmt;
use std::process::ExitCode;

use super::config::InputFault;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The input is wrong; nothing was written. Exit code 2.
    Input(Vec<String>),
    /// The run failed. Exit code 1.
    Run(String),
    /// The run went well, but did not become as accurate as asked for. Exit code 3.
    Inaccurate(String),
}

impl CliError {
    /// Exit code of the process.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Run(_) => ExitCode::FAILURE,
            Self::Inaccurate(_) => ExitCode::from(3),
        }
    }

    /// A single fault of the input.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self::Input(vec![message.to_string()])
    }

    /// A failure of the run.
    pub(crate) fn run(message: impl fmt::Display) -> Self {
        Self::Run(message.to_string())
    }

    /// The messages, one for each fault.
    pub(crate) fn messages(&self) -> &[String] {
        match self {
            Self::Input(messages) => messages,
            Self::Run(message) | Self::Inaccurate(message) => std::slice::from_ref(message),
        }
    }
}

impl From<InputFault> for CliError {
    fn from(fault: InputFault) -> Self {
        Self::input(fault)
    }
}

impl From<Vec<InputFault>> for CliError {
    fn from(faults: Vec<InputFault>) -> Self {
        Self::Input(faults.iter().map(ToString::to_string).collect())
    }
}

/// Says whose fault an error is.
pub(crate) trait Blame<T> {
    /// The input is wrong: exit code 2.
    fn blame_input(self) -> Result<T, CliError>;
    /// The run failed: exit code 1.
    fn blame_run(self) -> Result<T, CliError>;
}

impl<T, E: fmt::Display> Blame<T> for Result<T, E> {
    fn blame_input(self) -> Result<T, CliError> {
        self.map_err(CliError::input)
    }

    fn blame_run(self) -> Result<T, CliError> {
        self.map_err(CliError::run)
    }
}
