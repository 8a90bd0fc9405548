//! Geometry of points: products of vectors, one atom placed by three others, torsions, angles without whole turns.

use nalgebra::Vector3;
use std::f64::consts::TAU;
use std::ops::{Add, Mul, Sub};

/// A point or a difference of points, nm.
pub(crate) type Point = Vector3<f64>;

/// Where one atom goes relative to three others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    /// Parent, the atom before it, the far end of the torsion.
    pub(crate) references: [usize; 3],
    /// Distance to the parent, nm.
    pub(crate) length_nm: f64,
    /// Angle at the parent, rad.
    pub(crate) angle_rad: f64,
    /// Torsion, rad.
    pub(crate) torsion_rad: f64,
}

/// The point at that distance, angle and torsion (Parsons et al., natural extension reference frame,
/// doi:10.1002/jcc.20237).
pub(crate) fn place(
    parent: Point,
    before: Point,
    far: Point,
    length_nm: f64,
    angle_rad: f64,
    torsion_rad: f64,
) -> Point {
    let axis = (parent - before).normalize();
    let normal = perpendicular(&(before - far).cross(&axis), &axis);
    let in_plane = normal.cross(&axis);
    parent
        + length_nm
            * (-angle_rad.cos() * axis
                + angle_rad.sin() * (torsion_rad.cos() * in_plane + torsion_rad.sin() * normal))
}

/// The vector normalised, or any direction normal to the axis where it vanishes (three atoms in a line).
fn perpendicular(vector: &Point, axis: &Point) -> Point {
    vector.try_normalize(1e-9).unwrap_or_else(|| {
        let other = if axis.x.abs() < 0.8 {
            Point::x()
        } else {
            Point::y()
        };
        axis.cross(&other).normalize()
    })
}

/// Torsion a-b-c-d in rad, in (-pi, pi], positive clockwise seen from b to c (IUPAC).
pub(crate) fn torsion(a: Point, b: Point, c: Point, d: Point) -> f64 {
    let axis = c - b;
    let left = (b - a).cross(&axis);
    let right = axis.cross(&(d - c));
    let sine = left.cross(&right).dot(&axis) / axis.norm();
    sine.atan2(left.dot(&right))
}

/// Convert one `[x, y, z]`.
pub(crate) fn point(position: [f64; 3]) -> Point {
    Point::from(position)
}

/// The same angle in [-pi, pi].
pub(crate) fn wrap(angle_rad: f64) -> f64 {
    angle_rad - TAU * (angle_rad / TAU).round()
}

/// The same angle in [-pi, pi), for whoever counts bins.
#[cfg(any(test, feature = "timewarp"))]
pub(crate) fn wrap_half_open(angle_rad: f64) -> f64 {
    const PI: f64 = TAU / 2.0;
    let turn = (angle_rad + PI).rem_euclid(TAU) - PI;
    if turn < PI { turn } else { -PI }
}

/// Scalar product in a fixed order and without fused operations, in f32 or f64. (In lanes: `crate::lane`.)
#[inline]
pub(crate) fn dot<T: Copy + Mul<Output = T> + Add<Output = T>>(a: [T; 3], b: [T; 3]) -> T {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product, likewise.
#[inline]
pub(crate) fn cross<T: Copy + Mul<Output = T> + Sub<Output = T>>(a: [T; 3], b: [T; 3]) -> [T; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// The way from one point to another.
#[inline]
pub(crate) fn difference(to: [f64; 3], from: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| to[axis] - from[axis])
}

/// Length.
#[inline]
pub(crate) fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn a_placed_atom_has_the_torsion_asked_for() {
        let (far, before, parent) = (
            Point::new(0.1, 0.02, -0.03),
            Point::new(0.0, 0.1, 0.0),
            Point::new(0.05, 0.2, 0.1),
        );
        for torsion_deg in [-170.0_f64, -60.0, 0.0, 35.0, 179.0] {
            let placed = place(parent, before, far, 0.15, 1.9, torsion_deg.to_radians());
            let measured = torsion(far, before, parent, placed).to_degrees();
            assert!(
                (measured - torsion_deg).abs() < 1e-9,
                "{measured} {torsion_deg}"
            );
            assert!(((placed - parent).norm() - 0.15).abs() < 1e-12);
            assert!((((placed - parent).angle(&(before - parent))) - 1.9).abs() < 1e-12);
        }
    }

    #[test]
    fn angles_come_back_without_whole_turns() {
        for (angle, expected) in [(2.9 * PI, 0.9 * PI), (-0.5 - TAU, -0.5), (7.0, 7.0 - TAU)] {
            assert!((wrap(angle) - expected).abs() < 1e-12);
        }
        assert_eq!((wrap_half_open(PI), wrap_half_open(-PI)), (-PI, -PI));
        let (a, b) = ([1.0_f32, 2.0, 3.0], [-2.0, 0.5, 4.0]);
        assert_eq!((dot(a, cross(a, b)), dot(a, b)), (0.0, 11.0));
        assert_eq!(norm(difference([1.0, 2.0, 2.0], [0.0; 3])), 3.0);
    }

    #[test]
    fn sign_is_iupac() {
        // Looking down z from b to c, d is turned clockwise by 90 degrees from a.
        let a = Point::new(0.0, 1.0, 0.0);
        let d = Point::new(-1.0, 0.0, 1.0);
        let measured = torsion(a, Point::zeros(), Point::z(), d);
        assert!((measured - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    }
}
