//! The order of atoms is the file's, and with it what OpenMM computes: impropers follow that order.

use serde_json::Value;

use crate::support::{atom_name, data, edit_atoms, evaluate, peptide, read, text_of};

#[test]
fn energies_and_forces_in_the_order_of_the_file_are_those_of_openmm() {
    for name in ["start", "scrambled", "pdbfixer"] {
        let (molecule, _) = read(&data(&format!("openmm/{name}.pdb")));
        let expected: Value = serde_json::from_str(&data(&format!("openmm/{name}.json"))).unwrap();
        for (atom, label) in expected["atoms"].as_array().unwrap().iter().enumerate() {
            assert_eq!(
                molecule.topology.label(atom).replace("HID", "HIE"),
                ours(label.as_str().unwrap())
            );
        }
        let (terms, forces) = evaluate(&molecule);
        let term = |name: &str| expected["terms_kj_per_mol"][name].as_f64().unwrap();
        for (what, got) in [
            ("bond", terms.bond),
            ("angle", terms.angle),
            ("torsion", terms.torsion),
            ("nonbonded", terms.nonbonded),
            ("implicit_solvent", terms.implicit_solvent),
        ] {
            let deviation = (got - term(what)).abs();
            assert!(deviation < 1e-4, "{name}: {what} is off by {deviation}");
        }
        let reference = expected["forces_kj_per_mol_per_nm"].as_array().unwrap();
        assert_eq!(reference.len(), forces.len());
        for (atom, (force, reference)) in forces.iter().zip(reference).enumerate() {
            for (component, value) in force.iter().zip(reference.as_array().unwrap()) {
                let deviation = (component - value.as_f64().unwrap()).abs();
                assert!(
                    deviation < 2e-3,
                    "{name}: atom {atom} is off by {deviation}"
                );
            }
        }
    }
}

/// A label of a file in our names: a charged end's first hydrogen is H1, a histidine says where its proton is.
pub(crate) fn ours(label: &str) -> String {
    let label = label.replace("HIS", "HIE");
    match label.strip_suffix(" 1 H") {
        Some(residue) => format!("{residue} 1 H1"),
        None => label,
    }
}

#[test]
fn a_file_keeps_its_order_when_written_again() {
    let text = data("openmm/scrambled.pdb");
    let names = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with("ATOM"))
            .map(|line| atom_name(line).to_owned())
            .collect()
    };
    assert_eq!(names(&text_of(&read(&text).0)), names(&text));
}

#[test]
fn added_hydrogens_follow_their_heavy_atoms() {
    let text = text_of(&peptide("AK", &[]));
    let keeps = |line: &str| {
        let name = atom_name(line);
        let is_kept = !name.starts_with('H') || name == "HB2" || name == "HE2";
        (is_kept && name != "OXT").then(|| line.to_owned())
    };
    let (molecule, _) = read(&edit_atoms(&text, keeps));
    let names: Vec<&str> = molecule.topology.atoms.iter().map(|a| &*a.name).collect();
    let expected = "N H1 H2 H3 CA HA CB HB2 HB1 HB3 C O \
        N H CA HA CB HB2 HB3 CG HG2 HG3 CD HD2 HD3 CE HE2 HE3 NZ HZ1 HZ2 HZ3 C O OXT";
    assert_eq!(names.join(" "), expected);
}
