//! The coordinates of a molecule that are no observables, compared between chains all the same, and its peptide bonds.

use serde::Serialize;

use crate::analysis::{
    Ensemble, HiddenCoordinate, HiddenKind, Torsion, TorsionSide, mcse_mean, share, transitions,
};
use crate::topology::{
    Element, PeptideBond, Topology, TorsionKind, backbone_torsions, named_torsions, peptide_bonds,
    pucker_rings,
};

use super::chain_file::ChainFile;
use super::inputs::Input;

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Hidden {
    /// How many coordinates were compared.
    pub(super) n_compared: usize,
    /// Those by which the chains are not of one ensemble.
    pub(super) faults: Vec<HiddenFault>,
    /// Cis and trans of every peptide bond.
    pub(super) peptide_bonds: Vec<IsomerShare>,
}

/// A coordinate in which chains differ.
#[derive(Debug, Clone, Serialize)]
pub(super) struct HiddenFault {
    /// Its name.
    pub(super) name: String,
    /// Why.
    pub(super) why: String,
}

/// How often a peptide bond is cis.
#[derive(Debug, Clone, Serialize)]
pub(super) struct IsomerShare {
    /// Name of its torsion.
    pub(super) name: String,
    /// The residue after it: `PRO 2`.
    pub(super) before: String,
    /// Whether its nitrogen has no hydrogen, so that cis is to be expected.
    pub(super) is_tertiary: bool,
    /// Share of the frames that are cis.
    pub(super) cis_share: f64,
    /// Standard error of that; `None` where there was no change.
    pub(super) mcse: Option<f64>,
    /// Changes between cis and trans from one frame to the next, over all chains.
    pub(super) transitions: usize,
}

/// The torsions whose side is an observable: phi, but for proline's, which its ring holds; peptide bonds with two isomers;
/// disulfide bonds.
pub(super) fn two_sided(topology: &Topology) -> Vec<(Torsion, TorsionSide)> {
    let rings = pucker_rings(topology);
    let is_held = |residue: usize| rings.iter().any(|ring| ring.residue_index == residue);
    let phis = backbone_torsions(topology).into_iter();
    let phis = phis.filter(|phi| phi.kind == TorsionKind::Phi && !is_held(phi.residue_index));
    let phis = phis.map(|phi| {
        let (name, atoms) = (phi.name, phi.atoms);
        (Torsion { name, atoms }, TorsionSide::Positive)
    });
    let bonds = peptide_bonds(topology).into_iter();
    let tertiary = bonds.filter(|bond| bond.is_tertiary);
    let isomers = tertiary.map(|bond| (torsion(bond), TorsionSide::Cis));
    let disulfides = disulfide_torsions(topology).into_iter();
    phis.chain(isomers)
        .chain(disulfides.map(|torsion| (torsion, TorsionSide::Positive)))
        .collect()
}

fn torsion(bond: PeptideBond) -> Torsion {
    Torsion {
        name: bond.name,
        atoms: bond.atoms,
    }
}

/// CB-SG-SG-CB of every disulfide bond, named `disulfide_2_5` after its residues.
fn disulfide_torsions(topology: &Topology) -> Vec<Torsion> {
    let neighbors = topology.neighbors();
    let sulfur = |atom: usize| topology.atoms[atom].element == Element::SULFUR;
    let number = |atom: usize| topology.residues[topology.atoms[atom].residue_index].number;
    let of = |&[a, b]: &[usize; 2]| {
        let [before, after] =
            [(a, b), (b, a)].map(|(at, other)| neighbors[at].iter().copied().find(|&n| n != other));
        Some(Torsion {
            name: format!("disulfide_{}_{}", number(a), number(b)),
            atoms: [before?, a, b, after?],
        })
    };
    let bonds = topology.bonds.iter();
    bonds
        .filter(|[a, b]| sulfur(*a) && sulfur(*b))
        .filter_map(of)
        .collect()
}

/// Every coordinate that is no observable: torsions about all other bonds, handedness of all branched atoms, isomers of the
/// other peptide bonds.
pub(super) fn coordinates(topology: &Topology) -> Vec<HiddenCoordinate> {
    let mut found = other_torsions(topology);
    found.extend(handedness(topology));
    let bonds = peptide_bonds(topology).into_iter();
    found.extend(bonds.filter(|bond| !bond.is_tertiary).map(|bond| {
        let kind = HiddenKind::Isomer { atoms: bond.atoms };
        let name = TorsionSide::Cis.observable(&bond.name);
        HiddenCoordinate { name, kind }
    }));
    found
}

fn axis(atoms: [usize; 4]) -> [usize; 2] {
    [atoms[1].min(atoms[2]), atoms[1].max(atoms[2])]
}

/// One torsion about every bond whose ends carry something, without those that are observables.
fn other_torsions(topology: &Topology) -> Vec<HiddenCoordinate> {
    let neighbors = topology.neighbors();
    let observed: Vec<[usize; 2]> = named_torsions(topology)
        .iter()
        .filter(|torsion| torsion.kind != TorsionKind::Other)
        .map(|torsion| axis(torsion.atoms))
        .collect();
    let end = |at: usize, other: usize| {
        let mut others = neighbors[at].iter().copied().filter(|&n| n != other);
        let heavy = |&n: &usize| topology.atoms[n].element != Element::HYDROGEN;
        others.clone().find(heavy).or_else(|| others.next())
    };
    let bonds = topology.bonds.iter().copied();
    bonds
        .filter(|bond| !observed.contains(bond))
        .filter_map(|[a, b]| {
            let atoms = [end(a, b)?, a, b, end(b, a)?];
            let symmetry = symmetry(topology, &neighbors, [a, b]);
            let kind = HiddenKind::Torsion { atoms, symmetry };
            let [first, second] = [a, b].map(|atom| topology.atoms[atom].name.as_str());
            let number = topology.residues[topology.atoms[a].residue_index].number;
            let name = format!("{first}-{second}_{number}");
            Some(HiddenCoordinate { name, kind })
        })
        .collect()
}

/// How many turns of either end about the bond look alike: as many as it carries, where these are single atoms of one element.
fn symmetry(topology: &Topology, neighbors: &[Vec<usize>], [a, b]: [usize; 2]) -> u8 {
    let of_end = |at: usize, other: usize| {
        let ends: Vec<usize> = neighbors[at]
            .iter()
            .copied()
            .filter(|&n| n != other)
            .collect();
        let element = ends.first().map(|&atom| topology.atoms[atom].element);
        let alike = |&atom: &usize| {
            neighbors[atom].len() == 1 && Some(topology.atoms[atom].element) == element
        };
        match ends.len() {
            2 if ends.iter().all(alike) => 2,
            3 if ends.iter().all(alike) => 3,
            _ => 1,
        }
    };
    of_end(a, b).max(of_end(b, a))
}

/// Atoms with three neighbours, and those with four of which at most one is a hydrogen.
fn handedness(topology: &Topology) -> Vec<HiddenCoordinate> {
    let neighbors = topology.neighbors();
    let is_hydrogen = |atom: &&usize| topology.atoms[**atom].element == Element::HYDROGEN;
    let branched = (0..topology.n_atoms()).filter_map(|center| {
        let around = &neighbors[center];
        let hydrogens = around.iter().filter(is_hydrogen).count();
        let told = around.len() == 3 || (around.len() == 4 && hydrogens <= 1);
        told.then(|| [center, around[0], around[1], around[2]])
    });
    let coordinate = |atoms: [usize; 4]| {
        let atom = &topology.atoms[atoms[0]];
        let number = topology.residues[atom.residue_index].number;
        HiddenCoordinate {
            name: format!("handedness {}_{number}", atom.name),
            kind: HiddenKind::Handedness { atoms },
        }
    };
    branched.map(coordinate).collect()
}

impl Hidden {
    /// Compares the chains, whose observables are `ensemble`'s.
    pub(super) fn of(input: &Input, ensemble: &Ensemble) -> Self {
        let n_draws = ensemble.n_draws();
        let series = |coordinate: usize| -> Vec<Vec<Vec<f64>>> {
            let n_values = input.chains[0].hidden[coordinate].len();
            let of_chain = |chain: &ChainFile, value: usize| {
                chain.hidden[coordinate][value][..n_draws].to_vec()
            };
            let of_value = |value| {
                input
                    .chains
                    .iter()
                    .map(|chain| of_chain(chain, value))
                    .collect()
            };
            (0..n_values).map(of_value).collect()
        };
        let mut hidden = Self {
            n_compared: input.hidden.len(),
            ..Self::default()
        };
        let mut rare_isomers = Vec::new();
        for (index, coordinate) in input.hidden.iter().enumerate() {
            let own = series(index);
            if let Some(why) = coordinate.fault(&own) {
                let name = coordinate.name.clone();
                hidden.faults.push(HiddenFault { name, why });
            }
            if matches!(coordinate.kind, HiddenKind::Isomer { .. }) {
                rare_isomers.push((coordinate.name.as_str(), own));
            }
        }
        let of_name = |name: &str| {
            let rare = rare_isomers.iter().find(|(known, _)| *known == name);
            rare.map(|(_, own)| own[0].as_slice())
                .or_else(|| ensemble.chains(name))
        };
        for bond in peptide_bonds(&input.topology) {
            if let Some(chains) = of_name(&TorsionSide::Cis.observable(&bond.name)) {
                hidden.peptide_bonds.push(IsomerShare {
                    before: bond.residue_after(&input.topology),
                    name: bond.name,
                    is_tertiary: bond.is_tertiary,
                    cis_share: share(chains),
                    mcse: mcse_mean(chains).ok(),
                    transitions: transitions(chains),
                });
            }
        }
        hidden
    }

    /// Lines on the peptide bonds: each that has two isomers, the others together.
    pub(super) fn isomer_lines(&self) -> Vec<String> {
        let bonds = self.peptide_bonds.iter();
        let (named, others): (Vec<_>, Vec<_>) =
            bonds.partition(|bond| bond.is_tertiary || bond.transitions > 0);
        let mut lines: Vec<String> = named
            .into_iter()
            .map(|bond| {
                let error = match bond.mcse {
                    Some(mcse) => format!(" +- {:.2}", 100.0 * mcse),
                    None => String::new(),
                };
                format!(
                    "peptide bond {} before {}: {:.2}{error} % cis, {} changes between cis and trans",
                    bond.name,
                    bond.before,
                    100.0 * bond.cis_share,
                    bond.transitions
                )
            })
            .collect();
        if !others.is_empty() {
            let cis = others.iter().filter(|bond| bond.cis_share > 0.5).count();
            let isomers = match (others.len() - cis, cis) {
                (trans, 0) => format!("{trans} trans"),
                (0, cis) => format!("{cis} cis"),
                (trans, cis) => format!("{trans} trans and {cis} cis"),
            };
            lines.push(format!(
                "peptide bonds that never changed: {isomers}; before other residues than proline the other isomer is rare (0.01 to 1 % in AMBER force fields)"
            ));
        }
        lines
    }

    /// One line on what was compared beside the observables, then one for each fault.
    pub(super) fn fault_lines(&self) -> Vec<String> {
        let n_faults = self.faults.len();
        let mut lines = vec![match n_faults {
            0 => format!(
                "no difference between chains in {} further coordinates (other torsions, handedness, other peptide bonds); what all keep alike does not show so",
                self.n_compared
            ),
            _ => format!(
                "NOT CONVERGED: chains differ in {n_faults} of {} further coordinates:",
                self.n_compared
            ),
        }];
        let faults = self.faults.iter();
        lines.extend(faults.map(|fault| format!("  {}: {}", fault.name, fault.why)));
        lines
    }
}
