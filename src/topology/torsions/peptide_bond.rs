//! Peptide bonds and which of them have two isomers, cis and trans, that are populated alike. Their torsions are in `rotatable`.

use super::amide::other_amide_torsions;
use super::backbone::{Chains, backbone_torsions};
use super::named::TorsionKind;
use super::rotatable::rotatable_bonds;
use crate::topology::Topology;
use crate::topology::element::Element;

/// The bond between the carbonyl carbon of a residue and the nitrogen of the next, or any other amide that is not primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeptideBond {
    /// Name of its torsion: `omega_3` is that after residue 3, as the IUPAC numbers it; `CG-NZ_7` where no backbone has it.
    pub name: String,
    /// Index of the residue before it, that of the carbon, into [`Topology::residues`].
    pub residue_index: usize,
    /// CA, C, N, CA; the methyl carbon stands for CA in caps.
    pub atoms: [usize; 4],
    /// Whether its nitrogen carries a second carbon and no hydrogen, as proline's and N-methylated ones do: cis and trans have
    /// then much the same energy. Of others cis is 0.01 to 1 % in AMBER force fields.
    pub is_tertiary: bool,
    /// Whether a part of the molecule can turn about it; it cannot in a cycle, a disulfide loop among them.
    pub is_rotatable: bool,
}

impl PeptideBond {
    /// What messages call it: `PRO 3`, the residue after it.
    #[must_use]
    pub fn residue_after(&self, topology: &Topology) -> String {
        let residue = &topology.residues[topology.atoms[self.atoms[2]].residue_index];
        format!("{} {}", residue.name, residue.number)
    }
}

/// All peptide bonds, those of caps, rings, lactams and ligands included, in residue order.
///
/// ```
/// use saltus::topology::{Sequence, build, peptide_bonds};
/// let molecule = build(&Sequence::parse("ACE-PRO-ALA-NME")?, &[])?;
/// let tertiary: Vec<bool> = peptide_bonds(&molecule.topology).iter().map(|bond| bond.is_tertiary).collect();
/// assert_eq!(tertiary, [true, false, false]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn peptide_bonds(topology: &Topology) -> Vec<PeptideBond> {
    let neighbors = topology.neighbors();
    let rotatable = rotatable_bonds(topology);
    let of = |atoms: [usize; 4]| {
        let is_heavy = |&&atom: &&usize| topology.atoms[atom].element != Element::HYDROGEN;
        let axis = |atoms: [usize; 4]| [atoms[1].min(atoms[2]), atoms[1].max(atoms[2])];
        let is_tertiary = neighbors[atoms[2]].iter().filter(is_heavy).count() == 3;
        let turns = rotatable.iter().any(|bond| axis(bond.atoms) == axis(atoms));
        (is_tertiary, turns)
    };
    let chains = Chains::new(topology, &neighbors);
    let mut torsions = backbone_torsions(topology);
    torsions.retain(|torsion| torsion.kind == TorsionKind::Omega);
    torsions.extend(other_amide_torsions(topology, &neighbors, &chains));
    torsions.sort_by_key(|torsion| torsion.residue_index);
    torsions
        .into_iter()
        .map(|torsion| {
            let (is_tertiary, is_rotatable) = of(torsion.atoms);
            PeptideBond {
                name: torsion.name,
                residue_index: torsion.residue_index,
                atoms: torsion.atoms,
                is_tertiary,
                is_rotatable,
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::topology::Sequence;
    use crate::topology::build;

    #[test]
    fn bonds_of_prolines_are_tertiary_and_those_in_loops_do_not_turn() {
        let bonds = |sequence: &str, disulfides: &[[usize; 2]]| -> Vec<(String, bool, bool)> {
            let molecule = build(&Sequence::parse(sequence).unwrap(), disulfides).unwrap();
            peptide_bonds(&molecule.topology)
                .into_iter()
                .map(|bond| (bond.name, bond.is_tertiary, bond.is_rotatable))
                .collect()
        };
        let named = |name: &str, tertiary, turns| (name.to_owned(), tertiary, turns);
        assert_eq!(
            bonds("PAP", &[]),
            [named("omega_1", false, true), named("omega_2", true, true)]
        );
        assert_eq!(
            bonds("ACE-CYX-PRO-GLY-CYX-PRO-NHE", &[[2, 5]]),
            [
                named("omega_1", false, true),
                named("omega_2", true, false),
                named("omega_3", false, false),
                named("omega_4", false, false),
                named("omega_5", true, true),
            ]
        );
    }
}
