//! Harmonic torsions: CHARMM's impropers. One torsion; lists are the engines' business.

use super::torsion::TorsionAngle;
use crate::lane::Lane;

/// Energy of a harmonic torsion and the forces on atoms 0, 1, 3 (that on atom 2 is minus their sum).
///
/// E = k/2 d², d = theta - theta0 less the nearest multiple of 2 pi; `angle` is theta0 in rad, `k` in kJ mol⁻¹ rad⁻².
/// `b1` = x1 - x0, `b2` = x2 - x1, `b3` = x3 - x2 in nm; theta has the IUPAC sign. The form is CHARMM's,
/// doi:10.1002/jcc.540040211.
///
/// ```
/// use saltus::forcefield::harmonic_torsion::harmonic_torsion;
/// use std::f64::consts::PI;
/// // Trans (theta = pi) is 0.1 rad from -pi + 0.1.
/// let (b1, b2, b3) = ([0.0, -0.1, 0.0], [0.1, 0.0, 0.0], [0.0, -0.1, 0.0]);
/// let (energy, [first, ..]) = harmonic_torsion(b1, b2, b3, 0.1 - PI, 200.0);
/// assert!((energy - 1.0_f64).abs() < 1e-12);
/// assert!((first[2].abs() - 200.0).abs() < 1e-9); // k 0.1 / |b1|
/// ```
#[inline(always)]
pub fn harmonic_torsion<L: Lane>(
    b1: [L; 3],
    b2: [L; 3],
    b3: [L; 3],
    angle: L,
    k: L,
) -> (L, [[L; 3]; 3]) {
    let torsion = TorsionAngle::new(b1, b2, b3);
    let difference = torsion.radians() - angle;
    let turns = (difference * L::splat(1.0 / std::f64::consts::TAU)).round();
    let bend = turns.mul_add(L::splat(-std::f64::consts::TAU), difference);
    let slope = k * bend;
    (L::splat(0.5) * slope * bend, torsion.forces(slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bonds of a torsion of `theta` rad about the x axis, all 0.1 nm and at right angles.
    fn bonds(theta: f64) -> [[f64; 3]; 3] {
        [
            [0.0, -0.1, 0.0],
            [0.1, 0.0, 0.0],
            [0.0, 0.1 * theta.cos(), 0.1 * theta.sin()],
        ]
    }

    #[test]
    fn the_way_round_is_the_shorter_one() {
        for (theta, theta0, difference) in [
            (3.0, -3.0, 6.0 - std::f64::consts::TAU),
            (-3.0, 3.0, std::f64::consts::TAU - 6.0),
            (0.4, 0.1, 0.3),
            (-0.4, 0.1, -0.5),
            // A file may give theta0 beyond pi.
            (-3.0, std::f64::consts::TAU - 3.1, 0.1),
        ] {
            let [b1, b2, b3] = bonds(theta);
            let (energy, _) = harmonic_torsion(b1, b2, b3, theta0, 10.0);
            let expected = 5.0 * difference * difference;
            assert!((energy - expected).abs() < 1e-12, "{theta} {theta0}");
            let single = |b: [f64; 3]| b.map(|x| x as f32);
            let (energy, _) =
                harmonic_torsion(single(b1), single(b2), single(b3), theta0 as f32, 10.0_f32);
            assert!(
                (f64::from(energy) - expected).abs() < 1e-5,
                "{theta} {theta0}"
            );
        }
    }
}
