//! Which cysteines of a file are bonded: SSBOND, CONECT, `_struct_conn`, and sulfur atoms within bonding distance.

use crate::topology::internal_coordinates::point;
use crate::topology::pdb::PdbError;
use crate::topology::pdb::cell::Cell;
use crate::topology::pdb::names::residue_name;
use crate::topology::pdb::record::{RawResidue, Records, ResidueId, place};
use crate::topology::pdb::source::Source;

/// Sulfur atoms nearer than this in nm are bonded where no record says so.
const BONDED_NM: f64 = 0.25;
/// A recorded disulfide longer than this in nm is worth a warning.
const LONG_NM: f64 = 0.3;

/// The bonds of a file's cysteines.
pub(in crate::topology::pdb) struct Disulfides {
    /// Pairs of residue indices, first < second, each residue in one pair at most.
    pub(in crate::topology::pdb) pairs: Vec<[usize; 2]>,
    /// Residues whose partner is not in the file: no bond, and no hydrogen on the sulfur to tell that it is neutral.
    pub(in crate::topology::pdb) widowed: Vec<usize>,
}

/// Find them.
///
/// # Errors
/// [`PdbError::Disulfide`] for a record that names no two cysteines, or one twice.
pub(in crate::topology::pdb) fn find(
    residues: &[RawResidue],
    records: &Records,
    file: Source<'_>,
) -> Result<Disulfides, PdbError> {
    let (mut pairs, mut widowed) = (Vec::new(), Vec::new());
    let cell = records.cell.as_ref();
    for record in &records.ssbonds {
        let (ids, line) = (record.ends, record.line);
        let absent = ids
            .into_iter()
            .find(|id| !residues.iter().any(|r| r.id == *id));
        if let Some(absent) = absent {
            log::warn!(
                "{file}:{line}: {} to residue {}, which is not read from this file: the record is ignored, the cysteine is a free one",
                file.words.disulfide,
                place(absent)
            );
            widowed.extend(ids.into_iter().filter_map(|id| cysteine(residues, id)));
            continue;
        }
        if !record.same_image {
            log::warn!(
                "{file}:{line}: {} to a crystal neighbour: the record is ignored, the cysteines are free ones",
                file.words.disulfide
            );
            widowed.extend(ids.into_iter().filter_map(|id| cysteine(residues, id)));
            continue;
        }
        match ids.map(|id| cysteine(residues, id)) {
            [Some(i), Some(j)] if i != j => add(&mut pairs, [i, j], line, residues, cell, file)?,
            _ => {
                return Err(PdbError::Disulfide {
                    file: file.to_string(),
                    line,
                    detail: format!(
                        "{} joins residues {} and {}, expected two different cysteines of the file that have SG: correct or remove the record",
                        file.words.disulfide,
                        place(ids[0]),
                        place(ids[1])
                    ),
                });
            }
        }
    }
    for (line, serials) in &records.conect {
        if let [Some(i), Some(j)] = serials.map(|serial| sulfur_of_serial(residues, serial))
            && i != j
        {
            add(&mut pairs, [i, j], *line, residues, cell, file)?;
        }
    }
    add_near(&mut pairs, residues, cell, file);
    widowed.retain(|index| !pairs.iter().flatten().any(|paired| paired == index));
    Ok(Disulfides { pairs, widowed })
}

fn is_cysteine(residue: &RawResidue) -> bool {
    matches!(residue_name(&residue.name), Some("CYS" | "CYX" | "CYM"))
}

fn sulfur(residue: &RawResidue) -> Option<[f64; 3]> {
    if !is_cysteine(residue) {
        return None;
    }
    let atom = residue.atoms.iter().find(|atom| atom.name == "SG")?;
    Some(atom.position_nm)
}

fn cysteine(residues: &[RawResidue], id: ResidueId) -> Option<usize> {
    let index = residues.iter().position(|residue| residue.id == id)?;
    sulfur(&residues[index]).map(|_| index)
}

fn sulfur_of_serial(residues: &[RawResidue], serial: i64) -> Option<usize> {
    residues.iter().position(|residue| {
        is_cysteine(residue)
            && residue
                .atoms
                .iter()
                .any(|atom| atom.name == "SG" && atom.serial == Some(serial))
    })
}

fn distance_nm(residues: &[RawResidue], pair: [usize; 2], cell: Option<&Cell>) -> Option<f64> {
    let [a, b] = [sulfur(&residues[pair[0]])?, sulfur(&residues[pair[1]])?];
    let apart = point(a) - point(b);
    Some(cell.map_or(apart, |cell| cell.shortest(apart)).norm())
}

fn add(
    pairs: &mut Vec<[usize; 2]>,
    [i, j]: [usize; 2],
    line: usize,
    residues: &[RawResidue],
    cell: Option<&Cell>,
    file: Source<'_>,
) -> Result<(), PdbError> {
    let pair = [i.min(j), i.max(j)];
    if pairs.contains(&pair) {
        return Ok(());
    }
    if let Some(twice) = pair
        .into_iter()
        .find(|index| pairs.iter().flatten().any(|used| used == index))
    {
        return Err(PdbError::Disulfide {
            file: file.to_string(),
            line,
            detail: format!(
                "residue {} is in two disulfides, expected one partner: correct what its {} says",
                residues[twice].label(),
                file.words.disulfides
            ),
        });
    }
    if let Some(distance) = distance_nm(residues, pair, cell).filter(|&distance| distance > LONG_NM)
    {
        log::warn!(
            "{file}:{line}: the sulfur atoms of {} and {} are bonded but {distance:.3} nm apart: minimise first",
            residues[pair[0]].label(),
            residues[pair[1]].label()
        );
    }
    pairs.push(pair);
    Ok(())
}

/// Bond sulfur atoms without hydrogen that are near each other, nearest first.
fn add_near(
    pairs: &mut Vec<[usize; 2]>,
    residues: &[RawResidue],
    cell: Option<&Cell>,
    file: Source<'_>,
) {
    let free = |index: usize| {
        let residue = &residues[index];
        sulfur(residue).is_some() && !["HG", "HG1", "HSG"].iter().any(|name| residue.has(name))
    };
    let candidates: Vec<usize> = (0..residues.len()).filter(|&index| free(index)).collect();
    let mut near = Vec::new();
    for (rank, &j) in candidates.iter().enumerate() {
        for &i in &candidates[..rank] {
            let distance = distance_nm(residues, [i, j], cell).filter(|&d| d < BONDED_NM);
            near.extend(distance.map(|distance| (distance, [i, j])));
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (distance, pair) in near {
        let used = |index: &usize| pairs.iter().flatten().any(|used| used == index);
        if pair.iter().any(used) {
            continue;
        }
        log::info!(
            "{file}: {} and {} are {distance:.3} nm apart and taken as a disulfide",
            residues[pair[0]].label(),
            residues[pair[1]].label()
        );
        pairs.push(pair);
    }
}
