//! The sections of a prmtop: `%FLAG`, `%FORMAT`, and entries of fixed width that know their line.

use std::collections::BTreeMap;

use super::error::{PrmtopError, PrmtopFault};
use super::format::{Format, Kind};
use crate::forcefield::limits::Limits;

/// One `%FLAG`.
#[derive(Debug)]
struct Section {
    line: usize,
    format: Option<Format>,
    entries: Vec<(String, usize)>,
}

/// All sections of a file by their flag.
#[derive(Debug)]
pub(super) struct Sections {
    file: String,
    sections: BTreeMap<String, Section>,
}

/// Numbers of one section, with what messages about them need.
#[derive(Debug)]
pub(super) struct Entries<'a, T> {
    flag: &'a str,
    sections: &'a Sections,
    /// The numbers in file order.
    pub(super) values: Vec<T>,
}

/// The remedy for a file that another program wrote in vain.
const NEEDED: &str = "every molecule needs";

impl Sections {
    /// From the text of a file; `file` is for messages.
    pub(super) fn parse(text: &str, file: &str) -> Result<Self, PrmtopError> {
        let mut reader = Reader {
            sections: Self {
                file: file.to_owned(),
                sections: BTreeMap::new(),
            },
            flag: None,
        };
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("%VERSION") && !first.starts_with("%FLAG") {
            let found = first.chars().take(40).collect::<String>();
            return Err(reader.sections.fault(
                Some(1),
                PrmtopFault::NoFlags {
                    found: found.trim_end().to_owned(),
                },
            ));
        }
        for (index, line) in text.lines().enumerate() {
            reader.line(line.trim_end(), index + 1)?;
        }
        Ok(reader.sections)
    }

    /// A fault of this file.
    pub(super) fn fault(&self, line: Option<usize>, fault: PrmtopFault) -> PrmtopError {
        PrmtopError {
            file: self.file.clone(),
            line,
            fault,
        }
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.sections.contains_key(flag)
    }

    /// Line of a `%FLAG`.
    pub(super) fn line(&self, flag: &str) -> Option<usize> {
        self.sections.get(flag).map(|section| section.line)
    }

    /// All flags, sorted.
    pub(super) fn flags(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }

    /// Entries of a section that has to be there, in a format of that kind.
    fn section(&self, flag: &str, kind: Kind) -> Result<&Section, PrmtopError> {
        let missing = || PrmtopFault::MissingFlag {
            flag: flag.to_owned(),
            needed_for: NEEDED,
        };
        let section = self
            .sections
            .get(flag)
            .ok_or_else(|| self.fault(None, missing()))?;
        match &section.format {
            Some(format) if format.kind == kind => Ok(section),
            format => {
                let got = format.as_ref().map_or("", |format| &format.text).to_owned();
                let fault = PrmtopFault::Format {
                    flag: flag.to_owned(),
                    got,
                    expected: kind.expected(),
                };
                Err(self.fault(Some(section.line), fault))
            }
        }
    }

    /// Names of a section, trimmed; as many as expected.
    pub(super) fn texts(
        &self,
        flag: &str,
        expected: Expected<'_>,
    ) -> Result<Vec<&str>, PrmtopError> {
        let section = self.section(flag, Kind::Text)?;
        self.check_count(flag, section, expected)?;
        Ok(section
            .entries
            .iter()
            .map(|(text, _)| text.trim())
            .collect())
    }

    /// Whole numbers of a section; as many as expected.
    pub(super) fn integers<'a>(
        &'a self,
        flag: &'a str,
        expected: Expected<'_>,
    ) -> Result<Entries<'a, i64>, PrmtopError> {
        // AMBER's integers have 32 bits: what is computed of them here, in 64, cannot overflow.
        let parse = |text: &str| text.parse::<i32>().ok().map(i64::from);
        self.numbers(
            flag,
            Kind::Integer,
            expected,
            parse,
            "a whole number of 32 bits",
        )
    }

    /// Numbers of a section; as many as expected.
    pub(super) fn reals<'a>(
        &'a self,
        flag: &'a str,
        expected: Expected<'_>,
    ) -> Result<Entries<'a, f64>, PrmtopError> {
        let parse = |text: &str| {
            let text = text.replace(['d', 'D'], "E");
            text.parse::<f64>().ok().filter(|value| value.is_finite())
        };
        self.numbers(flag, Kind::Real, expected, parse, "a finite number")
    }

    fn numbers<'a, T>(
        &'a self,
        flag: &'a str,
        kind: Kind,
        expected: Expected<'_>,
        parse: impl Fn(&str) -> Option<T>,
        what: &str,
    ) -> Result<Entries<'a, T>, PrmtopError> {
        let section = self.section(flag, kind)?;
        let number = |(index, (text, _)): (usize, &(String, usize))| {
            parse(text.trim()).ok_or_else(|| self.entry_fault(flag, index, what.to_owned()))
        };
        let values: Result<Vec<T>, PrmtopError> =
            section.entries.iter().enumerate().map(number).collect();
        self.check_count(flag, section, expected)?;
        Ok(Entries {
            flag,
            sections: self,
            values: values?,
        })
    }

    /// The fault of one entry, which is none of what was expected.
    fn entry_fault(&self, flag: &str, index: usize, expected: String) -> PrmtopError {
        let (text, line) = &self.sections[flag].entries[index];
        let fault = PrmtopFault::Entry {
            flag: flag.to_owned(),
            entry: index + 1,
            text: text.trim().to_owned(),
            expected,
        };
        self.fault(Some(*line), fault)
    }

    fn check_count(
        &self,
        flag: &str,
        section: &Section,
        expected: Expected<'_>,
    ) -> Result<(), PrmtopError> {
        let got = section.entries.len();
        let (expected, reason) = match expected {
            Expected::Any => return Ok(()),
            Expected::AtLeast(least, _) if got >= least => return Ok(()),
            Expected::AtLeast(expected, reason) | Expected::Exactly(expected, reason) => {
                (expected, reason)
            }
        };
        if got == expected {
            return Ok(());
        }
        let fault = PrmtopFault::Count {
            flag: flag.to_owned(),
            got,
            expected,
            reason: reason.to_owned(),
        };
        Err(self.fault(Some(section.line), fault))
    }
}

/// How many entries a section should have, and who says so.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected<'a> {
    Any,
    AtLeast(usize, &'a str),
    Exactly(usize, &'a str),
}

impl<T> Entries<'_, T> {
    /// The fault of one entry, which is none of what was expected.
    pub(super) fn fault(&self, index: usize, expected: impl Into<String>) -> PrmtopError {
        self.sections.entry_fault(self.flag, index, expected.into())
    }
}

impl Entries<'_, i64> {
    /// An entry that counts from 1 up to a number, as an index from 0.
    pub(super) fn index(&self, entry: usize, n: usize, what: &str) -> Result<usize, PrmtopError> {
        let index = usize::try_from(self.values[entry] - 1).ok();
        let within = index.filter(|&index| index < n);
        within.ok_or_else(|| self.fault(entry, format!("the number of {what}, from 1 to {n},")))
    }

    /// An entry that is three times an atom's index from 0, as AMBER points into its array of coordinates.
    pub(super) fn atom(&self, entry: usize, n_atoms: usize) -> Result<usize, PrmtopError> {
        let pointer = self.values[entry];
        let atom = usize::try_from(pointer / 3).ok();
        let within = atom.filter(|&atom| pointer >= 0 && pointer % 3 == 0 && atom < n_atoms);
        within.ok_or_else(|| {
            let last = 3 * n_atoms.saturating_sub(1);
            let expected = format!("a pointer to an atom, a multiple of 3 from 0 to {last},");
            self.fault(entry, expected)
        })
    }

    /// An entry that is a count.
    pub(super) fn count(&self, entry: usize) -> Result<usize, PrmtopError> {
        usize::try_from(self.values[entry]).map_err(|_| self.fault(entry, "a count from 0 up"))
    }
}

impl Entries<'_, f64> {
    /// An entry in the units of this program, if it makes physical sense.
    pub(super) fn plausible(
        &self,
        entry: usize,
        factor: f64,
        limits: &Limits,
    ) -> Result<f64, PrmtopError> {
        let value = self.values[entry] * factor;
        let within = value >= limits.least && value <= limits.most;
        within
            .then_some(value)
            .ok_or_else(|| self.fault(entry, limits.expected))
    }

    /// All entries in the units of this program, if they make physical sense.
    pub(super) fn all_plausible(
        &self,
        factor: f64,
        limits: &Limits,
    ) -> Result<Vec<f64>, PrmtopError> {
        (0..self.values.len())
            .map(|entry| self.plausible(entry, factor, limits))
            .collect()
    }
}

/// Where reading stands.
struct Reader {
    sections: Sections,
    /// The section that lines belong to.
    flag: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &str, number: usize) -> Result<(), PrmtopError> {
        let layout = |text: String| (Some(number), PrmtopFault::Layout(text));
        let result = match line.split_once(char::is_whitespace).unwrap_or((line, "")) {
            ("%FLAG", rest) => self.open(rest.trim(), number),
            ("%VERSION" | "%COMMENT", _) => Ok(()),
            _ if line.starts_with("%FORMAT") => self.format(&line["%FORMAT".len()..]),
            _ if line.starts_with('%') => Err(format!(
                "expected %FLAG, %FORMAT, %COMMENT or data, found '{}'",
                line.chars().take(40).collect::<String>()
            )),
            _ => self.data(line, number),
        };
        result.map_err(|text| {
            let (line, fault) = layout(text);
            self.sections.fault(line, fault)
        })
    }

    fn open(&mut self, flag: &str, line: usize) -> Result<(), String> {
        if flag.is_empty() {
            return Err("%FLAG without a name".to_owned());
        }
        let section = Section {
            line,
            format: None,
            entries: Vec::new(),
        };
        if let Some(earlier) = self.sections.line(flag) {
            return Err(format!(
                "a second %FLAG {flag}, the first is in line {earlier}; delete one of them"
            ));
        }
        self.sections.sections.insert(flag.to_owned(), section);
        self.flag = Some(flag.to_owned());
        Ok(())
    }

    fn current(&mut self, what: &str) -> Result<(&str, &mut Section), String> {
        let flag = self.flag.as_deref();
        let flag = flag.ok_or_else(|| format!("{what} before the first %FLAG"))?;
        let section = self.sections.sections.get_mut(flag);
        Ok((
            flag,
            section.expect("invariant: the open flag has a section"),
        ))
    }

    fn format(&mut self, rest: &str) -> Result<(), String> {
        let (flag, section) = self.current("%FORMAT")?;
        if section.format.is_some() {
            return Err(format!(
                "a second %FORMAT for %FLAG {flag}; delete one of them"
            ));
        }
        let format = Format::parse(rest);
        let format = format.ok_or_else(|| {
            format!("%FORMAT{rest}: expected brackets and a Fortran format, as in %FORMAT(10I8)")
        })?;
        section.format = Some(format);
        Ok(())
    }

    fn data(&mut self, line: &str, number: usize) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        let (flag, section) = self.current("data")?;
        let format = section.format.as_ref();
        let format = format.ok_or_else(|| format!("data of %FLAG {flag} before its %FORMAT"))?;
        let characters: Vec<char> = line.chars().collect();
        let entries = characters.chunks(format.width);
        if format.kind != Kind::Other && entries.len() > format.per_line {
            return Err(format!(
                "{} characters in a line of %FLAG {flag}, but its %FORMAT({}) allows {} entries of {}",
                characters.len(),
                format.text,
                format.per_line,
                format.width
            ));
        }
        let texts = entries.map(|entry| (entry.iter().collect::<String>(), number));
        section.entries.extend(texts);
        Ok(())
    }
}
