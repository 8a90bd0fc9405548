//! A molecule as bond lengths, angles and torsions over a spanning tree of its bonds, and back.
//!
//! The first neighbour placed on an atom has a torsion about the bond behind it; its siblings turn relative to it, so that one
//! coordinate turns everything beyond a bond. Rings are cut at one bond, whose length the energy keeps.

use crate::topology::{Element, Point, Topology, place, point, torsion};

/// The tree cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ZMatrixError {
    /// Fewer atoms than a torsion has, or atoms that no bond reaches.
    #[error(
        "bonds connect {got} of the molecule's {expected} atoms, and at least 4 are needed: internal coordinates describe one \
         molecule at a time; simulate several chains with `saltus run`"
    )]
    NotConnected {
        /// Atoms reached from the first.
        got: usize,
        /// Atoms of the molecule.
        expected: usize,
    },
    /// A torsion that has to be a coordinate is none.
    #[error(
        "the torsion {name} is no internal coordinate of this molecule, as happens where chains are bridged: simulate it with \
         `saltus run`"
    )]
    NoCoordinate {
        /// The torsion.
        name: String,
    },
}

/// How one atom is placed from atoms placed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    atom: usize,
    /// The atom it is bonded to, the one before that, and the far end of its torsion: a sibling, or the atom one further back.
    references: [usize; 3],
    /// Row of `references[0]`.
    parent: usize,
    /// Whether other atoms on the same parent turn with its torsion.
    leads: bool,
}

/// The tree: `3 n_atoms - 6` coordinates, all lengths (nm), then all angles, then all torsions (rad).
#[derive(Debug, Clone, PartialEq)]
pub struct ZMatrix {
    rows: Vec<Row>,
}

impl ZMatrix {
    /// Spans the bonds from the first atom with two neighbours on; each of the torsions asked for leads where it can.
    ///
    /// # Errors
    /// [`ZMatrixError::NotConnected`].
    pub fn new(topology: &Topology, torsions: &[[usize; 4]]) -> Result<Self, ZMatrixError> {
        let neighbors = topology.neighbors();
        let found = Self::span(topology, &neighbors, torsions);
        let got = found.as_ref().map_or(0, |rows| rows.len());
        let expected = topology.n_atoms();
        match found {
            Some(rows) if got == expected && got >= 4 => Ok(Self { rows }),
            _ => Err(ZMatrixError::NotConnected { got, expected }),
        }
    }

    fn span(
        topology: &Topology,
        neighbors: &[Vec<usize>],
        torsions: &[[usize; 4]],
    ) -> Option<Vec<Row>> {
        let branches = |atom: &usize| neighbors[*atom].len() > 1;
        let root = (0..topology.n_atoms()).find(branches)?;
        let second = neighbors[root].iter().copied().find(branches)?;
        let third = neighbors[root].iter().copied().find(|&a| a != second)?;
        let row = |atom, references, parent, leads| Row {
            atom,
            references,
            parent,
            leads,
        };
        let mut rows = vec![
            row(root, [root; 3], 0, false),
            row(second, [root; 3], 0, false),
            row(third, [root, second, root], 0, false),
        ];
        let mut row_of = vec![usize::MAX; topology.n_atoms()];
        for (index, row) in rows.iter().enumerate() {
            row_of[row.atom] = index;
        }
        let mut next = 0;
        while next < rows.len() {
            let parent = rows[next].atom;
            let before = match next {
                0 => second,
                _ => rows[next].references[0],
            };
            // Behind the first bond lies the third atom, on the other side of it the second or the first.
            let back = match next {
                0 | 1 => third,
                _ if before == root => second,
                _ => rows[row_of[before]].references[0],
            };
            let mut children: Vec<usize> = neighbors[parent]
                .iter()
                .copied()
                .filter(|&atom| row_of[atom] == usize::MAX)
                .collect();
            let leads = |atom: usize| {
                let own = [back, before, parent, atom];
                let wanted = torsions
                    .iter()
                    .any(|&[a, b, c, d]| own == [a, b, c, d] || own == [d, c, b, a]);
                (
                    !wanted,
                    topology.atoms[atom].element == Element::HYDROGEN,
                    atom,
                )
            };
            children.sort_by_key(|&atom| leads(atom));
            for (place, &atom) in children.iter().enumerate() {
                let has_leader = next == 0 || place > 0;
                let far = match (next, place) {
                    (0, _) => third,
                    (_, 0) => back,
                    _ => children[0],
                };
                row_of[atom] = rows.len();
                rows.push(row(atom, [parent, before, far], next, !has_leader));
            }
            next += 1;
        }
        Some(rows)
    }

    /// Number of coordinates.
    #[must_use]
    pub fn n_coordinates(&self) -> usize {
        3 * self.rows.len() - 6
    }

    fn n_lengths(&self) -> usize {
        self.rows.len() - 1
    }

    fn n_angles(&self) -> usize {
        self.rows.len() - 2
    }

    /// Whether a coordinate is a bond length.
    #[must_use]
    pub fn is_length(&self, coordinate: usize) -> bool {
        coordinate < self.n_lengths()
    }

    /// The coordinate that is this torsion, in either direction.
    #[must_use]
    pub fn torsion_coordinate(&self, [a, b, c, d]: [usize; 4]) -> Option<usize> {
        self.find_torsion(|row| {
            let [parent, before, far] = row.references;
            let own = [row.atom, parent, before, far];
            row.leads && (own == [a, b, c, d] || own == [d, c, b, a])
        })
    }

    /// The coordinate that turns everything beyond a bond.
    #[must_use]
    pub fn axis_coordinate(&self, [b, c]: [usize; 2]) -> Option<usize> {
        self.find_torsion(|row| {
            let [parent, before, _] = row.references;
            row.leads && ([parent, before] == [b, c] || [parent, before] == [c, b])
        })
    }

    fn find_torsion(&self, is_wanted: impl Fn(&Row) -> bool) -> Option<usize> {
        let found = self.rows[3..].iter().position(is_wanted);
        found.map(|row| row + self.n_lengths() + self.n_angles())
    }

    /// Coordinates `[n_coordinates]` of positions `[n_atoms * 3]` in nm.
    #[must_use]
    pub fn measure(&self, positions: &[f64]) -> Vec<f64> {
        let positions = positions.as_chunks::<3>().0;
        let at = |atom: usize| point(positions[atom]);
        let lengths = self.rows[1..]
            .iter()
            .map(|row| (at(row.atom) - at(row.references[0])).norm());
        let angles = self.rows[2..].iter().map(|row| {
            let [parent, before, _] = row.references;
            (at(row.atom) - at(parent)).angle(&(at(before) - at(parent)))
        });
        let torsions = self.rows[3..].iter().map(|row| {
            let [parent, before, far] = row.references;
            torsion(at(far), at(before), at(parent), at(row.atom))
        });
        lengths.chain(angles).chain(torsions).collect()
    }

    /// Positions `[n_atoms * 3]` in nm of coordinates `[n_coordinates]`: the first atom at the origin, the second on the z axis.
    pub fn place(&self, coordinates: &[f64], positions: &mut [f64]) {
        let (lengths, rest) = coordinates.split_at(self.n_lengths());
        let (angles, torsions) = rest.split_at(self.n_angles());
        let positions = positions.as_chunks_mut::<3>().0;
        for (index, row) in self.rows.iter().enumerate() {
            let at = |atom: usize| point(positions[atom]);
            let [parent, before, far] = row.references;
            let placed = match index {
                0 => Point::zeros(),
                1 => Point::new(0.0, 0.0, lengths[0]),
                2 => lengths[1] * Point::new(angles[0].sin(), 0.0, angles[0].cos()),
                _ => place(
                    at(parent),
                    at(before),
                    at(far),
                    lengths[index - 1],
                    angles[index - 2],
                    torsions[index - 3],
                ),
            };
            positions[row.atom] = placed.into();
        }
    }

    /// ln of the volume element, prod r² prod sin(angle), in units of nm and rad; minus infinity outside of the domain
    /// (lengths above 0, angles between 0 and pi). Place and orientation of the whole carry no density.
    #[must_use]
    pub fn log_volume(&self, coordinates: &[f64]) -> f64 {
        let (lengths, rest) = coordinates.split_at(self.n_lengths());
        let angles = &rest[..self.n_angles()];
        let outside = lengths.iter().any(|&length| length <= 0.0)
            || angles
                .iter()
                .any(|&angle| angle <= 0.0 || angle >= std::f64::consts::PI);
        if outside {
            return f64::NEG_INFINITY;
        }
        let lengths: f64 = lengths.iter().map(|length| 2.0 * length.ln()).sum();
        lengths + angles.iter().map(|angle| angle.sin().ln()).sum::<f64>()
    }

    /// Derivatives of [`Self::log_volume`], added to `slopes` with a factor.
    pub fn add_log_volume_slopes(&self, coordinates: &[f64], factor: f64, slopes: &mut [f64]) {
        for (index, (slope, &value)) in slopes.iter_mut().zip(coordinates).enumerate() {
            if index < self.n_lengths() {
                *slope += factor * 2.0 / value;
            } else if index < self.n_lengths() + self.n_angles() {
                *slope += factor / value.tan();
            }
        }
    }

    /// Derivatives of the energy by the coordinates `[n_coordinates]`, from forces `[n_atoms * 3]`.
    ///
    /// A coordinate moves what lies beyond it rigidly: lengths shift it, angles and torsions turn it.
    pub fn energy_slopes(&self, positions: &[f64], forces: &[f64], slopes: &mut [f64]) {
        let positions = positions.as_chunks::<3>().0;
        let forces = forces.as_chunks::<3>().0;
        let at = |atom: usize| point(positions[atom]);
        // Force, and torque about the origin, on each row's atom with all beyond it.
        let mut beyond: Vec<[Point; 2]> = self
            .rows
            .iter()
            .map(|row| {
                let force = point(forces[row.atom]);
                [force, at(row.atom).cross(&force)]
            })
            .collect();
        for index in (1..self.rows.len()).rev() {
            let own = beyond[index];
            let parent = &mut beyond[self.rows[index].parent];
            parent[0] += own[0];
            parent[1] += own[1];
        }
        let (n_lengths, n_angles) = (self.n_lengths(), self.n_angles());
        for (index, row) in self.rows.iter().enumerate().skip(1) {
            let [parent, before, _] = row.references;
            let (own, joint) = (at(row.atom), at(parent));
            let [force, torque] = beyond[index];
            slopes[index - 1] = -force.dot(&(own - joint).normalize());
            if index < 2 {
                continue;
            }
            let normal = (at(before) - joint).cross(&(own - joint)).normalize();
            let turning = torque - joint.cross(&force);
            slopes[n_lengths + index - 2] = -normal.dot(&turning);
            if index < 3 {
                continue;
            }
            let axis = (joint - at(before)).normalize();
            let turning = if row.leads {
                // All that is beyond the parent, itself aside, which is on the axis.
                let [force, torque] = beyond[row.parent];
                torque - joint.cross(&force)
            } else {
                turning
            };
            slopes[n_lengths + n_angles + index - 3] = -axis.dot(&turning);
        }
    }
}
