//! Molecules and settings that a move cannot work with get an error that says why and what to do.

use crate::support::molecule;
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, ConcertedProposal,
    ConcertedSettings, Proposal, TorsionProposal, TorsionSettings,
};
use saltus::topology::Topology;

#[test]
fn molecules_without_such_torsions_are_refused() {
    // Without bonds nothing turns.
    let glycine = Topology {
        bonds: Vec::new(),
        ..molecule("GLY").topology
    };
    let settings = TorsionSettings::default();
    let error = TorsionProposal::new(&glycine, &settings)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("phi or psi") && error.contains("GLY") && error.contains("kind: single")
    );
    let settings = AdaptiveTorsionSettings::default();
    let error = AdaptiveTorsionProposal::new(&glycine, &settings).unwrap_err();
    assert!(error.to_string().contains("adaptive_torsion"));
    let settings = TorsionSettings {
        kind: BlockKind::SideChain,
        ..TorsionSettings::default()
    };
    let dialanine = molecule("AA").topology;
    let error = TorsionProposal::new(&dialanine, &settings).unwrap_err();
    assert!(error.to_string().contains("a chi"));
    let error = ConcertedProposal::new(&dialanine, &ConcertedSettings::default()).unwrap_err();
    assert!(error.to_string().contains("7 consecutive"));
    let none = TorsionSettings {
        kind: BlockKind::Single,
        ..TorsionSettings::default()
    };
    let error = TorsionProposal::new(&Topology::default(), &none).unwrap_err();
    assert!(error.to_string().contains("a rotatable bond"));
}

#[test]
fn settings_out_of_range_are_refused() {
    let topology = molecule("AAAY").topology;
    let torsion = |initial_step_rad| TorsionSettings {
        initial_step_rad,
        ..TorsionSettings::default()
    };
    for step in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(TorsionProposal::new(&topology, &torsion(step)).is_err());
    }
    let good = AdaptiveTorsionSettings::default();
    for bad in [
        AdaptiveTorsionSettings { n_bins: 20, ..good },
        AdaptiveTorsionSettings { n_bins: 0, ..good },
        AdaptiveTorsionSettings { floor: 0.0, ..good },
        AdaptiveTorsionSettings {
            floor: f64::NAN,
            ..good
        },
        AdaptiveTorsionSettings {
            kernel_width_rad: -0.1,
            ..good
        },
    ] {
        let error = AdaptiveTorsionProposal::new(&topology, &bad).unwrap_err();
        assert!(error.to_string().contains("was expected"), "{bad:?}");
    }
    let good = ConcertedSettings::default();
    for bad in [
        ConcertedSettings {
            n_torsions: 6,
            ..good
        },
        ConcertedSettings {
            omega_scale: 0.0,
            ..good
        },
        ConcertedSettings {
            initial_step_rad: 0.0,
            ..good
        },
    ] {
        assert!(ConcertedProposal::new(&topology, &bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_foreign_checkpoint_is_refused() {
    let settings = AdaptiveTorsionSettings::default();
    let build = |sequence| AdaptiveTorsionProposal::new(&molecule(sequence).topology, &settings);
    let saved = build("AAAY").unwrap().save();
    let error = build("AY").unwrap().restore(&saved).unwrap_err();
    assert!(error.contains("another input file"), "{error}");
    assert!(
        build("AY")
            .unwrap()
            .restore(&serde_json::Value::Null)
            .is_err()
    );
}
