//! Which sampler yields more effective samples a second: the slowest observable of each, and what it missed.
//! Ratios and their intervals: `ratio.rs`; who runs samplers: `crate::bench`.
//!
//! ESS is [`ess_mean`](crate::analysis::ess_mean): it is what the error of a mean needs, and it is defined for 0/1 indicators, whose
//! ranks are ties. It is held to what the crossings of the observable's mean allow: nobody has more effective samples of
//! a state than entries to it and exits, whatever the autocorrelation within chains that hardly saw it says.

use thiserror::Error;

use super::basins::{ResidueBasin, basin_visits, missed};
use super::crossings::{Crossings, Divide};
use super::draws::{FOUND_SHARE, SamplerDraws};
use super::outcome::{BaselineBasis, ObservableEss, SamplerComparison, SamplerVerdict};
use super::ratio::{Ratio, Speed, spread_of_ln_ess};
use super::sides::RareSide;
use crate::analysis::convergence::chains;
use crate::analysis::convergence::chains::ChainError;
use crate::analysis::convergence::ess::ess_mean;
use crate::analysis::convergence::r_hat::r_hat;
use crate::analysis::observables::observable::{NameKind, basin_indicator_name};

/// R-hat above which chains disagree about where they are.
const MIXED_R_HAT: f64 = 1.1;
/// Draws a chain that R-hat looks at.
const R_HAT_DRAWS: usize = 400;

/// Why samplers cannot be compared.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SamplerComparisonError {
    /// Nothing to divide by.
    #[error("got no plain MD among {got:?}, expected at least one: every ratio is to plain MD")]
    NoPlainMd {
        /// The samplers there are.
        got: Vec<String>,
    },
    /// Nothing moved in any sampler.
    #[error(
        "no observable of any sampler ever changed: the runs were too short, give them more seconds"
    )]
    NothingMoves,
    /// An estimate failed.
    #[error("sampler `{sampler}`, observable `{observable}`: {source}")]
    Chains {
        /// The sampler.
        sampler: String,
        /// The observable.
        observable: String,
        /// What is wrong with its chains.
        source: ChainError,
    },
}

/// Compares samplers of one molecule.
///
/// # Errors
/// [`SamplerComparisonError`]: no plain MD, nothing that moves, chains that are too short or not finite.
pub fn compare_samplers(
    runs: &[SamplerDraws],
) -> Result<SamplerComparison, SamplerComparisonError> {
    if !runs.iter().any(|run| run.is_plain_md) {
        let got = runs.iter().map(|run| run.name.clone()).collect();
        return Err(SamplerComparisonError::NoPlainMd { got });
    }
    let kept = moving_observables(runs);
    if kept.is_empty() {
        return Err(SamplerComparisonError::NothingMoves);
    }
    let visits: Vec<Vec<(String, f64)>> = runs.iter().map(basin_visits).collect();
    let mut samplers = Vec::with_capacity(runs.len());
    for (run, own) in runs.iter().zip(&visits) {
        samplers.push(verdict(run, &kept, &missed(own, &visits))?);
    }
    let crossings = all_crossings(runs, &samplers, &kept, &visits);
    for ((sampler, run), crossings) in samplers.iter_mut().zip(runs).zip(&crossings) {
        limit(sampler, run, crossings);
        sampler.speed = speed(run, sampler, crossings);
    }
    let baseline = strongest_md(runs, &samplers);
    let is_bound = !is_sound(&samplers[baseline]);
    let (basis, reference) = if is_bound {
        most_by_crossings(&crossings[baseline], runs[baseline].wall_seconds)
    } else {
        (BaselineBasis::Draws, samplers[baseline].speed.clone())
    };
    let mut comparison = SamplerComparison {
        baseline: runs[baseline].name.clone(),
        baseline_is_bound: is_bound,
        baseline_basis: basis,
        baseline_ess_per_second: reference.ess_per_second,
        rare_sides: rare_sides(&crossings[baseline]),
        samplers,
    };
    comparison.relate(&reference, is_bound);
    Ok(comparison)
}

/// The observable whose crossings allow the least, and how much at most.
fn most_by_crossings(
    crossings: &[(String, Crossings)],
    wall_seconds: f64,
) -> (BaselineBasis, Speed) {
    let bounds = crossings
        .iter()
        .map(|(name, crossings)| (name.as_str(), crossings.effective_at_most()));
    let (name, bound) = bounds
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or(("", f64::INFINITY));
    let speed = Speed {
        ess_per_second: bound / wall_seconds,
        ln_spread: 0.0,
    };
    (BaselineBasis::Crossings(name.to_owned()), speed)
}

/// The rarer side of everything two-valued, if some share of the frames is there.
fn rare_sides(crossings: &[(String, Crossings)]) -> Vec<RareSide> {
    let two_valued = crossings.iter();
    let two_valued = two_valued.filter(|(name, _)| NameKind::of(name).is_two_valued());
    let sides = two_valued.map(|(name, crossings)| RareSide::of(name, crossings.share));
    sides.filter(|side| side.share > FOUND_SHARE).collect()
}

fn is_sound(sampler: &SamplerVerdict) -> bool {
    sampler.mixed && sampler.slowest.ess > 0.0
}

/// Places of the observables that some sampler moved; 0/1 ones must take the rarer value in over 0.1 % of its frames.
fn moving_observables(runs: &[SamplerDraws]) -> Vec<usize> {
    let n_observables = runs.first().map_or(0, |run| run.observables.len());
    let moves = |chains: &[Vec<f32>]| {
        let values = || chains.iter().flatten();
        let n_draws = values().count() as f64;
        if values().all(|&value| value == 0.0 || value == 1.0) {
            let share = values().filter(|&&value| value == 1.0).count() as f64 / n_draws;
            return share.min(1.0 - share) > FOUND_SHARE;
        }
        values().any(|&value| value != chains[0][0])
    };
    (0..n_observables)
        .filter(|&index| runs.iter().any(|run| moves(&run.observables[index].1)))
        .collect()
}

fn verdict(
    run: &SamplerDraws,
    kept: &[usize],
    missed: &[String],
) -> Result<SamplerVerdict, SamplerComparisonError> {
    let mut observables = Vec::with_capacity(kept.len());
    for &index in kept {
        let (name, chains) = &run.observables[index];
        let estimate =
            estimate(name, &wide(chains)).map_err(|source| SamplerComparisonError::Chains {
                sampler: run.name.clone(),
                observable: name.clone(),
                source,
            })?;
        observables.push(estimate);
    }
    Ok(SamplerVerdict {
        name: run.name.clone(),
        ess_per_second: 0.0,
        slowest: slowest(&observables, missed),
        mixed: observables
            .iter()
            .all(|observable| observable.r_hat <= MIXED_R_HAT),
        missed_basins: missed.to_vec(),
        observables,
        ratio_to_md: Ratio::one(),
        speed: Speed {
            ess_per_second: 0.0,
            ln_spread: 0.0,
        },
    })
}

/// The smallest ESS; 0, under the name of the basin, where one was missed.
fn slowest(observables: &[ObservableEss], missed: &[String]) -> ObservableEss {
    if let Some(basin) = missed.first() {
        return ObservableEss {
            observable: basin_indicator_name(basin),
            ess: 0.0,
            n_crossings: 0.0,
            limited_by_crossings: false,
            r_hat: f64::INFINITY,
        };
    }
    let smallest = observables.iter().min_by(|a, b| a.ess.total_cmp(&b.ess));
    smallest.expect("invariant: some observable moves").clone()
}

/// Name and crossings of every observable and of every basin that was found, for every sampler: of the means of the
/// samplers that mixed (of all where none did).
fn all_crossings(
    runs: &[SamplerDraws],
    samplers: &[SamplerVerdict],
    kept: &[usize],
    visits: &[Vec<(String, f64)>],
) -> Vec<Vec<(String, Crossings)>> {
    let any_sound = samplers.iter().any(is_sound);
    let is_trusted = |index: usize| is_sound(&samplers[index]) || !any_sound;
    let mut crossings = vec![Vec::new(); runs.len()];
    let mut add = |name: &str, chains: &[&[Vec<f32>]]| {
        let trusted = (0..chains.len()).filter(|&index| is_trusted(index));
        let trusted: Vec<&[Vec<f32>]> = trusted.map(|index| chains[index]).collect();
        let Some(divide) = Divide::of(&trusted) else {
            return;
        };
        for (own, chains) in crossings.iter_mut().zip(chains) {
            own.push((name.to_owned(), Crossings::of(chains, &divide)));
        }
    };
    for &index in kept {
        let chains: Vec<&[Vec<f32>]> = runs
            .iter()
            .map(|run| &run.observables[index].1[..])
            .collect();
        add(&runs[0].observables[index].0, &chains);
    }
    for (place, basin) in ResidueBasin::of_run(&runs[0]).iter().enumerate() {
        if visits.iter().any(|own| own[place].1 > FOUND_SHARE) {
            let indicators: Vec<Vec<Vec<f32>>> =
                runs.iter().map(|run| basin.indicator(run)).collect();
            let chains: Vec<&[Vec<f32>]> = indicators.iter().map(|chains| &chains[..]).collect();
            add(&basin_indicator_name(&basin.name), &chains);
        }
    }
    crossings
}

/// Holds every ESS to what the crossings allow; a basin may be slower than every observable.
fn limit(sampler: &mut SamplerVerdict, run: &SamplerDraws, crossings: &[(String, Crossings)]) {
    for observable in &mut sampler.observables {
        let named = crossings
            .iter()
            .find(|(name, _)| *name == observable.observable);
        let Some((_, crossings)) = named else {
            continue;
        };
        observable.n_crossings = crossings.count;
        observable.limited_by_crossings = crossings.effective() < observable.ess;
        observable.ess = observable.ess.min(crossings.effective());
    }
    sampler.slowest = slowest(&sampler.observables, &sampler.missed_basins);
    let basins = crossings
        .iter()
        .filter(|(name, _)| matches!(NameKind::of(name), NameKind::Basin(_)));
    for (name, crossings) in basins {
        if crossings.effective() < sampler.slowest.ess {
            sampler.slowest = ObservableEss {
                observable: name.clone(),
                ess: crossings.effective(),
                n_crossings: crossings.count,
                limited_by_crossings: true,
                r_hat: f64::INFINITY,
            };
        }
    }
    sampler.ess_per_second = sampler.slowest.ess / run.wall_seconds;
}

fn estimate(name: &str, chains: &[Vec<f64>]) -> Result<ObservableEss, ChainError> {
    let ess = match ess_mean(chains) {
        Err(ChainError::Constant { .. }) => 0.0,
        other => other?,
    };
    let stride = chains[0].len().div_ceil(R_HAT_DRAWS);
    let thinned: Vec<Vec<f64>> = chains
        .iter()
        .map(|chain| chain.iter().step_by(stride).copied().collect())
        .collect();
    let r_hat = match r_hat(&thinned) {
        // The rare value of an indicator may fall between the draws looked at.
        Err(ChainError::Constant { .. }) if stride > 1 => r_hat(chains).unwrap_or(f64::INFINITY),
        other => other.unwrap_or(f64::INFINITY),
    };
    let r_hat = if r_hat.is_nan() { f64::INFINITY } else { r_hat };
    Ok(ObservableEss {
        observable: name.to_owned(),
        ess,
        n_crossings: 0.0,
        limited_by_crossings: false,
        r_hat,
    })
}

fn wide(chains: &[Vec<f32>]) -> Vec<Vec<f64>> {
    chains
        .iter()
        .map(|chain| chain.iter().map(|&value| f64::from(value)).collect())
        .collect()
}

/// Place of the baseline.
fn strongest_md(runs: &[SamplerDraws], samplers: &[SamplerVerdict]) -> usize {
    let candidates = || (0..runs.len()).filter(|&index| runs[index].is_plain_md);
    let pace = |index: usize| runs[index].simulated_ps / runs[index].wall_seconds;
    let speed = |index: usize| samplers[index].ess_per_second;
    let sound = candidates().filter(|&index| is_sound(&samplers[index]));
    let best = sound.max_by(|&a, &b| {
        speed(a)
            .total_cmp(&speed(b))
            .then(pace(a).total_cmp(&pace(b)))
    });
    best.or_else(|| candidates().max_by(|&a, &b| pace(a).total_cmp(&pace(b))))
        .expect("invariant: there is a plain MD")
}

fn speed(run: &SamplerDraws, sampler: &SamplerVerdict, crossings: &[(String, Crossings)]) -> Speed {
    let slowest = &sampler.slowest.observable;
    let limits = crossings.iter().find(|(name, _)| name == slowest);
    let chains = run.observables.iter().find(|(name, _)| name == slowest);
    Speed {
        ess_per_second: sampler.ess_per_second,
        ln_spread: match (limits, chains) {
            (Some((_, crossings)), _) if sampler.slowest.limited_by_crossings => {
                crossings.ln_spread()
            }
            (_, Some((_, chains))) => spread_of_ln_ess(&chains::split(&wide(chains))),
            _ => 0.0,
        },
    }
}
