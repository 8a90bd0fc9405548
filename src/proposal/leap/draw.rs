//! The draws of a batch of replicas and their densities, one step of their blocks after another, a register of replicas at a time.

use super::known::{Known, SiteKind};
use super::site::{Block, Site, Step};
use crate::flow::torsion::{Angles, LaneHead, LeapModel};
use crate::lane::{Array, Lane};
use crate::proposal::torsion::pivot::Pivot;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// All densities of a molecule, with the blocks they are drawn in.
#[derive(Clone)]
pub(crate) struct LeapDrawer {
    sites: Vec<Site>,
    pub(crate) blocks: Vec<Block>,
    /// First-layer bias of every site for every [`Known`].
    folded: Vec<[Vec<f32>; 3]>,
    draws: Arc<dyn Draws>,
}

/// One replica on its way; positions and velocities `[n_atoms * 3]`.
pub(crate) struct BatchReplica<'a> {
    /// Positions that the leap starts from.
    pub(crate) start: &'a [f64],
    pub(crate) temperature_kelvin: f64,
    /// Index of its block; one beyond the blocks is left alone.
    pub(crate) block: usize,
    pub(crate) positions: &'a mut [f64],
    pub(crate) velocities: &'a mut [f64],
    /// ln q there and back, which the draws add to.
    pub(crate) log_q: [f64; 2],
    pub(crate) stream: &'a mut Xoshiro256PlusPlus,
}

impl LeapDrawer {
    pub(crate) fn new(sites: Vec<Site>, blocks: Vec<Block>, draws: Arc<dyn Draws>) -> Self {
        Self {
            folded: fold_all(&sites, draws.as_ref()),
            sites,
            blocks,
            draws,
        }
    }

    pub(crate) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// First-layer bias of a step's density, with all that is known beforehand.
    pub(crate) fn first_bias(&self, step: Step) -> &[f32] {
        &self.folded[step.site][step.known as usize]
    }

    /// Takes other networks.
    pub(super) fn set_draws(&mut self, draws: Arc<dyn Draws>) {
        self.folded = fold_all(&self.sites, draws.as_ref());
        self.draws = draws;
    }

    /// Draws the chosen block of every replica, each thread for a share of them.
    pub(crate) fn leap(&self, replicas: &mut [BatchReplica<'_>]) {
        let share = replicas.len().div_ceil(rayon::current_num_threads());
        let share = share.next_multiple_of(self.draws.n_lanes());
        replicas
            .par_chunks_mut(share)
            .for_each(|replicas| self.leap_together(replicas));
    }

    /// Draws one step of all blocks after another, as many replicas at a time as a register holds.
    fn leap_together(&self, replicas: &mut [BatchReplica<'_>]) {
        let blocks = replicas.iter().filter_map(|t| self.blocks.get(t.block));
        let n_steps = blocks.map(|block| block.steps.len()).max().unwrap_or(0);
        for number in 0..n_steps {
            let (mut backbones, mut side_chains) = (Vec::new(), Vec::new());
            for replica in replicas.iter_mut() {
                if let Some(step) = self.step(replica.block, number) {
                    match self.sites[step.site].kind {
                        SiteKind::Backbone => backbones.push((step, replica)),
                        SiteKind::SideChain(_) => side_chains.push((step, replica)),
                    }
                }
            }
            let n_members = self.draws.n_lanes() / if number == 0 { 1 } else { 2 };
            backbones
                .chunks_mut(n_members)
                .chain(side_chains.chunks_mut(n_members))
                .for_each(|group| self.draw_group(number, group));
        }
    }

    /// Draws every site of the first block in turn for one replica, each from the average of its densities over copies of the
    /// molecule `[n_copies, n_atoms, 3]`, which all turn to what was drawn. Returns the torsions, pivot by pivot, and ln q.
    pub(super) fn draw_averaged(
        &self,
        kelvin: f64,
        copies: &mut [f64],
        size: usize,
        stream: &mut Xoshiro256PlusPlus,
    ) -> (Vec<f64>, f64) {
        let (mut torsions, mut log_q) = (Vec::new(), 0.0);
        let steps = self.blocks.first().map_or(&[][..], |block| &block.steps);
        for step in steps {
            let site = &self.sites[step.site];
            let mut features = vec![0.0; copies.len() / size * site.n_features()];
            let seen = features.chunks_exact_mut(site.n_features());
            for (own, copy) in seen.zip(copies.chunks_exact(size)) {
                site.describe(step.known, copy.as_chunks().0, kelvin, own);
            }
            let seen: Vec<&[f32]> = features.chunks_exact(site.n_features()).collect();
            let folded = &self.folded[step.site][step.known as usize];
            let (new, own_log_q) =
                self.draws
                    .draw_averaged(site.kind, folded, &seen, site.angles, stream);
            log_q += own_log_q;
            for copy in copies.chunks_exact_mut(size) {
                let old = angles(site, copy);
                for (pivot, place) in site.pivots.iter().zip(places(site)) {
                    pivot.turn(copy, new[place] - old[place]);
                }
            }
            torsions.extend(places(site).map(|place| new[place]));
        }
        (torsions, log_q)
    }

    /// The pivots of the first block in the order in which they are drawn.
    pub(crate) fn pivots(&self) -> Vec<Pivot> {
        let steps = self.blocks.first().map_or(&[][..], |block| &block.steps);
        let sites = steps.iter().map(|step| &self.sites[step.site]);
        sites.flat_map(|site| site.pivots.clone()).collect()
    }

    fn step(&self, block: usize, number: usize) -> Option<Step> {
        self.blocks.get(block)?.steps.get(number).copied()
    }

    /// Draws that step of replicas whose sites belong to the same network.
    fn draw_group(&self, number: usize, group: &mut [(Step, &mut BatchReplica<'_>)]) {
        let kind = self.sites[group[0].0.site].kind;
        let n_features = self.sites[group[0].0.site].n_features();
        let forward = self.describe(group, n_features, |replica| replica.positions);
        // The first draw of a block sees the same surroundings on both ways.
        let reverse = if number > 0 {
            self.describe(group, n_features, |replica| replica.start)
        } else {
            Vec::new()
        };
        let mut members: Vec<LaneReplica<'_>> = Vec::with_capacity(group.len());
        for (place, (step, replica)) in group.iter_mut().enumerate() {
            let site = &self.sites[step.site];
            let own = place * n_features..(place + 1) * n_features;
            members.push(LaneReplica {
                folded: self.first_bias(*step),
                forward: &forward[own.clone()],
                reverse: reverse.get(own),
                angles: site.angles,
                old: angles(site, replica.start),
                new: [0.0; 2],
                log_q: [0.0; 2],
                stream: replica.stream,
            });
        }
        self.draws.draw(kind, &mut members);
        let drawn: Vec<[[f64; 2]; 3]> = members.iter().map(|m| [m.old, m.new, m.log_q]).collect();
        for ([old, new, log_q], (step, replica)) in drawn.into_iter().zip(group) {
            let moving = (&mut *replica.positions, &mut *replica.velocities);
            turn(&self.sites[step.site], old, new, moving);
            replica.log_q[0] += log_q[0];
            replica.log_q[1] += log_q[1];
        }
    }

    /// Features of every member of a group, `[n_members, n_features]`.
    fn describe(
        &self,
        group: &[(Step, &mut BatchReplica<'_>)],
        n_features: usize,
        positions: impl for<'t> Fn(&'t BatchReplica<'_>) -> &'t [f64],
    ) -> Vec<f32> {
        let mut features = vec![0.0; group.len() * n_features];
        for (own, (step, replica)) in features.chunks_exact_mut(n_features).zip(group) {
            let site = &self.sites[step.site];
            let positions = positions(replica).as_chunks().0;
            site.describe(step.known, positions, replica.temperature_kelvin, own);
        }
        features
    }
}

/// First-layer bias of every site for every [`Known`].
fn fold_all(sites: &[Site], draws: &dyn Draws) -> Vec<[Vec<f32>; 3]> {
    let fold = |site: &Site| Known::EACH.map(|known| draws.fold(site.kind, site.fixed(known)));
    sites.iter().map(fold).collect()
}

/// The torsions of a site where the mixture has them.
pub(crate) fn angles(site: &Site, positions: &[f64]) -> [f64; 2] {
    let mut angles = [0.0; 2];
    for (pivot, place) in site.pivots.iter().zip(places(site)) {
        angles[place] = pivot.torsion_rad(positions);
    }
    angles
}

/// Which of the mixture's angles the pivots of a site are.
fn places(site: &Site) -> Range<usize> {
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

/// One replica's part in a joint draw.
pub(crate) struct LaneReplica<'a> {
    /// First-layer bias with all that is known beforehand.
    pub(crate) folded: &'a [f32],
    /// Features of the state that is left as it is so far.
    pub(crate) forward: &'a [f32],
    /// Features on the way back, where they differ.
    pub(crate) reverse: Option<&'a [f32]>,
    /// Which angles are drawn.
    pub(crate) angles: Angles,
    /// Angles on the way back, rad.
    pub(crate) old: [f64; 2],
    /// Angles drawn, rad.
    pub(crate) new: [f64; 2],
    /// ln q of the angles drawn, and of the old ones on the way back.
    pub(crate) log_q: [f64; 2],
    pub(crate) stream: &'a mut Xoshiro256PlusPlus,
}

/// Both networks for one kind of register.
pub(crate) trait Draws: Send + Sync {
    /// Most members of a group; half as many where the way back needs features of its own.
    fn n_lanes(&self) -> usize;

    /// The first-layer bias of a network for inputs that are known beforehand.
    fn fold(&self, kind: SiteKind, known: &[f32]) -> Vec<f32>;

    /// Draws new angles for every member of a group of one network.
    fn draw(&self, kind: SiteKind, members: &mut [LaneReplica<'_>]);

    /// Draws angles from the average of the densities that several surroundings give; returns them with ln q.
    fn draw_averaged(
        &self,
        kind: SiteKind,
        folded: &[f32],
        surroundings: &[&[f32]],
        angles: Angles,
        stream: &mut Xoshiro256PlusPlus,
    ) -> ([f64; 2], f64);
}

struct LaneDraws<L: Lane> {
    heads: [LaneHead<L>; 2],
}

/// For the widest registers that this processor has.
pub(crate) fn draws(model: &LeapModel) -> Arc<dyn Draws> {
    #[cfg(target_arch = "x86_64")]
    {
        if crate::lane::F32x16::available() {
            return Arc::new(LaneDraws::<crate::lane::F32x16>::new(model));
        }
        if crate::lane::F32x8::available() {
            return Arc::new(LaneDraws::<crate::lane::F32x8>::new(model));
        }
    }
    Arc::new(LaneDraws::<Array<f32, 16>>::new(model))
}

impl<L: Lane> LaneDraws<L> {
    fn new(model: &LeapModel) -> Self {
        Self {
            heads: [
                LaneHead::new(&model.backbone),
                LaneHead::new(&model.side_chain),
            ],
        }
    }
}

fn head_index(kind: SiteKind) -> usize {
    usize::from(kind != SiteKind::Backbone)
}

impl<L: Lane> Draws for LaneDraws<L> {
    fn n_lanes(&self) -> usize {
        L::LANES
    }

    fn fold(&self, kind: SiteKind, known: &[f32]) -> Vec<f32> {
        self.heads[head_index(kind)].fold(known)
    }

    fn draw(&self, kind: SiteKind, members: &mut [LaneReplica<'_>]) {
        let head = &self.heads[head_index(kind)];
        let n = members.len();
        let reverse: Vec<&[f32]> = members.iter().filter_map(|m| m.reverse).collect();
        let both_ways = !reverse.is_empty();
        let mut features: Vec<&[f32]> = members.iter().map(|m| m.forward).collect();
        let mut folded: Vec<&[f32]> = members.iter().map(|m| m.folded).collect();
        if both_ways {
            // The ways back have the lanes behind those of the ways there.
            features.extend(reverse);
            folded.extend_from_within(..);
        }
        assert!(
            folded.len() == features.len() && features.len() <= L::LANES,
            "invariant: a group fits a register"
        );
        let mixtures = head.mixture(&features, &folded);
        for (lane, member) in members.iter_mut().enumerate() {
            member.new = mixtures.draw(member.angles, lane, member.stream);
        }
        // Lanes beyond repeat the members, and nobody looks at them.
        let of = |value: &dyn Fn(&LaneReplica<'_>, bool) -> f64| {
            L::from_fn(|lane| value(&members[lane % n], lane < n))
        };
        let wanted = [0, 1].map(|i| of(&|m, _| m.angles.wanted()[i]));
        let (first, second) = if both_ways {
            let points = [0, 1].map(|i| of(&|m, there| if there { m.new[i] } else { m.old[i] }));
            let densities = mixtures.log_density(wanted, points);
            (densities, densities)
        } else {
            let new = [0, 1].map(|i| of(&|m, _| m.new[i]));
            let old = [0, 1].map(|i| of(&|m, _| m.old[i]));
            let density = |point| mixtures.log_density(wanted, point);
            (density(new), density(old))
        };
        let offset = if both_ways { n } else { 0 };
        for (lane, member) in members.iter_mut().enumerate() {
            member.log_q = [first.lane(lane), second.lane(lane + offset)];
        }
    }

    fn draw_averaged(
        &self,
        kind: SiteKind,
        folded: &[f32],
        surroundings: &[&[f32]],
        angles: Angles,
        stream: &mut Xoshiro256PlusPlus,
    ) -> ([f64; 2], f64) {
        let head = &self.heads[head_index(kind)];
        let folded = vec![folded; L::LANES];
        let groups = surroundings.chunks(L::LANES);
        let mixtures: Vec<_> = groups
            .clone()
            .map(|group| head.mixture(group, &folded[..group.len()]))
            .collect();
        let chosen = stream.random_range(0..surroundings.len());
        let new = mixtures[chosen / L::LANES].draw(angles, chosen % L::LANES, stream);
        let wanted = angles.wanted().map(L::splat);
        let point = new.map(L::splat);
        let log_densities: Vec<f64> = mixtures
            .iter()
            .zip(groups)
            .flat_map(|(mixture, group)| {
                let all = mixture.log_density(wanted, point);
                (0..group.len()).map(move |lane| all.lane(lane))
            })
            .collect();
        (new, log_mean_exp(&log_densities))
    }
}

/// ln of the mean of exponentials.
fn log_mean_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    largest + (sum / values.len() as f64).ln()
}
