//! Weights that turn averages over short, unequilibrated trajectories into equilibrium ones.

use nalgebra::DVector;

/// Koopman weights w(x) = u . x + c, linear in the features: the estimated ratio of equilibrium to sampled density.
///
/// They may be negative where the linear model fails. Source: Wu et al. 2017, doi:10.1063/1.4979344.
#[derive(Debug, Clone, PartialEq)]
pub struct KoopmanWeights {
    /// Coefficients u, `[n_features]`.
    pub coefficients: DVector<f64>,
    /// Constant c.
    pub constant: f64,
}

impl KoopmanWeights {
    /// Weight of one frame, `[n_features]`; the mean over the first frames of all pairs is 1.
    ///
    /// # Panics
    /// If the number of features differs.
    #[must_use]
    pub fn weight(&self, features: &[f64]) -> f64 {
        assert_eq!(features.len(), self.coefficients.len(), "features");
        let terms = self.coefficients.iter().zip(features);
        self.constant + terms.map(|(u, x)| u * x).sum::<f64>()
    }
}
