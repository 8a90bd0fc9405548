//! Grid densities: they integrate to one, and what is drawn follows them.

use crate::support::reduced_chi_square;
use rand::RngExt;
use saltus::proposal::{CellWeights, PeriodicGrid};
use saltus::rng;
use std::f64::consts::{PI, TAU};

/// Rough weights that add up to whatever, with a floor.
#[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
fn weights(grid: PeriodicGrid) -> CellWeights {
    let mut stream = rng::stream(3);
    let rough: Vec<f64> = (0..grid.n_cells())
        .map(|_| stream.random::<f64>().powi(4) + 0.001)
        .collect();
    CellWeights::new(rough.iter().map(|weight| *weight as f32).collect(), 0.1)
}

/// Integral of the density over boxes `[n_boxes]^n_angles` by the midpoint rule.
fn integrals(grid: PeriodicGrid, weights: &CellWeights, n_boxes: usize) -> Vec<f64> {
    let fine = 16 * n_boxes;
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let (angle, width) = (
        |index: usize| (index as f64 + 0.5) * TAU / fine as f64 - PI,
        TAU / fine as f64,
    );
    if grid.n_angles == 1 {
        let mut boxes = vec![0.0; n_boxes];
        for i in 0..fine {
            boxes[i / 16] += width * grid.density(weights, &[angle(i)]);
        }
        return boxes;
    }
    let mut boxes = vec![0.0; n_boxes * n_boxes];
    for i in 0..fine {
        for j in 0..fine {
            boxes[i / 16 * n_boxes + j / 16] +=
                width * width * grid.density(weights, &[angle(i), angle(j)]);
        }
    }
    boxes
}

const GRIDS: [PeriodicGrid; 2] = [
    PeriodicGrid {
        n_angles: 1,
        n_bins: 16,
    },
    PeriodicGrid {
        n_angles: 2,
        n_bins: 8,
    },
];

#[test]
fn densities_integrate_to_one() {
    for grid in GRIDS {
        // The density is linear within half cells, so the midpoint rule on a multiple of them is exact.
        let total: f64 = integrals(grid, &weights(grid), 16).iter().sum();
        assert!((total - 1.0).abs() < 1e-6, "{grid:?}: {total}");
    }
}

#[test]
fn draws_follow_the_density_and_a_shifted_one_is_noticed() {
    let n_draws = 200_000;
    for grid in GRIDS {
        let weights = weights(grid);
        let expected: Vec<f64> = integrals(grid, &weights, 16)
            .iter()
            .map(|mass| mass * f64::from(n_draws))
            .collect();
        let boxes = PeriodicGrid { n_bins: 16, ..grid };
        let mut stream = rng::stream(5);
        let mut point = vec![0.0; grid.n_angles];
        let (mut counts, mut shifted) = (vec![0.0; expected.len()], vec![0.0; expected.len()]);
        for _ in 0..n_draws {
            grid.draw(&weights, &mut stream, &mut point);
            assert!(point.iter().all(|angle| angle.abs() <= PI));
            counts[boxes.cell(&point)] += 1.0;
            point[0] += 0.05;
            shifted[boxes.cell(&point)] += 1.0;
        }
        let (good, bad) = (
            reduced_chi_square(&counts, &expected),
            reduced_chi_square(&shifted, &expected),
        );
        println!("{grid:?}: {good:.2}, shifted {bad:.2}");
        assert!(good < 1.8 && bad > 3.0, "{grid:?}: {good}, shifted {bad}");
    }
}

#[test]
fn smoothing_keeps_the_sum_and_spreads_evenly_over_the_seam() {
    for grid in GRIDS {
        let mut values = vec![0.0; grid.n_cells()];
        values[0] = 2.0;
        grid.smooth(&mut values, 0.5);
        assert!((values.iter().sum::<f64>() - 2.0).abs() < 1e-12);
        assert!((values[1] - values[grid.n_bins - 1]).abs() < 1e-12 && values[1] > 0.01);
    }
}
