//! Names of hydrogens by the heavy atom next to them, for files whose names say nothing (`H01`, `H7`) or belong elsewhere.

use crate::topology::element::Element;
use crate::topology::internal_coordinates::point;
use crate::topology::pdb::cell::Cell;
use crate::topology::pdb::names::{rename_atoms, residue_name, variant};
use crate::topology::pdb::record::RawResidue;
use crate::topology::residue_library::{ResidueLibrary, bonds_among};

/// A hydrogen nearer than this in nm to its nearest heavy atom is bonded to it.
const BONDED_NM: f64 = 0.15;

/// Give the hydrogens of a residue the names of their places, if the names of the file do not fit.
///
/// Nothing changes where the names are understood and agree with the positions, or where the positions do not say more than the names do.
pub(crate) fn settle(raw: &mut RawResidue, bonded_sulfur: bool, cell: Option<&Cell>) {
    let Some(name) = residue_name(&raw.name) else {
        return;
    };
    let mut renamed = raw.atoms.clone();
    std::mem::swap(&mut renamed, &mut raw.atoms);
    let original = renamed;
    let kind = variant(name, raw, bonded_sulfur);
    let slots = Slots::new(kind, raw);
    rename_atoms(raw, kind, &slots.known);
    let fits = fits(raw, &slots, cell);
    let by_position = (!fits)
        .then(|| named_by_position(raw, &Slots::most_protonated(name, raw), cell))
        .flatten();
    match by_position {
        Some(names) => {
            for (atom, name) in raw.atoms.iter_mut().zip(names) {
                atom.name = name;
            }
        }
        None => raw.atoms = original,
    }
}

/// Names of a residue's atoms, and which hydrogens each heavy atom can have.
struct Slots {
    known: Vec<String>,
    /// Heavy atom, hydrogen.
    bonds: Vec<[String; 2]>,
}

impl Slots {
    fn new(kind: &str, raw: &RawResidue) -> Self {
        let library = ResidueLibrary::get();
        let template = library
            .find(kind)
            .expect("invariant: variants are in the library");
        let rows = library.atoms(template, raw.is_n_terminal(), raw.is_c_terminal());
        let is_hydrogen = |name: &str| {
            rows.iter()
                .any(|row| row.name == name && row.element == Element::HYDROGEN)
        };
        let bonds = bonds_among(template, &rows)
            .into_iter()
            .filter_map(|[a, b]| match (is_hydrogen(&a), is_hydrogen(&b)) {
                (false, true) => Some([a, b]),
                (true, false) => Some([b, a]),
                _ => None,
            })
            .collect();
        Self {
            known: rows.iter().map(|row| row.name.clone()).collect(),
            bonds,
        }
    }

    /// Every place where a hydrogen of the residue can be, whatever its protonation.
    fn most_protonated(name: &str, raw: &RawResidue) -> Self {
        let kind = match name {
            "HIS" | "HID" | "HIE" => "HIP",
            "ASP" => "ASH",
            "GLU" => "GLH",
            "LYN" => "LYS",
            "CYM" | "CYX" => "CYS",
            other => other,
        };
        let mut slots = Self::new(kind, raw);
        let mut add = |heavy: &str, hydrogen: &str| {
            slots.bonds.push([heavy.to_owned(), hydrogen.to_owned()]);
        };
        match kind {
            "ASH" => add("OD1", "HD1"),
            "GLH" => add("OE1", "HE1"),
            _ => {}
        }
        if raw.is_c_terminal() && !raw.is_cap() {
            add("OXT", ACID_PROTON);
            add("O", ACID_PROTON);
        }
        slots
    }

    fn heavy_of(&self, hydrogen: &str) -> Option<&str> {
        let bond = self.bonds.iter().find(|[_, name]| name == hydrogen)?;
        Some(&bond[0])
    }
}

/// The hydrogen of a neutral C terminus.
pub(crate) const ACID_PROTON: &str = "HXT";

/// No atom of a peptide but hydrogen has a name that begins with H.
fn is_hydrogen(name: &str) -> bool {
    name.starts_with('H')
}

fn distance_nm(raw: &RawResidue, i: usize, j: usize, cell: Option<&Cell>) -> f64 {
    let [a, b] = [i, j].map(|atom| point(raw.atoms[atom].position_nm));
    let apart = a - b;
    cell.map_or(apart, |cell| cell.shortest(apart)).norm()
}

/// Whether every hydrogen has a known name and is next to the heavy atom of that name.
fn fits(raw: &RawResidue, slots: &Slots, cell: Option<&Cell>) -> bool {
    let find = |name: &str| raw.atoms.iter().position(|atom| atom.name == name);
    raw.atoms.iter().enumerate().all(|(index, atom)| {
        !is_hydrogen(&atom.name)
            || slots.heavy_of(&atom.name).is_some_and(|heavy| {
                find(heavy).is_none_or(|heavy| distance_nm(raw, index, heavy, cell) < BONDED_NM)
            })
    })
}

/// Names of all atoms, hydrogens by their places; `None` where a hydrogen has no place.
fn named_by_position(raw: &RawResidue, slots: &Slots, cell: Option<&Cell>) -> Option<Vec<String>> {
    let mut names: Vec<Option<String>> = raw
        .atoms
        .iter()
        .map(|atom| (!is_hydrogen(&atom.name)).then(|| atom.name.clone()))
        .collect();
    let heavy: Vec<usize> = (0..names.len()).filter(|&i| names[i].is_some()).collect();
    let mut parents = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let nearest = heavy
            .iter()
            .map(|&other| (distance_nm(raw, index, other, cell), other))
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        if name.is_none() && nearest.0 > BONDED_NM {
            return None;
        }
        parents.push(nearest.1);
    }
    // Hydrogens that are called right keep their names; the others take what is left, in the order of the file.
    for keep in [true, false] {
        for index in 0..names.len() {
            if names[index].is_some() {
                continue;
            }
            let parent = &raw.atoms[parents[index]].name;
            let free = |[heavy, hydrogen]: &&[String; 2]| {
                heavy == parent && !names.iter().flatten().any(|name| name == hydrogen)
            };
            let mut places = slots.bonds.iter().filter(free);
            let place = if keep {
                places.find(|[_, hydrogen]| *hydrogen == raw.atoms[index].name)
            } else {
                Some(places.next()?)
            };
            names[index] = place.map(|[_, hydrogen]| hydrogen.clone());
        }
    }
    names.into_iter().collect()
}
