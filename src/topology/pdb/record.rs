//! Lines of a PDB file to records: columns in, numbers out.

use super::PdbError;
use super::cell::Cell;

/// Where a residue stands: chain, number, insertion code.
pub(super) type ResidueId = (char, i32, char);

/// One ATOM or HETATM line.
#[derive(Debug, Clone)]
pub(super) struct AtomRecord {
    pub(super) line: usize,
    pub(super) serial: Option<i64>,
    pub(super) name: String,
    pub(super) altloc: char,
    pub(super) residue_name: String,
    pub(super) id: ResidueId,
    pub(super) position_nm: [f64; 3],
    pub(super) occupancy: f64,
    /// Columns 77-78, or the first letter of the name.
    pub(super) element: String,
    /// Count of chain ends (TER) before it.
    pub(super) segment: usize,
}

/// What is kept of a file: its first model and its bonds.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) atoms: Vec<AtomRecord>,
    /// Line and two serial numbers, first < second.
    pub(super) conect: Vec<(usize, [i64; 2])>,
    pub(super) ssbonds: Vec<Pair<ResidueId>>,
    /// LINK: the residues and the names of the two atoms.
    pub(super) links: Vec<Pair<(ResidueId, String)>>,
    /// The periodic box, where CRYST1 states one.
    pub(super) cell: Option<Cell>,
}

/// A record that joins two things of the file.
#[derive(Debug)]
pub(super) struct Pair<T> {
    pub(super) line: usize,
    pub(super) ends: [T; 2],
    /// Whether both are of the same asymmetric unit: a bond to a crystal neighbour is none of the molecule's.
    pub(super) same_image: bool,
}

/// The records of one residue, one location each.
#[derive(Debug)]
pub(super) struct RawResidue {
    pub(super) name: String,
    pub(super) id: ResidueId,
    pub(super) atoms: Vec<AtomRecord>,
    /// Begins a chain.
    pub(super) first: bool,
    /// Ends a chain.
    pub(super) last: bool,
    /// The first or last residue of a head-to-tail ring, bonded to the other end.
    pub(super) closed: bool,
    /// Taken with the atoms and bonds of the file: of a kind that the library lacks, or cross-linked to another residue.
    pub(super) as_is: bool,
    /// A cysteine whose partner is not in the file.
    pub(super) widowed: bool,
}

impl RawResidue {
    /// `ALA 12 (chain A)` for messages.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.name, place(self.id))
    }

    /// First line in the file.
    pub(super) fn line(&self) -> usize {
        self.atoms[0].line
    }

    /// Whether it begins a chain whose end is free or capped.
    pub(super) fn is_n_terminal(&self) -> bool {
        self.first && !self.closed
    }

    /// Whether it ends a chain whose end is free or capped.
    pub(super) fn is_c_terminal(&self) -> bool {
        self.last && !self.closed
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.atoms.iter().any(|atom| atom.name == name)
    }
}

/// `12A (chain B)` of a residue id.
pub(super) fn place((chain, number, insertion): ResidueId) -> String {
    let insertion = insertion.to_string();
    let insertion = insertion.trim();
    if chain == ' ' {
        format!("{number}{insertion}")
    } else {
        format!("{number}{insertion} (chain {chain})")
    }
}

/// Columns `first..=last` (from 1) trimmed; empty beyond the end of the line.
fn columns(line: &str, first: usize, last: usize) -> &str {
    let end = last.min(line.len());
    line.get((first - 1).min(end)..end).unwrap_or("").trim()
}

fn column(line: &str, index: usize) -> char {
    line.as_bytes().get(index - 1).map_or(' ', |&b| b.into())
}

struct Reader<'a> {
    file: &'a str,
    line: usize,
    text: &'a str,
}

impl Reader<'_> {
    fn number<T: std::str::FromStr>(
        &self,
        (first, last): (usize, usize),
        field: &'static str,
        columns_text: &'static str,
    ) -> Result<T, PdbError> {
        let got = columns(self.text, first, last);
        got.parse().map_err(|_| PdbError::BadField {
            file: self.file.to_owned(),
            line: self.line,
            field,
            columns: columns_text,
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
                file: self.file.to_owned(),
                line: self.line,
                field,
                columns: text,
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
            self.number((55, 60), "occupancy", "55-60")?
        };
        Ok(AtomRecord {
            line: self.line,
            serial: columns(self.text, 7, 11).parse().ok(),
            name,
            altloc: column(self.text, 17),
            residue_name: columns(self.text, 18, 21).to_ascii_uppercase(),
            id: (
                column(self.text, 22),
                self.number((23, 26), "residue number", "23-26")?,
                column(self.text, 27),
            ),
            position_nm: [
                self.coordinate((31, 38), "x", "31-38")?,
                self.coordinate((39, 46), "y", "39-46")?,
                self.coordinate((47, 54), "z", "47-54")?,
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
        let first = self.number((18, 21), "first residue number", "18-21")?;
        let second = self.number((32, 35), "second residue number", "32-35")?;
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
pub(super) fn parse(text: &str, file: &str) -> Result<Records, PdbError> {
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
            _ if text.starts_with("_atom_site.") => {
                return Err(PdbError::Mmcif {
                    file: file.to_owned(),
                    line: index + 1,
                });
            }
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
    fn warn(&self, file: &str) {
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
