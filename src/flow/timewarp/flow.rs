//! What the users of a Timewarp model ask of it, whichever device computes. The formulas are elsewhere.

use super::config::TimewarpConfig;
use super::conformation::{Conformation, Pair};
use super::error::TimewarpError;
use super::model::{Drawn, Timewarp};
use super::training::loss::in_pool;
use crate::flow::nn::real::Real;
use std::fmt::Debug;

/// A conditional flow p(y, v | x) on some device. The attention weights of every conformation are computed once a call and
/// serve all pairs that name it.
///
/// What a pair gives does not depend on the others of the call, bit for bit.
pub trait TimewarpFlow: Debug + Send + Sync {
    /// Sizes of the model.
    fn config(&self) -> &TimewarpConfig;

    /// Standard deviations of the base: latents of positions, latents of auxiliaries.
    fn base_scales(&self) -> [f64; 2];

    /// Which device computes, in what numbers, for logs.
    fn description(&self) -> String;

    /// The y and v that belong to latents, with ln p(y, v | x).
    ///
    /// # Errors
    /// [`TimewarpError`] for input that does not fit the model, or a device that failed.
    fn draws_given(
        &self,
        from: &[Conformation<'_>],
        latents: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError>;

    /// The latents that belong to y and v, in the places of these, with ln p(y, v | x); the way back of
    /// [`TimewarpFlow::draws_given`].
    ///
    /// # Errors
    /// [`TimewarpError`] for input that does not fit the model, or a device that failed.
    fn latents_given(
        &self,
        from: &[Conformation<'_>],
        to: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError>;

    /// ln p(y, v | x) of every pair.
    ///
    /// # Errors
    /// [`TimewarpError`] for input that does not fit the model, or a device that failed.
    fn log_densities_given(
        &self,
        from: &[Conformation<'_>],
        to: &[Pair<'_>],
    ) -> Result<Vec<f64>, TimewarpError> {
        let latents = self.latents_given(from, to)?;
        Ok(latents.iter().map(|latent| latent.log_density).collect())
    }
}

impl<R: Real> TimewarpFlow for Timewarp<R> {
    fn config(&self) -> &TimewarpConfig {
        self.config()
    }

    fn base_scales(&self) -> [f64; 2] {
        self.base_scales()
    }

    fn description(&self) -> String {
        format!("CPU, {}", R::NAME)
    }

    fn draws_given(
        &self,
        from: &[Conformation<'_>],
        latents: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        in_pool(|| self.sample(&self.condition(from)?, latents))
    }

    fn latents_given(
        &self,
        from: &[Conformation<'_>],
        to: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        in_pool(|| self.latents(&self.condition(from)?, to))
    }
}
