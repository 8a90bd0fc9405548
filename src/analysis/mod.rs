//! Frames in, numbers out: convergence diagnostics, observables, slow coordinates and distances between ensembles.
//! Never simulates, never prints, never reads a file.
//!
//! Vocabulary: a *chain* is one replica's time series of one observable, a *draw* one entry of it; chains are
//! `[n_chains][n_draws]`. Lags and autocorrelation times count draws, so the caller multiplies by the frame spacing.

mod assignment;
mod autocorrelation;
mod basins;
mod chains;
mod circular_transport;
mod comparison;
mod convergence;
mod covariance;
mod crossings;
mod diagnose;
mod dihedral;
mod distance;
mod divergence;
mod ensemble;
mod ess;
mod exit_rates;
mod exit_tally;
mod free_energy;
mod hidden;
mod histogram;
mod koopman;
mod mcse;
mod normal_quantile;
mod observables;
mod pareto;
mod poisson;
mod r_hat;
mod rank_normalise;
mod sampler_baseline;
mod sampler_basins;
mod sampler_comparison;
mod sampler_ratio;
mod sampler_tics;
mod sides;
mod slow_modes;
mod summary;
mod superpose;
mod tica;
mod timewarp_ess;

pub use autocorrelation::{
    integrated_autocorrelation_time, normalised_autocorrelation, pooled_autocorrelation,
};
pub use basins::{Basin, basin_indicator};
pub use chains::ChainError;
pub use comparison::{Comparison, ComparisonError, Distance, MAX_Z, MeanDifference, compare};
pub use convergence::{CONVERGENCE_RULE, MAX_R_HAT, MIN_ESS, convergence_fault, entries_fault};
pub use covariance::{CovarianceAccumulator, CovarianceError, LaggedCovariances};
pub use diagnose::{DiagnosisReport, ObservableSummary, diagnose, summarise};
pub use dihedral::{dihedral, dihedral_rad};
pub use distance::{end_to_end_atoms, heavy_atom_pairs, pair_distances, radius_of_gyration};
pub use divergence::{
    DivergenceError, jensen_shannon_distance, jensen_shannon_divergence, wasserstein2,
    wasserstein2_circular, wasserstein2_torus,
};
pub use ensemble::Ensemble;
pub use ess::{ess_bulk, ess_mean, ess_tail};
pub use exit_rates::{ExitRate, Limits, slowest_side};
pub use exit_tally::{COMMITMENT_DRAWS, ExitTally, RELAXATION_DRAWS, SideExits};
pub use free_energy::{FluctuationError, configurational_heat_capacity, mean_energy};
pub use hidden::{
    HiddenCoordinate, HiddenKind, MAX_HIDDEN_R_HAT, MIN_CIS_SHARE, share, transitions,
};
pub use histogram::{AngleHistogram, HistogramError, RamachandranHistogram, ValueHistogram};
pub use koopman::KoopmanWeights;
pub use mcse::mcse_mean;
pub use observables::{ObservableError, ObservableRecorder, ObservableSet, Torsion, TorsionSide};
pub use pareto::{ParetoError, ParetoSmoothed, pareto_smooth};
pub use r_hat::r_hat;
pub use sampler_baseline::BaselineBasis;
pub use sampler_comparison::{
    ObservableEss, SamplerComparison, SamplerComparisonError, SamplerDraws, SamplerVerdict,
    compare_samplers,
};
pub use sampler_ratio::Ratio;
pub use sampler_tics::append_tics;
pub use sides::{RareSide, Sides};
pub use slow_modes::{SlowModes, implied_timescales, timescale_lags_frames};
pub use summary::{EnsembleSummary, SlowSummary, SummarySource, TorsionCounts, TorsionPairCounts};
pub use superpose::superpose;
pub use tica::{Tica, TicaError, TicaScaling};
pub use timewarp_ess::timewarp_ess_per_frame;
