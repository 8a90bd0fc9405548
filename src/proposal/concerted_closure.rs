//! Rotations about the bonds of a chain whose two ends stay in place: kinematics, tangent steps, closure. Knows no molecule.
//!
//! Rotations by d_k about axes 1..n compose to E_1(d_1) ... E_n(d_n), which must be the identity. That leaves a manifold of
//! n - 6 dimensions in the space of the d. A step is a tangent vector v there, followed by Newton iterations along the
//! normal space at the start until the chain closes (Zappa, Holmes-Cerf and Goodman, doi:10.1002/cpa.21783).

use super::pivot::rotation;
use nalgebra::{DMatrix, DVector, Matrix3, Unit, Vector3, Vector6};

/// Six conditions: the end keeps place and orientation.
pub(super) const N_CONDITIONS: usize = 6;
const MAX_ITERATIONS: usize = 30;
/// Residual (rad and nm) of a closed chain; rounding in a chain of a dozen rotations stays below it.
const CLOSED: f64 = 1e-13;
/// Residual from which rounding alone may keep the iteration from [`CLOSED`].
const NEARLY_CLOSED: f64 = 1e-11;
/// How near the way back must come to its start, in scaled angles.
const RETURNED: f64 = 1e-8;

/// A rigid motion x -> rotation x + translation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Motion {
    rotation: Matrix3<f64>,
    translation: Vector3<f64>,
}

impl Motion {
    fn identity() -> Self {
        Self {
            rotation: Matrix3::identity(),
            translation: Vector3::zeros(),
        }
    }

    pub(super) fn apply(&self, point: Vector3<f64>) -> Vector3<f64> {
        self.rotation * point + self.translation
    }

    /// First the rotation about an axis, then this motion.
    fn after(&self, axis: &Axis, angle_rad: f64) -> Self {
        let turn = rotation(&axis.direction, angle_rad);
        let shift = axis.point - turn * axis.point;
        Self {
            rotation: self.rotation * turn,
            translation: self.rotation * shift + self.translation,
        }
    }

    /// Distance from the identity: rotation vector (its sine) and displacement of the origin.
    fn residual(&self) -> Vector6<f64> {
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
pub(super) struct Axis {
    pub(super) point: Vector3<f64>,
    pub(super) direction: Unit<Vector3<f64>>,
}

impl Axis {
    fn moved(&self, motion: &Motion) -> Self {
        Self {
            point: motion.apply(self.point),
            direction: Unit::new_unchecked(motion.rotation * self.direction.into_inner()),
        }
    }
}

/// The axes of a chain with the scale of each angle: angle = scale * coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linkage {
    pub(super) axes: Vec<Axis>,
    pub(super) scales: Vec<f64>,
}

/// A step that closes and finds its way back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Closed {
    /// Rotation angles in rad, `[n]`.
    pub(super) angles_rad: Vec<f64>,
    /// Motion of the part behind every axis, `[n]`; the last is the identity.
    pub(super) motions: Vec<Motion>,
    /// Squared length of the tangent step that leads back.
    pub(super) reverse_squared: f64,
    /// ln det(J J^T) / 2 at the end less the same at the start.
    pub(super) log_volume_change: f64,
}

impl Linkage {
    /// Jacobian of the end's motion with respect to the coordinates, `[6, n]`.
    pub(super) fn jacobian(&self) -> DMatrix<f64> {
        let mut jacobian = DMatrix::zeros(N_CONDITIONS, self.axes.len());
        for (index, (axis, scale)) in self.axes.iter().zip(&self.scales).enumerate() {
            let direction = axis.direction.into_inner();
            let moment = axis.point.cross(&direction);
            for row in 0..3 {
                jacobian[(row, index)] = scale * direction[row];
                jacobian[(row + 3, index)] = scale * moment[row];
            }
        }
        jacobian
    }

    /// Motions of the parts behind every axis under rotations by `coordinates`.
    fn motions(&self, coordinates: &DVector<f64>) -> Vec<Motion> {
        let mut motion = Motion::identity();
        let turns = self.axes.iter().zip(&self.scales).zip(coordinates.iter());
        turns
            .map(|((axis, scale), coordinate)| {
                motion = motion.after(axis, scale * coordinate);
                motion
            })
            .collect()
    }

    /// The linkage as those motions leave it.
    fn moved(&self, motions: &[Motion]) -> Self {
        let before = std::iter::once(Motion::identity()).chain(motions.iter().copied());
        Self {
            axes: self
                .axes
                .iter()
                .zip(before)
                .map(|(axis, motion)| axis.moved(&motion))
                .collect(),
            scales: self.scales.clone(),
        }
    }

    /// The part of a vector of coordinates that leaves the end in place to first order; none where the Jacobian is singular.
    pub(super) fn tangent(jacobian: &DMatrix<f64>, vector: &DVector<f64>) -> Option<DVector<f64>> {
        let gram = jacobian * jacobian.transpose();
        let solved = gram.cholesky()?.solve(&(jacobian * vector));
        Some(vector - jacobian.transpose() * solved)
    }

    /// Coordinates of the closed chain at `tangent` plus something normal, by Newton's method from no normal part.
    fn close(&self, jacobian: &DMatrix<f64>, tangent: &DVector<f64>) -> Option<DVector<f64>> {
        let normal = jacobian.transpose();
        let mut coordinates = tangent.clone();
        for _ in 0..MAX_ITERATIONS {
            let motions = self.motions(&coordinates);
            let end = motions.last()?;
            let residual = end.residual();
            let norm = residual.norm();
            if norm < CLOSED {
                return Some(coordinates);
            }
            let slope = self.moved(&motions).jacobian() * &normal;
            let right = DVector::from_column_slice(residual.as_slice());
            let correction = &normal * slope.lu().solve(&right)?;
            if norm < NEARLY_CLOSED && correction.norm() < NEARLY_CLOSED {
                return (end.rotation.trace() > 2.0).then_some(coordinates - correction);
            }
            coordinates -= correction;
        }
        None
    }

    /// Takes a tangent step, closes the chain, and checks that the tangent step back leads to the start.
    ///
    /// None where the closure is not found, or the way back finds another one: such a step must be rejected.
    pub(super) fn step(&self, jacobian: &DMatrix<f64>, tangent: &DVector<f64>) -> Option<Closed> {
        let coordinates = self.close(jacobian, tangent)?;
        let motions = self.motions(&coordinates);
        let end = self.moved(&motions);
        let end_jacobian = end.jacobian();
        let back = -&coordinates;
        let reverse = Self::tangent(&end_jacobian, &back)?;
        let returned = end.close(&end_jacobian, &reverse)?;
        let is_reversible = (&returned - &back).norm() < RETURNED;
        is_reversible.then(|| Closed {
            angles_rad: coordinates
                .iter()
                .zip(&self.scales)
                .map(|(c, s)| c * s)
                .collect(),
            motions,
            reverse_squared: reverse.norm_squared(),
            log_volume_change: log_volume(&end_jacobian) - log_volume(jacobian),
        })
    }
}

/// ln det(J J^T) / 2.
fn log_volume(jacobian: &DMatrix<f64>) -> f64 {
    0.5 * (jacobian * jacobian.transpose()).determinant().ln()
}
