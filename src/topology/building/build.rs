//! A molecule from a sequence: trans peptide bonds, a polyproline-like backbone or a closed ring, packed side chains.
//! Minimises no energy: the geometry is a start for a minimiser.

use super::blueprint::{Blueprint, Turn};
use super::clash::ClashScore;
use super::cross_link::{CrossLink, leaving};
use super::loop_closure::{
    Closure, Goal, Search, close_loops, cross_link, disulfide, has_ring_of_proline, peptide,
};
use super::packing::pack_side_chains;
use super::relax::{Faults, Shape, across_nm, ideal_angle_rad, ideal_length_nm};
use crate::topology::element::Element;
use crate::topology::internal_coordinates::Point;
use crate::topology::residue_library::ResidueLibrary;
use crate::topology::sequence::Sequence;
use crate::topology::{Molecule, Topology};
use thiserror::Error;

/// Backbone phi and psi of the built chain in degrees: polyproline II, straight enough that only near neighbours meet.
const PHI_PSI_DEG: [f64; 2] = [-75.0, 145.0];

/// Seeds of the closing of a ring, each another random try.
const MAX_RING_TRIES: u64 = 24;

/// Why a sequence cannot be built. Residues are numbered from 1, caps included.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildError {
    /// A disulfide names a residue that is not there.
    #[error(
        "disulfide [{first}, {second}]: there is no residue {number}; {sequence} has residues 1 to {n_residues} (caps count)"
    )]
    NoSuchResidue {
        /// First residue of the pair.
        first: usize,
        /// Second residue of the pair.
        second: usize,
        /// The one that is missing.
        number: usize,
        /// The sequence.
        sequence: String,
        /// How many residues it has.
        n_residues: usize,
    },
    /// A disulfide names a residue that is no cysteine.
    #[error(
        "disulfide [{first}, {second}]: residue {number} of {sequence} is {name}, expected CYX or CYS (residues are numbered from 1, caps count)"
    )]
    NotCysteine {
        /// First residue of the pair.
        first: usize,
        /// Second residue of the pair.
        second: usize,
        /// The offending one.
        number: usize,
        /// Its name.
        name: String,
        /// The sequence.
        sequence: String,
    },
    /// A cysteine is in two disulfides, or paired with itself.
    #[error("residue {number} occurs twice in the disulfides: each cysteine can have one partner")]
    PairedTwice {
        /// The residue.
        number: usize,
    },
    /// A bond that cannot be made.
    #[error("bond [{first}, {second}]: {fault}")]
    CrossLink {
        /// First end.
        first: String,
        /// Second end.
        second: String,
        /// What is wrong and what to do.
        fault: String,
    },
    /// A ring that no try closed.
    #[error(
        "{sequence}: none of {n_tries} tries closed the ring into a sound structure; the best one has {reason}. {remedy}"
    )]
    RingNotClosed {
        /// The sequence.
        sequence: String,
        /// How many conformations were tried.
        n_tries: u64,
        /// What is wrong with the best.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// CYX without a partner.
    #[error(
        "residue {number} of {sequence} is CYX (a bonded cysteine) but no disulfide names it: add the pair to disulfides, or use CYS"
    )]
    UnpairedCyx {
        /// The residue.
        number: usize,
        /// The sequence.
        sequence: String,
    },
}

/// Build a molecule from a sequence, numbered from 1 with caps counted, chain A.
///
/// Ends that no cap covers are charged. `disulfides` are pairs of residue numbers; a `CYS` named there becomes `CYX`, and the
/// backbone is bent until the sulfur atoms are near each other. The result depends on its arguments only.
///
/// ```
/// use saltus::topology::{Sequence, build};
/// let molecule = build(&Sequence::parse("ACE-ALA-NME")?, &[])?;
/// assert_eq!(molecule.topology.n_atoms(), 22);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`BuildError`] where the disulfides do not fit the sequence.
pub fn build(sequence: &Sequence, disulfides: &[[usize; 2]]) -> Result<Molecule, BuildError> {
    build_linked(sequence, disulfides, &[])
}

/// As [`build`], with bonds between residues: lactams, thioethers and their like. What leaves for a bond is taken away: a hydrogen, two of
/// an ammonium, the second oxygen of a carboxyl group. Whether a force field has parameters for the result, it says itself.
///
/// # Errors
/// As [`build`], and [`BuildError::CrossLink`] for a bond that cannot be made.
pub fn build_linked(
    sequence: &Sequence,
    disulfides: &[[usize; 2]],
    links: &[CrossLink],
) -> Result<Molecule, BuildError> {
    let mut sequence = sequence.clone();
    check_disulfides(&sequence, disulfides)?;
    for &number in disulfides.iter().flatten() {
        sequence.rename(number - 1, "CYX");
    }
    check_unpaired(&sequence, disulfides)?;
    let mut blueprint = Blueprint::new(&sequence);
    for &[first, second] in disulfides {
        let sulfur = |number: usize| {
            blueprint
                .topology
                .atom_index(number - 1, "SG")
                .expect("invariant: CYX has SG")
        };
        let (left, right) = (sulfur(first), sulfur(second));
        blueprint.add_bond(left, right);
    }
    let links = join(&mut blueprint, &sequence, links)?;
    set_backbone(&mut blueprint);
    let score = ClashScore::new(&blueprint.topology);
    let mut fixed: Vec<usize> = disulfides.iter().flatten().map(|&n| n - 1).collect();
    let residue_of = |&atom: &usize| blueprint.topology.atoms[atom].residue_index;
    fixed.extend(links.iter().flatten().map(residue_of));
    if sequence.is_cyclic() || !links.is_empty() {
        let goal = goal(&blueprint, disulfides, &links);
        return closed_ring(&blueprint, &score, goal, &fixed, &sequence);
    }
    if !disulfides.is_empty() {
        let goal = goal(&blueprint, disulfides, &[]);
        close_loops(&mut blueprint, &score, goal);
    }
    let positions = pack_side_chains(&mut blueprint, &score, &fixed);
    Ok(molecule(blueprint, &positions))
}

/// Makes the bonds and takes away what leaves for them; the atoms of every bond.
fn join(
    blueprint: &mut Blueprint,
    sequence: &Sequence,
    links: &[CrossLink],
) -> Result<Vec<[usize; 2]>, BuildError> {
    let mut joined: Vec<[usize; 2]> = Vec::new();
    for link in links {
        let [first, second] = link.ends.clone();
        let fault = |fault| BuildError::CrossLink {
            first: first.clone(),
            second: second.clone(),
            fault,
        };
        let topology = &blueprint.topology;
        let atoms = link.atoms(topology, sequence).map_err(fault)?;
        let neighbors = topology.neighbors();
        let mut going = Vec::new();
        for atom in atoms {
            going.extend(leaving(topology, &neighbors, atom).map_err(fault)?);
        }
        let new_index = blueprint.remove(&going);
        joined.push(atoms);
        for pair in &mut joined {
            *pair = pair.map(|atom| new_index[atom].expect("invariant: bonded atoms stay"));
        }
        if let Some(&[i, j]) = joined.last() {
            blueprint.add_bond(i, j);
        }
    }
    Ok(joined)
}

/// The distances that a cross-link asks for.
fn link_closure(topology: &Topology, [i, j]: [usize; 2]) -> Closure {
    let neighbors = topology.neighbors();
    let length_nm = ideal_length_nm(topology, [i, j]);
    let heavy = |atom: &usize| topology.atoms[*atom].element != Element::HYDROGEN;
    let across = [[i, j], [j, i]].into_iter().flat_map(|[at, other]| {
        let angle_rad = ideal_angle_rad(topology, &neighbors, at);
        let near = neighbors[at].iter().copied();
        let near = near.filter(|atom| heavy(atom) && *atom != other);
        let near: Vec<usize> = near.collect();
        near.into_iter().map(move |atom| {
            let own_nm = ideal_length_nm(topology, [at, atom]);
            ([atom, other], across_nm([own_nm, length_nm], angle_rad))
        })
    });
    cross_link([i, j], length_nm, across)
}

/// Side-chain torsions of the residues of cross-links.
fn link_turns(blueprint: &Blueprint, links: &[[usize; 2]]) -> Vec<Turn> {
    let topology = &blueprint.topology;
    let mut turns = Vec::new();
    for &atom in links.iter().flatten() {
        let residue_index = topology.atoms[atom].residue_index;
        let template = ResidueLibrary::get().find(&topology.residues[residue_index].name);
        for chi in template.iter().flat_map(|template| &template.chi) {
            let atoms = chi.atoms.each_ref();
            let atoms = atoms.map(|name| topology.atom_index(residue_index, name));
            if let ([Some(a), Some(b), Some(c), Some(d)], false) =
                (atoms, chi.values_deg.is_empty())
            {
                turns.extend(blueprint.turn([a, b, c, d]));
            }
        }
    }
    turns
}

fn molecule(blueprint: Blueprint, positions: &[Point]) -> Molecule {
    Molecule {
        topology: blueprint.topology,
        positions: positions.iter().map(|p| [p.x, p.y, p.z]).collect(),
    }
}

/// What the disulfides, and the ring where it is one, bring together.
fn goal(blueprint: &Blueprint, disulfides: &[[usize; 2]], links: &[[usize; 2]]) -> Goal {
    let topology = &blueprint.topology;
    let atom = |index: usize, name: &str| {
        topology
            .atom_index(index, name)
            .expect("invariant: residues of loops have their backbone, CYX its side chain")
    };
    let n_residues = topology.residues.len();
    let in_loop = |index: &usize| {
        blueprint.is_cyclic
            || disulfides
                .iter()
                .any(|&[first, second]| (first.min(second) - 1..first.max(second)).contains(index))
            || links.iter().any(|pair| {
                let [i, j] = pair.map(|atom| topology.atoms[atom].residue_index);
                (i.min(j)..=i.max(j)).contains(index)
            })
    };
    let of_pair = |&[i, j]: &[usize; 2]| {
        let (i, j) = (i - 1, j - 1);
        disulfide([atom(i, "CB"), atom(i, "SG"), atom(j, "SG"), atom(j, "CB")])
    };
    let mut closures: Vec<Closure> = disulfides.iter().map(of_pair).collect();
    if blueprint.is_cyclic {
        let last = n_residues - 1;
        let ends = [(last, "CA"), (last, "C"), (0, "N"), (0, "CA")];
        closures.push(peptide(ends.map(|(index, name)| atom(index, name))));
    }
    closures.extend(links.iter().map(|&link| link_closure(topology, link)));
    let side_chains = disulfides.iter().flatten().filter_map(|&number| {
        blueprint.turn(["N", "CA", "CB", "SG"].map(|name| atom(number - 1, name)))
    });
    let mut side_chains: Vec<Turn> = side_chains.collect();
    side_chains.extend(link_turns(blueprint, links));
    let linked: Vec<usize> = links
        .iter()
        .flatten()
        .map(|&atom| topology.atoms[atom].residue_index)
        .collect();
    let is_linked = |atom: &usize| {
        let atom = &topology.atoms[*atom];
        linked.contains(&atom.residue_index) && atom.element != Element::HYDROGEN
    };
    Goal {
        closures,
        bending: (0..n_residues).filter(in_loop).collect(),
        side_chains,
        atoms: (0..topology.n_atoms()).filter(is_linked).collect(),
    }
}

/// The first try that closes the ring into what it should be: annealed torsions, packed side chains, relaxed atoms, all checked.
fn closed_ring(
    blueprint: &Blueprint,
    score: &ClashScore,
    goal: Goal,
    fixed: &[usize],
    sequence: &Sequence,
) -> Result<Molecule, BuildError> {
    let shape = Shape::new(blueprint, score);
    let search = Search::new(blueprint, goal);
    let mut best: Option<Faults> = None;
    for start in 0..MAX_RING_TRIES {
        let mut trial = blueprint.clone();
        search.anneal(&mut trial, score, start);
        let mut positions = pack_side_chains(&mut trial, score, fixed);
        shape.relax(&mut positions);
        let faults = shape.faults(&positions);
        if faults.is_empty() {
            return Ok(molecule(trial, &positions));
        }
        if best.as_ref().is_none_or(|best| faults.len() < best.len()) {
            best = Some(faults);
        }
    }
    let small = sequence.is_cyclic() && sequence.names().len() < 4;
    Err(BuildError::RingNotClosed {
        sequence: sequence.to_string(),
        n_tries: MAX_RING_TRIES,
        reason: best.map_or_else(String::new, |faults| faults.to_string()),
        remedy: if small {
            "Trans peptide bonds do not close rings of two and three residues, whose peptide bonds are cis: give such a molecule as a PDB or mmCIF file"
        } else {
            "Give its structure as a PDB or mmCIF file with the bond in it"
        },
    })
}

/// Proline keeps the phi of its template, on which its ring depends.
fn set_backbone(blueprint: &mut Blueprint) {
    for residue_index in 0..blueprint.topology.residues.len() {
        let proline = has_ring_of_proline(blueprint, residue_index);
        let sign = if blueprint.is_mirrored(residue_index) {
            -1.0
        } else {
            1.0
        };
        let [phi, psi] = blueprint.backbone_turns(residue_index);
        if let Some(phi) = phi.filter(|_| !proline) {
            blueprint.set(&phi, sign * PHI_PSI_DEG[0].to_radians());
        }
        if let Some(psi) = psi {
            blueprint.set(&psi, sign * PHI_PSI_DEG[1].to_radians());
        }
    }
    for residue_index in 0..blueprint.topology.residues.len() {
        if let [Some(before), _] = blueprint.neighbors_of(residue_index) {
            set_omega_trans(blueprint, before, residue_index);
        }
    }
    set_acetyl_methyl(blueprint);
}

/// The methyl group of ACE turned as in its template, where its hydrogens are placed from O.
fn set_acetyl_methyl(blueprint: &mut Blueprint) {
    let topology = &blueprint.topology;
    if topology.residues[0].name != "ACE" {
        return;
    }
    let [h1, methyl, c, o] = ["H1", "CH3", "C", "O"].map(|name| topology.atom_index(0, name));
    let n = topology.atom_index(1, "N");
    if let (Some(h1), Some(methyl), Some(c), Some(o), Some(n)) = (h1, methyl, c, o, n)
        && let Some(from_oxygen) = blueprint.turn([o, c, methyl, h1])
        && let Some(to_nitrogen) = blueprint.turn([h1, methyl, c, n])
    {
        let torsion_rad = blueprint.value_rad(&from_oxygen) + std::f64::consts::PI;
        blueprint.set(&to_nitrogen, torsion_rad);
    }
}

/// Omega before a residue at 180 degrees; an ACE in front stands extended.
fn set_omega_trans(blueprint: &mut Blueprint, before: usize, residue_index: usize) {
    let topology = &blueprint.topology;
    let find = |index: usize, names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| topology.atom_index(index, name))
    };
    let after = if topology.residues[residue_index].name == "NHE" {
        None
    } else if topology.residues[residue_index].name == "NME" {
        topology.atom_index(residue_index, "C")
    } else {
        topology.atom_index(residue_index, "CA")
    };
    let atoms = [
        find(before, ["CA", "CH3"]),
        topology.atom_index(before, "C"),
        topology.atom_index(residue_index, "N"),
        after,
    ];
    if let [Some(a), Some(b), Some(c), Some(d)] = atoms
        && let Some(turn) = blueprint.turn([a, b, c, d])
    {
        blueprint.set(&turn, std::f64::consts::PI);
    }
}

fn check_disulfides(sequence: &Sequence, disulfides: &[[usize; 2]]) -> Result<(), BuildError> {
    let names = sequence.names();
    let mut seen = Vec::new();
    for &[first, second] in disulfides {
        for number in [first, second] {
            let Some(name) = number.checked_sub(1).and_then(|index| names.get(index)) else {
                return Err(BuildError::NoSuchResidue {
                    first,
                    second,
                    number,
                    sequence: sequence.to_string(),
                    n_residues: names.len(),
                });
            };
            if name != "CYX" && name != "CYS" {
                return Err(BuildError::NotCysteine {
                    first,
                    second,
                    number,
                    name: name.clone(),
                    sequence: sequence.to_string(),
                });
            }
            if seen.contains(&number) {
                return Err(BuildError::PairedTwice { number });
            }
            seen.push(number);
        }
    }
    Ok(())
}

fn check_unpaired(sequence: &Sequence, disulfides: &[[usize; 2]]) -> Result<(), BuildError> {
    for (index, name) in sequence.names().iter().enumerate() {
        let number = index + 1;
        if name == "CYX" && !disulfides.iter().flatten().any(|&paired| paired == number) {
            return Err(BuildError::UnpairedCyx {
                number,
                sequence: sequence.to_string(),
            });
        }
    }
    Ok(())
}
