//! The proposal `torsion_leap`: draws torsions from a density that a trained network gives for their surroundings.
//!
//! Learns nothing while it runs. Bond lengths and angles stay, rotations have unit Jacobian, and blocks are chosen whatever
//! the state, their kind for all replicas at once, so the ratio of the networks' densities on the way there and back is all
//! that the test needs. `LeapSampler` draws all torsions of a molecule one after the other, without a state to start from.

use super::draw::{BatchReplica, LeapDrawer, draws};
use super::residues::PeptideChain;
use super::site::{Block, LeapBlock, MIXED, Site, Step, blocks};
use crate::flow::torsion::LeapModel;
use crate::integrator::{Engine, on_threads_of};
use crate::proposal::adaptive::proposal::{
    AdaptiveTorsionKind, AdaptiveTorsionProposal, AdaptiveTorsionSettings,
};
use crate::proposal::contract::{
    Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities,
};
use crate::proposal::torsion::pivot::Pivot;
use crate::topology::Topology;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// A leap cannot be built for this molecule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LeapError {
    /// Nothing that the networks know can turn.
    #[error(
        "`torsion_leap` needs {needed} of a residue that its model knows, but the molecule has none that can turn (bonds in \
         rings, proline's phi and disulfide loops do not); take `torsion: {{kind: single}}`, `hmc` or `langevin`"
    )]
    NothingToTurn {
        /// What was looked for.
        needed: &'static str,
    },
    /// The networks take other inputs than this program computes.
    #[error(
        "the model's network for {part} takes {got} inputs, this program computes {expected}; train it again with `saltus train`"
    )]
    Inputs {
        /// Which network.
        part: &'static str,
        /// What it takes.
        got: usize,
        /// What there is.
        expected: usize,
    },
}

/// 2^64 times the smaller golden ratio.
const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;

/// Blocks of one kind, chosen from with equal probability.
#[derive(Clone)]
struct Kind {
    /// Share of the leaps, up to a factor that all kinds have in common.
    weight: f64,
    /// Places among all blocks.
    blocks: Range<usize>,
}

/// Leaps of one block of torsions, drawn from a trained density.
#[derive(Clone)]
pub struct TorsionLeapProposal {
    drawer: LeapDrawer,
    kinds: Vec<Kind>,
    n_leaps: u64,
    /// For residues that the networks do not know.
    fallback: Option<AdaptiveTorsionProposal>,
    fallback_residues: Vec<String>,
}

impl TorsionLeapProposal {
    /// Finds the densities of a molecule; without a kind of block the kinds are mixed.
    ///
    /// Residues that the model does not know are left to [`AdaptiveTorsionProposal`].
    ///
    /// # Errors
    /// [`LeapError`].
    pub fn new(
        topology: &Topology,
        model: &LeapModel,
        block: Option<LeapBlock>,
    ) -> Result<Self, LeapError> {
        check_leap_model(model)?;
        let sites = Site::find(topology);
        let wanted = block.map_or(MIXED.to_vec(), |kind| vec![(kind, 1.0)]);
        let (mut found, mut kinds): (Vec<Block>, Vec<Kind>) = (Vec::new(), Vec::new());
        for (kind, weight) in wanted {
            let first = found.len();
            found.extend(blocks(&sites, kind, weight));
            if found.len() > first {
                let blocks = first..found.len();
                kinds.push(Kind { weight, blocks });
            }
        }
        let (fallback, fallback_residues) = fallback(topology, block);
        if found.is_empty() && fallback.is_none() {
            let needed = match block {
                Some(LeapBlock::Backbone) => "a phi or psi",
                Some(LeapBlock::SideChain) => "a chi",
                _ => "a phi, psi or chi",
            };
            return Err(LeapError::NothingToTurn { needed });
        }
        Ok(Self {
            kinds,
            n_leaps: 0,
            drawer: LeapDrawer::new(sites, found, draws(model)),
            fallback,
            fallback_residues,
        })
    }

    /// Residues whose torsions `adaptive_torsion` draws, because the model does not know them.
    #[must_use]
    pub fn fallback_residues(&self) -> &[String] {
        &self.fallback_residues
    }

    /// Draws from the networks of another model of the same inputs from here on.
    pub(super) fn set_networks(&mut self, model: &LeapModel) {
        self.drawer.set_draws(draws(model));
    }

    /// The densities of the molecule.
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        self.drawer.sites()
    }

    /// Draws that a leap chooses from; those of the fallback are not among them.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.drawer.blocks
    }

    /// First-layer bias of a step's network, with all that is known beforehand.
    ///
    /// # Panics
    /// If the step is none of this molecule's.
    #[must_use]
    pub fn first_bias(&self, step: Step) -> &[f32] {
        self.drawer.first_bias(step)
    }

    /// The kind of block of the next leap, the same for all replicas, so that they draw as many torsions from the same networks.
    ///
    /// Kinds follow each other in a fixed order, as evenly as their weights allow: multiples of the golden ratio, modulo 1.
    fn next_kind(&mut self) -> Option<usize> {
        self.n_leaps += 1;
        let total: f64 = self.kinds.iter().map(|kind| kind.weight).sum();
        let share = (self.n_leaps.wrapping_mul(GOLDEN_RATIO) >> 11) as f64 / (1_u64 << 53) as f64;
        let mut rest = share * total;
        let chosen = self.kinds.iter().position(|kind| {
            rest -= kind.weight;
            rest < 0.0
        });
        chosen.or(self.kinds.len().checked_sub(1))
    }

    /// Chooses a block of a kind whatever the state, or one beyond the networks' blocks of the fallback.
    fn choose(&self, kind: Option<usize>, stream: &mut Xoshiro256PlusPlus) -> usize {
        let n_blocks = self.drawer.blocks.len();
        if let Some(fallback) = &self.fallback {
            let block = stream.random_range(0..n_blocks + fallback.blocks().len());
            if block >= n_blocks {
                return block;
            }
        }
        let kind = kind.expect("invariant: without a fallback there are blocks");
        stream.random_range(self.kinds[kind].blocks.clone())
    }

    /// Draws of the fallback for the replicas that chose it.
    fn fall_back(&mut self, replicas: &mut [BatchReplica<'_>]) {
        let Some(fallback) = &mut self.fallback else {
            return;
        };
        for replica in replicas {
            if let Some(block) = replica.block.checked_sub(self.drawer.blocks.len()) {
                let moving = (&mut *replica.positions, &mut *replica.velocities);
                replica.log_q = fallback.draw_block(block, moving, replica.stream);
            }
        }
    }
}

/// Whether the networks take the inputs that this program computes.
///
/// # Errors
/// [`LeapError::Inputs`].
pub fn check_leap_model(model: &LeapModel) -> Result<(), LeapError> {
    use super::features::{N_BACKBONE_FEATURES, N_SIDE_CHAIN_FEATURES};
    use super::site::N_FIXED;
    for (part, head, n_features) in [
        ("backbones", &model.backbone, N_BACKBONE_FEATURES),
        ("side chains", &model.side_chain, N_SIDE_CHAIN_FEATURES),
    ] {
        if head.n_dynamic() != n_features || head.network.n_in() != n_features + N_FIXED {
            return Err(LeapError::Inputs {
                part,
                got: head.network.n_in(),
                expected: n_features + N_FIXED,
            });
        }
    }
    Ok(())
}

/// Densities learned on the way for residues that the networks do not know.
fn fallback(
    topology: &Topology,
    block: Option<LeapBlock>,
) -> (Option<AdaptiveTorsionProposal>, Vec<String>) {
    let chain = PeptideChain::new(topology);
    let residues = chain.unknown_residues();
    if residues.is_empty() {
        return (None, residues);
    }
    let settings = AdaptiveTorsionSettings {
        kind: match block {
            Some(LeapBlock::SideChain) => AdaptiveTorsionKind::SideChain,
            Some(LeapBlock::Backbone) => AdaptiveTorsionKind::Backbone,
            _ => AdaptiveTorsionKind::Both,
        },
        ..AdaptiveTorsionSettings::default()
    };
    let Ok(mut proposal) = AdaptiveTorsionProposal::new(topology, &settings) else {
        return (None, Vec::new());
    };
    proposal.retain_residues(|index| !chain.residue(index).is_known());
    if proposal.blocks().is_empty() {
        return (None, Vec::new());
    }
    (Some(proposal), residues)
}

impl Proposal for TorsionLeapProposal {
    fn name(&self) -> &str {
        "torsion_leap"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let state = current.state;
        let size = state.n_atoms * 3;
        let mut positions = state.positions.clone();
        let mut velocities = state.velocities.clone();
        let arrays = state
            .positions
            .chunks_exact(size)
            .zip(positions.chunks_exact_mut(size))
            .zip(velocities.chunks_exact_mut(size));
        let kind = self.next_kind();
        let mut replicas: Vec<BatchReplica<'_>> = arrays
            .zip(current.temperatures_kelvin)
            .zip(streams)
            .map(
                |((((start, positions), velocities), &kelvin), stream)| BatchReplica {
                    start,
                    temperature_kelvin: kelvin,
                    block: self.choose(kind, stream),
                    positions,
                    velocities,
                    log_q: [0.0; 2],
                    stream,
                },
            )
            .collect();
        on_threads_of(engine, || self.drawer.leap(&mut replicas));
        self.fall_back(&mut replicas);
        let (log_q_forward, log_q_reverse) = replicas.iter().map(|t| t.log_q.into()).unzip();
        let log_ratio = LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        };
        Ok(Proposed {
            velocities: Some(ProposedVelocities::turned(velocities, &state.velocities)),
            ..Proposed::new(positions, log_ratio)
        })
    }

    fn adapt(&mut self, current: Current<'_>, outcomes: &[Outcome]) {
        if let Some(fallback) = &mut self.fallback {
            fallback.adapt(current, outcomes);
        }
    }

    fn freeze(&mut self) {
        if let Some(fallback) = &mut self.fallback {
            fallback.freeze();
        }
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({
            "n_leaps": self.n_leaps,
            "fallback": self.fallback.as_ref().map(Proposal::save),
        })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.n_leaps = serde_json::from_value(saved["n_leaps"].clone())
            .map_err(|error| format!("the saved count of `torsion_leap` is unreadable: {error}"))?;
        self.fallback
            .as_mut()
            .map_or(Ok(()), |fallback| fallback.restore(&saved["fallback"]))
    }
}

/// The density of every torsion that a model knows, given those before it and a set of reference geometries.
///
/// ln q(T) = sum over sites i of ln (1/M) sum over references m of q(T_i | T_1 .. T_(i-1), m): bond lengths, angles and rotors
/// that the model sees but does not draw are averaged out, so that T has a density of its own.
pub struct LeapSampler {
    drawer: LeapDrawer,
    pivots: Vec<Pivot>,
}

impl LeapSampler {
    /// The densities of a molecule.
    ///
    /// # Errors
    /// [`LeapError`]: nothing can turn, or a model of other inputs.
    pub fn new(topology: &Topology, model: &LeapModel) -> Result<Self, LeapError> {
        check_leap_model(model)?;
        let sites = Site::find(topology);
        let found = blocks(&sites, LeapBlock::Molecule, 1.0);
        if found.is_empty() {
            let needed = "a phi, psi or chi";
            return Err(LeapError::NothingToTurn { needed });
        }
        let drawer = LeapDrawer::new(sites, found, draws(model));
        let pivots = drawer.pivots();
        Ok(Self { drawer, pivots })
    }

    /// Residues whose torsions the model does not know, as `NAME number`.
    #[must_use]
    pub fn unknown_residues(topology: &Topology) -> Vec<String> {
        PeptideChain::new(topology).unknown_residues()
    }

    /// The torsions in the order in which they are drawn.
    #[must_use]
    pub fn pivots(&self) -> &[Pivot] {
        &self.pivots
    }

    /// Draws all torsions in rad, `[n_pivots]`, and returns ln q beside them; `references` in nm, `[n_references, n_atoms, 3]`.
    ///
    /// # Panics
    /// Without references.
    #[must_use]
    pub fn draw(
        &self,
        temperature_kelvin: f64,
        references: &[f64],
        n_references: usize,
        stream: &mut Xoshiro256PlusPlus,
    ) -> (Vec<f64>, f64) {
        let mut copies = references.to_vec();
        let size = copies.len() / n_references;
        self.drawer
            .draw_averaged(temperature_kelvin, &mut copies, size, stream)
    }
}
