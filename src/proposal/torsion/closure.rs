//! Rotations about the bonds of a chain whose two ends stay in place: kinematics, tangent steps, closure.
//!
//! Rotations by d_k about axes 1..n compose to E_1(d_1) ... E_n(d_n), which must be the identity. That leaves a manifold of
//! n - 6 dimensions in the space of the d. A step is a tangent vector v there, followed by Newton iterations along the
//! normal space at the start until the chain closes (Zappa, Holmes-Cerf and Goodman, doi:10.1002/cpa.21783).

use super::motion::{Axis, Motion};
use nalgebra::{DVector, Matrix6, Vector6};

/// Six conditions: the end keeps place and orientation.
pub(super) const N_CONDITIONS: usize = 6;
const MAX_ITERATIONS: usize = 30;
/// Residual (rad and nm) of a closed chain; rounding in a chain of a dozen rotations stays below it.
const CLOSED: f64 = 1e-13;
/// Residual from which rounding alone may keep the iteration from [`CLOSED`].
const NEARLY_CLOSED: f64 = 1e-11;
/// How near the way back must come to its start, in scaled angles.
const RETURNED: f64 = 1e-8;

/// The axes of a chain with the scale of each angle: angle = scale * coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linkage {
    pub(crate) axes: Vec<Axis>,
    pub(crate) scales: Vec<f64>,
}

/// Derivatives of the end's motion (rotation, then displacement at the origin) by every coordinate, `[n]`.
pub(crate) type Jacobian = Vec<Vector6<f64>>;

/// sum over k of a_k b_k^T, `[6, 6]`.
fn product(a: &Jacobian, b: &Jacobian) -> Matrix6<f64> {
    let pairs = a.iter().zip(b);
    pairs.fold(Matrix6::zeros(), |sum, (a, b)| sum + a * b.transpose())
}

/// J^T times a vector.
fn normal(jacobian: &Jacobian, vector: &Vector6<f64>) -> DVector<f64> {
    DVector::from_iterator(
        jacobian.len(),
        jacobian.iter().map(|column| column.dot(vector)),
    )
}

/// A step that closes and finds its way back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Closed {
    /// Rotation angles in rad, `[n]`.
    pub(crate) angles_rad: Vec<f64>,
    /// Motion of the part behind every axis, `[n]`; the last is the identity.
    pub(crate) motions: Vec<Motion>,
    /// Squared length of the tangent step that leads back.
    pub(super) reverse_squared: f64,
    /// ln det(J J^T) / 2 at the end less the same at the start.
    pub(super) log_volume_change: f64,
}

impl Linkage {
    /// Jacobian of the end's motion with respect to the coordinates.
    pub(super) fn jacobian(&self) -> Jacobian {
        let scaled = self.axes.iter().zip(&self.scales);
        scaled.map(|(axis, scale)| axis.screw(*scale)).collect()
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
    pub(crate) fn tangent(jacobian: &Jacobian, vector: &DVector<f64>) -> Option<DVector<f64>> {
        let columns = jacobian.iter().zip(vector.iter());
        let image = columns.fold(Vector6::zeros(), |sum, (column, x)| sum + column * *x);
        let solved = product(jacobian, jacobian).cholesky()?.solve(&image);
        Some(vector - normal(jacobian, &solved))
    }

    /// Coordinates of the closed chain at `tangent` plus something normal, by Newton's method from no normal part.
    fn close(&self, jacobian: &Jacobian, tangent: &DVector<f64>) -> Option<DVector<f64>> {
        let mut coordinates = tangent.clone();
        for _ in 0..MAX_ITERATIONS {
            let motions = self.motions(&coordinates);
            let end = motions.last()?;
            let residual = end.residual();
            let norm = residual.norm();
            if norm < CLOSED {
                return Some(coordinates);
            }
            let slope = product(&self.moved(&motions).jacobian(), jacobian);
            let correction = normal(jacobian, &slope.lu().solve(&residual)?);
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
    pub(crate) fn step(&self, jacobian: &Jacobian, tangent: &DVector<f64>) -> Option<Closed> {
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
fn log_volume(jacobian: &Jacobian) -> f64 {
    0.5 * product(jacobian, jacobian).determinant().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use nalgebra::{DMatrix, Unit, Vector3};
    use rand::RngExt;

    /// Nine axes along a jagged chain, scales included.
    fn linkage() -> Linkage {
        let mut stream = rng::stream(13);
        let mut uniform = || stream.random::<f64>() - 0.5;
        let mut point = Vector3::zeros();
        let axes = (0..9)
            .map(|_| {
                point += 0.15 * Vector3::new(1.0 + uniform(), 2.0 * uniform(), 2.0 * uniform());
                let direction = Vector3::new(0.6 + uniform(), 2.0 * uniform(), 2.0 * uniform());
                Axis {
                    point,
                    direction: Unit::new_normalize(direction),
                }
            })
            .collect();
        let scales = vec![1.0, 1.0, 0.2, 1.0, 1.0, 0.2, 1.0, 1.0, 0.2];
        Linkage { axes, scales }
    }

    fn tangent(linkage: &Linkage, values: [f64; 9]) -> DVector<f64> {
        Linkage::tangent(&linkage.jacobian(), &DVector::from_row_slice(&values)).unwrap()
    }

    const STEP: [f64; 9] = [0.2, -0.1, 0.15, 0.05, -0.3, 0.1, 0.2, 0.1, -0.2];

    #[test]
    fn the_jacobian_is_the_derivative_of_the_end() {
        let start = linkage();
        let moved = start.moved(&start.motions(&DVector::from_row_slice(&STEP)));
        for linkage in [start, moved] {
            let jacobian = linkage.jacobian();
            for index in 0..9 {
                let end = |shift: f64| {
                    let mut coordinates = DVector::zeros(9);
                    coordinates[index] = shift;
                    linkage.motions(&coordinates)[8].residual()
                };
                let slope = (end(1e-5) - end(-1e-5)) / 2e-5;
                for row in 0..6 {
                    assert!((slope[row] - jacobian[index][row]).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn a_step_closes_and_its_reverse_is_the_step_of_the_end() {
        let start = linkage();
        let step = tangent(&start, STEP);
        let closed = start.step(&start.jacobian(), &step).unwrap();
        assert!(closed.motions[8].residual().norm() < 1e-12);
        let end = start.moved(&closed.motions);
        let back = DVector::from_iterator(
            9,
            closed
                .angles_rad
                .iter()
                .zip(&start.scales)
                .map(|(a, s)| -a / s),
        );
        let reverse = Linkage::tangent(&end.jacobian(), &back).unwrap();
        let returned = end.step(&end.jacobian(), &reverse).unwrap();
        assert!((returned.log_volume_change + closed.log_volume_change).abs() < 1e-9);
        assert!((returned.reverse_squared - step.norm_squared()).abs() < 1e-9);
        assert!((closed.reverse_squared - reverse.norm_squared()).abs() < 1e-12);
    }

    /// Volume that the map from tangent steps to closed chains spans at the end, by finite differences: 1 / det(T_x^T T_y).
    fn stretch(from: &Linkage, at: &DVector<f64>) -> f64 {
        let jacobian = from.jacobian();
        let basis = tangent_basis(&jacobian);
        let mut columns = DMatrix::zeros(9, 3);
        for index in 0..3 {
            let shift = 1e-5 * basis.column(index);
            let plus = from.close(&jacobian, &(at + &shift)).unwrap();
            let minus = from.close(&jacobian, &(at - &shift)).unwrap();
            columns.set_column(index, &((plus - minus) / 2e-5));
        }
        (columns.transpose() * &columns).determinant().sqrt()
    }

    /// Orthonormal basis of the tangent space, `[9, 3]`: the range of its projector.
    fn tangent_basis(jacobian: &Jacobian) -> DMatrix<f64> {
        let projector = DMatrix::from_columns(&std::array::from_fn::<_, 9, _>(|index| {
            let unit = DVector::from_fn(9, |row, _| f64::from(u8::from(row == index)));
            Linkage::tangent(jacobian, &unit).unwrap()
        }));
        let eigen = projector.symmetric_eigen();
        let kept: Vec<usize> = (0..9).filter(|&i| eigen.eigenvalues[i] > 0.5).collect();
        assert_eq!(kept.len(), 3);
        eigen.eigenvectors.select_columns(&kept)
    }

    #[test]
    fn the_map_stretches_volume_alike_both_ways() {
        let start = linkage();
        let step = tangent(&start, STEP);
        let closed = start.step(&start.jacobian(), &step).unwrap();
        let end = start.moved(&closed.motions);
        let back = DVector::from_iterator(
            9,
            closed
                .angles_rad
                .iter()
                .zip(&start.scales)
                .map(|(a, s)| -a / s),
        );
        let reverse = Linkage::tangent(&end.jacobian(), &back).unwrap();
        let (forward, backward) = (stretch(&start, &step), stretch(&end, &reverse));
        assert!(
            (forward / backward - 1.0).abs() < 1e-6,
            "{forward} {backward}"
        );
        assert!(
            (forward - 1.0).abs() > 1e-3,
            "the step is too small to tell"
        );
    }
}
