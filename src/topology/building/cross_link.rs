//! Bonds between residues that a user asks for: which atoms they join, and which atoms leave for them.

use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::residue_library::nearest;
use crate::topology::sequence::{Sequence, d_name, l_name};

/// A bond to be made between two residues of a sequence: `LYS 3 NZ` to `ASP 7 CG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossLink {
    /// Both ends as they were written: name, number from 1 and atom.
    pub ends: [String; 2],
}

impl CrossLink {
    /// Indices of the two atoms in the molecule of a sequence.
    ///
    /// # Errors
    /// What is wrong with an end, and what to do.
    pub(super) fn atoms(
        &self,
        topology: &Topology,
        sequence: &Sequence,
    ) -> Result<[usize; 2], String> {
        let [first, second] = &self.ends;
        let atoms = [
            find(first, topology, sequence)?,
            find(second, topology, sequence)?,
        ];
        let [i, j] = atoms;
        if topology.atoms[i].residue_index == topology.atoms[j].residue_index {
            return Err("both atoms are of one residue, expected two".to_owned());
        }
        if topology.bonds.contains(&[i.min(j), i.max(j)]) {
            return Err("the two are bonded already: leave it out".to_owned());
        }
        Ok(atoms)
    }
}

fn find(end: &str, topology: &Topology, sequence: &Sequence) -> Result<usize, String> {
    let parts: Vec<&str> = end.split_whitespace().collect();
    let ([name, number, atom], Some(number_read)) = (
        parts
            .get(..3)
            .and_then(|p| p.first_chunk())
            .copied()
            .unwrap_or([""; 3]),
        parts.get(1).and_then(|n| n.parse::<usize>().ok()),
    ) else {
        return Err(format!(
            "got '{end}', expected the name of a residue, its number from 1 and an atom, as in LYS 3 NZ"
        ));
    };
    let index = number_read
        .checked_sub(1)
        .filter(|&index| index < topology.residues.len());
    let Some(index) = index else {
        return Err(format!(
            "there is no residue {number}; {sequence} has residues 1 to {} (caps count)",
            topology.residues.len()
        ));
    };
    let own = &topology.residues[index].name;
    let plain = name.to_ascii_uppercase();
    let plain = l_name(&plain).unwrap_or(&plain);
    if plain != own && !(plain == "HIS" && own == "HIE") {
        let shown = if sequence.mirrored().contains(&index) {
            d_name(own)
        } else {
            own.clone()
        };
        return Err(format!(
            "residue {number} of {sequence} is {shown}, not {name}"
        ));
    }
    let atom = atom.to_ascii_uppercase();
    topology.atom_index(index, &atom).ok_or_else(|| {
        let atoms = topology.residues[index].atoms.clone();
        let names = atoms.map(|atom| topology.atoms[atom].name.as_str());
        format!(
            "{own} {number} has no atom {atom}: did you mean {}?",
            nearest(&atom, names)
        )
    })
}

/// The atoms that an atom gives up for a new bond: a hydrogen, two of an ammonium, the second oxygen of a carboxyl group.
///
/// # Errors
/// The atom has nothing to give.
pub(super) fn leaving(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    atom: usize,
) -> Result<Vec<usize>, String> {
    let element = |atom: usize| topology.atoms[atom].element;
    let around = &neighbors[atom];
    let hydrogens: Vec<usize> = around
        .iter()
        .copied()
        .filter(|&n| element(n) == Element::HYDROGEN)
        .collect();
    let label = topology.label(atom);
    let oxygens: Vec<usize> = around
        .iter()
        .copied()
        .filter(|&n| element(n) == Element::OXYGEN)
        .filter(|&n| {
            neighbors[n]
                .iter()
                .all(|&m| m == atom || element(m) == Element::HYDROGEN)
        })
        .collect();
    if element(atom) == Element::CARBON && oxygens.len() == 2 {
        let protonated = oxygens
            .iter()
            .copied()
            .find(|&oxygen| neighbors[oxygen].len() == 2);
        let oxygen = protonated.unwrap_or(oxygens[1]);
        let own = neighbors[oxygen].iter().copied().filter(|&n| n != atom);
        return Ok(std::iter::once(oxygen).chain(own).collect());
    }
    if element(atom) == Element::HYDROGEN {
        return Err(format!(
            "{label} is a hydrogen: name the heavy atom that carries it"
        ));
    }
    match (element(atom), hydrogens.len()) {
        (Element::NITROGEN, 3) => Ok(hydrogens[1..].to_vec()),
        (_, 1..) => Ok(hydrogens[hydrogens.len() - 1..].to_vec()),
        (Element::SULFUR, 0) if around.len() == 1 => Ok(Vec::new()),
        _ => Err(format!(
            "{label} has no hydrogen and no hydroxyl group to give up for a bond: name another atom"
        )),
    }
}
