//! Torsion moves for the table: four atoms named so that their torsion is a phi, and a density learned from exact draws.

use crate::table::KELVIN;
use crate::targets::{FourAtoms, Target};
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, Current, LeapBlock, Outcome,
    Proposal, TorsionDraw, TorsionLeapProposal, TorsionProposal, TorsionSettings,
    random_leap_model,
};
use saltus::rng;
use saltus::state::State;
use saltus::topology::{Atom, Element, Residue, Topology};
use saltus::units::thermal_energy_kj_per_mol;

/// C of one residue, then N, CA, C of the next.
fn topology() -> Topology {
    let atom = |name: &str, residue_index| Atom {
        name: name.to_owned(),
        element: if name == "N" {
            Element::NITROGEN
        } else {
            Element::CARBON
        },
        residue_index,
    };
    let residue = |number, atoms| Residue {
        name: "GLY".to_owned(),
        chain: 'A',
        number,
        atoms,
    };
    Topology {
        atoms: vec![atom("C", 0), atom("N", 1), atom("CA", 1), atom("C", 1)],
        residues: vec![residue(1, 0..1), residue(2, 1..4)],
        bonds: vec![[0, 1], [1, 2], [2, 3]],
    }
}

pub(crate) fn torsion(proposal: TorsionDraw) -> Box<dyn Proposal> {
    let settings = TorsionSettings {
        kind: BlockKind::Single,
        proposal,
        ..TorsionSettings::default()
    };
    Box::new(TorsionProposal::new(&topology(), &settings).unwrap())
}

/// Leaps with random weights.
pub(crate) fn leap() -> Box<dyn Proposal> {
    let model = random_leap_model(31);
    let made = TorsionLeapProposal::new(&topology(), &model, Some(LeapBlock::Backbone));
    Box::new(made.unwrap())
}

/// A density that has seen 8000 exact draws.
pub(crate) fn learned(n_discriminants: usize) -> Box<dyn Proposal> {
    let settings = AdaptiveTorsionSettings {
        n_discriminants,
        ..AdaptiveTorsionSettings::default()
    };
    let mut proposal = AdaptiveTorsionProposal::new(&topology(), &settings).unwrap();
    let source = FourAtoms.source(thermal_energy_kj_per_mol(KELVIN));
    let mut stream = rng::streams(97, 1).remove(0);
    let n_replicas = 8000;
    let positions: Vec<f64> = (0..n_replicas).flat_map(|_| source(&mut stream)).collect();
    let state = State {
        n_replicas,
        n_atoms: 4,
        velocities: vec![0.0; positions.len()],
        positions,
        step: 0,
    };
    let current = Current {
        state: &state,
        energies: &vec![0.0; n_replicas],
        temperatures_kelvin: &vec![KELVIN; n_replicas],
    };
    proposal.adapt(current, &vec![Outcome::Accepted; n_replicas]);
    Box::new(proposal)
}
