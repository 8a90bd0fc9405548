//! What the networks of `torsion_leap` know of residues: their names, and the atoms that stand for what matters to neighbours.
//! Computes no features.

use crate::topology::Topology;

/// Residues that the networks know, caps included. The order is part of the models' format.
pub(super) const RESIDUE_NAMES: [&str; 30] = [
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIE", "ILE", "LEU", "LYS", "MET",
    "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL", "ASH", "CYM", "CYX", "GLH", "HID", "HIP",
    "LYN", "ACE", "NHE", "NME",
];
/// Entries of [`RESIDUE_NAMES`] that are caps: the last ones.
const N_CAPS: usize = 3;
/// Type of what lies beyond the end of a chain.
const NOTHING: usize = RESIDUE_NAMES.len();
/// Type of a residue that is not known.
const UNKNOWN: usize = NOTHING + 1;
/// Number of types.
pub(super) const N_TYPES: usize = UNKNOWN + 1;

/// Atom at the far end of a side chain, where its charge or its bulk is.
const TIPS: [(&str, &str); 26] = [
    ("ALA", "CB"),
    ("ARG", "CZ"),
    ("ASN", "CG"),
    ("ASP", "CG"),
    ("CYS", "SG"),
    ("GLN", "CD"),
    ("GLU", "CD"),
    ("HIE", "CE1"),
    ("ILE", "CD1"),
    ("LEU", "CG"),
    ("LYS", "NZ"),
    ("MET", "SD"),
    ("PHE", "CZ"),
    ("PRO", "CG"),
    ("SER", "OG"),
    ("THR", "OG1"),
    ("TRP", "CE2"),
    ("TYR", "OH"),
    ("VAL", "CB"),
    ("ASH", "CG"),
    ("CYM", "SG"),
    ("CYX", "SG"),
    ("GLH", "CD"),
    ("HID", "CE1"),
    ("HIP", "CE1"),
    ("LYN", "NZ"),
];

/// Hydrogen whose place tells where a hydrogen bond can go, with the three atoms before it.
const POLAR_HYDROGENS: [(&str, [&str; 4]); 6] = [
    ("SER", ["CA", "CB", "OG", "HG"]),
    ("THR", ["CA", "CB", "OG1", "HG1"]),
    ("CYS", ["CA", "CB", "SG", "HG"]),
    ("TYR", ["CE1", "CZ", "OH", "HH"]),
    ("ASH", ["CB", "CG", "OD2", "HD2"]),
    ("GLH", ["CG", "CD", "OE2", "HE2"]),
];

/// Net charges of side chains in e.
const CHARGES: [(&str, f32); 6] = [
    ("ARG", 1.0),
    ("ASP", -1.0),
    ("GLU", -1.0),
    ("LYS", 1.0),
    ("HIP", 1.0),
    ("CYM", -1.0),
];

/// One residue as its neighbours see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Landmarks {
    /// Index into [`RESIDUE_NAMES`], or beyond.
    pub(super) kind: usize,
    pub(super) n: Option<usize>,
    pub(super) ca: Option<usize>,
    pub(super) c: Option<usize>,
    pub(super) o: Option<usize>,
    /// CB, or HA3 of glycine.
    pub(super) cb: Option<usize>,
    /// Third atom of the side chain.
    pub(super) gamma: Option<usize>,
    /// Far end of the side chain.
    pub(super) tip: Option<usize>,
    /// The torsion that ends at a polar hydrogen.
    pub(super) polar: Option<[usize; 4]>,
    /// Net charge in e, ends of the chain included.
    pub(super) charge: f32,
    /// A D residue: the densities of its name are those of the L residue, and of no use.
    mirrored: bool,
}

impl Landmarks {
    /// Whether the networks have densities for this residue's torsions.
    pub(super) fn is_known(&self) -> bool {
        self.kind < RESIDUE_NAMES.len() - N_CAPS && !self.mirrored
    }

    /// Whether it is a D residue.
    pub(super) fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// What lies beyond the end of a chain.
    pub(super) fn nothing() -> Self {
        Self {
            kind: NOTHING,
            ..Self::default()
        }
    }

    pub(super) fn of(topology: &Topology, residue_index: usize) -> Self {
        let name = topology.residues[residue_index].name.as_str();
        let name = if name == "HIS" { "HIE" } else { name };
        let find = |atom: &str| topology.atom_index(residue_index, atom);
        let first = |atoms: &[&str]| atoms.iter().find_map(|atom| find(atom));
        let (ca, c) = match name {
            "ACE" => (find("CH3"), find("C")),
            "NME" => (find("C"), None),
            _ => (find("CA"), find("C")),
        };
        let gamma = first(&["CG", "OG", "SG", "CG1", "OG1"]);
        let tip = TIPS.iter().find(|(known, _)| *known == name);
        let polar = POLAR_HYDROGENS.iter().find(|(known, _)| *known == name);
        let polar = polar.and_then(|(_, atoms)| {
            let [a, b, c, d] = atoms.map(find);
            Some([a?, b?, c?, d?])
        });
        let side_chain = CHARGES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0.0, |c| c.1);
        let kind = RESIDUE_NAMES
            .iter()
            .position(|&known| known == name)
            .unwrap_or(UNKNOWN);
        let is_residue = kind < RESIDUE_NAMES.len() - N_CAPS;
        let has = |atom: &str| f32::from(u8::from(is_residue && find(atom).is_some()));
        let ends = has("H3") - has("OXT");
        Self {
            kind,
            n: find("N"),
            ca,
            c,
            o: find("O"),
            cb: first(&["CB", "HA3"]),
            gamma,
            tip: tip.and_then(|(_, atom)| find(atom)),
            polar,
            charge: side_chain + ends,
            mirrored: topology.mirrored_residues.contains(&residue_index),
        }
    }
}
