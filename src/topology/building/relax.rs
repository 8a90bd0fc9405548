//! Cartesian relaxation of a ring that torsions alone close roughly: bond lengths, angles, planes, hands and contacts as springs,
//! and the checks of what came out. Not an energy: the force field's minimiser starts from the result.

use super::blueprint::Blueprint;
use super::clash::ClashScore;
use crate::topology::Topology;
use crate::topology::chirality::{ChiralCenter, chiral_centers};
use crate::topology::element::Element;
use crate::topology::internal_coordinates::{Point, torsion};
use crate::topology::torsions::{PeptideBond, peptide_bonds};
use std::fmt;

/// Steps of the relaxation.
const N_STEPS: usize = 1500;
/// A bond is sound within this share of its length.
const LENGTH_TOLERANCE: f64 = 0.08;
/// CA-CA distance across a trans peptide bond, nm.
const TRANS_NM: f64 = 0.38;
/// A peptide bond twisted farther than this from trans is none, degrees: the force field straightens the rest.
const MOST_BENT_DEG: f64 = 135.0;
/// Score of contacts beyond which atoms clash.
const CLASH: f64 = 0.6;
/// Weights of the springs: squared nm of distances, of volumes over a typical length squared, and of contacts.
const DISTANCE_WEIGHT: f64 = 500.0;
const VOLUME_WEIGHT: f64 = 2.0e6;
const CONTACT_WEIGHT: f64 = 1.0;

/// A distance with its aim in nm.
#[derive(Debug, Clone, Copy)]
struct Spring {
    atoms: [usize; 2],
    length_nm: f64,
}

/// Signed volume of three neighbours about an atom with its aim in nm³: zero is a plane.
#[derive(Debug, Clone, Copy)]
struct Volume {
    /// The centre, then its neighbours.
    atoms: [usize; 4],
    aim_nm3: f64,
}

/// What a molecule should look like, whatever its torsions.
pub(super) struct Shape<'a> {
    score: &'a ClashScore,
    topology: &'a Topology,
    bonds: Vec<Spring>,
    springs: Vec<Spring>,
    volumes: Vec<Volume>,
    centers: Vec<ChiralCenter>,
    omegas: Vec<PeptideBond>,
}

/// What is wrong with a structure.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}

impl<'a> Shape<'a> {
    /// Lengths and angles as the blueprint lays them out; ideal ones where a bond joins what the blueprint leaves apart.
    pub(super) fn new(blueprint: &'a Blueprint, score: &'a ClashScore) -> Self {
        let topology = &blueprint.topology;
        let positions = blueprint.positions();
        let neighbors = topology.neighbors();
        let measured = |[i, j]: [usize; 2]| (positions[i] - positions[j]).norm();
        let is_new = |&bond: &[usize; 2]| {
            let ideal = ideal_length_nm(topology, bond);
            (measured(bond) - ideal).abs() > 0.2 * ideal
        };
        let new: Vec<[usize; 2]> = topology.bonds.iter().copied().filter(is_new).collect();
        let joints: Vec<usize> = new.concat();
        let length = |i: usize, j: usize| {
            let bond = [i.min(j), i.max(j)];
            match new.contains(&bond) {
                true => ideal_length_nm(topology, bond),
                false => measured(bond),
            }
        };
        let bonds: Vec<Spring> = topology
            .bonds
            .iter()
            .map(|&[i, j]| Spring {
                atoms: [i, j],
                length_nm: length(i, j),
            })
            .collect();
        let mut springs = bonds.clone();
        let mut volumes = Vec::new();
        for (center, around) in neighbors.iter().enumerate() {
            let is_joint = joints.contains(&center);
            for (rank, &i) in around.iter().enumerate() {
                for &j in &around[rank + 1..] {
                    let sides = [length(center, i), length(center, j)];
                    let length_nm = match is_joint {
                        true => across_nm(sides, ideal_angle_rad(topology, &neighbors, center)),
                        false => measured([i, j]),
                    };
                    springs.push(Spring {
                        atoms: [i, j],
                        length_nm,
                    });
                }
            }
            volumes.extend(volume(topology, &neighbors, &positions, center, is_joint));
        }
        let omegas = peptide_bonds(topology);
        springs.extend(omegas.iter().map(|omega| Spring {
            atoms: [omega.atoms[0], omega.atoms[3]],
            length_nm: TRANS_NM,
        }));
        Self {
            score,
            topology,
            bonds,
            springs,
            volumes,
            centers: chiral_centers(topology),
            omegas,
        }
    }

    /// Follow the springs down by inertial relaxation (FIRE, doi:10.1103/PhysRevLett.97.170201).
    pub(super) fn relax(&self, positions: &mut [Point]) {
        let n_atoms = positions.len();
        let mut velocities = vec![Point::zeros(); n_atoms];
        let (mut step, mut mixing, mut n_downhill) = (0.002, 0.1, 0);
        for _ in 0..N_STEPS {
            let forces = self.forces(positions);
            let along =
                |a: &[Point], b: &[Point]| -> f64 { a.iter().zip(b).map(|(a, b)| a.dot(b)).sum() };
            let squared = along(&forces, &forces);
            if squared < 1e-6 {
                break;
            }
            if along(&forces, &velocities) > 0.0 {
                let scale = (along(&velocities, &velocities) / squared).sqrt();
                for (velocity, force) in velocities.iter_mut().zip(&forces) {
                    *velocity = (1.0 - mixing) * *velocity + mixing * scale * force;
                }
                n_downhill += 1;
                if n_downhill > 5 {
                    step = (step * 1.1_f64).min(0.02);
                    mixing *= 0.99;
                }
            } else {
                velocities.fill(Point::zeros());
                (step, mixing, n_downhill) = (step * 0.5, 0.1, 0);
            }
            for ((position, velocity), force) in
                positions.iter_mut().zip(&mut velocities).zip(&forces)
            {
                *velocity += step * force;
                let moved = step * *velocity;
                *position += moved * (0.01 / moved.norm().max(0.01));
            }
        }
    }

    fn forces(&self, positions: &[Point]) -> Vec<Point> {
        let mut forces = vec![Point::zeros(); positions.len()];
        for &Spring {
            atoms: [i, j],
            length_nm,
        } in &self.springs
        {
            let apart = positions[j] - positions[i];
            let distance = apart.norm().max(1e-6);
            let pull = 2.0 * DISTANCE_WEIGHT * (distance - length_nm) / distance * apart;
            forces[i] += pull;
            forces[j] -= pull;
        }
        for volume in &self.volumes {
            let [center, a, b, c] = volume.atoms;
            let [x, y, z] = [a, b, c].map(|atom| positions[atom] - positions[center]);
            let excess = x.dot(&y.cross(&z)) - volume.aim_nm3;
            let pull = -2.0 * VOLUME_WEIGHT * excess;
            let gradients = [y.cross(&z), z.cross(&x), x.cross(&y)];
            for (atom, gradient) in [a, b, c].into_iter().zip(gradients) {
                forces[atom] += pull * gradient;
                forces[center] -= pull * gradient;
            }
        }
        self.score
            .add_forces(positions, CONTACT_WEIGHT, &mut forces);
        forces
    }

    /// Everything that a sound structure has not: long bonds, wrong hands, cis peptide bonds, clashes.
    pub(super) fn faults(&self, positions: &[Point]) -> Faults {
        let mut faults = Vec::new();
        for bond in &self.bonds {
            let [i, j] = bond.atoms;
            let distance_nm = (positions[i] - positions[j]).norm();
            if (distance_nm - bond.length_nm).abs() > LENGTH_TOLERANCE * bond.length_nm {
                faults.push(format!(
                    "{} and {} bonded at {distance_nm:.3} nm instead of {:.3} nm",
                    self.topology.label(i),
                    self.topology.label(j),
                    bond.length_nm
                ));
            }
        }
        let plain: Vec<[f64; 3]> = positions.iter().map(|p| [p.x, p.y, p.z]).collect();
        for center in &self.centers {
            let index = self.topology.atoms[center.center].residue_index;
            let sign = if self.topology.mirrored_residues.contains(&index) {
                -1.0
            } else {
                1.0
            };
            if sign * center.volume_nm3(&plain) < 0.001 {
                faults.push(format!(
                    "the wrong hand at {}",
                    self.topology.label(center.center)
                ));
            }
        }
        for omega in &self.omegas {
            let [a, b, c, d] = omega.atoms.map(|atom| positions[atom]);
            let angle_deg = torsion(a, b, c, d).to_degrees();
            if angle_deg.abs() < MOST_BENT_DEG {
                faults.push(format!("{} at {angle_deg:.0} degrees", omega.name));
            }
        }
        let all: Vec<usize> = (0..positions.len()).collect();
        let clash = self.score.among(&all, positions);
        #[expect(clippy::cast_precision_loss, reason = "a few hundred atoms")]
        let allowed = CLASH * (1.0 + positions.len() as f64 / 100.0);
        if clash > allowed {
            faults.push(format!("atoms that clash (score {clash:.1})"));
        }
        Faults(faults)
    }
}

/// The volume that keeps a centre of four neighbours in its hand, or one of three in its plane.
fn volume(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    positions: &[Point],
    center: usize,
    is_joint: bool,
) -> Option<Volume> {
    let [a, b, c] = *neighbors[center].get(..3)?.first_chunk()?;
    let atoms = [center, a, b, c];
    if neighbors[center].len() == 4 {
        let [x, y, z] = [a, b, c].map(|atom| positions[atom] - positions[center]);
        return (!is_joint).then_some(Volume {
            atoms,
            aim_nm3: x.dot(&y.cross(&z)),
        });
    }
    let flat = is_flat(topology, neighbors, center);
    flat.then_some(Volume {
        atoms,
        aim_nm3: 0.0,
    })
}

/// Whether an atom of three neighbours is in their plane: carbon, or nitrogen next to such a carbon.
fn is_flat(topology: &Topology, neighbors: &[Vec<usize>], atom: usize) -> bool {
    let trigonal =
        |atom: usize| topology.atoms[atom].element == Element::CARBON && neighbors[atom].len() == 3;
    trigonal(atom)
        || (topology.atoms[atom].element == Element::NITROGEN
            && neighbors[atom].iter().any(|&other| trigonal(other)))
}

/// Sum of covalent radii (Cordero et al., doi:10.1039/b801115j) in nm, shorter for amides and carboxyls.
pub(super) fn ideal_length_nm(topology: &Topology, bond: [usize; 2]) -> f64 {
    let elements = bond.map(|atom| topology.atoms[atom].element);
    let radius = |element| match element {
        Element::HYDROGEN => 0.033,
        Element::NITROGEN => 0.066,
        Element::OXYGEN => 0.062,
        Element::SULFUR => 0.103,
        _ if element == Element::PHOSPHORUS => 0.1,
        _ => 0.072,
    };
    radius(elements[0]) + radius(elements[1])
}

pub(super) fn ideal_angle_rad(topology: &Topology, neighbors: &[Vec<usize>], center: usize) -> f64 {
    let degrees: f64 = match (neighbors[center].len(), topology.atoms[center].element) {
        (3, _) => 120.0,
        (2, Element::SULFUR) => 103.0,
        (2, Element::OXYGEN) => 117.0,
        _ => 109.47,
    };
    degrees.to_radians()
}

/// The third side of a triangle.
pub(super) fn across_nm([a, b]: [f64; 2], angle_rad: f64) -> f64 {
    (a * a + b * b - 2.0 * a * b * angle_rad.cos()).sqrt()
}
