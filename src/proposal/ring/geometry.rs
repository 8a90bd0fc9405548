//! A proline's ring seen from the backbone that holds it: the coordinates that are drawn, how hydrogens lean with them, and the
//! redrawing itself.

use super::conditional_normal::Sizes;
use super::frame::{RingFrame, at};
use super::surroundings::RingSurroundings;
use crate::topology::{PuckerRing, Topology};
use crate::vector::wrap;
use nalgebra::{Matrix3, Quaternion, UnitQuaternion, Vector3};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Where the coordinate of phi is zero, rad: the middle of what a proline's can be.
const PHI_CENTRE: f64 = -1.2;

/// Angles by which what hangs on CB, CG and CD leans.
pub(super) const N_LEANS: usize = 9;

/// Parts of the circle that the pucker's phase is divided in.
pub(super) const N_PUCKERS: usize = 10;

/// One ring, and what a redrawing of it needs to know.
///
/// The frame of N, CA and C does not move. In it the ring's CB, CG and CD are drawn anew, and all that comes before N turns
/// about CA-N by a new phi and about the peptide bond by how far that is from flat, where the molecule has them; and by half a
/// turn more where cis is to become trans, or trans cis. What hangs on CB, CG and CD follows rigidly with the frame of the ring's angle there, and leans in that frame: it
/// turns by a rotation vector that is a function of the drawn coordinates, for hydrogens stand otherwise in one pucker than
/// in the other. Given what is drawn these are rotations, so all maps keep volumes, and densities in nm and rad are densities
/// of Cartesian coordinates up to a factor that does not change.
#[derive(Debug, Clone)]
pub(crate) struct RingGeometry {
    pub(crate) ring: PuckerRing,
    carbonyl: usize,
    /// Sines and cosines that run round the ring once, and twice, from between CB and CG on.
    waves: [[f64; 5]; 4],
    surroundings: RingSurroundings,
    n_given: usize,
    n_drawn: usize,
}

impl RingGeometry {
    /// `None` for a ring whose CA carries no C.
    pub(crate) fn new(topology: &Topology, ring: PuckerRing) -> Option<Self> {
        let carbonyl = topology.atom_index(ring.residue_index, "C")?;
        let surroundings = RingSurroundings::new(topology, &ring, carbonyl);
        let wave = |times: f64, function: fn(f64) -> f64| {
            [0.0, 1.0, 2.0, 3.0, 4.0].map(|place| function(times * TAU / 5.0 * (place - 2.5)))
        };
        let waves = [
            wave(1.0, f64::sin),
            wave(1.0, f64::cos),
            wave(2.0, f64::sin),
            wave(2.0, f64::cos),
        ];
        let mut geometry = Self {
            ring,
            carbonyl,
            waves,
            surroundings,
            n_given: 0,
            n_drawn: 0,
        };
        // As many wherever the atoms are.
        let positions = vec![0.0; 3 * topology.atoms.len()];
        geometry.n_given = geometry.given(&positions, false).len();
        geometry.n_drawn = geometry.drawn(&positions).len();
        Some(geometry)
    }

    /// Numbers of coordinates: given, of how things lean, and drawn.
    pub(crate) fn sizes(&self) -> Sizes {
        Sizes {
            n_given: self.n_given,
            n_followers: N_LEANS,
            n_drawn: self.n_drawn,
            n_parts: N_PUCKERS,
        }
    }

    /// Whether the peptide bond before it turns.
    pub(super) fn has_isomers(&self) -> bool {
        self.surroundings.turning.is_some()
    }

    /// The given coordinates: lengths in nm, functions of angles without unit; those of the other isomer where `flipped`.
    pub(crate) fn given(&self, positions: &[f64], flipped: bool) -> Vec<f64> {
        let frame = self.frame(positions);
        let [n, ca, ..] = self.ring.atoms;
        let carbonyl = frame.seen(positions, self.carbonyl);
        let bond = (at(positions, ca) - at(positions, n)).norm();
        let mut values = vec![bond, carbonyl.x, carbonyl.y];
        values.extend(self.surroundings.values(&frame, positions, flipped));
        values
    }

    /// The drawn coordinates: phi in rad from [`PHI_CENTRE`] and omega from flat where they turn, CB, CG and CD in nm.
    pub(crate) fn drawn(&self, positions: &[f64]) -> Vec<f64> {
        let frame = self.frame(positions);
        let mut values = Vec::with_capacity(self.n_drawn);
        if let Some([phi, omega]) = &self.surroundings.turning {
            values.push(wrap(phi.torsion_rad(positions) - PHI_CENTRE));
            values.push(from_flat(omega.torsion_rad(positions)));
        }
        for &atom in &self.ring.atoms[2..] {
            values.extend(&frame.seen(positions, atom));
        }
        values
    }

    /// How what hangs on CB, CG and CD leans, sines of three angles each, less the rotation vectors `turns` `[N_LEANS]`.
    ///
    /// In a joint's frame x halves the ring's angle and y is normal to its plane: twist is about x, wagging about y,
    /// rocking about z.
    pub(crate) fn leans(&self, positions: &[f64], turns: &[f64]) -> [f64; N_LEANS] {
        let mut leans = [0.0; N_LEANS];
        let joints = self.joints(positions, turns);
        for ((joint, hanging), leans) in joints
            .iter()
            .zip(self.hanging())
            .zip(leans.chunks_exact_mut(3))
        {
            let seen = |&atom: &usize| joint.seen(positions, atom).normalize();
            let sum: Vector3<f64> = hanging.iter().map(seen).sum();
            let between = match hanging[..] {
                [first, .., last] => seen(&first) - seen(&last),
                _ => Vector3::y(),
            };
            // Atoms are numbered alike in every proline, but not so that the first is on one side.
            let between = between * between.y.signum();
            leans[0] = between.z / between.norm();
            leans[1] = sum.z / sum.norm();
            leans[2] = -sum.y / sum.norm();
        }
        leans
    }

    /// Which pucker: the phase of the atoms' distances from their mean plane, z_j = z_max sin(P + 144 deg (j - 5/2)) from
    /// N = 0 on, in [`N_PUCKERS`] equal parts. At 0 CB and CG are the farthest, on different sides.
    ///
    /// The plane is that of D. Cremer and J. A. Pople, doi:10.1021/ja00839a011.
    pub(crate) fn pucker(&self, positions: &[f64]) -> usize {
        let atoms = self.ring.atoms.map(|atom| at(positions, atom));
        let sum = |wave: &[f64; 5]| -> Vector3<f64> {
            atoms.iter().zip(wave).map(|(x, factor)| *x * *factor).sum()
        };
        let normal = sum(&self.waves[0]).cross(&sum(&self.waves[1]));
        let [sine, cosine] = [2, 3].map(|wave| sum(&self.waves[wave]).dot(&normal));
        let turns = (cosine.atan2(sine) / TAU).rem_euclid(1.0);
        (0..N_PUCKERS - 1)
            .zip(1_u8..)
            .find(|(_, end)| turns * N_PUCKERS as f64 <= f64::from(*end))
            .map_or(N_PUCKERS - 1, |(part, _)| part)
    }

    /// Turns the peptide bond before the ring by half a turn, where it can turn.
    pub(super) fn flip_isomer(&self, positions: &mut [f64], velocities: &mut [f64]) {
        if let Some([_, omega]) = &self.surroundings.turning {
            omega.turn_moving(positions, velocities, PI);
        }
    }

    /// Puts what was drawn in the place of what is there, with velocities turned along; `false` for angles out of range.
    /// The isomer stays.
    ///
    /// `turns` are the rotation vectors by which things lean now, and by which they will, `[N_LEANS]` each.
    pub(crate) fn place(
        &self,
        drawn: &[f64],
        turns: [&[f64]; 2],
        positions: &mut [f64],
        velocities: &mut [f64],
    ) -> bool {
        let frame = self.frame(positions);
        let mut coordinates = drawn;
        if let Some([phi, omega]) = &self.surroundings.turning {
            let new = [coordinates[0], coordinates[1]];
            coordinates = &coordinates[2..];
            if new[0].abs() > PI || new[1].abs() > FRAC_PI_2 {
                return false;
            }
            let old = [
                phi.torsion_rad(positions) - PHI_CENTRE,
                from_flat(omega.torsion_rad(positions)),
            ];
            phi.turn_moving(positions, velocities, new[0] - old[0]);
            omega.turn_moving(positions, velocities, new[1] - old[1]);
        }
        let before = self.joints(positions, turns[0]);
        for (&atom, own) in self.ring.atoms[2..].iter().zip(coordinates.chunks_exact(3)) {
            let x = frame.origin + frame.axes * Vector3::from_column_slice(own);
            positions[3 * atom..3 * atom + 3].copy_from_slice(x.as_slice());
        }
        let after = self.joints(positions, turns[1]);
        let joints = before.iter().zip(&after).zip(self.hanging());
        for (((before, after), hanging), &joint) in joints.zip(&self.ring.atoms[2..]) {
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

    /// What hangs on CB, CG and CD.
    fn hanging(&self) -> [&Vec<usize>; 3] {
        [&self.ring.on_beta, &self.ring.on_gamma, &self.ring.on_delta]
    }

    /// N at the origin, x towards CA, C in the plane of x and y.
    fn frame(&self, positions: &[f64]) -> RingFrame {
        let [n, ca, ..] = self.ring.atoms;
        let [n, ca, c] = [n, ca, self.carbonyl].map(|atom| at(positions, atom));
        let x = (ca - n).normalize();
        let away = c - ca;
        let y = (away - x * away.dot(&x)).normalize();
        RingFrame {
            origin: n,
            axes: Matrix3::from_columns(&[x, y, x.cross(&y)]),
        }
    }

    /// Frames of CB, CG and CD, x halving the angle of the ring there and y normal to its plane, turned by rotation vectors.
    fn joints(&self, positions: &[f64], turns: &[f64]) -> [RingFrame; 3] {
        let [n, ca, cb, cg, cd] = self.ring.atoms;
        let mut turns = turns.chunks_exact(3).map(Vector3::from_column_slice);
        [[ca, cb, cg], [cb, cg, cd], [cg, cd, n]].map(|atoms| {
            let [before, joint, after] = atoms.map(|atom| at(positions, atom));
            // A rotation vector of length 2 tan(a/2), next to a for the small angles that these are.
            let half = 0.5 * turns.next().unwrap_or_default();
            let turn = UnitQuaternion::new_normalize(Quaternion::from_parts(1.0, half));
            let [a, b] = [before, after].map(|other| (other - joint).normalize());
            let x = (a + b).normalize();
            let y = a.cross(&b).normalize();
            RingFrame {
                origin: joint,
                axes: Matrix3::from_columns(&[x, y, x.cross(&y)])
                    * turn.to_rotation_matrix().matrix(),
            }
        })
    }
}

/// How far a peptide bond's torsion is from 0 or 180 degrees, whichever is nearer, rad.
fn from_flat(omega: f64) -> f64 {
    0.5 * wrap(2.0 * omega)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use crate::topology::{Sequence, build, pucker_rings};
    use nalgebra::{DMatrix, Rotation3};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    /// A ring with a cap before it, with a residue before it, and with none; positions that are not those built.
    fn rings() -> impl Iterator<Item = (RingGeometry, Vec<f64>)> {
        ["ACE-PRO-NME", "GPA", "PA"].into_iter().map(|sequence| {
            let molecule = build(&Sequence::parse(sequence).unwrap(), &[]).unwrap();
            let ring = pucker_rings(&molecule.topology).remove(0);
            let geometry = RingGeometry::new(&molecule.topology, ring).unwrap();
            let mut stream = rng::stream(7);
            let noise = |x: &f64| x + 0.01 * stream.sample::<f64, _>(StandardNormal);
            let positions = molecule.positions.as_flattened().iter().map(noise);
            (geometry, positions.collect())
        })
    }

    /// Rotation vectors that follow the drawn coordinates somehow.
    fn turns(drawn: &[f64]) -> Vec<f64> {
        let wave = |k: usize| {
            (0..)
                .zip(drawn)
                .map(move |(i, x)| f64::sin((i * 7 + k) as f64) * x)
        };
        (0..N_LEANS).map(|k| wave(k).sum()).collect()
    }

    /// Moves every drawn coordinate by a given amount.
    fn shifted(geometry: &RingGeometry, positions: &[f64], by: &[f64]) -> Vec<f64> {
        let old = geometry.drawn(positions);
        let new: Vec<f64> = old.iter().zip(by).map(|(x, by)| x + by).collect();
        let (mut after, mut still) = (positions.to_vec(), vec![0.0; positions.len()]);
        let turns = [turns(&old), turns(&new)];
        assert!(geometry.place(&new, [&turns[0], &turns[1]], &mut after, &mut still));
        after
    }

    fn shift(n: usize) -> Vec<f64> {
        (0..n).map(|i| 0.03 * f64::cos(5.0 * i as f64)).collect()
    }

    fn assert_close(got: &[f64], expected: &[f64]) {
        let largest = got.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(largest.fold(0.0, f64::max) < 1e-9, "{got:?}\n{expected:?}");
    }

    #[test]
    fn what_is_drawn_arrives_and_what_it_depends_on_stays() {
        for (geometry, before) in rings() {
            let old = geometry.drawn(&before);
            let by = shift(old.len());
            let after = shifted(&geometry, &before, &by);
            let new = geometry.drawn(&after);
            let expected: Vec<f64> = old.iter().zip(&by).map(|(x, by)| x + by).collect();
            assert_close(&new, &expected);
            let given = geometry.given(&before, false);
            assert_close(&geometry.given(&after, false), &given);
            assert_eq!(given.len(), geometry.sizes().n_given);
            assert_close(
                &geometry.leans(&after, &turns(&new)),
                &geometry.leans(&before, &turns(&old)),
            );
            let raw = [&before, &after].map(|x| geometry.leans(x, &[0.0; N_LEANS]));
            assert!((raw[0][2] - raw[1][2]).abs() > 1e-3);
        }
    }

    /// What a draw for the other isomer is given there is what the way back is given here, and all else stays.
    #[test]
    fn the_other_isomer_is_told_apart_by_one_coordinate_and_half_a_turn_leads_there() {
        for (geometry, before) in rings() {
            let (mut after, mut still) = (before.clone(), vec![0.0; before.len()]);
            geometry.flip_isomer(&mut after, &mut still);
            assert_close(&geometry.drawn(&after), &geometry.drawn(&before));
            let [here, there] = [false, true].map(|flipped| geometry.given(&before, flipped));
            assert_close(&geometry.given(&after, false), &there);
            assert_close(&geometry.given(&after, true), &here);
            let changed = here.iter().zip(&there).filter(|(a, b)| a != b).count();
            assert_eq!(changed, usize::from(geometry.has_isomers()));
        }
    }

    #[test]
    fn there_and_back_is_where_it_was() {
        for (geometry, before) in rings() {
            let by = shift(geometry.sizes().n_drawn);
            let back: Vec<f64> = by.iter().map(|by| -by).collect();
            let after = shifted(&geometry, &shifted(&geometry, &before, &by), &back);
            assert_close(&after, &before);
        }
    }

    #[test]
    fn volumes_stay() {
        for (geometry, before) in rings() {
            let by = shift(geometry.sizes().n_drawn);
            let step = 1e-6;
            let column = |k: usize| {
                let ends = [step, -step].map(|step| {
                    let mut x = before.clone();
                    x[k] += step;
                    shifted(&geometry, &x, &by)
                });
                let differences = ends[0].iter().zip(&ends[1]);
                differences.map(|(a, b)| (a - b) / (2.0 * step)).collect()
            };
            let n = before.len();
            let columns: Vec<Vec<f64>> = (0..n).map(column).collect();
            let determinant = DMatrix::from_fn(n, n, |i, j| columns[j][i]).determinant();
            assert!((determinant - 1.0).abs() < 1e-5, "{determinant}");
        }
    }

    /// A regular pentagon with the displacements of the formula, anywhere in space.
    #[test]
    fn a_phase_is_told_wherever_its_plane_is() {
        let places = [0.0, 1.0, 2.0, 3.0, 4.0].map(|place| place - 2.5);
        let turn = Rotation3::from_euler_angles(0.7, -1.9, 2.6);
        for (geometry, mut positions) in rings() {
            for pucker in 0..N_PUCKERS {
                let phase = (pucker as f64 + 0.4) / N_PUCKERS as f64 * TAU;
                for (&atom, place) in geometry.ring.atoms.iter().zip(places) {
                    let (sine, cosine) = (place * TAU / 5.0).sin_cos();
                    let height = 0.04 * (phase + 2.0 * place * TAU / 5.0).sin();
                    let x = turn * Vector3::new(0.13 * cosine, -0.13 * sine, height);
                    let x = x + Vector3::new(3.0, -1.0, 2.0);
                    positions[3 * atom..3 * atom + 3].copy_from_slice(x.as_slice());
                }
                assert_eq!(geometry.pucker(&positions), pucker);
            }
        }
    }

    /// Opposite envelopes and twists are half the circle apart, and the parts go round as the phase does.
    #[test]
    fn mirrored_rings_are_on_the_other_side() {
        for (geometry, positions) in rings() {
            let here = geometry.pucker(&positions);
            let mut mirrored = positions.clone();
            mirrored
                .iter_mut()
                .skip(2)
                .step_by(3)
                .for_each(|z| *z = -*z);
            let there = geometry.pucker(&mirrored);
            assert_eq!((here + N_PUCKERS / 2) % N_PUCKERS, there);
        }
    }
}
