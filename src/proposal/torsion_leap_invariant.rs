//! Geometry that a move leaves unchanged, as numbers for a network: bond angles, planarity, torsions, atoms in local frames.
//! Chooses none of them.

use nalgebra::Vector3;

type Vector = Vector3<f64>;

/// Where the values of a description go and which atoms they come from; slots without a value stay NaN, for unknown.
#[derive(Debug, Clone, Default)]
pub(super) struct Recipe {
    pub(super) angles: Vec<(usize, [usize; 3])>,
    pub(super) planes: Vec<(usize, [usize; 4])>,
    pub(super) torsions: Vec<(usize, [usize; 4], Multiplicity)>,
    pub(super) frames: Vec<Frame>,
}

/// Whether a torsion or twice its value matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Multiplicity {
    One,
    Two,
}

/// Atoms seen from the third of three atoms: z along the bond from the second, x in the plane away from the first.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) atoms: [usize; 3],
    pub(super) seen: Vec<(usize, usize)>,
}

#[inline]
fn at(positions: &[[f64; 3]], atom: usize) -> Vector {
    Vector::from(positions[atom])
}

impl Recipe {
    /// Fills `values`, from one replica's positions `[n_atoms][3]` in nm.
    #[expect(clippy::cast_possible_truncation, reason = "inputs of f32 networks")]
    pub(super) fn describe(&self, positions: &[[f64; 3]], values: &mut [f32]) {
        values.fill(f32::NAN);
        for &(slot, [a, center, b]) in &self.angles {
            let origin = at(positions, center);
            let (a, b) = (at(positions, a) - origin, at(positions, b) - origin);
            values[slot] = (a.dot(&b) / (a.norm_squared() * b.norm_squared()).sqrt()) as f32;
        }
        for &(slot, [center, a, b, c]) in &self.planes {
            let origin = at(positions, center);
            let [a, b, c] = [a, b, c].map(|atom| at(positions, atom) - origin);
            let squares = a.norm_squared() * b.norm_squared() * c.norm_squared();
            values[slot] = (a.dot(&b.cross(&c)) / squares.sqrt()) as f32;
        }
        for &(slot, atoms, multiplicity) in &self.torsions {
            let [sine, cosine] = torsion(positions, atoms);
            let [sine, cosine] = match multiplicity {
                Multiplicity::One => [sine, cosine],
                Multiplicity::Two => [2.0 * sine * cosine, cosine * cosine - sine * sine],
            };
            values[slot] = sine as f32;
            values[slot + 1] = cosine as f32;
        }
        for frame in &self.frames {
            let [a, b, origin] = frame.atoms.map(|atom| at(positions, atom));
            let z = (origin - b).normalize();
            let away = b - a;
            let x = (away - z * away.dot(&z)).normalize();
            let y = z.cross(&x);
            for &(slot, atom) in &frame.seen {
                let seen = at(positions, atom) - origin;
                for (offset, axis) in [x, y, z].iter().enumerate() {
                    values[slot + offset] = seen.dot(axis) as f32;
                }
            }
        }
    }
}

/// Sine and cosine of a torsion.
#[inline]
fn torsion(positions: &[[f64; 3]], [a, b, c, d]: [usize; 4]) -> [f64; 2] {
    let [a, b, c, d] = [a, b, c, d].map(|atom| at(positions, atom));
    let axis = c - b;
    let left = (b - a).cross(&axis);
    let right = axis.cross(&(d - c));
    let norm = 1.0 / (left.norm_squared() * right.norm_squared()).sqrt();
    let sine = left.cross(&right).dot(&axis) * norm / axis.norm();
    [sine, left.dot(&right) * norm]
}
