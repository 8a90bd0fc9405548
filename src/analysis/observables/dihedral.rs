//! Dihedral angles of four atoms from positions; which atoms: `topology::named_torsions`.

use super::distance::position;
use crate::vector::{cross, difference, dot, norm};

/// Signed angle in rad, in (-pi, pi], between the planes of atoms 0-1-2 and 1-2-3; points in nm (any unit).
///
/// phi = atan2(|b2| b1 . (b2 x b3), (b1 x b2) . (b2 x b3)) with b_k = r_k - r_{k-1}. IUPAC sign: looking from atom 1 to
/// atom 2, positive when atom 3 lies clockwise of atom 0; trans is pi. Three atoms in line have no angle: 0 is returned.
///
/// ```
/// use saltus::analysis::dihedral;
/// let angle = dihedral([[1., 0., 0.], [0., 0., 0.], [0., 0., 1.], [0., 1., 1.]]);
/// assert!((angle - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
/// ```
#[must_use]
pub fn dihedral(points: [[f64; 3]; 4]) -> f64 {
    let first = difference(points[1], points[0]);
    let axis = difference(points[2], points[1]);
    let last = difference(points[3], points[2]);
    let normal = cross(axis, last);
    let sine = norm(axis) * dot(first, normal);
    let cosine = dot(cross(first, axis), normal);
    sine.atan2(cosine)
}

/// [`dihedral`] of four atoms of one frame: `positions` in nm, `[n_atoms * 3]`; computed in f64.
///
/// # Panics
/// If an atom index is outside `positions`.
#[must_use]
pub fn dihedral_rad(positions: &[f32], atoms: [usize; 4]) -> f64 {
    dihedral(atoms.map(|atom_index| position(positions, atom_index)))
}
