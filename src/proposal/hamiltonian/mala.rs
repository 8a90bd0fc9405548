//! The proposal `mala`: one discretised Langevin step with its exact densities. Rigid bonds are beyond it (`hmc` has them).
//!
//! Metropolis-adjusted Langevin algorithm: Roberts and Tweedie, doi:10.2307/3318418.

use super::dual_averaging::DualAveraging;
use crate::integrator::Engine;
use crate::proposal::contract::mean_acceptance;
use crate::proposal::contract::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{
    EntryChecks, EntryContext, EntryError, ProposalSettings, Settings, one,
};
use crate::proposal::settings_error::SettingsError;
use crate::units::{FS_PER_PS, thermal_energy_kj_per_mol};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `mala`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MalaSettings {
    /// Length of the step in fs, at most 5; where it starts with `adapt`.
    pub timestep_fs: f64,
    /// Whether the step is tuned to `target_acceptance` during equilibration.
    #[serde(default)]
    pub adapt: bool,
    /// Acceptance that `adapt` aims at; 0.574 where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_acceptance: Option<f64>,
    /// Steps a cycle.
    #[serde(default = "one")]
    pub repeats: u64,
}

/// Acceptance that a tuned step aims at where none is named: the best in many dimensions (doi:10.1111/1467-9868.00123).
const TARGET_ACCEPTANCE: f64 = 0.574;

impl Default for MalaSettings {
    fn default() -> Self {
        Self {
            timestep_fs: 1.0,
            adapt: true,
            target_acceptance: None,
            repeats: 1,
        }
    }
}

impl MalaSettings {
    /// Acceptance that the step is tuned to; `None` keeps it.
    #[must_use]
    pub fn tuned_to(&self) -> Option<f64> {
        self.adapt
            .then(|| self.target_acceptance.unwrap_or(TARGET_ACCEPTANCE))
    }
}

impl Settings for MalaSettings {
    const NAME: &'static str = "mala";
    const ABOUT: &'static str = "Metropolis-adjusted Langevin algorithm: one step, accepted or rejected. Exact; not for rigid bonds.";
}

impl ProposalSettings for MalaSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        checks.timestep_fs(self.timestep_fs);
        checks.target_acceptance(self.adapt, self.target_acceptance);
        checks.flexible_bonds();
    }

    fn adapts(&self) -> bool {
        self.adapt
    }

    fn proposal(&self, _context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(Mala::new(self)?))
    }
}

/// y = x + (t²/2) f(x)/m + t sqrt(kT/m) xi for every coordinate: preconditioned by the masses, as one step of dynamics is.
///
/// ln q(y|x) = -sum (y - x - (t²/2) f(x)/m)² m / (2 t² kT) + const. One evaluation a step, since forces of the current
/// positions are remembered from the step that proposed them.
#[derive(Debug, Clone)]
pub struct Mala {
    tunes: bool,
    timestep_ps: DualAveraging,
    last: Option<[Evaluated; 2]>,
}

/// Positions with their forces, `[n_replicas, n_atoms, 3]`.
#[derive(Debug, Clone)]
struct Evaluated {
    positions: Vec<f64>,
    forces: Vec<f64>,
}

impl Mala {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`SettingsError`] for a time step or target that makes no sense.
    pub fn new(settings: &MalaSettings) -> Result<Self, SettingsError> {
        SettingsError::check_timestep("mala", settings.timestep_fs)?;
        SettingsError::check_target("mala", settings.tuned_to())?;
        let target = settings.tuned_to().unwrap_or(1.0);
        Ok(Self {
            tunes: settings.adapt,
            timestep_ps: DualAveraging::new(settings.timestep_fs / FS_PER_PS, target),
            last: None,
        })
    }

    /// The length of the step in use, ps.
    #[must_use]
    pub fn timestep_ps(&self) -> f64 {
        self.timestep_ps.value()
    }

    /// The current positions with their forces, if every replica is where the last step began or where it led.
    fn remembered(&self, current: Current<'_>) -> Option<Evaluated> {
        let last = self.last.as_ref()?;
        let size = current.state.n_atoms * 3;
        if last[0].positions.len() != current.state.positions.len() {
            return None;
        }
        let mut forces = Vec::with_capacity(current.state.positions.len());
        for replica in 0..current.state.n_replicas {
            let range = replica * size..(replica + 1) * size;
            let here = current.state.replica_positions(replica);
            let known = last
                .iter()
                .find(|end| end.positions[range.clone()] == *here)?;
            forces.extend_from_slice(&known.forces[range]);
        }
        Some(Evaluated {
            positions: current.state.positions.clone(),
            forces,
        })
    }

    /// x + (t²/2) f/m.
    fn drifted(&self, start: &Evaluated, masses_da: &[f64]) -> Vec<f64> {
        let half_square = 0.5 * self.timestep_ps().powi(2);
        let pairs = start.positions.iter().zip(&start.forces).enumerate();
        pairs
            .map(|(index, (x, force))| {
                x + half_square * force / masses_da[index / 3 % masses_da.len()]
            })
            .collect()
    }

    /// mean + t sqrt(kT/m) xi.
    fn scattered(
        &self,
        mean: &[f64],
        masses_da: &[f64],
        temperatures_kelvin: &[f64],
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Vec<f64> {
        let mut positions = mean.to_vec();
        let replicas = positions.chunks_mut(masses_da.len() * 3).zip(streams);
        for ((replica, stream), &temperature) in replicas.zip(temperatures_kelvin) {
            let kt = thermal_energy_kj_per_mol(temperature);
            for (index, y) in replica.iter_mut().enumerate() {
                let deviate: f64 = stream.sample(StandardNormal);
                *y += self.timestep_ps() * (kt / masses_da[index / 3]).sqrt() * deviate;
            }
        }
        positions
    }

    /// ln q of every replica's `end` from the `mean` of its Gaussian, up to a constant, `[n_replicas]`.
    fn log_densities(
        &self,
        mean: &[f64],
        end: &[f64],
        masses_da: &[f64],
        temperatures_kelvin: &[f64],
    ) -> Vec<f64> {
        let size = masses_da.len() * 3;
        let replicas = mean.chunks(size).zip(end.chunks(size));
        replicas
            .zip(temperatures_kelvin)
            .map(|((mean, end), &temperature)| {
                let squares = mean.iter().zip(end).enumerate();
                let weighted: f64 = squares
                    .map(|(index, (mean, y))| masses_da[index / 3] * (y - mean).powi(2))
                    .sum();
                let kt = thermal_energy_kj_per_mol(temperature);
                -weighted / (2.0 * self.timestep_ps().powi(2) * kt)
            })
            .collect()
    }
}

/// Forces and energies at `positions`, of the size of the current batch.
fn evaluate(
    engine: &mut dyn Engine,
    positions: Vec<f64>,
    current: Current<'_>,
) -> (Evaluated, Vec<f64>) {
    let mut energies = vec![0.0; current.state.n_replicas];
    let mut forces = vec![0.0; positions.len()];
    engine.energies_and_forces(&positions, &mut energies, &mut forces);
    (Evaluated { positions, forces }, energies)
}

impl Proposal for Mala {
    fn name(&self) -> &str {
        "mala"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let size = current.state.n_atoms * 3;
        if engine.n_degrees_of_freedom() < size {
            return Err(ProposalError::Unsupported {
                proposal: self.name().to_owned(),
                reason: "it moves every atom freely, but the system has rigid bonds; set `constraints: none` or take `hmc`".to_owned(),
            });
        }
        let masses = engine.masses_da().to_vec();
        let n_replicas = current.state.n_replicas as u64;
        let remembered = self.remembered(current);
        let n_energy_evaluations = n_replicas * if remembered.is_some() { 1 } else { 2 };
        let start = remembered
            .unwrap_or_else(|| evaluate(engine, current.state.positions.clone(), current).0);
        let mean = self.drifted(&start, &masses);
        let y = self.scattered(&mean, &masses, current.temperatures_kelvin, streams);
        let (end, energies) = evaluate(engine, y, current);
        let mean_back = self.drifted(&end, &masses);
        let log_densities = |mean: &[f64], end: &[f64]| {
            self.log_densities(mean, end, &masses, current.temperatures_kelvin)
        };
        let log_ratio = LogRatio::Densities {
            log_q_forward: log_densities(&mean, &end.positions),
            log_q_reverse: log_densities(&mean_back, &start.positions),
        };
        let positions = end.positions.clone();
        self.last = Some([start, end]);
        Ok(Proposed {
            energies: Some(energies),
            n_energy_evaluations,
            ..Proposed::new(positions, log_ratio)
        })
    }

    fn is_ergodic(&self) -> bool {
        true
    }

    fn adapt(&mut self, _current: Current<'_>, outcomes: &[Outcome]) {
        if self.tunes {
            self.timestep_ps.update(mean_acceptance(outcomes));
        }
    }

    fn freeze(&mut self) {
        self.timestep_ps.finish();
    }

    /// The remembered forces are left out: evaluating them again gives the same bits.
    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(Self {
            last: None,
            ..self.clone()
        }))
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "timestep_ps": self.timestep_ps })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.timestep_ps = serde_json::from_value(saved["timestep_ps"].clone())
            .map_err(|error| format!("the saved time step of `mala` is unreadable: {error}"))?;
        self.last = None;
        Ok(())
    }
}
