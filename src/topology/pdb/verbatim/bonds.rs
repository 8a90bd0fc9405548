//! Bonds of a molecule that no residue library knows: which joined pairs are covalent bonds.

use crate::topology::chirality::mirrored_residues;
use crate::topology::residue_library::ResidueLibrary;
use crate::topology::{Molecule, Topology};

/// How many times the sum of covalent radii a bond may be long: 1-3 distances begin at 1.4 of it.
const LONGEST: f64 = 1.3;

impl Molecule {
    /// Adds the covalent bonds among pairs of atoms (first < second) that a harmonic term or a constraint of this length in nm joins.
    ///
    /// Pairs that are too far apart for a bond of their elements keep an angle (Urey-Bradley terms, the third side of rigid water)
    /// or are restraints. Atoms without any bond after that have those of the residue library, by the names of residue and atoms.
    pub fn complete_bonds(&mut self, pairs: impl Iterator<Item = ([usize; 2], f64)>) {
        let topology = &mut self.topology;
        for ([i, j], length_nm) in pairs {
            let radius = |atom: usize| topology.atoms[atom].element.covalent_radius_nm();
            if length_nm <= LONGEST * (radius(i) + radius(j)) {
                topology.bonds.push([i.min(j), i.max(j)]);
            }
        }
        add_known(topology);
        topology.bonds.sort_unstable();
        topology.bonds.dedup();
        topology.mirrored_residues = mirrored_residues(topology, &self.positions);
    }
}

/// Bonds of the residue library at atoms that have none.
fn add_known(topology: &mut Topology) {
    let mut is_bonded = vec![false; topology.n_atoms()];
    for atom in topology.bonds.iter().flatten() {
        is_bonded[*atom] = true;
    }
    let mut found = Vec::new();
    for (index, residue) in topology.residues.iter().enumerate() {
        let Some(template) = ResidueLibrary::get().find(&residue.name) else {
            continue;
        };
        for names in &template.bonds {
            let ends = names
                .each_ref()
                .map(|name| topology.atom_index(index, name));
            if let [Some(i), Some(j)] = ends
                && !(is_bonded[i] && is_bonded[j])
            {
                found.push([i.min(j), i.max(j)]);
            }
        }
    }
    topology.bonds.extend(found);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use crate::topology::pdb::read_verbatim_str;

    const WATER: &str = "\
HETATM    1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O
HETATM    2  H1  HOH A   1       0.957   0.000   0.000  1.00  0.00           H
HETATM    3  H2  HOH A   1      -0.240   0.927   0.000  1.00  0.00           H
END
";

    #[test]
    fn the_third_side_of_rigid_water_is_no_bond() {
        let mut water = read_verbatim_str(WATER, "water.pdb").unwrap();
        let pairs = [([0, 1], 0.09572), ([0, 2], 0.09572), ([1, 2], 0.15139)];
        water.complete_bonds(pairs.into_iter());
        assert_eq!(water.topology.bonds, [[0, 1], [0, 2]]);
    }

    #[test]
    fn rings_of_three_keep_their_bonds_and_urey_bradley_terms_make_none() {
        let text: String = (0..3)
            .map(|i| {
                format!(
                    "HETATM{:>5}  C{i}  LIG A   1    {:>8.3}   0.000   0.000  1.00  0.00           C\n",
                    i + 1,
                    1.5 * f64::from(i)
                )
            })
            .collect();
        let mut ring = read_verbatim_str(&text, "ring.pdb").unwrap();
        ring.complete_bonds([([0, 1], 0.15), ([1, 2], 0.15), ([0, 2], 0.15)].into_iter());
        assert_eq!(ring.topology.bonds.len(), 3);
        let mut chain = read_verbatim_str(&text, "chain.pdb").unwrap();
        chain.complete_bonds([([0, 1], 0.15), ([1, 2], 0.15), ([0, 2], 0.25)].into_iter());
        assert_eq!(chain.topology.bonds, [[0, 1], [1, 2]]);
    }

    #[test]
    fn atoms_keep_names_and_order_and_elements_must_be_known() {
        let water = read_verbatim_str(WATER, "water.pdb").unwrap();
        let names: Vec<&str> = water
            .topology
            .atoms
            .iter()
            .map(|a| a.name.as_str())
            .collect();
        assert_eq!(names, ["O", "H1", "H2"]);
        assert_eq!(water.topology.residues[0].name, "HOH");
        let odd = WATER.replace("           O", "          XX");
        let message = read_verbatim_str(&odd, "odd.pdb").unwrap_err().to_string();
        assert!(message.starts_with("odd.pdb:1: "), "{message}");
        let double = format!(
            "{}{WATER}",
            WATER.lines().next().unwrap().replace("O   HOH", "O  AHOH") + "\n"
        );
        let message = read_verbatim_str(&double, "two.pdb")
            .unwrap_err()
            .to_string();
        assert!(message.contains("alternate location"), "{message}");
    }
}
