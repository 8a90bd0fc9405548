//! mmCIF files to the records that PDB files give.
//!
//! A reader of its own: the maintained crate (pdbtbx 0.12) regroups atoms by conformers, so that the order of the file is lost, and reads
//! no `_struct_conn`. Residues have the `auth_` numbers, names and chains, as in the PDB file of the same entry, in MDTraj and in OpenMM
//! (which takes `label_asym_id` for chains only where it tells more of them apart; here it ends a chain as TER does); the `label_` items
//! stand in where a file has no others.

mod atoms;
mod block;
mod chains;
mod connections;
mod fault;
mod syntax;

pub use fault::CifFault;

use super::cell::Cell;
use super::error::PdbError;
use super::record::Records;
use super::source::Source;
use atoms::Atoms;
use block::{Block, Table};
use fault::Located;

/// Whether a text is CIF, by its first word or the data names of atoms.
pub(super) fn is_mmcif(text: &str) -> bool {
    let begins = |line: &str, word: &str| {
        let start = line.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let mut lines = text.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    let opens = ["data_", "loop_", "save_", "global_", "_"];
    first.is_some_and(|line| opens.iter().any(|word| begins(line, word)))
        || lines.any(|line| begins(line, "_atom_site.") || begins(line, "_atom_site_"))
}

/// Records of the first model of the first data block that has atoms.
///
/// # Errors
/// [`PdbError::Cif`] where the text is no CIF or lacks an item, [`PdbError::BadField`] for numbers that are none.
pub(super) fn parse(text: &str, source: Source<'_>) -> Result<Records, PdbError> {
    let blame = |Located { line, fault }| PdbError::Cif {
        file: source.to_string(),
        line,
        fault,
    };
    let Some(block) = Block::with_atoms(text, source).map_err(blame)? else {
        return Ok(Records::default());
    };
    let Some(table) = block.table("atom_site") else {
        return Ok(Records::default());
    };
    let atoms = Atoms::read(table, source, blame)?;
    let mut records = Records {
        cell: block.table("cell").and_then(cell),
        ..Records::default()
    };
    connections::read(&block, &atoms, &mut records, source);
    records.atoms = atoms.records;
    records.conect.sort_by_key(|&(line, pair)| (pair, line));
    records.conect.dedup_by_key(|(_, pair)| *pair);
    Ok(records)
}

/// Edges in angstrom, angles in degrees.
fn cell(table: &Table<'_>) -> Option<Cell> {
    let row = table.rows().next()?;
    let number = |item: &str| row.get(table.column(item))?.parse::<f64>().ok();
    let edges = ["length_a", "length_b", "length_c"].map(number);
    let angles = ["angle_alpha", "angle_beta", "angle_gamma"].map(number);
    match (edges, angles) {
        ([Some(a), Some(b), Some(c)], [Some(alpha), Some(beta), Some(gamma)]) => {
            Cell::new([a, b, c], [alpha, beta, gamma])
        }
        _ => None,
    }
}
