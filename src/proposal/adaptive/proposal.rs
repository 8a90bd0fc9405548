//! The proposal `adaptive_torsion`: draws a residue's torsions from a density learned while the chain equilibrates.
//!
//! It needs no training data: it begins with uniform draws, counts where the replicas are after every step, and draws
//! from what it counted, until [`Proposal::freeze`] fixes the density. It learns nothing after that.

use super::block::{LearnedBlock, Resolution, Scratch};
use super::table::{MAX_RANK, Table};
use crate::integrator::Engine;
use crate::proposal::contract::{Current, Outcome, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{Crosses, EntryContext, EntryError, ProposalSettings, Settings};
use crate::proposal::learning::Learning;
use crate::proposal::moved::draw_each;
use crate::proposal::torsion::block::{
    BlockKind, TorsionBlock, TorsionMoveError, describe, torsion_blocks,
};
use crate::topology::Topology;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an `adaptive_torsion` move turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdaptiveTorsionKind {
    /// phi and psi of one residue, or the side chain of one.
    #[default]
    Both,
    /// phi and psi of one residue.
    Backbone,
    /// All chi of one residue.
    SideChain,
}

/// Settings of `adaptive_torsion`.
///
/// The floor keeps every state within reach. What the density depends on are bond angles, planarity and neighbouring torsions, which
/// the move leaves unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdaptiveTorsionSettings {
    /// What turns together.
    pub kind: AdaptiveTorsionKind,
    /// Cells of the tables in every direction, a multiple of 8 up to 96.
    pub n_bins: usize,
    /// Standard deviation of the kernel that smooths the counts, rad.
    pub kernel_width_rad: f64,
    /// Share of the uniform density in the learned one, over 0 and at most 1.
    pub floor: f64,
    /// Combinations of unchanged geometry that the density depends on; 0 for a plain histogram.
    pub n_discriminants: usize,
    /// Moves a cycle.
    pub repeats: u64,
}

impl Default for AdaptiveTorsionSettings {
    fn default() -> Self {
        Self {
            kind: AdaptiveTorsionKind::Both,
            n_bins: 32,
            kernel_width_rad: 0.06,
            floor: 0.02,
            n_discriminants: 6,
            repeats: 1,
        }
    }
}

impl Settings for AdaptiveTorsionSettings {
    const NAME: &'static str = "adaptive_torsion";
    const ABOUT: &'static str =
        "Torsions drawn from a density learned during equilibration. Exact, not ergodic by itself.";
}

impl ProposalSettings for AdaptiveTorsionSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn adapts(&self) -> bool {
        true
    }

    fn crosses(&self) -> Crosses {
        Crosses {
            torsions: true,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(AdaptiveTorsionProposal::new(
            context.topology,
            self,
        )?))
    }
}

/// Share of the uniform density while adapting, so that new basins are found.
const EXPLORING_FLOOR: f64 = 0.2;
/// Steps over which the density passes from uniform to learned.
const WARM_UP_STEPS: f64 = 50.0;

/// Independence draws of one block of torsions, given what the block's motion leaves unchanged.
#[derive(Debug, Clone)]
pub struct AdaptiveTorsionProposal {
    blocks: Vec<LearnedBlock>,
    floor: f64,
    learning: Learning,
    scratch: Scratch,
}

impl AdaptiveTorsionProposal {
    /// Finds the blocks of a molecule; their densities are uniform.
    ///
    /// # Errors
    /// [`TorsionMoveError`] when the molecule has no such torsion or a setting is out of range.
    pub fn new(
        topology: &Topology,
        settings: &AdaptiveTorsionSettings,
    ) -> Result<Self, TorsionMoveError> {
        check(settings)?;
        let resolution = Resolution {
            n_bins: settings.n_bins,
            width_rad: settings.kernel_width_rad,
            rank: settings.n_discriminants,
        };
        let mut blocks = Vec::new();
        for (wanted, kind) in [
            (
                settings.kind != AdaptiveTorsionKind::SideChain,
                BlockKind::Pair,
            ),
            (
                settings.kind != AdaptiveTorsionKind::Backbone,
                BlockKind::SideChain,
            ),
        ] {
            if wanted {
                let found = torsion_blocks(topology, kind, false).into_iter();
                blocks.extend(found.map(|b| LearnedBlock::new(topology, b, kind, resolution)));
            }
        }
        if blocks.is_empty() {
            return Err(TorsionMoveError::NoRotatableBond {
                proposal: "adaptive_torsion",
                needed: "a phi, psi or chi",
                molecule: describe(topology),
                remedy: "take `torsion: {kind: single}`, `hmc` or `langevin`",
            });
        }
        Ok(Self {
            blocks,
            floor: settings.floor,
            learning: Learning::new(1),
            scratch: Scratch::default(),
        })
    }

    /// Names of the blocks that moves choose from, each with equal probability.
    #[must_use]
    pub fn block_names(&self) -> Vec<&str> {
        self.blocks.iter().map(|b| b.block.name.as_str()).collect()
    }

    /// ln of a block's density in `rad^-n` at one replica's positions `[n_atoms * 3]`, given their surroundings.
    ///
    /// # Panics
    /// If there is no such block.
    #[must_use]
    pub fn log_density(&self, block: usize, positions: &[f64]) -> f64 {
        self.blocks[block].log_density(positions)
    }

    /// The blocks that moves choose from.
    #[must_use]
    pub fn blocks(&self) -> Vec<&TorsionBlock> {
        self.blocks.iter().map(|learned| &learned.block).collect()
    }

    /// Leaves the blocks of some residues only, by their indices; there may be none left.
    pub fn retain_residues(&mut self, keep: impl Fn(usize) -> bool) {
        self.blocks
            .retain(|learned| keep(learned.block.residue_index));
    }

    /// Draws a block of one replica anew, in place; returns ln q(y|x) and ln q(x|y) given that block.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn draw_block(
        &mut self,
        block: usize,
        (positions, velocities): (&mut [f64], &mut [f64]),
        stream: &mut Xoshiro256PlusPlus,
    ) -> [f64; 2] {
        self.blocks[block].propose((positions, velocities), stream, &mut self.scratch)
    }

    fn refresh(&mut self) {
        let floor = if self.learning.is_frozen() {
            self.floor
        } else {
            let share = WARM_UP_STEPS / (WARM_UP_STEPS + self.learning.n_steps() as f64);
            share.max(EXPLORING_FLOOR).max(self.floor)
        };
        for block in &mut self.blocks {
            block.refresh(floor);
        }
    }
}

fn check(settings: &AdaptiveTorsionSettings) -> Result<(), TorsionMoveError> {
    let setting = |setting, got, expected| TorsionMoveError::Setting {
        proposal: "adaptive_torsion",
        setting,
        got,
        expected,
    };
    let width = settings.kernel_width_rad;
    let n_bins = settings.n_bins as f64;
    if settings.n_bins == 0 || !settings.n_bins.is_multiple_of(8) || settings.n_bins > 96 {
        return Err(setting("n_bins", n_bins, "a multiple of 8 from 8 to 96"));
    }
    if !(width >= 0.0 && width.is_finite()) {
        return Err(setting("the kernel width in rad", width, "a number from 0"));
    }
    if !(settings.floor > 0.0 && settings.floor <= 1.0) {
        return Err(setting("floor", settings.floor, "a share above 0, up to 1"));
    }
    if settings.n_discriminants > MAX_RANK {
        let got = settings.n_discriminants as f64;
        return Err(setting("n_discriminants", got, "a number from 0 to 16"));
    }
    Ok(())
}

impl Proposal for AdaptiveTorsionProposal {
    fn name(&self) -> &str {
        "adaptive_torsion"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let blocks = &self.blocks;
        let draw = |scratch: &mut Scratch,
                    _: usize,
                    moving: (&mut [f64], &mut [f64]),
                    stream: &mut Xoshiro256PlusPlus| {
            let block = &blocks[stream.random_range(0..blocks.len())];
            block.propose(moving, stream, scratch)
        };
        Ok(draw_each(current, engine, streams, Scratch::default, draw))
    }

    /// Counts where every replica is. Later steps weigh more, so that the start is forgotten.
    fn adapt(&mut self, current: Current<'_>, _outcomes: &[Outcome]) {
        let Some(weight) = self.learning.step() else {
            return;
        };
        for replica in 0..current.state.n_replicas {
            let positions = current.state.replica_positions(replica);
            for block in &mut self.blocks {
                block.learn(positions, weight, &mut self.scratch);
            }
        }
        if self.learning.is_due(5, 8) {
            self.refresh();
        }
    }

    fn freeze(&mut self) {
        if self.learning.freeze() {
            self.refresh();
            self.blocks
                .iter_mut()
                .for_each(LearnedBlock::forget_samples);
        }
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        let tables: Vec<Vec<&Table>> = self.blocks.iter().map(LearnedBlock::tables).collect();
        let mut saved = serde_json::json!({ "tables": tables });
        self.learning.save(&mut saved);
        saved
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable =
            |error| format!("the saved tables of `adaptive_torsion` are unreadable: {error}");
        let tables: Vec<Vec<Table>> =
            serde_json::from_value(saved["tables"].clone()).map_err(unreadable)?;
        let mut blocks = self.blocks.clone();
        let fits = tables.len() == blocks.len()
            && blocks
                .iter_mut()
                .zip(tables)
                .all(|(block, tables)| block.set_tables(tables));
        if !fits {
            return Err("the saved tables of `adaptive_torsion` have other sizes than this molecule and these settings \
                 give; they belong to another input file"
                .to_owned());
        }
        self.learning = Learning::restored(saved).map_err(unreadable)?;
        self.blocks = blocks;
        Ok(())
    }
}
