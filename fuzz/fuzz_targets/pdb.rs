//! PDB files: read into a molecule, whose PDB file is then readable too.
#![no_main]

use saltus::topology::pdb;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(molecule) = pdb::read_str(text, "fuzzed.pdb") {
        assert_eq!(molecule.positions.len(), molecule.topology.n_atoms());
    }
});
