//! Force-field assignment and the f64 reference against OpenMM: counts, sums, energies, forces. Does not test the engines.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::openmm_reference::{Reference, ReferenceFile, builtin};
use crate::plain_energy;
use saltus::forcefield::{ForceField, System, SystemOptions, reference_energies};
use saltus::topology::Topology;

/// Calls `check` on every reference of every molecule.
fn for_each_reference(
    mut check: impl FnMut(&str, &ReferenceFile, &Topology, &Reference, &ForceField),
) {
    let mut force_fields: BTreeMap<String, ForceField> = BTreeMap::new();
    let files = ReferenceFile::all();
    assert!(files.len() >= 30, "only {} reference files", files.len());
    for (name, file) in &files {
        let topology = file.topology();
        for reference in &file.references {
            let name_of_it = &reference.force_field;
            let force_field = force_fields
                .entry(name_of_it.clone())
                .or_insert_with(|| builtin(name_of_it));
            let label = format!("{name}: {}", reference.label());
            check(&label, file, &topology, reference, force_field);
        }
    }
    let whole = ForceField::builtin_names().map(str::to_owned);
    for name in whole {
        assert!(force_fields.contains_key(&name), "no reference has {name}");
    }
    for (name, _) in ForceField::builtin_additions() {
        let with_it = |pair: &String| pair.ends_with(name);
        assert!(force_fields.keys().any(with_it), "no reference has {name}");
    }
}

fn close(label: &str, what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!(
        (got - expected).abs() <= tolerance,
        "{label}: {what} is {got}, OpenMM has {expected}"
    );
}

#[test]
fn counts_and_sums_of_parameters_are_those_of_openmm() {
    for_each_reference(|label, _, topology, reference, force_field| {
        let options = reference.options();
        let system = force_field.assign(topology, &options).unwrap();
        let expected = &reference.system;
        assert_eq!(system.bonds.len(), expected.n_bonds, "{label}");
        assert_eq!(system.angles.len(), expected.n_angles, "{label}");
        assert_eq!(system.torsions.len(), expected.n_torsions, "{label}");
        assert_eq!(system.mapped_torsions.len(), expected.n_mapped, "{label}");
        assert_eq!(
            system.nonbonded.exceptions.len(),
            expected.n_exceptions,
            "{label}"
        );
        let charge = system.nonbonded.charges.iter().sum();
        close(label, "charge", charge, expected.sum_of_charges, 1e-9);
        let mass = system.masses_da.iter().sum();
        close(label, "mass", mass, expected.sum_of_masses_da, 1e-6);
    });
}

#[test]
fn rigid_bonds_and_heavy_hydrogens_are_those_of_openmm() {
    for_each_reference(|label, _, topology, reference, force_field| {
        let options = SystemOptions {
            constrain_hydrogen_bonds: true,
            hydrogen_mass_da: 1.5,
            ..reference.options()
        };
        let system = force_field.assign(topology, &options).unwrap();
        let expected = &reference.system;
        assert_eq!(system.bonds.len(), expected.n_flexible_bonds, "{label}");
        assert_eq!(system.constraints.len(), expected.n_constraints, "{label}");
        let length = system.constraints.iter().map(|c| c.distance_nm).sum();
        close(
            label,
            "constraint",
            length,
            expected.sum_of_constraints_nm,
            1e-9,
        );
        let squares = system.masses_da.iter().map(|mass| mass * mass).sum();
        let reference_squares = expected.sum_of_squared_heavy_hydrogen_masses_da2;
        close(label, "mass²", squares, reference_squares, 1e-6);
    });
}

/// Largest deviation of each term in kJ/mol, and of the force on an atom relative to the root mean square force.
fn assert_close_to_openmm(
    energy_tolerance: f64,
    evaluate: impl Fn(&System, &[[f64; 3]]) -> ([f64; 6], Option<Vec<[f64; 3]>>),
) {
    let mut largest: BTreeMap<&'static str, (f64, String)> = BTreeMap::new();
    for_each_reference(|label, file, topology, reference, force_field| {
        let system = force_field.assign(topology, &reference.options()).unwrap();
        let (energies, forces) = evaluate(&system, &file.positions_nm);
        let terms = reference.terms_kj_per_mol.named().into_iter().zip(energies);
        let mut deviations: Vec<(&'static str, f64)> = terms
            .map(|((term, expected), got)| (term, (got - expected).abs()))
            .collect();
        if let Some(forces) = forces {
            deviations.push(("force", reference.force_deviation(&forces)));
        }
        for (term, deviation) in deviations {
            let worst = largest.entry(term).or_insert((0.0, String::new()));
            if deviation > worst.0 || deviation.is_nan() {
                *worst = (deviation, label.to_owned());
            }
        }
    });
    eprintln!("{largest:#?}");
    for (term, (deviation, label)) in &largest {
        let tolerance = if *term == "force" {
            1e-5
        } else {
            energy_tolerance
        };
        assert!(
            *deviation < tolerance,
            "{term} deviates by {deviation:e}: {label}"
        );
    }
}

#[test]
fn plain_energies_of_every_term_are_those_of_openmm() {
    // The files hold eight decimals.
    assert_close_to_openmm(1e-7, |system, positions| {
        (plain_energy::terms(system, positions), None)
    });
}

#[test]
fn reference_energies_and_forces_are_those_of_openmm() {
    assert_close_to_openmm(1e-6, |system, positions| {
        let (terms, forces) = reference_energies(system, positions);
        let energies = [
            terms.bond,
            terms.angle,
            terms.torsion,
            terms.nonbonded,
            terms.implicit_solvent,
            terms.correction_map,
        ];
        (energies, Some(forces))
    });
}

/// A built-in force field with another `ordering`, read from a file.
fn reordered(force_field: &str, ordering: &str) -> ForceField {
    let name = match force_field {
        "amber14" => "protein.ff14SB.xml",
        other => &format!("{other}.xml"),
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/forcefields");
    let text = std::fs::read_to_string(folder.join(name))
        .unwrap()
        .replace(
            "<PeriodicTorsionForce ordering=\"amber\">",
            "<PeriodicTorsionForce>",
        )
        .replace(
            "<PeriodicTorsionForce>",
            &format!("<PeriodicTorsionForce ordering=\"{ordering}\">"),
        );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    ForceField::from_files(&[file.path().to_owned()]).unwrap()
}

#[test]
fn impropers_in_every_ordering_are_those_of_openmm() {
    let mut force_fields: BTreeMap<(String, String), ForceField> = BTreeMap::new();
    let mut energies_of_orderings = Vec::new();
    for (name, file) in ReferenceFile::all() {
        let topology = file.topology();
        for reference in &file.improper_orderings {
            let (force_field, ordering) = (&reference.force_field, &reference.ordering);
            let system = force_fields
                .entry((force_field.clone(), ordering.clone()))
                .or_insert_with(|| reordered(force_field, ordering))
                .assign(&topology, &SystemOptions::default())
                .unwrap();
            let label = format!("{name}: {force_field} with ordering {ordering}");
            assert_eq!(system.torsions.len(), reference.n_torsions, "{label}");
            let energy = plain_energy::terms(&system, &file.positions_nm)[2];
            close(
                &label,
                "torsion energy",
                energy,
                reference.torsion_kj_per_mol,
                1e-7,
            );
            energies_of_orderings.push(reference.torsion_kj_per_mol);
        }
    }
    // The rules differ in what they give, so the comparison can tell them apart.
    let differ = |pair: &[f64]| (pair[0] - pair[1]).abs() > 1e-3;
    assert!(
        energies_of_orderings
            .chunks(2)
            .filter(|pair| differ(pair))
            .count()
            > 60
    );
}
