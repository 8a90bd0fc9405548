//! Draws and densities for as many replicas as a register has lanes. Chooses no torsions and turns none.

use super::torsion_leap_site::SiteKind;
use crate::flow::torsion::{Angles, LaneHead, LeapModel};
use crate::lane::{Array, Lane};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// One replica's part in a joint draw.
pub(super) struct Member<'a> {
    /// First-layer bias with all that is known beforehand.
    pub(super) folded: &'a [f32],
    /// Features of the state that is left as it is so far.
    pub(super) forward: &'a [f32],
    /// Features on the way back, where they differ.
    pub(super) reverse: Option<&'a [f32]>,
    /// Which angles are drawn.
    pub(super) angles: Angles,
    /// Angles on the way back, rad.
    pub(super) old: [f64; 2],
    /// Angles drawn, rad.
    pub(super) new: [f64; 2],
    /// ln q of the angles drawn, and of the old ones on the way back.
    pub(super) log_q: [f64; 2],
    pub(super) stream: &'a mut Xoshiro256PlusPlus,
}

/// Both networks for one kind of register.
pub(super) trait Draws: Send + Sync {
    /// Most members of a group.
    fn n_lanes(&self) -> usize;

    /// The first-layer bias of a network for inputs that are known beforehand.
    fn fold(&self, kind: SiteKind, known: &[f32]) -> Vec<f32>;

    /// Draws new angles for every member of a group of one network.
    fn draw(&self, kind: SiteKind, members: &mut [Member<'_>]);

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
pub(super) fn draws(model: &LeapModel) -> Box<dyn Draws> {
    #[cfg(target_arch = "x86_64")]
    {
        if crate::lane::F32x16::available() {
            return Box::new(LaneDraws::<crate::lane::F32x16>::new(model));
        }
        if crate::lane::F32x8::available() {
            return Box::new(LaneDraws::<crate::lane::F32x8>::new(model));
        }
    }
    Box::new(LaneDraws::<Array<f32, 16>>::new(model))
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

    fn draw(&self, kind: SiteKind, members: &mut [Member<'_>]) {
        let head = &self.heads[head_index(kind)];
        let folded: Vec<&[f32]> = members.iter().map(|m| m.folded).collect();
        let features: Vec<&[f32]> = members.iter().map(|m| m.forward).collect();
        let there = head.mixture(&features, &folded);
        for (lane, member) in members.iter_mut().enumerate() {
            member.new = there.draw(member.angles, lane, member.stream);
        }
        // A lane without a member repeats the last one, and nobody looks at it.
        let of = |value: &dyn Fn(&Member<'_>) -> f64| {
            L::from_fn(|lane| value(&members[lane.min(members.len() - 1)]))
        };
        let wanted = [0, 1].map(|i| of(&|m| m.angles.wanted()[i]));
        let new = [0, 1].map(|i| of(&|m| m.new[i]));
        let old = [0, 1].map(|i| of(&|m| m.old[i]));
        let forward = there.log_density(wanted, new);
        let reverse = if members.iter().any(|m| m.reverse.is_some()) {
            let features: Vec<&[f32]> = members
                .iter()
                .map(|m| m.reverse.unwrap_or(m.forward))
                .collect();
            head.mixture(&features, &folded).log_density(wanted, old)
        } else {
            there.log_density(wanted, old)
        };
        for (lane, member) in members.iter_mut().enumerate() {
            member.log_q = [forward.lane(lane), reverse.lane(lane)];
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
#[expect(clippy::cast_precision_loss, reason = "some tens of values")]
fn log_mean_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    largest + (sum / values.len() as f64).ln()
}
