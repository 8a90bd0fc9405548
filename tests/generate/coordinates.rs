//! Internal coordinates: there and back, the volume element, and derivatives, all against numbers computed otherwise.

use crate::support::{molecule, system};
use nalgebra::DMatrix;
use saltus::generator::ZMatrix;
use saltus::reference_energies;

fn placed(zmatrix: &ZMatrix, coordinates: &[f64], n_atoms: usize) -> Vec<f64> {
    let mut positions = vec![0.0; 3 * n_atoms];
    zmatrix.place(coordinates, &mut positions);
    positions
}

fn distance(positions: &[f64], i: usize, j: usize) -> f64 {
    let positions = positions.as_chunks::<3>().0;
    (0..3)
        .map(|k| (positions[i][k] - positions[j][k]).powi(2))
        .sum::<f64>()
        .sqrt()
}

#[test]
fn there_and_back_gives_the_same_shape() {
    for sequence in ["ACE-ALA-NME", "PWK", "RSDC", "ACE-TYR-PRO-GLY-NHE"] {
        let molecule = molecule(sequence);
        let n_atoms = molecule.topology.n_atoms();
        let zmatrix = ZMatrix::new(&molecule.topology, &[]).unwrap();
        let before = molecule.positions.as_flattened();
        let coordinates = zmatrix.measure(before);
        assert_eq!(coordinates.len(), 3 * n_atoms - 6);
        let after = placed(&zmatrix, &coordinates, n_atoms);
        for i in 0..n_atoms {
            for j in 0..i {
                let change = distance(before, i, j) - distance(&after, i, j);
                assert!(change.abs() < 1e-10, "{sequence} {i} {j}: {change}");
            }
        }
        // A mirror image has the same distances.
        let again = zmatrix.measure(&after);
        for (first, second) in coordinates.iter().zip(&again) {
            assert!((first - second).sin().abs() < 1e-10);
        }
    }
}

/// ln of the determinant of all positions by the coordinates, three shifts and three turns.
fn numeric_log_volume(zmatrix: &ZMatrix, coordinates: &[f64], n_atoms: usize) -> f64 {
    let here = placed(zmatrix, coordinates, n_atoms);
    let step = 1e-5;
    let n = 3 * n_atoms;
    let mut matrix = DMatrix::zeros(n, n);
    for column in 0..n - 6 {
        let moved = |by: f64| {
            let mut coordinates = coordinates.to_vec();
            coordinates[column] += by;
            placed(zmatrix, &coordinates, n_atoms)
        };
        let (up, down) = (moved(step), moved(-step));
        for row in 0..n {
            matrix[(row, column)] = (up[row] - down[row]) / (2.0 * step);
        }
    }
    for atom in 0..n_atoms {
        let [x, y, z] = [0, 1, 2].map(|k| here[3 * atom + k]);
        let turns = [[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]];
        for (axis, turn) in turns.iter().enumerate() {
            matrix[(3 * atom + axis, n - 6 + axis)] = 1.0;
            for (k, &component) in turn.iter().enumerate() {
                matrix[(3 * atom + k, n - 3 + axis)] = component;
            }
        }
    }
    // Zero determinants overflow no logarithm when taken factor by factor.
    let factors = matrix.lu().u();
    (0..n).map(|i| factors[(i, i)].abs().ln()).sum()
}

#[test]
fn volume_is_the_determinant() {
    for sequence in ["ACE-ALA-NME", "PS"] {
        let molecule = molecule(sequence);
        let n_atoms = molecule.topology.n_atoms();
        let zmatrix = ZMatrix::new(&molecule.topology, &[]).unwrap();
        let coordinates = zmatrix.measure(molecule.positions.as_flattened());
        let expected = numeric_log_volume(&zmatrix, &coordinates, n_atoms);
        let found = zmatrix.log_volume(&coordinates);
        assert!(
            (found - expected).abs() < 1e-6,
            "{sequence}: {found} {expected}"
        );
        // Planted: without the sines the two part.
        let n_lengths = n_atoms - 1;
        let radial: f64 = coordinates[..n_lengths].iter().map(|r| 2.0 * r.ln()).sum();
        assert!((radial - expected).abs() > 0.5);
    }
}

#[test]
fn slopes_agree_with_finite_differences() {
    let molecule = molecule("ACE-SER-PRO-NME");
    let system = system(&molecule);
    let n_atoms = molecule.topology.n_atoms();
    let zmatrix = ZMatrix::new(&molecule.topology, &[]).unwrap();
    let coordinates = zmatrix.measure(molecule.positions.as_flattened());
    let value = |coordinates: &[f64]| {
        let positions = placed(&zmatrix, coordinates, n_atoms);
        let energy = reference_energies(&system, positions.as_chunks().0)
            .0
            .total();
        energy - zmatrix.log_volume(coordinates)
    };
    let positions = placed(&zmatrix, &coordinates, n_atoms);
    let (_, forces) = reference_energies(&system, positions.as_chunks().0);
    let mut slopes = vec![0.0; coordinates.len()];
    zmatrix.energy_slopes(&positions, forces.as_flattened(), &mut slopes);
    zmatrix.add_log_volume_slopes(&coordinates, -1.0, &mut slopes);
    for (index, slope) in slopes.iter().enumerate() {
        let moved = |by: f64| {
            let mut coordinates = coordinates.clone();
            coordinates[index] += by;
            value(&coordinates)
        };
        let numeric = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        let tolerance = 1e-3 + 1e-5 * numeric.abs();
        assert!(
            (slope - numeric).abs() < tolerance,
            "{index}: {slope} {numeric}"
        );
    }
}

#[test]
fn torsions_turn_what_is_beyond_them_and_nothing_else() {
    let molecule = molecule("MSK");
    let named: Vec<_> = saltus::topology::named_torsions(&molecule.topology);
    let atoms: Vec<[usize; 4]> = named.iter().map(|torsion| torsion.atoms).collect();
    let zmatrix = ZMatrix::new(&molecule.topology, &atoms).unwrap();
    let coordinates = zmatrix.measure(molecule.positions.as_flattened());
    let values = |coordinates: &[f64]| -> Vec<f64> {
        let positions = placed(&zmatrix, coordinates, molecule.topology.n_atoms());
        let torsion = |&atoms| saltus::topology::torsion_rad(positions.as_chunks().0, atoms);
        atoms.iter().map(torsion).collect()
    };
    let before = values(&coordinates);
    for (index, torsion) in named.iter().enumerate() {
        let coordinate = zmatrix.torsion_coordinate(torsion.atoms).unwrap();
        let mut turned = coordinates.clone();
        turned[coordinate] += 0.4;
        for (other, (new, old)) in values(&turned).iter().zip(&before).enumerate() {
            let expected = if other == index { 0.4 } else { 0.0 };
            assert!(
                ((new - old - expected) / 2.0).sin().abs() < 1e-9,
                "{}",
                torsion.name
            );
        }
    }
}
