//! `torsion_leap` whose networks go on learning while the chain equilibrates, by gradient steps on what the replicas have seen
//! lately, and are frozen after it.

use super::draw::angles;
use super::known::{Known, SiteKind};
use super::proposal::LeapError;
use super::proposal::TorsionLeapProposal;
use super::site::LeapBlock;
use super::site::{N_FIXED, Site};
use crate::flow::torsion::{
    Batch, GROUP, Head, LeapModel, Learner, NamedTensor, StepSize, WeightsError, Workspace,
    head_tensors, named_tensor, read_head, read_tensor, to_bytes,
};
use crate::integrator::Engine;
use crate::proposal::contract::{Current, Outcome, Proposal, ProposalError, Proposed};
use crate::rng;
use crate::topology::Topology;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::SafeTensors;
use serde::Deserialize;
use std::collections::HashMap;

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
        crate::proposal::check_leap_model(&model).map_err(|error| unreadable(error.to_string()))?;
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

/// Most memory for positions in bytes; the oldest frames make room for new ones.
const MAX_MEMORY_BYTES: usize = 4 << 20;
/// Fewest frames that steps are taken on.
const MIN_FRAMES: usize = 256;
/// Samples of a step.
const BATCH_SIZE: usize = 256;
/// Steps over which the step size rises.
const WARM_UP_STEPS: f64 = 50.0;
/// Its largest value, and the decay of weights: small enough that a few hundred steps stay near the model begun with.
const STEP_SIZE: StepSize = StepSize {
    learning_rate: 5e-4,
    weight_decay: 0.05,
};
/// Names of the networks' tensors.
const PARTS: [&str; 2] = ["backbone", "side_chain"];

/// Networks that learn, with the frames that they learn from.
pub(crate) struct Tuning {
    /// Densities of either network.
    sites: [Vec<Site>; 2],
    learners: [Learner; 2],
    memory: Memory,
    pub(crate) stream: Xoshiro256PlusPlus,
    batch: Batch,
    work: Workspace,
}

/// The latest frames, single precision.
struct Memory {
    capacity: usize,
    /// Numbers of a frame: three for each atom.
    size: usize,
    positions: Vec<f32>,
    kelvins: Vec<f32>,
    /// Place of the oldest frame once all places are taken.
    next: usize,
}

impl Memory {
    #[expect(clippy::cast_possible_truncation, reason = "frames are kept as f32")]
    fn remember(&mut self, positions: &[f64], kelvin: f64) {
        let single = positions.iter().map(|&x| x as f32);
        if self.kelvins.len() < self.capacity {
            self.positions.extend(single);
            self.kelvins.push(kelvin as f32);
            return;
        }
        let place = &mut self.positions[self.next * self.size..][..self.size];
        place
            .iter_mut()
            .zip(single)
            .for_each(|(old, new)| *old = new);
        self.kelvins[self.next] = kelvin as f32;
        self.next = (self.next + 1) % self.capacity;
    }
}

impl Tuning {
    pub(crate) fn new(topology: &Topology, model: &LeapModel, seed: u64) -> Self {
        let size = 3 * topology.n_atoms();
        let (backbone, side_chain) = Site::find(topology)
            .into_iter()
            .partition(|site| site.kind == SiteKind::Backbone);
        Self {
            sites: [backbone, side_chain],
            learners: [&model.backbone, &model.side_chain].map(|head| Learner::new(head.clone())),
            memory: Memory {
                capacity: MAX_MEMORY_BYTES / (size * size_of::<f32>()),
                size,
                positions: Vec::new(),
                kelvins: Vec::new(),
                next: 0,
            },
            stream: rng::stream(seed),
            batch: Batch::default(),
            work: Workspace::default(),
        }
    }

    /// Steps taken by either network.
    pub(crate) fn n_steps(&self) -> [u64; 2] {
        [0, 1].map(|part| self.learners[part].n_steps())
    }

    /// The slow averages, backbone and side chain.
    pub(crate) fn heads(&self) -> [&Head; 2] {
        [0, 1].map(|part| &self.learners[part].average)
    }

    /// Remembers where all replicas are.
    pub(super) fn remember(&mut self, current: Current<'_>) {
        let frames = current.state.positions.chunks_exact(self.memory.size);
        for (positions, &kelvin) in frames.zip(current.temperatures_kelvin) {
            self.memory.remember(positions, kelvin);
        }
    }

    /// One step of both networks, once there is enough to learn from.
    pub(crate) fn learn(&mut self) {
        if self.memory.kelvins.len() < MIN_FRAMES.min(self.memory.capacity) {
            return;
        }
        for part in [0, 1] {
            if self.sites[part].is_empty() {
                continue;
            }
            self.fill(part);
            let rise = (self.learners[part].n_steps() as f64 + 1.0) / WARM_UP_STEPS;
            let size = StepSize {
                learning_rate: STEP_SIZE.learning_rate * rise.min(1.0),
                ..STEP_SIZE
            };
            let loss = self.learners[part].step(&self.batch, size, &mut self.work);
            if !loss.is_finite() {
                log::debug!("`torsion_leap`: skipped a batch of loss {loss}");
            }
        }
    }

    /// A random batch: densities, frames and what is known, with the angles that the frames have.
    #[expect(clippy::cast_possible_truncation, reason = "angles for f32 networks")]
    fn fill(&mut self, part: usize) {
        let head = &self.learners[part].current;
        let n_dynamic = head.n_dynamic();
        self.batch.resize(n_dynamic + N_FIXED, BATCH_SIZE, 1);
        let mut features = vec![0.0; n_dynamic * GROUP];
        let mut fixed: Vec<&[f32]> = Vec::with_capacity(GROUP);
        for start in (0..self.batch.n_samples).step_by(GROUP) {
            fixed.clear();
            for (offset, own) in features.chunks_exact_mut(n_dynamic).enumerate() {
                let sites = &self.sites[part];
                let site = &sites[self.stream.random_range(0..sites.len())];
                let frame = self.stream.random_range(0..self.memory.kelvins.len());
                let known = Known::draw(site.kind, &mut self.stream);
                let positions = &self.memory.positions[frame * self.memory.size..];
                let positions: Vec<f64> = positions[..self.memory.size]
                    .iter()
                    .map(|&x| f64::from(x))
                    .collect();
                let kelvin = f64::from(self.memory.kelvins[frame]);
                site.describe(known, positions.as_chunks().0, kelvin, own);
                fixed.push(site.fixed(known));
                self.batch.set_wanted(start + offset, site.angles.wanted());
                for (angle, value) in angles(site, &positions).into_iter().enumerate() {
                    self.batch.set_draw(start + offset, 0, angle, value as f32);
                }
            }
            self.batch.lay_inputs(head, start, &features, &fixed);
        }
    }

    /// Networks, moments and frames.
    pub(crate) fn tensors(&self) -> Vec<NamedTensor> {
        let learners = self.learners.iter().zip(PARTS);
        let mut tensors: Vec<NamedTensor> =
            learners.flat_map(|(l, name)| l.tensors(name)).collect();
        let memory = [
            ("frames.positions", &self.memory.positions),
            ("frames.temperatures_kelvin", &self.memory.kelvins),
        ];
        tensors.extend(
            memory.map(|(name, values)| named_tensor(name.to_owned(), vec![values.len()], values)),
        );
        tensors
    }

    /// Place of the oldest frame.
    pub(super) fn oldest(&self) -> usize {
        self.memory.next
    }

    /// Takes up what [`Tuning::tensors`], [`Tuning::n_steps`], [`Tuning::oldest`] and the stream were.
    pub(crate) fn restore(
        &mut self,
        tensors: &SafeTensors<'_>,
        n_steps: [u64; 2],
        oldest: usize,
        stream: Xoshiro256PlusPlus,
    ) -> Result<(), WeightsError> {
        let read = |part: usize| Learner::read(PARTS[part], 2 - part, n_steps[part], tensors);
        let learners = [read(0)?, read(1)?];
        let positions = read_tensor(tensors, "frames.positions", 1)?.1;
        let kelvins = read_tensor(tensors, "frames.temperatures_kelvin", 1)?.1;
        if positions.len() != kelvins.len() * self.memory.size
            || kelvins.len() > self.memory.capacity
            || oldest >= self.memory.capacity
        {
            return Err(WeightsError::Tensor {
                name: "frames.positions".to_owned(),
                reason: "does not fit this molecule".to_owned(),
            });
        }
        self.learners = learners;
        self.memory.positions = positions;
        self.memory.kelvins = kelvins;
        self.memory.next = oldest;
        self.stream = stream;
        Ok(())
    }
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
