//! Energies, term by term, and forces of every committed System against OpenMM's Reference platform, in its order of atoms.

use saltus::cpu::{CpuOptions, Precision, engine};
use saltus::forcefield::{TermEnergies, reference_energies};

use super::support::Reference;

/// kJ/mol.
const ENERGY_TOLERANCE: f64 = 1e-4;
/// Of the root mean square force.
const FORCE_TOLERANCE: f64 = 1e-5;

fn of(reference: &Reference, classes: &[&str]) -> f64 {
    let energies = classes
        .iter()
        .filter_map(|class| reference.energies_kj_per_mol.get(*class));
    energies.sum()
}

/// What is wrong with the terms of one System.
fn faults(name: &str, reference: &Reference, terms: TermEnergies) -> Vec<String> {
    let nonbonded = ["NonbondedForce", "CustomNonbondedForce", "CustomBondForce"];
    let expected = [
        ("bond", terms.bond, of(reference, &["HarmonicBondForce"])),
        ("angle", terms.angle, of(reference, &["HarmonicAngleForce"])),
        ("nonbonded", terms.nonbonded, of(reference, &nonbonded)),
        (
            "implicit_solvent",
            terms.implicit_solvent,
            of(reference, &["GBSAOBCForce", "CustomGBForce"]),
        ),
        (
            "total",
            terms.total(),
            reference.potential_energy_kj_per_mol,
        ),
    ];
    let off = expected
        .into_iter()
        .filter(|(_, got, want)| (got - want).abs() > ENERGY_TOLERANCE);
    off.map(|(term, got, want)| format!("{name}: {term} is {got}, OpenMM has {want}"))
        .collect()
}

/// Largest deviation of a component, relative to the root mean square force.
fn deviation(got: &[[f64; 3]], want: &[[f64; 3]]) -> f64 {
    let pairs = got.as_flattened().iter().zip(want.as_flattened());
    let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let squares: f64 = want.as_flattened().iter().map(|x| x * x).sum();
    largest / (squares / want.len() as f64).sqrt()
}

#[test]
fn energies_and_forces_are_openmms() {
    let (mut found, mut worst) = (Vec::new(), [0.0_f64; 2]);
    let references = Reference::all();
    assert!(references.len() >= 25, "{}", references.len());
    for (name, reference) in references {
        let foreign = reference.molecule();
        let (terms, forces) = reference_energies(&foreign.system, &foreign.molecule.positions);
        found.extend(faults(&name, &reference, terms));
        let off = deviation(&forces, &reference.forces_kj_per_mol_per_nm);
        worst[0] = worst[0].max((terms.total() - reference.potential_energy_kj_per_mol).abs());
        worst[1] = worst[1].max(off);
        if off > FORCE_TOLERANCE {
            found.push(format!("{name}: forces are off by {off:e}"));
        }
    }
    eprintln!("worst: {} kJ/mol, forces {:e}", worst[0], worst[1]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_engine_has_the_energies_of_the_reference() {
    for name in [
        "amber14_gbn2",
        "chloroethanol_native",
        "chloroethanol_guide",
        "waters",
    ] {
        let reference = Reference::read(name);
        let foreign = reference.molecule();
        for (precision, tolerance) in [(Precision::Double, 1e-4), (Precision::Mixed, 0.02)] {
            let options = CpuOptions {
                precision,
                ..CpuOptions::default()
            };
            let mut engine = engine(&foreign.system, &options).unwrap();
            let mut energies = [0.0];
            engine.energies(foreign.molecule.positions.as_flattened(), &mut energies);
            let off = (energies[0] - reference.potential_energy_kj_per_mol).abs();
            assert!(off < tolerance, "{name} {precision:?}: off by {off}");
        }
    }
}

/// Each of these changes to a file must be seen in the energies: else the comparison would compare nothing.
#[test]
fn planted_errors_are_seen() {
    for (name, from, to) in [
        (
            "amber14_obc1",
            "solventDielectric=78.5",
            "solventDielectric=77.5",
        ),
        ("amber14_vacuum", "periodicity=\"3\"", "periodicity=\"2\""),
        ("chloroethanol", "c3=\"2.1", "c3=\"2.0"),
        ("chloroethanol_native", "scale=\".8", "scale=\".81"),
        ("class_gbn", "kappa=0.7", "kappa=0.72"),
    ] {
        let mut reference = Reference::read(name);
        assert!(reference.system.contains(from), "{name}: no {from}");
        reference.system = reference.system.replace(from, to);
        let foreign = reference.molecule();
        let (terms, _) = reference_energies(&foreign.system, &foreign.molecule.positions);
        assert!(
            !faults(name, &reference, terms).is_empty(),
            "{name}: {from} to {to}"
        );
    }
}
