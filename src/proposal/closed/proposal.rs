//! The proposal `closed_leap`: draws residues of a ring or a loop anew, all at once, and closes it by six torsions of three others.
//!
//! What is drawn (phi and psi of the residues between the closing ones, the isomer of a peptide bond) comes from densities that do
//! not depend on where those torsions are; of the ways to close the chain (`bars`) one is chosen with the weight w = rho / |det J|,
//! rho the density of the closing torsions. On closed chains torsions that are uniform otherwise have density 1 / |det J|, J of the
//! six closing bonds alone (Dodd, Boone and Theodorou, doi:10.1080/00268979300100371; Wu and Deem, doi:10.1063/1.479907), so
//!
//! q(y|x) |det J(y)| = rho_drawn(y) rho(y) / sum of w over the closures of what was drawn for y,
//!
//! and the same for the way back, whose sum is over the closures of the drawn torsions as they are at x. Draws that do not close, or
//! that bring atoms nearer than they ever are, are drawn again up to a number of times: how likely a draw is good depends on what
//! stays alone, and is the same both ways. Where nothing lies between the closing residues another of the closures is chosen.
//! Which window and which kind of move it is does not depend on the state.

use super::density::{Residue, TorsionDensity};
use super::flips::isomers_in_rings;
use super::window::{Closed, Frame, Window};
use crate::integrator::Engine;
use crate::proposal::contract::{Current, Outcome, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{
    Crosses, EntryChecks, EntryContext, EntryError, ProposalSettings, Settings,
};
use crate::proposal::learning::Learning;
use crate::proposal::moved::draw_each;
use crate::proposal::torsion::block::{TorsionMoveError, describe};
use crate::proposal::torsion::stretch::{axis, runs};
use crate::topology::{Topology, TorsionKind, rotatable_bonds};
use crate::vector::{Point, wrap};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Settings of `closed_leap`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClosedLeapSettings {
    /// Draws until one closes and nothing clashes.
    pub draws: u64,
    /// Share of the moves that are for the other isomer of a peptide bond, where one is within reach.
    pub flip_share: f64,
    /// Whether stretches of open chains are redrawn too; there it is seldom accepted.
    pub open_chains: bool,
    /// Moves a cycle.
    pub repeats: u64,
}

impl Default for ClosedLeapSettings {
    fn default() -> Self {
        Self {
            draws: 8,
            flip_share: 0.25,
            open_chains: false,
            repeats: 4,
        }
    }
}

impl Settings for ClosedLeapSettings {
    const NAME: &'static str = "closed_leap";
    const ABOUT: &'static str = "Residues of a ring or a loop drawn anew from densities learned during equilibration, the ring closed again, peptide bonds flipped. Exact, not ergodic by itself.";
}

impl ProposalSettings for ClosedLeapSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        if !(1..=1000).contains(&self.draws) {
            let problem = format!("got {}, expected 1 to 1000", self.draws);
            checks.fault("draws", &problem, "write 8");
        }
        if !(0.0..=1.0).contains(&self.flip_share) {
            let problem = format!("got {}, expected a share from 0 to 1", self.flip_share);
            checks.fault("flip_share", &problem, "write 0.25");
        }
    }

    fn adapts(&self) -> bool {
        true
    }

    fn crosses(&self) -> Crosses {
        Crosses {
            loops: true,
            isomers_in_rings: self.flip_share > 0.0,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(ClosedLeapProposal::new(context.topology, self)?))
    }
}

/// Redraws one window a move.
#[derive(Debug, Clone)]
pub struct ClosedLeapProposal {
    settings: ClosedLeapSettings,
    windows: Vec<Window>,
    /// Every residue of the windows once.
    residues: Vec<Residue>,
    /// For each kind of residue.
    densities: Vec<TorsionDensity>,
    learning: Learning,
}

/// ln q(y|x) and ln q(x|y) of a state that is not left.
const STAYS: [f64; 2] = [0.0, f64::MIN];

impl ClosedLeapProposal {
    /// Finds the windows of a molecule.
    ///
    /// # Errors
    /// [`TorsionMoveError`] when it has none.
    pub fn new(
        topology: &Topology,
        settings: &ClosedLeapSettings,
    ) -> Result<Self, TorsionMoveError> {
        let neighbors = topology.neighbors();
        let isomers = match settings.open_chains {
            true => crate::topology::peptide_bonds(topology),
            false => isomers_in_rings(topology),
        };
        let runs = runs(topology, &neighbors);
        let kinds = Kinds::new(topology, runs.iter().flat_map(|run| &run.torsions));
        let mut windows: Vec<Window> = Vec::new();
        for run in &runs {
            let kind = |residue_index: usize| kinds.of[residue_index];
            windows.extend(Window::all(topology, &neighbors, run, &isomers, &kind));
        }
        if !settings.open_chains {
            let turning = rotatable_bonds(topology);
            let turns = |bond: [usize; 2]| {
                let is_it = |own: [usize; 2]| own == bond || own == [bond[1], bond[0]];
                turning.iter().any(|turning| is_it(axis(turning.atoms)))
            };
            let is_tied = |window: &Window| {
                let torsions = window.stretch.torsions.iter();
                !torsions.clone().any(|torsion| turns(axis(torsion.atoms)))
            };
            windows.retain(is_tied);
        }
        if windows.is_empty() {
            return Err(TorsionMoveError::NoRotatableBond {
                proposal: "closed_leap",
                needed: "three residues in a row that turn, within a ring or a loop of four or more",
                molecule: describe(topology),
                remedy: "take `torsion_leap` for open chains",
            });
        }
        let mut residues: Vec<Residue> = Vec::new();
        for window in &windows {
            let drivers = window.drivers.iter().map(|driver| &driver.residue);
            for residue in window.closing.iter().chain(drivers) {
                if residues
                    .iter()
                    .all(|other| other.residue_index != residue.residue_index)
                {
                    residues.push(residue.clone());
                }
            }
        }
        Ok(Self {
            settings: *settings,
            windows,
            residues,
            densities: kinds
                .n_angles
                .iter()
                .map(|&n| TorsionDensity::new(n))
                .collect(),
            learning: Learning::new(20),
        })
    }

    /// Names of the torsions of every window: what closes it, and what is drawn.
    #[must_use]
    pub fn windows(&self) -> Vec<[Vec<&str>; 2]> {
        self.windows.iter().map(Window::names).collect()
    }

    /// Peptide bonds that some window flips, as sorted pairs of atoms.
    #[must_use]
    pub fn flipped_bonds(&self) -> Vec<[usize; 2]> {
        let places = self.windows.iter().flat_map(|window| {
            let torsions = &window.stretch.torsions;
            window.isomers.iter().map(|&place| torsions[place].atoms)
        });
        let mut bonds: Vec<[usize; 2]> = places
            .map(axis)
            .map(|[i, j]| [i.min(j), i.max(j)])
            .collect();
        bonds.sort_unstable();
        bonds.dedup();
        bonds
    }

    /// Redraws a window of one replica; returns ln q(y|x) and ln q(x|y), each with ln |det J| of where it leads.
    fn leap(
        &self,
        window: &Window,
        (positions, velocities): (&mut [f64], &mut [f64]),
        scratch: &mut Vec<Point>,
        stream: &mut Xoshiro256PlusPlus,
    ) -> [f64; 2] {
        let flips = !window.isomers.is_empty() && stream.random::<f64>() < self.settings.flip_share;
        let keeps = window.drivers.is_empty() || (flips && stream.random());
        let atoms = positions.as_chunks_mut::<3>().0;
        let frame = window.frame(atoms);
        let as_it_is = vec![0.0; window.stretch.torsions.len()];
        let here = window.closed(&frame, &as_it_is, &self.densities, scratch);
        let Some(current) = window.current(&frame, &here) else {
            return STAYS;
        };
        let there = match keeps && !flips {
            true => other_closure(&here, current, stream),
            false => {
                let before = window.drawn_torsions(atoms);
                let draw = Draw {
                    before: &before,
                    redraws: !keeps,
                    isomer: flips
                        .then(|| window.isomers[stream.random_range(0..window.isomers.len())]),
                };
                self.redrawn(window, &frame, &draw, scratch, stream)
                    .map(|(closed, log_q)| {
                        let log_reverse = self.log_drawn(window, &before)
                            + here[current].log_density
                            - log_sum(&here, None);
                        (closed, [log_q, log_reverse])
                    })
            }
        };
        let Some((closed, log_q)) = there else {
            return STAYS;
        };
        let velocities = velocities.as_chunks_mut::<3>().0;
        let moving = (atoms, velocities);
        window.stretch.carry(&closed.motions, frame.origin, moving);
        log_q
    }

    /// Draws until the window closes; the closure, and ln of the density of drawing and choosing it.
    fn redrawn(
        &self,
        window: &Window,
        frame: &Frame,
        draw: &Draw<'_>,
        scratch: &mut Vec<Point>,
        stream: &mut Xoshiro256PlusPlus,
    ) -> Option<(Closed, f64)> {
        let n_draws = if draw.redraws { self.settings.draws } else { 1 };
        let mut turns_rad = vec![0.0; window.stretch.torsions.len()];
        for _ in 0..n_draws {
            turns_rad.fill(0.0);
            let mut after = draw.before.to_vec();
            if draw.redraws {
                let torsions = after.iter_mut().zip(draw.before);
                for (driver, (new, old)) in window.drivers.iter().zip(torsions) {
                    let density = &self.densities[driver.residue.kind];
                    density.draw(stream, &mut new[..driver.torsions.len()]);
                    for (index, &place) in driver.torsions.iter().enumerate() {
                        turns_rad[place] = wrap(new[index] - old[index]);
                    }
                }
            }
            if let Some(place) = draw.isomer
                && (!draw.redraws || stream.random())
            {
                turns_rad[place] = PI;
            }
            let mut there = window.closed(frame, &turns_rad, &self.densities, scratch);
            if let Some(chosen) = pick(&there, None, stream) {
                let log_sum = log_sum(&there, None);
                let closed = there.swap_remove(chosen);
                let log_q = self.log_drawn(window, &after) + closed.log_density - log_sum;
                return Some((closed, log_q));
            }
        }
        None
    }

    /// ln of the density of what is drawn.
    fn log_drawn(&self, window: &Window, torsions_rad: &[[f64; 2]]) -> f64 {
        let drivers = window.drivers.iter().zip(torsions_rad);
        let log_of = drivers.map(|(driver, torsions_rad)| {
            let n_angles = driver.torsions.len();
            self.densities[driver.residue.kind].log_density(&torsions_rad[..n_angles])
        });
        log_of.sum()
    }
}

/// What a move changes.
struct Draw<'a> {
    /// Torsions of the drivers as they are, rad.
    before: &'a [[f64; 2]],
    /// Whether the drivers are drawn anew.
    redraws: bool,
    /// The peptide bond that is drawn cis or trans.
    isomer: Option<usize>,
}

/// Another closure of the window as it is, with both densities.
fn other_closure(
    here: &[Closed],
    current: usize,
    stream: &mut Xoshiro256PlusPlus,
) -> Option<(Closed, [f64; 2])> {
    let other = pick(here, Some(current), stream)?;
    let log_q = [
        here[other].log_density - log_sum(here, Some(current)),
        here[current].log_density - log_sum(here, Some(other)),
    ];
    Some((here[other].clone(), log_q))
}

/// ln of the summed weights of all closures but one.
fn log_sum(closed: &[Closed], without: Option<usize>) -> f64 {
    let weights = || {
        let others = closed.iter().enumerate();
        others
            .filter(|(index, _)| Some(*index) != without)
            .map(|(_, closed)| closed.log_weight)
    };
    let largest = weights().fold(f64::NEG_INFINITY, f64::max);
    largest
        + weights()
            .map(|weight| (weight - largest).exp())
            .sum::<f64>()
            .ln()
}

/// Chooses a closure by its weight, another one where it is said; none where there is none.
fn pick(
    closed: &[Closed],
    without: Option<usize>,
    stream: &mut Xoshiro256PlusPlus,
) -> Option<usize> {
    let total = log_sum(closed, without);
    let mut rest: f64 = stream.random();
    let mut last = None;
    for (index, closed) in closed.iter().enumerate() {
        if Some(index) != without {
            last = Some(index);
            rest -= (closed.log_weight - total).exp();
            if rest < 0.0 {
                break;
            }
        }
    }
    last
}

/// Which residues share a density: those of a name.
struct Kinds {
    /// For every residue of the molecule; of no meaning where nothing turns.
    of: Vec<usize>,
    /// Torsions that are drawn together, for every kind.
    n_angles: Vec<usize>,
}

impl Kinds {
    fn new<'a>(
        topology: &Topology,
        torsions: impl Iterator<Item = &'a crate::topology::NamedTorsion>,
    ) -> Self {
        let mut has_phi = vec![false; topology.residues.len()];
        for torsion in torsions.filter(|torsion| torsion.kind == TorsionKind::Phi) {
            has_phi[torsion.residue_index] = true;
        }
        let mut kinds: Vec<(&str, bool)> = Vec::new();
        let mut of = Vec::new();
        for (residue, &has_phi) in topology.residues.iter().zip(&has_phi) {
            let kind = (residue.name.as_str(), has_phi);
            let known = kinds.iter().position(|other| *other == kind);
            of.push(known.unwrap_or(kinds.len()));
            if known.is_none() {
                kinds.push(kind);
            }
        }
        let n_angles = kinds.iter().map(|&(_, has_phi)| 1 + usize::from(has_phi));
        Self {
            n_angles: n_angles.collect(),
            of,
        }
    }
}

impl Proposal for ClosedLeapProposal {
    fn name(&self) -> &str {
        "closed_leap"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let proposal = &*self;
        let draw = |scratch: &mut Vec<Point>,
                    _replica: usize,
                    moving: (&mut [f64], &mut [f64]),
                    stream: &mut Xoshiro256PlusPlus| {
            let window = &proposal.windows[stream.random_range(0..proposal.windows.len())];
            proposal.leap(window, moving, scratch, stream)
        };
        Ok(draw_each(current, engine, streams, Vec::new, draw))
    }

    /// Counts where every residue is. Later steps weigh more, so that the start is forgotten.
    fn adapt(&mut self, current: Current<'_>, _outcomes: &[Outcome]) {
        let Some(weight) = self.learning.step() else {
            return;
        };
        for replica in 0..current.state.n_replicas {
            let atoms = current.state.replica_positions(replica).as_chunks::<3>().0;
            for residue in &self.residues {
                self.densities[residue.kind].learn(residue, atoms, weight);
            }
        }
        if self.learning.is_due(10, 4) {
            self.densities.iter_mut().for_each(TorsionDensity::refresh);
        }
    }

    fn freeze(&mut self) {
        if self.learning.freeze() {
            for density in &mut self.densities {
                density.refresh();
                density.forget_samples();
            }
            if self.learning.n_steps() == 0 {
                log::warn!(
                    "`closed_leap` saw no equilibration to learn from and draws uniform torsions: exact all the same, but slower; \
                     give it equilibration_cycles"
                );
            }
        }
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        let mut saved = serde_json::json!({ "densities": self.densities });
        self.learning.save(&mut saved);
        saved
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let unreadable =
            |error| format!("the saved densities of `closed_leap` are unreadable: {error}");
        let densities: Vec<TorsionDensity> =
            serde_json::from_value(saved["densities"].clone()).map_err(unreadable)?;
        let mut fits = densities.len() == self.densities.len();
        for (own, saved) in self.densities.iter_mut().zip(densities) {
            fits &= own.restore(saved);
        }
        if !fits {
            return Err(
                "the saved densities of `closed_leap` are of other residues than this molecule's; they belong to another input file"
                    .to_owned(),
            );
        }
        self.learning = Learning::restored(saved).map_err(unreadable)?;
        Ok(())
    }
}
