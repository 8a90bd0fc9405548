//! Models as files, what their cards say, and molecules that they do not know.

use saltus::flow::torsion::{LeapModel, ModelCard, WeightsError};
use saltus::proposal::{
    LeapBlock, LeapError, TorsionLeapProposal, builtin_leap_model, random_leap_model,
};
use saltus::topology::Topology;
use saltus::training::{HELD_OUT, is_held_out};

use super::support::molecule;

/// One-letter codes of a sequence, caps left out.
fn letters(sequence: &str) -> String {
    let one_letter = |name: &str| match name {
        "ACE" | "NME" | "NHE" => None,
        "ASH" => Some('D'),
        "GLH" => Some('E'),
        "LYN" => Some('K'),
        "CYM" | "CYX" => Some('C'),
        "HID" | "HIE" | "HIP" => Some('H'),
        name => {
            saltus::topology::ResidueLibrary::get()
                .find(name)
                .unwrap()
                .one_letter
        }
    };
    sequence.split('-').filter_map(one_letter).collect()
}

#[test]
fn no_model_has_seen_a_test_peptide() {
    assert_eq!(letters("ACE-HID-GLH-NME"), "HE");
    assert!(is_held_out(&letters("ACE-ALA-NME")) && is_held_out(&letters("SER-ALA-GLU-LEU")));
    for force_field in ["amber14", "amber99sbildn"] {
        let card = builtin_leap_model(force_field, "obc1").card;
        assert_eq!(card.force_field, force_field);
        no_test_peptide_in(&card);
    }
    let elsewhere = |force_field, solvent| builtin_leap_model(force_field, solvent).card;
    assert_eq!(
        elsewhere("amber99sbildn", "gbn2").force_field,
        "amber99sbildn"
    );
    assert_eq!(elsewhere("mine", "obc1").force_field, "amber14");
}

fn no_test_peptide_in(card: &ModelCard) {
    let seen: Vec<&String> = card.trained_on.iter().chain(&card.validated_on).collect();
    assert!(card.trained_on.len() >= 100 && card.validated_on.len() >= 8);
    assert!(card.test_peptides.is_empty(), "{:?}", card.test_peptides);
    for sequence in seen {
        let letters = letters(sequence);
        assert!(
            !HELD_OUT.contains(&letters.as_str()),
            "{sequence} is kept for tests"
        );
    }
}

#[test]
fn files_keep_models() {
    let model = random_leap_model(3);
    assert_eq!(LeapModel::from_bytes(&model.to_bytes()).unwrap(), model);
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let bytes = random_leap_model(3).to_bytes();
    let error = |bytes: &[u8]| LeapModel::from_bytes(bytes).unwrap_err();
    assert!(matches!(
        error(&bytes[..bytes.len() - 9]),
        WeightsError::Unreadable { .. }
    ));
    assert!(matches!(
        error(b"no model"),
        WeightsError::Unreadable { .. }
    ));
    let mut nan = random_leap_model(3);
    nan.side_chain.network.layers[1].bias[2] = f32::NAN;
    let message = error(&nan.to_bytes()).to_string();
    assert!(
        message.contains("side_chain.layer1.bias") && message.contains("not finite"),
        "{message}"
    );
    let mut old = random_leap_model(3);
    old.card.version = 99;
    let message = error(&old.to_bytes()).to_string();
    assert!(
        message.contains("99") && message.contains("saltus train"),
        "{message}"
    );
    let mut other = random_leap_model(3);
    other.backbone.mean.pop();
    other.backbone.scale.pop();
    let topology = molecule("AAAY").topology;
    let refused = TorsionLeapProposal::new(&topology, &other, None);
    assert!(matches!(refused.err(), Some(LeapError::Inputs { .. })));
}

#[test]
fn unknown_residues_are_left_to_adaptive_torsion() {
    let model = random_leap_model(3);
    let mut topology = molecule("ACE-SER-LEU-NME").topology;
    let leap = TorsionLeapProposal::new(&topology, &model, None).unwrap();
    assert!(leap.fallback_residues().is_empty());
    topology.residues[2].name = "XYZ".to_owned();
    let leap = TorsionLeapProposal::new(&topology, &model, None).unwrap();
    assert_eq!(leap.fallback_residues(), ["XYZ 3"]);
}

#[test]
fn molecules_without_torsions_are_refused() {
    let model = random_leap_model(3);
    let refused = |topology: &Topology, block| {
        let made = TorsionLeapProposal::new(topology, &model, Some(block));
        made.err().unwrap().to_string()
    };
    let mut topology = molecule("ACE-ALA-NME").topology;
    assert!(refused(&topology, LeapBlock::SideChain).contains("a chi"));
    // Without bonds nothing turns.
    topology.bonds.clear();
    assert!(refused(&topology, LeapBlock::Backbone).contains("a phi or psi"));
}
