//! A flow in internal coordinates as one in positions: whitened variables there and back, with the volume. No network here.

use super::coordinates::InternalCoordinates;
use crate::flow::timewarp::config::TimewarpConfig;
use crate::flow::timewarp::conformation::{Conformation, Pair};
use crate::flow::timewarp::error::TimewarpError;
use crate::flow::timewarp::flow::TimewarpFlow;
use crate::flow::timewarp::model::Drawn;
use rayon::prelude::*;
use std::sync::Arc;

/// p(y, v | x) of a flow whose configuration has [`TimewarpConfig::internal`], on whatever device.
///
/// ln p(y, v | x) = ln p_flow(z(y|x), v | x) + ln |dz/dy|. A draw for which there is no y, because a torsion left its
/// turn or an angle its range, comes back as x itself with an infinite log-density, and no test accepts it.
#[derive(Debug, Clone)]
pub struct InternalFlow {
    inner: Arc<dyn TimewarpFlow>,
    coordinates: InternalCoordinates,
    config: TimewarpConfig,
}

/// Conformations as the flow within is conditioned on them.
struct Conditions<'a> {
    elements: Vec<&'a [usize]>,
    own: Vec<[Vec<f64>; 2]>,
}

impl InternalFlow {
    /// The flow in positions: the given one where its configuration has no internal coordinates.
    #[must_use]
    pub fn wrap(inner: Arc<dyn TimewarpFlow>) -> Arc<dyn TimewarpFlow> {
        let Some(coordinates) = inner.config().internal.clone() else {
            return inner;
        };
        // Seen from outside, neither auxiliaries of x nor coordinates of another kind are left.
        let config = TimewarpConfig {
            internal: None,
            ignore_conditional_velocity: true,
            ..inner.config().clone()
        };
        Arc::new(Self {
            inner,
            coordinates,
            config,
        })
    }

    fn conditions<'a>(&self, from: &[Conformation<'a>]) -> Result<Conditions<'a>, TimewarpError> {
        let expected = 3 * self.coordinates.tree.n_atoms();
        if let Some(index) = from.iter().position(|x| x.positions.len() != expected) {
            return Err(TimewarpError::Length {
                what: "the array of positions",
                index,
                got: from[index].positions.len(),
                expected,
            });
        }
        Ok(Conditions {
            elements: from.iter().map(|x| x.elements).collect(),
            own: from
                .par_iter()
                .map(|x| self.coordinates.condition(x.positions))
                .collect(),
        })
    }
}

impl Conditions<'_> {
    fn conformations(&self) -> Vec<Conformation<'_>> {
        let states = self.elements.iter().zip(&self.own);
        states
            .map(|(elements, [positions, auxiliaries])| Conformation {
                elements,
                positions,
                auxiliaries: Some(auxiliaries),
            })
            .collect()
    }
}

/// Sum of two arrays, or what is left of the first without the second.
pub(crate) fn shifted(a: &[f64], b: &[f64], sign: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + sign * b).collect()
}

impl TimewarpFlow for InternalFlow {
    fn config(&self) -> &TimewarpConfig {
        &self.config
    }

    fn base_scales(&self) -> [f64; 2] {
        self.inner.base_scales()
    }

    fn description(&self) -> String {
        format!("{}, internal coordinates", self.inner.description())
    }

    fn draws_given(
        &self,
        from: &[Conformation<'_>],
        latents: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        let conditions = self.conditions(from)?;
        let drawn = self
            .inner
            .draws_given(&conditions.conformations(), latents)?;
        let place = |(drawn, latent): (Drawn, &Pair<'_>)| {
            let whitened = shifted(&drawn.positions, &conditions.own[latent.state][0], -1.0);
            let x = from[latent.state].positions;
            let (positions, log_density) = match self.coordinates.decode(x, &whitened) {
                Some((y, log_det)) => (y, drawn.log_density + log_det),
                None => (x.to_vec(), f64::INFINITY),
            };
            Drawn {
                positions,
                log_density,
                ..drawn
            }
        };
        Ok(drawn.into_par_iter().zip(latents).map(place).collect())
    }

    fn latents_given(
        &self,
        from: &[Conformation<'_>],
        to: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        let conditions = self.conditions(from)?;
        crate::flow::timewarp::check::check_pairs(to, |state| from[state].positions.len())?;
        let encoded: Vec<_> = to
            .par_iter()
            .map(|pair| {
                let x = from[pair.state].positions;
                let encoded = self.coordinates.encode(x, pair.positions);
                let seen = shifted(&conditions.own[pair.state][0], &encoded.whitened, 1.0);
                (seen, encoded.log_det)
            })
            .collect();
        let inner: Vec<_> = to
            .iter()
            .zip(&encoded)
            .map(|(pair, (positions, _))| Pair { positions, ..*pair })
            .collect();
        let latents = self
            .inner
            .latents_given(&conditions.conformations(), &inner)?;
        let with_volume = |(latent, (_, log_det)): (Drawn, &(Vec<f64>, f64))| Drawn {
            log_density: latent.log_density + log_det,
            ..latent
        };
        Ok(latents.into_iter().zip(&encoded).map(with_volume).collect())
    }
}
