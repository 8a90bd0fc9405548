//! What lets the time step grow: rigid bonds to hydrogen, and mass moved to hydrogens from what they are bonded to.

use super::graph::Graph;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::options::HYDROGEN_MASS_DA;
use crate::forcefield::system::{Bond, DistanceConstraint};

/// What a heavy atom has to keep when its mass goes to its hydrogens, Da: lighter would be the fastest thing to move.
///
/// The usual 4 Da leave the carbon of a methyl group 3.03 Da, as OpenMM allows.
const LIGHTEST_HEAVY_ATOM_DA: f64 = 2.0;

/// Bonds that vibrate, and in place of those with hydrogen constraints if they are to be rigid. Bonds without a force vanish.
pub(in crate::forcefield) fn rigid_bonds(
    graph: Graph<'_>,
    bonds: Vec<Bond>,
    constrain_hydrogen_bonds: bool,
) -> (Vec<Bond>, Vec<DistanceConstraint>) {
    let is_rigid =
        |bond: &Bond| constrain_hydrogen_bonds && bond.atoms.iter().any(|&a| graph.is_hydrogen(a));
    let (rigid, flexible): (Vec<Bond>, Vec<Bond>) = bonds.into_iter().partition(is_rigid);
    let constraint = |bond: Bond| DistanceConstraint {
        atoms: bond.atoms,
        distance_nm: bond.length_nm,
    };
    let felt = |bond: &Bond| bond.k_kj_per_mol_nm2 != 0.0;
    (
        flexible.into_iter().filter(felt).collect(),
        rigid.into_iter().map(constraint).collect(),
    )
}

/// Hydrogens at a mass, at the cost of the atom they are bonded to; [`HYDROGEN_MASS_DA`] changes nothing.
///
/// # Errors
/// [`ForceFieldError::HydrogenMass`] for a heavy atom that would be left too light.
pub(in crate::forcefield) fn heavier_hydrogens(
    graph: Graph<'_>,
    mut masses: Vec<f64>,
    hydrogen_mass_da: f64,
) -> Result<Vec<f64>, ForceFieldError> {
    if (hydrogen_mass_da - HYDROGEN_MASS_DA).abs() < 1e-9 {
        return Ok(masses);
    }
    for heavy in (0..masses.len()).filter(|&atom| !graph.is_hydrogen(atom)) {
        let hydrogens: Vec<usize> = graph.neighbors[heavy]
            .iter()
            .copied()
            .filter(|&bonded| graph.is_hydrogen(bonded))
            .collect();
        let total_da = masses[heavy] + hydrogens.iter().map(|&atom| masses[atom]).sum::<f64>();
        for &hydrogen in &hydrogens {
            masses[heavy] -= hydrogen_mass_da - masses[hydrogen];
            masses[hydrogen] = hydrogen_mass_da;
        }
        if !hydrogens.is_empty() && masses[heavy] < LIGHTEST_HEAVY_ATOM_DA {
            let n_hydrogens =
                u32::try_from(hydrogens.len()).expect("invariant: an atom has few neighbours");
            return Err(ForceFieldError::HydrogenMass {
                hydrogen_mass_da,
                atom: graph.topology.label(heavy),
                remaining_da: masses[heavy],
                largest_da: (total_da - LIGHTEST_HEAVY_ATOM_DA) / f64::from(n_hydrogens),
            });
        }
    }
    Ok(masses)
}
