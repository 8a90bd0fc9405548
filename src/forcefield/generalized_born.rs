//! Generalised Born solvation: pair integrals, Born radii, pair and self energies with their derivatives.
//! The three passes over pairs that need them are the engines' business: `cpu/replica_lanes.rs`, `cpu/atom_lanes.rs`,
//! `shaders/forcefield/evaluate.wgsl`; plainly in `reference.rs`.
//!
//! Still, Tempczyk, Hawley, Hendrickson, doi:10.1021/ja00172a038; pairwise integrals by Hawkins, Cramer, Truhlar,
//! doi:10.1021/jp961710n; effective radii by Onufriev, Bashford, Case, doi:10.1002/prot.20033; neck correction by
//! Mongan et al., doi:10.1021/ct600085e.

use super::system::{BornModel, ImplicitSolvent};
use crate::lane::Lane;
use crate::units::COULOMB_GB_KJ_NM_PER_MOL_E2;

/// Largest sum of intrinsic radii beyond which no neck is counted, nm.
pub(crate) const NECK_CUTOFF_NM: f64 = 0.68;

/// Factor by which [`pair_integral`] and [`neck_integral`] are larger than the integrals of the literature.
///
/// The sums over pairs run over whole numbers of 1/8, which saves a sixth of the arithmetic; [`born_radius`] divides once.
pub const INTEGRAL_SCALE: f64 = 8.0;

/// Eight times the integral of atom j's sphere as atom i sees it, and its derivative with respect to r divided by r.
///
/// With the offset radius rho of atom i, the scaled radius s of atom j, U = r + s, L = max(rho, |r - s|):
/// I = 1/2 [1/L - 1/U + (r - s²/r)(1/U² - 1/L²)/4 + ln(L/U)/(2r)], and 0 where r + s <= rho; in nm⁻¹.
#[inline(always)]
pub fn pair_integral<L: Lane>(r: L, inverse_r: L, rho: L, s: L) -> (L, L) {
    let upper = r + s;
    let lower = rho.max((r - s).abs());
    let inverse_product = (upper * lower).recip();
    let (inverse_upper, inverse_lower) = (lower * inverse_product, upper * inverse_product);
    let difference = inverse_upper.mul_add(inverse_upper, -(inverse_lower * inverse_lower));
    let logarithm = (lower * inverse_upper).ln() * (inverse_r + inverse_r);
    let s_over_r = s * inverse_r;
    let shell = (-s).mul_add(s_over_r, r);
    let integral = L::splat(4.0).mul_add(
        inverse_lower - inverse_upper,
        shell.mul_add(difference, logarithm),
    );
    // The terms that contain dU/dr and dL/dr cancel exactly for r >= s - rho, that is outside a clash of nuclei.
    let slope =
        (s_over_r * s_over_r).mul_add(difference, (-logarithm).mul_add(inverse_r, difference));
    let inside = rho.less_than(upper);
    let zero = L::splat(0.0);
    (
        L::select(inside, integral, zero),
        L::select(inside, slope * inverse_r, zero),
    )
}

/// Eight times the neck integral of a pair and its derivative with respect to r divided by r.
///
/// `amplitude` is eight times the tabulated m0 times the model's scale.
///
/// amplitude / (1 + 100 (r - d0)² + 3e5 (r - d0)⁶) where r < R1 + R2 + 0.68 nm, else 0.
#[inline(always)]
pub fn neck_integral<L: Lane>(
    r: L,
    inverse_r: L,
    radius_sum: L,
    distance: L,
    amplitude: L,
) -> (L, L) {
    let x = r - distance;
    let square = x * x;
    let fourth = square * square;
    let denominator = L::splat(3e5).mul_add(
        fourth * square,
        L::splat(100.0).mul_add(square, L::splat(1.0)),
    );
    let inverse = denominator.recip();
    let value = amplitude * inverse;
    let slope = -(value * inverse) * x * L::splat(18e5).mul_add(fourth, L::splat(200.0));
    let within = r.less_than(radius_sum + L::splat(NECK_CUTOFF_NM));
    let zero = L::splat(0.0);
    (
        L::select(within, value, zero),
        L::select(within, slope * inverse_r, zero),
    )
}

/// What the neck integral of two atoms takes, see [`neck_integral`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neck {
    /// Sum of their radii in nm.
    pub contact_nm: f64,
    /// d0 in nm.
    pub distance_nm: f64,
    /// m0 in nm⁻¹, scaled as the model and the shared eightfold integral want it.
    pub amplitude: f64,
}

impl Neck {
    /// Eight times the integral at a distance in nm, and its derivative divided by the distance.
    #[must_use]
    pub fn integral(&self, r: f64) -> (f64, f64) {
        neck_integral(
            r,
            1.0 / r,
            self.contact_nm,
            self.distance_nm,
            self.amplitude,
        )
    }
}

impl ImplicitSolvent {
    /// The neck between two atoms as the first sees it; `None` for models without.
    #[must_use]
    pub fn neck(&self, [i, j]: [usize; 2]) -> Option<Neck> {
        let n_rows = self.neck_index.iter().max()? + 1;
        let entry = self.neck_index[i] * n_rows + self.neck_index[j];
        Some(Neck {
            contact_nm: self.radii_nm[i] + self.radii_nm[j],
            distance_nm: self.neck_distance_nm[entry],
            amplitude: INTEGRAL_SCALE * self.neck_scale() * self.neck_amplitude[entry],
        })
    }
}

/// Born radius B of an atom from the sum of its eightfold integrals 8 I, and dB/d(8 I).
///
/// HCT: 1/B = 1/rho - I. Others: 1/B = 1/rho - tanh(alpha psi - beta psi² + gamma psi³)/R with psi = I rho.
#[inline(always)]
pub fn born_radius<L: Lane>(
    model: BornModel,
    integrals: L,
    radius: L,
    rho: L,
    tanh_coefficients: [L; 3],
) -> (L, L) {
    let share = L::splat(1.0 / INTEGRAL_SCALE);
    let integral = integrals * share;
    let inverse_rho = rho.recip();
    if model == BornModel::Hct {
        let born = (inverse_rho - integral).recip();
        return (born, born * born * share);
    }
    let [alpha, beta, gamma] = tanh_coefficients;
    let psi = integral * rho;
    let argument = psi * psi.mul_add(psi.mul_add(gamma, -beta), alpha);
    let slope = psi.mul_add(
        (L::splat(3.0) * gamma).mul_add(psi, L::splat(-2.0) * beta),
        alpha,
    );
    let tanh = hyperbolic_tangent(argument);
    let inverse_radius = radius.recip();
    let born = (-tanh).mul_add(inverse_radius, inverse_rho).recip();
    let chain = (-tanh).mul_add(tanh, L::splat(1.0)) * slope * rho * inverse_radius;
    (born, born * born * chain * share)
}

/// tanh from the exponential; the odd series near zero keeps full relative accuracy.
#[inline(always)]
fn hyperbolic_tangent<L: Lane>(x: L) -> L {
    let magnitude = x.abs();
    let one = L::splat(1.0);
    let exponential = (L::splat(-2.0) * magnitude).exp();
    let large = (one - exponential) * (one + exponential).recip();
    let square = x * x;
    let small = x * square.mul_add(
        square.mul_add(L::splat(2.0 / 15.0), L::splat(-1.0 / 3.0)),
        one,
    );
    let signed = L::select(x.less_than(L::splat(0.0)), -large, large);
    L::select(magnitude.less_than(L::splat(1e-3)), small, signed)
}

/// Dielectric constants folded into what the pair energies need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dielectric<L> {
    /// -C / eps_solute in kJ mol⁻¹ nm e⁻².
    pub solute: L,
    /// C / eps_solvent in kJ mol⁻¹ nm e⁻².
    pub solvent: L,
    /// Debye-Hueckel kappa in nm⁻¹.
    pub kappa: L,
    /// Whether there is salt at all (saves an exponential a pair where there is none).
    pub salt: bool,
}

impl<L: Lane> Dielectric<L> {
    /// From the solvent's parameters.
    #[must_use]
    pub fn new(solvent: &ImplicitSolvent) -> Self {
        Self {
            solute: L::splat(-COULOMB_GB_KJ_NM_PER_MOL_E2 / solvent.solute_dielectric),
            solvent: L::splat(COULOMB_GB_KJ_NM_PER_MOL_E2 / solvent.solvent_dielectric),
            kappa: L::splat(solvent.kappa_per_nm),
            salt: solvent.kappa_per_nm > 0.0,
        }
    }

    /// P(f) = -C (1/eps_solute - exp(-kappa f)/eps_solvent) and dP/df.
    #[inline(always)]
    fn prefactor(&self, f: L) -> (L, L) {
        if self.salt {
            let screened = self.solvent * (-(self.kappa * f)).exp();
            (self.solute + screened, -(self.kappa * screened))
        } else {
            (self.solute + self.solvent, L::splat(0.0))
        }
    }
}

/// Pair energy P(f) q1 q2 / f with f² = r² + B1 B2 exp(-r²/(4 B1 B2)).
///
/// Returns the energy, the factor that turns x1 - x0 into the force on atom 1 at fixed Born radii, and t with
/// dE/dB1 = t B2 and dE/dB2 = t B1.
#[inline(always)]
pub fn pair<L: Lane>(
    square: L,
    charge_product: L,
    born_1: L,
    born_2: L,
    dielectric: &Dielectric<L>,
) -> (L, L, L) {
    let product = born_1 * born_2;
    let exponent = L::splat(0.25) * square * product.recip();
    let decay = (-exponent).exp();
    let f_square = product.mul_add(decay, square);
    let inverse_f = f_square.rsqrt();
    let f = f_square * inverse_f;
    let (prefactor, slope) = dielectric.prefactor(f);
    let energy = charge_product * prefactor * inverse_f;
    // dE/d(f²) = (dE/df) / (2f) = (q1 q2 P' - E) / (2f²)
    let along_f_square =
        L::splat(0.5) * inverse_f * inverse_f * charge_product.mul_add(slope, -energy);
    let factor = -(L::splat(2.0) * along_f_square) * L::splat(-0.25).mul_add(decay, L::splat(1.0));
    let along_born = along_f_square * decay * (L::splat(1.0) + exponent);
    (energy, factor, along_born)
}

/// Self energy P(B) q²/(2B) and its derivative with respect to B.
#[inline(always)]
pub fn self_energy<L: Lane>(charge: L, born: L, dielectric: &Dielectric<L>) -> (L, L) {
    let (prefactor, slope) = dielectric.prefactor(born);
    let inverse = born.recip();
    let half_square = L::splat(0.5) * charge * charge * inverse;
    let energy = half_square * prefactor;
    (energy, half_square.mul_add(slope, -(energy * inverse)))
}
