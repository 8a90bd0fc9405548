//! All chains of one molecule as named time series, and the angles and features behind them.

use super::observable::{NameKind, feature_names};

/// Time series of the observables of one molecule, all chains of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ensemble {
    observables: Vec<(String, Vec<Vec<f64>>)>,
}

impl Ensemble {
    /// From name and chains `[n_chains][n_draws]` of every observable, as [`crate::analysis::ObservableRecorder::finish`] gives them.
    /// Chains are cut to the shortest, and observables with a value that is not finite (an energy that no file records)
    /// are left out.
    #[must_use]
    pub fn new(mut observables: Vec<(String, Vec<Vec<f64>>)>) -> Self {
        let lengths = observables.iter().flat_map(|(_, chains)| chains);
        let shortest = lengths.map(Vec::len).min().unwrap_or(0);
        for chain in observables.iter_mut().flat_map(|(_, chains)| chains) {
            chain.truncate(shortest);
        }
        observables.retain(|(_, chains)| chains.iter().flatten().all(|value| value.is_finite()));
        Self { observables }
    }

    /// Name and chains of every observable, in order.
    #[must_use]
    pub fn observables(&self) -> &[(String, Vec<Vec<f64>>)] {
        &self.observables
    }

    /// Number of chains.
    #[must_use]
    pub fn n_chains(&self) -> usize {
        self.observables
            .first()
            .map_or(0, |(_, chains)| chains.len())
    }

    /// Frames of every chain.
    #[must_use]
    pub fn n_draws(&self) -> usize {
        let chains = self.observables.first().map(|(_, chains)| chains);
        chains.and_then(|chains| chains.first()).map_or(0, Vec::len)
    }

    /// Chains of one observable, `[n_chains][n_draws]`.
    #[must_use]
    pub fn chains(&self, name: &str) -> Option<&[Vec<f64>]> {
        let found = self.observables.iter().find(|(known, _)| known == name);
        found.map(|(_, chains)| chains.as_slice())
    }

    /// Names of the torsions whose sine and cosine are recorded: `phi_2`, `chi1_3`.
    #[must_use]
    pub fn torsion_names(&self) -> Vec<&str> {
        let names = self.observables.iter();
        names
            .filter_map(|(name, _)| match NameKind::of(name) {
                NameKind::Sine(torsion) => Some(torsion),
                _ => None,
            })
            .collect()
    }

    /// Residues with both phi and psi, as the names of the two.
    #[must_use]
    pub fn backbone_pairs(&self) -> Vec<(&str, String)> {
        let names = self.torsion_names();
        let partner = |phi: &&str| {
            let psi = phi.replacen("phi_", "psi_", 1);
            (psi != **phi && names.contains(&psi.as_str())).then_some(psi)
        };
        names
            .iter()
            .filter_map(|phi| partner(phi).map(|psi| (*phi, psi)))
            .collect()
    }

    /// A torsion in rad, in (-pi, pi], `[n_chains][n_draws]`.
    #[must_use]
    pub fn angles_rad(&self, torsion: &str) -> Option<Vec<Vec<f64>>> {
        let [sine, cosine] = feature_names(torsion);
        let (sines, cosines) = (self.chains(&sine)?, self.chains(&cosine)?);
        let angles = |(sines, cosines): (&Vec<f64>, &Vec<f64>)| {
            let pairs = sines.iter().zip(cosines);
            pairs.map(|(sine, cosine)| sine.atan2(*cosine)).collect()
        };
        Some(sines.iter().zip(cosines).map(angles).collect())
    }

    /// Names of the features for slow coordinates: sine and cosine of every torsion.
    #[must_use]
    pub fn feature_names(&self) -> Vec<&str> {
        let names = self.observables.iter().map(|(name, _)| name.as_str());
        names
            .filter(|name| NameKind::of(name).is_feature())
            .collect()
    }

    /// Chains of named features, `[n_features]` of `[n_chains][n_draws]`; `None` if one is missing.
    #[must_use]
    pub fn features(&self, names: &[&str]) -> Option<Vec<&[Vec<f64>]>> {
        names.iter().map(|name| self.chains(name)).collect()
    }

    /// Adds an observable computed from the others, `[n_chains][n_draws]`.
    pub fn push(&mut self, name: String, chains: Vec<Vec<f64>>) {
        self.observables.push((name, chains));
    }
}

/// One frame `[n_features]` of chains as [`Ensemble::features`] returns them.
pub(crate) fn feature_frame(features: &[&[Vec<f64>]], chain: usize, draw: usize) -> Vec<f64> {
    features.iter().map(|chains| chains[chain][draw]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_come_back_and_unrecorded_energies_go() {
        let angles: [f64; 3] = [3.0, -2.0, 0.5];
        let chain = |function: fn(f64) -> f64| vec![angles.map(function).to_vec()];
        let ensemble = Ensemble::new(vec![
            ("sin_phi_2".to_owned(), chain(f64::sin)),
            ("cos_phi_2".to_owned(), chain(f64::cos)),
            ("sin_psi_2".to_owned(), chain(f64::sin)),
            ("cos_psi_2".to_owned(), chain(f64::cos)),
            ("potential_energy".to_owned(), vec![vec![f64::NAN; 3]]),
        ]);
        assert_eq!(ensemble.backbone_pairs(), [("phi_2", "psi_2".to_owned())]);
        assert!(ensemble.chains("potential_energy").is_none());
        let back = ensemble.angles_rad("phi_2").unwrap();
        for (angle, back) in angles.iter().zip(&back[0]) {
            assert!((angle - back).abs() < 1e-15);
        }
    }

    #[test]
    fn chains_are_cut_to_the_shortest() {
        let chains = vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0]];
        let ensemble = Ensemble::new(vec![("x".to_owned(), chains)]);
        assert_eq!((ensemble.n_chains(), ensemble.n_draws()), (2, 2));
        assert_eq!(ensemble.chains("x").unwrap()[0], [1.0, 2.0]);
    }
}
