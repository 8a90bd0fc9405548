//! A fault of the input file, as the user reads it: where, what was got, what was expected, what to do.

use std::fmt;
use std::path::Path;

use super::locate::{Position, has_value, locate_value};

/// The text of an input file and the name under which messages mention it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Path as the user typed it.
    pub(crate) name: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    /// A source with the path as its name.
    pub(crate) fn new(path: &Path, text: String) -> Self {
        Self {
            name: path.display().to_string(),
            text,
        }
    }

    /// Whether the file gives a value at a key path, rather than leaving it to its default.
    pub(crate) fn has(&self, path: &str) -> bool {
        has_value(&self.text, path)
    }

    /// A fault of the value at a key path such as `sampler[0].langevin.steps`; `help` is empty where `problem` has the remedy.
    pub(crate) fn fault_at(&self, path: &str, problem: &str, help: &str) -> InputFault {
        let position = locate_value(&self.text, path);
        self.fault(position, &format!("{path}: {problem}"), help)
    }

    /// A fault at a known position.
    pub(crate) fn fault(
        &self,
        position: Option<Position>,
        problem: &str,
        help: &str,
    ) -> InputFault {
        let line = position.and_then(|at| self.text.lines().nth(at.line - 1));
        InputFault {
            file: self.name.clone(),
            position,
            line: line.map(str::to_owned),
            problem: problem.to_owned(),
            help: help.to_owned(),
        }
    }
}

/// One fault with its place and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) struct InputFault {
    /// Name of the file.
    pub(crate) file: String,
    /// Where in it.
    pub(crate) position: Option<Position>,
    line: Option<String>,
    problem: String,
    /// What to do; empty where the problem says it.
    pub(crate) help: String,
}

/// Characters of a line that are shown, and those before the place of the fault among them.
const SHOWN: usize = 160;
const BEFORE: usize = 60;

/// A line as far as it fits a terminal, and the column of the fault in what is left.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    if line.chars().count() <= SHOWN {
        return (line.to_owned(), column);
    }
    let skipped = column.saturating_sub(BEFORE + 1);
    let kept: String = line.chars().skip(skipped).take(SHOWN).collect();
    match skipped {
        0 => (format!("{kept}..."), column),
        _ => (format!("...{kept}..."), column - skipped + 3),
    }
}

impl fmt::Display for InputFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file)?;
        if let Some(at) = self.position {
            write!(formatter, "{}:{}:", at.line, at.column)?;
        }
        write!(formatter, " {}", self.problem)?;
        if let (Some(at), Some(line)) = (self.position, &self.line) {
            // A tab is one column for the reader of YAML: shown as one blank so that the caret stays below its place.
            let line = line.trim_end().replace('\t', " ");
            let (line, column) = excerpt(&line, at.column);
            write!(formatter, "\n{:>5} | {line}", at.line)?;
            write!(formatter, "\n      | {:>width$}", "^", width = column)?;
        }
        if !self.help.is_empty() {
            write!(formatter, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}
