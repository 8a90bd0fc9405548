//! The backbone of every residue and the peptide bonds between residues, by the names of amino acids, else by the bond graph.

use super::named::{NamedTorsion, TorsionKind, named};
use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::residue_library::ResidueLibrary;
use std::cmp::Reverse;

/// The atoms that play N, CA and C in one residue; the carbon of a methyl group stands for CA in caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Backbone {
    pub(crate) nitrogen: Option<usize>,
    pub(crate) alpha: Option<usize>,
    pub(crate) carbonyl: Option<usize>,
}

/// All residues' backbones and which residue follows which.
#[derive(Debug, Clone)]
pub(crate) struct Chains {
    /// `[n_residues]`.
    pub(crate) backbones: Vec<Backbone>,
    /// The residue whose nitrogen the carbonyl is bonded to, `[n_residues]`: in a ring every residue has one.
    pub(crate) next: Vec<Option<usize>>,
    /// The residue whose carbonyl the nitrogen is bonded to, `[n_residues]`.
    pub(crate) previous: Vec<Option<usize>>,
}

impl Chains {
    pub(crate) fn new(topology: &Topology, neighbors: &[Vec<usize>]) -> Self {
        let backbones: Vec<Backbone> = (0..topology.residues.len())
            .map(|index| backbone(topology, neighbors, index))
            .collect();
        let mut previous = vec![None; backbones.len()];
        let mut next = vec![None; backbones.len()];
        for (index, own) in backbones.iter().enumerate() {
            let follower = own.carbonyl.and_then(|carbonyl| {
                let others = neighbors[carbonyl].iter();
                let mut others = others.map(|&atom| (atom, topology.atoms[atom].residue_index));
                others.find(|&(atom, other)| {
                    other != index && backbones[other].nitrogen == Some(atom)
                })
            });
            if let Some((_, follower)) = follower {
                next[index] = Some(follower);
                previous[follower] = Some(index);
            }
        }
        Self {
            backbones,
            next,
            previous,
        }
    }
}

/// By the names N, CA, C (of caps CH3 and C) where they are bonded so, else by the graph.
fn backbone(topology: &Topology, neighbors: &[Vec<usize>], residue_index: usize) -> Backbone {
    let find = |name: &str| topology.atom_index(residue_index, name);
    match topology.residues[residue_index].name.as_str() {
        "ACE" => {
            return Backbone {
                nitrogen: None,
                alpha: find("CH3"),
                carbonyl: find("C"),
            };
        }
        "NME" => {
            return Backbone {
                nitrogen: find("N"),
                alpha: find("C"),
                carbonyl: None,
            };
        }
        "NHE" => {
            return Backbone {
                nitrogen: find("N"),
                ..Backbone::default()
            };
        }
        _ => {}
    }
    if let [Some(nitrogen), Some(alpha), Some(carbonyl)] = ["N", "CA", "C"].map(find)
        && neighbors[nitrogen].contains(&alpha)
        && neighbors[alpha].contains(&carbonyl)
    {
        return Backbone {
            nitrogen: Some(nitrogen),
            alpha: Some(alpha),
            carbonyl: Some(carbonyl),
        };
    }
    let of_graph = by_graph(topology, neighbors, residue_index);
    let name = &topology.residues[residue_index].name;
    if of_graph == Backbone::default() && ResidueLibrary::get().find(name).is_some() {
        // An amino acid of which the molecule has a part.
        let [nitrogen, alpha, carbonyl] = ["N", "CA", "C"].map(find);
        return Backbone {
            nitrogen,
            alpha,
            carbonyl,
        };
    }
    of_graph
}

/// Whether an atom is a carbon that carries a terminal oxygen.
pub(super) fn is_carbonyl(topology: &Topology, neighbors: &[Vec<usize>], atom: usize) -> bool {
    let oxygen = |&other: &usize| {
        topology.atoms[other].element == Element::OXYGEN && neighbors[other].len() == 1
    };
    topology.atoms[atom].element == Element::CARBON
        && neighbors[atom].len() == 3
        && neighbors[atom].iter().any(oxygen)
}

/// N-X-C(=O) with the ends bonded to other residues' amides where there is such a triple; else the ends that are.
fn by_graph(topology: &Topology, neighbors: &[Vec<usize>], residue_index: usize) -> Backbone {
    let range = topology.residues[residue_index].atoms.clone();
    let element = |atom: usize| topology.atoms[atom].element;
    let outside = |atom: usize, wanted: &dyn Fn(usize) -> bool| {
        let mut others = neighbors[atom].iter().copied();
        others.any(|other| !range.contains(&other) && wanted(other))
    };
    let to_carbonyl = |atom: usize| outside(atom, &|n| is_carbonyl(topology, neighbors, n));
    let to_nitrogen = |atom: usize| outside(atom, &|n| element(n) == Element::NITROGEN);
    let nitrogens = || range.clone().filter(|&n| element(n) == Element::NITROGEN);
    let carbonyls = || {
        let carbons = range.clone();
        carbons.filter(|&c| is_carbonyl(topology, neighbors, c))
    };
    let between = |n: usize, c: usize| {
        let mut alphas = neighbors[n].iter().copied();
        alphas.find(|&a| {
            range.contains(&a) && element(a) == Element::CARBON && neighbors[a].contains(&c)
        })
    };
    let triples = nitrogens().flat_map(|n| carbonyls().map(move |c| (n, c)));
    let triples = triples.filter_map(|(n, c)| Some((n, between(n, c)?, c)));
    let joints = |n: usize, c: usize| u8::from(to_carbonyl(n)) + u8::from(to_nitrogen(c));
    let whole = triples
        .filter(|&(n, _, c)| joints(n, c) > 0)
        .min_by_key(|&(n, _, c)| (Reverse(joints(n, c)), n, c));
    if let Some((nitrogen, alpha, carbonyl)) = whole {
        return Backbone {
            nitrogen: Some(nitrogen),
            alpha: Some(alpha),
            carbonyl: Some(carbonyl),
        };
    }
    let heavy_in = |atom: usize, but: Element| {
        let mut others = neighbors[atom].iter().copied();
        others.find(|&n| range.contains(&n) && element(n) != Element::HYDROGEN && element(n) != but)
    };
    if let Some(carbonyl) = carbonyls().find(|&c| to_nitrogen(c)) {
        return Backbone {
            nitrogen: None,
            alpha: heavy_in(carbonyl, Element::OXYGEN),
            carbonyl: Some(carbonyl),
        };
    }
    let nitrogen = nitrogens().find(|&n| to_carbonyl(n));
    Backbone {
        nitrogen,
        alpha: nitrogen.and_then(|n| heavy_in(n, Element::NITROGEN)),
        carbonyl: None,
    }
}

/// phi, psi and omega of all residues, in residue order; those of a ring run across its closing bond.
#[must_use]
pub fn backbone_torsions(topology: &Topology) -> Vec<NamedTorsion> {
    let chains = Chains::new(topology, &topology.neighbors());
    let mut torsions = Vec::new();
    for (residue_index, own) in chains.backbones.iter().enumerate() {
        let at = |index: Option<usize>| index.map(|index| chains.backbones[index]);
        let previous_c = at(chains.previous[residue_index]).and_then(|before| before.carbonyl);
        let next = at(chains.next[residue_index]);
        let next_n = next.and_then(|next| next.nitrogen);
        let (n, ca, c) = (own.nitrogen, own.alpha, own.carbonyl);
        let candidates = [
            (TorsionKind::Phi, [previous_c, n, ca, c]),
            (TorsionKind::Psi, [n, ca, c, next_n]),
            (
                TorsionKind::Omega,
                [ca, c, next_n, next.and_then(|next| next.alpha)],
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

/// N-CA-C-O of the residues whose carbonyl carbon no other residue follows.
#[must_use]
pub fn terminal_psi_torsions(topology: &Topology) -> Vec<NamedTorsion> {
    let neighbors = topology.neighbors();
    let chains = Chains::new(topology, &neighbors);
    let of = |residue_index: usize| {
        let Backbone {
            nitrogen,
            alpha,
            carbonyl,
        } = chains.backbones[residue_index];
        let carbonyl = carbonyl?;
        let oxygen = topology.atom_index(residue_index, "O").or_else(|| {
            let mut others = neighbors[carbonyl].iter().copied();
            others.find(|&n| topology.atoms[n].element == Element::OXYGEN)
        })?;
        let atoms = [nitrogen?, alpha?, carbonyl, oxygen];
        Some(named(
            topology,
            residue_index,
            TorsionKind::TerminalPsi,
            atoms,
        ))
    };
    (0..topology.residues.len())
        .filter(|&index| chains.next[index].is_none())
        .filter_map(of)
        .collect()
}
