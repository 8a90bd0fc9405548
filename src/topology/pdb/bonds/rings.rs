//! Chains whose last residue is bonded to the first: by LINK, CONECT, `_struct_conn`, or the distance of a peptide bond.

use crate::topology::internal_coordinates::point;
use crate::topology::pdb::record::{AtomRecord, RawResidue, Records};
use crate::topology::pdb::source::Source;

/// C-N distance in nm up to which the ends of a chain are bonded where no record says so.
const PEPTIDE_CONTACT_NM: f64 = 0.175;

/// Finds the rings and marks their ends as bonded; pairs of residue indices, the first and the last of each ring.
pub(in crate::topology::pdb) fn find(
    residues: &mut [RawResidue],
    records: &Records,
    file: Source<'_>,
) -> Vec<[usize; 2]> {
    let mut rings = Vec::new();
    let mut first = 0;
    for last in 0..residues.len() {
        if residues[last].first {
            first = last;
        }
        if residues[last].last
            && last > first
            && is_closed(&residues[first], &residues[last], records, file)
        {
            residues[first].closed = true;
            residues[last].closed = true;
            rings.push([first, last]);
        }
    }
    rings
}

fn is_closed(first: &RawResidue, last: &RawResidue, records: &Records, file: Source<'_>) -> bool {
    if first.is_cap() || last.is_cap() || last.has("OXT") {
        return false;
    }
    let find = |residue: &RawResidue, name: &str| -> Option<AtomRecord> {
        residue.atoms.iter().find(|atom| atom.name == name).cloned()
    };
    let (Some(carbon), Some(nitrogen)) = (find(last, "C"), find(first, "N")) else {
        return false;
    };
    let serials = [carbon.serial, nitrogen.serial];
    let by_serial = records
        .conect
        .iter()
        .any(|(_, [a, b])| serials == [Some(*a), Some(*b)] || serials == [Some(*b), Some(*a)]);
    let named =
        |end: &(_, String), residue: &RawResidue, name: &str| end.0 == residue.id && end.1 == name;
    let by_link = records.links.iter().any(|link| {
        let [a, b] = &link.ends;
        link.same_image
            && ((named(a, last, "C") && named(b, first, "N"))
                || (named(b, last, "C") && named(a, first, "N")))
    });
    if by_serial || by_link {
        return true;
    }
    let apart = point(nitrogen.position_nm) - point(carbon.position_nm);
    let cell = records.cell.as_ref();
    let distance_nm = cell.map_or(apart, |cell| cell.shortest(apart)).norm();
    if distance_nm > PEPTIDE_CONTACT_NM {
        return false;
    }
    log::warn!(
        "{file}:{}: C of {} and N of {} are {distance_nm:.3} nm apart, a peptide bond: the chain is taken as a head-to-tail ring \
         ({} says so without a warning)",
        last.line(),
        last.label(),
        first.label(),
        file.words.ring
    );
    true
}
