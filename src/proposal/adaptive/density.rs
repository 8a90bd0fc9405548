//! Densities on a circle or a torus from masses on a periodic grid: evaluation, drawing, smoothing.
//!
//! The density is the linear interpolation of cell masses between cell centres, which is the density of: pick a cell by
//! its mass, go to its centre, add the sum of two uniform numbers (a triangular one) in every direction. So drawing and
//! evaluation agree exactly. A share of the uniform density keeps it above zero everywhere.

use crate::proposal::torsion::pivot::uniform_angle;
use crate::vector::wrap;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};

/// A grid of equal cells on a circle (one angle) or a torus (two), angles from -pi; the last angle runs fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodicGrid {
    /// Number of angles, 1 or 2.
    pub n_angles: usize,
    /// Cells in every direction.
    pub n_bins: usize,
}

/// The two cells beside a coordinate and the weight of the second.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    cells: [usize; 2],
    fraction: f64,
}

impl PeriodicGrid {
    /// Number of cells.
    #[must_use]
    pub fn n_cells(&self) -> usize {
        if self.n_angles == 1 {
            self.n_bins
        } else {
            self.n_bins * self.n_bins
        }
    }

    fn width_rad(&self) -> f64 {
        let n_bins = self.n_bins as f64;
        TAU / n_bins
    }

    /// The cell that holds a point of angles in rad.
    #[must_use]
    pub fn cell(&self, point: &[f64]) -> usize {
        point.iter().fold(0, |cell, &angle| {
            cell * self.n_bins + self.bin(wrap(angle) + PI)
        })
    }

    /// Bin of a distance from -pi, in rad; both ends of the circle are within range.
    fn bin(&self, distance_rad: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "within 0 to n_bins")]
        let bin = (distance_rad / self.width_rad()) as usize;
        bin.min(self.n_bins - 1)
    }

    fn bracket(&self, angle: f64) -> Bracket {
        let coordinate = (wrap(angle) + PI) / self.width_rad() + 0.5;
        let floor = coordinate.floor();
        #[expect(clippy::cast_possible_truncation, reason = "within 0 to n_bins")]
        let upper = floor as usize;
        Bracket {
            cells: [(upper + self.n_bins - 1) % self.n_bins, upper % self.n_bins],
            fraction: coordinate - floor,
        }
    }

    /// Density in `rad^-n_angles` at a point of angles in rad; it integrates to 1.
    #[must_use]
    pub fn density(&self, weights: &CellWeights, point: &[f64]) -> f64 {
        let width = self.width_rad();
        let line = |start: usize, bracket: Bracket| {
            let [below, above] = bracket
                .cells
                .map(|cell| f64::from(weights.cells[start + cell]));
            below + bracket.fraction * (above - below)
        };
        let share = (1.0 - weights.floor) / weights.total;
        if let [angle] = *point {
            return weights.floor / TAU + share * line(0, self.bracket(angle)) / width;
        }
        let (slow, fast) = (self.bracket(point[0]), self.bracket(point[1]));
        let [below, above] = slow.cells.map(|cell| line(cell * self.n_bins, fast));
        let interpolated = below + slow.fraction * (above - below);
        weights.floor / (TAU * TAU) + share * interpolated / (width * width)
    }

    /// Draws a point of angles in rad from the density.
    pub fn draw(&self, weights: &CellWeights, stream: &mut Xoshiro256PlusPlus, point: &mut [f64]) {
        if stream.random::<f64>() < weights.floor {
            point.fill_with(|| uniform_angle(stream));
            return;
        }
        let cell = weights.pick(stream.random::<f64>());
        if let [angle] = point {
            *angle = self.near_center(cell, stream);
        } else {
            point[0] = self.near_center(cell / self.n_bins, stream);
            point[1] = self.near_center(cell % self.n_bins, stream);
        }
    }

    fn near_center(&self, bin: usize, stream: &mut Xoshiro256PlusPlus) -> f64 {
        let triangular = stream.random::<f64>() + stream.random::<f64>() - 1.0;
        wrap((bin as f64 + 0.5 + triangular) * self.width_rad() - PI)
    }

    /// Convolves values `[n_cells]` with a wrapped Gaussian of a width in rad in every direction; keeps their sum.
    pub fn smooth(&self, values: &mut [f64], width_rad: f64) {
        let kernel = self.kernel(width_rad);
        let mut line = vec![0.0; self.n_bins];
        let stride = self.n_cells() / self.n_bins;
        for (step, count) in [(1, stride), (self.n_bins, stride)]
            .into_iter()
            .take(self.n_angles)
        {
            for index in 0..count {
                let start = if step == 1 {
                    index * self.n_bins
                } else {
                    index
                };
                for (bin, value) in line.iter_mut().enumerate() {
                    *value = values[start + bin * step];
                }
                for bin in 0..self.n_bins {
                    values[start + bin * step] = (0..self.n_bins)
                        .map(|other| {
                            kernel[(bin + self.n_bins - other) % self.n_bins] * line[other]
                        })
                        .sum();
                }
            }
        }
    }

    /// Weights of a wrapped Gaussian by distance in bins, adding up to 1.
    fn kernel(&self, width_rad: f64) -> Vec<f64> {
        let weight = |bin: usize| {
            let distance = wrap(bin as f64 * self.width_rad());
            (-0.5 * (distance / width_rad.max(1e-6)).powi(2)).exp()
        };
        let weights: Vec<f64> = (0..self.n_bins).map(weight).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }
}

/// Weights of the cells of a grid and the share of the uniform density they are mixed with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellWeights {
    pub(crate) cells: Vec<f32>,
    /// Sums over chunks of [`CHUNK`] cells, so that drawing need not walk all of them.
    chunk_sums: Vec<f64>,
    total: f64,
    pub(crate) floor: f64,
}

/// Cells of a chunk.
const CHUNK: usize = 16;

impl CellWeights {
    /// Weights `[n_cells]`, at least one of them above 0 and none below, mixed with a share `floor` of the uniform density.
    #[must_use]
    pub fn new(cells: Vec<f32>, floor: f64) -> Self {
        let mut weights = Self {
            cells,
            floor,
            ..Self::default()
        };
        weights.add_up();
        weights
    }

    /// Sums the cells anew after they changed.
    pub(super) fn add_up(&mut self) {
        self.chunk_sums.clear();
        self.chunk_sums.extend(self.cells.chunks(CHUNK).map(sum));
        self.total = self.chunk_sums.iter().sum();
    }

    /// The cell that covers a fraction in [0, 1) of the total.
    fn pick(&self, fraction: f64) -> usize {
        let mut rest = fraction * self.total;
        let chunk = pick(self.chunk_sums.iter().copied(), &mut rest) * CHUNK;
        let end = self.cells.len().min(chunk + CHUNK);
        let cells = self.cells[chunk..end].iter().copied().map(f64::from);
        chunk + pick(cells, &mut rest)
    }
}

/// Sum in f64; the strands of a full chunk add up independently, which vectorises.
fn sum(cells: &[f32]) -> f64 {
    let Ok(chunk) = <&[f32; CHUNK]>::try_from(cells) else {
        return cells.iter().copied().map(f64::from).sum();
    };
    let eight: [f64; 8] = std::array::from_fn(|i| f64::from(chunk[i]) + f64::from(chunk[i + 8]));
    let four: [f64; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// The index whose mass covers `rest`, which is left at the distance into it; the last index where rounding overshoots.
fn pick(masses: impl Iterator<Item = f64>, rest: &mut f64) -> usize {
    let mut last = 0;
    for (index, mass) in masses.enumerate() {
        last = index;
        if *rest < mass {
            return index;
        }
        *rest -= mass;
    }
    last
}
