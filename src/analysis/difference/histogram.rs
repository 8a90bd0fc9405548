//! Histograms of angles, of (phi, psi) and of plain values, and their free energies.

use std::f64::consts::{PI, TAU};

use thiserror::Error;

use crate::units::thermal_energy_kj_per_mol;

/// Why a value cannot be counted or a histogram cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum HistogramError {
    /// No bins.
    #[error("got 0 bins, expected at least 1")]
    NoBins,
    /// Limits that hold nothing.
    #[error("got limits {low} and {high}, expected two finite numbers, the first smaller")]
    BadLimits {
        /// Lower limit.
        low: f64,
        /// Upper limit.
        high: f64,
    },
    /// NaN or infinite.
    #[error("got the value {value}, expected a finite number: remove or repair that frame")]
    NotFinite {
        /// The value.
        value: f64,
    },
}

/// Free energies in kJ/mol, F = -kT ln(p / p_max): 0 in the fullest bin, infinite in empty ones.
fn free_energies(counts: &[u64], temperature_kelvin: f64) -> Vec<f64> {
    let fullest = counts.iter().copied().max().unwrap_or(0) as f64;
    let thermal_energy = thermal_energy_kj_per_mol(temperature_kelvin);
    counts
        .iter()
        .map(|&count| match count {
            0 => f64::INFINITY,
            _ => thermal_energy * (fullest / count as f64).ln(),
        })
        .collect()
}

/// Shares of all counts; zeros where nothing was counted.
fn probabilities(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&count| count as f64 / total).collect()
}

/// Bin of `fraction` in [0, 1], the upper limit in the last bin.
fn bin_index(fraction: f64, n_bins: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "fraction is in 0..=1 and the result is clamped"
    )]
    let index = (fraction * n_bins as f64) as usize;
    index.min(n_bins - 1)
}

/// Share of the circle from -pi to the angle, in [0, 1).
fn circle_fraction(angle_rad: f64) -> Result<f64, HistogramError> {
    if !angle_rad.is_finite() {
        return Err(HistogramError::NotFinite { value: angle_rad });
    }
    if (-PI..PI).contains(&angle_rad) {
        return Ok((angle_rad + PI) / TAU);
    }
    Ok((angle_rad + PI).rem_euclid(TAU) / TAU % 1.0)
}

/// Counts of an angle in equal bins from -pi to pi; pi itself is -pi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AngleHistogram {
    counts: Vec<u64>,
}

impl AngleHistogram {
    /// An empty histogram.
    ///
    /// # Errors
    /// [`HistogramError::NoBins`].
    pub fn new(n_bins: usize) -> Result<Self, HistogramError> {
        if n_bins == 0 {
            return Err(HistogramError::NoBins);
        }
        Ok(Self {
            counts: vec![0; n_bins],
        })
    }

    /// Counts one angle in rad, taken modulo 2 pi.
    ///
    /// # Errors
    /// [`HistogramError::NotFinite`].
    pub fn add(&mut self, angle_rad: f64) -> Result<(), HistogramError> {
        let index = bin_index(circle_fraction(angle_rad)?, self.counts.len());
        self.counts[index] += 1;
        Ok(())
    }

    /// Counts, `[n_bins]`.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Shares of all counts, `[n_bins]`.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f64> {
        probabilities(&self.counts)
    }

    /// Free energies in kJ/mol, `[n_bins]`: -kT ln(p / p_max), infinite in empty bins.
    #[must_use]
    pub fn free_energies_kj_per_mol(&self, temperature_kelvin: f64) -> Vec<f64> {
        free_energies(&self.counts, temperature_kelvin)
    }
}

/// Counts of (phi, psi) in square bins of the torus, both from -pi to pi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RamachandranHistogram {
    n_bins: usize,
    counts: Vec<u64>,
}

impl RamachandranHistogram {
    /// An empty histogram of `n_bins` x `n_bins`.
    ///
    /// # Errors
    /// [`HistogramError::NoBins`].
    pub fn new(n_bins: usize) -> Result<Self, HistogramError> {
        if n_bins == 0 {
            return Err(HistogramError::NoBins);
        }
        Ok(Self {
            n_bins,
            counts: vec![0; n_bins * n_bins],
        })
    }

    /// Counts one pair of angles in rad, taken modulo 2 pi.
    ///
    /// # Errors
    /// [`HistogramError::NotFinite`].
    pub fn add(&mut self, phi_rad: f64, psi_rad: f64) -> Result<(), HistogramError> {
        let phi_index = bin_index(circle_fraction(phi_rad)?, self.n_bins);
        let psi_index = bin_index(circle_fraction(psi_rad)?, self.n_bins);
        self.counts[phi_index * self.n_bins + psi_index] += 1;
        Ok(())
    }

    /// Bins along one axis.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.n_bins
    }

    /// Counts, `[n_bins (phi), n_bins (psi)]`, psi fastest.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Shares of all counts, `[n_bins, n_bins]`.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f64> {
        probabilities(&self.counts)
    }

    /// Free energies in kJ/mol, `[n_bins, n_bins]`: -kT ln(p / p_max), infinite in empty bins.
    #[must_use]
    pub fn free_energies_kj_per_mol(&self, temperature_kelvin: f64) -> Vec<f64> {
        free_energies(&self.counts, temperature_kelvin)
    }
}

/// Counts of plain values (distances, energies, slow coordinates) in equal bins between two limits, both included.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueHistogram {
    low: f64,
    high: f64,
    counts: Vec<u64>,
    n_outside: u64,
}

impl ValueHistogram {
    /// An empty histogram between `low` and `high`.
    ///
    /// # Errors
    /// [`HistogramError::NoBins`], [`HistogramError::BadLimits`].
    pub fn new(low: f64, high: f64, n_bins: usize) -> Result<Self, HistogramError> {
        if n_bins == 0 {
            return Err(HistogramError::NoBins);
        }
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(HistogramError::BadLimits { low, high });
        }
        Ok(Self {
            low,
            high,
            counts: vec![0; n_bins],
            n_outside: 0,
        })
    }

    /// Counts one value; values outside the limits are counted apart.
    ///
    /// # Errors
    /// [`HistogramError::NotFinite`].
    pub fn add(&mut self, value: f64) -> Result<(), HistogramError> {
        if !value.is_finite() {
            return Err(HistogramError::NotFinite { value });
        }
        if value < self.low || value > self.high {
            self.n_outside += 1;
            return Ok(());
        }
        let fraction = (value - self.low) / (self.high - self.low);
        let index = bin_index(fraction, self.counts.len());
        self.counts[index] += 1;
        Ok(())
    }

    /// Counts, `[n_bins]`.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Values that fell outside the limits.
    #[must_use]
    pub fn n_outside(&self) -> u64 {
        self.n_outside
    }

    /// Shares of the counts inside, `[n_bins]`.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f64> {
        probabilities(&self.counts)
    }

    /// Free energies in kJ/mol, `[n_bins]`: -kT ln(p / p_max), infinite in empty bins.
    #[must_use]
    pub fn free_energies_kj_per_mol(&self, temperature_kelvin: f64) -> Vec<f64> {
        free_energies(&self.counts, temperature_kelvin)
    }
}
