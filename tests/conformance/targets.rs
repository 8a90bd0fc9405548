//! Targets whose distribution is known exactly: energies, exact draws, exact moments. No sampler here.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn, Rotation3, Unit, Vector3};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::PI;

/// Draws one configuration.
pub(crate) type Source<'a> = Box<dyn Fn(&mut Xoshiro256PlusPlus) -> Vec<f64> + 'a>;

/// A molecule with a distribution exp(-U/kT) that can be drawn from and integrated without a Markov chain.
pub(crate) trait Target: Send + Sync {
    /// Masses in Da, `[n_atoms]`.
    fn masses_da(&self) -> Vec<f64>;

    /// Energy in kJ/mol of positions `[n_atoms * 3]`.
    fn energy(&self, positions: &[f64]) -> f64;

    /// Forces by central differences: still a function of the position alone, which is all that exactness asks for.
    fn forces(&self, positions: &[f64]) -> Vec<f64> {
        let step = 1e-6;
        let mut shifted = positions.to_vec();
        let force = |index: usize| {
            shifted[index] = positions[index] + step;
            let up = self.energy(&shifted);
            shifted[index] = positions[index] - step;
            let down = self.energy(&shifted);
            shifted[index] = positions[index];
            (down - up) / (2.0 * step)
        };
        (0..positions.len()).map(force).collect()
    }

    /// A source of exact, independent draws.
    fn source(&self, kt: f64) -> Source<'_>;

    /// Quantities whose means are known; the first is continuous and orders configurations in rank and flux tests.
    fn observables(&self, positions: &[f64]) -> Vec<f64>;

    /// Their means.
    fn means(&self, kt: f64) -> Vec<f64>;
}

/// Three atoms in an anisotropic, coupled harmonic well, U = x A x / 2.
pub(crate) struct Harmonic {
    matrix: DMatrix<f64>,
    cholesky: Cholesky<f64, Dyn>,
}

impl Harmonic {
    pub(crate) fn new() -> Self {
        let stiffness = |index: usize| 100.0 * 1.4_f64.powi(index as i32);
        let matrix = DMatrix::from_fn(9, 9, |i, j| match i.abs_diff(j) {
            0 => stiffness(i),
            1 => 0.4 * (stiffness(i) * stiffness(j)).sqrt(),
            _ => 0.0,
        });
        let cholesky = matrix.clone().cholesky().unwrap();
        Self { matrix, cholesky }
    }
}

impl Target for Harmonic {
    fn masses_da(&self) -> Vec<f64> {
        vec![12.0, 1.0, 16.0]
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        let x = DVector::from_column_slice(positions);
        0.5 * x.dot(&(&self.matrix * &x))
    }

    fn forces(&self, positions: &[f64]) -> Vec<f64> {
        let forces = &self.matrix * DVector::from_column_slice(positions);
        forces.iter().map(|force| -force).collect()
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let upper = self.cholesky.l().transpose();
        Box::new(move |stream| {
            let normals = DVector::from_fn(9, |_, _| stream.sample::<f64, _>(StandardNormal));
            let x = upper.solve_upper_triangular(&normals).unwrap();
            x.iter().map(|x| x * kt.sqrt()).collect()
        })
    }

    fn observables(&self, x: &[f64]) -> Vec<f64> {
        vec![self.energy(x), x[0], x[8] * x[8], x[3] * x[4]]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let inverse = self.cholesky.inverse();
        vec![4.5 * kt, 0.0, kt * inverse[(8, 8)], kt * inverse[(3, 4)]]
    }
}

/// One density on a fine grid: a table of its distribution function.
struct Tabulated {
    start: f64,
    width: f64,
    cumulative: Vec<f64>,
}

const N_CELLS: usize = 20_000;

impl Tabulated {
    fn new(range: [f64; 2], density: impl Fn(f64) -> f64) -> Self {
        let width = (range[1] - range[0]) / N_CELLS as f64;
        let mut total = 0.0;
        let mut cumulative = vec![0.0];
        for cell in 0..N_CELLS {
            total += density(range[0] + (cell as f64 + 0.5) * width);
            cumulative.push(total);
        }
        cumulative.iter_mut().for_each(|value| *value /= total);
        Self {
            start: range[0],
            width,
            cumulative,
        }
    }

    fn draw(&self, stream: &mut Xoshiro256PlusPlus) -> f64 {
        let uniform: f64 = stream.random();
        let above = self.cumulative.partition_point(|&value| value <= uniform);
        let cell = above.clamp(1, N_CELLS) - 1;
        let share =
            (uniform - self.cumulative[cell]) / (self.cumulative[cell + 1] - self.cumulative[cell]);
        self.start + (cell as f64 + share) * self.width
    }

    fn mean(&self, function: impl Fn(f64) -> f64) -> f64 {
        let cells = self.cumulative.windows(2).enumerate();
        cells
            .map(|(cell, ends)| {
                let x = self.start + (cell as f64 + 0.5) * self.width;
                (ends[1] - ends[0]) * function(x)
            })
            .sum()
    }
}

/// One atom in an asymmetric double well along x and harmonic wells along y and z.
pub(crate) struct DoubleWell;

impl DoubleWell {
    fn profile(x: f64) -> f64 {
        let z = x / 0.1;
        5.0 * (z * z - 1.0).powi(2) + 0.7 * z
    }

    fn table(kt: f64) -> Tabulated {
        Tabulated::new([-0.35, 0.35], |x| (-Self::profile(x) / kt).exp())
    }
}

const WELL_STIFFNESS: f64 = 600.0;

impl Target for DoubleWell {
    fn masses_da(&self) -> Vec<f64> {
        vec![12.0]
    }

    fn energy(&self, x: &[f64]) -> f64 {
        Self::profile(x[0]) + 0.5 * WELL_STIFFNESS * (x[1] * x[1] + x[2] * x[2])
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let width = (kt / WELL_STIFFNESS).sqrt();
        let table = Self::table(kt);
        Box::new(move |stream| {
            let x = table.draw(stream);
            let [y, z]: [f64; 2] = std::array::from_fn(|_| stream.sample(StandardNormal));
            vec![x, width * y, width * z]
        })
    }

    fn observables(&self, x: &[f64]) -> Vec<f64> {
        let right = f64::from(u8::from(x[0] > 0.0));
        vec![x[0], right, x[0] * x[0], x[1] * x[1], self.energy(x)]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let table = Self::table(kt);
        vec![
            table.mean(|x| x),
            table.mean(|x| f64::from(u8::from(x > 0.0))),
            table.mean(|x| x * x),
            kt / WELL_STIFFNESS,
            table.mean(Self::profile) + kt,
        ]
    }
}

/// Four atoms in a chain with harmonic bonds and angles and a torsion; bonds, angles and torsion are independent:
/// their densities are r² exp(-U/kT), sin(angle) exp(-U/kT) and exp(-U/kT).
pub(crate) struct FourAtoms;

impl FourAtoms {
    fn torsion_energy(phi: f64) -> f64 {
        3.0 * (1.0 + (3.0 * phi).cos()) + 1.5 * (1.0 + (phi - 0.6).cos())
    }

    fn bond_energy(r: f64) -> f64 {
        0.5 * 60_000.0 * (r - 0.15).powi(2)
    }

    fn angle_energy(angle: f64) -> f64 {
        0.5 * 300.0 * (angle - 1.9).powi(2)
    }

    fn bond_table(kt: f64) -> Tabulated {
        Tabulated::new([0.08, 0.22], |r| r * r * (-Self::bond_energy(r) / kt).exp())
    }

    fn angle_table(kt: f64) -> Tabulated {
        Tabulated::new([1.0e-6, std::f64::consts::PI - 1.0e-6], |angle| {
            angle.sin() * (-Self::angle_energy(angle) / kt).exp()
        })
    }

    fn torsion_table(kt: f64) -> Tabulated {
        Tabulated::new([-PI, PI], |phi| (-Self::torsion_energy(phi) / kt).exp())
    }

    /// Three bond lengths, two angles, the torsion.
    fn internal(positions: &[f64]) -> ([f64; 3], [f64; 2], f64) {
        let atom = |index: usize| Vector3::from_column_slice(&positions[index * 3..index * 3 + 3]);
        let bonds: [Vector3<f64>; 3] = std::array::from_fn(|i| atom(i + 1) - atom(i));
        let angles = [0, 1].map(|i| (-bonds[i]).angle(&bonds[i + 1]));
        let normals = [0, 1].map(|i| bonds[i].cross(&bonds[i + 1]));
        let sine = bonds[1].norm() * bonds[0].dot(&normals[1]);
        let phi = sine.atan2(normals[0].dot(&normals[1]));
        (bonds.map(|bond| bond.norm()), angles, phi)
    }
}

/// A chain of four atoms from its bond lengths, the turns at its inner atoms and its torsion.
fn place(lengths: [f64; 3], turns: [f64; 2], phi: f64) -> [Vector3<f64>; 4] {
    let first = Vector3::x_axis();
    let normal = Vector3::z_axis();
    let second = Rotation3::from_axis_angle(&normal, turns[0]) * first;
    let normal = Rotation3::from_axis_angle(&second, phi) * normal;
    let third = Rotation3::from_axis_angle(&normal, turns[1]) * second;
    let mut atoms = [Vector3::zeros(); 4];
    for (bond, direction) in [first, second, third].iter().enumerate() {
        atoms[bond + 1] = atoms[bond] + direction.into_inner() * lengths[bond];
    }
    atoms
}

impl Target for FourAtoms {
    fn masses_da(&self) -> Vec<f64> {
        vec![15.0, 14.0, 14.0, 15.0]
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        let (bonds, angles, phi) = Self::internal(positions);
        bonds.map(Self::bond_energy).iter().sum::<f64>()
            + angles.map(Self::angle_energy).iter().sum::<f64>()
            + Self::torsion_energy(phi)
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let (bonds, angles) = (Self::bond_table(kt), Self::angle_table(kt));
        let torsion = Self::torsion_table(kt);
        Box::new(move |stream| {
            let lengths: [f64; 3] = std::array::from_fn(|_| bonds.draw(stream));
            let turns: [f64; 2] = std::array::from_fn(|_| PI - angles.draw(stream));
            let phi = torsion.draw(stream);
            let normals: [f64; 3] = std::array::from_fn(|_| stream.sample(StandardNormal));
            let view = Rotation3::from_axis_angle(&Unit::new_normalize(normals.into()), 1.0);
            let atoms = place(lengths, turns, phi).map(|atom| view * atom);
            atoms
                .iter()
                .flat_map(|atom| [atom.x, atom.y, atom.z])
                .collect()
        })
    }

    fn observables(&self, positions: &[f64]) -> Vec<f64> {
        let (bonds, angles, phi) = Self::internal(positions);
        vec![
            phi,
            phi.cos(),
            phi.sin(),
            (3.0 * phi).cos(),
            bonds[1],
            angles[1].cos(),
        ]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let torsion = Self::torsion_table(kt);
        vec![
            torsion.mean(|phi| phi),
            torsion.mean(f64::cos),
            torsion.mean(f64::sin),
            torsion.mean(|phi| (3.0 * phi).cos()),
            Self::bond_table(kt).mean(|r| r),
            Self::angle_table(kt).mean(f64::cos),
        ]
    }
}
