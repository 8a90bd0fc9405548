//! Gradient steps for the networks of `torsion_leap` on what the replicas of a run have seen lately. Proposes nothing.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::SafeTensors;

use super::Current;
use super::torsion_leap_batch::angles;
use super::torsion_leap_site::{Known, N_FIXED, Site, SiteKind};
use crate::flow::torsion::{
    Batch, GROUP, Head, LeapModel, Learner, NamedTensor, StepSize, WeightsError, Workspace,
    named_tensor, read_tensor,
};
use crate::rng;
use crate::topology::Topology;

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
pub(super) struct Tuning {
    /// Densities of either network.
    sites: [Vec<Site>; 2],
    learners: [Learner; 2],
    memory: Memory,
    pub(super) stream: Xoshiro256PlusPlus,
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
    pub(super) fn new(topology: &Topology, model: &LeapModel, seed: u64) -> Self {
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
            stream: rng::streams(seed, 1).remove(0),
            batch: Batch::default(),
            work: Workspace::default(),
        }
    }

    /// Steps taken by either network.
    pub(super) fn n_steps(&self) -> [u64; 2] {
        [0, 1].map(|part| self.learners[part].n_steps())
    }

    /// The slow averages, backbone and side chain.
    pub(super) fn heads(&self) -> [&Head; 2] {
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
    pub(super) fn learn(&mut self) {
        if self.memory.kelvins.len() < MIN_FRAMES.min(self.memory.capacity) {
            return;
        }
        for part in [0, 1] {
            if self.sites[part].is_empty() {
                continue;
            }
            self.fill(part);
            #[expect(clippy::cast_precision_loss, reason = "a number of steps")]
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
    pub(super) fn tensors(&self) -> Vec<NamedTensor> {
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
    pub(super) fn restore(
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
