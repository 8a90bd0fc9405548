//! Names of D residues.

/// Names that the PDB gives D residues, and the L residues that they mirror.
const D_NAMES: [(&str, &str); 21] = [
    ("DAL", "ALA"),
    ("DAR", "ARG"),
    ("DSG", "ASN"),
    ("DAS", "ASP"),
    ("DCY", "CYS"),
    ("DGN", "GLN"),
    ("DGL", "GLU"),
    ("DHI", "HIS"),
    ("DIL", "ILE"),
    ("DLE", "LEU"),
    ("DLY", "LYS"),
    ("MED", "MET"),
    ("DPN", "PHE"),
    ("DPR", "PRO"),
    ("DSN", "SER"),
    ("DTH", "THR"),
    ("DTR", "TRP"),
    ("DTY", "TYR"),
    ("DVA", "VAL"),
    ("DHI", "HIE"),
    ("DCY", "CYX"),
];

/// The L residue that a D residue of the PDB mirrors.
pub(crate) fn l_name(d_name: &str) -> Option<&'static str> {
    let known = D_NAMES.iter().find(|(d, _)| *d == d_name);
    known.map(|(_, l)| *l)
}

/// How a residue is called where it is D: the PDB's name, else `D-` and the name of the L residue.
pub(crate) fn d_name(l_name: &str) -> String {
    let known = D_NAMES.iter().find(|(_, l)| *l == l_name);
    known.map_or_else(|| format!("D-{l_name}"), |(d, _)| (*d).to_owned())
}
