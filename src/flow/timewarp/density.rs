//! Log-densities and draws of a model on many pairs, in chunks that fit the cache.

use super::check::check_pairs;
use super::conformation::Pair;
use super::error::TimewarpError;
use super::model::{Condition, Drawn, StateCondition, Timewarp};
use super::network::affine::{Direction, Variables};
use crate::flow::nn::real::Real;
use rayon::prelude::*;

/// Rows (atoms) that go through the layers together: enough for full speed of the products, few enough for the cache.
const CHUNK_ROWS: usize = 352;

impl<R: Real> Timewarp<R> {
    /// ln p(y, v | x) of every pair.
    ///
    /// # Errors
    /// [`TimewarpError::Length`].
    ///
    /// # Panics
    /// If a pair names a state that the condition does not have.
    pub fn log_density(
        &self,
        condition: &Condition<R>,
        pairs: &[Pair<'_>],
    ) -> Result<Vec<f64>, TimewarpError> {
        let latents = self.latents(condition, pairs)?;
        Ok(latents.iter().map(|latent| latent.log_density).collect())
    }

    /// The latents that belong to y and v, in the places of these, with ln p(y, v | x); the way back of [`Timewarp::sample`].
    ///
    /// # Errors
    /// [`TimewarpError::Length`].
    ///
    /// # Panics
    /// If a pair names a state that the condition does not have.
    pub fn latents(
        &self,
        condition: &Condition<R>,
        pairs: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        check_pairs(pairs, |state| condition.states[state].positions.len())?;
        let chunks = self.chunks(condition, pairs);
        let latents: Vec<Vec<Drawn>> = chunks
            .into_par_iter()
            .map(|chunk| {
                let stack: Vec<_> = chunk.iter().map(|p| &condition.states[p.state]).collect();
                let mut variables = displacements(condition, chunk);
                self.transform(&stack, Direction::ToLatent, &mut variables, None);
                let densities = self.base_log_densities(&stack, &variables);
                separate(&stack, &variables, &densities, |_, z| z)
            })
            .collect();
        Ok(latents.into_iter().flatten().collect())
    }

    /// The y and v that belong to latents, with their densities.
    ///
    /// # Errors
    /// [`TimewarpError::Length`].
    ///
    /// # Panics
    /// If a pair names a state that the condition does not have.
    pub fn sample(
        &self,
        condition: &Condition<R>,
        latents: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        check_pairs(latents, |state| condition.states[state].positions.len())?;
        let chunks = self.chunks(condition, latents);
        let drawn: Vec<Vec<Drawn>> = chunks
            .into_par_iter()
            .map(|chunk| self.sample_chunk(condition, chunk))
            .collect();
        Ok(drawn.into_iter().flatten().collect())
    }

    fn sample_chunk(&self, condition: &Condition<R>, chunk: &[Pair<'_>]) -> Vec<Drawn> {
        let stack: Vec<_> = chunk.iter().map(|p| &condition.states[p.state]).collect();
        let real = |values: &[f64]| -> Vec<R> { values.iter().map(|&z| R::from_f64(z)).collect() };
        let mut variables = Variables {
            values: [
                chunk.iter().flat_map(|p| real(p.positions)).collect(),
                chunk.iter().flat_map(|p| real(p.auxiliaries)).collect(),
            ],
            log_scales: vec![0.0; chunk.len()],
        };
        let base = self.base_log_densities(&stack, &variables);
        self.transform(&stack, Direction::FromLatent, &mut variables, None);
        drawn_from_latents(&stack, &variables, &base)
    }

    /// ln of the base's density at the variables plus their sums of ln s.
    pub(super) fn base_log_densities(
        &self,
        stack: &[&StateCondition<R>],
        variables: &Variables<R>,
    ) -> Vec<f64> {
        let log_scales = self.base_log_scales();
        let mut first = 0;
        let mut densities = Vec::with_capacity(stack.len());
        for (state, log_det) in stack.iter().zip(&variables.log_scales) {
            let range = first..first + state.positions.len();
            first = range.end;
            let parts = variables.values.iter().zip(log_scales);
            let base = parts.map(|(z, log_scale)| log_normal(&z[range.clone()], log_scale));
            densities.push(base.sum::<f64>() + log_det);
        }
        densities
    }

    /// Cuts pairs into chunks of about [`CHUNK_ROWS`] atoms.
    fn chunks<'a, 'b>(
        &self,
        condition: &Condition<R>,
        pairs: &'a [Pair<'b>],
    ) -> Vec<&'a [Pair<'b>]> {
        let (mut chunks, mut start, mut n_rows) = (Vec::new(), 0, 0);
        for (index, pair) in pairs.iter().enumerate() {
            let n_atoms = condition.states[pair.state].elements.len();
            if n_rows > 0 && n_rows + n_atoms > CHUNK_ROWS {
                chunks.push(&pairs[start..index]);
                (start, n_rows) = (index, 0);
            }
            n_rows += n_atoms;
        }
        if start < pairs.len() {
            chunks.push(&pairs[start..]);
        }
        chunks
    }
}

/// Draws from variables that came from latents whose base had these log-densities.
pub(super) fn drawn_from_latents<R: Real>(
    stack: &[&StateCondition<R>],
    variables: &Variables<R>,
    base_log_densities: &[f64],
) -> Vec<Drawn> {
    let densities = base_log_densities.iter().zip(&variables.log_scales);
    let densities: Vec<f64> = densities
        .map(|(base, log_scale)| base + log_scale)
        .collect();
    separate(stack, variables, &densities, |x, z| x + z)
}

/// Takes a stack apart; `place` makes a coordinate from that of the condition and the displacement.
fn separate<R: Real>(
    stack: &[&StateCondition<R>],
    variables: &Variables<R>,
    densities: &[f64],
    place: impl Fn(f64, f64) -> f64,
) -> Vec<Drawn> {
    let mut first = 0;
    let mut drawn = Vec::with_capacity(stack.len());
    for (state, &log_density) in stack.iter().zip(densities) {
        let range = first..first + state.positions.len();
        first = range.end;
        let [moves, own] = variables.values.each_ref().map(|z| &z[range.clone()]);
        let positions = state.positions.iter().zip(moves);
        drawn.push(Drawn {
            positions: positions.map(|(&x, z)| place(x, z.to_f64())).collect(),
            auxiliaries: own.iter().map(|v| v.to_f64()).collect(),
            log_density,
        });
    }
    drawn
}

/// ln of the density of independent normals of the same width.
#[must_use]
pub fn log_normal<R: Real>(z: &[R], log_scale: f64) -> f64 {
    let inverse_variance = (-2.0 * log_scale).exp();
    let norm = z.len() as f64 * (log_scale + 0.5 * (2.0 * std::f64::consts::PI).ln());
    let squares: f64 = z.iter().map(|z| z.to_f64() * z.to_f64()).sum();
    -0.5 * inverse_variance * squares - norm
}

/// Where pairs lead, as displacements and auxiliary variables.
pub(super) fn displacements<R: Real>(condition: &Condition<R>, pairs: &[Pair<'_>]) -> Variables<R> {
    let mut values = [Vec::new(), Vec::new()];
    for pair in pairs {
        let from = &condition.states[pair.state].positions;
        let moves = pair.positions.iter().zip(from);
        values[0].extend(moves.map(|(y, x)| R::from_f64(y - x)));
        values[1].extend(pair.auxiliaries.iter().map(|&v| R::from_f64(v)));
    }
    Variables {
        values,
        log_scales: vec![0.0; pairs.len()],
    }
}
