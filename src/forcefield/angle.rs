//! Harmonic angle bending. One angle; lists of angles are the engines' business.

use crate::lane::{Lane, arc_tangent, cross, dot};

/// Energy of an angle and the forces on its two outer atoms, in kJ/mol and kJ mol⁻¹ nm⁻¹.
///
/// E = k/2 (theta - theta0)², theta between `a` = x0 - x1 and `b` = x2 - x1 (nm), `k` in kJ mol⁻¹ rad⁻².
/// theta comes from the arc tangent of |a x b| / a.b, which is accurate at every angle. The force on the vertex is
/// minus the sum of the two.
///
/// ```
/// use saltus::forcefield::angle::angle;
/// let (energy, first, _) = angle([0.1, 0.0, 0.0], [0.0, 0.1, 0.0], std::f64::consts::FRAC_PI_2 - 0.1, 200.0);
/// assert!((energy - 1.0_f64).abs() < 1e-12);
/// assert!((first[1] - 200.0).abs() < 1e-9); // closing the angle: k 0.1 / |a|
/// ```
#[inline(always)]
pub fn angle<L: Lane>(a: [L; 3], b: [L; 3], angle: L, k: L) -> (L, [L; 3], [L; 3]) {
    let (square_a, square_b) = (dot(a, a), dot(b, b));
    let normal = cross(a, b);
    // The floor keeps a straight angle finite: its direction is undefined but its magnitude is not.
    let sine_square = dot(normal, normal).max(L::splat(1e-20));
    let inverse_sine = sine_square.rsqrt();
    let cosine = dot(a, b);
    let bend = arc_tangent(sine_square * inverse_sine, cosine) - angle;
    let torque = k * bend;
    // d theta/da = (a x n) / (|a|² |n|), d theta/db = (n x b) / (|b|² |n|) with n = a x b.
    let factor = torque * inverse_sine;
    let (along_a, along_b) = (factor * square_a.recip(), factor * square_b.recip());
    let (on_a, on_b) = (cross(normal, a), cross(b, normal));
    let first = [on_a[0] * along_a, on_a[1] * along_a, on_a[2] * along_a];
    let last = [on_b[0] * along_b, on_b[1] * along_b, on_b[2] * along_b];
    (L::splat(0.5) * torque * bend, first, last)
}
