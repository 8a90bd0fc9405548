//! Periodic torsions, proper and improper alike. One Fourier series; lists are the engines' business.
//!
//! A series computes no angle: cos(n phi) and sin(n phi) follow from cos(phi) and sin(phi) by complex powers.

use super::system::Torsion;
use crate::lane::{Lane, arc_tangent, cross, dot, scale, subtract};

/// All Fourier terms of one quadruple of atoms: E = constant + sum_n (cosine_n cos(n phi) + sine_n sin(n phi)).
///
/// A term k (1 + cos(n phi - phase)) adds k to the constant, k cos(phase) to `cosine_n`, k sin(phase) to `sine_n`.
#[derive(Debug, Clone, PartialEq)]
pub struct FourierSeries {
    /// Atom indices.
    pub atoms: [usize; 4],
    /// Sum of the amplitudes in kJ/mol.
    pub constant: f64,
    /// `[(cosine_n, sine_n)]` for n = 1, 2, ..., in kJ/mol.
    pub coefficients: Vec<[f64; 2]>,
}

impl FourierSeries {
    /// Merges torsions on the same four atoms (in the same order) into one series each, in order of first appearance.
    #[must_use]
    pub fn collect(torsions: &[Torsion]) -> Vec<Self> {
        let mut series: Vec<Self> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for torsion in torsions {
            let index = *known.entry(torsion.atoms).or_insert_with(|| {
                series.push(Self {
                    atoms: torsion.atoms,
                    constant: 0.0,
                    coefficients: Vec::new(),
                });
                series.len() - 1
            });
            let entry = &mut series[index];
            let n = torsion.periodicity as usize;
            if entry.coefficients.len() < n {
                entry.coefficients.resize(n, [0.0; 2]);
            }
            entry.constant += torsion.k_kj_per_mol;
            entry.coefficients[n - 1][0] += torsion.k_kj_per_mol * torsion.phase_rad.cos();
            entry.coefficients[n - 1][1] += torsion.k_kj_per_mol * torsion.phase_rad.sin();
        }
        series
    }
}

/// A torsion angle as its cosine and sine, with what its forces need.
///
/// phi has the IUPAC sign: cis is 0, clockwise looking along the middle bond is positive.
#[derive(Debug, Clone, Copy)]
pub struct TorsionAngle<L> {
    /// cos(phi).
    pub cosine: L,
    /// sin(phi).
    pub sine: L,
    bonds: [[L; 3]; 3],
    normals: [[L; 3]; 2],
    inverse_b2: L,
    length_b2: L,
}

impl<L: Lane> TorsionAngle<L> {
    /// The angle about `b2`; `b1` = x1 - x0, `b2` = x2 - x1, `b3` = x3 - x2 in nm.
    #[inline(always)]
    pub fn new(b1: [L; 3], b2: [L; 3], b3: [L; 3]) -> Self {
        let (m, n) = (cross(b1, b2), cross(b2, b3));
        let square_b2 = dot(b2, b2);
        let inverse_b2 = square_b2.rsqrt();
        let length_b2 = square_b2 * inverse_b2;
        let (x, y) = (dot(m, n), length_b2 * dot(b1, n));
        // The floor keeps collinear atoms, where phi is undefined, finite.
        let inverse_norm = x.mul_add(x, y * y).max(L::splat(1e-30)).rsqrt();
        Self {
            cosine: x * inverse_norm,
            sine: y * inverse_norm,
            bonds: [b1, b2, b3],
            normals: [m, n],
            inverse_b2,
            length_b2,
        }
    }

    /// phi in rad, from -pi to pi.
    #[inline(always)]
    pub fn radians(&self) -> L {
        let magnitude = arc_tangent(self.sine.abs(), self.cosine);
        L::select(self.sine.less_than(L::splat(0.0)), -magnitude, magnitude)
    }

    /// Forces on atoms 0, 1, 3 for the slope dE/dphi; that on atom 2 is minus their sum.
    ///
    /// After Blondel and Karplus, doi:10.1002/(SICI)1096-987X(19960715)17:9<1132::AID-JCC5>3.0.CO;2-T.
    #[inline(always)]
    pub fn forces(&self, slope: L) -> [[L; 3]; 3] {
        let ([b1, b2, b3], [m, n]) = (self.bonds, self.normals);
        // F0 = -dE/dphi (-|b2| / |m|²) m, F3 = -dE/dphi (|b2| / |n|²) n.
        let floor = L::splat(1e-20);
        let first = slope * self.length_b2 * dot(m, m).max(floor).recip();
        let last = -(slope * self.length_b2) * dot(n, n).max(floor).recip();
        let f0 = [m[0] * first, m[1] * first, m[2] * first];
        let f3 = [n[0] * last, n[1] * last, n[2] * last];
        // F1 = -F0 + p F0 - q F3 with p = -b1.b2/b2², q = -b3.b2/b2².
        let inverse_square = self.inverse_b2 * self.inverse_b2;
        let p = -(dot(b1, b2) * inverse_square);
        let q = -(dot(b3, b2) * inverse_square);
        let f1 = subtract(scale(f0, p - L::splat(1.0)), scale(f3, q));
        [f0, f1, f3]
    }
}

/// Energy of a Fourier series and the forces on atoms 0, 1, 3 (that on atom 2 is minus their sum).
///
/// `b1` = x1 - x0, `b2` = x2 - x1, `b3` = x3 - x2 in nm; `constant` and `coefficients` as in [`FourierSeries`].
#[inline(always)]
pub fn torsion<L: Lane>(
    b1: [L; 3],
    b2: [L; 3],
    b3: [L; 3],
    constant: L,
    coefficients: &[[L; 2]],
) -> (L, [L; 3], [L; 3], [L; 3]) {
    let angle = TorsionAngle::new(b1, b2, b3);
    let (cosine, sine) = (angle.cosine, angle.sine);
    let (mut energy, mut slope) = (constant, L::splat(0.0));
    let (mut cosine_n, mut sine_n) = (cosine, sine);
    let mut order = 1.0;
    for (index, &[along_cosine, along_sine]) in coefficients.iter().enumerate() {
        if index > 0 {
            let next = cosine_n.mul_add(cosine, -(sine_n * sine));
            sine_n = sine_n.mul_add(cosine, cosine_n * sine);
            cosine_n = next;
        }
        energy = along_cosine.mul_add(cosine_n, along_sine.mul_add(sine_n, energy));
        let derivative = along_sine.mul_add(cosine_n, -(along_cosine * sine_n));
        slope = L::splat(order).mul_add(derivative, slope);
        order += 1.0;
    }
    let [f0, f1, f3] = angle.forces(slope);
    (energy, f0, f1, f3)
}
