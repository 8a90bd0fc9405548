//! Lays frames of a molecule on one another by translation and rotation.

use nalgebra::{Matrix3, Vector3};

/// `frame` moved so that its plain centre is the origin and its summed squared distance to `reference`, centred too, is
/// smallest over rotations; both `[n_atoms * 3]`, same unit. Source: Kabsch 1976, doi:10.1107/S0567739476001873.
///
/// # Panics
/// If the two have different lengths.
#[must_use]
pub fn superpose(frame: &[f32], reference: &[f32]) -> Vec<f32> {
    assert_eq!(frame.len(), reference.len(), "coordinates");
    let (moving, fixed) = (centred(frame), centred(reference));
    let mut correlation = Matrix3::zeros();
    for (from, to) in moving.iter().zip(&fixed) {
        correlation += to * from.transpose();
    }
    let svd = correlation.svd(true, true);
    let u = svd.u.expect("invariant: U was asked for");
    let v_t = svd.v_t.expect("invariant: V was asked for");
    // A reflection would fit mirror images; the least singular direction is turned back instead.
    let handedness = (u * v_t).determinant().signum();
    let rotation = u * Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, handedness)) * v_t;
    let turned = moving.iter().map(|point| rotation * point);
    turned
        .flat_map(|point| [point.x, point.y, point.z].map(single))
        .collect()
}

fn centred(positions: &[f32]) -> Vec<Vector3<f64>> {
    let points = positions.as_chunks::<3>().0.iter();
    let points: Vec<Vector3<f64>> = points
        .map(|&[x, y, z]| Vector3::new(x.into(), y.into(), z.into()))
        .collect();
    let centre = points.iter().sum::<Vector3<f64>>() / points.len().max(1) as f64;
    points.into_iter().map(|point| point - centre).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "frames are in single precision"
)]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [f32; 12] = [0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1, 0.2, 0.0, 0.3, 0.2, 0.4];

    fn furthest(a: &[f32], b: &[f32]) -> f32 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn a_turned_and_shifted_copy_comes_back_but_a_mirror_image_does_not() {
        let own = superpose(&FRAME, &FRAME);
        let turned: Vec<f32> = FRAME
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|&[x, y, z]| [-y + 1.0, x, z - 2.0])
            .collect();
        assert!(furthest(&superpose(&turned, &FRAME), &own) < 1e-6);
        let mirrored: Vec<f32> = FRAME
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|&[x, y, z]| [x, y, -z])
            .collect();
        assert!(furthest(&superpose(&mirrored, &FRAME), &own) > 1e-2);
    }
}
