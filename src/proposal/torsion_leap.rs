//! The proposal `torsion_leap`: draws torsions from a density that a trained network gives for their surroundings.
//!
//! Learns nothing while it runs. Bond lengths and angles stay, rotations have unit Jacobian, and blocks are chosen whatever
//! the state, so the ratio of the networks' densities on the way there and back is all that the test needs.

use super::adaptive_torsion::{AdaptiveTorsionProposal, AdaptiveTorsionSettings};
use super::torsion_leap_block::{Block, LeapBlock, MIXED, blocks};
use super::torsion_leap_chain::Chain;
use super::torsion_leap_draws::{Draws, Member, draws};
use super::torsion_leap_site::{Known, Site, SiteKind};
use super::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities};
use crate::flow::torsion::LeapModel;
use crate::integrator::Engine;
use crate::topology::Topology;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

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

/// Leaps of one block of torsions, drawn from a trained density.
pub struct TorsionLeapProposal {
    sites: Vec<Site>,
    blocks: Vec<Block>,
    total_weight: f64,
    /// First-layer bias of every site for every [`Known`].
    folded: Vec<[Vec<f32>; 3]>,
    draws: Box<dyn Draws>,
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
        check_inputs(model)?;
        let sites = Site::find(topology);
        let found: Vec<Block> = match block {
            Some(kind) => blocks(&sites, kind, 1.0),
            None => MIXED
                .iter()
                .flat_map(|&(kind, weight)| blocks(&sites, kind, weight))
                .collect(),
        };
        let (fallback, fallback_residues) = fallback(topology, block);
        if found.is_empty() && fallback.is_none() {
            let needed = match block {
                Some(LeapBlock::Backbone) => "a phi or psi",
                Some(LeapBlock::SideChain) => "a chi",
                _ => "a phi, psi or chi",
            };
            return Err(LeapError::NothingToTurn { needed });
        }
        let draws = draws(model);
        let fold = |site: &Site| Known::EACH.map(|known| draws.fold(site.kind, site.fixed(known)));
        Ok(Self {
            folded: sites.iter().map(fold).collect(),
            total_weight: found.iter().map(|block| block.weight).sum(),
            sites,
            blocks: found,
            draws,
            fallback,
            fallback_residues,
        })
    }

    /// Residues whose torsions `adaptive_torsion` draws, because the model does not know them.
    #[must_use]
    pub fn fallback_residues(&self) -> &[String] {
        &self.fallback_residues
    }

    /// Chooses a block whatever the state: one of the networks' blocks, or one beyond them of the fallback.
    fn choose(&self, stream: &mut Xoshiro256PlusPlus) -> usize {
        let n_others = self
            .fallback
            .as_ref()
            .map_or(0, |fallback| fallback.blocks().len());
        let n = self.blocks.len() + n_others;
        if n_others > 0 {
            let block = stream.random_range(0..n);
            if block >= self.blocks.len() {
                return block;
            }
        }
        let mut rest = stream.random::<f64>() * self.total_weight;
        for (index, block) in self.blocks.iter().enumerate() {
            rest -= block.weight;
            if rest < 0.0 {
                return index;
            }
        }
        self.blocks.len() - 1
    }

    /// The next draw of all replicas whose block has that many, register by register.
    fn step(&mut self, number: usize, batch: &mut Batch<'_>) {
        for kind in [SiteKind::Backbone, SiteKind::SideChain(0)] {
            let is_backbone = kind == SiteKind::Backbone;
            let takes_part = |&replica: &usize| {
                let block = self.blocks.get(batch.chosen[replica]);
                let step = block.and_then(|block| block.steps.get(number));
                step.is_some_and(|step| {
                    (self.sites[step.site].kind == SiteKind::Backbone) == is_backbone
                })
            };
            let replicas: Vec<usize> = (0..batch.chosen.len()).filter(takes_part).collect();
            for group in replicas.chunks(self.draws.n_lanes()) {
                self.draw_group(kind, number, group, batch);
            }
        }
    }

    fn draw_group(
        &mut self,
        kind: SiteKind,
        number: usize,
        group: &[usize],
        batch: &mut Batch<'_>,
    ) {
        let step_of = |replica: usize| self.blocks[batch.chosen[replica]].steps[number];
        let describe = |replica: usize, positions: &[f64]| {
            let step = step_of(replica);
            let site = &self.sites[step.site];
            let mut features = vec![0.0; site.n_features()];
            let kelvin = batch.temperatures_kelvin[replica];
            site.describe(step.known, positions.as_chunks().0, kelvin, &mut features);
            features
        };
        let range = |replica: usize| replica * batch.size..(replica + 1) * batch.size;
        let forward: Vec<Vec<f32>> = group
            .iter()
            .map(|&r| describe(r, &batch.positions[range(r)]))
            .collect();
        // The first draw of a block sees the same surroundings on both ways.
        let reverse: Vec<Option<Vec<f32>>> = group
            .iter()
            .map(|&r| (number > 0).then(|| describe(r, &batch.start[range(r)])))
            .collect();
        let mut streams = batch.streams.iter_mut().enumerate();
        let mut members: Vec<Member<'_>> = Vec::with_capacity(group.len());
        for ((&replica, forward), reverse) in group.iter().zip(&forward).zip(&reverse) {
            let step = self.blocks[batch.chosen[replica]].steps[number];
            let site = &self.sites[step.site];
            let (_, stream) = streams
                .find(|(index, _)| *index == replica)
                .expect("invariant: replicas of a group ascend");
            members.push(Member {
                folded: &self.folded[step.site][step.known as usize],
                forward,
                reverse: reverse.as_deref(),
                angles: site.angles,
                old: angles(site, &batch.start[range(replica)]),
                new: [0.0; 2],
                log_q: [0.0; 2],
                stream,
            });
        }
        self.draws.draw(kind, &mut members);
        for (member, &replica) in members.iter().zip(group) {
            let step = self.blocks[batch.chosen[replica]].steps[number];
            let range = range(replica);
            let moving = (
                &mut batch.positions[range.clone()],
                &mut batch.velocities[range],
            );
            turn(&self.sites[step.site], member.old, member.new, moving);
            batch.log_q_forward[replica] += member.log_q[0];
            batch.log_q_reverse[replica] += member.log_q[1];
        }
    }
}

/// The states of all replicas on their way.
struct Batch<'a> {
    size: usize,
    start: &'a [f64],
    temperatures_kelvin: &'a [f64],
    chosen: Vec<usize>,
    positions: Vec<f64>,
    velocities: Vec<f64>,
    log_q_forward: Vec<f64>,
    log_q_reverse: Vec<f64>,
    streams: &'a mut [Xoshiro256PlusPlus],
}

/// The torsions of a site where the mixture has them.
fn angles(site: &Site, positions: &[f64]) -> [f64; 2] {
    let mut angles = [0.0; 2];
    for (pivot, place) in site.pivots.iter().zip(places(site)) {
        angles[place] = pivot.torsion_rad(positions);
    }
    angles
}

/// Which of the mixture's angles the pivots of a site are.
fn places(site: &Site) -> std::ops::Range<usize> {
    let first = usize::from(site.angles.wanted()[0] == 0.0);
    first..first + site.pivots.len()
}

fn turn(
    site: &Site,
    old: [f64; 2],
    new: [f64; 2],
    (positions, velocities): (&mut [f64], &mut [f64]),
) {
    for (pivot, place) in site.pivots.iter().zip(places(site)) {
        pivot.turn_moving(positions, velocities, new[place] - old[place]);
    }
}

fn check_inputs(model: &LeapModel) -> Result<(), LeapError> {
    use super::torsion_leap_site::{N_BACKBONE_FEATURES, N_FIXED, N_SIDE_CHAIN_FEATURES};
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
    let chain = Chain::new(topology);
    let residues = chain.unknown_residues();
    if residues.is_empty() {
        return (None, residues);
    }
    let settings = AdaptiveTorsionSettings {
        backbone: block != Some(LeapBlock::SideChain),
        side_chains: block != Some(LeapBlock::Backbone),
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
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let n_replicas = current.state.n_replicas;
        let mut batch = Batch {
            size: current.state.n_atoms * 3,
            start: &current.state.positions,
            temperatures_kelvin: current.temperatures_kelvin,
            chosen: streams
                .iter_mut()
                .map(|stream| self.choose(stream))
                .collect(),
            positions: current.state.positions.clone(),
            velocities: current.state.velocities.clone(),
            log_q_forward: vec![0.0; n_replicas],
            log_q_reverse: vec![0.0; n_replicas],
            streams,
        };
        let lengths = batch
            .chosen
            .iter()
            .filter_map(|&block| self.blocks.get(block));
        let n_steps = lengths.map(|block| block.steps.len()).max().unwrap_or(0);
        for number in 0..n_steps {
            self.step(number, &mut batch);
        }
        if let Some(fallback) = &mut self.fallback {
            for replica in 0..n_replicas {
                if let Some(block) = batch.chosen[replica].checked_sub(self.blocks.len()) {
                    let range = replica * batch.size..(replica + 1) * batch.size;
                    let moving = (
                        &mut batch.positions[range.clone()],
                        &mut batch.velocities[range],
                    );
                    let [forward, reverse] =
                        fallback.draw_block(block, moving, &mut batch.streams[replica]);
                    batch.log_q_forward[replica] = forward;
                    batch.log_q_reverse[replica] = reverse;
                }
            }
        }
        let log_ratio = LogRatio::Densities {
            log_q_forward: batch.log_q_forward,
            log_q_reverse: batch.log_q_reverse,
        };
        let before = &current.state.velocities;
        Ok(Proposed {
            velocities: Some(ProposedVelocities::turned(batch.velocities, before)),
            ..Proposed::new(batch.positions, log_ratio)
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

    fn save(&self) -> serde_json::Value {
        self.fallback
            .as_ref()
            .map_or(serde_json::Value::Null, Proposal::save)
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.fallback
            .as_mut()
            .map_or(Ok(()), |fallback| fallback.restore(saved))
    }
}
