//! Targets that are molecules of a force field, so that real engines run them: springs, and a chain of atoms. No sampler here.

use super::targets::{Source, Tabulated, Target};
use crate::forcefield::{Angle, Bond, Nonbonded, System, Torsion};
use nalgebra::{
    Matrix3, Matrix6, Rotation3, SymmetricEigen, Unit, UnitQuaternion, Vector3, Vector4, Vector6,
};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::PI;

/// Masses and terms, with neither charges nor Lennard-Jones spheres.
fn bare(masses_da: Vec<f64>) -> System {
    let n_atoms = masses_da.len();
    System {
        nonbonded: Nonbonded {
            charges: vec![0.0; n_atoms],
            sigmas_nm: vec![0.1; n_atoms],
            epsilons_kj_per_mol: vec![0.0; n_atoms],
            exceptions: Vec::new(),
        },
        masses_da,
        ..System::default()
    }
}

/// Position of an atom.
#[must_use]
pub fn atom(positions: &[f64], index: usize) -> Vector3<f64> {
    Vector3::from_column_slice(&positions[index * 3..index * 3 + 3])
}

/// Three atoms joined by springs of no length: a normal distribution of all that is independent of the molecule's place.
pub struct Springs;

/// Ends, and force constants in kJ/mol/nm².
const SPRINGS: [([usize; 2], f64); 3] = [([0, 1], 400.0), ([1, 2], 700.0), ([0, 2], 200.0)];

impl Springs {
    /// U = sum over axes of x L x / 2.
    fn eigen() -> SymmetricEigen<f64, nalgebra::Const<3>> {
        let mut laplacian = Matrix3::zeros();
        for ([i, j], k) in SPRINGS {
            laplacian[(i, i)] += k;
            laplacian[(j, j)] += k;
            laplacian[(i, j)] -= k;
            laplacian[(j, i)] -= k;
        }
        laplacian.symmetric_eigen()
    }

    /// What moves: widths at kT = 1 along eigenvectors, the common translation left out.
    fn modes() -> Vec<(f64, Vector3<f64>)> {
        let eigen = Self::eigen();
        let pairs = eigen
            .eigenvalues
            .iter()
            .zip(eigen.eigenvectors.column_iter());
        pairs
            .filter(|(value, _)| **value > 1.0)
            .map(|(value, vector)| (value.sqrt().recip(), vector.into_owned()))
            .collect()
    }

    /// Covariance of two differences of coordinates along one axis, at kT = 1.
    fn covariance([a, b]: [usize; 2], [c, d]: [usize; 2]) -> f64 {
        let modes = Self::modes().into_iter();
        modes
            .map(|(width, mode)| width * width * (mode[b] - mode[a]) * (mode[d] - mode[c]))
            .sum()
    }
}

impl Target for Springs {
    fn masses_da(&self) -> Vec<f64> {
        vec![12.0, 1.0, 16.0]
    }

    fn energy(&self, x: &[f64]) -> f64 {
        let springs = SPRINGS.iter();
        springs
            .map(|&([i, j], k)| 0.5 * k * (atom(x, j) - atom(x, i)).norm_squared())
            .sum()
    }

    fn forces(&self, x: &[f64]) -> Vec<f64> {
        let mut forces = [Vector3::<f64>::zeros(); 3];
        for ([i, j], k) in SPRINGS {
            let pull = (atom(x, j) - atom(x, i)) * k;
            forces[i] += pull;
            forces[j] -= pull;
        }
        forces
            .iter()
            .flat_map(|force| force.iter().copied())
            .collect()
    }

    fn system(&self) -> Option<System> {
        let bond = |(atoms, k_kj_per_mol_nm2)| Bond {
            atoms,
            length_nm: 0.0,
            k_kj_per_mol_nm2,
        };
        Some(System {
            bonds: SPRINGS.into_iter().map(bond).collect(),
            ..bare(self.masses_da())
        })
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let modes = Self::modes();
        Box::new(move |stream| {
            let mut x = vec![0.0; 9];
            for axis in 0..3 {
                for (width, mode) in &modes {
                    let deviate: f64 = stream.sample(StandardNormal);
                    for (index, share) in mode.iter().enumerate() {
                        x[3 * index + axis] += kt.sqrt() * width * deviate * share;
                    }
                }
            }
            x
        })
    }

    fn observables(&self, x: &[f64]) -> Vec<f64> {
        let (short, long) = (atom(x, 1) - atom(x, 0), atom(x, 2) - atom(x, 0));
        vec![
            self.energy(x),
            short.x,
            long.norm_squared(),
            short.dot(&long),
        ]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let square = 3.0 * kt * Self::covariance([0, 2], [0, 2]);
        let product = 3.0 * kt * Self::covariance([0, 1], [0, 2]);
        vec![3.0 * kt, 0.0, square, product]
    }
}

/// Atoms in a chain with harmonic bonds and angles and a torsion about every inner bond, all of them independent:
/// their densities are r² exp(-U/kT), sin(angle) exp(-U/kT) and exp(-U/kT).
pub struct Backbone {
    n_atoms: usize,
}

/// Fourier terms of every torsion: periodicity, phase in rad, amplitude in kJ/mol.
const TORSION_TERMS: [(u32, f64, f64); 3] = [(3, 0.0, 3.0), (2, 2.0, 1.0), (1, 0.6, 1.5)];
const LENGTH_NM: f64 = 0.15;
const BOND_STIFFNESS: f64 = 60_000.0;
const ANGLE_RAD: f64 = 1.9;
const ANGLE_STIFFNESS: f64 = 300.0;

/// Bond lengths, angles and torsions of a chain, each from its beginning.
struct Internal {
    lengths: Vec<f64>,
    angles: Vec<f64>,
    torsions: Vec<f64>,
}

impl Internal {
    fn of(positions: &[f64]) -> Self {
        let n_atoms = positions.len() / 3;
        let bonds: Vec<Vector3<f64>> = (1..n_atoms)
            .map(|index| atom(positions, index) - atom(positions, index - 1))
            .collect();
        let torsion = |b: &[Vector3<f64>]| {
            let normals = [b[0].cross(&b[1]), b[1].cross(&b[2])];
            let sine = b[1].norm() * b[0].dot(&normals[1]);
            sine.atan2(normals[0].dot(&normals[1]))
        };
        Self {
            lengths: bonds.iter().map(|bond| bond.norm()).collect(),
            angles: bonds.windows(2).map(|b| (-b[0]).angle(&b[1])).collect(),
            torsions: bonds.windows(3).map(torsion).collect(),
        }
    }

    /// Positions of a chain that begins at the origin along x.
    fn place(&self) -> Vec<Vector3<f64>> {
        let (mut direction, mut normal) = (Vector3::x_axis(), Vector3::z_axis());
        let mut atoms = vec![Vector3::zeros()];
        for (bond, length) in self.lengths.iter().enumerate() {
            if bond > 0 {
                if bond > 1 {
                    let turn = Rotation3::from_axis_angle(&direction, self.torsions[bond - 2]);
                    normal = turn * normal;
                }
                let bend = Rotation3::from_axis_angle(&normal, PI - self.angles[bond - 1]);
                direction = bend * direction;
            }
            atoms.push(atoms[bond] + direction.into_inner() * *length);
        }
        atoms
    }
}

fn bond_energy(r: f64) -> f64 {
    0.5 * BOND_STIFFNESS * (r - LENGTH_NM).powi(2)
}

fn angle_energy(angle: f64) -> f64 {
    0.5 * ANGLE_STIFFNESS * (angle - ANGLE_RAD).powi(2)
}

fn torsion_energy(phi: f64) -> f64 {
    let term = |(n, phase, k): (u32, f64, f64)| k * (1.0 + (f64::from(n) * phi - phase).cos());
    TORSION_TERMS.into_iter().map(term).sum()
}

fn bond_table(kt: f64) -> Tabulated {
    Tabulated::new([0.08, 0.22], |r| r * r * (-bond_energy(r) / kt).exp())
}

fn angle_table(kt: f64) -> Tabulated {
    let density = |angle: f64| angle.sin() * (-angle_energy(angle) / kt).exp();
    Tabulated::new([1.0e-6, PI - 1.0e-6], density)
}

fn torsion_table(kt: f64) -> Tabulated {
    Tabulated::new([-PI, PI], |phi| (-torsion_energy(phi) / kt).exp())
}

/// A rotation that prefers no direction.
fn any_rotation(stream: &mut Xoshiro256PlusPlus) -> UnitQuaternion<f64> {
    let normals: [f64; 4] = std::array::from_fn(|_| stream.sample(StandardNormal));
    Unit::new_normalize(nalgebra::Quaternion::from_vector(Vector4::from(normals)))
}

impl Backbone {
    /// A chain of so many atoms, four or more.
    #[must_use]
    pub fn new(n_atoms: usize) -> Self {
        Self { n_atoms }
    }
}

impl Target for Backbone {
    fn masses_da(&self) -> Vec<f64> {
        (0..self.n_atoms)
            .map(|index| [15.0, 14.0, 13.0][index % 3])
            .collect()
    }

    fn energy(&self, positions: &[f64]) -> f64 {
        let internal = Internal::of(positions);
        let sum =
            |values: &[f64], energy: fn(f64) -> f64| values.iter().map(|&v| energy(v)).sum::<f64>();
        sum(&internal.lengths, bond_energy)
            + sum(&internal.angles, angle_energy)
            + sum(&internal.torsions, torsion_energy)
    }

    fn system(&self) -> Option<System> {
        let bond = |i| Bond {
            atoms: [i, i + 1],
            length_nm: LENGTH_NM,
            k_kj_per_mol_nm2: BOND_STIFFNESS,
        };
        let angle = |i| Angle {
            atoms: [i, i + 1, i + 2],
            angle_rad: ANGLE_RAD,
            k_kj_per_mol_rad2: ANGLE_STIFFNESS,
        };
        let series = |i| {
            TORSION_TERMS.map(|(periodicity, phase_rad, k_kj_per_mol)| Torsion {
                atoms: [i, i + 1, i + 2, i + 3],
                periodicity,
                phase_rad,
                k_kj_per_mol,
            })
        };
        Some(System {
            bonds: (0..self.n_atoms - 1).map(bond).collect(),
            angles: (0..self.n_atoms - 2).map(angle).collect(),
            torsions: (0..self.n_atoms - 3).flat_map(series).collect(),
            ..bare(self.masses_da())
        })
    }

    fn source(&self, kt: f64) -> Source<'_> {
        let (bonds, angles, torsions) = (bond_table(kt), angle_table(kt), torsion_table(kt));
        Box::new(move |stream| {
            let mut draw = |n, table: &Tabulated| (0..n).map(|_| table.draw(stream)).collect();
            let internal = Internal {
                lengths: draw(self.n_atoms - 1, &bonds),
                angles: draw(self.n_atoms - 2, &angles),
                torsions: draw(self.n_atoms - 3, &torsions),
            };
            let view = any_rotation(stream);
            let atoms = internal.place().into_iter().map(|atom| view * atom);
            atoms.flat_map(|atom| [atom.x, atom.y, atom.z]).collect()
        })
    }

    fn observables(&self, positions: &[f64]) -> Vec<f64> {
        let internal = Internal::of(positions);
        let phi = internal.torsions[(self.n_atoms - 3) / 2];
        vec![
            phi,
            phi.cos(),
            phi.sin(),
            (3.0 * phi).cos(),
            internal.torsions[0].sin(),
            internal.lengths[0],
            internal.lengths[1],
            internal.angles[1].cos(),
            self.energy(positions),
        ]
    }

    fn means(&self, kt: f64) -> Vec<f64> {
        let (bonds, angles, torsions) = (bond_table(kt), angle_table(kt), torsion_table(kt));
        let n_atoms = self.n_atoms as f64;
        vec![
            torsions.mean(|phi| phi),
            torsions.mean(f64::cos),
            torsions.mean(f64::sin),
            torsions.mean(|phi| (3.0 * phi).cos()),
            torsions.mean(f64::sin),
            bonds.mean(|r| r),
            bonds.mean(|r| r),
            angles.mean(f64::cos),
            (n_atoms - 1.0) * bonds.mean(bond_energy)
                + (n_atoms - 2.0) * angles.mean(angle_energy)
                + (n_atoms - 3.0) * torsions.mean(torsion_energy),
        ]
    }

    /// What moves that close a chain have to weigh.
    fn unknowns(&self, positions: &[f64]) -> Vec<f64> {
        if self.n_atoms < 10 {
            return Vec::new();
        }
        vec![closure_log_volume(positions)]
    }
}

/// ln det(J J^T) / 2, where J has a column (direction, point x direction) for every inner bond of a chain: how the
/// position and orientation of its end change with the torsions.
pub fn closure_log_volume(positions: &[f64]) -> f64 {
    let n_bonds = positions.len() / 3 - 1;
    let columns = (1..n_bonds - 1).map(|bond| {
        let point = atom(positions, bond);
        let direction = (atom(positions, bond + 1) - point).normalize();
        let moment = point.cross(&direction);
        Vector6::from_iterator(direction.iter().chain(moment.iter()).copied())
    });
    let product: Matrix6<f64> = columns.map(|column| column * column.transpose()).sum();
    0.5 * product.determinant().ln()
}
