//! AMBER's prmtops: read, and put to use with constraints and every kind of solvent; torsions are found in whatever graph its bonds are.
#![no_main]

use saltus::forcefield::Prmtop;
use saltus::topology::{named_torsions, peptide_bonds, pucker_rings, rotatable_bonds};
use saltus::{BornModel, SystemOptions};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(prmtop) = Prmtop::parse(text, "fuzzed.prmtop") else {
        return;
    };
    for solvent in [None, Some(BornModel::Obc1), Some(BornModel::Gbn2)] {
        let options = SystemOptions {
            solvent,
            constrain_hydrogen_bonds: solvent.is_some(),
            ..SystemOptions::default()
        };
        let _ = prmtop.system(&options);
    }
    let topology = prmtop.topology();
    let _ = (named_torsions(topology), peptide_bonds(topology));
    let _ = (pucker_rings(topology), rotatable_bonds(topology));
});
