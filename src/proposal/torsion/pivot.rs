//! Rotating a rigid part of a molecule about a bond, for one replica.
//!
//! A rotation about a bond keeps all bond lengths and angles, changes one torsion by the rotation angle, and has unit
//! Jacobian in Cartesian coordinates. The side that moves is the smaller one, so some rigid part of the molecule is fixed
//! under every combination of pivots; turning all torsions back therefore restores every atom, in whatever order.

use crate::topology::{RotatableBond, torsion_rad};
use nalgebra::{Matrix3, Unit, Vector3};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};

/// A torsion and the atoms that turn with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pivot {
    /// Name of the torsion, such as `phi_2`.
    pub name: String,
    /// The four atoms of the torsion; the axis runs from the second to the third.
    pub atoms: [usize; 4],
    /// Atoms that move, on the side of the fourth atom.
    pub moving: Vec<usize>,
}

impl From<&RotatableBond> for Pivot {
    fn from(bond: &RotatableBond) -> Self {
        Self {
            name: bond.name.clone(),
            atoms: bond.atoms,
            moving: bond.moving.clone(),
        }
    }
}

impl Pivot {
    /// The torsion in rad, in (-pi, pi], of one replica's positions `[n_atoms * 3]` in nm.
    ///
    /// # Panics
    /// If an atom is beyond the positions.
    #[must_use]
    pub fn torsion_rad(&self, positions: &[f64]) -> f64 {
        torsion_rad(positions.as_chunks().0, self.atoms)
    }

    /// Adds an angle in rad to the torsion of one replica's positions `[n_atoms * 3]` in nm.
    ///
    /// # Panics
    /// If an atom is beyond the positions.
    pub fn turn(&self, positions: &mut [f64], angle_rad: f64) {
        let rotation = rotation(&self.axis(positions), angle_rad);
        let positions = positions.as_chunks_mut::<3>().0;
        let origin = Vector3::from(positions[self.atoms[2]]);
        for &atom in &self.moving {
            let turned = origin + rotation * (Vector3::from(positions[atom]) - origin);
            positions[atom] = turned.into();
        }
    }

    /// [`Pivot::turn`], and the same rotation of the velocities `[n_atoms * 3]` of all that moves, the third atom included.
    ///
    /// Velocities seen from the turned part stay what they were, so that bonds keep the phase of their vibration and rigid
    /// ones their constraint; the map is orthogonal, so kinetic energy and density of velocities stay too.
    ///
    /// # Panics
    /// If an atom is beyond the positions.
    pub fn turn_moving(&self, positions: &mut [f64], velocities: &mut [f64], angle_rad: f64) {
        let rotation = rotation(&self.axis(positions), angle_rad);
        self.turn(positions, angle_rad);
        let velocities = velocities.as_chunks_mut::<3>().0;
        let joint = std::iter::once(self.atoms[2]);
        for atom in joint.chain(self.moving.iter().copied()) {
            velocities[atom] = (rotation * Vector3::from(velocities[atom])).into();
        }
    }

    fn axis(&self, positions: &[f64]) -> Unit<Vector3<f64>> {
        let positions = positions.as_chunks::<3>().0;
        let [from, to] = [self.atoms[1], self.atoms[2]].map(|atom| Vector3::from(positions[atom]));
        Unit::new_normalize(to - from)
    }
}

/// Rotation matrix about an axis (Rodrigues).
pub(crate) fn rotation(axis: &Unit<Vector3<f64>>, angle_rad: f64) -> Matrix3<f64> {
    let cross = axis.cross_matrix();
    let (sine, cosine) = angle_rad.sin_cos();
    Matrix3::identity() + sine * cross + (1.0 - cosine) * cross * cross
}

/// A uniform angle in [-pi, pi).
pub(crate) fn uniform_angle(stream: &mut Xoshiro256PlusPlus) -> f64 {
    TAU * stream.random::<f64>() - PI
}
