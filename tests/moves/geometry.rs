//! Pivots: the torsion ends where it should, nothing else of the internal geometry changes, turning back restores all atoms.

use crate::support::{ToyEngine, chain, molecule, pivots, proposals};
use saltus::proposal::{BlockKind, Current, torsion_blocks};
use saltus::rng;
use saltus::topology::{
    Molecule, Sequence, Topology, TorsionKind, build, chiral_centers, named_torsions, torsion_rad,
};

type Atoms<'a> = &'a [[f64; 3]];

fn distance(atoms: Atoms<'_>, i: usize, j: usize) -> f64 {
    let square = |axis: usize| (atoms[i][axis] - atoms[j][axis]).powi(2);
    (square(0) + square(1) + square(2)).sqrt()
}

/// Largest change of a 1-2 or 1-3 distance, which fixes bond lengths and angles, in nm.
fn worst_change(topology: &Topology, before: Atoms<'_>, after: Atoms<'_>) -> f64 {
    let mut worst = 0.0_f64;
    for around in topology.neighbors().iter().enumerate() {
        let (center, neighbors) = around;
        for &i in neighbors {
            for &j in neighbors.iter().chain([&center]) {
                let change = distance(before, i, j) - distance(after, i, j);
                worst = worst.max(change.abs());
            }
        }
    }
    worst
}

fn omegas(molecule: &Molecule, atoms: Atoms<'_>) -> Vec<f64> {
    named_torsions(&molecule.topology)
        .iter()
        .filter(|torsion| torsion.kind == TorsionKind::Omega)
        .map(|torsion| torsion_rad(atoms, torsion.atoms))
        .collect()
}

#[test]
fn a_pivot_adds_its_angle_to_its_torsion_and_changes_no_other() {
    let molecule = molecule("ACE-LYS-PRO-PHE-NME");
    let pivots = pivots(&molecule.topology);
    for pivot in &pivots {
        let mut turned = molecule.positions.as_flattened().to_vec();
        let before = pivot.torsion_rad(&turned);
        pivot.turn(&mut turned, 1.234);
        let change = pivot.torsion_rad(&turned) - before - 1.234;
        assert!(
            change.sin().abs() < 1e-12 && change.cos() > 0.0,
            "{}",
            pivot.name
        );
        for other in pivots.iter().filter(|other| *other != pivot) {
            let start = other.torsion_rad(molecule.positions.as_flattened());
            let change = (other.torsion_rad(&turned) - start).sin();
            assert!(change.abs() < 1e-11, "{} moved {}", pivot.name, other.name);
        }
        let after = turned.as_chunks().0;
        let worst = worst_change(&molecule.topology, &molecule.positions, after);
        assert!(worst < 1e-14, "{}: {worst}", pivot.name);
    }
}

#[test]
fn turning_back_in_the_same_order_restores_every_atom() {
    let molecule = molecule("DGKS");
    let pivots = pivots(&molecule.topology);
    let mut positions = molecule.positions.as_flattened().to_vec();
    for sign in [1.0, -1.0] {
        for (angle, pivot) in (1..).map(|k| 0.37 * f64::from(k)).zip(&pivots) {
            pivot.turn(&mut positions, sign * angle);
        }
    }
    let start = molecule.positions.as_flattened();
    let off = positions.iter().zip(start).map(|(a, b)| (a - b).abs());
    let worst = off.fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst}");
}

#[test]
fn moves_keep_lengths_angles_chirality_and_where_they_should_omega() {
    let molecule = molecule("ACE-ALA-LYS-PHE-ALA-NME");
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let chain = chain(&molecule, 50);
    let current = Current {
        state: &chain.state,
        energies: &[0.0; 50],
        temperatures_kelvin: &chain.temperatures_kelvin,
    };
    for (name, mut proposal) in proposals(&molecule.topology) {
        let mut streams = rng::streams(11, 50);
        let proposed = proposal
            .propose(current, &mut engine, &mut streams)
            .unwrap();
        let mut moved = 0.0_f64;
        for replica in proposed.positions.chunks_exact(chain.state.n_atoms * 3) {
            let atoms = replica.as_chunks().0;
            let worst = worst_change(&molecule.topology, &molecule.positions, atoms);
            assert!(worst < 1e-11, "{name}: {worst}");
            for center in chiral_centers(&molecule.topology) {
                let before = center.volume_nm3(&molecule.positions);
                assert!(before * center.volume_nm3(atoms) > 0.0, "{name}");
            }
            if name != "concerted" && !name.contains("Omega") {
                let (before, after) = (
                    omegas(&molecule, &molecule.positions),
                    omegas(&molecule, atoms),
                );
                assert!(
                    before
                        .iter()
                        .zip(after)
                        .all(|(a, b)| (a - b).sin().abs() < 1e-12)
                );
            }
            for (atom, start) in atoms.iter().zip(&molecule.positions) {
                moved = moved.max((atom[0] - start[0]).abs());
            }
        }
        assert!(moved > 0.01, "{name} did not move anything");
    }
}

#[test]
fn blocks_leave_out_what_cannot_turn() {
    let names = |sequence: &str, disulfides: &[[usize; 2]], kind| -> Vec<String> {
        let molecule = build(&Sequence::parse(sequence).unwrap(), disulfides).unwrap();
        let blocks = torsion_blocks(&molecule.topology, kind, false);
        blocks.into_iter().map(|block| block.name).collect()
    };
    assert_eq!(names("ACE-ALA-NME", &[], BlockKind::Pair), ["phi_2,psi_2"]);
    assert_eq!(
        names("AY", &[], BlockKind::Pair),
        ["psi_1", "phi_2,terminal_psi_2"]
    );
    assert_eq!(
        names("ACE-ALA-PRO-NME", &[], BlockKind::Pair),
        ["phi_2,psi_2", "psi_3"]
    );
    assert_eq!(names("ACE-PRO-NME", &[], BlockKind::SideChain), [""; 0]);
    assert_eq!(
        names("ACE-ARG-TYR-NME", &[], BlockKind::SideChain),
        ["chi1_2,chi2_2,chi3_2,chi4_2", "chi1_3,chi2_3"]
    );
    assert_eq!(names("AYP", &[], BlockKind::Omega), ["omega_1", "omega_2"]);
    let looped = names("ACE-CYX-ALA-GLY-CYX-NME", &[[2, 5]], BlockKind::Pair);
    assert_eq!(looped, ["phi_2", "psi_5"]);
    let single = names("ACE-ASN-NME", &[], BlockKind::Single);
    assert_eq!(
        single,
        ["CH3-C_1", "phi_2", "chi1_2", "psi_2", "chi2_2", "N-C_3"]
    );
}

#[test]
fn velocities_turn_with_the_atoms_and_back() {
    let molecule = molecule("DGKS");
    let pivots = pivots(&molecule.topology);
    let start = molecule.positions.as_flattened();
    let drawn: Vec<f64> = (1..=start.len())
        .map(|k| (12.9898 * k as f64).sin())
        .collect();
    let stretches = |positions: &[f64], velocities: &[f64]| -> Vec<f64> {
        let along = |&[a, b]: &[usize; 2]| {
            let component = |k: usize| {
                (positions[3 * b + k] - positions[3 * a + k])
                    * (velocities[3 * b + k] - velocities[3 * a + k])
            };
            component(0) + component(1) + component(2)
        };
        molecule.topology.bonds.iter().map(along).collect()
    };
    let (mut positions, mut velocities) = (start.to_vec(), drawn.clone());
    let worst = |a: &[f64], b: &[f64]| {
        let off = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        off.fold(0.0, f64::max)
    };
    for (angle, pivot) in (1..).map(|k| 0.37 * f64::from(k)).zip(&pivots) {
        pivot.turn_moving(&mut positions, &mut velocities, angle);
    }
    let before = stretches(start, &drawn);
    assert!(worst(&stretches(&positions, &velocities), &before) < 1e-12);
    // Left behind, velocities would stretch other bonds: the comparison can fail.
    assert!(worst(&stretches(&positions, &drawn), &before) > 1e-3);
    for (angle, pivot) in (1..).map(|k| 0.37 * f64::from(k)).zip(&pivots) {
        pivot.turn_moving(&mut positions, &mut velocities, -angle);
    }
    assert!(worst(&velocities, &drawn) < 1e-11);
}
