//! Lines of a PDB file to records: columns in, numbers out.

use super::PdbError;
use super::cell::Cell;
use super::record::{AtomRecord, Pair, Records, ResidueId};
use super::residues::WATERS;
use super::source::Source;

/// Columns `first..=last` (from 1) trimmed; empty beyond the end of the line.
fn columns(line: &str, first: usize, last: usize) -> &str {
    let end = last.min(line.len());
    line.get((first - 1).min(end)..end).unwrap_or("").trim()
}

fn column(line: &str, index: usize) -> char {
    line.as_bytes().get(index - 1).map_or(' ', |&b| b.into())
}

struct Reader<'a> {
    file: Source<'a>,
    line: usize,
    text: &'a str,
}

impl Reader<'_> {
    fn number<T: std::str::FromStr>(
        &self,
        (first, last): (usize, usize),
        field: &'static str,
        place: &'static str,
    ) -> Result<T, PdbError> {
        let got = columns(self.text, first, last);
        got.parse().map_err(|_| PdbError::BadField {
            file: self.file.to_string(),
            line: self.line,
            field,
            place,
            got: got.to_owned(),
        })
    }

    fn coordinate(
        &self,
        range: (usize, usize),
        field: &'static str,
        text: &'static str,
    ) -> Result<f64, PdbError> {
        let angstrom: f64 = self.number(range, field, text)?;
        if angstrom.is_finite() {
            Ok(angstrom * crate::units::NM_PER_ANGSTROM)
        } else {
            Err(PdbError::BadField {
                file: self.file.to_string(),
                line: self.line,
                field,
                place: text,
                got: columns(self.text, range.0, range.1).to_owned(),
            })
        }
    }

    fn atom(&self, segment: usize) -> Result<AtomRecord, PdbError> {
        let name = columns(self.text, 13, 16).to_owned();
        let stated = columns(self.text, 77, 78);
        let element = if stated.chars().any(|c| c.is_ascii_alphabetic()) {
            stated.to_ascii_uppercase()
        } else {
            let letter = name.chars().find(char::is_ascii_alphabetic);
            letter.map(String::from).unwrap_or_default()
        };
        let occupancy = if columns(self.text, 55, 60).is_empty() {
            1.0
        } else {
            self.number((55, 60), "occupancy", "columns 55-60")?
        };
        let residue_name = columns(self.text, 18, 21).to_ascii_uppercase();
        let number = self.number((23, 26), "residue number", "columns 23-26");
        let number = match number {
            // Beyond 9999 programs count on in other ways; waters are dropped anyway.
            Err(_) if WATERS.contains(&residue_name.as_str()) => 0,
            other => other?,
        };
        Ok(AtomRecord {
            line: self.line,
            serial: columns(self.text, 7, 11).parse().ok(),
            name,
            altloc: column(self.text, 17),
            residue_name,
            id: (column(self.text, 22), number, column(self.text, 27)),
            position_nm: [
                self.coordinate((31, 38), "x", "columns 31-38")?,
                self.coordinate((39, 46), "y", "columns 39-46")?,
                self.coordinate((47, 54), "z", "columns 47-54")?,
            ],
            occupancy,
            element,
            segment,
        })
    }

    fn conect(&self, records: &mut Records) {
        let serial = |first: usize| columns(self.text, first, first + 4).parse::<i64>().ok();
        let Some(from) = serial(7) else { return };
        for to in [12, 17, 22, 27].into_iter().filter_map(serial) {
            records
                .conect
                .push((self.line, [from.min(to), from.max(to)]));
        }
    }

    fn ssbond(&self) -> Result<Pair<ResidueId>, PdbError> {
        let first = self.number((18, 21), "first residue number", "columns 18-21")?;
        let second = self.number((32, 35), "second residue number", "columns 32-35")?;
        let text = self.text;
        Ok(Pair {
            line: self.line,
            ends: [
                (column(text, 16), first, column(text, 22)),
                (column(text, 30), second, column(text, 36)),
            ],
            same_image: self.same_image(),
        })
    }

    /// LINK, and LINKR of REFMAC; `None` where a residue number is none (positions show the bond all the same).
    fn link(&self) -> Option<Pair<(ResidueId, String)>> {
        let end = |start: usize| {
            let number = columns(self.text, start + 10, start + 13).parse().ok()?;
            let id = (
                column(self.text, start + 9),
                number,
                column(self.text, start + 14),
            );
            Some((
                id,
                columns(self.text, start, start + 3).to_ascii_uppercase(),
            ))
        };
        Some(Pair {
            line: self.line,
            ends: [end(13)?, end(43)?],
            same_image: self.same_image(),
        })
    }

    fn same_image(&self) -> bool {
        columns(self.text, 60, 65) == columns(self.text, 67, 72)
    }

    /// Edges in angstrom and angles in degrees; a box that is none (zeros, the unit box of NMR models) is no cell.
    fn cell(&self) -> Option<Cell> {
        let mut values = [0.0; 6];
        let ranges = [(7, 15), (16, 24), (25, 33), (34, 40), (41, 47), (48, 54)];
        for (value, (first, last)) in values.iter_mut().zip(ranges) {
            *value = columns(self.text, first, last).parse().ok()?;
        }
        let [a, b, c, alpha, beta, gamma] = values;
        Cell::new([a, b, c], [alpha, beta, gamma])
    }
}

/// Records of the first model or frame; `file` is the name for messages.
pub(super) fn parse(text: &str, file: Source<'_>) -> Result<Records, PdbError> {
    let mut records = Records::default();
    let (mut segment, mut frames) = (0, Frames::default());
    for (index, text) in text.lines().enumerate() {
        let reader = Reader {
            file,
            line: index + 1,
            text,
        };
        match columns(text, 1, 6) {
            "MODEL" => frames.n_models += 1,
            "ENDMDL" | "END" if !records.atoms.is_empty() => {
                frames.end.get_or_insert(index + 1);
            }
            "TER" => segment += 1,
            "ATOM" | "HETATM" if frames.end.is_some() => frames.n_atoms_after += 1,
            "ATOM" | "HETATM" => records.atoms.push(reader.atom(segment)?),
            "CONECT" => reader.conect(&mut records),
            "SSBOND" => records.ssbonds.push(reader.ssbond()?),
            "LINK" | "LINKR" => records.links.extend(reader.link()),
            "CRYST1" => records.cell = reader.cell(),
            _ => {}
        }
    }
    frames.warn(file);
    records.conect.sort_by_key(|&(line, pair)| (pair, line));
    records.conect.dedup_by_key(|(_, pair)| *pair);
    Ok(records)
}

/// What follows the first model or frame.
#[derive(Default)]
struct Frames {
    n_models: usize,
    /// Line of the first ENDMDL or END.
    end: Option<usize>,
    n_atoms_after: usize,
}

impl Frames {
    fn warn(&self, file: Source<'_>) {
        let (Some(line), 1..) = (self.end, self.n_atoms_after) else {
            return;
        };
        if self.n_models > 1 {
            log::warn!("{file}: {} models, the first one is used", self.n_models);
        } else {
            log::warn!(
                "{file}:{line}: {} atoms follow the END of the first frame: only the first frame is used",
                self.n_atoms_after
            );
        }
    }
}
