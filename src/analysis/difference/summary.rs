//! An ensemble in a small file: means, histograms, slow coordinates and samples, enough to be compared with.

use serde::{Deserialize, Serialize};

use super::histogram::{AngleHistogram, RamachandranHistogram};
use crate::analysis::convergence::diagnose::ObservableSummary;
use crate::analysis::observables::ensemble::Ensemble;
use crate::analysis::slow::slow_modes::SlowModes;

/// Bins along every axis of every histogram.
const N_BINS: usize = 36;
/// Frames whose torsions are kept, and quantiles of the energy.
const N_SAMPLES: usize = 1000;
/// Torsions of samples are kept in whole tenths of a degree.
const PER_DEGREE: f64 = 10.0;

/// Name of the format, so that no other JSON is taken for it.
const FORMAT: &str = "saltus ensemble summary 1";

/// Where an ensemble comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SummarySource {
    /// The command that made the summary, and if need be the runs.
    pub command: String,
    /// Version of the program.
    pub program_version: String,
    /// Residues in order, `ALA 2`.
    pub residues: Vec<String>,
    /// Atoms of the molecule.
    pub n_atoms: usize,
    /// Temperature in K, if one is known.
    pub temperature_kelvin: Option<f64>,
    /// Whether every kernel was exact, if known.
    pub exact: Option<bool>,
    /// Settings of the system as the runs recorded them: force field, solvent, constraints.
    pub system: serde_json::Value,
}

/// Counts of (phi, psi) of a residue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TorsionPairCounts {
    /// Names of the two torsions.
    pub torsions: [String; 2],
    /// `[n_bins, n_bins]` from -pi to pi, second fastest.
    pub counts: Vec<u64>,
}

/// Counts of one torsion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TorsionCounts {
    /// Its name.
    pub torsion: String,
    /// `[n_bins]` from -pi to pi.
    pub counts: Vec<u64>,
}

/// The two slowest coordinates: how to compute them, and their joint counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowSummary {
    /// Lag in frames at which they were found.
    pub lag_frames: usize,
    /// Features, `[n_features]`.
    pub features: Vec<String>,
    /// Their means, `[n_features]`.
    pub mean: Vec<f64>,
    /// Components, `[n_slow][n_features]`, n_slow 1 or 2.
    pub components: Vec<Vec<f64>>,
    /// Implied time scales in frames, `[n_slow]`.
    pub timescales_frames: Vec<f64>,
    /// Limits of the counts along each, `[n_slow]`; what lies outside counts in the outermost bins.
    pub limits: Vec<[f64; 2]>,
    /// `[n_bins]` or `[n_bins, n_bins]`, second fastest.
    pub counts: Vec<u64>,
}

/// A summary as it is kept in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnsembleSummary {
    format: String,
    /// Where it comes from.
    pub source: SummarySource,
    /// Number of chains.
    pub n_chains: usize,
    /// Frames of each chain.
    pub n_frames: usize,
    /// Bins along every axis of every histogram.
    pub n_bins: usize,
    /// Means, MCSE and convergence of all observables.
    pub observables: Vec<ObservableSummary>,
    /// (phi, psi) of every residue that has both.
    pub torsion_pairs: Vec<TorsionPairCounts>,
    /// Every torsion.
    pub torsions: Vec<TorsionCounts>,
    /// Slow coordinates, where there are any.
    pub slow: Option<SlowSummary>,
    /// Torsions of evenly spread frames in tenths of a degree, `[n_samples][n_torsions]`, in the order of `torsions`.
    pub torsion_samples_decidegrees: Vec<Vec<i16>>,
    /// Quantiles of the potential energy in kJ/mol at (i + 1/2) / n; empty where it is unknown.
    pub energy_quantiles_kj_per_mol: Vec<f64>,
}

impl EnsembleSummary {
    /// Summary of an ensemble with its rows and slow modes.
    #[must_use]
    pub fn new(
        ensemble: &Ensemble,
        observables: Vec<ObservableSummary>,
        slow_modes: Option<&SlowModes>,
        source: SummarySource,
    ) -> Self {
        let names = ensemble.torsion_names();
        Self {
            format: FORMAT.to_owned(),
            source,
            n_chains: ensemble.n_chains(),
            n_frames: ensemble.n_draws(),
            n_bins: N_BINS,
            observables,
            torsion_pairs: torsion_pairs(ensemble, N_BINS),
            torsions: torsions(ensemble, N_BINS),
            slow: slow_modes.map(|modes| slow_summary(modes, ensemble)),
            torsion_samples_decidegrees: sampled(&torsion_frames(ensemble, &names)),
            energy_quantiles_kj_per_mol: energy_quantiles(ensemble),
        }
    }

    /// A summary from its JSON text.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let summary: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match summary.format == FORMAT {
            true => Ok(summary),
            false => Err(format!(
                "its format is `{}`, expected `{FORMAT}`",
                summary.format
            )),
        }
    }

    /// Samples of all torsions in rad, `[n_samples][n_torsions]`.
    #[must_use]
    pub fn torsion_samples_rad(&self) -> Vec<Vec<f64>> {
        let radians = |&tenths: &i16| (f64::from(tenths) / PER_DEGREE).to_radians();
        let samples = self.torsion_samples_decidegrees.iter();
        samples
            .map(|sample| sample.iter().map(radians).collect())
            .collect()
    }
}

/// (phi, psi) histograms of an ensemble with so many bins an axis.
pub(super) fn torsion_pairs(ensemble: &Ensemble, n_bins: usize) -> Vec<TorsionPairCounts> {
    let count = |(phi, psi): (&str, String)| {
        let mut histogram = RamachandranHistogram::new(n_bins).ok()?;
        let phis = ensemble.angles_rad(phi)?.concat();
        for (phi, psi) in phis.into_iter().zip(ensemble.angles_rad(&psi)?.concat()) {
            histogram.add(phi, psi).ok()?;
        }
        Some(TorsionPairCounts {
            torsions: [phi.to_owned(), psi],
            counts: histogram.counts().to_vec(),
        })
    };
    ensemble
        .backbone_pairs()
        .into_iter()
        .filter_map(count)
        .collect()
}

/// Histograms of all torsions of an ensemble with so many bins.
pub(crate) fn torsions(ensemble: &Ensemble, n_bins: usize) -> Vec<TorsionCounts> {
    let count = |torsion: &str| {
        let mut histogram = AngleHistogram::new(n_bins).ok()?;
        for &angle in ensemble.angles_rad(torsion)?.iter().flatten() {
            histogram.add(angle).ok()?;
        }
        Some(TorsionCounts {
            torsion: torsion.to_owned(),
            counts: histogram.counts().to_vec(),
        })
    };
    ensemble
        .torsion_names()
        .into_iter()
        .filter_map(count)
        .collect()
}

/// Torsions of at most as many frames as a summary keeps, evenly spread, in rad, `[n_samples][n_torsions]`.
pub(super) fn torsion_frames(ensemble: &Ensemble, names: &[&str]) -> Vec<Vec<f64>> {
    let columns: Option<Vec<Vec<f64>>> = names
        .iter()
        .map(|name| Some(ensemble.angles_rad(name)?.concat()))
        .collect();
    let columns = columns.unwrap_or_default();
    let n_frames = columns.first().map_or(0, Vec::len);
    let n_samples = n_frames.min(N_SAMPLES);
    (0..n_samples)
        .map(|sample| {
            columns
                .iter()
                .map(|angles| angles[sample * n_frames / n_samples])
                .collect()
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most 1800 tenths of a degree"
)]
fn sampled(frames_rad: &[Vec<f64>]) -> Vec<Vec<i16>> {
    let tenths = |angle: &f64| (angle.to_degrees() * PER_DEGREE).round() as i16;
    frames_rad
        .iter()
        .map(|frame| frame.iter().map(tenths).collect())
        .collect()
}

fn energy_quantiles(ensemble: &Ensemble) -> Vec<f64> {
    let Some(chains) = ensemble.chains("potential_energy") else {
        return Vec::new();
    };
    let mut energies = chains.concat();
    energies.sort_unstable_by(f64::total_cmp);
    let n_quantiles = energies.len().min(N_SAMPLES);
    (0..n_quantiles)
        .map(|index| energies[(2 * index + 1) * energies.len() / (2 * n_quantiles)])
        .collect()
}

fn slow_summary(modes: &SlowModes, ensemble: &Ensemble) -> SlowSummary {
    let projections: Vec<Vec<f64>> = (0..2)
        .filter_map(|component| Some(modes.project(ensemble, component)?.concat()))
        .collect();
    let limits: Vec<[f64; 2]> = projections
        .iter()
        .map(|values| roomy_limits(values))
        .collect();
    let components = modes.tica.components.column_iter().take(projections.len());
    let mut timescales_frames = modes.tica.implied_timescales_frames();
    timescales_frames.truncate(projections.len());
    SlowSummary {
        lag_frames: modes.tica.lag_frames,
        features: modes.feature_names.clone(),
        mean: modes.tica.mean.iter().copied().collect(),
        components: components
            .map(|column| column.iter().copied().collect())
            .collect(),
        timescales_frames,
        counts: joint_counts(&projections, &limits, N_BINS),
        limits,
    }
}

/// The extremes with a twentieth of their distance on either side, for ensembles that reach further. (With a tenth the
/// extremes would lie on edges of bins, where rounding decides.)
fn roomy_limits(values: &[f64]) -> [f64; 2] {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room = (0.05 * (high - low)).max(f64::MIN_POSITIVE.sqrt());
    [low - room, high + room]
}

/// Counts of one or two values together, `[n_bins]` or `[n_bins, n_bins]`; what is outside counts in the outermost bins.
pub(crate) fn joint_counts(
    projections: &[Vec<f64>],
    limits: &[[f64; 2]],
    n_bins: usize,
) -> Vec<u64> {
    let mut counts = vec![0; n_bins.pow(u32::try_from(projections.len()).unwrap_or(0))];
    for frame in 0..projections.first().map_or(0, Vec::len) {
        let bin = projections
            .iter()
            .zip(limits)
            .fold(0, |bin, (values, [low, high])| {
                let position = (values[frame] - low) / (high - low) * n_bins as f64;
                #[expect(clippy::cast_possible_truncation, reason = "clamped to the bins")]
                let along = position.clamp(0.0, n_bins as f64 - 1.0) as usize;
                bin * n_bins + along
            });
        counts[bin] += 1;
    }
    counts
}
