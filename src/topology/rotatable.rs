//! Torsions: the named ones of backbone and side chains, and all bonds about which a part can turn.

use super::Topology;
use super::element::Element;
use super::internal_coordinates::{point, torsion};
use super::residue_library::ResidueLibrary;

/// What a torsion is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TorsionKind {
    /// C(i-1)-N-CA-C.
    Phi,
    /// N-CA-C-N(i+1).
    Psi,
    /// CA-C-N(i+1)-CA(i+1), numbered by its first residue; the methyl carbon stands for CA in caps.
    Omega,
    /// Side-chain torsion 1 to 5 (IUPAC; ILE's chi2 is CA-CB-CG1-CD1).
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

/// Torsion in rad, in (-pi, pi], IUPAC sign, at positions `[n_atoms][3]` in nm.
///
/// # Panics
/// If an atom is beyond the positions.
#[must_use]
pub fn torsion_rad(positions: &[[f64; 3]], atoms: [usize; 4]) -> f64 {
    let [a, b, c, d] = atoms.map(|atom| point(positions[atom]));
    torsion(a, b, c, d)
}

/// phi, psi, omega and chi torsions of all residues, in residue order; proline's and ring closures' included.
#[must_use]
pub fn named_torsions(topology: &Topology) -> Vec<NamedTorsion> {
    let mut torsions = backbone_torsions(topology);
    for residue_index in 0..topology.residues.len() {
        torsions.extend(chi_torsions(topology, residue_index));
    }
    torsions.sort_by_key(|torsion| torsion.residue_index);
    torsions
}

/// phi, psi and omega of all residues, in residue order.
#[must_use]
pub fn backbone_torsions(topology: &Topology) -> Vec<NamedTorsion> {
    let mut torsions = Vec::new();
    for residue_index in 0..topology.residues.len() {
        let find = |index: usize, name: &str| topology.atom_index(index, name);
        let joined = |index: usize| {
            let (carbon, nitrogen) = (find(index, "C")?, find(index + 1, "N")?);
            let bond = [carbon.min(nitrogen), carbon.max(nitrogen)];
            topology.bonds.binary_search(&bond).ok().map(|_| index)
        };
        let previous = residue_index.checked_sub(1).and_then(joined);
        let next = (residue_index + 1 < topology.residues.len())
            .then(|| joined(residue_index))
            .flatten()
            .map(|index| index + 1);
        let [n, ca, c] = ["N", "CA", "C"].map(|name| find(residue_index, name));
        let next_n = next.and_then(|index| find(index, "N"));
        let candidates = [
            (
                TorsionKind::Phi,
                [previous.and_then(|i| find(i, "C")), n, ca, c],
            ),
            (TorsionKind::Psi, [n, ca, c, next_n]),
            (
                TorsionKind::Omega,
                [
                    alpha(topology, residue_index),
                    c,
                    next_n,
                    next.and_then(|index| alpha(topology, index)),
                ],
            ),
        ];
        for (kind, atoms) in candidates {
            if let [Some(a), Some(b), Some(c), Some(d)] = atoms {
                torsions.push(named(topology, residue_index, kind, [a, b, c, d]));
            }
        }
    }
    torsions
}

/// CA, or the methyl carbon of a cap.
fn alpha(topology: &Topology, residue_index: usize) -> Option<usize> {
    let name = match topology.residues[residue_index].name.as_str() {
        "ACE" => "CH3",
        "NME" => "C",
        _ => "CA",
    };
    // Older files call the methyl carbon of NME CH3.
    let find = |name| topology.atom_index(residue_index, name);
    find(name).or_else(|| find("CH3"))
}

/// N-CA-C-O of the residues whose carbonyl carbon no other residue follows.
#[must_use]
pub fn terminal_psi_torsions(topology: &Topology) -> Vec<NamedTorsion> {
    let followed: Vec<usize> = backbone_torsions(topology)
        .iter()
        .filter(|torsion| torsion.kind == TorsionKind::Psi)
        .map(|torsion| torsion.residue_index)
        .collect();
    (0..topology.residues.len())
        .filter(|index| !followed.contains(index))
        .filter_map(|index| {
            let [n, ca, c, o] = ["N", "CA", "C", "O"].map(|name| topology.atom_index(index, name));
            let atoms = [n?, ca?, c?, o?];
            Some(named(topology, index, TorsionKind::TerminalPsi, atoms))
        })
        .collect()
}

fn chi_torsions(topology: &Topology, residue_index: usize) -> Vec<NamedTorsion> {
    let Some(template) = ResidueLibrary::get().find(&topology.residues[residue_index].name) else {
        return Vec::new();
    };
    let mut torsions = Vec::new();
    for (number, chi) in (1..).zip(&template.chi) {
        let atoms = chi
            .atoms
            .each_ref()
            .map(|name| topology.atom_index(residue_index, name));
        if let [Some(a), Some(b), Some(c), Some(d)] = atoms {
            let kind = TorsionKind::Chi(number);
            torsions.push(named(topology, residue_index, kind, [a, b, c, d]));
        }
    }
    torsions
}

fn named(
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

/// Every bond about which one side can turn, in order of its first atom: bridges of the bond graph (so no bond of a ring,
/// a proline or a disulfide loop) that are not terminal.
#[must_use]
pub fn rotatable_bonds(topology: &Topology) -> Vec<RotatableBond> {
    let neighbors = topology.neighbors();
    let mut named = named_torsions(topology);
    named.extend(terminal_psi_torsions(topology));
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

/// Atoms on the far side of the bond `from`-`to`, `to` itself excluded, sorted.
fn beyond(neighbors: &[Vec<usize>], from: usize, to: usize) -> Vec<usize> {
    let mut seen = vec![false; neighbors.len()];
    seen[from] = true;
    seen[to] = true;
    let mut stack = vec![to];
    let mut atoms = Vec::new();
    while let Some(atom) = stack.pop() {
        for &next in &neighbors[atom] {
            if !seen[next] {
                seen[next] = true;
                atoms.push(next);
                stack.push(next);
            }
        }
    }
    atoms.sort_unstable();
    atoms
}

/// Bonds whose removal parts the graph (Tarjan, doi:10.1016/0020-0190(74)90003-9), first < second, sorted.
///
/// Written with its own stack: a chain of thousands of atoms would overflow a recursion.
fn bridges(neighbors: &[Vec<usize>]) -> Vec<[usize; 2]> {
    let n_atoms = neighbors.len();
    let mut found = Vec::new();
    let mut depth = vec![usize::MAX; n_atoms];
    let mut low = vec![usize::MAX; n_atoms];
    for root in 0..n_atoms {
        if depth[root] != usize::MAX {
            continue;
        }
        depth[root] = 0;
        low[root] = 0;
        let mut stack = vec![(root, usize::MAX, 0)];
        while let Some((atom, parent, next)) = stack.pop() {
            if let Some(&neighbor) = neighbors[atom].get(next) {
                stack.push((atom, parent, next + 1));
                if depth[neighbor] == usize::MAX {
                    depth[neighbor] = depth[atom] + 1;
                    low[neighbor] = depth[neighbor];
                    stack.push((neighbor, atom, 0));
                } else if neighbor != parent {
                    low[atom] = low[atom].min(depth[neighbor]);
                }
            } else if parent != usize::MAX {
                low[parent] = low[parent].min(low[atom]);
                if low[atom] > depth[parent] {
                    found.push([atom.min(parent), atom.max(parent)]);
                }
            }
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::super::{Molecule, Sequence, build};
    use super::*;

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
