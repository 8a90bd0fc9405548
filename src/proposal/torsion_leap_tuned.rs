//! `torsion_leap` whose networks go on learning while the chain equilibrates, and are frozen after it. Draws as the plain one does.

use std::collections::HashMap;

use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::SafeTensors;
use serde::Deserialize;

use super::torsion_leap::TorsionLeapProposal;
use super::torsion_leap_tuning::Tuning;
use super::{Current, LeapBlock, LeapError, Outcome, Proposal, ProposalError, Proposed};
use crate::flow::torsion::{LeapModel, head_tensors, read_head, to_bytes};
use crate::integrator::Engine;
use crate::topology::Topology;

/// Steps of the networks after which the proposal draws from their new averages.
const REFRESH_STEPS: u64 = 25;

/// Leaps drawn from a trained density that adapts to the molecule during equilibration.
///
/// Every so many leaps all replicas are remembered (the latest, within 4 MB) and both networks take a step of maximum
/// likelihood on what is remembered. [`Proposal::freeze`] forgets the frames and fixes the networks: what is sampled
/// from there on is exact.
pub struct TunedLeapProposal {
    leap: TorsionLeapProposal,
    model: LeapModel,
    period: u64,
    n_leaps: u64,
    /// None once frozen.
    tuning: Option<Tuning>,
}

/// What is saved beside tensors.
#[derive(Deserialize)]
struct Saved {
    n_leaps: u64,
    tuning: Option<SavedTuning>,
    /// Bytes of a safetensors file, two hexadecimal digits each.
    tensors: String,
    /// Of the leaps themselves.
    leap: serde_json::Value,
}

#[derive(Deserialize)]
struct SavedTuning {
    n_steps: [u64; 2],
    oldest: usize,
    stream: Xoshiro256PlusPlus,
}

impl TunedLeapProposal {
    /// As [`TorsionLeapProposal::new`]; a step is taken every `period` leaps, and `seed` chooses what it is taken on.
    ///
    /// # Errors
    /// [`LeapError`].
    pub fn new(
        topology: &Topology,
        model: LeapModel,
        block: Option<LeapBlock>,
        period: u64,
        seed: u64,
    ) -> Result<Self, LeapError> {
        Ok(Self {
            leap: TorsionLeapProposal::new(topology, &model, block)?,
            tuning: Some(Tuning::new(topology, &model, seed)),
            model,
            period: period.max(1),
            n_leaps: 0,
        })
    }

    /// The plain proposal within.
    #[must_use]
    pub fn leap(&self) -> &TorsionLeapProposal {
        &self.leap
    }

    fn refresh(&mut self) {
        if let Some(tuning) = &self.tuning {
            let [backbone, side_chain] = tuning.heads();
            self.model.backbone.clone_from(backbone);
            self.model.side_chain.clone_from(side_chain);
            self.leap.set_networks(&self.model);
        }
    }
}

impl Proposal for TunedLeapProposal {
    fn name(&self) -> &str {
        self.leap.name()
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        self.leap.propose(current, engine, streams)
    }

    fn adapt(&mut self, current: Current<'_>, outcomes: &[Outcome]) {
        self.leap.adapt(current, outcomes);
        self.n_leaps += 1;
        let due = self.n_leaps.is_multiple_of(self.period);
        let Some(tuning) = self.tuning.as_mut().filter(|_| due) else {
            return;
        };
        let before = tuning.n_steps();
        tuning.remember(current);
        tuning.learn();
        let after = tuning.n_steps();
        let n_steps = after[0].max(after[1]);
        if after != before && n_steps.is_multiple_of(REFRESH_STEPS) {
            self.refresh();
        }
    }

    fn freeze(&mut self) {
        self.leap.freeze();
        self.refresh();
        if let Some(tuning) = self.tuning.take() {
            let [backbone, side_chain] = tuning.n_steps();
            log::info!(
                "`torsion_leap`: its networks took {backbone} and {side_chain} steps on this molecule"
            );
        }
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        let is_frozen = self.tuning.is_none();
        is_frozen.then(|| Box::new(self.leap.clone()) as Box<dyn Proposal>)
    }

    fn save(&self) -> serde_json::Value {
        // The networks that are drawn from lag behind those that learn.
        let mut tensors = head_tensors("drawn.backbone", &self.model.backbone);
        tensors.extend(head_tensors("drawn.side_chain", &self.model.side_chain));
        tensors.extend(self.tuning.iter().flat_map(Tuning::tensors));
        let tuning = self.tuning.as_ref().map(|tuning| {
            serde_json::json!({
                "n_steps": tuning.n_steps(),
                "oldest": tuning.oldest(),
                "stream": tuning.stream,
            })
        });
        serde_json::json!({
            "n_leaps": self.n_leaps,
            "tuning": tuning,
            "tensors": to_hexadecimal(&to_bytes(&tensors, HashMap::new())),
            "leap": self.leap.save(),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable =
            |error: String| format!("the saved networks of `torsion_leap` are unreadable: {error}");
        let saved = Saved::deserialize(saved).map_err(|error| unreadable(error.to_string()))?;
        let bytes = from_hexadecimal(&saved.tensors)
            .ok_or_else(|| unreadable("no hexadecimal digits".to_owned()))?;
        let tensors =
            SafeTensors::deserialize(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let head = |name: &str, n_angles: usize| {
            read_head(name, n_angles, &tensors).map_err(|error| unreadable(error.to_string()))
        };
        let mut model = self.model.clone();
        model.backbone = head("drawn.backbone", 2)?;
        model.side_chain = head("drawn.side_chain", 1)?;
        super::check_leap_model(&model).map_err(|error| unreadable(error.to_string()))?;
        match (saved.tuning, &mut self.tuning) {
            (None, tuning) => *tuning = None,
            (Some(_), None) => return Err(unreadable("it was not frozen".to_owned())),
            (Some(place), Some(tuning)) => tuning
                .restore(&tensors, place.n_steps, place.oldest, place.stream)
                .map_err(|error| unreadable(error.to_string()))?,
        }
        self.leap.restore(&saved.leap)?;
        self.leap.set_networks(&model);
        self.model = model;
        self.n_leaps = saved.n_leaps;
        Ok(())
    }
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_as_hexadecimal() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hexadecimal(&to_hexadecimal(&bytes)), Some(bytes));
        assert_eq!(from_hexadecimal("0"), None);
        assert_eq!(from_hexadecimal("0g"), None);
    }
}
