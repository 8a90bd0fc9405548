//! Samplers in turns, then the comparison of what they drew, and plain MD from the rare sides where it is too slow itself.

use super::error::BenchError;
use super::exits::{ExitRun, run_exits};
use super::sampler::{BenchSampler, Finished, MIN_DRAWS, Measured, Turns};
use crate::analysis::{
    ExitRate, ObservableSet, SamplerComparison, SamplerDraws, append_tics, compare_samplers,
};

/// Turns of every sampler.
pub const N_ROUNDS: u32 = 20;
/// Turns at the start that are equilibration, learning included.
pub const EQUILIBRATION_ROUNDS: u32 = 4;

/// How long everything takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchTimes {
    /// Wall-clock seconds of every sampler, equilibration included.
    pub seconds: f64,
    /// Wall-clock seconds that plain MD gets to leave the rare sides which an exact sampler found, where it does not mix by
    /// itself or crosses too seldom to tell; 0 for none.
    pub md_seconds: f64,
}

/// What is about to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BenchPhase {
    /// One turn of every sampler.
    Round {
        /// Its number, from 1 to [`N_ROUNDS`].
        round: u32,
        /// Whether its frames are thrown away.
        is_equilibration: bool,
    },
    /// Plain MD from the rare sides.
    Exits,
}

/// The outcome: one of `measured` a sampler, in the order given.
#[derive(Debug, Clone)]
pub struct BenchOutcome {
    /// Who yields how many effective samples a second.
    pub comparison: SamplerComparison,
    /// What each sampler did.
    pub measured: Vec<Measured>,
    /// Plain MD from the rare sides with its rates, where it ran.
    pub exits: Option<(ExitRun, Vec<ExitRate>)>,
}

/// Runs all samplers of one molecule for equal wall-clock time in rounds of short turns, so that whatever else the machine
/// does slows all alike, and compares how many effective samples of the slowest observable each yields a second.
///
/// At least one sampler must be plain MD, which the ratios are to. Samplers may differ in constraints, masses and time
/// step, not in molecule, force field or temperature. `on_phase` is told what begins and answers whether it may. How ESS, bounds and intervals are
/// made: [`compare_samplers`]; `examples/compare_proposals.rs` puts a proposal of one's own to it.
///
/// # Errors
/// [`BenchError`]: a kernel that fails, an energy that is not finite, no plain MD, nothing that moves, no leave to go on.
pub fn compare(
    samplers: Vec<BenchSampler>,
    set: &ObservableSet,
    times: BenchTimes,
    on_phase: &mut dyn FnMut(BenchPhase) -> bool,
) -> Result<BenchOutcome, BenchError> {
    let keeps = times.md_seconds > 0.0;
    let samplers = samplers.into_iter();
    let mut turns: Vec<Turns<'_>> = samplers.map(|own| Turns::new(own, set, keeps)).collect();
    for round in 1..=N_ROUNDS {
        let is_equilibration = round <= EQUILIBRATION_ROUNDS;
        let phase = BenchPhase::Round {
            round,
            is_equilibration,
        };
        if !on_phase(phase) {
            return Err(BenchError::Stopped);
        }
        let until_seconds = times.seconds * f64::from(round) / f64::from(N_ROUNDS);
        for own in &mut turns {
            if is_equilibration {
                own.equilibrate(until_seconds)?;
            } else {
                own.produce(until_seconds, if round < N_ROUNDS { 0 } else { MIN_DRAWS })?;
            }
        }
    }
    let finished = turns.into_iter().map(Turns::finish).collect();
    assess(finished, set, times, on_phase)
}

/// Compares what was measured, and what plain MD does from the rare sides where it is too slow to be measured.
fn assess(
    mut finished: Vec<Finished>,
    set: &ObservableSet,
    times: BenchTimes,
    on_phase: &mut dyn FnMut(BenchPhase) -> bool,
) -> Result<BenchOutcome, BenchError> {
    let mut runs: Vec<SamplerDraws> = finished
        .iter_mut()
        .map(|finished| std::mem::take(&mut finished.measured.draws))
        .collect();
    if let Err(error) = append_tics(&mut runs) {
        log::warn!("no TICs among the observables: {error}");
    }
    let mut comparison = compare_samplers(&runs)?;
    let mut exits = None;
    if comparison.baseline_rests_on_crossings() && times.md_seconds > 0.0 {
        if !on_phase(BenchPhase::Exits) {
            return Err(BenchError::Stopped);
        }
        exits = leave_rare_sides(&comparison, &mut finished, set, times.md_seconds);
    }
    let exits = exits.map(|exits| {
        let md = runs.iter().find(|run| run.name == comparison.baseline);
        let md = md.expect("invariant: the baseline is one of the samplers");
        // The pace of the contest, whose turns alternated with those of the samplers that it is compared to.
        let draws_per_second = md.simulated_ps / md.wall_seconds / exits.draw_ps;
        let rates = ExitRate::of(&exits.sides, exits.draw_ps, draws_per_second);
        (exits, rates)
    });
    let rates = exits.as_ref().map(|(_, rates)| &rates[..]);
    comparison.rest_on_exits(rates.unwrap_or_default());
    let with_draws = |(finished, draws): (Finished, SamplerDraws)| Measured {
        draws,
        ..finished.measured
    };
    Ok(BenchOutcome {
        comparison,
        measured: finished.into_iter().zip(runs).map(with_draws).collect(),
        exits,
    })
}

/// Runs the baseline from the configurations of the exact sampler that mixed and was fastest; `None` where there is none.
fn leave_rare_sides(
    comparison: &SamplerComparison,
    finished: &mut [Finished],
    set: &ObservableSet,
    seconds: f64,
) -> Option<ExitRun> {
    let verdict = |index: usize| &comparison.samplers[index];
    let exact = (0..finished.len()).filter(|&index| finished[index].reservoirs.is_some());
    let Some(source) = exact.max_by(|&a, &b| {
        let (a, b) = (verdict(a), verdict(b));
        let mixed = a.mixed.cmp(&b.mixed);
        mixed.then(a.ess_per_second.total_cmp(&b.ess_per_second))
    }) else {
        log::warn!("no sampler is exact, so plain MD has no states of rare sides to start from");
        return None;
    };
    let mut reservoirs = finished[source].reservoirs.take()?;
    let starts = (finished[source].sampler.name.clone(), &mut reservoirs);
    let mut others = finished.iter_mut().map(|finished| &mut finished.sampler);
    let md = others.find(|sampler| sampler.name == comparison.baseline)?;
    run_exits(md, set, starts, &comparison.rare_sides, seconds)
}
