//! Harmonic bond stretching. One bond (in every lane); lists of bonds are the engines' business.

use crate::lane::{Lane, dot};

/// Energy of a bond and the factor that turns its vector into a force.
///
/// E = k/2 (r - r0)², with `vector` = x1 - x0 in nm, `length` r0 in nm and `k` in kJ mol⁻¹ nm⁻².
/// The force on atom 1 is `factor * vector`, on atom 0 its negative, in kJ mol⁻¹ nm⁻¹.
///
/// ```
/// use saltus::forcefield::bond::bond;
/// let (energy, factor) = bond([0.2, 0.0, 0.0], 0.1, 1000.0);
/// assert!((energy - 5.0_f64).abs() < 1e-12);
/// assert!((factor * 0.2 + 100.0).abs() < 1e-12);
/// ```
#[inline(always)]
pub fn bond<L: Lane>(vector: [L; 3], length: L, k: L) -> (L, L) {
    let square = dot(vector, vector);
    let inverse_r = square.rsqrt();
    let stretch = square.mul_add(inverse_r, -length);
    let tension = k * stretch;
    (L::splat(0.5) * tension * stretch, -(tension * inverse_r))
}
