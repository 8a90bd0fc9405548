//! A proline's ring seen from the backbone that holds it: the coordinates that are drawn, and those that they depend on.
//! Draws nothing.

use super::Pivot;
use super::pivot::wrap;
use crate::topology::{PuckerRing, Topology, torsion_rad};
use nalgebra::{Matrix3, Vector3};
use std::f64::consts::{PI, TAU};

/// Where the coordinate of phi is zero, rad: the middle of what a proline's can be.
const PHI_CENTRE: f64 = -1.2;

/// Parts of the circle that the pucker's phase is divided in.
pub(super) const N_PUCKERS: usize = 10;

/// One ring, and what a redrawing of it needs to know.
///
/// The frame of N, CA and C does not move. In it the ring's CB, CG and CD are drawn anew, hydrogens following rigidly, and all
/// that comes before N turns about CA-N by a new phi, where the molecule has that. Both maps keep volumes, so densities in nm
/// and rad are densities of Cartesian coordinates up to a factor that does not change.
#[derive(Debug, Clone)]
pub(super) struct RingGeometry {
    pub(super) ring: PuckerRing,
    carbonyl: usize,
    /// On CA, outside ring and backbone, and on C.
    around: Vec<usize>,
    /// On N, where nothing comes before it.
    on_nitrogen: Vec<usize>,
    phi: Option<Pivot>,
    /// omega and psi of what comes before N, as far as there are such.
    before_torsions: Vec<[usize; 4]>,
}

/// Origin and axes of a frame, the axes in columns.
struct Frame {
    origin: Vector3<f64>,
    axes: Matrix3<f64>,
}

fn at(positions: &[f64], atom: usize) -> Vector3<f64> {
    Vector3::from_column_slice(&positions[3 * atom..3 * atom + 3])
}

impl RingGeometry {
    /// `None` for a ring whose CA carries no C.
    pub(super) fn new(topology: &Topology, ring: PuckerRing) -> Option<Self> {
        let [n, ca, cb, _, cd] = ring.atoms;
        let carbonyl = topology.atom_index(ring.residue_index, "C")?;
        let neighbors = topology.neighbors();
        let others = |of: usize, known: [usize; 3]| -> Vec<usize> {
            let others = neighbors[of].iter().copied();
            others.filter(|atom| !known.contains(atom)).collect()
        };
        let mut around = others(ca, [n, cb, carbonyl]);
        around.extend(topology.atom_index(ring.residue_index, "O"));
        let on_nitrogen = others(n, [ca, cd, cd]);
        let before = on_nitrogen
            .iter()
            .copied()
            .find(|&atom| topology.atoms[atom].residue_index != ring.residue_index);
        let moving = before.and_then(|before| side_of(&neighbors, before, n, ca));
        let phi = before.zip(moving).map(|(before, moving)| Pivot {
            name: format!("phi_{}", topology.residues[ring.residue_index].number),
            atoms: [carbonyl, ca, n, before],
            moving,
        });
        let before_torsions = before.map_or(Vec::new(), |before| {
            let residue = topology.atoms[before].residue_index;
            let [alpha, nitrogen] = ["CA", "N"].map(|name| topology.atom_index(residue, name));
            let alpha = alpha.or(topology.atom_index(residue, "CH3"));
            let omega = alpha.map(|alpha| [alpha, before, n, ca]);
            let psi = alpha.zip(nitrogen);
            let psi = psi.map(|(alpha, nitrogen)| [nitrogen, alpha, before, n]);
            omega.into_iter().chain(psi).collect()
        });
        Some(Self {
            ring,
            carbonyl,
            around,
            before_torsions,
            on_nitrogen,
            phi,
        })
    }

    /// Number of coordinates that the ring depends on, and of all.
    pub(super) fn sizes(&self) -> [usize; 2] {
        let before = match self.phi {
            Some(_) => 2 + 2 * self.before_torsions.len(),
            None => 3 * self.on_nitrogen.len(),
        };
        let n_given = 3 + 3 * self.around.len() + before;
        [n_given, n_given + usize::from(self.phi.is_some()) + 9]
    }

    /// All coordinates, the given ones first: in nm, phi in rad from [`PHI_CENTRE`].
    pub(super) fn describe(&self, positions: &[f64]) -> Vec<f64> {
        let frame = self.frame(positions);
        let [n, ca, cb, cg, cd] = self.ring.atoms;
        let seen = |atom| frame.axes.tr_mul(&(at(positions, atom) - frame.origin));
        let mut values = vec![(at(positions, ca) - at(positions, n)).norm()];
        let carbonyl = seen(self.carbonyl);
        values.extend([carbonyl.x, carbonyl.y]);
        for &atom in &self.around {
            values.extend(&seen(atom));
        }
        if let Some(phi) = &self.phi {
            let before = seen(phi.atoms[3]);
            values.extend([before.x, before.y.hypot(before.z)]);
            for &atoms in &self.before_torsions {
                let (sine, cosine) = torsion_rad(positions.as_chunks().0, atoms).sin_cos();
                values.extend([sine, cosine]);
            }
            let angle = torsion_rad(positions.as_chunks().0, phi.atoms);
            values.push(wrap(angle - PHI_CENTRE));
        } else {
            for &atom in &self.on_nitrogen {
                values.extend(&seen(atom));
            }
        }
        for atom in [cb, cg, cd] {
            values.extend(&seen(atom));
        }
        values
    }

    /// Which pucker: the phase P of the ring's torsions, t_j = t_max cos(P + 144 deg j), in [`N_PUCKERS`] equal parts.
    pub(super) fn pucker(&self, positions: &[f64]) -> usize {
        let atoms = self.ring.atoms;
        let (mut sine, mut cosine) = (0.0, 0.0);
        for place in 0..5_u8 {
            let torsion = [1, 2, 3, 4].map(|k| atoms[(usize::from(place) + k) % 5]);
            let angle = torsion_rad(positions.as_chunks().0, torsion);
            let turn = 0.8 * PI * f64::from(place);
            cosine += angle * turn.cos();
            sine -= angle * turn.sin();
        }
        let turns = (sine.atan2(cosine) / TAU).rem_euclid(1.0);
        (0..N_PUCKERS - 1)
            .zip(1_u8..)
            .find(|(_, end)| turns * N_PUCKERS as f64 <= f64::from(*end))
            .map_or(N_PUCKERS - 1, |(part, _)| part)
    }

    /// Puts what was drawn in the place of what is there, with velocities turned along; `false` for a phi out of range.
    pub(super) fn place(
        &self,
        drawn: &[f64],
        positions: &mut [f64],
        velocities: &mut [f64],
    ) -> bool {
        let frame = self.frame(positions);
        let mut coordinates = drawn;
        if let Some(phi) = &self.phi {
            let new = coordinates[0];
            coordinates = &coordinates[1..];
            if new.abs() > PI {
                return false;
            }
            let old = torsion_rad(positions.as_chunks().0, phi.atoms);
            phi.turn_moving(positions, velocities, new + PHI_CENTRE - old);
        }
        let before = self.joints(positions);
        for (&atom, own) in self.ring.atoms[2..].iter().zip(coordinates.chunks_exact(3)) {
            let x = frame.origin + frame.axes * Vector3::from_column_slice(own);
            positions[3 * atom..3 * atom + 3].copy_from_slice(x.as_slice());
        }
        let after = self.joints(positions);
        let hanging = [&self.ring.on_beta, &self.ring.on_gamma, &self.ring.on_delta];
        for (((before, after), hanging), &joint) in before
            .iter()
            .zip(&after)
            .zip(hanging)
            .zip(&self.ring.atoms[2..])
        {
            let turn = after.axes * before.axes.transpose();
            for &atom in hanging {
                let x = after.origin + turn * (at(positions, atom) - before.origin);
                positions[3 * atom..3 * atom + 3].copy_from_slice(x.as_slice());
            }
            for atom in std::iter::once(joint).chain(hanging.iter().copied()) {
                let v = turn * at(velocities, atom);
                velocities[3 * atom..3 * atom + 3].copy_from_slice(v.as_slice());
            }
        }
        true
    }

    /// N at the origin, x towards CA, C in the plane of x and y.
    fn frame(&self, positions: &[f64]) -> Frame {
        let [n, ca, ..] = self.ring.atoms;
        let [n, ca, c] = [n, ca, self.carbonyl].map(|atom| at(positions, atom));
        let x = (ca - n).normalize();
        let away = c - ca;
        let y = (away - x * away.dot(&x)).normalize();
        Frame {
            origin: n,
            axes: Matrix3::from_columns(&[x, y, x.cross(&y)]),
        }
    }

    /// Frames of CB, CG and CD: x halves the angle of the ring there, y is normal to its plane.
    fn joints(&self, positions: &[f64]) -> [Frame; 3] {
        let [n, ca, cb, cg, cd] = self.ring.atoms;
        [[ca, cb, cg], [cb, cg, cd], [cg, cd, n]].map(|atoms| {
            let [before, joint, after] = atoms.map(|atom| at(positions, atom));
            let [a, b] = [before, after].map(|other| (other - joint).normalize());
            let x = (a + b).normalize();
            let y = a.cross(&b).normalize();
            Frame {
                origin: joint,
                axes: Matrix3::from_columns(&[x, y, x.cross(&y)]),
            }
        })
    }
}

/// All atoms on the side of `from` of its bond to `joint`; `None` where they lead around to `forbidden`.
fn side_of(
    neighbors: &[Vec<usize>],
    from: usize,
    joint: usize,
    forbidden: usize,
) -> Option<Vec<usize>> {
    let (mut found, mut stack) = (vec![from], vec![from]);
    while let Some(atom) = stack.pop() {
        for &next in &neighbors[atom] {
            if next == forbidden || (next == joint && atom != from) {
                return None;
            }
            if next != joint && !found.contains(&next) {
                found.push(next);
                stack.push(next);
            }
        }
    }
    found.sort_unstable();
    Some(found)
}
