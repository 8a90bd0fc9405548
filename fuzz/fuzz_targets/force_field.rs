//! OpenMM XML of a force field, read and put to use on alanine dipeptide.
#![no_main]

use std::sync::LazyLock;

use saltus::topology::{Molecule, Sequence, build};
use saltus::{ForceField, SystemOptions};

static MOLECULE: LazyLock<Molecule> = LazyLock::new(|| {
    let sequence = Sequence::parse("ACE-ALA-NME").expect("invariant: a sequence");
    build(&sequence, &[]).expect("invariant: it builds")
});

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(force_field) = ForceField::from_text("fuzzed.xml", text) {
        let _ = force_field.assign(&MOLECULE.topology, &SystemOptions::default());
    }
});
