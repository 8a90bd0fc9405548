//! The ways in which a command fails, and their exit codes.

use std::fmt;

use super::config::InputFault;

/// One fault of an input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// All of it, as the program shows it.
    pub message: String,
    /// Name of the input file; empty where the fault is not of a file.
    pub file: String,
    /// Line and column in it, from 1.
    pub position: Option<[usize; 2]>,
    /// What to do; empty where the message says it.
    pub help: String,
}

/// Why a command failed.
#[derive(Debug)]
pub enum CliError {
    /// The input is wrong; nothing was written. Exit code 2.
    Input(Vec<Fault>),
    /// The run failed. Exit code 1.
    Run(String),
    /// The run went well, but did not become as accurate as asked for. Exit code 3.
    Inaccurate(String),
}

impl CliError {
    /// Exit code of the process.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
            Self::Inaccurate(_) => 3,
        }
    }

    /// A single fault of the input.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self::Input(vec![Fault {
            message: message.to_string(),
            ..Fault::default()
        }])
    }

    /// A failure of the run.
    pub(crate) fn run(message: impl fmt::Display) -> Self {
        Self::Run(message.to_string())
    }

    /// The messages, one for each fault.
    #[must_use]
    pub fn messages(&self) -> Vec<&str> {
        match self {
            Self::Input(faults) => faults.iter().map(|fault| fault.message.as_str()).collect(),
            Self::Run(message) | Self::Inaccurate(message) => vec![message],
        }
    }
}

impl From<InputFault> for CliError {
    fn from(fault: InputFault) -> Self {
        Self::from(vec![fault])
    }
}

impl From<Vec<InputFault>> for CliError {
    fn from(faults: Vec<InputFault>) -> Self {
        let fault = |fault: InputFault| Fault {
            message: fault.to_string(),
            file: fault.file,
            position: fault.position.map(|at| [at.line, at.column]),
            help: fault.help,
        };
        Self::Input(faults.into_iter().map(fault).collect())
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
