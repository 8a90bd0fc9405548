//! Errors planted in what turns torsions: each row on a chain of atoms must notice them.

use crate::molecules::closure_log_volume;
use crate::planted::{Fault, Faulty, invariance};
use crate::table::{Make, Row, closed_leap_of_four, rows};
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::proposal::{Current, LogRatio, Proposal, ProposalError, Proposed};

/// A row of the table, and another copy of its proposal.
fn row(name: &str) -> (Row, Box<dyn Proposal>) {
    let mut known = rows().into_iter().chain([closed_leap_of_four()]);
    let row = known.find(|row| row.name == name).unwrap();
    let Make::Proposal(make) = row.make else {
        panic!("{name} is a kernel")
    };
    (row, make())
}

fn notices(name: &str, plant: impl FnOnce(Box<dyn Proposal>) -> Box<dyn Proposal>) {
    let (row, sound) = row(name);
    let verdict = invariance(&row, plant(sound));
    assert!(verdict.is_err(), "{name} did not notice the planted error");
}

/// The row passes as it is, and neither with the densities of both ways exchanged nor without them.
fn notices_its_densities(name: &str) {
    let (sound_row, sound) = row(name);
    invariance(&sound_row, sound).expect("the sound proposal passes");
    for fault in [Fault::WrongSign, Fault::ForgottenDensities] {
        notices(name, |sound| Box::new(Faulty { sound, fault }));
    }
}

#[test]
fn wrong_densities_of_adaptive_torsion_are_caught() {
    notices_its_densities("adaptive torsion, four atoms");
    notices_its_densities("adaptive torsion given angles, four atoms");
}

#[test]
fn wrong_densities_of_torsion_leaps_are_caught() {
    notices_its_densities("torsion leap, random weights, four atoms");
}

#[test]
fn wrong_densities_of_concerted_moves_are_caught() {
    notices_its_densities("concerted, ten atoms");
}

#[test]
fn wrong_densities_of_closed_leaps_are_caught() {
    notices_its_densities("closed leap, fourteen atoms");
}

/// Leaves the volume of the closure, sqrt(det J J^T) at the end over the same at the start, out of the density.
struct WithoutVolume(Box<dyn Proposal>);

impl Proposal for WithoutVolume {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.0.propose(current, engine, streams)?;
        let size = 3 * current.state.n_atoms;
        let before = current.state.positions.chunks_exact(size);
        let pairs = before.zip(proposed.positions.chunks_exact(size));
        if let LogRatio::Densities { log_q_forward, .. } = &mut proposed.log_ratio {
            for (log_q, (before, after)) in log_q_forward.iter_mut().zip(pairs) {
                *log_q -= closure_log_volume(after) - closure_log_volume(before);
            }
        }
        Ok(proposed)
    }
}

#[test]
fn a_volume_left_out_of_concerted_moves_is_caught() {
    notices("concerted, ten atoms", |sound| {
        Box::new(WithoutVolume(sound))
    });
}
