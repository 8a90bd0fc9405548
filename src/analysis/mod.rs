//! Frames in, numbers out: convergence diagnostics, observables, slow coordinates and distances between ensembles.
//! Never simulates, never prints, never reads a file.
//!
//! Vocabulary: a *chain* is one replica's time series of one observable, a *draw* one entry of it; chains are
//! `[n_chains][n_draws]`. Lags and autocorrelation times count draws, so the caller multiplies by the frame spacing.

mod convergence;
mod difference;
mod numbers;
mod observables;
mod slow;
mod speed;

pub use convergence::autocorrelation::{
    integrated_autocorrelation_time, normalised_autocorrelation, pooled_autocorrelation,
};
pub use convergence::chains::ChainError;
pub use convergence::diagnose::{DiagnosisReport, ObservableSummary, diagnose, summarise};
pub use convergence::ess::{ess_bulk, ess_mean, ess_tail};
pub use convergence::hidden::{
    HiddenCoordinate, HiddenKind, MAX_HIDDEN_R_HAT, MIN_CIS_SHARE, share, transitions,
};
pub use convergence::mcse::mcse_mean;
pub use convergence::r_hat::r_hat;
pub use convergence::timewarp_ess::timewarp_ess_per_frame;
pub use convergence::verdict::{
    CONVERGENCE_RULE, MAX_R_HAT, MIN_ESS, accuracy_fault, convergence_fault, entries_fault,
};
pub use difference::comparison::{
    Comparison, ComparisonError, Distance, MAX_Z, MeanDifference, compare,
};
pub use difference::divergence::{
    DivergenceError, jensen_shannon_distance, jensen_shannon_divergence, wasserstein2,
    wasserstein2_circular, wasserstein2_torus,
};
pub use difference::free_energy::{FluctuationError, configurational_heat_capacity, mean_energy};
pub use difference::histogram::{
    AngleHistogram, HistogramError, RamachandranHistogram, ValueHistogram,
};
pub use difference::summary::{
    EnsembleSummary, SlowSummary, SummarySource, TorsionCounts, TorsionPairCounts,
};
pub use numbers::pareto::{ParetoError, ParetoSmoothed, pareto_smooth};
pub use observables::derived::Derived;
pub use observables::dihedral::{dihedral, dihedral_rad};
pub use observables::distance::{
    end_to_end_atoms, heavy_atom_pairs, pair_distances, radius_of_gyration,
};
pub use observables::ensemble::Ensemble;
pub use observables::hydrogen_bond::HydrogenBonds;
pub use observables::karplus::Karplus;
pub use observables::observable::{NameKind, Observable, ObservedFrame, Torsion, TorsionSide};
pub use observables::quantity::{AtomLabel, QUANTITY_EXAMPLES, Quantity};
pub use observables::region::Region;
pub use observables::set::{ObservableError, ObservableRecorder, ObservableSet};
pub use observables::superpose::superpose;
pub use slow::covariance::{CovarianceAccumulator, CovarianceError, LaggedCovariances};
pub use slow::koopman::KoopmanWeights;
pub use slow::slow_modes::{SlowModes, implied_timescales, timescale_lags_frames};
pub use slow::tica::{Tica, TicaError, TicaScaling};
pub use speed::comparison::{SamplerComparisonError, compare_samplers};
pub use speed::draws::SamplerDraws;
pub use speed::exit_rates::{ExitRate, Limits, slowest_side};
pub use speed::exit_tally::{COMMITMENT_DRAWS, ExitTally, RELAXATION_DRAWS, SideExits};
pub use speed::outcome::{BaselineBasis, ObservableEss, SamplerComparison, SamplerVerdict};
pub use speed::ratio::Ratio;
pub use speed::residue_basins::{Basin, basin_indicator};
pub use speed::sides::{RareSide, Sides};
pub use speed::tics::append_tics;
