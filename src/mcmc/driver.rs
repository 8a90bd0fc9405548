//! The loop over cycles: adaptation frozen at its end, drifting molecules brought back, an observer in between.

use super::drive_error::DriveError;
use super::kernel::Chain;
use super::sampler::Sampler;

/// How many cycles there are; a cycle is one step of every kernel in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Cycles of the adaptation phase: kernels may tune themselves, and are frozen at its end.
    pub equilibration_cycles: u64,
    /// Cycles of the production phase, whose samples count.
    pub production_cycles: u64,
}

impl Schedule {
    /// Cycles of both phases.
    #[must_use]
    pub fn total_cycles(self) -> u64 {
        self.equilibration_cycles + self.production_cycles
    }

    /// Where the phase of the cycle after so many ends.
    fn end_of_phase(self, done: u64) -> u64 {
        match done < self.equilibration_cycles {
            true => self.equilibration_cycles,
            false => self.total_cycles(),
        }
    }
}

/// How a run without failure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All cycles are done.
    Completed,
    /// The observer asked to stop.
    Stopped {
        /// Cycles done, equilibration included.
        cycle: u64,
    },
}

/// What may make the samples of a run worthless without being an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamplerWarning {
    /// Nothing moves all degrees of freedom.
    #[error(
        "no kernel of the sampler ({}) reaches every configuration: parts of the molecule, such as bonds and angles, keep their start; add `langevin`, `hmc` or `mala`",
        names.join(", ")
    )]
    NotErgodic {
        /// The kernels.
        names: Vec<String>,
    },
}

/// A finished run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driven {
    /// How it ended.
    pub ending: Ending,
    /// What the user should know; logged already.
    pub warnings: Vec<SamplerWarning>,
}

/// Sees the chain between cycles of both phases: trajectory writers, progress bars, checkpoints.
pub trait Observer {
    /// The next cycle after which it wants to see the chain, where `done` are done; samplers on a device run on until then.
    /// It may be shown the chain earlier, and is asked again after each look, so what is due by the clock is decided here.
    fn next_look(&mut self, done: u64) -> u64 {
        done + 1
    }

    /// Called when `cycle` cycles are done, equilibration included; returning `false` stops the run cleanly.
    ///
    /// # Errors
    /// Any failure, such as a full disk, ends the run.
    fn after_cycle(
        &mut self,
        cycle: u64,
        chain: &mut Chain,
        sampler: &mut dyn Sampler,
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>>;
}

/// Looks for what makes a sampler doubtful before anything runs.
#[must_use]
pub fn check_sampler(sampler: &dyn Sampler) -> Vec<SamplerWarning> {
    match sampler.is_ergodic() {
        true => Vec::new(),
        false => vec![SamplerWarning::NotErgodic {
            names: sampler.names(),
        }],
    }
}

/// Cycles after which molecules that drifted away are brought back. Counted from the start of the run, so that nothing
/// depends on when anyone looks; seldom, since a sampler on a device must come back for it.
const CYCLES_AWAY: u64 = 500;

/// Runs the cycles after `start_cycle` to the end of the schedule; both count equilibration.
///
/// A run that was stopped after cycle n and is driven again from n, with chain and sampler as they were saved, goes on
/// as if it had never stopped.
///
/// Nothing holds a free molecule where it is: at the start and every 500 cycles, one whose middle is more than a nanometre
/// from the origin is brought back by whole nanometres. That leaves every energy, force and velocity as it is.
///
/// # Errors
/// [`DriveError`]; the chain is then as the failing kernel left it.
pub fn drive(
    schedule: Schedule,
    start_cycle: u64,
    chain: &mut Chain,
    sampler: &mut dyn Sampler,
    observer: &mut dyn Observer,
) -> Result<Driven, DriveError> {
    let warnings = check_sampler(sampler);
    for warning in &warnings {
        log::warn!("{warning}");
    }
    if start_cycle == 0 && schedule.equilibration_cycles == 0 {
        sampler.freeze();
    }
    let is_free = sampler.engine().is_free();
    if start_cycle == 0 && is_free {
        chain.bring_back();
    }
    let mut cycle = start_cycle;
    while cycle < schedule.total_cycles() {
        let end_of_phase = schedule.end_of_phase(cycle);
        let mut next = observer.next_look(cycle).clamp(cycle + 1, end_of_phase);
        if is_free {
            next = next.min((cycle + 1).next_multiple_of(CYCLES_AWAY));
        }
        let n_cycles = (next - cycle).min(sampler.at_once());
        sampler.run(chain, n_cycles)?;
        cycle += n_cycles;
        if is_free && cycle.is_multiple_of(CYCLES_AWAY) {
            chain.bring_back();
        }
        if cycle == schedule.equilibration_cycles {
            sampler.freeze();
        }
        let go_on = observer
            .after_cycle(cycle, chain, sampler)
            .map_err(DriveError::Observer)?;
        if !go_on && cycle < schedule.total_cycles() {
            let ending = Ending::Stopped { cycle };
            return Ok(Driven { ending, warnings });
        }
    }
    let ending = Ending::Completed;
    Ok(Driven { ending, warnings })
}
