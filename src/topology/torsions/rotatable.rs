//! All bonds about which a part of the molecule can turn.

use super::amide::other_amide_torsions;
use super::backbone::{Chains, backbone_torsions, terminal_psi_torsions};
use super::graph::{beyond, bridges};
use super::named::{NamedTorsion, TorsionKind, named};
use super::side_chain::chi_torsions;
use crate::topology::Topology;
use crate::topology::element::Element;

/// A bond about which one side of the molecule can turn rigidly: a bridge of the bond graph with neighbours on both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatableBond {
    /// Name of the standard torsion, or both atoms and the residue number: `CB-CG1_3`.
    pub name: String,
    /// Kind.
    pub kind: TorsionKind,
    /// Residue of the torsion.
    pub residue_index: usize,
    /// The four atoms, ordered so that the last one moves (the reverse order has the same torsion).
    pub atoms: [usize; 4],
    /// Atoms that move, sorted: the side with fewer atoms, without the bond's own two.
    pub moving: Vec<usize>,
}

/// phi, psi, omega and chi torsions of all residues, in residue order; proline's and ring closures' included.
#[must_use]
pub fn named_torsions(topology: &Topology) -> Vec<NamedTorsion> {
    let neighbors = topology.neighbors();
    let chains = Chains::new(topology, &neighbors);
    let mut torsions = backbone_torsions(topology);
    for (residue_index, &backbone) in chains.backbones.iter().enumerate() {
        torsions.extend(chi_torsions(topology, &neighbors, backbone, residue_index));
    }
    torsions.sort_by_key(|torsion| torsion.residue_index);
    torsions
}

/// Every bond about which one side can turn, in order of its first atom: bridges of the bond graph (so no bond of a ring,
/// a proline, a macrocycle or a disulfide loop) that are not terminal.
#[must_use]
pub fn rotatable_bonds(topology: &Topology) -> Vec<RotatableBond> {
    let neighbors = topology.neighbors();
    let mut named = named_torsions(topology);
    named.extend(terminal_psi_torsions(topology));
    let chains = Chains::new(topology, &neighbors);
    named.extend(other_amide_torsions(topology, &neighbors, &chains));
    bridges(&neighbors)
        .into_iter()
        .filter(|bond| bond.iter().all(|&atom| neighbors[atom].len() > 1))
        .map(|bond| rotatable_bond(topology, &neighbors, &named, bond))
        .collect()
}

fn rotatable_bond(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    named_torsions: &[NamedTorsion],
    bond: [usize; 2],
) -> RotatableBond {
    let known = named_torsions.iter().find(|torsion| {
        let [_, b, c, _] = torsion.atoms;
        [b.min(c), b.max(c)] == bond
    });
    let torsion = known.cloned().unwrap_or_else(|| {
        let [b, c] = bond;
        let atoms = [
            far_end(topology, neighbors, b, c),
            b,
            c,
            far_end(topology, neighbors, c, b),
        ];
        let residue_index = topology.atoms[b].residue_index;
        named(topology, residue_index, TorsionKind::Other, atoms)
    });
    let [a, b, c, d] = torsion.atoms;
    let (left, right) = (beyond(neighbors, c, b), beyond(neighbors, b, c));
    let (atoms, moving) = if left.len() < right.len() {
        ([d, c, b, a], left)
    } else {
        ([a, b, c, d], right)
    };
    RotatableBond {
        name: torsion.name,
        kind: torsion.kind,
        residue_index: torsion.residue_index,
        atoms,
        moving,
    }
}

/// The neighbour of an atom that ends the torsion: the first heavy one, else the first.
fn far_end(topology: &Topology, neighbors: &[Vec<usize>], atom: usize, other: usize) -> usize {
    let mut others = neighbors[atom].iter().copied().filter(|&n| n != other);
    let heavy = others
        .clone()
        .find(|&n| topology.atoms[n].element != Element::HYDROGEN);
    heavy
        .or_else(|| others.next())
        .expect("invariant: a rotatable bond has neighbours on both ends")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::super::named::torsion_rad;
    use super::*;
    use crate::topology::internal_coordinates::point;
    use crate::topology::{Molecule, Sequence, build};

    fn molecule(sequence: &str, disulfides: &[[usize; 2]]) -> Molecule {
        build(&Sequence::parse(sequence).unwrap(), disulfides).unwrap()
    }

    fn names(sequence: &str, disulfides: &[[usize; 2]]) -> Vec<String> {
        rotatable_bonds(&molecule(sequence, disulfides).topology)
            .into_iter()
            .map(|bond| bond.name)
            .collect()
    }

    #[test]
    fn alanine_dipeptide_has_seven() {
        let found = names("ACE-ALA-NME", &[]);
        let expected = [
            "CH3-C_1", "omega_1", "phi_2", "CA-CB_2", "psi_2", "omega_2", "N-C_3",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn backbone_names_run_from_cap_to_cap() {
        let topology = molecule("ACE-ALA-NME", &[]).topology;
        let found: Vec<String> = backbone_torsions(&topology)
            .into_iter()
            .map(|t| t.name)
            .collect();
        assert_eq!(found, ["omega_1", "phi_2", "psi_2", "omega_2"]);
        let free: Vec<String> = backbone_torsions(&molecule("AG", &[]).topology)
            .into_iter()
            .map(|t| t.name)
            .collect();
        assert_eq!(free, ["psi_1", "omega_1", "phi_2"]);
        assert!(names("AG", &[]).contains(&"terminal_psi_2".to_owned()));
        assert!(terminal_psi_torsions(&topology).is_empty());
    }

    #[test]
    fn rings_and_disulfide_loops_do_not_turn() {
        let proline = names("ACE-PRO-NME", &[]);
        assert!(!proline.contains(&"phi_2".to_owned()) && proline.contains(&"psi_2".to_owned()));
        assert!(!proline.iter().any(|name| name.starts_with("chi")));
        let tyrosine = names("ACE-TYR-NME", &[]);
        assert!(
            tyrosine.contains(&"chi2_2".to_owned()) && tyrosine.contains(&"CZ-OH_2".to_owned())
        );
        assert_eq!(tyrosine.len(), 6 + 3);
        let looped = names("ACE-CYX-ALA-GLY-CYX-NME", &[[2, 5]]);
        for closed in ["psi_2", "phi_3", "psi_3", "phi_5", "chi1_2", "omega_3"] {
            assert!(!looped.contains(&closed.to_owned()), "{closed}");
        }
        for open in ["phi_2", "psi_5", "CA-CB_3"] {
            assert!(looped.contains(&open.to_owned()), "{open} of {looped:?}");
        }
    }

    #[test]
    fn arginine_chi_count_and_values() {
        let molecule = molecule("ACE-ARG-NME", &[]);
        let chis: Vec<NamedTorsion> = named_torsions(&molecule.topology)
            .into_iter()
            .filter(|t| matches!(t.kind, TorsionKind::Chi(_)))
            .collect();
        assert_eq!(chis.len(), 5);
        assert_eq!(chis[0].name, "chi1_2");
        let planar = torsion_rad(&molecule.positions, chis[4].atoms).to_degrees();
        assert!(planar.abs() < 10.0, "{planar}");
        let phi = backbone_torsions(&molecule.topology)[1].atoms;
        assert!((torsion_rad(&molecule.positions, phi).to_degrees() + 75.0).abs() < 1e-6);
    }

    #[test]
    fn the_smaller_side_moves_and_turning_it_changes_the_torsion_only() {
        let molecule = molecule("ACE-LYS-PHE-NME", &[]);
        for bond in rotatable_bonds(&molecule.topology) {
            let [_, b, c, d] = bond.atoms;
            assert!(bond.moving.contains(&d) && !bond.moving.contains(&c));
            assert!(2 * bond.moving.len() <= molecule.topology.n_atoms() - 2);
            let axis = nalgebra::Unit::new_normalize(
                point(molecule.positions[c]) - point(molecule.positions[b]),
            );
            let rotation = nalgebra::Rotation3::from_axis_angle(&axis, 0.3);
            let mut positions = molecule.positions.clone();
            for &atom in &bond.moving {
                let center = point(positions[c]);
                positions[atom] = (center + rotation * (point(positions[atom]) - center)).into();
            }
            let change =
                torsion_rad(&positions, bond.atoms) - torsion_rad(&molecule.positions, bond.atoms);
            let wrapped = (change - 0.3).sin().abs();
            assert!(wrapped < 1e-9, "{} {change}", bond.name);
            for &[i, j] in &molecule.topology.bonds {
                let length = |p: &[[f64; 3]]| (point(p[i]) - point(p[j])).norm();
                assert!((length(&positions) - length(&molecule.positions)).abs() < 1e-12);
            }
        }
    }
}
