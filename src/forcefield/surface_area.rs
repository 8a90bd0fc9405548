//! The ACE estimate of the nonpolar solvation energy from Born radii. One atom at a time.

use crate::lane::Lane;

/// Surface tension times 4 pi, kJ mol⁻¹ nm⁻² (0.0054 kcal mol⁻¹ Å⁻², the value of OpenMM's force files).
pub const SURFACE_COEFFICIENT: f64 = 28.391_955_1;

/// Radius of the probe sphere in nm.
pub const PROBE_RADIUS_NM: f64 = 0.14;

/// Energy 28.39 (R + 0.14)² (R/B)⁶ of an atom with intrinsic radius R and Born radius B, and dE/dB.
///
/// Schaefer, Bartels, Karplus, doi:10.1006/jmbi.1998.2172.
#[inline(always)]
pub fn surface_area<L: Lane>(radius: L, born: L) -> (L, L) {
    let inverse = born.recip();
    let ratio = radius * inverse;
    let cube = ratio * ratio * ratio;
    let extended = radius + L::splat(PROBE_RADIUS_NM);
    let energy = L::splat(SURFACE_COEFFICIENT) * extended * extended * cube * cube;
    (energy, L::splat(-6.0) * energy * inverse)
}
