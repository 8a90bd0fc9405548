//! What a sampler list is made of: settings as YAML reads them, which check themselves and make what moves a molecule.

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::contract::Proposal;
use super::settings_error::SettingsError;
use super::torsion::block::TorsionMoveError;
#[cfg(feature = "timewarp")]
use crate::flow::timewarp::{Timewarp, TimewarpFlow};
use crate::rng;
use crate::topology::Topology;
use crate::units::plain;

/// Settings of an entry of the sampler list: the type that YAML reads, whose field docs are the documentation of its keys.
pub trait Settings:
    Debug + Clone + PartialEq + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// Name in YAML, in reports and in trajectories.
    const NAME: &'static str;
    /// One sentence: what it does, and whether it is exact.
    const ABOUT: &'static str;
}

/// Settings of a proposal, which the Metropolis test then makes exact.
///
/// This is all that a proposal needs to stand in YAML, in `saltus bench`, in the schema and in the documentation; its type
/// goes into the list of entries (`mcmc/entry/list.rs`, or the list that a program of its own hands to `saltus::cli::main_with`).
pub trait ProposalSettings: Settings {
    /// Moves a cycle.
    fn repeats(&self) -> u64 {
        1
    }

    /// Reports values that no molecule allows.
    fn check(&self, _checks: &mut EntryChecks<'_>) {}

    /// Whether equilibration changes the proposal.
    fn adapts(&self) -> bool {
        false
    }

    /// Which slow things the moves cross.
    fn crosses(&self) -> Crosses {
        Crosses::default()
    }

    /// The proposal for a molecule.
    ///
    /// # Errors
    /// [`EntryError`] where the molecule, or a value, does not allow it.
    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError>;
}

/// What a move crosses that dynamics hardly does, so that samplers without it can be warned of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crosses {
    /// It turns torsions of backbone or side chains.
    pub torsions: bool,
    /// It flips the pucker of proline's ring.
    pub rings: bool,
    /// It flips peptide bonds between cis and trans.
    pub isomers: bool,
    /// It turns the backbone of rings and disulfide loops.
    pub loops: bool,
    /// It flips peptide bonds of rings and disulfide loops between cis and trans.
    pub isomers_in_rings: bool,
}

/// Brings a Timewarp model to a device, or says why it can't.
#[cfg(feature = "timewarp")]
pub type FlowOpener<'a> = Box<dyn Fn(Timewarp<f32>) -> Result<Box<dyn TimewarpFlow>, String> + 'a>;

/// The run that an entry is part of.
pub struct EntryContext<'a> {
    /// The molecule.
    pub topology: &'a Topology,
    /// Replicas, those of all temperatures together.
    pub n_replicas: usize,
    /// Every temperature of the run, K: the one asked for, then those of a ladder.
    pub temperatures_kelvin: Vec<f64>,
    /// Name of the force field; files are joined by ` + `.
    pub force_field: String,
    /// Name of the solvent.
    pub solvent: String,
    /// Turns a path of the input into one that can be opened.
    pub resolve: Box<dyn Fn(&Path) -> PathBuf + 'a>,
    /// Brings a Timewarp model to the device of the run.
    #[cfg(feature = "timewarp")]
    pub timewarp_flow: FlowOpener<'a>,
    /// Seed of the run.
    pub run_seed: u64,
    /// Seeds that were dealt so far.
    pub n_seeds: Cell<u32>,
}

/// Last counter word of the Philox numbers that become seeds; no stream of an engine has it.
const SEEDS_TAG: u32 = 0xff00_0000;

/// The seed of the kernel at a place of the sampler list, counted from 0: Philox of the place, keyed by the seed of the run.
#[must_use]
pub fn kernel_seed(run_seed: u64, place: u32) -> u64 {
    let counter = [[place], [0], [0], [SEEDS_TAG]];
    let [[low], [high], ..] = rng::philox(counter, rng::key(run_seed));
    u64::from(high) << 32 | u64::from(low)
}

impl EntryContext<'_> {
    /// The next seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        let place = self.n_seeds.replace(self.n_seeds.get() + 1);
        kernel_seed(self.run_seed, place)
    }
}

/// Why an entry cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct EntryError {
    /// Where, below the entry: empty, `.key`, `[0].kernel.hmc.key`.
    pub place: String,
    /// What was got, what was expected.
    pub problem: String,
    /// What to do; empty where the problem says it.
    pub help: String,
}

impl EntryError {
    /// Of the entry as a whole.
    pub fn of(error: impl Display) -> Self {
        Self::at("", error, "")
    }

    /// Of one of its keys.
    pub fn at(key: &str, problem: impl Display, help: &str) -> Self {
        Self {
            place: if key.is_empty() {
                String::new()
            } else {
                format!(".{key}")
            },
            problem: problem.to_string(),
            help: help.to_owned(),
        }
    }

    /// The same of an entry that holds this one at `place`.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        Self {
            place: format!("{place}{}", self.place),
            ..self
        }
    }
}

impl From<TorsionMoveError> for EntryError {
    fn from(error: TorsionMoveError) -> Self {
        Self::of(error)
    }
}

impl From<SettingsError> for EntryError {
    fn from(error: SettingsError) -> Self {
        Self::at(error.key, error, "")
    }
}

/// Most steps or repeats in a cycle: nothing is written, and nothing stops, within one.
pub const MOST_IN_CYCLE: u64 = 1_000_000_000;
/// Shortest time step accepted, in fs: shorter ones drown in the rounding of positions.
const MIN_TIMESTEP_FS: f64 = 0.001;
/// Longest time step accepted, in fs: half a period of the fastest angle motions left once bonds to hydrogen are rigid.
const MAX_TIMESTEP_FS: f64 = 5.0;
/// Longest time step in fs that does not earn a warning while bonds to hydrogen vibrate (period 10 fs).
const MAX_FLEXIBLE_TIMESTEP_FS: f64 = 1.5;

/// Collects what is wrong with the values of an entry, and knows what of the run they depend on.
pub struct EntryChecks<'a> {
    /// Whether bonds to hydrogen are rigid.
    pub has_rigid_bonds: bool,
    /// Cycles in which kernels may learn.
    pub equilibration_cycles: u64,
    /// Turns a path of the input into one that can be opened.
    pub resolve: &'a dyn Fn(&Path) -> PathBuf,
    /// Where in the input the entry is: `sampler[0].hmc`.
    pub path: String,
    /// What was found.
    pub faults: Vec<EntryError>,
}

impl EntryChecks<'_> {
    /// Reports a value; an empty key means the entry itself. `help` says what to write instead.
    pub fn fault(&mut self, key: &str, problem: &str, help: &str) {
        let fault = EntryError::at(key, problem, help).within(&self.path);
        self.faults.push(fault);
    }

    /// Checks an entry within this one.
    pub fn within(&mut self, place: &str, check: impl FnOnce(&mut Self)) {
        let outer = self.path.clone();
        self.path.push_str(place);
        check(self);
        self.path = outer;
    }

    /// Moves a cycle: one at least.
    pub fn repeats(&mut self, repeats: u64) {
        if repeats == 0 {
            let help = "write 1, or remove the kernel";
            self.fault("repeats", "got 0, expected at least 1", help);
        }
        self.at_most_in_cycle("repeats", repeats);
    }

    /// Time steps: one at least.
    pub fn steps(&mut self, steps: u64) {
        if steps == 0 {
            let help = "write 100, or remove the kernel";
            self.fault("steps", "got 0, expected at least 1", help);
        }
        self.at_most_in_cycle("steps", steps);
    }

    fn at_most_in_cycle(&mut self, key: &str, count: u64) {
        if count > MOST_IN_CYCLE {
            self.fault(
                key,
                &format!("got {count}, expected at most {MOST_IN_CYCLE} in one cycle"),
                "nothing is written and nothing stops within a cycle: write less here and more `run.cycles`",
            );
        }
    }

    /// A time step that positions can carry.
    pub fn timestep_fs(&mut self, timestep_fs: f64) {
        if !(MIN_TIMESTEP_FS..=MAX_TIMESTEP_FS).contains(&timestep_fs) {
            self.fault(
                "timestep_fs",
                &format!("got {}, expected a time step from 0.001 to 5 fs", plain(timestep_fs)),
                "1 fs suits flexible bonds, 2 fs `constraints: h-bonds`, 4 fs `constraints: h-bonds` with `hydrogen_mass_da: 3`",
            );
        }
    }

    /// Warns of long steps of kernels without an acceptance test: the others pay for them with rejections, which they show.
    pub fn warn_of_long_timestep(&self, timestep_fs: f64) {
        let is_long = timestep_fs > MAX_FLEXIBLE_TIMESTEP_FS && timestep_fs <= MAX_TIMESTEP_FS;
        if is_long && !self.has_rigid_bonds {
            log::warn!(
                "{}.timestep_fs is {timestep_fs} while bonds to hydrogen vibrate: expect a large time-step error; set `constraints: h-bonds` or take 1 fs",
                self.path
            );
        }
    }

    /// A target acceptance is for something that is tuned.
    pub fn target_acceptance(&mut self, adapts: bool, target: Option<f64>) {
        if target.is_some() && !adapts {
            self.fault(
                "target_acceptance",
                "a target is given, but nothing is tuned to it",
                "add `adapt: true`, or remove the key",
            );
        }
    }

    /// Refuses rigid bonds.
    pub fn flexible_bonds(&mut self) {
        if self.has_rigid_bonds {
            self.fault(
                "",
                "rigid bonds are beyond this kernel",
                "write `constraints: none` (make a System of your own with `constraints=None`), or take `hmc`, which keeps bonds rigid",
            );
        }
    }
}

/// The default of counts in settings.
#[must_use]
pub fn one() -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use super::kernel_seed;
    use std::collections::HashSet;

    #[test]
    fn no_two_kernels_of_neighbouring_runs_share_a_seed() {
        let seeds: HashSet<u64> = (0..100)
            .flat_map(|run| (0..100).map(move |place| kernel_seed(run, place)))
            .collect();
        assert_eq!(seeds.len(), 10_000);
    }
}
