//! Geometry that a move leaves unchanged, as numbers for a network: bond angles, planarity, torsions, atoms in local frames.
//!
//! Differences of positions are taken in f64, all after that in f32: the inputs of an f32 network.

use crate::vector::{cross, dot};

type Vector = [f32; 3];

/// Where the values of a description go and which atoms they come from; slots without a value stay NaN, for unknown.
#[derive(Debug, Clone, Default)]
pub(crate) struct MeasureRecipe {
    /// Directions that angles and planes are made of, (from, to), each once.
    bonds: Vec<[usize; 2]>,
    /// Slot and two directions.
    angles: Vec<(usize, [usize; 2])>,
    /// Slot and three directions.
    planes: Vec<(usize, [usize; 3])>,
    torsions: Vec<(usize, [usize; 4], Multiplicity)>,
    frames: Vec<SeenFrom>,
}

/// What one feature measures of which atoms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// Cosine of a bond angle, the vertex second.
    Angle([usize; 3]),
    /// Triple product of the directions from the first atom to the others.
    Plane([usize; 4]),
    /// Sine and cosine of a torsion, in two slots.
    Torsion([usize; 4]),
    /// The same of twice the torsion.
    DoubleTorsion([usize; 4]),
    /// Place of the fourth atom seen from the third, in nm and three slots: z away from the second, x in the plane and away from
    /// the first.
    Place([usize; 4]),
    /// The given temperature in K over that of the replica, less 1.
    Temperature(f64),
}

/// One number, or a few neighbouring ones, of a description.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    /// Place of its first number.
    pub slot: usize,
    /// What it is.
    pub measure: Measure,
}

/// Most directions of a recipe.
const MAX_BONDS: usize = 48;

/// Whether a torsion or twice its value matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Multiplicity {
    One,
    Two,
}

/// Atoms seen from the third of three atoms: z along the bond from the second, x in the plane away from the first.
#[derive(Debug, Clone)]
struct SeenFrom {
    atoms: [usize; 3],
    /// Slot and atom.
    seen: Vec<(usize, usize)>,
}

impl MeasureRecipe {
    /// Cosine of a bond angle.
    pub(crate) fn angle(&mut self, slot: usize, [a, center, b]: [usize; 3]) {
        let directions = [a, b].map(|atom| self.bond(center, atom));
        self.angles.push((slot, directions));
    }

    /// Triple product of the directions from the first atom to the others.
    pub(crate) fn plane(&mut self, slot: usize, [center, a, b, c]: [usize; 4]) {
        let directions = [a, b, c].map(|atom| self.bond(center, atom));
        self.planes.push((slot, directions));
    }

    /// Sine and cosine of a torsion, or of twice its value.
    pub(crate) fn torsion(&mut self, slot: usize, atoms: [usize; 4], multiplicity: Multiplicity) {
        self.torsions.push((slot, atoms, multiplicity));
    }

    /// Places of atoms in the frame of three others, three slots each.
    pub(crate) fn frame(&mut self, atoms: [usize; 3], seen: Vec<(usize, usize)>) {
        self.frames.push(SeenFrom { atoms, seen });
    }

    /// The recipe as a list, for those who fill descriptions elsewhere.
    pub(crate) fn features(&self) -> Vec<Feature> {
        let feature = |slot, measure| Feature { slot, measure };
        let end = |bond: usize| self.bonds[bond][1];
        let angles = self.angles.iter().map(|&(slot, [a, b])| {
            let vertex = self.bonds[a][0];
            feature(slot, Measure::Angle([end(a), vertex, end(b)]))
        });
        let planes = self.planes.iter().map(|&(slot, [a, b, c])| {
            let center = self.bonds[a][0];
            feature(slot, Measure::Plane([center, end(a), end(b), end(c)]))
        });
        let torsions = self.torsions.iter().map(|&(slot, atoms, multiplicity)| {
            let measure = match multiplicity {
                Multiplicity::One => Measure::Torsion(atoms),
                Multiplicity::Two => Measure::DoubleTorsion(atoms),
            };
            feature(slot, measure)
        });
        let places = self.frames.iter().flat_map(|frame| {
            let [a, b, c] = frame.atoms;
            let place = move |&(slot, seen)| feature(slot, Measure::Place([a, b, c, seen]));
            frame.seen.iter().map(place)
        });
        angles.chain(planes).chain(torsions).chain(places).collect()
    }

    fn bond(&mut self, from: usize, to: usize) -> usize {
        let known = self.bonds.iter().position(|&bond| bond == [from, to]);
        known.unwrap_or_else(|| {
            assert!(
                self.bonds.len() < MAX_BONDS,
                "invariant: a recipe has few bonds"
            );
            self.bonds.push([from, to]);
            self.bonds.len() - 1
        })
    }

    /// Fills `values`, from one replica's positions `[n_atoms][3]` in nm.
    pub(crate) fn describe(&self, positions: &[[f64; 3]], values: &mut [f32]) {
        values.fill(f32::NAN);
        let mut directions = [[0.0; 3]; MAX_BONDS];
        for (direction, &[from, to]) in directions.iter_mut().zip(&self.bonds) {
            *direction = unit(between(positions, from, to));
        }
        for &(slot, [a, b]) in &self.angles {
            values[slot] = dot(directions[a], directions[b]);
        }
        for &(slot, [a, b, c]) in &self.planes {
            values[slot] = dot(directions[a], cross(directions[b], directions[c]));
        }
        for &(slot, atoms, multiplicity) in &self.torsions {
            let [sine, cosine] = torsion(positions, atoms);
            [values[slot], values[slot + 1]] = match multiplicity {
                Multiplicity::One => [sine, cosine],
                Multiplicity::Two => [2.0 * sine * cosine, cosine * cosine - sine * sine],
            };
        }
        for SeenFrom {
            atoms: [a, b, origin],
            seen,
        } in &self.frames
        {
            let z = unit(between(positions, *b, *origin));
            let away = between(positions, *a, *b);
            let along = dot(away, z);
            let x = unit([0, 1, 2].map(|k| away[k] - along * z[k]));
            let y = cross(z, x);
            for &(slot, atom) in seen {
                let seen = between(positions, *origin, atom);
                values[slot] = dot(seen, x);
                values[slot + 1] = dot(seen, y);
                values[slot + 2] = dot(seen, z);
            }
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "inputs of f32 networks")]
fn between(positions: &[[f64; 3]], from: usize, to: usize) -> Vector {
    let (from, to) = (positions[from], positions[to]);
    [0, 1, 2].map(|k| (to[k] - from[k]) as f32)
}

#[inline]
fn unit(a: Vector) -> Vector {
    let scale = 1.0 / dot(a, a).sqrt();
    a.map(|x| x * scale)
}

/// Sine and cosine of a torsion: both times the norms of its two planes' normals, then scaled to one.
#[inline]
fn torsion(positions: &[[f64; 3]], [a, b, c, d]: [usize; 4]) -> [f32; 2] {
    let first = between(positions, a, b);
    let axis = between(positions, b, c);
    let left = cross(first, axis);
    let right = cross(axis, between(positions, c, d));
    let sine = dot(first, right) * dot(axis, axis).sqrt();
    let cosine = dot(left, right);
    let scale = 1.0 / (sine * sine + cosine * cosine).sqrt();
    [sine * scale, cosine * scale]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::torsion_rad;

    const POSITIONS: [[f64; 3]; 5] = [
        [0.1, 0.02, -0.03],
        [0.0, 0.13, 0.05],
        [0.12, 0.2, 0.09],
        [0.17, 0.31, -0.02],
        [0.05, 0.24, 0.2],
    ];

    #[test]
    fn values_are_what_their_names_say() {
        let mut recipe = MeasureRecipe::default();
        recipe.angle(0, [0, 1, 2]);
        recipe.plane(1, [2, 1, 3, 4]);
        recipe.torsion(2, [0, 1, 2, 3], Multiplicity::One);
        recipe.torsion(4, [0, 1, 2, 3], Multiplicity::Two);
        recipe.frame([0, 1, 2], vec![(6, 3)]);
        let mut values = [0.0; 10];
        recipe.describe(&POSITIONS, &mut values);
        let torsion = torsion_rad(&POSITIONS, [0, 1, 2, 3]);
        for (slot, expected) in [
            (2, torsion.sin()),
            (3, torsion.cos()),
            (4, (2.0 * torsion).sin()),
            (5, (2.0 * torsion).cos()),
        ] {
            assert!((f64::from(values[slot]) - expected).abs() < 1e-6);
        }
        // (0.1, -0.11, -0.08) and (0.12, 0.07, 0.04) from the second atom.
        let cosine = (0.1 * 0.12 - 0.11 * 0.07 - 0.08 * 0.04) / ((0.0285_f32 * 0.0209).sqrt());
        assert!((values[0] - cosine).abs() < 1e-5, "{} {cosine}", values[0]);
        // In the frame, the seen atom's azimuth is the torsion and its length the bond's.
        let [x, y, z] = [values[6], values[7], values[8]];
        let length = (0.05_f32.powi(2) + 0.11_f32.powi(2) + 0.11_f32.powi(2)).sqrt();
        assert!(((x * x + y * y + z * z).sqrt() - length).abs() < 1e-6);
        let azimuth = f64::from(y).atan2(f64::from(x));
        let difference = (azimuth.abs() - (std::f64::consts::PI - torsion.abs())).abs();
        assert!(difference < 1e-5, "{azimuth} {torsion}");
        assert!(values[9].is_nan());
    }
}
