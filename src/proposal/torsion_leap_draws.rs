//! Draws and densities for as many replicas as a register has lanes. Chooses no torsions and turns none.

use super::torsion_leap_site::SiteKind;
use crate::flow::torsion::{Angles, LaneHead, LeapModel};
use crate::lane::{Array, Lane};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::Arc;

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
    /// Most members of a group; half as many where the way back needs features of its own.
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
pub(super) fn draws(model: &LeapModel) -> Arc<dyn Draws> {
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

    fn draw(&self, kind: SiteKind, members: &mut [Member<'_>]) {
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
        let of = |value: &dyn Fn(&Member<'_>, bool) -> f64| {
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
#[expect(clippy::cast_precision_loss, reason = "some tens of values")]
fn log_mean_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    largest + (sum / values.len() as f64).ln()
}
