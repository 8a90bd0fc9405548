//! Neck integral tables of GBn and GBn2, interpolated to the radii that occur.

use super::neck_tables::{AMPLITUDE_PER_ANGSTROM, DISTANCE_ANGSTROM, N_RADII};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::system::ImplicitSolvent;
use crate::topology::Topology;

/// The published tables cover radii of 0.1 to 0.2 nm in steps of 0.005 nm.
const SMALLEST_RADIUS_NM: f64 = 0.1;
const LARGEST_RADIUS_NM: f64 = 0.2;
const STEPS_PER_NM: f64 = 200.0;

/// Fills `neck_index`, `neck_distance_nm` and `neck_amplitude` from `radii_nm`.
///
/// # Errors
/// [`ForceFieldError::RadiusOutOfRange`].
pub(super) fn fill_tables(
    topology: &Topology,
    solvent: &mut ImplicitSolvent,
) -> Result<(), ForceFieldError> {
    let outside = solvent
        .radii_nm
        .iter()
        .position(|radius| !(SMALLEST_RADIUS_NM..=LARGEST_RADIUS_NM).contains(radius));
    if let Some(atom) = outside {
        return Err(ForceFieldError::RadiusOutOfRange {
            atom: topology.label(atom),
            radius_nm: solvent.radii_nm[atom],
        });
    }
    let mut unique = solvent.radii_nm.clone();
    unique.sort_by(f64::total_cmp);
    unique.dedup();
    let row = |radius: &f64| {
        unique
            .iter()
            .position(|known| known == radius)
            .expect("invariant: every radius is among the unique ones")
    };
    solvent.neck_index = solvent.radii_nm.iter().map(row).collect();
    // Å to nm, Å⁻¹ to nm⁻¹.
    solvent.neck_distance_nm = interpolate(&unique, &DISTANCE_ANGSTROM, 0.1);
    solvent.neck_amplitude = interpolate(&unique, &AMPLITUDE_PER_ANGSTROM, 10.0);
    Ok(())
}

/// Bilinear interpolation of a table to all pairs of radii, times a unit factor.
///
/// The published table has the atom whose integral it is in its columns; the result has that atom in its rows.
fn interpolate(radii_nm: &[f64], table: &[f64; N_RADII * N_RADII], unit: f64) -> Vec<f64> {
    let stencils: Vec<[(usize, f64); 2]> = radii_nm.iter().map(|&radius| stencil(radius)).collect();
    let value = |rows: &[(usize, f64); 2], columns: &[(usize, f64); 2]| {
        let mut sum = 0.0;
        for &(row, row_weight) in rows {
            for &(column, column_weight) in columns {
                sum += row_weight * column_weight * table[row * N_RADII + column];
            }
        }
        sum * unit
    };
    stencils
        .iter()
        .flat_map(|columns| stencils.iter().map(move |rows| value(rows, columns)))
        .collect()
}

/// The two table rows around a radius with their weights.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the position is clamped to 0..=20"
)]
fn stencil(radius_nm: f64) -> [(usize, f64); 2] {
    let last = (N_RADII - 1) as f64;
    let position = ((radius_nm - SMALLEST_RADIUS_NM) * STEPS_PER_NM).clamp(0.0, last);
    let lower = (position.floor() as usize).min(N_RADII - 2);
    let upper_weight = position - lower as f64;
    [(lower, 1.0 - upper_weight), (lower + 1, upper_weight)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabulated_radii_reproduce_the_table_and_others_lie_between() {
        let distances = interpolate(&[0.1, 0.2, 0.1025], &DISTANCE_ANGSTROM, 0.1);
        let expected = |row: usize, column: usize| 0.1 * DISTANCE_ANGSTROM[row * N_RADII + column];
        assert!((distances[0] - expected(0, 0)).abs() < 1e-12);
        assert!((distances[1] - expected(20, 0)).abs() < 1e-12);
        assert!((distances[3] - expected(0, 20)).abs() < 1e-12);
        let mean = 0.5 * (expected(0, 0) + expected(1, 0));
        assert!((distances[2] - mean).abs() < 1e-12);
    }
}
