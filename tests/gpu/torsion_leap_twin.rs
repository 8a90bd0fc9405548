//! Torsion leaps of the device made again on the host: which block, what was drawn, ln q by the CPU's lanes and by the training
//! graph.

use crate::support::{batch, choice};
use saltus::cpu::{self, CpuOptions, Precision};
use saltus::flow::torsion::{Head, LaneHead, LeapModel, Tape, add_slopes};
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions};
use saltus::gpu::{GpuOptions, Resident, ResidentMove, ShaderSources, TorsionLeaps, TorsionMoves};
use saltus::integrator::{Engine, MinimizeSettings, minimize};
use saltus::lane::{Array, Lane};
use saltus::proposal::{LeapBlock, LeapStep, Site, SiteKind, TorsionLeapProposal};
use saltus::rng::{Stream, key, philox, step_words};
use saltus::state::State;
use saltus::topology::Sequence;

pub(crate) const SEED: u64 = 91;

/// A peptide near a minimum with its densities.
pub(crate) struct Peptide {
    pub(crate) system: System,
    pub(crate) positions: Vec<[f64; 3]>,
    model: LeapModel,
    /// Backbone and side chain, as the CPU has them.
    lanes: [LaneHead<F32>; 2],
    pub(crate) proposal: TorsionLeapProposal,
    pub(crate) leaps: TorsionLeaps,
    pub(crate) reference: Box<dyn Engine>,
}

type F32 = Array<f32, 16>;

impl Peptide {
    pub(crate) fn new(sequence: &str, model: LeapModel, block: Option<LeapBlock>) -> Self {
        let sequence = Sequence::parse(sequence).unwrap();
        let molecule = saltus::topology::build(&sequence, &[]).unwrap();
        let options = SystemOptions {
            solvent: Some(BornModel::Obc1),
            ..SystemOptions::default()
        };
        let force_field = ForceField::builtin("amber14").unwrap();
        let system = force_field.assign(&molecule.topology, &options).unwrap();
        let double = CpuOptions {
            precision: Precision::Double,
            threads: 2,
            ..CpuOptions::default()
        };
        let mut reference = cpu::engine(&system, &double).unwrap();
        let mut positions = molecule.positions.clone();
        let settings = MinimizeSettings::default();
        minimize(reference.as_mut(), &mut positions, &settings);
        let proposal = TorsionLeapProposal::new(&molecule.topology, &model, block).unwrap();
        Self {
            leaps: TorsionLeaps::new(&proposal, &model).unwrap(),
            lanes: [&model.backbone, &model.side_chain].map(LaneHead::new),
            system,
            positions,
            model,
            proposal,
            reference,
        }
    }

    pub(crate) fn start(&self, n_replicas: usize) -> State {
        let mut state = State::replicate(&self.positions, n_replicas);
        state.positions = batch(&self.positions, n_replicas);
        state
    }

    /// Cycles of one leap each.
    pub(crate) fn resident(&self, options: GpuOptions) -> Option<Resident> {
        self.resident_of(1, options)
    }

    /// Cycles of so many leaps.
    pub(crate) fn resident_of(&self, n_moves: u64, options: GpuOptions) -> Option<Resident> {
        let options = GpuOptions {
            choice: choice()?,
            ..options
        };
        let moves = vec![ResidentMove::TorsionLeap {
            n_moves,
            seed: SEED,
        }];
        let none = TorsionMoves::default();
        let resident =
            Resident::with_leaps(&self.system, &options, moves, &none, Some(&self.leaps));
        Some(resident.unwrap())
    }

    /// Block and uniform number of the test of leap number `number`.
    pub(crate) fn choice(&self, replica: usize, number: u64) -> (usize, f64) {
        let [low, high] = step_words(number, Stream::Leap);
        let words = philox([[0], [replica as u32], [low], [high]], key(SEED)).map(|w| w[0]);
        let blocks = self.proposal.blocks();
        let total: f64 = blocks.iter().map(|block| block.weight).sum();
        let mut rest = f64::from(words[0]) / 4_294_967_296.0 * total;
        let chosen = blocks.iter().position(|block| {
            rest -= block.weight;
            rest < 0.0
        });
        let uniform = (f64::from(words[1] >> 9) + 0.5) / 8_388_608.0;
        (chosen.unwrap_or(blocks.len() - 1), uniform)
    }

    fn head(&self, site: &Site) -> &Head {
        match site.kind {
            SiteKind::Backbone => &self.model.backbone,
            SiteKind::SideChain(_) => &self.model.side_chain,
        }
    }

    /// Standardised features of a step.
    pub(crate) fn features(&self, step: LeapStep, positions: &[f64], kelvin: f64) -> Vec<f32> {
        let site = &self.proposal.sites()[step.site];
        let mut features = vec![0.0; site.n_features()];
        let positions = positions.as_chunks().0;
        site.describe(step.known, positions, kelvin, &mut features);
        let head = self.head(site);
        let standardise = |(index, value): (usize, &f32)| head.standardise(index, *value);
        features.iter().enumerate().map(standardise).collect()
    }

    /// ln q of the angles of a step, by the CPU's lanes.
    pub(crate) fn lanes(&self, step: LeapStep, at: &[f64], kelvin: f64, point: [f64; 2]) -> f64 {
        self.density(step, at, kelvin)(point)
    }

    /// ln q as a function of the angles, by the CPU's lanes.
    pub(crate) fn density(
        &self,
        step: LeapStep,
        at: &[f64],
        kelvin: f64,
    ) -> impl Fn([f64; 2]) -> f64 {
        let site = &self.proposal.sites()[step.site];
        let mut features = vec![0.0; site.n_features()];
        site.describe(step.known, at.as_chunks().0, kelvin, &mut features);
        let bias = self.proposal.first_bias(step);
        let head = &self.lanes[usize::from(site.kind != SiteKind::Backbone)];
        let mixture = head.mixture(&[&features], &[bias]);
        let wanted = site.angles.wanted().map(F32::splat);
        move |point| mixture.log_density(wanted, point.map(F32::splat)).lane(0)
    }

    /// The same by the graph that is trained.
    pub(crate) fn graph(&self, step: LeapStep, at: &[f64], kelvin: f64, point: [f64; 2]) -> f64 {
        let site = &self.proposal.sites()[step.site];
        let head = self.head(site);
        let mut input = self.features(step, at, kelvin);
        input.extend_from_slice(site.fixed(step.known));
        let mut tape = Tape::default();
        head.network.forward(&input, 1, &mut tape);
        let raw: Vec<F32> = tape.output.iter().map(|&x| F32::splat(x.into())).collect();
        let wanted = site.angles.wanted().map(F32::splat);
        let mut slopes = vec![F32::splat(0.0); raw.len()];
        let (n_angles, point) = (head.shape.n_angles, point.map(F32::splat));
        add_slopes(n_angles, &raw, wanted, point, F32::splat(1.0), &mut slopes).lane(0)
    }

    /// The torsions of a site where its mixture has them.
    pub(crate) fn angles(&self, site: usize, positions: &[f64]) -> [f64; 2] {
        let site = &self.proposal.sites()[site];
        let first = usize::from(site.angles.wanted()[0] == 0.0);
        let mut angles = [0.0; 2];
        for (place, pivot) in (first..).zip(&site.pivots) {
            angles[place] = pivot.torsion_rad(positions);
        }
        angles
    }

    /// ln q of the way from one state to another that differs in the torsions of a block.
    pub(crate) fn log_q(
        &self,
        block: usize,
        [from, to]: [&[f64]; 2],
        density: impl Fn(LeapStep, &[f64], [f64; 2]) -> f64,
    ) -> f64 {
        let mut positions = from.to_vec();
        let mut log_q = 0.0;
        for &step in &self.proposal.blocks()[block].steps {
            let [old, new] = [from, to].map(|positions| self.angles(step.site, positions));
            log_q += density(step, &positions, new);
            let site = &self.proposal.sites()[step.site];
            let first = usize::from(site.angles.wanted()[0] == 0.0);
            for (place, pivot) in (first..).zip(&site.pivots) {
                pivot.turn(&mut positions, new[place] - old[place]);
            }
        }
        log_q
    }
}

/// Shaders whose test accepts everything, so that what was proposed can be seen.
pub(crate) fn accepting(sources: ShaderSources) -> ShaderSources {
    let path = "mcmc/metropolis.wgsl";
    let test = "magnitude_bits(log_ratio) >= INFINITY_BITS";
    let comparison = "logarithm(uniform_value) < log_ratio";
    let sources = sources.replaced(path, test, "false").unwrap();
    sources.replaced(path, comparison, "true").unwrap()
}

/// Temperatures of the replicas, K: several in one batch.
pub(crate) fn temperatures(n_replicas: usize) -> Vec<f64> {
    let kelvins = [310.0, 365.0, 430.0];
    kelvins.into_iter().cycle().take(n_replicas).collect()
}
