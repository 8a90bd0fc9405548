//! Energy maps and harmonic torsions of the shaders against the f64 reference, in every placement; planted errors are found.

use crate::support::{self, Deviation, assign, batch, deviation, gpu_with, molecule};
use saltus::forcefield::{HarmonicTorsion, System};
use saltus::gpu::{GpuOptions, Placement, ShaderSources};

/// A peptide in ff19SB and a solvent, with harmonic torsions all around the circle.
fn mapped(name: &str, solvent: &str) -> (System, Vec<[f64; 3]>) {
    let file = molecule(name);
    let wanted =
        |r: &&crate::openmm_reference::Reference| r.force_field == "ff19SB" && r.solvent == solvent;
    let mut system = assign(&file, file.references.iter().find(wanted).unwrap());
    let some = system.torsions.iter().step_by(2).enumerate();
    system.harmonic_torsions = some
        .map(|(index, torsion)| HarmonicTorsion {
            atoms: torsion.atoms,
            angle_rad: (index as f64 * 0.7).rem_euclid(6.2) - 3.1,
            k_kj_per_mol_rad2: 20.0 + index as f64,
        })
        .collect();
    (system, file.positions_nm)
}

/// The system with nothing but its maps and harmonic torsions.
fn rare_only(mut system: System) -> System {
    (system.bonds, system.angles, system.torsions) = Default::default();
    system.nonbonded.charges.fill(0.0);
    system.nonbonded.epsilons_kj_per_mol.fill(0.0);
    for exception in &mut system.nonbonded.exceptions {
        (exception.charge_product, exception.epsilon_kj_per_mol) = (0.0, 0.0);
    }
    system.implicit_solvent = None;
    system
}

#[test]
fn maps_and_harmonic_torsions_match_the_reference() {
    let mut worst = Deviation::default();
    for (name, solvent) in [
        ("force_fields_1", "vacuum"),
        ("force_fields_2", "obc2"),
        ("force_fields_3", "gbn2"),
        ("force_fields_4", "hct"),
    ] {
        let (whole, positions) = mapped(name, solvent);
        assert!(whole.mapped_torsions.len() >= 3);
        for system in [rare_only(whole.clone()), whole] {
            for options in [
                GpuOptions::default(),
                GpuOptions {
                    placement: Some(Placement::Tiled),
                    ..GpuOptions::default()
                },
                GpuOptions {
                    without_f64: true,
                    n_sharing: Some(2),
                    ..GpuOptions::default()
                },
            ] {
                let Some(mut engine) = gpu_with(&system, options) else {
                    return;
                };
                let found = deviation(&mut engine, &system, &batch(&positions, 3), &[0, 2]);
                assert!(found.is_small(), "{name}: {found:?}");
                worst = worst.max(found);
            }
        }
    }
    println!("maps and harmonic torsions: {worst:?}");
}

#[test]
fn planted_errors_are_found() {
    let (system, positions) = mapped("force_fields_3", "vacuum");
    let system = rare_only(system);
    for (path, from, to) in [
        (
            "forcefield/correction_map.wgsl",
            "map_index(cells.x, size) + size * map_index(cells.y, size)",
            "map_index(cells.y, size) + size * map_index(cells.x, size)",
        ),
        (
            "forcefield/correction_map.wgsl",
            "along.y * per_radian",
            "along.z * per_radian",
        ),
        (
            "forcefield/correction_map.wgsl",
            "cell + f32(size), cell < 0.0",
            "cell, cell < 0.0",
        ),
        ("forcefield/correction_map.wgsl", "2.0 * c.z", "2.01 * c.z"),
        (
            "forcefield/torsion_angle.wgsl",
            "select(magnitude, -magnitude",
            "select(-magnitude, magnitude",
        ),
        (
            "forcefield/harmonic_torsion.wgsl",
            "fma(round(difference * 0.159154943), -6.28318531, difference)",
            "difference",
        ),
        (
            "forcefield/bonded.wgsl",
            "gather(first_gather + 1u)",
            "gather(first_gather)",
        ),
    ] {
        let batch = batch(&positions, 1);
        let Some(mut engine) = support::gpu(&system) else {
            return;
        };
        let found = deviation(&mut engine, &system, &batch, &[0]);
        assert!(found.is_small(), "{found:?}");
        let options = GpuOptions {
            sources: ShaderSources::default().replaced(path, from, to).unwrap(),
            ..GpuOptions::default()
        };
        let found = deviation(
            &mut gpu_with(&system, options).unwrap(),
            &system,
            &batch,
            &[0],
        );
        assert!(!found.is_small(), "unnoticed in {path}: {to}: {found:?}");
    }
}
