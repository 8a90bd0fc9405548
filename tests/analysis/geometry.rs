//! Dihedrals, distances and radii of gyration against MDTraj.

use saltus::analysis::{dihedral, dihedral_rad, pair_distances, radius_of_gyration};
use serde::Deserialize;

use crate::reference::{TOLERANCE, assert_equal, deviation, load};

#[derive(Deserialize)]
struct File {
    positions: Vec<Vec<f32>>,
    masses_da: Vec<f64>,
    torsions: Vec<[usize; 4]>,
    pairs: Vec<[usize; 2]>,
    dihedrals_rad: Vec<Vec<f64>>,
    /// What MDTraj itself returns, in f32.
    mdtraj_dihedrals_rad: Vec<Vec<f64>>,
    distances_nm: Vec<Vec<f64>>,
    radii_of_gyration_nm: Vec<f64>,
}

/// Largest deviations of dihedrals, distances and radii over all frames.
fn deviations(file: &File, positions: &[Vec<f32>]) -> [f64; 3] {
    let mut worst = [0.0f64; 3];
    for (index, frame) in positions.iter().enumerate() {
        let angles: Vec<f64> = file
            .torsions
            .iter()
            .map(|&atoms| dihedral_rad(frame, atoms))
            .collect();
        let distances = pair_distances(frame, &file.pairs);
        let radius = radius_of_gyration(frame, &file.masses_da);
        let found = [
            deviation(&angles, &file.dihedrals_rad[index], 1.0),
            deviation(&distances, &file.distances_nm[index], 1.0),
            deviation(&[radius], &file.radii_of_gyration_nm[index..=index], 1.0),
        ];
        for (worst, found) in worst.iter_mut().zip(found) {
            *worst = worst.max(found);
        }
    }
    worst
}

#[test]
fn geometry_equals_mdtraj() {
    let file: File = load("geometry.json");
    let names = ["dihedrals", "distances", "radii of gyration"];
    for (name, found) in names.iter().zip(deviations(&file, &file.positions)) {
        assert_equal(name, found);
    }
    let single = deviation(
        &file.dihedrals_rad.concat(),
        &file.mdtraj_dihedrals_rad.concat(),
        1.0,
    );
    assert!(single < 1e-6, "MDTraj in f32 deviates by {single}");
    let mut moved = file.positions.clone();
    moved[2]
        .iter_mut()
        .skip(18)
        .step_by(3)
        .for_each(|x| *x += 1e-4);
    moved[2][3 * 18] += 1e-4;
    for (name, found) in names.iter().zip(deviations(&file, &moved)) {
        if *name != "radii of gyration" {
            assert!(found > 1e-5, "{name} did not notice moved atoms: {found}");
        }
        assert!(found > TOLERANCE, "{name} did not notice moved atoms");
    }
}

/// The sign convention by hand: atom 3 clockwise of atom 0, seen from atom 1 towards atom 2, is positive.
#[test]
fn dihedral_follows_iupac() {
    let at = |degrees: f64| {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        dihedral([
            [1.0, 0.0, 0.0],
            [0.0; 3],
            [0.0, 0.0, 1.0],
            [cosine, sine, 1.0],
        ])
        .to_degrees()
    };
    for degrees in [-179.0, -120.0, -60.0, 0.0, 1e-3, 60.0, 90.0, 180.0] {
        assert!((at(degrees) - degrees).abs() < 1e-12, "{degrees}");
    }
}
