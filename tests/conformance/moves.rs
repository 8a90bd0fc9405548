//! Two proposals as a user would write them, one symmetric, one with a Jacobian.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::proposal::{Current, LogRatio, Proposal, ProposalError, Proposed};

/// y = x + width xi.
pub(crate) struct GaussianStep {
    width_nm: f64,
}

impl GaussianStep {
    pub(crate) fn new(width_nm: f64) -> Self {
        Self { width_nm }
    }
}

impl Proposal for GaussianStep {
    fn name(&self) -> &str {
        "gaussian_step"
    }

    fn is_ergodic(&self) -> bool {
        true
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut positions = current.state.positions.clone();
        let size = current.state.n_atoms * 3;
        for (replica, stream) in positions.chunks_mut(size).zip(streams) {
            for x in replica {
                *x += self.width_nm * stream.sample::<f64, _>(StandardNormal);
            }
        }
        Ok(Proposed::new(positions, LogRatio::Symmetric))
    }
}

/// y = s x with ln s normal around 0: in n coordinates ln q(y|x) = ln N(ln s) - n ln s, and ln q(x|y) = ln N(-ln s) + n ln s
/// up to terms that cancel, where the density of y follows from that of s along a ray: q(x|y) / q(y|x) = s^n.
pub(crate) struct Scaling {
    width: f64,
}

impl Scaling {
    pub(crate) fn new(width: f64) -> Self {
        Self { width }
    }
}

impl Proposal for Scaling {
    fn name(&self) -> &str {
        "scaling"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut positions = current.state.positions.clone();
        let size = current.state.n_atoms * 3;
        let (mut log_q_forward, mut log_q_reverse) = (Vec::new(), Vec::new());
        for (replica, stream) in positions.chunks_mut(size).zip(streams) {
            let log_scale = self.width * stream.sample::<f64, _>(StandardNormal);
            replica.iter_mut().for_each(|x| *x *= log_scale.exp());
            let jacobian = 0.5 * size as f64 * log_scale;
            log_q_forward.push(-jacobian);
            log_q_reverse.push(jacobian);
        }
        let log_ratio = LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        };
        Ok(Proposed::new(positions, log_ratio))
    }
}
