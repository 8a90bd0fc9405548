//! Plain MD's exits from rare sides as they are written in JSON and told in a sentence.

use serde::Serialize;

use crate::analysis::{
    BaselineBasis, COMMITMENT_DRAWS, ExitRate, Limits, RELAXATION_DRAWS, SideExits,
};

use crate::bench::ExitRun;

/// The run from the rare sides.
#[derive(Debug, Serialize)]
pub(super) struct ExitsReport {
    /// Sampler whose configurations were the starts.
    starts_from: String,
    wall_seconds: f64,
    simulated_ns: f64,
    /// Time after a start that does not count.
    relaxation_ps: f64,
    /// Time after which a replica that crossed must still be away.
    commitment_ps: f64,
    /// Time between two looks at a replica.
    draw_ps: f64,
    /// All sides, counted to choose the one that the rest of the time went to; empty where there was only one.
    pilot: Vec<PilotReport>,
    sides: Vec<SideReport>,
}

/// What made the choice.
#[derive(Debug, Serialize)]
struct PilotReport {
    name: String,
    share: f64,
    exits: u64,
    inside_ns: f64,
}

/// One side.
#[derive(Debug, Serialize)]
struct SideReport {
    name: String,
    share: f64,
    starts: u64,
    lost_in_relaxation: u64,
    exits: u64,
    inside_ns: f64,
    exits_per_ns: LimitsReport,
    ess_per_second: LimitsReport,
}

/// An estimate with its limits; `None` stands for infinite.
#[derive(Debug, Serialize)]
struct LimitsReport {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl ExitsReport {
    /// A run with its rates.
    pub(super) fn of(run: &ExitRun, rates: &[ExitRate]) -> Self {
        Self {
            starts_from: run.starts_from.clone(),
            wall_seconds: run.seconds,
            simulated_ns: run.simulated_ps / 1000.0,
            relaxation_ps: RELAXATION_DRAWS as f64 * run.draw_ps,
            commitment_ps: COMMITMENT_DRAWS as f64 * run.draw_ps,
            draw_ps: run.draw_ps,
            pilot: run
                .pilot
                .iter()
                .map(|exits| PilotReport {
                    name: exits.side.name.clone(),
                    share: exits.side.share,
                    exits: exits.n_exits,
                    inside_ns: inside_ns(exits, run.draw_ps),
                })
                .collect(),
            sides: rates
                .iter()
                .map(|rate| SideReport::of(rate, run.draw_ps))
                .collect(),
        }
    }
}

impl SideReport {
    fn of(rate: &ExitRate, draw_ps: f64) -> Self {
        let exits = &rate.exits;
        Self {
            name: exits.side.name.clone(),
            share: exits.side.share,
            starts: exits.n_starts,
            lost_in_relaxation: exits.n_lost,
            exits: exits.n_exits,
            inside_ns: inside_ns(exits, draw_ps),
            exits_per_ns: LimitsReport::of(rate.rate_per_ns),
            ess_per_second: LimitsReport::of(rate.ess_per_second),
        }
    }
}

impl LimitsReport {
    fn of(limits: Limits) -> Self {
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        Self {
            value: finite(limits.value),
            low: finite(limits.low),
            high: finite(limits.high),
        }
    }
}

/// What plain MD's figure rests on.
pub(super) fn basis(basis: &BaselineBasis, exits: Option<&ExitRun>) -> String {
    match (basis, exits) {
        (BaselineBasis::Exits(rate), Some(run)) => {
            let exits = &rate.exits;
            format!(
                "exit rates from {}: {} exits in {:.3} ns",
                exits.side.name,
                exits.n_exits,
                inside_ns(exits, run.draw_ps)
            )
        }
        (BaselineBasis::Crossings(name), _) => format!("the crossings it made of {name}"),
        _ => "its own draws".to_owned(),
    }
}

fn inside_ns(exits: &SideExits, draw_ps: f64) -> f64 {
    exits.n_inside as f64 * draw_ps / 1000.0
}
