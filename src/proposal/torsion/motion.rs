//! Rigid motions of parts of a molecule, and the bonds about which they turn.

use super::pivot::rotation;
use nalgebra::{Matrix3, Unit, Vector3, Vector6};

/// A rigid motion x -> rotation x + translation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Motion {
    pub(super) rotation: Matrix3<f64>,
    translation: Vector3<f64>,
}

impl Motion {
    pub(crate) fn identity() -> Self {
        Self {
            rotation: Matrix3::identity(),
            translation: Vector3::zeros(),
        }
    }

    /// The motion that brings three points to where three others are, of the same distances.
    pub(crate) fn between(from: [Vector3<f64>; 3], to: [Vector3<f64>; 3]) -> Self {
        let rotation = frame(to) * frame(from).transpose();
        Self {
            rotation,
            translation: to[0] - rotation * from[0],
        }
    }

    /// First the other motion, then this one.
    pub(crate) fn compose(&self, first: &Self) -> Self {
        Self {
            rotation: self.rotation * first.rotation,
            translation: self.apply(first.translation),
        }
    }

    /// A point under the motion.
    pub(crate) fn apply(&self, point: Vector3<f64>) -> Vector3<f64> {
        self.rotation * point + self.translation
    }

    /// A direction or velocity under the motion.
    pub(crate) fn turn(&self, vector: Vector3<f64>) -> Vector3<f64> {
        self.rotation * vector
    }

    /// First the rotation about an axis, then this motion.
    pub(crate) fn after(&self, axis: &Axis, angle_rad: f64) -> Self {
        let turn = rotation(&axis.direction, angle_rad);
        let shift = axis.point - turn * axis.point;
        Self {
            rotation: self.rotation * turn,
            translation: self.rotation * shift + self.translation,
        }
    }

    /// Distance from the identity: rotation vector (its sine) and displacement of the origin.
    pub(super) fn residual(&self) -> Vector6<f64> {
        let r = &self.rotation;
        let half = 0.5;
        Vector6::new(
            half * (r[(2, 1)] - r[(1, 2)]),
            half * (r[(0, 2)] - r[(2, 0)]),
            half * (r[(1, 0)] - r[(0, 1)]),
            self.translation.x,
            self.translation.y,
            self.translation.z,
        )
    }
}

/// A bond about which the chain turns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub(crate) point: Vector3<f64>,
    pub(crate) direction: Unit<Vector3<f64>>,
}

impl Axis {
    /// The bond from one atom to another.
    pub(crate) fn between(from: Vector3<f64>, to: Vector3<f64>) -> Self {
        Self {
            point: to,
            direction: Unit::new_normalize(to - from),
        }
    }

    /// Derivative of what lies behind by angle / scale: rotation, then displacement at the origin.
    pub(crate) fn screw(&self, scale: f64) -> Vector6<f64> {
        let direction = self.direction.into_inner() * scale;
        let moment = self.point.cross(&direction);
        Vector6::new(
            direction.x,
            direction.y,
            direction.z,
            moment.x,
            moment.y,
            moment.z,
        )
    }

    pub(super) fn moved(&self, motion: &Motion) -> Self {
        Self {
            point: motion.apply(self.point),
            direction: Unit::new_unchecked(motion.rotation * self.direction.into_inner()),
        }
    }
}

/// Right-handed axes of three points: along the first two, towards the third, across.
fn frame([origin, along, towards]: [Vector3<f64>; 3]) -> Matrix3<f64> {
    let first = (along - origin).normalize();
    let third = first.cross(&(towards - origin)).normalize();
    Matrix3::from_columns(&[first, third.cross(&first), third])
}
