//! The energy of a system, written down as plainly as possible: the second opinion beside the engines.

use saltus::forcefield::{BornModel, ImplicitSolvent, System};
use saltus::units::{COULOMB_GB_KJ_NM_PER_MOL_E2, COULOMB_KJ_NM_PER_MOL_E2};

type Point = [f64; 3];

fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Point, b: Point) -> Point {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

fn distance(a: Point, b: Point) -> f64 {
    dot(minus(a, b), minus(a, b)).sqrt()
}

/// Bond, angle, torsion, nonbonded, implicit solvent, energy maps in kJ/mol.
pub(crate) fn terms(system: &System, x: &[Point]) -> [f64; 6] {
    [
        bonds(system, x),
        angles(system, x),
        torsions(system, x),
        nonbonded(system, x),
        system.implicit_solvent.as_ref().map_or(0.0, |solvent| {
            implicit(solvent, &system.nonbonded.charges, x)
        }),
        maps(system, x),
    ]
}

fn bonds(system: &System, x: &[Point]) -> f64 {
    let energy = |bond: &saltus::forcefield::Bond| {
        let [a, b] = bond.atoms.map(|atom| x[atom]);
        0.5 * bond.k_kj_per_mol_nm2 * (distance(a, b) - bond.length_nm).powi(2)
    };
    system.bonds.iter().map(energy).sum()
}

fn angles(system: &System, x: &[Point]) -> f64 {
    let energy = |angle: &saltus::forcefield::Angle| {
        let [a, b, c] = angle.atoms.map(|atom| x[atom]);
        let (u, v) = (minus(a, b), minus(c, b));
        let sine = dot(cross(u, v), cross(u, v)).sqrt();
        0.5 * angle.k_kj_per_mol_rad2 * (sine.atan2(dot(u, v)) - angle.angle_rad).powi(2)
    };
    system.angles.iter().map(energy).sum()
}

fn torsion_angle(x: &[Point], atoms: [usize; 4]) -> f64 {
    let [a, b, c, d] = atoms.map(|atom| x[atom]);
    let (first, axis, last) = (minus(b, a), minus(c, b), minus(d, c));
    let (m, n) = (cross(first, axis), cross(axis, last));
    (dot(first, n) * dot(axis, axis).sqrt()).atan2(dot(m, n))
}

/// The periodic cubic spline through values at `2 pi i / n`, its second derivatives by elimination in the full matrix.
fn spline(values: &[f64], angle: f64) -> f64 {
    let n = values.len();
    let step = std::f64::consts::TAU / n as f64;
    let (before, after) = (|i: usize| (i + n - 1) % n, |i: usize| (i + 1) % n);
    let mut rows = vec![vec![0.0; n + 1]; n];
    for (i, row) in rows.iter_mut().enumerate() {
        row[before(i)] += 1.0;
        row[i] += 4.0;
        row[after(i)] += 1.0;
        row[n] = 6.0 * (values[after(i)] - 2.0 * values[i] + values[before(i)]) / (step * step);
    }
    for i in 0..n {
        let pivot = rows[i].clone();
        for (j, row) in rows.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = row[i] / pivot[i];
            assert!(factor.is_finite(), "row {j}");
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(a, b)| *a -= factor * b);
        }
    }
    let bend = |i: usize| rows[i][n] / rows[i][i];
    let place = angle.rem_euclid(std::f64::consts::TAU) / step;
    let cell = (0..n).rfind(|&i| i as f64 <= place).unwrap_or(0);
    let (b, next) = (place - cell as f64, after(cell));
    let a = 1.0 - b;
    a * values[cell]
        + b * values[next]
        + ((a.powi(3) - a) * bend(cell) + (b.powi(3) - b) * bend(next)) * step * step / 6.0
}

/// A map as splines along the first torsion, and one through their values along the second.
fn maps(system: &System, x: &[Point]) -> f64 {
    let energy = |term: &saltus::forcefield::MappedTorsions| {
        let map = &system.correction_maps[term.map];
        let [first, second] = term.atoms.map(|atoms| torsion_angle(x, atoms));
        let rows = map.energies_kj_per_mol.chunks(map.size);
        let values: Vec<f64> = rows.map(|row| spline(row, first)).collect();
        spline(&values, second)
    };
    system.mapped_torsions.iter().map(energy).sum()
}

fn harmonic_torsions(system: &System, x: &[Point]) -> f64 {
    let energy = |torsion: &saltus::forcefield::HarmonicTorsion| {
        let away = torsion_angle(x, torsion.atoms) - torsion.angle_rad;
        let half_turn = std::f64::consts::PI;
        let shorter = (away + half_turn).rem_euclid(2.0 * half_turn) - half_turn;
        0.5 * torsion.k_kj_per_mol_rad2 * shorter.powi(2)
    };
    system.harmonic_torsions.iter().map(energy).sum()
}

fn torsions(system: &System, x: &[Point]) -> f64 {
    let energy = |torsion: &saltus::forcefield::Torsion| {
        let phi = torsion_angle(x, torsion.atoms);
        let phase = f64::from(torsion.periodicity) * phi - torsion.phase_rad;
        torsion.k_kj_per_mol * (1.0 + phase.cos())
    };
    system.torsions.iter().map(energy).sum::<f64>() + harmonic_torsions(system, x)
}

fn pair(charge_product: f64, sigma: f64, epsilon: f64, r: f64) -> f64 {
    let six = (sigma / r).powi(6);
    4.0 * epsilon * (six * six - six) + COULOMB_KJ_NM_PER_MOL_E2 * charge_product / r
}

fn nonbonded(system: &System, x: &[Point]) -> f64 {
    let parameters = &system.nonbonded;
    let mut energy = 0.0;
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            let exception = parameters
                .exceptions
                .binary_search_by_key(&[i, j], |exception| exception.atoms);
            let (charge_product, sigma, epsilon) = match exception {
                Ok(index) => {
                    let found = parameters.exceptions[index];
                    (
                        found.charge_product,
                        found.sigma_nm,
                        found.epsilon_kj_per_mol,
                    )
                }
                Err(_) => (
                    parameters.charges[i] * parameters.charges[j],
                    0.5 * (parameters.sigmas_nm[i] + parameters.sigmas_nm[j]),
                    (parameters.epsilons_kj_per_mol[i] * parameters.epsilons_kj_per_mol[j]).sqrt(),
                ),
            };
            energy += pair(charge_product, sigma, epsilon, distance(x[i], x[j]));
        }
    }
    energy
}

fn born_radii(solvent: &ImplicitSolvent, x: &[Point]) -> Vec<f64> {
    let offset = solvent.offset_nm();
    let n_neck = solvent.neck_index.iter().max().map_or(0, |&last| last + 1);
    let radius = |i: usize| {
        let or1 = solvent.radii_nm[i] - offset;
        let mut integral = 0.0;
        for j in (0..x.len()).filter(|&j| j != i) {
            let r = distance(x[i], x[j]);
            let sr2 = solvent.screening[j] * (solvent.radii_nm[j] - offset);
            if r + sr2 >= or1 {
                let upper = r + sr2;
                let lower = or1.max((r - sr2).abs());
                integral += 0.5
                    * (1.0 / lower - 1.0 / upper
                        + 0.25 * (r - sr2 * sr2 / r) * (1.0 / upper.powi(2) - 1.0 / lower.powi(2))
                        + 0.5 * (lower / upper).ln() / r);
            }
            if n_neck > 0 && r <= solvent.radii_nm[i] + solvent.radii_nm[j] + 0.68 {
                let entry = solvent.neck_index[i] * n_neck + solvent.neck_index[j];
                let gap = r - solvent.neck_distance_nm[entry];
                integral += solvent.neck_scale() * solvent.neck_amplitude[entry]
                    / (1.0 + 100.0 * gap.powi(2) + 0.3e6 * gap.powi(6));
            }
        }
        if solvent.model == BornModel::Hct {
            return 1.0 / (1.0 / or1 - integral);
        }
        let psi = integral * or1;
        let [alpha, beta, gamma] = solvent.tanh_coefficients[i];
        let tanh = (alpha * psi - beta * psi.powi(2) + gamma * psi.powi(3)).tanh();
        1.0 / (1.0 / or1 - tanh / solvent.radii_nm[i])
    };
    (0..x.len()).map(radius).collect()
}

fn implicit(solvent: &ImplicitSolvent, charges: &[f64], x: &[Point]) -> f64 {
    let born = born_radii(solvent, x);
    let screened = |f: f64| {
        1.0 / solvent.solute_dielectric
            - (-solvent.kappa_per_nm * f).exp() / solvent.solvent_dielectric
    };
    let mut energy = 0.0;
    for i in 0..x.len() {
        energy -=
            0.5 * COULOMB_GB_KJ_NM_PER_MOL_E2 * screened(born[i]) * charges[i].powi(2) / born[i];
        if solvent.surface_area {
            let radius = solvent.radii_nm[i];
            energy += 28.3919551 * (radius + 0.14).powi(2) * (radius / born[i]).powi(6);
        }
        for j in i + 1..x.len() {
            let square = distance(x[i], x[j]).powi(2);
            let product = born[i] * born[j];
            let f = (square + product * (-square / (4.0 * product)).exp()).sqrt();
            energy -= COULOMB_GB_KJ_NM_PER_MOL_E2 * screened(f) * charges[i] * charges[j] / f;
        }
    }
    energy
}
