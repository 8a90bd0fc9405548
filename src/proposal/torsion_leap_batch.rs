//! The draws of a batch of replicas, one step of their blocks after another, register by register. Chooses no blocks.

use super::torsion_leap_block::{Block, Step};
use super::torsion_leap_draws::{Draws, Member};
use super::torsion_leap_site::{Known, Site, SiteKind};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// All densities of a molecule, with the blocks they are drawn in.
pub(super) struct Densities {
    sites: Vec<Site>,
    pub(super) blocks: Vec<Block>,
    /// First-layer bias of every site for every [`Known`].
    folded: Vec<[Vec<f32>; 3]>,
    draws: Box<dyn Draws>,
}

/// Some replicas on their way; arrays over replicas, then atoms and axes.
pub(super) struct Batch<'a> {
    /// Numbers a replica: three for each atom.
    pub(super) size: usize,
    /// Positions that the leap starts from.
    pub(super) start: &'a [f64],
    pub(super) temperatures_kelvin: &'a [f64],
    /// Index of each replica's block; those beyond the blocks are left alone.
    pub(super) chosen: &'a [usize],
    pub(super) positions: &'a mut [f64],
    pub(super) velocities: &'a mut [f64],
    /// ln q there and back, which the draws add to.
    pub(super) log_q: &'a mut [[f64; 2]],
    pub(super) streams: &'a mut [Xoshiro256PlusPlus],
}

impl Batch<'_> {
    fn range(&self, replica: usize) -> Range<usize> {
        replica * self.size..(replica + 1) * self.size
    }
}

impl Densities {
    pub(super) fn new(sites: Vec<Site>, blocks: Vec<Block>, draws: Box<dyn Draws>) -> Self {
        let fold = |site: &Site| Known::EACH.map(|known| draws.fold(site.kind, site.fixed(known)));
        Self {
            folded: sites.iter().map(fold).collect(),
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

    /// Draws the chosen block of every replica.
    pub(super) fn leap(&self, batch: &mut Batch<'_>) {
        let chosen = batch
            .chosen
            .iter()
            .filter_map(|&block| self.blocks.get(block));
        let n_steps = chosen.map(|block| block.steps.len()).max().unwrap_or(0);
        for number in 0..n_steps {
            for kind in [SiteKind::Backbone, SiteKind::SideChain(0)] {
                let is_backbone = kind == SiteKind::Backbone;
                let takes_part = |&replica: &usize| {
                    let step = self.step(batch.chosen[replica], number);
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
    }

    fn step(&self, block: usize, number: usize) -> Option<Step> {
        self.blocks.get(block)?.steps.get(number).copied()
    }

    fn draw_group(&self, kind: SiteKind, number: usize, group: &[usize], batch: &mut Batch<'_>) {
        let steps: Vec<Step> = group
            .iter()
            .filter_map(|&replica| self.step(batch.chosen[replica], number))
            .collect();
        let n_features = self.sites[steps[0].site].n_features();
        let forward = self.describe(&steps, group, batch, batch.positions, n_features);
        // The first draw of a block sees the same surroundings on both ways.
        let reverse = if number > 0 {
            self.describe(&steps, group, batch, batch.start, n_features)
        } else {
            Vec::new()
        };
        let olds: Vec<[f64; 2]> = steps
            .iter()
            .zip(group)
            .map(|(step, &replica)| {
                angles(&self.sites[step.site], &batch.start[batch.range(replica)])
            })
            .collect();
        let mut streams = batch.streams.iter_mut().enumerate();
        let mut members: Vec<Member<'_>> = Vec::with_capacity(group.len());
        for (place, (&step, &replica)) in steps.iter().zip(group).enumerate() {
            let (_, stream) = streams
                .find(|(index, _)| *index == replica)
                .expect("invariant: replicas of a group ascend");
            let own = place * n_features..(place + 1) * n_features;
            members.push(Member {
                folded: self.first_bias(step),
                forward: &forward[own.clone()],
                reverse: reverse.get(own),
                angles: self.sites[step.site].angles,
                old: olds[place],
                new: [0.0; 2],
                log_q: [0.0; 2],
                stream,
            });
        }
        self.draws.draw(kind, &mut members);
        let drawn: Vec<[[f64; 2]; 2]> = members.iter().map(|m| [m.new, m.log_q]).collect();
        for (place, &replica) in group.iter().enumerate() {
            let range = batch.range(replica);
            let moving = (
                &mut batch.positions[range.clone()],
                &mut batch.velocities[range],
            );
            let [new, log_q] = drawn[place];
            turn(&self.sites[steps[place].site], olds[place], new, moving);
            batch.log_q[replica][0] += log_q[0];
            batch.log_q[replica][1] += log_q[1];
        }
    }

    /// Features of every member of a group, `[n_members, n_features]`.
    fn describe(
        &self,
        steps: &[Step],
        group: &[usize],
        batch: &Batch<'_>,
        positions: &[f64],
        n_features: usize,
    ) -> Vec<f32> {
        let mut features = vec![0.0; group.len() * n_features];
        let members = features
            .chunks_exact_mut(n_features)
            .zip(steps.iter().zip(group));
        for (own, (step, &replica)) in members {
            let kelvin = batch.temperatures_kelvin[replica];
            let positions = positions[batch.range(replica)].as_chunks().0;
            self.sites[step.site].describe(step.known, positions, kelvin, own);
        }
        features
    }
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
