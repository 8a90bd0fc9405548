//! A molecule from a sequence: L residues, trans peptide bonds, a polyproline-like backbone, packed side chains.
//! Minimises no energy: the geometry is a start for a minimiser.

use super::Molecule;
use super::blueprint::Blueprint;
use super::clash::ClashScore;
use super::loop_closure::close_loops;
use super::packing::pack_side_chains;
use super::sequence::Sequence;
use thiserror::Error;

/// Backbone phi and psi of the built chain in degrees: polyproline II, straight enough that only near neighbours meet.
const PHI_PSI_DEG: [f64; 2] = [-75.0, 145.0];

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
    let mut sequence = sequence.clone();
    check_disulfides(&sequence, disulfides)?;
    for &number in disulfides.iter().flatten() {
        sequence.rename(number - 1, "CYX");
    }
    check_unpaired(&sequence, disulfides)?;
    let mut blueprint = Blueprint::new(sequence.names());
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
    set_backbone(&mut blueprint);
    let score = ClashScore::new(&blueprint.topology);
    if !disulfides.is_empty() {
        close_loops(&mut blueprint, &score, disulfides);
    }
    let fixed: Vec<usize> = disulfides.iter().flatten().map(|&n| n - 1).collect();
    let positions = pack_side_chains(&mut blueprint, &score, &fixed);
    Ok(Molecule {
        topology: blueprint.topology,
        positions: positions.iter().map(|p| [p.x, p.y, p.z]).collect(),
    })
}

/// Proline keeps the phi of its template, on which its ring depends.
fn set_backbone(blueprint: &mut Blueprint) {
    for residue_index in 0..blueprint.topology.residues.len() {
        let proline = blueprint.topology.residues[residue_index].name == "PRO";
        let [phi, psi] = blueprint.backbone_turns(residue_index);
        if let Some(phi) = phi.filter(|_| !proline) {
            blueprint.set(&phi, PHI_PSI_DEG[0].to_radians());
        }
        if let Some(psi) = psi {
            blueprint.set(&psi, PHI_PSI_DEG[1].to_radians());
        }
    }
    for residue_index in 1..blueprint.topology.residues.len() {
        set_omega_trans(blueprint, residue_index);
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
fn set_omega_trans(blueprint: &mut Blueprint, residue_index: usize) {
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
        find(residue_index - 1, ["CA", "CH3"]),
        topology.atom_index(residue_index - 1, "C"),
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
