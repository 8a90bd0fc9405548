//! Places hydrogens and the terminal OXT that a file lacks: by the geometry around their parent, else by the template.

use crate::topology::Topology;
use crate::topology::building::blueprint::resolve_reference;
use crate::topology::element::Element;
use crate::topology::internal_coordinates::{Point, place, torsion};
use crate::topology::residue_library::{ResidueLibrary, TemplateAtom};

/// Half the H-C-H angle of a methylene group in rad.
const HALF_METHYLENE_RAD: f64 = 0.942;

/// A molecule some of whose atoms have no position yet.
pub(crate) struct Incomplete<'a> {
    pub(crate) topology: &'a Topology,
    /// Template rows of all atoms, `[n_atoms]`.
    pub(crate) rows: &'a [TemplateAtom],
    pub(crate) positions: Vec<Option<Point>>,
    neighbors: Vec<Vec<usize>>,
}

impl<'a> Incomplete<'a> {
    pub(crate) fn new(
        topology: &'a Topology,
        rows: &'a [TemplateAtom],
        positions: Vec<Option<Point>>,
    ) -> Self {
        Self {
            topology,
            rows,
            positions,
            neighbors: topology.neighbors(),
        }
    }

    /// All positions, the missing ones placed.
    pub(crate) fn complete(mut self) -> Vec<Point> {
        let missing: Vec<usize> = (0..self.positions.len())
            .filter(|&index| self.positions[index].is_none())
            .collect();
        for &index in &missing {
            let placed = self.place_one(index);
            self.positions[index] = Some(placed);
        }
        self.turn_hydroxyls(&missing);
        self.positions
            .into_iter()
            .map(|position| position.expect("invariant: every missing atom was placed"))
            .collect()
    }

    fn at(&self, index: usize) -> Option<Point> {
        self.positions[index]
    }

    fn place_one(&self, index: usize) -> Point {
        let parent = self.neighbors[index][0];
        let origin = self
            .at(parent)
            .expect("invariant: the parent of a missing atom is a heavy atom of the file");
        let guess = self.by_template(index);
        if self.topology.atoms[index].element != Element::HYDROGEN {
            return guess.expect("invariant: OXT is placed from N, CA and C");
        }
        let length = self.rows[index].length_nm;
        let directions: Vec<Point> = self.neighbors[parent]
            .iter()
            .filter(|&&n| self.topology.atoms[n].element != Element::HYDROGEN)
            .filter_map(|&n| Some((self.at(n)? - origin).normalize()))
            .collect();
        let opposite = -directions.iter().sum::<Point>();
        match (self.neighbors[parent].len(), directions.len()) {
            (4, 3) | (3, 2) => opposite
                .try_normalize(1e-3)
                .map(|direction| origin + length * direction)
                .or(guess),
            (4, 2) => opposite.try_normalize(1e-3).map(|bisector| {
                let normal = directions[0].cross(&directions[1]).normalize();
                self.methylene(index, parent, origin, length, [bisector, normal])
            }),
            _ => guess,
        }
        .or(guess)
        .expect("invariant: the residue data place every hydrogen")
    }

    /// The side of a methylene group that its other hydrogen leaves free, else the one nearer the template.
    fn methylene(
        &self,
        index: usize,
        parent: usize,
        origin: Point,
        length: f64,
        [bisector, normal]: [Point; 2],
    ) -> Point {
        let side = |sign: f64| {
            origin
                + length
                    * (HALF_METHYLENE_RAD.cos() * bisector
                        + sign * HALF_METHYLENE_RAD.sin() * normal)
        };
        let sibling = self.neighbors[parent]
            .iter()
            .filter(|&&n| n != index && self.topology.atoms[n].element == Element::HYDROGEN)
            .find_map(|&n| self.at(n));
        let [plus, minus] = [side(1.0), side(-1.0)];
        let (toward, sign) = match (sibling, self.by_template(index)) {
            (Some(sibling), _) => (sibling, -1.0),
            (None, Some(guess)) => (guess, 1.0),
            (None, None) => (plus, 1.0),
        };
        if sign * ((plus - toward).norm() - (minus - toward).norm()) <= 0.0 {
            plus
        } else {
            minus
        }
    }

    /// By the template's internal coordinates, turned with those atoms about the same bond that are there.
    fn by_template(&self, index: usize) -> Option<Point> {
        let row = &self.rows[index];
        let references = row.references.as_ref()?;
        let residue_index = self.topology.atoms[index].residue_index;
        let mut points = [Point::zeros(); 3];
        for (slot, name) in points.iter_mut().zip(references) {
            *slot = self.at(resolve_reference(
                self.topology,
                residue_index,
                name,
                false,
            )?)?;
        }
        let [parent, before, far] = points;
        let atoms = self.topology.residues[residue_index].atoms.clone();
        let shift = atoms
            .filter(|&other| other != index && self.rows[other].references == row.references)
            .find_map(|other| {
                let measured = torsion(far, before, parent, self.at(other)?);
                Some(measured - self.rows[other].torsion_rad)
            });
        let torsion_rad = row.torsion_rad + shift.unwrap_or(0.0);
        Some(place(
            parent,
            before,
            far,
            row.length_nm,
            row.angle_rad,
            torsion_rad,
        ))
    }

    /// Turn the hydroxyl and thiol hydrogens that were placed to the angle that keeps them farthest from other atoms.
    fn turn_hydroxyls(&mut self, placed: &[usize]) {
        for &index in placed {
            let residue_index = self.topology.atoms[index].residue_index;
            let template = ResidueLibrary::get().find(&self.topology.residues[residue_index].name);
            let torsion = template.and_then(|t| {
                t.turnable
                    .iter()
                    .find(|t| t.atoms[3] == self.rows[index].name)
            });
            let Some(torsion) = torsion else { continue };
            let points = [2, 1, 0].map(|slot: usize| {
                let atom = self
                    .topology
                    .atom_index(residue_index, &torsion.atoms[slot]);
                atom.and_then(|atom| self.at(atom))
            });
            let [Some(parent), Some(before), Some(far)] = points else {
                continue;
            };
            let row = &self.rows[index];
            let best = torsion
                .values_deg
                .iter()
                .map(|angle| {
                    place(
                        parent,
                        before,
                        far,
                        row.length_nm,
                        row.angle_rad,
                        angle.to_radians(),
                    )
                })
                .max_by(|a, b| self.room(index, *a).total_cmp(&self.room(index, *b)));
            self.positions[index] = best.or(self.positions[index]);
        }
    }

    /// Distance in nm from a point to the nearest atom that is not bonded to the same parent.
    fn room(&self, index: usize, point: Point) -> f64 {
        let parent = self.neighbors[index][0];
        (0..self.positions.len())
            .filter(|&other| {
                other != index && other != parent && !self.neighbors[parent].contains(&other)
            })
            .filter_map(|other| Some((self.at(other)? - point).norm()))
            .fold(f64::INFINITY, f64::min)
    }
}
