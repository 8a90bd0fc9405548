//! The file that a molecule is read from, as messages speak of it: each format calls the same things by words of its own.

use std::fmt::{Display, Formatter};

/// A file's name and the words of its format; shown, it is the name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    name: &'a str,
    pub(super) words: &'static Words,
}

/// What a format calls the things that messages name.
#[derive(Debug)]
pub(super) struct Words {
    /// What holds atoms.
    pub(super) atoms: &'static str,
    /// Where the element of an atom stands.
    pub(super) element: &'static str,
    /// Where the letter of an alternate location stands.
    pub(super) alternate: &'static str,
    /// What says how a residue of unknown kind is bonded.
    pub(super) all_bonds: &'static str,
    /// What states the periodic box, and the same as one thing.
    pub(super) cell: &'static str,
    pub(super) cell_record: &'static str,
    /// How two peptides are told apart.
    pub(super) separate: &'static str,
    /// What stands between two residues of one peptide all the same.
    pub(super) separates: &'static str,
    /// What names the bond of two cysteines, one of two residues, one by the numbers of its atoms.
    pub(super) disulfide: &'static str,
    pub(super) link: &'static str,
    pub(super) conect: &'static str,
    /// Those that may name a disulfide; those that may close a ring.
    pub(super) disulfides: &'static str,
    pub(super) ring: &'static str,
}

static PDB: Words = Words {
    atoms: "ATOM records of amino acids (is this a PDB or mmCIF file?)",
    element: "columns 77-78",
    alternate: "column 17",
    all_bonds: "CONECT records of all its bonds",
    cell: "CRYST1",
    cell_record: "CRYST1 record",
    separate: "put a TER record or another chain letter between two separate peptides",
    separates: "TER or another chain letter",
    disulfide: "SSBOND",
    link: "LINK",
    conect: "CONECT",
    disulfides: "SSBOND or CONECT",
    ring: "a LINK or CONECT record",
};

static MMCIF: Words = Words {
    atoms: "rows of _atom_site that are amino acids",
    element: "_atom_site.type_symbol",
    alternate: "_atom_site.label_alt_id",
    all_bonds: "all its bonds in _chem_comp_bond or _struct_conn",
    cell: "_cell",
    cell_record: "_cell category",
    separate: "give two separate peptides chains of their own (_atom_site.label_asym_id)",
    separates: "another chain",
    disulfide: "_struct_conn",
    link: "_struct_conn",
    conect: "_struct_conn",
    disulfides: "row of _struct_conn",
    ring: "a covalent bond in _struct_conn",
};

impl<'a> Source<'a> {
    /// A PDB file of this name.
    pub(super) fn pdb(name: &'a str) -> Self {
        Self { name, words: &PDB }
    }

    /// An mmCIF file of this name.
    pub(super) fn mmcif(name: &'a str) -> Self {
        Self {
            name,
            words: &MMCIF,
        }
    }
}

impl Display for Source<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}
