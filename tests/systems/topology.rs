//! Atoms, names and bonds of Systems, and the parameters that energies alone do not show.

use saltus::forcefield::BornModel;
use saltus::topology::{named_torsions, rotatable_bonds};

use super::support::Reference;

#[test]
fn bonds_are_those_of_openmms_topology() {
    for (name, reference) in Reference::all() {
        let foreign = reference.molecule();
        assert_eq!(foreign.molecule.topology.bonds, reference.bonds, "{name}");
        assert_eq!(
            foreign.system.constraints.len(),
            reference.n_constraints,
            "{name}"
        );
    }
}

#[test]
fn atoms_are_in_the_order_of_the_file_with_its_names() {
    for name in ["class_hct", "chloroethanol_split", "amber99sbildn_native"] {
        let reference = Reference::read(name);
        let records = reference
            .pdb
            .lines()
            .filter(|line| line.starts_with("ATOM  ") || line.starts_with("HETATM"));
        let expected: Vec<[&str; 2]> = records
            .map(|line| [line[12..16].trim(), line[17..20].trim()])
            .collect();
        let topology = reference.molecule().molecule.topology;
        let found: Vec<[&str; 2]> = topology
            .atoms
            .iter()
            .map(|atom| [&*atom.name, &*topology.residues[atom.residue_index].name])
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn solvents_are_recognised() {
    let expected = [
        ("amber14_vacuum", None),
        ("amber14_hct", Some((BornModel::Hct, true))),
        ("amber14_obc1", Some((BornModel::Obc1, true))),
        ("amber14_obc2", Some((BornModel::Obc2, true))),
        ("amber14_gbn", Some((BornModel::Gbn, true))),
        ("amber14_gbn2", Some((BornModel::Gbn2, true))),
        ("amber14_obc2_salt", Some((BornModel::Obc2, false))),
        ("amber99sbildn_native", Some((BornModel::Obc2, true))),
        ("class_hct", Some((BornModel::Hct, true))),
        ("class_obc1", Some((BornModel::Obc1, true))),
        ("class_gbn", Some((BornModel::Gbn, true))),
        ("charmm36_obc2", Some((BornModel::Obc2, false))),
        ("chloroethanol_guide", Some((BornModel::Obc2, true))),
    ];
    for (name, expected) in expected {
        let solvent = Reference::read(name).molecule().system.implicit_solvent;
        let found = solvent.map(|solvent| (solvent.model, solvent.surface_area));
        assert_eq!(found, expected, "{name}");
    }
    let salty = Reference::read("amber14_obc2_salt")
        .molecule()
        .system
        .implicit_solvent
        .unwrap();
    let found = [
        salty.solute_dielectric,
        salty.solvent_dielectric,
        salty.kappa_per_nm,
    ];
    let kappa = 7.3 * 50.33355 * (0.15_f64 / 78.5 / 300.0).sqrt();
    for (found, expected) in found.into_iter().zip([2.0, 60.0, kappa]) {
        assert!(
            (found - expected).abs() < 1e-7 * expected,
            "{found} {expected}"
        );
    }
}

#[test]
fn lists_that_engines_do_not_show_are_whole() {
    let count = |name: &str| {
        let system = Reference::read(name).molecule().system;
        [
            system.harmonic_torsions.len(),
            system.correction_maps.len(),
            system.mapped_torsions.len(),
        ]
    };
    assert_eq!(count("amber14_vacuum"), [0, 0, 0]);
    let [_, n_maps, n_mapped] = count("ff19sb_vacuum");
    assert!(n_maps >= 1 && n_mapped == 1, "{n_maps} {n_mapped}");
    let [n_harmonic, n_maps, n_mapped] = count("charmm36_vacuum");
    assert!(n_harmonic > 0 && n_maps > 0 && n_mapped == 1);
    assert_eq!(count("chloroethanol_split")[0], 2);
}

#[test]
fn what_has_no_effect_is_said() {
    let notes = Reference::read("amber14_vacuum").molecule().notes;
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].starts_with("CMMotionRemover is ignored"),
        "{}",
        notes[0]
    );
    assert!(Reference::read("chloroethanol").molecule().notes.is_empty());
}

#[test]
fn foreign_molecules_have_torsions_to_turn() {
    let chloroethanol = Reference::read("chloroethanol")
        .molecule()
        .molecule
        .topology;
    let names: Vec<String> = rotatable_bonds(&chloroethanol)
        .into_iter()
        .map(|b| b.name)
        .collect();
    assert_eq!(names, ["C1-C2_1", "C2-O1_1"]);
    let peptide = Reference::read("charmm36_vacuum")
        .molecule()
        .molecule
        .topology;
    let names: Vec<String> = named_torsions(&peptide)
        .into_iter()
        .map(|t| t.name)
        .collect();
    assert!(
        names.contains(&"phi_2".to_owned()) && names.contains(&"psi_2".to_owned()),
        "{names:?}"
    );
}
