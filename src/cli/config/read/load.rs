//! Reads an input file and turns the YAML reader's complaints into faults a user understands.

use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;

use crate::cli::console::note;
use crate::mcmc::{HELP_MARK, kernel_names};

use super::fault::{InputFault, Source};
use super::locate::{Position, locate_duplicate};
use super::suggest::nearest;
use crate::cli::config::Config;
use crate::cli::config::molecule::{MoleculeConfig, expand_home};

/// A parsed input file with what is needed to point into it.
#[derive(Debug, Clone)]
pub(crate) struct LoadedConfig {
    /// The parsed settings.
    pub(crate) config: Config,
    /// The text behind them.
    pub(crate) source: Source,
    /// Folder of the file, against which its relative paths count.
    pub(crate) directory: PathBuf,
    /// Whether the file has no seed, so that the one in `config` was drawn.
    pub(crate) seed_is_drawn: bool,
}

impl LoadedConfig {
    /// A path from the file, relative to the file; `~/` is the home folder.
    pub(crate) fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.join(expand_home(path.as_ref().to_owned()))
    }

    /// Tells the user the seed where it was drawn; it repeats what is named.
    pub(crate) fn note_drawn_seed(&self, repeated: &str) {
        if self.seed_is_drawn {
            let seed = self.config.seed();
            note(&format!(
                "seed: {seed}, drawn because the input has none; `seed: {seed}` repeats {repeated}"
            ));
        }
    }
}

/// Reads and parses `path`; values are checked later, once the command line had its say.
///
/// # Errors
/// [`InputFault`] when the file cannot be read, is not YAML, or does not have the keys and types of [`Config`].
pub(crate) fn load(path: &Path) -> Result<LoadedConfig, InputFault> {
    parse(Source::new(path, read(path)?), path)
}

/// As [`load`], of a text that is at hand; relative paths in it count from the folder of `path`.
///
/// # Errors
/// As [`load`].
pub(crate) fn parse(source: Source, path: &Path) -> Result<LoadedConfig, InputFault> {
    let empty = [
        "the file is empty, expected an input file with `system`, `temperature_kelvin`, `sampler` and `run`",
        "start from examples/alanine-dipeptide.yaml",
    ];
    let (mut config, source): (Config, Source) = parse_as(source, empty)?;
    let seed_is_drawn = config.seed.is_none();
    if seed_is_drawn {
        config.seed = Some(drawn_seed(&source)?);
    }
    let loaded = loaded(path, config, source);
    Ok(LoadedConfig {
        seed_is_drawn,
        ..loaded
    })
}

/// As [`load`], for what takes only the molecule of the file: `temperature_kelvin`, `sampler` and `run` may be missing.
///
/// # Errors
/// As [`load`]; salt without a temperature.
pub(crate) fn load_molecule(path: &Path) -> Result<LoadedConfig, InputFault> {
    parse_molecule(Source::new(path, read(path)?), path)
}

/// As [`load_molecule`], of a text that is at hand; relative paths in it count from the folder of `path`.
///
/// # Errors
/// As [`load_molecule`].
pub(crate) fn parse_molecule(source: Source, path: &Path) -> Result<LoadedConfig, InputFault> {
    let empty = [
        "the file is empty, expected an input file with `system`",
        "start from examples/alanine-dipeptide.yaml, or write `system: {pdb: file.pdb}`",
    ];
    let (molecule, source): (MoleculeConfig, Source) = parse_as(source, empty)?;
    if molecule.lacks_temperature() {
        return Err(source.fault_at(
            "system.ionic_strength_molar",
            "the screening by salt depends on the temperature, which is missing",
            "add `temperature_kelvin: 310`",
        ));
    }
    Ok(loaded(path, molecule.into_config(), source))
}

fn loaded(path: &Path, config: Config, source: Source) -> LoadedConfig {
    LoadedConfig {
        config,
        seed_is_drawn: false,
        source,
        directory: path.parent().unwrap_or(Path::new("")).to_owned(),
    }
}

/// A seed from the operating system, of the 53 bits that every reader of JSON keeps.
fn drawn_seed(source: &Source) -> Result<u64, InputFault> {
    let bits = SysRng.try_next_u64().map_err(|error| {
        source.fault(
            None,
            &format!("no `seed` is given, and the operating system draws none: {error}"),
            "give one, for example `seed: 7`",
        )
    })?;
    Ok(bits >> (u64::BITS - f64::MANTISSA_DIGITS))
}

/// Reads and parses a file of any kind; `empty` says what is expected of an empty one, and where to start.
///
/// # Errors
/// [`InputFault`] as [`load`].
pub(crate) fn load_as<T: serde::de::DeserializeOwned>(
    path: &Path,
    empty: [&str; 2],
) -> Result<(T, Source), InputFault> {
    parse_as(Source::new(path, read(path)?), empty)
}

fn parse_as<T: serde::de::DeserializeOwned>(
    source: Source,
    [problem, help]: [&str; 2],
) -> Result<(T, Source), InputFault> {
    if source.text.lines().all(is_blank) {
        return Err(source.fault(None, problem, help));
    }
    let parsed = serde_yaml::from_str(&source.text).map_err(|error| explain(&source, &error))?;
    Ok((parsed, source))
}

fn read(path: &Path) -> Result<String, InputFault> {
    let unreadable =
        |problem: String, help: &str| Source::new(path, String::new()).fault(None, &problem, help);
    let bytes = std::fs::read(path).map_err(|error| {
        unreadable(
            format!("cannot read the input file: {error}"),
            "give the path of a YAML file that exists and is readable",
        )
    })?;
    // Editors of Windows put a byte order mark in front, which is no part of the text.
    let bytes = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&bytes)
        .to_vec();
    String::from_utf8(bytes).map_err(|_| {
        unreadable(
            "the input file is not UTF-8 text, expected YAML".to_owned(),
            "give a YAML file; a trajectory, a PDB or an mmCIF file is named inside it",
        )
    })
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---"
}

/// The reader's message in our words. The messages of serde are stable: derived code and users' tests depend on them.
fn explain(source: &Source, error: &serde_yaml::Error) -> InputFault {
    let position = error.location().map(|at| Position {
        line: at.line(),
        column: at.column(),
    });
    let (path, message) = split_message(&error.to_string(), position);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let known = quoted.get(1..).unwrap_or(&[]);
    let word = quoted.first().copied().unwrap_or("");
    let prefix = if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    };
    if message.starts_with("unknown field") {
        let help = suggestion(word, known, "keys allowed here");
        return source.fault(position, &format!("{prefix}unknown key `{word}`"), &help);
    }
    if message.starts_with("unknown variant") {
        let kind = if known == kernel_names() {
            "kernel"
        } else {
            "value"
        };
        let help = suggestion(word, known, &format!("{kind}s allowed here"));
        return source.fault(position, &format!("{prefix}unknown {kind} `{word}`"), &help);
    }
    if message.starts_with("missing field") {
        let problem = format!("{prefix}the required key `{word}` is missing");
        return source.fault(position, &problem, &example(word));
    }
    if message.starts_with("duplicate field") {
        let position = locate_duplicate(&source.text, &path, word).or(position);
        let problem = format!("{prefix}the key `{word}` is given twice");
        return source.fault(position, &problem, "keep one of the two");
    }
    if let Some((problem, help)) = message.split_once(HELP_MARK) {
        return source.fault(position, &format!("{prefix}{problem}"), help);
    }
    let problem = format!("{prefix}{}", in_plain_words(&message));
    source.fault(position, &problem, &remedy(source, &message, position))
}

/// Key path and bare message of `path: message at line 1 column 2`.
fn split_message(text: &str, position: Option<Position>) -> (String, String) {
    let text = position.map_or(text.to_owned(), |at| {
        text.replacen(&format!(" at line {} column {}", at.line, at.column), "", 1)
    });
    match text.split_once(": ") {
        Some((path, message)) if !path.contains(char::is_whitespace) => {
            (path.to_owned(), message.to_owned())
        }
        _ => (String::new(), text),
    }
}

fn suggestion(word: &str, known: &[&str], what: &str) -> String {
    let list = known.join(", ");
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {what}: {list}"),
        None => format!("{what}: {list}"),
    }
}

/// How a missing key is written.
fn example(key: &str) -> String {
    let value = match key {
        "system" => "{sequence: ACE-ALA-NME}",
        "temperature_kelvin" => "310",
        "sampler" => "[{langevin: {steps: 100, timestep_fs: 1.0}}]",
        "run" => "{cycles: 1000}",
        "cycles" => "1000",
        "steps" => "100",
        "timestep_fs" => "1.0",
        _ => "...",
    };
    format!("add it, for example `{key}: {value}`")
}

/// `invalid type: string "a", expected f64` without the words of a compiler.
fn in_plain_words(message: &str) -> String {
    let Some((got, expected)) = message
        .split_once(", expected ")
        .filter(|_| message.starts_with("invalid "))
    else {
        return message.to_owned();
    };
    let got = got.split_once(": ").map_or(got, |(_, value)| value);
    let got = match got {
        "unit value" => "nothing",
        "map" => "a section of keys",
        "sequence" => "a list",
        other => other,
    };
    if let Some(length) = got.strip_prefix("invalid length ") {
        return format!("got {length} entries, expected 2");
    }
    let expected = match expected {
        "f64" => "a number",
        "u64" | "usize" => "a whole number, zero or more",
        "a boolean" => "true or false",
        "a string" => "text",
        "a sequence" => "a list: entries that start with a dash",
        "an array of length 2" => "a pair of numbers, [2, 7]",
        other if other.starts_with("struct ") => "a section of keys",
        other => other,
    };
    format!("got {got}, expected {expected}")
}

fn remedy(source: &Source, message: &str, position: Option<Position>) -> String {
    let line = position
        .and_then(|at| source.text.lines().nth(at.line - 1))
        .unwrap_or("");
    let indentation = &line[..line.len() - line.trim_start().len()];
    let text = message
        .strip_prefix("invalid type: string \"")
        .unwrap_or("");
    let is_number =
        message.ends_with("f64") || message.ends_with("u64") || message.ends_with("size");
    let first_word = text.split([' ', '"']).next().unwrap_or("");
    let is_joined = text.contains(' ') && !line.contains(text.split('"').next().unwrap_or(""));
    let help = if indentation.contains('\t') {
        "YAML does not allow tabs for indentation: use spaces"
    } else if is_joined && line.trim_end().ends_with(first_word) {
        "the next line is indented, so it belongs to this value: align it with this key"
    } else if is_number && text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        "write the number alone: the unit is part of the key's name"
    } else if message.contains("floating point") {
        "write it without point and exponent, 1000 rather than 1e3"
    } else if message.starts_with("invalid") {
        "see examples/ for complete files and `saltus schema` for all keys and their types"
    } else {
        "correct the YAML: check indentation, colons, brackets and quotes on this line and the one before"
    };
    help.to_owned()
}
