//! The proposal `torsion`: turns the torsions of one block by uniform or normal angles, or by half a turn and a little.

use super::block::{
    BlockKind, TorsionBlock, TorsionMoveError, describe, flip_blocks, torsion_blocks,
};
use super::pivot::uniform_angle;
use super::step::AdaptedStep;
use crate::integrator::Engine;
use crate::proposal::contract::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{Crosses, EntryContext, EntryError, ProposalSettings, Settings};
use crate::proposal::moved::move_each;
use crate::topology::Topology;
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the angle of a rotation is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TorsionDraw {
    /// Uniform on the circle.
    #[default]
    Uniform,
    /// Wrapped normal around no rotation; its width is tuned for every block during equilibration.
    Normal,
    /// Half a turn and a little: with `kind: omega` from cis to trans and back, of prolines four times of five.
    Flip,
}

/// Standard deviation of what a flip adds to half a turn, rad: less than a peptide bond swings by itself, so that one flat bond
/// becomes another.
const FLIP_WIDTH_RAD: f64 = 0.1;

/// Settings of `torsion`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TorsionSettings {
    /// What turns together.
    pub kind: BlockKind,
    /// How angles are drawn.
    pub proposal: TorsionDraw,
    /// Whether omega and other planar bonds turn too.
    pub planar: bool,
    /// Width of the normal before tuning, rad.
    pub initial_step_rad: f64,
    /// Moves a cycle.
    pub repeats: u64,
}

impl Default for TorsionSettings {
    fn default() -> Self {
        Self {
            kind: BlockKind::Pair,
            proposal: TorsionDraw::Uniform,
            planar: false,
            initial_step_rad: 0.5,
            repeats: 1,
        }
    }
}

impl Settings for TorsionSettings {
    const NAME: &'static str = "torsion";
    const ABOUT: &'static str = "Rotations about one or several bonds. Exact, but bonds and angles stay: not ergodic by itself.";
}

impl ProposalSettings for TorsionSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn adapts(&self) -> bool {
        self.proposal == TorsionDraw::Normal
    }

    fn crosses(&self) -> Crosses {
        let turns_peptide_bonds = match self.kind {
            BlockKind::Omega => true,
            BlockKind::Single => self.planar,
            BlockKind::Pair | BlockKind::SideChain => false,
        };
        Crosses {
            torsions: true,
            isomers: turns_peptide_bonds && self.proposal != TorsionDraw::Normal,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(TorsionProposal::new(context.topology, self)?))
    }
}

/// Pivot moves: every replica picks a block and turns its torsions.
///
/// Symmetric: blocks are picked alike whatever the state, the angles' distribution on the circle is even, and rotations have unit
/// Jacobian. Flips of peptide bonds pick those with two isomers of alike energy four times of five (see [`flip_blocks`]).
#[derive(Debug, Clone)]
pub struct TorsionProposal {
    draw: TorsionDraw,
    blocks: Vec<TorsionBlock>,
    steps: Vec<AdaptedStep>,
    /// Block that every replica used last.
    used: Vec<usize>,
    frozen: bool,
}

impl TorsionProposal {
    /// Finds the blocks of a molecule.
    ///
    /// # Errors
    /// [`TorsionMoveError`] when the molecule has no such torsion or the step is not positive.
    pub fn new(topology: &Topology, settings: &TorsionSettings) -> Result<Self, TorsionMoveError> {
        let step_rad = settings.initial_step_rad;
        if !(step_rad > 0.0 && step_rad.is_finite()) {
            return Err(TorsionMoveError::Setting {
                proposal: "torsion",
                setting: "the initial step in rad",
                got: step_rad,
                expected: "a positive number",
            });
        }
        let blocks = match (settings.kind, settings.proposal) {
            (BlockKind::Omega, TorsionDraw::Flip) => flip_blocks(topology),
            _ => torsion_blocks(topology, settings.kind, settings.planar),
        };
        if blocks.is_empty() {
            let (needed, remedy) = match settings.kind {
                BlockKind::Single => ("a rotatable bond", "take `hmc` or `langevin` alone"),
                BlockKind::Pair => (
                    "a phi or psi",
                    "take `concerted` for the backbone of a ring, `kind: single`, or `hmc` alone",
                ),
                BlockKind::SideChain => ("a chi", "take `kind: pair` or `kind: single`"),
                BlockKind::Omega => ("a peptide bond", "take `kind: single`, or `hmc` alone"),
            };
            return Err(TorsionMoveError::NoRotatableBond {
                proposal: "torsion",
                needed,
                molecule: describe(topology),
                remedy,
            });
        }
        Ok(Self {
            draw: settings.proposal,
            steps: vec![AdaptedStep::new(step_rad); blocks.len()],
            blocks,
            used: Vec::new(),
            frozen: false,
        })
    }

    /// The blocks that moves choose from evenly; one that is to be chosen more often stands there more often.
    #[must_use]
    pub fn blocks(&self) -> &[TorsionBlock] {
        &self.blocks
    }

    /// Widths of the normal in rad, one for each block.
    #[must_use]
    pub fn step_sizes_rad(&self) -> Vec<f64> {
        self.steps.iter().map(|step| step.size_rad).collect()
    }

    fn angle(&self, block: usize, stream: &mut Xoshiro256PlusPlus) -> f64 {
        match self.draw {
            TorsionDraw::Uniform => uniform_angle(stream),
            TorsionDraw::Normal => {
                self.steps[block].size_rad * stream.sample::<f64, _>(StandardNormal)
            }
            TorsionDraw::Flip => PI + FLIP_WIDTH_RAD * stream.sample::<f64, _>(StandardNormal),
        }
    }
}

impl Proposal for TorsionProposal {
    fn name(&self) -> &str {
        "torsion"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let moved = move_each(current, streams, |(positions, velocities), stream| {
            let block = stream.random_range(0..self.blocks.len());
            for pivot in &self.blocks[block].pivots {
                pivot.turn_moving(positions, velocities, self.angle(block, stream));
            }
            block
        });
        self.used = moved.returned;
        Ok(Proposed {
            velocities: Some(moved.velocities),
            ..Proposed::new(moved.positions, LogRatio::Symmetric)
        })
    }

    fn adapt(&mut self, _current: Current<'_>, outcomes: &[Outcome]) {
        if self.frozen || self.draw != TorsionDraw::Normal || self.used.len() != outcomes.len() {
            return;
        }
        AdaptedStep::learn_all(&mut self.steps, &self.used, |replica| {
            outcomes[replica] == Outcome::Accepted
        });
    }

    fn freeze(&mut self) {
        self.frozen = true;
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "steps": self.steps, "frozen": self.frozen })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let (steps, frozen) = AdaptedStep::restore_all(saved, self.steps.len(), "torsion")?;
        (self.steps, self.frozen) = (steps, frozen);
        Ok(())
    }
}
