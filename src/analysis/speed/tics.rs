//! Adds the two slowest collective coordinates of all samplers together to their observables.

use super::draws::SamplerDraws;
use crate::analysis::observables::observable::NameKind;
use crate::analysis::slow::covariance::CovarianceAccumulator;
use crate::analysis::slow::tica::{Tica, TicaError, TicaScaling};

/// Frames of one sampler that the fit looks at.
const FIT_FRAMES: usize = 50_000;
/// Components that become observables.
const N_TICS: usize = 2;

/// Appends `tic_0` and `tic_1`: TICA on every `sin_` and `cos_` observable, fitted to all samplers with as many frames of
/// each, at a lag of one draw (several draws of long series, which are thinned first); one projection for all.
///
/// Samplers that decorrelate within a draw add variance and no correlation, so the components are what is slow in the slow ones.
///
/// # Errors
/// [`TicaError`]: fewer than two draws a chain, or torsions that never move.
pub fn append_tics(runs: &mut [SamplerDraws]) -> Result<(), TicaError> {
    let names = runs.first().map_or(&[][..], |run| &run.observables[..]);
    let features: Vec<usize> = (0..names.len())
        .filter(|&index| NameKind::of(&names[index].0).is_feature())
        .collect();
    let tica = fit(runs, &features)?;
    let n_tics = N_TICS.min(tica.components.ncols());
    for run in runs {
        let projected = project(run, &features, &tica, n_tics);
        for (tic, chains) in projected.into_iter().enumerate() {
            run.observables.push((format!("tic_{tic}"), chains));
        }
    }
    Ok(())
}

fn fit(runs: &[SamplerDraws], features: &[usize]) -> Result<Tica, TicaError> {
    let mut accumulator = CovarianceAccumulator::new(features.len(), 1, None)?;
    for run in runs {
        let (n_chains, n_draws) = shape(run);
        let stride = (n_chains * n_draws)
            .div_ceil(FIT_FRAMES)
            .clamp(1, (n_draws / 2).max(1));
        for chain in 0..n_chains {
            for draw in (0..n_draws).step_by(stride) {
                accumulator.push(&frame(run, features, chain, draw))?;
            }
            accumulator.end_trajectory()?;
        }
    }
    Tica::fit(&accumulator.finish()?, Tica::EPSILON, TicaScaling::None)
}

/// `[n_tics][n_chains][n_draws]`
#[expect(
    clippy::cast_possible_truncation,
    reason = "draws are kept in single precision"
)]
fn project(
    run: &SamplerDraws,
    features: &[usize],
    tica: &Tica,
    n_tics: usize,
) -> Vec<Vec<Vec<f32>>> {
    let (n_chains, n_draws) = shape(run);
    let mut projected = vec![vec![Vec::with_capacity(n_draws); n_chains]; n_tics];
    for chain in 0..n_chains {
        for draw in 0..n_draws {
            let values = tica.project(&frame(run, features, chain, draw), n_tics);
            for (tic, value) in projected.iter_mut().zip(values) {
                tic[chain].push(value as f32);
            }
        }
    }
    projected
}

fn shape(run: &SamplerDraws) -> (usize, usize) {
    let chains = run
        .observables
        .first()
        .map_or(&[][..], |(_, chains)| chains);
    (chains.len(), chains.first().map_or(0, Vec::len))
}

fn frame(run: &SamplerDraws, features: &[usize], chain: usize, draw: usize) -> Vec<f64> {
    let value = |&feature: &usize| f64::from(run.observables[feature].1[chain][draw]);
    features.iter().map(value).collect()
}
