//! A frame, and where an atom is in it.

use nalgebra::{Matrix3, Vector3};

/// Origin and axes of a frame, the axes in columns.
pub(crate) struct RingFrame {
    pub(super) origin: Vector3<f64>,
    pub(super) axes: Matrix3<f64>,
}

impl RingFrame {
    /// An atom's place in it.
    pub(crate) fn seen(&self, positions: &[f64], atom: usize) -> Vector3<f64> {
        self.axes.tr_mul(&(at(positions, atom) - self.origin))
    }
}

/// An atom's place.
pub(super) fn at(positions: &[f64], atom: usize) -> Vector3<f64> {
    Vector3::from_column_slice(&positions[3 * atom..3 * atom + 3])
}
