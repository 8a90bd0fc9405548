//! Energies and forces: every term, solvent, residue and shape against the f64 reference; planted errors are found.

use crate::openmm_reference::ReferenceFile;
use crate::support::{self, Deviation, assign, batch, deviation, gpu_with, molecule};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions};
use saltus::gpu::{GpuOptions, Placement, ShaderSources};
use saltus::integrator::Engine;
use saltus::topology::{Sequence, build};

#[test]
fn every_residue_matches_the_reference() {
    let mut worst = Deviation::default();
    for (name, file) in ReferenceFile::all() {
        // Molecule by molecule another of the references, so that all solvents take part.
        let reference = &file.references[name.len() % file.references.len()];
        let system = assign(&file, reference);
        let Some(mut engine) = support::gpu(&system) else {
            return;
        };
        let positions = batch(&file.positions_nm, 3);
        let mut cpu = saltus::cpu::engine(&system, &Default::default()).unwrap();
        for (device, engine) in [
            ("gpu", &mut engine as &mut dyn Engine),
            ("cpu", cpu.as_mut()),
        ] {
            let found = deviation(engine, &system, &positions, &[0, 2]);
            assert!(
                found.is_small(),
                "{device}: {name} {}: {found:?}",
                reference.label()
            );
            if device == "gpu" {
                worst = worst.max(found);
            }
        }
    }
    println!("all residues: {worst:?}");
}

#[test]
fn every_solvent_matches_the_reference() {
    let mut worst = Deviation::default();
    for name in ["alanine_dipeptide", "zwitterions"] {
        let file = molecule(name);
        for reference in &file.references {
            let system = assign(&file, reference);
            let Some(mut engine) = support::gpu(&system) else {
                return;
            };
            let positions = batch(&file.positions_nm, 2);
            let found = deviation(&mut engine, &system, &positions, &[0, 1]);
            assert!(found.is_small(), "{name} {}: {found:?}", reference.label());
            worst = worst.max(found);
        }
    }
    println!("all solvents: {worst:?}");
}

/// The first `n_atoms` atoms of a molecule with the terms that lie wholly among them.
fn truncated(system: &System, n_atoms: usize) -> System {
    let inside = |atoms: &[usize]| atoms.iter().all(|&atom| atom < n_atoms);
    let mut part = system.clone();
    part.masses_da.truncate(n_atoms);
    part.bonds.retain(|term| inside(&term.atoms));
    part.angles.retain(|term| inside(&term.atoms));
    part.torsions.retain(|term| inside(&term.atoms));
    part.harmonic_torsions.retain(|term| inside(&term.atoms));
    part.mapped_torsions
        .retain(|term| inside(term.atoms.as_flattened()));
    part.nonbonded.charges.truncate(n_atoms);
    part.nonbonded.sigmas_nm.truncate(n_atoms);
    part.nonbonded.epsilons_kj_per_mol.truncate(n_atoms);
    part.nonbonded.exceptions.retain(|term| inside(&term.atoms));
    if let Some(solvent) = &mut part.implicit_solvent {
        solvent.radii_nm.truncate(n_atoms);
        solvent.screening.truncate(n_atoms);
        solvent.tanh_coefficients.truncate(n_atoms);
        solvent.neck_index.truncate(n_atoms);
    }
    part
}

#[test]
fn sizes_around_the_limits_of_a_workgroup_match_the_reference() {
    let file = molecule("zwitterions");
    let reference = file
        .references
        .iter()
        .find(|r| r.solvent == "obc2")
        .unwrap();
    let whole = assign(&file, reference);
    let mut worst = Deviation::default();
    let n_most = whole.n_atoms();
    for n_atoms in [1, 2, 31, 32, 33, 63, 65, 127, 129, 255, 256, 257, n_most] {
        let n_atoms = n_atoms.min(n_most);
        let system = truncated(&whole, n_atoms);
        for options in [
            GpuOptions::default(),
            GpuOptions {
                placement: Some(Placement::Tiled),
                ..GpuOptions::default()
            },
        ] {
            let label = format!("{n_atoms} atoms, {:?}", options.placement);
            let Some(mut engine) = gpu_with(&system, options) else {
                return;
            };
            let positions = batch(&file.positions_nm[..n_atoms], 2);
            let found = deviation(&mut engine, &system, &positions, &[0, 1]);
            assert!(found.is_small(), "{label}: {found:?}");
            worst = worst.max(found);
        }
    }
    println!("sizes: {worst:?}");
}

#[test]
fn two_float_sums_and_shared_workgroups_match_the_reference() {
    let file = molecule("chain_of_17");
    let system = assign(&file, &file.references[0]);
    for options in [
        GpuOptions {
            without_f64: true,
            ..GpuOptions::default()
        },
        GpuOptions {
            n_sharing: Some(2),
            ..GpuOptions::default()
        },
    ] {
        let Some(mut engine) = gpu_with(&system, options) else {
            return;
        };
        let found = deviation(&mut engine, &system, &batch(&file.positions_nm, 3), &[0, 2]);
        println!("{} atoms: {found:?}", system.n_atoms());
        assert!(found.is_small(), "{found:?}");
    }
}

/// A system with one kind of term, by name.
fn only(system: &System, term: &str) -> System {
    let n_atoms = system.n_atoms();
    let mut empty = System {
        implicit_solvent: None,
        ..system.clone()
    };
    empty.bonds.clear();
    empty.angles.clear();
    empty.torsions.clear();
    empty.harmonic_torsions.clear();
    empty.mapped_torsions.clear();
    empty.nonbonded.charges = vec![0.0; n_atoms];
    empty.nonbonded.epsilons_kj_per_mol = vec![0.0; n_atoms];
    for exception in &mut empty.nonbonded.exceptions {
        exception.charge_product = 0.0;
        exception.epsilon_kj_per_mol = 0.0;
    }
    let from = system.clone();
    match term {
        "bond" => System {
            bonds: from.bonds,
            ..empty
        },
        "angle" => System {
            angles: from.angles,
            ..empty
        },
        "torsion" => System {
            torsions: from.torsions,
            ..empty
        },
        "nonbonded" => System {
            nonbonded: from.nonbonded,
            ..empty
        },
        _ => {
            empty.nonbonded.charges = from.nonbonded.charges;
            System {
                implicit_solvent: from.implicit_solvent,
                ..empty
            }
        }
    }
}

#[test]
fn every_term_by_itself_matches_the_reference_and_a_planted_error_does_not() {
    let file = molecule("alanine_dipeptide");
    let solvated = |model: &str| {
        let reference = file.references.iter().find(|r| {
            r.solvent == model
                && r.surface_area
                && (model != "gbn2" || r.ionic_strength_molar > 0.0)
        });
        let fallback = || file.references.iter().find(|r| r.solvent == model);
        assign(&file, reference.or_else(fallback).unwrap())
    };
    let obc = solvated("obc2");
    let mut unnoticed = Vec::new();
    for (term, path, from, to) in [
        (
            "bond",
            "forcefield/bond.wgsl",
            "0.5 * tension",
            "0.5005 * tension",
        ),
        (
            "bond",
            "forcefield/bond.wgsl",
            "-(tension * inverse_r)",
            "-1.0001 * tension * inverse_r",
        ),
        (
            "angle",
            "shared/math.wgsl",
            "0.333333333 - square",
            "0.333 - square",
        ),
        (
            "angle",
            "forcefield/angle.wgsl",
            "(factor / dot(a, a))",
            "(1.0001 * factor / dot(a, a))",
        ),
        (
            "torsion",
            "forcefield/torsion.wgsl",
            "f32(order) *",
            "1.0001 * f32(order) *",
        ),
        (
            "nonbonded",
            "forcefield/nonbonded.wgsl",
            "fma(12.0",
            "fma(12.001",
        ),
        (
            "solvent",
            "forcefield/generalized_born.wgsl",
            "let integral = 0.125",
            "let integral = 0.12501",
        ),
        (
            "solvent",
            "forcefield/generalized_born.wgsl",
            "fma(-0.25, decay, 1.0)",
            "fma(-0.2501, decay, 1.0)",
        ),
        (
            "solvent",
            "forcefield/surface_area.wgsl",
            "28.3919551",
            "28.3",
        ),
        ("solvent", "shared/math.wgsl", "5.0000001201e-1", "5.01e-1"),
        ("solvent", "shared/math.wgsl", "3.3333331174e-1", "3.34e-1"),
    ] {
        let system = only(&obc, term);
        let positions = batch(&file.positions_nm, 1);
        let Some(mut engine) = support::gpu(&system) else {
            return;
        };
        let found = deviation(&mut engine, &system, &positions, &[0]);
        assert!(found.is_small(), "{term}: {found:?}");
        let sources = ShaderSources::default().replaced(path, from, to).unwrap();
        let options = GpuOptions {
            sources,
            ..GpuOptions::default()
        };
        let mut wrong = gpu_with(&system, options).unwrap();
        let found = deviation(&mut wrong, &system, &positions, &[0]);
        if found.is_small() {
            unnoticed.push(format!("{term}: {path}, {to}: {found:?}"));
        }
    }
    assert!(
        unnoticed.is_empty(),
        "errors went unnoticed: {unnoticed:#?}"
    );
}

#[test]
fn a_thousand_atoms_match_the_reference_in_workgroup_memory_or_out_of_it() {
    let sequence = Sequence::parse(&"A".repeat(100)).unwrap();
    let molecule = build(&sequence, &[]).unwrap();
    let options = SystemOptions {
        solvent: Some(BornModel::Gbn2),
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    let system = force_field.assign(&molecule.topology, &options).unwrap();
    assert!(system.n_atoms() > 1000);
    let positions = batch(&molecule.positions, 1);
    for placement in [None, Some(Placement::Tiled)] {
        let options = GpuOptions {
            placement,
            ..GpuOptions::default()
        };
        let Some(mut engine) = gpu_with(&system, options) else {
            return;
        };
        let found = deviation(&mut engine, &system, &positions, &[0]);
        println!("{:?}: {found:?}", engine.shape());
        assert!(found.is_small(), "{found:?}");
    }
}
