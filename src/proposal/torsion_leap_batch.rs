//! The draws of a batch of replicas, one step of their blocks after another, a register of replicas at a time. Chooses no blocks.

use super::Pivot;
use super::torsion_leap_block::{Block, Step};
use super::torsion_leap_draws::{Draws, Member};
use super::torsion_leap_site::{Known, Site, SiteKind};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// All densities of a molecule, with the blocks they are drawn in.
#[derive(Clone)]
pub(super) struct Densities {
    sites: Vec<Site>,
    pub(super) blocks: Vec<Block>,
    /// First-layer bias of every site for every [`Known`].
    folded: Vec<[Vec<f32>; 3]>,
    draws: Arc<dyn Draws>,
}

/// One replica on its way; positions and velocities `[n_atoms * 3]`.
pub(super) struct Traveller<'a> {
    /// Positions that the leap starts from.
    pub(super) start: &'a [f64],
    pub(super) temperature_kelvin: f64,
    /// Index of its block; one beyond the blocks is left alone.
    pub(super) block: usize,
    pub(super) positions: &'a mut [f64],
    pub(super) velocities: &'a mut [f64],
    /// ln q there and back, which the draws add to.
    pub(super) log_q: [f64; 2],
    pub(super) stream: &'a mut Xoshiro256PlusPlus,
}

impl Densities {
    pub(super) fn new(sites: Vec<Site>, blocks: Vec<Block>, draws: Arc<dyn Draws>) -> Self {
        Self {
            folded: fold_all(&sites, draws.as_ref()),
            sites,
            blocks,
            draws,
        }
    }

    pub(super) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// First-layer bias of a step's density, with all that is known beforehand.
    pub(super) fn first_bias(&self, step: Step) -> &[f32] {
        &self.folded[step.site][step.known as usize]
    }

    /// Takes other networks.
    pub(super) fn set_draws(&mut self, draws: Arc<dyn Draws>) {
        self.folded = fold_all(&self.sites, draws.as_ref());
        self.draws = draws;
    }

    /// Draws the chosen block of every replica, each thread for a share of them.
    pub(super) fn leap(&self, travellers: &mut [Traveller<'_>]) {
        let share = travellers.len().div_ceil(rayon::current_num_threads());
        let share = share.next_multiple_of(self.draws.n_lanes());
        travellers
            .par_chunks_mut(share)
            .for_each(|travellers| self.leap_together(travellers));
    }

    /// Draws one step of all blocks after another, as many replicas at a time as a register holds.
    fn leap_together(&self, travellers: &mut [Traveller<'_>]) {
        let blocks = travellers.iter().filter_map(|t| self.blocks.get(t.block));
        let n_steps = blocks.map(|block| block.steps.len()).max().unwrap_or(0);
        for number in 0..n_steps {
            let (mut backbones, mut side_chains) = (Vec::new(), Vec::new());
            for traveller in travellers.iter_mut() {
                if let Some(step) = self.step(traveller.block, number) {
                    match self.sites[step.site].kind {
                        SiteKind::Backbone => backbones.push((step, traveller)),
                        SiteKind::SideChain(_) => side_chains.push((step, traveller)),
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
    pub(super) fn pivots(&self) -> Vec<Pivot> {
        let steps = self.blocks.first().map_or(&[][..], |block| &block.steps);
        let sites = steps.iter().map(|step| &self.sites[step.site]);
        sites.flat_map(|site| site.pivots.clone()).collect()
    }

    fn step(&self, block: usize, number: usize) -> Option<Step> {
        self.blocks.get(block)?.steps.get(number).copied()
    }

    /// Draws that step of replicas whose sites belong to the same network.
    fn draw_group(&self, number: usize, group: &mut [(Step, &mut Traveller<'_>)]) {
        let kind = self.sites[group[0].0.site].kind;
        let n_features = self.sites[group[0].0.site].n_features();
        let forward = self.describe(group, n_features, |traveller| traveller.positions);
        // The first draw of a block sees the same surroundings on both ways.
        let reverse = if number > 0 {
            self.describe(group, n_features, |traveller| traveller.start)
        } else {
            Vec::new()
        };
        let mut members: Vec<Member<'_>> = Vec::with_capacity(group.len());
        for (place, (step, traveller)) in group.iter_mut().enumerate() {
            let site = &self.sites[step.site];
            let own = place * n_features..(place + 1) * n_features;
            members.push(Member {
                folded: self.first_bias(*step),
                forward: &forward[own.clone()],
                reverse: reverse.get(own),
                angles: site.angles,
                old: angles(site, traveller.start),
                new: [0.0; 2],
                log_q: [0.0; 2],
                stream: traveller.stream,
            });
        }
        self.draws.draw(kind, &mut members);
        let drawn: Vec<[[f64; 2]; 3]> = members.iter().map(|m| [m.old, m.new, m.log_q]).collect();
        for ([old, new, log_q], (step, traveller)) in drawn.into_iter().zip(group) {
            let moving = (&mut *traveller.positions, &mut *traveller.velocities);
            turn(&self.sites[step.site], old, new, moving);
            traveller.log_q[0] += log_q[0];
            traveller.log_q[1] += log_q[1];
        }
    }

    /// Features of every member of a group, `[n_members, n_features]`.
    fn describe(
        &self,
        group: &[(Step, &mut Traveller<'_>)],
        n_features: usize,
        positions: impl for<'t> Fn(&'t Traveller<'_>) -> &'t [f64],
    ) -> Vec<f32> {
        let mut features = vec![0.0; group.len() * n_features];
        for (own, (step, traveller)) in features.chunks_exact_mut(n_features).zip(group) {
            let site = &self.sites[step.site];
            let positions = positions(traveller).as_chunks().0;
            site.describe(step.known, positions, traveller.temperature_kelvin, own);
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
pub(super) fn angles(site: &Site, positions: &[f64]) -> [f64; 2] {
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
