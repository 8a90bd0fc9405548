//! Residue and atom names of other programs to ours. Looks at names and at which hydrogens are there, never at positions.

use super::record::RawResidue;
use crate::topology::residue_library::ResidueLibrary;
use crate::topology::sequence::l_name;

/// Residue names of CHARMM, GROMACS, AMBER and the PDB for what we call otherwise.
const RESIDUE_ALIASES: [(&str, &str); 21] = [
    ("HSD", "HID"),
    ("HISD", "HID"),
    ("HSE", "HIE"),
    ("HISE", "HIE"),
    ("HSP", "HIP"),
    ("HISH", "HIP"),
    ("HISP", "HIP"),
    ("ASPH", "ASH"),
    ("ASPP", "ASH"),
    ("GLUH", "GLH"),
    ("GLUP", "GLH"),
    ("HISA", "HID"),
    ("HISB", "HIE"),
    ("HIS1", "HID"),
    ("LYSH", "LYS"),
    ("LYSN", "LYN"),
    ("LSN", "LYN"),
    ("CYS2", "CYX"),
    ("CYSH", "CYS"),
    ("NMA", "NME"),
    ("NH2", "NHE"),
];

/// Residue (`*` any), name in the file, our name. `OT2` and its like are OXT only at a C terminus, where the template has it.
const ATOM_ALIASES: [(&str, &str, &str); 58] = [
    ("*", "HN", "H"),
    ("*", "H", "H1"),
    ("*", "HN", "H1"),
    ("*", "HT1", "H1"),
    ("*", "HT2", "H2"),
    ("*", "HT3", "H3"),
    ("*", "HN1", "H1"),
    ("*", "HN2", "H2"),
    ("*", "HN3", "H3"),
    ("*", "OT1", "O"),
    ("*", "OC1", "O"),
    ("*", "O1", "O"),
    ("*", "OT", "O"),
    ("*", "O'", "O"),
    ("*", "O''", "OXT"),
    ("*", "OT2", "OXT"),
    ("*", "OC2", "OXT"),
    ("*", "O2", "OXT"),
    ("ILE", "CD", "CD1"),
    ("ILE", "HD1", "HD11"),
    ("ILE", "HD2", "HD12"),
    ("ILE", "HD3", "HD13"),
    ("SER", "HG1", "HG"),
    ("CYS", "HG1", "HG"),
    ("CYS", "HSG", "HG"),
    ("ACE", "CA", "CH3"),
    ("ACE", "CAY", "CH3"),
    ("ACE", "CY", "C"),
    ("ACE", "OY", "O"),
    ("ACE", "HY1", "H1"),
    ("ACE", "HY2", "H2"),
    ("ACE", "HY3", "H3"),
    ("ACE", "HH31", "H1"),
    ("ACE", "HH32", "H2"),
    ("ACE", "HH33", "H3"),
    ("ACE", "HA1", "H1"),
    ("ACE", "HA2", "H2"),
    ("ACE", "HA3", "H3"),
    ("NME", "CH3", "C"),
    ("NME", "CA", "C"),
    ("NME", "CT", "C"),
    ("NME", "CAT", "C"),
    ("NME", "NT", "N"),
    ("NME", "HNT", "H"),
    ("NME", "HN1", "H"),
    ("NME", "HN2", "H"),
    ("NME", "HH31", "H1"),
    ("NME", "HH32", "H2"),
    ("NME", "HH33", "H3"),
    ("NME", "HA1", "H1"),
    ("NME", "HA2", "H2"),
    ("NME", "HA3", "H3"),
    ("NME", "HT1", "H1"),
    ("NHE", "NT", "N"),
    ("NHE", "H1", "HN1"),
    ("NHE", "H2", "HN2"),
    ("NHE", "HT1", "HN1"),
    ("NHE", "HT2", "HN2"),
];

/// Our name of a residue, protonation not yet decided: `HIS`, `CYS`, ... stay; terminal names such as `NALA` lose their letter.
pub(super) fn residue_name(name: &str) -> Option<&'static str> {
    let library = ResidueLibrary::get();
    let known = |name: &str| match name {
        "HIS" => Some("HIS"),
        _ => library.find(name).map(|residue| residue.name.as_str()),
    };
    let alias = RESIDUE_ALIASES
        .iter()
        .find(|(from, _)| *from == name)
        .map_or(name, |(_, to)| to);
    let alias = l_name(alias).unwrap_or(alias);
    known(alias).or_else(|| {
        let inner = alias.strip_prefix(['N', 'C']).filter(|n| n.len() == 3)?;
        known(inner)
    })
}

impl RawResidue {
    /// Whether it is an acetyl, a methylamide or an amide.
    pub(super) fn is_cap(&self) -> bool {
        matches!(residue_name(&self.name), Some("ACE" | "NME" | "NHE"))
    }
}

/// The protonation variant that the hydrogens in the file tell; the plain residue where there are none.
///
/// HIS without hydrogens on its ring is HIE; CYS without HG is CYS unless its other hydrogens are there (then CYM).
pub(super) fn variant(
    name: &'static str,
    residue: &RawResidue,
    bonded_sulfur: bool,
) -> &'static str {
    let count = |names: &[&str]| names.iter().filter(|name| residue.has(name)).count();
    match name {
        "HIS" => match (residue.has("HD1"), residue.has("HE2")) {
            (true, true) => "HIP",
            (true, false) => "HID",
            _ => "HIE",
        },
        "CYS" | "CYM" if bonded_sulfur => "CYX",
        "CYS" if residue.widowed => "CYS",
        "CYS" if count(&["HB1", "HB2", "HB3"]) >= 2 && count(&["HG", "HG1", "HSG"]) == 0 => "CYM",
        "LYS" if count(&["HZ1", "HZ2", "HZ3"]) == 2 => "LYN",
        "ASP" if count(&["HD1", "HD2"]) > 0 => "ASH",
        "GLU" if count(&["HE1", "HE2"]) > 0 => "GLH",
        _ => name,
    }
}

/// Bring names of a residue's atoms to `known` ones where a known convention allows; others stay as they are.
pub(super) fn rename_atoms(residue: &mut RawResidue, name: &str, known: &[String]) {
    swap_protonated_oxygen(residue, name);
    number_lysine_from_two(residue, name);
    shift_methylene_hydrogens(residue, known);
    let is_known = |name: &str| known.iter().any(|k| k == name);
    for index in 0..residue.atoms.len() {
        let raw = residue.atoms[index].name.clone();
        if is_known(&raw) {
            continue;
        }
        let of_owner = |wanted: &str| {
            ATOM_ALIASES
                .iter()
                .find(|(owner, from, to)| {
                    *owner == wanted && *from == raw && is_known(to) && !residue.has(to)
                })
                .map(|(_, _, to)| *to)
        };
        if let Some(to) = of_owner(name).or_else(|| of_owner("*")) {
            to.clone_into(&mut residue.atoms[index].name);
        }
    }
}

/// Deuterium to hydrogen and leading digits to the end: `D` to `H`, `1HB` to `HB1`, `2HG1` to `HG12`.
pub(super) fn normalize_spelling(residue: &mut RawResidue) {
    for atom in &mut residue.atoms {
        let mut name = atom.name.to_ascii_uppercase();
        if atom.element == "D" {
            name = name.replacen('D', "H", 1);
        }
        let n_digits = name.chars().take_while(char::is_ascii_digit).count();
        let (digits, rest) = name.split_at(n_digits);
        atom.name = format!("{rest}{digits}");
    }
}

/// ASH and GLH have their proton on OD2 and OE2: where the file has it on the other oxygen, the two change names.
fn swap_protonated_oxygen(residue: &mut RawResidue, name: &str) {
    let (from, to, oxygens) = match name {
        "ASH" => ("HD1", "HD2", ["OD1", "OD2"]),
        "GLH" => ("HE1", "HE2", ["OE1", "OE2"]),
        _ => return,
    };
    if !residue.has(from) || residue.has(to) {
        return;
    }
    for atom in &mut residue.atoms {
        if atom.name == from {
            to.clone_into(&mut atom.name);
        } else if atom.name == oxygens[0] {
            oxygens[1].clone_into(&mut atom.name);
        } else if atom.name == oxygens[1] {
            oxygens[0].clone_into(&mut atom.name);
        }
    }
}

/// LYN has HZ2 and HZ3: the two that a file has become these.
fn number_lysine_from_two(residue: &mut RawResidue, name: &str) {
    if name == "LYN" && residue.has("HZ1") {
        let missing = if residue.has("HZ2") { "HZ3" } else { "HZ2" };
        if let Some(atom) = residue.atoms.iter_mut().find(|atom| atom.name == "HZ1") {
            missing.clone_into(&mut atom.name);
        }
    }
}

/// `HB1`, `HB2` of a methylene group to `HB2`, `HB3`. The two are alike, so which becomes which does not matter.
fn shift_methylene_hydrogens(residue: &mut RawResidue, known: &[String]) {
    let is_known = |name: &str| known.iter().any(|k| k == name);
    for third in known
        .iter()
        .filter(|n| n.starts_with('H') && n.ends_with('3'))
    {
        let stem = &third[..third.len() - 1];
        let [first, second] = ["1", "2"].map(|digit| format!("{stem}{digit}"));
        let methylene = is_known(&second) && !is_known(&first);
        if !methylene || !residue.has(&first) || residue.has(third) {
            continue;
        }
        for atom in &mut residue.atoms {
            if atom.name == second {
                third.clone_into(&mut atom.name);
            } else if atom.name == first {
                second.clone_into(&mut atom.name);
            }
        }
    }
}
