//! Energy maps and harmonic torsions in a second way: splines by linear algebra, angles by arc cosine, forces by differences.

use nalgebra::{DMatrix, DVector, Vector3};
use saltus::forcefield::{CorrectionMap, System};

/// Energy of both terms in kJ/mol.
pub(crate) fn energy(system: &System, positions: &[[f64; 3]]) -> f64 {
    let harmonic = system.harmonic_torsions.iter().map(|term| {
        let turn = std::f64::consts::TAU;
        let difference = dihedral(positions, term.atoms) - term.angle_rad;
        let nearest = difference - turn * (difference / turn).round();
        0.5 * term.k_kj_per_mol_rad2 * nearest * nearest
    });
    let mapped = system.mapped_torsions.iter().map(|term| {
        let [first, second] = term.atoms.map(|atoms| dihedral(positions, atoms));
        on_map(&system.correction_maps[term.map], first, second)
    });
    harmonic.sum::<f64>() + mapped.sum::<f64>()
}

/// Adds the forces of both terms by central differences.
pub(crate) fn add_forces(system: &System, positions: &[[f64; 3]], forces: &mut [[f64; 3]]) {
    const STEP_NM: f64 = 1e-5;
    let harmonic = system.harmonic_torsions.iter().flat_map(|term| term.atoms);
    let mapped = system
        .mapped_torsions
        .iter()
        .flat_map(|term| *term.atoms.as_flattened().first_chunk::<8>().unwrap());
    let mut atoms: Vec<usize> = harmonic.chain(mapped).collect();
    atoms.sort_unstable();
    atoms.dedup();
    for atom in atoms {
        for axis in 0..3 {
            let at = |shift: f64| {
                let mut moved = positions.to_vec();
                moved[atom][axis] += shift;
                energy(system, &moved)
            };
            forces[atom][axis] -= (at(STEP_NM) - at(-STEP_NM)) / (2.0 * STEP_NM);
        }
    }
}

fn dihedral(positions: &[[f64; 3]], atoms: [usize; 4]) -> f64 {
    let [a, b, c, d] = atoms.map(|atom| Vector3::from(positions[atom]));
    let (m, n) = ((b - a).cross(&(c - b)), (c - b).cross(&(d - c)));
    let angle = (m.dot(&n) / (m.norm() * n.norm())).clamp(-1.0, 1.0).acos();
    angle.copysign((b - a).dot(&n))
}

/// A periodic cubic spline over the second torsion of periodic cubic splines over the first.
fn on_map(map: &CorrectionMap, first: f64, second: f64) -> f64 {
    let rows = map.energies_kj_per_mol.chunks(map.size);
    let along_first: Vec<f64> = rows.map(|row| spline(row, first)).collect();
    spline(&along_first, second)
}

/// Value at an angle of the periodic cubic spline through evenly spaced values, the first at 0.
fn spline(values: &[f64], angle: f64) -> f64 {
    let n = values.len();
    let h = std::f64::consts::TAU / n as f64;
    // Second derivatives m: m[i-1] + 4 m[i] + m[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1]) / h².
    let matrix = DMatrix::from_fn(n, n, |row, column| match (row + n - column) % n {
        0 => 4.0,
        1 => 1.0,
        k if k == n - 1 => 1.0,
        _ => 0.0,
    });
    let right = DVector::from_fn(n, |i, _| {
        6.0 * (values[(i + n - 1) % n] - 2.0 * values[i] + values[(i + 1) % n]) / (h * h)
    });
    let m = matrix.lu().solve(&right).unwrap();
    let place = angle.rem_euclid(std::f64::consts::TAU) / h;
    let i = (place.floor() as usize).min(n - 1);
    let (b, j) = (place - i as f64, (i + 1) % n);
    let a = 1.0 - b;
    a * values[i] + b * values[j] + ((a.powi(3) - a) * m[i] + (b.powi(3) - b) * m[j]) * h * h / 6.0
}
