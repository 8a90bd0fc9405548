//! The assigned parameters against OpenMM's: counts, sums, and the energy of every term. Does not test the engines.

mod common;

use std::collections::BTreeMap;

use common::openmm_reference::{Reference, ReferenceFile};
use common::plain_energy;
use saltus::forcefield::{ForceField, System};
use saltus::topology::Topology;

fn force_fields() -> BTreeMap<&'static str, ForceField> {
    ForceField::builtin_names()
        .map(|name| (name, ForceField::builtin(name).unwrap()))
        .collect()
}

/// Calls `check` on every reference of every molecule.
fn for_each_reference(
    mut check: impl FnMut(&str, &ReferenceFile, &Topology, &Reference, &ForceField),
) {
    let force_fields = force_fields();
    let files = ReferenceFile::all();
    assert!(files.len() >= 30, "only {} reference files", files.len());
    for (name, file) in &files {
        let topology = file.topology();
        for reference in &file.references {
            let force_field = &force_fields[reference.force_field.as_str()];
            let label = format!("{name}: {}", reference.label());
            check(&label, file, &topology, reference, force_field);
        }
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
        let options = saltus::forcefield::SystemOptions {
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

/// Largest deviation of each term, in kJ/mol.
fn largest_deviations(
    evaluate: impl Fn(&System, &[[f64; 3]]) -> [f64; 5],
) -> BTreeMap<&'static str, (f64, String)> {
    let mut largest: BTreeMap<&'static str, (f64, String)> = BTreeMap::new();
    for_each_reference(|label, file, topology, reference, force_field| {
        let system = force_field.assign(topology, &reference.options()).unwrap();
        let got = evaluate(&system, &file.positions_nm);
        for ((term, expected), got) in reference.terms_kj_per_mol.named().into_iter().zip(got) {
            let deviation = (got - expected).abs();
            let worst = largest.entry(term).or_insert((0.0, String::new()));
            if deviation > worst.0 || deviation.is_nan() {
                *worst = (deviation, label.to_owned());
            }
        }
    });
    largest
}

#[test]
fn plain_energies_of_every_term_are_those_of_openmm() {
    let largest = largest_deviations(|system, positions| plain_energy::terms(system, positions));
    println!("{largest:#?}");
    for (term, (deviation, label)) in &largest {
        assert!(
            *deviation < 1e-6,
            "{term} deviates by {deviation:e} kJ/mol: {label}"
        );
    }
}
