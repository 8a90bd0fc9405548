//! Torsion moves for the table: chains named as backbones, so that their torsions are phi, psi and omega, and a density
//! learned from exact draws.

use crate::molecules::Backbone;
use crate::table::KELVIN;
use crate::targets::Target;
use saltus::proposal::{
    AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, ClosedLeapProposal,
    ClosedLeapSettings, ConcertedProposal, ConcertedSettings, Current, LeapBlock, Outcome,
    Proposal, TorsionDraw, TorsionLeapProposal, TorsionProposal, TorsionSettings,
    random_leap_model,
};
use saltus::rng;
use saltus::state::State;
use saltus::topology::{Atom, Element, Residue, Topology};
use saltus::units::thermal_energy_kj_per_mol;

/// Atoms in a chain: C of one residue, then N, CA, C of each that follows.
pub(crate) fn topology(n_atoms: usize) -> Topology {
    let atom = |index: usize| {
        let name = ["C", "N", "CA"][index % 3];
        Atom {
            name: name.to_owned(),
            element: match name {
                "N" => Element::NITROGEN,
                _ => Element::CARBON,
            },
            residue_index: index.div_ceil(3),
        }
    };
    let residue = |index: usize| Residue {
        name: "GLY".to_owned(),
        chain: 'A',
        number: index as i32 + 1,
        atoms: (3 * index).saturating_sub(2)..(3 * index + 1).min(n_atoms),
    };
    Topology {
        atoms: (0..n_atoms).map(atom).collect(),
        residues: (0..=(n_atoms - 1).div_ceil(3)).map(residue).collect(),
        bonds: (1..n_atoms).map(|index| [index - 1, index]).collect(),
        ..Topology::default()
    }
}

pub(crate) fn torsion(proposal: TorsionDraw) -> Box<dyn Proposal> {
    let settings = TorsionSettings {
        kind: BlockKind::Single,
        proposal,
        ..TorsionSettings::default()
    };
    Box::new(TorsionProposal::new(&topology(4), &settings).unwrap())
}

/// Loop-closing moves of the seven torsions that a chain of ten atoms has.
pub(crate) fn concerted() -> Box<dyn Proposal> {
    let settings = ConcertedSettings {
        n_torsions: 7,
        omega_scale: 1.0,
        initial_step_rad: 0.6,
        repeats: 1,
    };
    Box::new(ConcertedProposal::new(&topology(10), &settings).unwrap())
}

/// Leaps with random weights, one component heavier than the others: an even density would hide a wrong ratio.
pub(crate) fn leap() -> Box<dyn Proposal> {
    let mut model = random_leap_model(31);
    model.backbone.network.layers.last_mut().unwrap().bias[0] += 3.0;
    let made = TorsionLeapProposal::new(&topology(4), &model, Some(LeapBlock::Backbone));
    Box::new(made.unwrap())
}

/// A density that has seen 8000 exact draws.
pub(crate) fn learned(n_discriminants: usize) -> Box<dyn Proposal> {
    let settings = AdaptiveTorsionSettings {
        n_discriminants,
        ..AdaptiveTorsionSettings::default()
    };
    let mut proposal = AdaptiveTorsionProposal::new(&topology(4), &settings).unwrap();
    learn_exact_draws(&mut proposal, 4);
    Box::new(proposal)
}

/// Leaps of closed windows whose densities have seen 8000 exact draws of a chain, flips of its peptide bonds among them.
pub(crate) fn closed_leap(n_atoms: usize) -> Box<dyn Proposal> {
    let settings = ClosedLeapSettings {
        open_chains: true,
        draws: 3,
        flip_share: 0.3,
        repeats: 1,
    };
    let mut proposal = ClosedLeapProposal::new(&topology(n_atoms), &settings).unwrap();
    learn_exact_draws(&mut proposal, n_atoms);
    proposal.freeze();
    Box::new(proposal)
}

fn learn_exact_draws(proposal: &mut dyn Proposal, n_atoms: usize) {
    let backbone = Backbone::new(n_atoms);
    let source = backbone.source(thermal_energy_kj_per_mol(KELVIN));
    let mut stream = rng::stream(97);
    let n_replicas = 8000;
    let positions: Vec<f64> = (0..n_replicas).flat_map(|_| source(&mut stream)).collect();
    let state = State {
        n_replicas,
        n_atoms,
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
}
