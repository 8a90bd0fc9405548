//! How far an ensemble is from a reference: distances of distributions, and means in standard errors.

use serde::Serialize;
use thiserror::Error;

use super::divergence::{
    DivergenceError, jensen_shannon_distance, wasserstein2, wasserstein2_circular,
    wasserstein2_torus,
};
use super::summary::{
    EnsembleSummary, SlowSummary, joint_counts, torsion_frames, torsion_pairs, torsions,
};
use crate::analysis::convergence::diagnose::ObservableSummary;
use crate::analysis::observables::ensemble::Ensemble;

/// A mean that differs by more standard errors is flagged: by chance that happens once in 16,000.
pub const MAX_Z: f64 = 4.0;

/// Frames of the joint transport of all torsions, whose cost grows with the cube.
const MAX_TRANSPORT_FRAMES: usize = 1000;

/// Why an ensemble cannot be compared with a reference.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ComparisonError {
    /// A quantity is only in one of the two.
    #[error(
        "the reference has {quantity}, the trajectories have not: compare the same molecule, named alike"
    )]
    Missing {
        /// What is missing.
        quantity: String,
    },
    /// A part of the reference is damaged.
    #[error("{quantity}: {source}")]
    Distance {
        /// What was compared.
        quantity: String,
        /// Why not.
        source: DivergenceError,
    },
}

/// A distance of two distributions of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distance {
    /// What is compared: `phi_2`, `phi_2,psi_2`, `tic_0`, `all torsions`, `potential_energy`.
    pub quantity: String,
    /// Jensen-Shannon distance (square root of the divergence in nats, at most 0.8326).
    pub jensen_shannon: Option<f64>,
    /// Wasserstein-2 distance, in rad for torsions, in kJ/mol for the energy.
    pub wasserstein2: Option<f64>,
}

/// Difference of a mean from the reference's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeanDifference {
    /// The observable.
    pub name: String,
    /// Mean here.
    pub mean: f64,
    /// Its standard error here.
    pub mcse: f64,
    /// Mean of the reference.
    pub reference_mean: f64,
    /// Its standard error.
    pub reference_mcse: f64,
    /// Difference in standard errors of both together.
    pub z: f64,
    /// Whether |z| is beyond [`MAX_Z`].
    pub flagged: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Distances of distributions.
    pub distances: Vec<Distance>,
    /// Means and populations, one for each observable that both have.
    pub means: Vec<MeanDifference>,
}

/// Compares an ensemble, with the rows of its table, with a reference.
///
/// # Errors
/// [`ComparisonError`] when the two are not of one molecule or the reference is damaged.
pub fn compare(
    ensemble: &Ensemble,
    rows: &[ObservableSummary],
    reference: &EnsembleSummary,
) -> Result<Comparison, ComparisonError> {
    let mut distances = torsion_distances(ensemble, reference)?;
    if let Some(slow) = &reference.slow {
        distances.extend(slow_distances(ensemble, slow, reference.n_bins)?);
    }
    if let Some(chains) = ensemble.chains("potential_energy")
        && !reference.energy_quantiles_kj_per_mol.is_empty()
    {
        let energies = chains.concat();
        distances.push(Distance {
            quantity: "potential_energy".to_owned(),
            jensen_shannon: None,
            wasserstein2: Some(
                wasserstein2(&energies, &reference.energy_quantiles_kj_per_mol)
                    .map_err(failed("potential_energy"))?,
            ),
        });
    }
    Ok(Comparison {
        distances,
        means: mean_differences(rows, reference),
    })
}

fn failed(quantity: &str) -> impl FnOnce(DivergenceError) -> ComparisonError + use<> {
    let quantity = quantity.to_owned();
    move |source| ComparisonError::Distance { quantity, source }
}

fn missing<T>(found: Option<T>, quantity: &str) -> Result<T, ComparisonError> {
    found.ok_or_else(|| ComparisonError::Missing {
        quantity: quantity.to_owned(),
    })
}

fn shares(counts: &[u64]) -> Vec<f64> {
    counts.iter().map(|&count| count as f64).collect()
}

fn counts_distance(quantity: &str, own: &[u64], reference: &[u64]) -> Result<f64, ComparisonError> {
    jensen_shannon_distance(&shares(own), &shares(reference)).map_err(failed(quantity))
}

fn torsion_distances(
    ensemble: &Ensemble,
    reference: &EnsembleSummary,
) -> Result<Vec<Distance>, ComparisonError> {
    let mut distances = Vec::new();
    let pairs = torsion_pairs(ensemble, reference.n_bins);
    for expected in &reference.torsion_pairs {
        let quantity = expected.torsions.join(",");
        let own = missing(
            pairs.iter().find(|own| own.torsions == expected.torsions),
            &quantity,
        )?;
        distances.push(Distance {
            jensen_shannon: Some(counts_distance(&quantity, &own.counts, &expected.counts)?),
            wasserstein2: None,
            quantity,
        });
    }
    let names: Vec<&str> = reference
        .torsions
        .iter()
        .map(|counts| counts.torsion.as_str())
        .collect();
    let (marginals, samples) = (
        torsions(ensemble, reference.n_bins),
        reference.torsion_samples_rad(),
    );
    for (index, expected) in reference.torsions.iter().enumerate() {
        let quantity = expected.torsion.clone();
        let own = missing(
            marginals.iter().find(|own| own.torsion == quantity),
            &quantity,
        )?;
        let angles = missing(ensemble.angles_rad(&quantity), &quantity)?.concat();
        let column: Vec<f64> = samples
            .iter()
            .filter_map(|sample| sample.get(index).copied())
            .collect();
        distances.push(Distance {
            jensen_shannon: Some(counts_distance(&quantity, &own.counts, &expected.counts)?),
            wasserstein2: Some(wasserstein2_circular(&angles, &column).map_err(failed(&quantity))?),
            quantity,
        });
    }
    if !names.is_empty() {
        let quantity = "all torsions".to_owned();
        let own = torsion_frames(ensemble, &names);
        let joint = wasserstein2_torus(&own, &samples, MAX_TRANSPORT_FRAMES);
        distances.push(Distance {
            jensen_shannon: None,
            wasserstein2: Some(joint.map_err(failed(&quantity))?),
            quantity,
        });
    }
    Ok(distances)
}

/// Jensen-Shannon distances on the reference's slow coordinates, each and together.
fn slow_distances(
    ensemble: &Ensemble,
    slow: &SlowSummary,
    n_bins: usize,
) -> Result<Vec<Distance>, ComparisonError> {
    let projections: Vec<Vec<f64>> = slow
        .components
        .iter()
        .map(|component| missing(projection(ensemble, slow, component), "tic_0"))
        .collect::<Result<_, _>>()?;
    let own = joint_counts(&projections, &slow.limits, n_bins);
    let n_slow = projections.len();
    let mut distances = Vec::new();
    for axis in 0..n_slow {
        let quantity = format!("tic_{axis}");
        let [own, expected] =
            [&own, &slow.counts].map(|joint| marginal(joint, n_bins, axis, n_slow));
        distances.push((
            quantity.clone(),
            counts_distance(&quantity, &own, &expected)?,
        ));
    }
    if n_slow > 1 {
        let quantity = "tic_0,tic_1";
        distances.push((
            quantity.to_owned(),
            counts_distance(quantity, &own, &slow.counts)?,
        ));
    }
    let distance = |(quantity, value)| Distance {
        quantity,
        jensen_shannon: Some(value),
        wasserstein2: None,
    };
    Ok(distances.into_iter().map(distance).collect())
}

fn projection(ensemble: &Ensemble, slow: &SlowSummary, component: &[f64]) -> Option<Vec<f64>> {
    let mut values = vec![0.0; ensemble.n_chains() * ensemble.n_draws()];
    for ((feature, mean), weight) in slow.features.iter().zip(&slow.mean).zip(component) {
        let feature = ensemble.chains(feature)?;
        for (value, feature) in values.iter_mut().zip(feature.iter().flatten()) {
            *value += weight * (feature - mean);
        }
    }
    Some(values)
}

fn marginal(joint: &[u64], n_bins: usize, axis: usize, n_axes: usize) -> Vec<u64> {
    let mut counts = vec![0; n_bins];
    for (index, count) in joint.iter().enumerate() {
        let bin = if axis + 1 == n_axes {
            index % n_bins
        } else {
            index / n_bins
        };
        counts[bin.min(n_bins - 1)] += count;
    }
    counts
}

fn mean_differences(
    rows: &[ObservableSummary],
    reference: &EnsembleSummary,
) -> Vec<MeanDifference> {
    let slowest_ess = rows
        .iter()
        .filter_map(|row| row.ess_bulk)
        .fold(f64::INFINITY, f64::min);
    let difference = |row: &ObservableSummary| {
        // Slow coordinates here and there are different functions of the positions.
        let expected = reference
            .observables
            .iter()
            .find(|expected| expected.name == row.name && !row.name.starts_with("tic_"))?;
        let mcse = row.mcse.unwrap_or_else(|| {
            // A state never seen here: the error that its population in the reference would have.
            let p = expected.mean.clamp(0.0, 1.0);
            (p * (1.0 - p) / slowest_ess).sqrt()
        });
        let reference_mcse = expected.mcse.unwrap_or(0.0);
        let error = mcse.hypot(reference_mcse);
        let z = match row.mean - expected.mean {
            0.0 => 0.0,
            gap => gap / error,
        };
        Some(MeanDifference {
            name: row.name.clone(),
            mean: row.mean,
            mcse,
            reference_mean: expected.mean,
            reference_mcse,
            z,
            flagged: z.abs() > MAX_Z,
        })
    };
    rows.iter().filter_map(difference).collect()
}
