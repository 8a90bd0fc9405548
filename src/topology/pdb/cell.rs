//! The periodic box of a file and the shortest vector between two points in it.

use crate::topology::internal_coordinates::Point;

/// An edge shorter than this in angstrom is a placeholder (NMR models have a box of one), not a box.
const SHORTEST_EDGE_ANGSTROM: f64 = 5.0;

/// Three lattice vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// In nm, the first along x, the second in the plane of x and y.
    vectors: [Point; 3],
}

impl Cell {
    /// From edges in angstrom and angles in degrees as CRYST1 and `_cell` have them; `None` where they make no box.
    pub(super) fn new(edges: [f64; 3], angles_deg: [f64; 3]) -> Option<Self> {
        let possible = |angle: &f64| *angle > 0.0 && *angle < 180.0;
        if !edges
            .iter()
            .all(|&edge| edge >= SHORTEST_EDGE_ANGSTROM && edge.is_finite())
            || !angles_deg.iter().all(possible)
        {
            return None;
        }
        let [a, b, c] = edges.map(|edge| edge * crate::units::NM_PER_ANGSTROM);
        let [alpha, beta, gamma] = angles_deg.map(f64::to_radians);
        let across = (alpha.cos() - beta.cos() * gamma.cos()) / gamma.sin();
        let height_squared = 1.0 - beta.cos().powi(2) - across * across;
        (height_squared > 1e-6).then(|| Self {
            vectors: [
                Point::new(a, 0.0, 0.0),
                b * Point::new(gamma.cos(), gamma.sin(), 0.0),
                c * Point::new(beta.cos(), across, height_squared.sqrt()),
            ],
        })
    }

    /// The shortest of all periodic images of a vector, in nm.
    pub(super) fn shortest(&self, vector: Point) -> Point {
        let mut reduced = vector;
        for axis in [2, 1, 0] {
            let lattice = self.vectors[axis];
            reduced -= (reduced[axis] / lattice[axis]).round() * lattice;
        }
        // Rounding along the axes finds the nearest image of a box of right angles; in a skewed one a neighbour may be nearer.
        let mut shortest = reduced;
        for code in 0..27 {
            let steps = [code % 3, code / 3 % 3, code / 9].map(|step| f64::from(step) - 1.0);
            let [i, j, k] = steps;
            let [a, b, c] = self.vectors;
            let image = reduced + i * a + j * b + k * c;
            if image.norm_squared() < shortest.norm_squared() - 1e-12 {
                shortest = image;
            }
        }
        shortest
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_image_is_found_in_straight_and_skewed_boxes() {
        let straight = Cell::new([30.0, 40.0, 50.0], [90.0; 3]).unwrap();
        let image = straight.shortest(Point::new(2.9, -3.9, 5.1));
        assert!((image - Point::new(-0.1, 0.1, 0.1)).norm() < 1e-9);
        let skewed = Cell::new([30.0, 30.0, 30.0], [60.0; 3]).unwrap();
        let [a, b, c] = skewed.vectors;
        let short = Point::new(0.05, -0.1, 0.08);
        for image in [a - b, b - c, a + b - 2.0 * c, 3.0 * a] {
            assert!((skewed.shortest(short + image) - short).norm() < 1e-9);
        }
    }

    #[test]
    fn placeholders_are_no_box() {
        assert!(Cell::new([1.0; 3], [90.0; 3]).is_none());
        assert!(Cell::new([0.0; 3], [90.0; 3]).is_none());
        assert!(Cell::new([30.0; 3], [0.0; 3]).is_none());
        assert!(Cell::new([30.0; 3], [90.0, 150.0, 150.0]).is_none());
    }
}
