//! PDB files: read into a molecule, whose parameters, energy and torsions are then found; what is written of it is read again.
#![no_main]

use std::sync::LazyLock;

use saltus::topology::{named_torsions, pdb, peptide_bonds, pucker_rings, rotatable_bonds};
use saltus::{ForceField, SystemOptions, reference_energies};

static FORCE_FIELD: LazyLock<ForceField> =
    LazyLock::new(|| ForceField::builtin("amber14").expect("invariant: it ships"));

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(molecule) = pdb::read_str(text, "fuzzed.pdb") else {
        return;
    };
    let (topology, positions) = (&molecule.topology, &molecule.positions);
    assert_eq!(positions.len(), topology.n_atoms());
    let _ = (named_torsions(topology), peptide_bonds(topology));
    let _ = (pucker_rings(topology), rotatable_bonds(topology));
    if let Ok(system) = FORCE_FIELD.assign(topology, &SystemOptions::default()) {
        let _ = reference_energies(&system, positions);
    }
    let mut written = Vec::new();
    if pdb::write(&mut written, topology, positions).is_ok() {
        let written = String::from_utf8(written).expect("invariant: PDB files are ASCII");
        let again = pdb::read_verbatim_str(&written, "written.pdb");
        assert_eq!(again.map(|again| again.topology.n_atoms()).ok(), Some(topology.n_atoms()), "{written}");
    }
});
