//! Which cysteines of a PDB file are bonded: SSBOND, CONECT, and sulfur atoms within bonding distance.

use super::PdbError;
use super::names::residue_name;
use super::record::{Records, ResidueId};
use super::residues::{RawResidue, place};

/// Sulfur atoms nearer than this in nm are bonded where no record says so.
const BONDED_NM: f64 = 0.25;
/// A recorded disulfide longer than this in nm is worth a warning.
const LONG_NM: f64 = 0.3;

/// Pairs of residue indices, first < second, each residue in one pair at most.
pub(super) fn find(
    residues: &[RawResidue],
    records: &Records,
    file: &str,
) -> Result<Vec<[usize; 2]>, PdbError> {
    let mut pairs = Vec::new();
    for (line, ids) in &records.ssbonds {
        let found = ids.map(|id| cysteine(residues, id));
        match found {
            [Some(i), Some(j)] if i != j => add(&mut pairs, [i, j], *line, residues, file)?,
            _ => {
                return Err(PdbError::Disulfide {
                    file: file.to_owned(),
                    line: *line,
                    detail: format!(
                        "SSBOND joins residues {} and {}, expected two different cysteines of the file that have SG: correct or remove the record",
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
            add(&mut pairs, [i, j], *line, residues, file)?;
        }
    }
    add_near(&mut pairs, residues, file);
    Ok(pairs)
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

fn distance_nm(residues: &[RawResidue], pair: [usize; 2]) -> Option<f64> {
    let [a, b] = [sulfur(&residues[pair[0]])?, sulfur(&residues[pair[1]])?];
    Some((0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt())
}

fn add(
    pairs: &mut Vec<[usize; 2]>,
    [i, j]: [usize; 2],
    line: usize,
    residues: &[RawResidue],
    file: &str,
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
            file: file.to_owned(),
            line,
            detail: format!(
                "residue {} is in two disulfides, expected one partner: correct the SSBOND and CONECT records",
                residues[twice].label()
            ),
        });
    }
    if let Some(distance) = distance_nm(residues, pair).filter(|&distance| distance > LONG_NM) {
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
fn add_near(pairs: &mut Vec<[usize; 2]>, residues: &[RawResidue], file: &str) {
    let free = |index: usize| {
        let residue = &residues[index];
        sulfur(residue).is_some() && !["HG", "HG1", "HSG"].iter().any(|name| residue.has(name))
    };
    let candidates: Vec<usize> = (0..residues.len()).filter(|&index| free(index)).collect();
    let mut near = Vec::new();
    for (rank, &j) in candidates.iter().enumerate() {
        for &i in &candidates[..rank] {
            let distance = distance_nm(residues, [i, j]).filter(|&d| d < BONDED_NM);
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
