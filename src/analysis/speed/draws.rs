//! What samplers left behind, to be compared.

/// Share of a sampler's frames above which a basin counts as found, and a 0/1 observable as two-valued.
pub(super) const FOUND_SHARE: f64 = 1e-3;

/// What one sampler left behind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SamplerDraws {
    /// Name.
    pub name: String,
    /// Whether this is a candidate for the baseline.
    pub is_plain_md: bool,
    /// Wall-clock seconds that its samples cost, equilibration included.
    pub wall_seconds: f64,
    /// Simulated time of all chains in ps; the fastest plain MD is the baseline where none mixes.
    pub simulated_ps: f64,
    /// Name and chains `[n_chains][n_draws]` of every observable, the same names in the same order for all samplers.
    pub observables: Vec<(String, Vec<Vec<f32>>)>,
}
