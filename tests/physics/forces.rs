//! Every energy term by finite differences and invariances, on the f64 reference. Other engines are checked against it elsewhere.

use crate::openmm_reference::ReferenceFile;
use proptest::prelude::*;
use saltus::forcefield::{ForceField, System, reference_energies};

/// One term of a system, named.
fn single_terms(system: &System) -> Vec<(&'static str, System)> {
    // Every list is named: a new one does not compile without a line here. It wants a term below, or a file of its own.
    let System {
        masses_da: _,
        bonds: _,
        angles: _,
        torsions: _,
        harmonic_torsions: _,
        correction_maps: _,
        mapped_torsions: _,
        nonbonded: _,
        implicit_solvent: _,
        constraints: _,
    } = system;
    let mut empty = System {
        masses_da: system.masses_da.clone(),
        nonbonded: system.nonbonded.clone(),
        ..System::default()
    };
    for exception in &mut empty.nonbonded.exceptions {
        exception.charge_product = 0.0;
        exception.epsilon_kj_per_mol = 0.0;
    }
    let charges = std::mem::replace(&mut empty.nonbonded.charges, vec![0.0; system.n_atoms()]);
    let epsilons = std::mem::replace(
        &mut empty.nonbonded.epsilons_kj_per_mol,
        vec![0.0; system.n_atoms()],
    );
    vec![
        (
            "bond",
            System {
                bonds: system.bonds.clone(),
                ..empty.clone()
            },
        ),
        (
            "angle",
            System {
                angles: system.angles.clone(),
                ..empty.clone()
            },
        ),
        (
            "torsion",
            System {
                torsions: system.torsions.clone(),
                ..empty.clone()
            },
        ),
        (
            "nonbonded",
            System {
                nonbonded: system.nonbonded.clone(),
                ..empty.clone()
            },
        ),
        ("implicit_solvent", {
            let mut only = System {
                implicit_solvent: system.implicit_solvent.clone(),
                ..empty
            };
            // The charges enter the solvent; the Coulomb energy of the pairs is constant under nothing, so keep both.
            only.nonbonded.charges = charges;
            only.nonbonded.epsilons_kj_per_mol = epsilons;
            only.nonbonded.exceptions = system.nonbonded.exceptions.clone();
            only
        }),
    ]
}

/// Largest deviation of the forces from central differences of the energy, relative to the root mean square force.
fn finite_difference_error(system: &System, positions: &[[f64; 3]], force_scale: f64) -> f64 {
    const STEP_NM: f64 = 1e-5;
    let (_, forces) = reference_energies(system, positions);
    let rms =
        (forces.iter().flatten().map(|f| f * f).sum::<f64>() / (3.0 * forces.len() as f64)).sqrt();
    let mut moved = positions.to_vec();
    let mut worst: f64 = 0.0;
    for atom in 0..positions.len() {
        for axis in 0..3 {
            let mut energy_at = |shift: f64| {
                moved[atom][axis] = positions[atom][axis] + shift;
                let energy = reference_energies(system, &moved).0.total();
                moved[atom][axis] = positions[atom][axis];
                energy
            };
            // Fourth order, so that stiff bonds leave no error of their own.
            let slope = (8.0 * (energy_at(STEP_NM) - energy_at(-STEP_NM))
                - energy_at(2.0 * STEP_NM)
                + energy_at(-2.0 * STEP_NM))
                / (12.0 * STEP_NM);
            worst = worst.max((forces[atom][axis] * force_scale + slope).abs() / rms.max(1e-9));
        }
    }
    worst
}

fn alanine_dipeptide() -> (ReferenceFile, Vec<System>) {
    let (_, file) = ReferenceFile::all()
        .into_iter()
        .find(|(name, _)| name == "alanine_dipeptide")
        .unwrap();
    let systems = file
        .references
        .iter()
        .map(|reference| {
            let force_field = ForceField::builtin(&reference.force_field).unwrap();
            force_field
                .assign(&file.topology(), &reference.options())
                .unwrap()
        })
        .collect();
    (file, systems)
}

#[test]
fn every_term_is_the_gradient_of_its_energy() {
    let (file, systems) = alanine_dipeptide();
    assert!(
        systems
            .iter()
            .filter(|system| system.implicit_solvent.is_some())
            .count()
            >= 5
    );
    for system in &systems {
        for (term, only) in single_terms(system) {
            let error = finite_difference_error(&only, &file.positions_nm, 1.0);
            assert!(
                error < 1e-6,
                "{term}: forces and energy differ by {error:.1e} of the rms force"
            );
        }
    }
}

#[test]
fn a_wrong_force_is_noticed() {
    let (file, systems) = alanine_dipeptide();
    for (term, only) in single_terms(&systems[0]).into_iter().take(4) {
        let error = finite_difference_error(&only, &file.positions_nm, 1.0 + 1e-4);
        assert!(error > 1e-6, "{term}: an error of 1e-4 went unnoticed");
    }
}

/// Rotation by a unit quaternion, then translation.
fn moved(positions: &[[f64; 3]], quaternion: [f64; 4], shift: [f64; 3]) -> Vec<[f64; 3]> {
    let norm = quaternion.iter().map(|q| q * q).sum::<f64>().sqrt();
    let rotation = nalgebra::UnitQuaternion::from_quaternion(
        nalgebra::Quaternion::new(quaternion[0], quaternion[1], quaternion[2], quaternion[3])
            / norm,
    );
    let place = |x: &[f64; 3]| {
        let y = rotation * nalgebra::Vector3::from(*x);
        [y.x + shift[0], y.y + shift[1], y.z + shift[2]]
    };
    positions.iter().map(place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn energies_do_not_depend_on_place_and_orientation(
        quaternion in prop::array::uniform4(0.1_f64..1.0),
        shift in prop::array::uniform3(-3.0_f64..3.0),
    ) {
        let (file, systems) = alanine_dipeptide();
        for system in &systems {
            let (before, _) = reference_energies(system, &file.positions_nm);
            let (after, forces) = reference_energies(system, &moved(&file.positions_nm, quaternion, shift));
            prop_assert!((before.total() - after.total()).abs() < 1e-8);
            for axis in 0..3 {
                let sum: f64 = forces.iter().map(|force| force[axis]).sum();
                prop_assert!(sum.abs() < 1e-7, "the forces add up to {sum} along axis {axis}");
            }
        }
    }
}
