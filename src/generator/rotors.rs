//! Torsions that the model does not draw (methyls, hydroxyls, charged ends): where they are best, and their density with all else
//! held.

use super::landscape::Landscape;
use crate::proposal::CellWeights;
use std::f64::consts::{PI, TAU};

/// Angles at which a rotor is tried before its density is tabulated.
const N_TRIED: usize = 12;
/// Angles at which its density is tabulated.
pub(super) const N_TABULATED: usize = 36;
/// Share of the uniform density in a rotor's.
const ROTOR_FLOOR: f64 = 0.01;

/// The angles of a grid's cell centres.
fn angles(n: usize) -> impl Iterator<Item = f64> {
    (0..n).map(move |i| TAU * (i as f64 + 0.5) / n as f64 - PI)
}

fn turned(point: &[f64], rotor: usize, n: usize) -> impl Iterator<Item = Vec<f64>> {
    angles(n).map(move |angle| {
        let mut point = point.to_vec();
        point[rotor] = angle;
        point
    })
}

/// Puts a rotor of every point where V is lowest, among its own angle and some more.
pub(super) fn settle(landscape: &mut Landscape<'_>, points: &mut [Vec<f64>], rotor: usize) {
    let tried: Vec<Vec<f64>> = points
        .iter()
        .flat_map(|point| std::iter::once(point.clone()).chain(turned(point, rotor, N_TRIED)))
        .collect();
    let values = landscape.values(&tried);
    let size = N_TRIED + 1;
    for (index, point) in points.iter_mut().enumerate() {
        let own = &values[index * size..(index + 1) * size];
        let best = (0..size).min_by(|&a, &b| own[a].total_cmp(&own[b]));
        point.clone_from(&tried[index * size + best.unwrap_or(0)]);
    }
}

/// The density of a rotor with everything else held.
pub(super) fn table(landscape: &mut Landscape<'_>, point: &[f64], rotor: usize) -> CellWeights {
    let tried: Vec<Vec<f64>> = turned(point, rotor, N_TABULATED).collect();
    let values = landscape.values(&tried);
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_possible_truncation, reason = "the table holds f32")]
    let weight = |value: &f64| {
        if lowest.is_finite() {
            (lowest - value).exp() as f32
        } else {
            1.0
        }
    };
    CellWeights::new(values.iter().map(weight).collect(), ROTOR_FLOOR)
}
