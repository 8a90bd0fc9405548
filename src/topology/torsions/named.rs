//! What torsions are called and how they are measured.

use crate::topology::Topology;
use crate::topology::internal_coordinates::{point, torsion};

/// What a torsion is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TorsionKind {
    /// C(i-1)-N-CA-C.
    Phi,
    /// N-CA-C-N(i+1).
    Psi,
    /// CA-C-N(i+1)-CA(i+1), numbered by its first residue; the methyl carbon stands for CA in caps.
    Omega,
    /// Side-chain torsion 1 to 5 (IUPAC; ILE's chi2 is CA-CB-CG1-CD1), of residues that the library lacks along the longest branch.
    Chi(u8),
    /// N-CA-C-O of a residue with a free C-terminus: psi without a nitrogen to end on. Not of the standard set.
    TerminalPsi,
    /// Any other rotatable bond: methyl, ammonium, hydroxyl, amide.
    Other,
}

/// A torsion of the standard set, for analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTorsion {
    /// `phi_2`, `chi1_3`: kind and residue number as in the PDB; `B:phi_2` in chains after the first.
    pub name: String,
    /// Kind.
    pub kind: TorsionKind,
    /// Index into [`Topology::residues`].
    pub residue_index: usize,
    /// The four atoms.
    pub atoms: [usize; 4],
}

/// Torsion in rad, in (-pi, pi], IUPAC sign, at positions `[n_atoms][3]` in nm.
///
/// # Panics
/// If an atom is beyond the positions.
#[must_use]
pub fn torsion_rad(positions: &[[f64; 3]], atoms: [usize; 4]) -> f64 {
    let [a, b, c, d] = atoms.map(|atom| point(positions[atom]));
    torsion(a, b, c, d)
}

/// The torsion with its name.
pub(super) fn named(
    topology: &Topology,
    residue_index: usize,
    kind: TorsionKind,
    atoms: [usize; 4],
) -> NamedTorsion {
    let label = match kind {
        TorsionKind::Phi => "phi".to_owned(),
        TorsionKind::Psi => "psi".to_owned(),
        TorsionKind::Omega => "omega".to_owned(),
        TorsionKind::Chi(number) => format!("chi{number}"),
        TorsionKind::TerminalPsi => "terminal_psi".to_owned(),
        TorsionKind::Other => {
            let [_, b, c, _] = atoms.map(|atom| topology.atoms[atom].name.as_str());
            format!("{b}-{c}")
        }
    };
    let residue = &topology.residues[residue_index];
    let prefix = if residue.chain == topology.residues[0].chain {
        String::new()
    } else {
        format!("{}:", residue.chain)
    };
    NamedTorsion {
        name: format!("{prefix}{label}_{}", residue.number),
        kind,
        residue_index,
        atoms,
    }
}
