//! Caps that CHARMM writes as atoms of the residue they cap, as residues of their own.

use super::record::AtomRecord;

/// Atoms of the acetyl group (patch ACE).
const ACETYL: [&str; 6] = ["CAY", "HY1", "HY2", "HY3", "CY", "OY"];
/// Atoms of the methylamide (patch CT3) and of the amide (CT2).
const AMIDE: [&str; 6] = ["NT", "HNT", "CAT", "HT1", "HT2", "HT3"];

/// The residues that the atoms of one residue of the file make: the residue alone, or with a cap before or after it.
pub(super) fn split(atoms: Vec<AtomRecord>) -> Vec<Vec<AtomRecord>> {
    let has = |name: &str| atoms.iter().any(|atom| atom.name == name);
    let inside = has("CA") && has("C");
    let acetyl: &[&str] = if inside && has("CY") { &ACETYL } else { &[] };
    let amide: &[&str] = if inside && has("NT") { &AMIDE } else { &[] };
    let amide_name = if has("CAT") { "NME" } else { "NHE" };
    let mut parts = [
        ("ACE", Vec::new()),
        ("", Vec::new()),
        (amide_name, Vec::new()),
    ];
    for atom in atoms {
        let part = if acetyl.contains(&atom.name.as_str()) {
            0
        } else if amide.contains(&atom.name.as_str()) {
            2
        } else {
            1
        };
        parts[part].1.push(atom);
    }
    parts
        .into_iter()
        .filter(|(_, atoms)| !atoms.is_empty())
        .map(|(name, mut atoms)| {
            if !name.is_empty() {
                for atom in &mut atoms {
                    name.clone_into(&mut atom.residue_name);
                }
            }
            atoms
        })
        .collect()
}
