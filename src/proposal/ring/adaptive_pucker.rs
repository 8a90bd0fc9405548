//! The proposal `adaptive_pucker`: draws a proline's ring with its phi anew, from a density learned while the chain equilibrates.
//!
//! The ring's carbons are close to normal in each part of the circle of puckers, given bond lengths, angles and torsions
//! around them; so q is a mixture of joint normals (`conditional_normal`) in the frame of the backbone (`ring_geometry`),
//! wider at higher temperatures as a harmonic well is. Hydrogens lean with the ring as they were seen to. A share of the draws
//! is for the other isomer of the peptide bond before the ring, cis or trans, from all puckers; of the others most are from
//! the puckers on the other side of the circle, whichever side the ring is on. Before enough was counted, and in a share of
//! the moves after that, it mirrors the ring as `pucker` does, or turns the peptide bond by half a turn. Each of these kinds of
//! move is reversible by itself, and which of them it is does not depend on the state.
//!
//! [`Proposal::freeze`] fixes the density; it learns nothing after that.

use super::conditional_normal::{ConditionalNormal, Densities};
use super::geometry::{N_LEANS, N_PUCKERS, RingGeometry};
use super::normal_mixture::Shares;
use super::pucker::{Moving, rings_for};
use crate::integrator::Engine;
use crate::proposal::contract::{Current, Outcome, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{Crosses, EntryContext, EntryError, ProposalSettings, Settings};
use crate::proposal::learning::Learning;
use crate::proposal::moved::draw_each;
use crate::proposal::torsion::block::TorsionMoveError;
use crate::topology::Topology;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Share of moves that need no density, once there is one.
const PLAIN_SHARE: f64 = 0.05;
/// Share of the moves that are for the other isomer of the peptide bond, where it turns.
const FLIP_SHARE: f64 = 0.2;
/// Share of the draws that are from the puckers across the circle.
const ACROSS_SHARE: f64 = 0.8;

/// Settings of `adaptive_pucker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdaptivePuckerSettings {
    /// Moves a cycle.
    pub repeats: u64,
}

impl Default for AdaptivePuckerSettings {
    fn default() -> Self {
        Self { repeats: 1 }
    }
}

impl Settings for AdaptivePuckerSettings {
    const NAME: &'static str = "adaptive_pucker";
    const ABOUT: &'static str = "A proline's ring, phi and the peptide bond before it drawn from a density learned during equilibration. Exact, not ergodic by itself.";
}

impl ProposalSettings for AdaptivePuckerSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn adapts(&self) -> bool {
        true
    }

    fn crosses(&self) -> Crosses {
        Crosses {
            rings: true,
            isomers: true,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(AdaptivePuckerProposal::new(context.topology)?))
    }
}

/// Redraws one ring a move, chosen whatever the state.
#[derive(Debug, Clone)]
pub struct AdaptivePuckerProposal {
    rings: Vec<LearnedRing>,
    /// Lowest temperature that was learned from, whose wells the densities are as wide as; infinite before that.
    coldest_kelvin: f64,
    learning: Learning,
}

#[derive(Debug, Clone)]
struct LearnedRing {
    geometry: RingGeometry,
    density: ConditionalNormal,
    /// Shares of the puckers; `None` before there is a density.
    shares: Option<PuckerShares>,
}

/// What the puckers' shares are in a draw.
#[derive(Debug, Clone)]
struct PuckerShares {
    /// For a ring on either side of the circle: most of the other side.
    across: [Shares; 2],
    /// As they were counted, for the other isomer.
    counted: Shares,
}

impl AdaptivePuckerProposal {
    /// Finds the rings of a molecule.
    ///
    /// # Errors
    /// [`TorsionMoveError`] when it has none.
    pub fn new(topology: &Topology) -> Result<Self, TorsionMoveError> {
        let rings = rings_for("adaptive_pucker", topology)?;
        let rings = rings
            .into_iter()
            .filter_map(|ring| RingGeometry::new(topology, ring));
        Ok(Self {
            rings: rings.map(LearnedRing::new).collect(),
            coldest_kelvin: f64::INFINITY,
            learning: Learning::new(20),
        })
    }

    /// Whether every ring has a density to be drawn from.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.rings.iter().all(|ring| ring.shares.is_some())
    }
}

/// Whether a pucker is on the far side of the circle, where CG is on the other face of the ring.
fn is_far(pucker: usize) -> bool {
    let quarter = N_PUCKERS.div_ceil(4);
    (quarter..quarter + N_PUCKERS / 2).contains(&pucker)
}

impl LearnedRing {
    fn new(geometry: RingGeometry) -> Self {
        Self {
            density: ConditionalNormal::new(geometry.sizes()),
            geometry,
            shares: None,
        }
    }

    /// Counts where the ring of one replica is.
    fn learn(&mut self, positions: &[f64], weight: f64, width: f64) {
        let mut point = self.geometry.given(positions, false);
        point.extend(self.geometry.leans(positions, &[0.0; N_LEANS]));
        point.extend(self.geometry.drawn(positions));
        let pucker = self.geometry.pucker(positions);
        self.density.learn(pucker, &point, weight, width);
    }

    /// Makes the density of what was counted.
    fn refresh(&mut self) {
        self.density.refresh();
        self.share();
    }

    /// Puts a saved density in the place of this one.
    fn restore(&mut self, density: ConditionalNormal) {
        self.density = density;
        self.share();
    }

    fn share(&mut self) {
        self.shares = self.density.densities().map(|densities| PuckerShares {
            across: [false, true]
                .map(|far| densities.shares_with(|pucker| is_far(pucker) != far, ACROSS_SHARE)),
            counted: densities.counted_shares(),
        });
    }

    /// Redraws the ring of one replica; returns ln q(y|x) and ln q(x|y).
    fn draw(
        &self,
        moving: (&mut [f64], &mut [f64]),
        width: f64,
        stream: &mut Xoshiro256PlusPlus,
    ) -> [f64; 2] {
        let flipped = self.geometry.has_isomers() && stream.random::<f64>() < FLIP_SHARE;
        match self.density.densities().zip(self.shares.as_ref()) {
            Some((densities, shares)) if stream.random::<f64>() >= PLAIN_SHARE => {
                self.draw_from(densities, shares, flipped, moving, width, stream)
            }
            _ if flipped => {
                self.geometry.flip_isomer(moving.0, moving.1);
                [0.0; 2]
            }
            _ => {
                Moving::of(moving.0, moving.1).flip(&self.geometry.ring);
                [0.0; 2]
            }
        }
    }

    fn draw_from(
        &self,
        densities: &Densities,
        shares: &PuckerShares,
        flipped: bool,
        (positions, velocities): (&mut [f64], &mut [f64]),
        width: f64,
        stream: &mut Xoshiro256PlusPlus,
    ) -> [f64; 2] {
        let geometry = &self.geometry;
        let shares_from = |positions: &[f64]| match flipped {
            true => &shares.counted,
            false => &shares.across[usize::from(is_far(geometry.pucker(positions)))],
        };
        let old = geometry.drawn(positions);
        let old_turns = densities.following(&old);
        let leans = geometry.leans(positions, &old_turns);
        let density_of = |flipped: bool| {
            let mut given = geometry.given(positions, flipped);
            given.extend(leans);
            densities.mixture.at(&given, width)
        };
        let way_back = density_of(false);
        let density = if flipped {
            &density_of(true)
        } else {
            &way_back
        };
        let there = shares_from(positions);
        let drawn = density.draw(there, stream);
        let turns = densities.following(&drawn);
        if !geometry.place(&drawn, [&old_turns, &turns], positions, velocities) {
            // No such state can be proposed.
            return [f64::INFINITY, 0.0];
        }
        if flipped {
            geometry.flip_isomer(positions, velocities);
        }
        let back = shares_from(positions);
        [
            density.log_density(there, &drawn),
            way_back.log_density(back, &old),
        ]
    }
}

/// How much wider a harmonic well is than at the lowest temperature.
fn width(kelvin: f64, coldest_kelvin: f64) -> f64 {
    (kelvin / coldest_kelvin).sqrt()
}

impl Proposal for AdaptivePuckerProposal {
    fn name(&self) -> &str {
        "adaptive_pucker"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let rings = &self.rings;
        let kelvin = current.temperatures_kelvin;
        let coldest_kelvin = self.coldest_kelvin;
        let draw = |(): &mut (),
                    replica: usize,
                    moving: (&mut [f64], &mut [f64]),
                    stream: &mut Xoshiro256PlusPlus| {
            let ring = &rings[stream.random_range(0..rings.len())];
            ring.draw(moving, width(kelvin[replica], coldest_kelvin), stream)
        };
        Ok(draw_each(current, engine, streams, || (), draw))
    }

    /// Counts where every replica is. Later steps weigh more, so that the start is forgotten.
    fn adapt(&mut self, current: Current<'_>, _outcomes: &[Outcome]) {
        let Some(weight) = self.learning.step() else {
            return;
        };
        let kelvin = current.temperatures_kelvin;
        let coldest = kelvin.iter().copied().fold(f64::INFINITY, f64::min);
        self.coldest_kelvin = coldest;
        for (replica, &kelvin) in kelvin.iter().enumerate() {
            let width = width(kelvin, coldest);
            let positions = current.state.replica_positions(replica);
            for ring in &mut self.rings {
                ring.learn(positions, weight, width);
            }
        }
        if self.learning.is_due(10, 4) {
            self.rings.iter_mut().for_each(LearnedRing::refresh);
        }
    }

    fn freeze(&mut self) {
        if self.learning.freeze() {
            for ring in &mut self.rings {
                ring.refresh();
                ring.density.forget_points();
            }
            if !self.is_ready() {
                log::warn!(
                    "`adaptive_pucker` saw too few frames of the equilibration to learn from and mirrors rings instead, as \
                     `pucker` does: exact all the same, but slower; more equilibration_cycles help"
                );
            }
        }
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        let densities: Vec<&ConditionalNormal> =
            self.rings.iter().map(|ring| &ring.density).collect();
        let mut saved = serde_json::json!({
            // JSON has no infinity.
            "coldest_kelvin": self.coldest_kelvin.is_finite().then_some(self.coldest_kelvin),
            "densities": densities,
        });
        self.learning.save(&mut saved);
        saved
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable =
            |error| format!("the saved densities of `adaptive_pucker` are unreadable: {error}");
        let read = |key: &str| saved[key].clone();
        let densities: Vec<ConditionalNormal> =
            serde_json::from_value(read("densities")).map_err(unreadable)?;
        let fits = densities.len() == self.rings.len()
            && densities
                .iter()
                .zip(&self.rings)
                .all(|(saved, ring)| saved.sizes() == ring.density.sizes());
        if !fits {
            return Err(
                "the saved densities of `adaptive_pucker` have other sizes than this molecule's rings; they belong to another \
                 input file"
                    .to_owned(),
            );
        }
        let coldest: Option<f64> =
            serde_json::from_value(read("coldest_kelvin")).map_err(unreadable)?;
        self.coldest_kelvin = coldest.unwrap_or(f64::INFINITY);
        self.learning = Learning::restored(saved).map_err(unreadable)?;
        for (ring, density) in self.rings.iter_mut().zip(densities) {
            ring.restore(density);
        }
        Ok(())
    }
}
