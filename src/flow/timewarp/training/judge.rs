//! The losses of training without their gradients, of a flow on whatever device.
//!
//! ln r = -(U(y) - U(x))/kT - (|v_y|² - |v_x|²)/2 - ln p(Y|x) + ln p(X|y).

use super::acceptance::{squares, summarise};
use super::loss::{Losses, ReducedEnergies, TrainingPair, dot};
use crate::flow::timewarp::conformation::{Conformation, Pair};
use crate::flow::timewarp::error::TimewarpError;
use crate::flow::timewarp::flow::TimewarpFlow;
use crate::flow::timewarp::model::Drawn;

/// Likelihood of the pairs, and what draws from their starts come to.
pub(crate) fn losses(
    flow: &dyn TimewarpFlow,
    pairs: &[TrainingPair<'_>],
    max_climb: f64,
    energies: &mut dyn ReducedEnergies,
) -> Result<Losses, TimewarpError> {
    let from: Vec<_> = pairs.iter().map(|pair| pair.from).collect();
    let targets = with_states(pairs, |pair| [pair.to_positions, pair.to_auxiliaries]);
    let densities = flow.log_densities_given(&from, &targets)?;
    let drawn = draws(flow, pairs, &from)?;
    let (climbs, log_ratios) = ratios(flow, pairs, &drawn, energies)?;
    let is_kept: Vec<bool> = (climbs.iter().zip(&drawn))
        .map(|(climb, drawn)| {
            *climb <= max_climb && climb.is_finite() && drawn.log_density.is_finite()
        })
        .collect();
    let per_atom = |of: usize| -> Vec<f64> {
        let counts = pairs
            .iter()
            .map(|pair| pair.from.elements.len() * of.max(1));
        let shares = counts.map(|count| 1.0 / count as f64);
        shares.collect()
    };
    let n_kept = is_kept.iter().filter(|kept| **kept).count();
    let mut shares = per_atom(n_kept);
    for (share, kept) in shares.iter_mut().zip(&is_kept) {
        *share *= f64::from(u8::from(*kept));
    }
    Ok(Losses {
        likelihood: -dot(&densities, &per_atom(pairs.len())),
        ..summarise(&log_ratios, &drawn, &is_kept, &shares)
    })
}

fn draws(
    flow: &dyn TimewarpFlow,
    pairs: &[TrainingPair<'_>],
    from: &[Conformation<'_>],
) -> Result<Vec<Drawn>, TimewarpError> {
    let base = flow.base_scales();
    let latents: Vec<[Vec<f64>; 2]> = pairs
        .iter()
        .map(|pair| [0, 1].map(|which| scaled(pair.normals[which], base[which])))
        .collect();
    let latents: Vec<_> = latents
        .iter()
        .enumerate()
        .map(|(state, [positions, auxiliaries])| Pair {
            state,
            positions,
            auxiliaries,
        })
        .collect();
    flow.draws_given(from, &latents)
}

/// How far the energy over kT rises, and ln r, for every draw.
fn ratios(
    flow: &dyn TimewarpFlow,
    pairs: &[TrainingPair<'_>],
    drawn: &[Drawn],
    energies: &mut dyn ReducedEnergies,
) -> Result<(Vec<f64>, Vec<f64>), TimewarpError> {
    let own = |pair: &TrainingPair<'_>| -> Vec<f64> {
        pair.from
            .auxiliaries
            .unwrap_or(pair.to_auxiliaries)
            .to_vec()
    };
    let own: Vec<Vec<f64>> = pairs.iter().map(own).collect();
    let ends: Vec<_> = (pairs.iter().zip(drawn))
        .map(|(pair, drawn)| Conformation {
            elements: pair.from.elements,
            positions: &drawn.positions,
            auxiliaries: Some(&drawn.auxiliaries),
        })
        .collect();
    let back: Vec<_> = (pairs.iter().zip(&own).enumerate())
        .map(|(state, (pair, own))| Pair {
            state,
            positions: pair.from.positions,
            auxiliaries: own,
        })
        .collect();
    let reverse = flow.log_densities_given(&ends, &back)?;
    let molecules: Vec<usize> = pairs.iter().map(|pair| pair.molecule).collect();
    let starts: Vec<&[f64]> = pairs.iter().map(|pair| pair.from.positions).collect();
    let places: Vec<&[f64]> = ends.iter().map(|end| end.positions).collect();
    let (before, _) = energies.evaluate(&molecules, &starts);
    let (after, _) = energies.evaluate(&molecules, &places);
    let climbs: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
    let log_ratios = (0..pairs.len()).map(|i| {
        let kinetic = 0.5 * (squares(&own[i]) - squares(&drawn[i].auxiliaries));
        kinetic - climbs[i] - drawn[i].log_density + reverse[i]
    });
    let log_ratios = log_ratios.collect();
    Ok((climbs, log_ratios))
}

fn with_states<'a>(
    pairs: &[TrainingPair<'a>],
    target: impl Fn(&TrainingPair<'a>) -> [&'a [f64]; 2],
) -> Vec<Pair<'a>> {
    pairs
        .iter()
        .enumerate()
        .map(|(state, pair)| {
            let [positions, auxiliaries] = target(pair);
            Pair {
                state,
                positions,
                auxiliaries,
            }
        })
        .collect()
}

fn scaled(normals: &[f64], width: f64) -> Vec<f64> {
    normals.iter().map(|z| z * width).collect()
}
