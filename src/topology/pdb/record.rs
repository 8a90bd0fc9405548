//! What the readers of both formats make of a file: atoms, bonds, the box; and residues as they are put together of it.

use super::cell::Cell;

/// Where a residue stands: chain, number, insertion code.
pub(super) type ResidueId = (char, i32, char);

/// One atom: an ATOM or HETATM line, a row of `_atom_site`.
#[derive(Debug, Clone)]
pub(super) struct AtomRecord {
    pub(super) line: usize,
    /// What bonds call it.
    pub(super) serial: Option<i64>,
    pub(super) name: String,
    pub(super) altloc: char,
    pub(super) residue_name: String,
    pub(super) id: ResidueId,
    pub(super) position_nm: [f64; 3],
    pub(super) occupancy: f64,
    /// In capitals; the first letter of the name where the file has none.
    pub(super) element: String,
    /// Count of chain ends (TER, another `label_asym_id`) before it.
    pub(super) segment: usize,
}

/// What is kept of a file: its first model and its bonds.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) atoms: Vec<AtomRecord>,
    /// Bonds by serial numbers, CONECT: line and two numbers, first < second.
    pub(super) conect: Vec<(usize, [i64; 2])>,
    pub(super) ssbonds: Vec<Pair<ResidueId>>,
    /// LINK, `_struct_conn`: the residues and the names of the two atoms.
    pub(super) links: Vec<Pair<(ResidueId, String)>>,
    /// The periodic box, where the file states one.
    pub(super) cell: Option<Cell>,
}

/// A record that joins two things of the file.
#[derive(Debug)]
pub(super) struct Pair<T> {
    pub(super) line: usize,
    pub(super) ends: [T; 2],
    /// Whether both are of the same asymmetric unit: a bond to a crystal neighbour is none of the molecule's.
    pub(super) same_image: bool,
}

/// The records of one residue, one location each.
#[derive(Debug)]
pub(super) struct RawResidue {
    pub(super) name: String,
    pub(super) id: ResidueId,
    pub(super) atoms: Vec<AtomRecord>,
    /// Begins a chain.
    pub(super) first: bool,
    /// Ends a chain.
    pub(super) last: bool,
    /// The first or last residue of a head-to-tail ring, bonded to the other end.
    pub(super) closed: bool,
    /// Taken with the atoms and bonds of the file: of a kind that the library lacks, or cross-linked to another residue.
    pub(super) as_is: bool,
    /// A cysteine whose partner is not in the file.
    pub(super) widowed: bool,
}

impl RawResidue {
    /// `ALA 12 (chain A)` for messages.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.name, place(self.id))
    }

    /// First line in the file.
    pub(super) fn line(&self) -> usize {
        self.atoms[0].line
    }

    /// Whether it begins a chain whose end is free or capped.
    pub(super) fn is_n_terminal(&self) -> bool {
        self.first && !self.closed
    }

    /// Whether it ends a chain whose end is free or capped.
    pub(super) fn is_c_terminal(&self) -> bool {
        self.last && !self.closed
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.atoms.iter().any(|atom| atom.name == name)
    }
}

/// `12A (chain B)` of a residue id.
pub(super) fn place((chain, number, insertion): ResidueId) -> String {
    let insertion = insertion.to_string();
    let insertion = insertion.trim();
    if chain == ' ' {
        format!("{number}{insertion}")
    } else {
        format!("{number}{insertion} (chain {chain})")
    }
}
