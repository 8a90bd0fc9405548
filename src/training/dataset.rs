//! Batches of training samples from sampled peptides: features, what is known beforehand, and draws to be likely.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::corpus::PeptideData;
use super::error::TrainingError;
use crate::flow::torsion::{Batch, GROUP, Head};
use crate::proposal::{
    BlockKind, Known, N_FIXED, Pivot, Site, SiteKind, TorsionBlock, torsion_blocks,
};
use crate::topology::{self, Sequence};

/// Which of the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// (phi, psi).
    Backbone,
    /// chi.
    SideChain,
}

impl Part {
    /// Both, in the order they are fitted.
    pub const EACH: [Self; 2] = [Self::Backbone, Self::SideChain];

    /// Name in files.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Backbone => "backbone",
            Self::SideChain => "side_chain",
        }
    }

    /// Name in messages.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Backbone => "backbone",
            Self::SideChain => "side chain",
        }
    }
}

/// Share of samples at the lowest temperature beyond its share of the frames: it is the one that matters.
const COLD_SHARE: f64 = 0.35;

/// A peptide with the densities that it has samples for.
struct Source {
    data: PeptideData,
    /// Frames at the lowest temperature.
    cold: Vec<u32>,
}

/// One density of one peptide.
struct Target {
    source: usize,
    site: Site,
    /// The corpus' block that holds its torsions, and where in it.
    block: usize,
    place: usize,
    /// All torsions of that block, which the draws of a side chain turn.
    pivots: Vec<Pivot>,
}

/// Samples of one network.
pub struct Dataset {
    part: Part,
    sources: Vec<Source>,
    targets: Vec<Target>,
}

/// A state with the density that leaps from it.
pub(crate) struct DrawnState<'a> {
    pub(super) site: &'a Site,
    /// `[n_atoms * 3]`, nm.
    pub(super) positions: Vec<f64>,
    /// Where the mixture has them, rad.
    pub(super) angles: [f64; 2],
    pub(super) kelvin: f64,
}

impl Dataset {
    /// Finds the densities of all peptides.
    ///
    /// # Errors
    /// [`TrainingError::Peptide`] for data that do not fit their sequence.
    pub fn new(part: Part, peptides: Vec<PeptideData>) -> Result<Self, TrainingError> {
        let mut dataset = Self {
            part,
            sources: Vec::new(),
            targets: Vec::new(),
        };
        for data in peptides {
            dataset.add(data)?;
        }
        Ok(dataset)
    }

    fn add(&mut self, data: PeptideData) -> Result<(), TrainingError> {
        let fail = |reason: String| TrainingError::Peptide {
            sequence: data.sequence.clone(),
            reason,
        };
        let sequence = Sequence::parse(&data.sequence).map_err(|error| fail(error.to_string()))?;
        let molecule = topology::build(&sequence, &[]).map_err(|error| fail(error.to_string()))?;
        let pairs = torsion_blocks(&molecule.topology, BlockKind::Pair, false);
        let side_chains = torsion_blocks(&molecule.topology, BlockKind::SideChain, false);
        let blocks: Vec<&TorsionBlock> = pairs.iter().chain(&side_chains).collect();
        if blocks.len() != data.draws.len() || molecule.topology.n_atoms() != data.n_atoms {
            return Err(fail(
                "its file belongs to another version; delete it".to_owned(),
            ));
        }
        for site in Site::find(&molecule.topology) {
            let (part, offset, own) = match site.kind {
                SiteKind::Backbone => (Part::Backbone, 0, &pairs),
                SiteKind::SideChain(_) => (Part::SideChain, pairs.len(), &side_chains),
            };
            let found = own
                .iter()
                .position(|b| b.residue_index == site.residue_index);
            let (Some(found), true) = (found, part == self.part) else {
                continue;
            };
            let pivots = own[found].pivots.clone();
            let place = pivots.iter().position(|pivot| *pivot == site.pivots[0]);
            self.targets.push(Target {
                source: self.sources.len(),
                block: offset + found,
                place: place.expect("invariant: a site's torsions are those of a block"),
                pivots,
                site,
            });
        }
        let lowest = data
            .temperatures_kelvin
            .iter()
            .copied()
            .fold(f32::INFINITY, f32::min);
        let frames = (0_u32..).zip(&data.temperatures_kelvin);
        let cold = frames
            .filter(|(_, t)| **t <= lowest)
            .map(|(frame, _)| frame)
            .collect();
        self.sources.push(Source { data, cold });
        Ok(())
    }

    /// Number of densities over all peptides.
    #[must_use]
    pub fn n_targets(&self) -> usize {
        self.targets.len()
    }

    /// Changing inputs of the network.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.targets
            .first()
            .map_or(0, |target| target.site.n_features())
    }

    /// Means and inverse standard deviations of the changing inputs over `n_samples` samples.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "inputs of f32 networks")]
    pub fn scales(
        &self,
        n_samples: usize,
        stream: &mut Xoshiro256PlusPlus,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut features = vec![0.0; self.n_features()];
        let mut sums = vec![[0.0_f64; 3]; features.len()];
        for _ in 0..n_samples {
            let (target, frame) = self.choose(false, stream);
            self.describe(target, frame, 0, Known::All, &mut features);
            for (sum, &value) in sums.iter_mut().zip(&features) {
                if value.is_finite() {
                    let value = f64::from(value);
                    *sum = [sum[0] + 1.0, sum[1] + value, sum[2] + value * value];
                }
            }
        }
        sums.into_iter()
            .map(|[n, sum, squares]| {
                let mean = if n > 0.0 { sum / n } else { 0.0 };
                let variance = if n > 0.0 {
                    squares / n - mean * mean
                } else {
                    1.0
                };
                (
                    mean as f32,
                    (1.0 / variance.max(1e-8).sqrt().max(1e-3)) as f32,
                )
            })
            .unzip()
    }

    fn choose(&self, cold: bool, stream: &mut Xoshiro256PlusPlus) -> (&Target, usize) {
        let target = &self.targets[stream.random_range(0..self.targets.len())];
        let source = &self.sources[target.source];
        let frame = if cold {
            source.cold[stream.random_range(0..source.cold.len())] as usize
        } else {
            stream.random_range(0..source.data.n_frames())
        };
        (target, frame)
    }

    /// A random state of a peptide at one of its draws, of a backbone density given all else.
    pub(super) fn draw_state(&self, stream: &mut Xoshiro256PlusPlus) -> DrawnState<'_> {
        let cold = stream.random::<f64>() < COLD_SHARE;
        let (target, frame) = self.choose(cold, stream);
        let data = &self.sources[target.source].data;
        let drawn = data.draw(target.block, frame, stream.random_range(0..data.n_draws));
        let mut positions: Vec<f64> = data.frame(frame).iter().map(|&x| f64::from(x)).collect();
        let mut angles = [0.0; 2];
        let first = usize::from(target.site.angles.wanted()[0] == 0.0);
        for (offset, pivot) in target.site.pivots.iter().enumerate() {
            let angle = f64::from(drawn[target.place + offset]);
            let turned = angle - pivot.torsion_rad(&positions);
            pivot.turn(&mut positions, turned);
            angles[first + offset] = angle;
        }
        DrawnState {
            site: &target.site,
            positions,
            angles,
            kelvin: f64::from(data.temperatures_kelvin[frame]),
        }
    }

    /// Features of a density at a frame, with the side chain at one of its draws where that is what is drawn.
    fn describe(
        &self,
        target: &Target,
        frame: usize,
        draw: usize,
        known: Known,
        features: &mut [f32],
    ) {
        let data = &self.sources[target.source].data;
        let mut positions: Vec<f64> = data.frame(frame).iter().map(|&x| f64::from(x)).collect();
        if self.part == Part::SideChain {
            let drawn = data.draw(target.block, frame, draw);
            for (pivot, &angle) in target.pivots.iter().zip(drawn).take(target.place) {
                let turned = f64::from(angle) - pivot.torsion_rad(&positions);
                pivot.turn(&mut positions, turned);
            }
        }
        let kelvin = f64::from(data.temperatures_kelvin[frame]);
        target
            .site
            .describe(known, positions.as_chunks().0, kelvin, features);
    }

    /// Random samples. With `known`, all of that kind and at the lowest temperature, for validation.
    pub fn fill(
        &self,
        head: &Head,
        known: Option<Known>,
        n_samples: usize,
        stream: &mut Xoshiro256PlusPlus,
        batch: &mut Batch,
    ) {
        let n_dynamic = head.n_dynamic();
        let n_draws = match self.part {
            Part::Backbone => self.sources[0].data.n_draws,
            Part::SideChain => 1,
        };
        batch.resize(n_dynamic + N_FIXED, n_samples, n_draws);
        let mut features = vec![0.0; n_dynamic * GROUP];
        let mut fixed: Vec<&[f32]> = Vec::with_capacity(GROUP);
        for start in (0..batch.n_samples).step_by(GROUP) {
            fixed.clear();
            for (offset, own) in features.chunks_exact_mut(n_dynamic).enumerate() {
                let cold = known.is_some() || stream.random::<f64>() < COLD_SHARE;
                let (target, frame) = self.choose(cold, stream);
                let known = known.unwrap_or_else(|| Known::draw(target.site.kind, stream));
                let data = &self.sources[target.source].data;
                let draw = stream.random_range(0..data.n_draws);
                self.describe(target, frame, draw, known, own);
                fixed.push(target.site.fixed(known));
                self.write_draws(target, frame, draw, start + offset, batch);
            }
            batch.lay_inputs(head, start, &features, &fixed);
        }
    }

    fn write_draws(
        &self,
        target: &Target,
        frame: usize,
        draw: usize,
        sample: usize,
        batch: &mut Batch,
    ) {
        let data = &self.sources[target.source].data;
        let wanted = target.site.angles.wanted();
        batch.set_wanted(sample, wanted);
        let first = usize::from(wanted[0] == 0.0);
        for number in 0..batch.n_draws {
            let taken = if batch.n_draws == 1 { draw } else { number };
            let drawn = data.draw(target.block, frame, taken);
            let own = &drawn[target.place..target.place + target.site.pivots.len()];
            for (offset, &angle) in own.iter().enumerate() {
                batch.set_draw(sample, number, first + offset, angle);
            }
        }
    }
}
