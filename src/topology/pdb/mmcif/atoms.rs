//! Rows of `_atom_site` to atom records.

use super::block::{Row, Table};
use super::chains::Chains;
use super::fault::{CifFault, Located};
use crate::topology::pdb::error::PdbError;
use crate::topology::pdb::record::{AtomRecord, ResidueId};
use crate::topology::pdb::residues::WATERS;
use crate::topology::pdb::source::Source;
use crate::units::NM_PER_ANGSTROM;
use std::collections::HashMap;

/// Chain, number and atom name of the `label_` items.
pub(super) type Label<'a> = (&'a str, &'a str, &'a str);

/// The atoms of the first model, and what bonds need to find them.
pub(super) struct Atoms<'a> {
    /// Serial numbers count the rows, from 0.
    pub(super) records: Vec<AtomRecord>,
    pub(super) chains: Chains<'a>,
    /// Whether residues have the `auth_` chain and number.
    pub(super) by_author: bool,
    /// First record of every label.
    pub(super) of_label: HashMap<Label<'a>, usize>,
}

/// Where the items stand in a row.
struct Columns {
    name: usize,
    residue_name: usize,
    chain: Option<usize>,
    number: usize,
    insertion: Option<usize>,
    alternate: Option<usize>,
    element: Option<usize>,
    occupancy: Option<usize>,
    position: [usize; 3],
    model: Option<usize>,
    label: [Option<usize>; 3],
}

const POSITIONS: [(&str, &str); 3] = [
    ("x", "_atom_site.Cartn_x"),
    ("y", "_atom_site.Cartn_y"),
    ("z", "_atom_site.Cartn_z"),
];

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, CifFault> {
        let either = |item: &str| {
            let named = |kind: &str| table.column(&format!("{kind}_{item}"));
            named("auth").or_else(|| named("label"))
        };
        let needed = |column: Option<usize>, item: &'static str| {
            column.ok_or(CifFault::MissingItem { item })
        };
        let place = |axis: &str, item| needed(table.column(&format!("cartn_{axis}")), item);
        Ok(Self {
            name: needed(either("atom_id"), "auth_atom_id or label_atom_id")?,
            residue_name: needed(either("comp_id"), "auth_comp_id or label_comp_id")?,
            chain: either("asym_id"),
            number: needed(either("seq_id"), "auth_seq_id or label_seq_id")?,
            insertion: table.column("pdbx_pdb_ins_code"),
            alternate: table.column("label_alt_id"),
            element: table.column("type_symbol"),
            occupancy: table.column("occupancy"),
            position: [
                place("x", "Cartn_x")?,
                place("y", "Cartn_y")?,
                place("z", "Cartn_z")?,
            ],
            model: table.column("pdbx_pdb_model_num"),
            label: ["label_asym_id", "label_seq_id", "label_atom_id"]
                .map(|item| table.column(item)),
        })
    }

    /// What ends a chain where it changes, as TER does.
    fn segment<'a>(&self, row: &Row<'_, 'a>) -> [Option<&'a str>; 2] {
        [row.get(self.label[0]), row.get(self.chain)]
    }
}

impl<'a> Atoms<'a> {
    /// Reads the first model's rows; `blame` gives a fault its file.
    ///
    /// # Errors
    /// A missing item, too many chains, numbers that are none.
    pub(super) fn read(
        table: &Table<'a>,
        source: Source<'_>,
        blame: impl Fn(Located) -> PdbError,
    ) -> Result<Self, PdbError> {
        let line = table.line;
        let columns = Columns::of(table).map_err(|fault| blame(Located { line, fault }))?;
        let rows = first_model(table, &columns, source);
        let is_water = |row: &&Row<'_, 'a>| WATERS.contains(&row.text(columns.residue_name));
        let named = rows.iter().filter(|row| !is_water(row));
        let chains = Chains::assign(named.filter_map(|row| row.get(columns.chain)), source)
            .map_err(|fault| blame(Located { line, fault }))?;
        let mut atoms = Self {
            records: Vec::with_capacity(rows.len()),
            chains,
            by_author: ["auth_asym_id", "auth_seq_id"]
                .iter()
                .all(|item| table.column(item).is_some()),
            of_label: HashMap::new(),
        };
        let (mut segment, mut before) = (0, None);
        for row in &rows {
            let here = columns.segment(row);
            segment += usize::from(before.is_some_and(|before| before != here));
            before = Some(here);
            if let [Some(chain), Some(number), Some(name)] = columns.label.map(|item| row.get(item))
            {
                let label = (chain, number, name);
                atoms.of_label.entry(label).or_insert(atoms.records.len());
            }
            let record = atoms.record(row, &columns, segment, source)?;
            atoms.records.push(record);
        }
        Ok(atoms)
    }

    fn record(
        &self,
        row: &Row<'_, 'a>,
        columns: &Columns,
        segment: usize,
        source: Source<'_>,
    ) -> Result<AtomRecord, PdbError> {
        let bad = |field, place, got: &str| PdbError::BadField {
            file: source.to_string(),
            line: row.line(),
            field,
            place,
            got: got.to_owned(),
        };
        let number = |column: usize, field, place| {
            let got = row.text(column);
            let value = without_uncertainty(got).parse::<f64>();
            let value = value.ok().filter(|value| value.is_finite());
            value.ok_or_else(|| bad(field, place, got))
        };
        let mut position_nm = [0.0; 3];
        for (axis, (field, place)) in POSITIONS.into_iter().enumerate() {
            position_nm[axis] = number(columns.position[axis], field, place)? * NM_PER_ANGSTROM;
        }
        let occupancy = match columns.occupancy {
            Some(column) if row.get(Some(column)).is_some() => {
                number(column, "occupancy", "_atom_site.occupancy")?
            }
            _ => 1.0,
        };
        let name = row.text(columns.name).to_owned();
        let stated = row.get(columns.element).map(str::to_ascii_uppercase);
        let letter = || name.chars().find(char::is_ascii_alphabetic);
        let element = stated.unwrap_or_else(|| letter().map(String::from).unwrap_or_default());
        let letter = |column| row.get(column).and_then(|text| text.chars().next());
        Ok(AtomRecord {
            line: row.line(),
            serial: i64::try_from(self.records.len()).ok(),
            name,
            altloc: letter(columns.alternate).unwrap_or(' '),
            residue_name: row.text(columns.residue_name).to_ascii_uppercase(),
            id: (
                self.chains.letter(row.get(columns.chain)),
                self.residue_number(row, columns)
                    .map_err(|got| bad("residue number", "_atom_site.auth_seq_id", got))?,
                letter(columns.insertion).unwrap_or(' '),
            ),
            position_nm,
            occupancy,
            element,
            segment,
        })
    }

    /// 0 where only label numbers are there and say that the residue is of no polymer (`.`).
    fn residue_number(&self, row: &Row<'_, 'a>, columns: &Columns) -> Result<i32, &'a str> {
        let got = row.text(columns.number);
        match row.get(Some(columns.number)) {
            None if !self.by_author || WATERS.contains(&row.text(columns.residue_name)) => Ok(0),
            _ => got.parse().map_err(|_| got),
        }
    }

    /// Records of a residue that have a name, whatever their location.
    pub(super) fn named<'s>(
        &'s self,
        id: ResidueId,
        name: &'s str,
    ) -> impl Iterator<Item = &'s AtomRecord> {
        let is_it = move |atom: &&AtomRecord| atom.id == id && atom.name == name;
        self.records.iter().filter(is_it)
    }
}

/// `1.234(5)` is 1.234.
fn without_uncertainty(text: &str) -> &str {
    match text.split_once('(') {
        Some((value, rest)) if rest.ends_with(')') => value,
        _ => text,
    }
}

/// Rows of the model of the first row; a warning if there are others.
fn first_model<'t, 'a>(
    table: &'t Table<'a>,
    columns: &Columns,
    source: Source<'_>,
) -> Vec<Row<'t, 'a>> {
    let mut models: Vec<Option<&str>> = Vec::new();
    let mut rows = Vec::new();
    for row in table.rows() {
        let model = row.get(columns.model);
        if models.last() != Some(&model) && !models.contains(&model) {
            models.push(model);
        }
        if models[0] == model {
            rows.push(row);
        }
    }
    if models.len() > 1 {
        log::warn!("{source}: {} models, the first one is used", models.len());
    }
    rows
}
