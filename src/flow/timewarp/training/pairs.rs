//! Pairs (x(t), x(t + tau)) for training, from frames of several molecules, turned and shaken.
//!
//! A molecule drifts and tumbles on its way from x to y, which the energy knows nothing of and a jump need not copy. So y
//! is superposed on x, and then moved a little at random as a rigid body: without that the pairs would lie on a surface of
//! six dimensions less, where a density has no bound. For a model in internal coordinates the two are laid on each other by
//! their frames, come in either order, and are not turned: such a model does not see how they lie.

use crate::flow::timewarp::internal::tree::{Naming, PlacementTree, local_axes};
use crate::vector::wrap_half_open;
use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

/// A molecule and its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    /// Which molecule, for the energies.
    pub molecule: usize,
    /// Index of every atom's element, `[n_atoms]`.
    pub elements: Vec<usize>,
    /// Positions in nm, `[n_frames, n_atoms, 3]`, equally spaced in time.
    pub positions: Vec<f32>,
    /// Frames from x to y.
    pub lag_frames: usize,
}

impl Frames {
    /// Pairs that these frames have.
    #[must_use]
    pub fn n_pairs(&self) -> usize {
        let n_frames = self.positions.len() / (3 * self.elements.len()).max(1);
        n_frames.saturating_sub(self.lag_frames)
    }

    /// Positions of one frame, `[n_atoms, 3]`.
    pub(crate) fn conformation(&self, index: usize) -> Vec<f64> {
        let size = 3 * self.elements.len();
        let own = &self.positions[index * size..(index + 1) * size];
        own.iter().map(|x| f64::from(*x)).collect()
    }
}

/// How pairs are moved before they are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shaking {
    /// Standard deviation of the rotation of y about each axis, rad.
    pub rotation_rad: f64,
    /// Standard deviation of the translation of y along each axis, nm.
    pub translation_nm: f64,
}

/// A pair with the auxiliary variables and normals that go with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnedPair {
    pub(crate) source: usize,
    pub(crate) from: [Vec<f64>; 2],
    pub(crate) to: [Vec<f64>; 2],
    pub(crate) normals: [Vec<f64>; 2],
}

/// Draws a pair from all frames, every pair as likely as any other.
pub(super) fn draw_pair(
    sources: &[Frames],
    shaking: Shaking,
    naming: Option<Naming<'_>>,
    stream: &mut Xoshiro256PlusPlus,
) -> OwnedPair {
    let (source, [x, y]) = draw_whole_pair(sources, shaking, naming, stream);
    let size = x.len();
    let mut normals = || -> Vec<f64> { (0..size).map(|_| stream.sample(StandardNormal)).collect() };
    OwnedPair {
        source,
        from: [x, normals()],
        to: [y, normals()],
        normals: [normals(), normals()],
    }
}

/// Positions of a pair `[n_atoms, 3]`, and which frames they are from; with a naming, as coordinates of its tree want them.
pub(crate) fn draw_whole_pair(
    sources: &[Frames],
    shaking: Shaking,
    naming: Option<Naming<'_>>,
    stream: &mut Xoshiro256PlusPlus,
) -> (usize, [Vec<f64>; 2]) {
    let total: usize = sources.iter().map(Frames::n_pairs).sum();
    loop {
        let mut index = stream.random_range(0..total);
        let mut source = 0;
        while index >= sources[source].n_pairs() {
            index -= sources[source].n_pairs();
            source += 1;
        }
        let frames = &sources[source];
        let [mut x, mut y] = [index, index + frames.lag_frames].map(|index| {
            let positions = frames.conformation(index);
            let atoms = positions.as_chunks::<3>().0.iter();
            atoms.map(|x| Vector3::from(*x)).collect::<Vec<_>>()
        });
        let mut turn = Rotation3::identity();
        if let Some(naming) = naming {
            // Whatever the chain, the pairs become those of a reversible one.
            if stream.random() {
                std::mem::swap(&mut x, &mut y);
            }
            into_frame(&mut x, naming.tree);
            into_frame(&mut y, naming.tree);
            if !rename_rotors(&mut y, &x, naming) {
                continue;
            }
        } else {
            centre(&mut x);
            centre(&mut y);
            superpose(&mut y, &x);
            turn = random_rotation(stream);
        }
        shake(&mut y, shaking, stream);
        let turned = |atoms: Vec<Vector3<f64>>| flat(atoms.iter().map(|atom| turn * atom));
        return (source, [turned(x), turned(y)]);
    }
}

fn flat(atoms: impl Iterator<Item = Vector3<f64>>) -> Vec<f64> {
    atoms.flat_map(<[f64; 3]>::from).collect()
}

/// Moves a conformation so that its frame becomes the frame of the numbers.
fn into_frame(atoms: &mut [Vector3<f64>], tree: &PlacementTree) {
    let frame = tree.frame(&flat(atoms.iter().copied()));
    for atom in atoms {
        *atom = frame.axes * (*atom - frame.origin);
    }
}

/// Gives the hydrogens of a methyl of y the names that put it into the well that x is in, the order around the axis kept;
/// false for a methyl so bent that no names do.
fn rename_rotors(y: &mut [Vector3<f64>], x: &[Vector3<f64>], naming: Naming<'_>) -> bool {
    const THIRD: f64 = TAU / 3.0;
    for rotor in &naming.tree.rotors {
        let placements = &naming.tree.placements;
        let Some(&[_, a, b, c]) = placements.iter().find(|p| p[0] == rotor[0]) else {
            continue;
        };
        let well = naming.wells_rad[rotor[0]];
        let torsion = |atoms: &[Vector3<f64>], atom: usize| {
            let local = local_axes(atoms[a], atoms[b], atoms[c]) * (atoms[atom] - atoms[a]);
            local.z.atan2(local.y)
        };
        let own = well + ((torsion(x, rotor[0]) - well) / THIRD).round() * THIRD;
        let fits =
            |shift: &usize| wrap_half_open(torsion(y, rotor[*shift]) - own).abs() < 0.5 * THIRD;
        let Some(shift) = (0..3).find(fits) else {
            return false;
        };
        let places = rotor.map(|atom| y[atom]);
        for (number, &atom) in rotor.iter().enumerate() {
            y[atom] = places[(number + shift) % 3];
        }
    }
    true
}

fn centre(atoms: &mut [Vector3<f64>]) {
    let mean = atoms.iter().sum::<Vector3<f64>>() / atoms.len() as f64;
    atoms.iter_mut().for_each(|atom| *atom -= mean);
}

/// Turns centred atoms onto centred others, with the least squared distance (Kabsch, doi:10.1107/S0567739476001873).
fn superpose(atoms: &mut [Vector3<f64>], onto: &[Vector3<f64>]) {
    let covariance: Matrix3<f64> = atoms.iter().zip(onto).map(|(a, b)| b * a.transpose()).sum();
    let svd = covariance.svd(true, true);
    if let (Some(u), Some(v_t)) = (svd.u, svd.v_t) {
        let mut signs = Matrix3::identity();
        // A mirror image would fit better still, but is another molecule.
        signs[(2, 2)] = (u * v_t).determinant().signum();
        let rotation = u * signs * v_t;
        atoms.iter_mut().for_each(|atom| *atom = rotation * *atom);
    }
}

fn shake(atoms: &mut [Vector3<f64>], shaking: Shaking, stream: &mut Xoshiro256PlusPlus) {
    let mut normal = || Vector3::from_fn(|_, _| stream.sample::<f64, _>(StandardNormal));
    let rotation = Rotation3::new(normal() * shaking.rotation_rad);
    let translation = normal() * shaking.translation_nm;
    for atom in atoms {
        *atom = rotation * *atom + translation;
    }
}

/// Uniform over all rotations: a quaternion of four normals.
fn random_rotation(stream: &mut Xoshiro256PlusPlus) -> Rotation3<f64> {
    let [w, x, y, z] = std::array::from_fn(|_| stream.sample(StandardNormal));
    UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, x, y, z)).to_rotation_matrix()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn y_is_laid_onto_x_and_distances_stay() {
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut normal = || -> f32 { stream.sample(StandardNormal) };
        let x: Vec<Vector3<f64>> = (0..6)
            .map(|_| Vector3::from_fn(|_, _| f64::from(normal())))
            .collect();
        let turn = Rotation3::new(Vector3::new(0.4, -2.0, 1.1));
        let y: Vec<_> = x
            .iter()
            .map(|x| turn * x + Vector3::new(3.0, 1.0, -9.0))
            .collect();
        #[expect(clippy::cast_possible_truncation, reason = "frames are in f32")]
        let flat = |atoms: &[Vector3<f64>]| -> Vec<f32> {
            atoms
                .iter()
                .flat_map(|a| [a.x as f32, a.y as f32, a.z as f32])
                .collect()
        };
        let frames = Frames {
            molecule: 0,
            elements: vec![0; 6],
            positions: [flat(&x), flat(&y)].concat(),
            lag_frames: 1,
        };
        let still = Shaking {
            rotation_rad: 0.0,
            translation_nm: 0.0,
        };
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(4);
        let pair = draw_pair(std::slice::from_ref(&frames), still, None, &mut stream);
        for (a, b) in pair.from[0].iter().zip(&pair.to[0]) {
            assert!((a - b).abs() < 1e-5);
        }
        let atoms = pair.from[0].as_chunks::<3>().0;
        let distance = |a: [f64; 3], b: [f64; 3]| (Vector3::from(a) - Vector3::from(b)).norm();
        assert!((distance(atoms[0], atoms[5]) - (x[0] - x[5]).norm()).abs() < 1e-5);
        assert!(
            (Vector3::from(atoms[0]) - (x[0] - x.iter().sum::<Vector3<f64>>() / 6.0)).norm() > 1e-3
        );
        let shaken = Shaking {
            rotation_rad: 0.0,
            translation_nm: 0.5,
        };
        let pair = draw_pair(std::slice::from_ref(&frames), shaken, None, &mut stream);
        let moved: Vec<f64> = pair.from[0]
            .iter()
            .zip(&pair.to[0])
            .map(|(a, b)| b - a)
            .collect();
        assert!((moved[0] - moved[3]).abs() < 1e-5 && moved[0].abs() > 1e-3);
    }
}
