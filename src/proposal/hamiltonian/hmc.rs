//! The proposal `hmc`: a trajectory of constant energy from refreshed velocities. The acceptance test is not its business.
//!
//! Duane et al., doi:10.1016/0370-2693(87)91197-X; with partial refresh Horowitz, doi:10.1016/0370-2693(91)90812-5.

use super::dual_averaging::DualAveraging;
use super::trajectory_length::TrajectoryLength;
use crate::integrator::{Engine, EngineError, Splitting};
use crate::proposal::contract::mean_acceptance;
use crate::proposal::contract::{
    Current, LogRatio, Outcome, Proposal, ProposalError, Proposed, ProposedVelocities, Segment,
};
use crate::proposal::entry::{
    EntryChecks, EntryContext, EntryError, ProposalSettings, Settings, one,
};
use crate::proposal::settings_error::SettingsError;
use crate::state::State;
use crate::units::{FS_PER_PS, thermal_energy_kj_per_mol};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `hmc`.
///
/// Velocities are refreshed by v' = sqrt(1 - r²) v + r sqrt(kT/m) xi. Lengths with jitter j lie from (1 - j) to (1 + j) times
/// `steps`, each as likely, drawn from the run's step count and from nothing of the positions (doi:10.1201/b10905-6, section 3.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HmcSettings {
    /// Time steps of a trajectory, each one force evaluation.
    pub steps: u64,
    /// Time step in fs, at most 5, the mean of a splitting's stages; where it starts with `adapt`.
    pub timestep_fs: f64,
    /// How a trajectory is split into kicks and drifts.
    #[serde(default)]
    pub integrator: Splitting,
    /// Share of the velocities drawn anew before a trajectory, over 0 and at most 1; less than 1 is generalised hybrid Monte Carlo.
    #[serde(default = "default_refresh")]
    pub refresh: f64,
    /// Whether the time step is tuned to `target_acceptance` during equilibration.
    #[serde(default)]
    pub adapt: bool,
    /// Acceptance that `adapt` aims at; 0.8 where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_acceptance: Option<f64>,
    /// Share by which trajectories differ in length, from 0 and below 1: 0.5 draws 10 to 30 steps for `steps: 20`, so that no vibration stays in step.
    #[serde(default)]
    pub jitter: f64,
    /// Trajectories a cycle.
    #[serde(default = "one")]
    pub repeats: u64,
}

/// Acceptance that a tuned time step aims at where none is named.
const TARGET_ACCEPTANCE: f64 = 0.8;

fn default_refresh() -> f64 {
    1.0
}

impl Default for HmcSettings {
    fn default() -> Self {
        Self {
            steps: 10,
            timestep_fs: 1.0,
            integrator: Splitting::VelocityVerlet,
            refresh: default_refresh(),
            adapt: false,
            target_acceptance: None,
            jitter: 0.0,
            repeats: 1,
        }
    }
}

impl HmcSettings {
    /// Acceptance that the time step is tuned to; `None` keeps the time step.
    #[must_use]
    pub fn tuned_to(&self) -> Option<f64> {
        self.adapt
            .then(|| self.target_acceptance.unwrap_or(TARGET_ACCEPTANCE))
    }

    /// Mean length of a stage in ps.
    #[must_use]
    pub fn timestep_ps(&self) -> f64 {
        self.timestep_fs / FS_PER_PS
    }
}

impl Settings for HmcSettings {
    const NAME: &'static str = "hmc";
    const ABOUT: &'static str =
        "Hybrid Monte Carlo: trajectories of constant energy, accepted or rejected. Exact.";
}

impl ProposalSettings for HmcSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        checks.steps(self.steps);
        let n_stages = self.integrator.n_stages();
        let over = self.steps % n_stages;
        if over > 0 {
            let (below, above) = (self.steps - over, self.steps - over + n_stages);
            let help = match below {
                0 => format!("write {above}"),
                _ => format!("write {below} or {above}"),
            };
            checks.fault(
                "steps",
                &format!(
                    "got {}, expected a multiple of {n_stages} with this `integrator`",
                    self.steps
                ),
                &help,
            );
        }
        checks.timestep_fs(self.timestep_fs);
        checks.target_acceptance(self.adapt, self.target_acceptance);
    }

    fn adapts(&self) -> bool {
        self.adapt
    }

    fn proposal(&self, _context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(Hmc::new(self)?))
    }
}

/// Hybrid Monte Carlo on positions and velocities: density exp(-(U(x) + K(v))/kT), reversible, volume-preserving map.
///
/// ln r = -(U(y) - U(x) + K(v_y) - K(v_x))/kT. With rigid bonds velocities are projected onto the constraints, and K has
/// the engine's degrees of freedom. A trajectory that blows up, or that no longer meets its constraints, is rejected.
#[derive(Debug, Clone)]
pub struct Hmc {
    splitting: Splitting,
    length: TrajectoryLength,
    refresh: f64,
    tunes: bool,
    timestep_ps: DualAveraging,
}

impl Hmc {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`SettingsError`] for no steps, a part of a splitting's step, a time step, refresh or target that makes no sense.
    pub fn new(settings: &HmcSettings) -> Result<Self, SettingsError> {
        if settings.steps == 0 {
            return Err(SettingsError::no_steps("hmc"));
        }
        let n_stages = settings.integrator.n_stages();
        if !settings.steps.is_multiple_of(n_stages) {
            return Err(SettingsError {
                proposal: "hmc",
                key: "steps",
                got: settings.steps as f64,
                expected: "a multiple of the splitting's stages",
            });
        }
        SettingsError::check_timestep("hmc", settings.timestep_fs)?;
        SettingsError::check_target("hmc", settings.tuned_to())?;
        if !(settings.refresh > 0.0 && settings.refresh <= 1.0) {
            return Err(SettingsError {
                proposal: "hmc",
                key: "refresh",
                got: settings.refresh,
                expected: "a number above 0 and up to 1",
            });
        }
        if !(settings.jitter >= 0.0 && settings.jitter < 1.0) {
            return Err(SettingsError {
                proposal: "hmc",
                key: "jitter",
                got: settings.jitter,
                expected: "a number from 0 and below 1",
            });
        }
        let target = settings.tuned_to().unwrap_or(1.0);
        Ok(Self {
            splitting: settings.integrator,
            length: TrajectoryLength::new(settings.integrator, settings.steps, settings.jitter),
            refresh: settings.refresh,
            tunes: settings.adapt,
            timestep_ps: DualAveraging::new(settings.timestep_ps(), target),
        })
    }

    /// The time step in use, ps.
    #[must_use]
    pub fn timestep_ps(&self) -> f64 {
        self.timestep_ps.value()
    }

    /// The current state with refreshed velocities along the constraints.
    fn refreshed(
        &self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<State, EngineError> {
        let mut state = current.state.clone();
        let size = state.n_atoms * 3;
        let kept = (1.0 - self.refresh * self.refresh).sqrt();
        let masses = engine.masses_da();
        for (replica, stream) in streams.iter_mut().enumerate() {
            let kt = thermal_energy_kj_per_mol(current.temperatures_kelvin[replica]);
            let velocities = &mut state.velocities[replica * size..(replica + 1) * size];
            for (atom, &mass) in velocities.as_chunks_mut::<3>().0.iter_mut().zip(masses) {
                let width = self.refresh * (kt / mass).sqrt();
                for v in atom {
                    let deviate: f64 = stream.sample(StandardNormal);
                    *v = kept * *v + width * deviate;
                }
            }
        }
        if engine.n_degrees_of_freedom() < size {
            let mut projected = state.clone();
            engine.apply_constraints(&mut projected)?;
            // Positions meet the constraints already; a last digit moved here would not be undone on the way back.
            state.velocities = projected.velocities;
        }
        Ok(state)
    }

    /// Runs the trajectories; those that fail end at NaN, for the acceptance test to reject.
    fn run(
        &self,
        engine: &mut dyn Engine,
        state: &mut State,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        match engine.constant_energy(state, self.splitting, self.timestep_ps(), n_steps) {
            // The others are where they should be, and no test accepts what failed.
            Err(EngineError::Constraints { .. } | EngineError::Diverged(_)) => Ok(()),
            other => other,
        }
    }
}

impl Proposal for Hmc {
    fn name(&self) -> &str {
        "hmc"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let before = self.refreshed(current, engine, streams)?;
        let mut after = before.clone();
        let n_steps = self.length.at(before.step);
        self.run(engine, &mut after, n_steps)?;
        let kinetic_before = before.kinetic_energies(engine.masses_da());
        let kinetic_after = after.kinetic_energies(engine.masses_da());
        let log_auxiliary = kinetic_before
            .iter()
            .zip(&kinetic_after)
            .zip(current.temperatures_kelvin)
            .map(|((before, after), &t)| (before - after) / thermal_energy_kj_per_mol(t));
        Ok(Proposed {
            log_auxiliary: Some(log_auxiliary.collect()),
            velocities: Some(ProposedVelocities {
                rejected: before.velocities.iter().map(|v| -v).collect(),
                accepted: after.velocities,
            }),
            segment: Some(Segment {
                n_steps,
                timestep_ps: self.timestep_ps(),
            }),
            n_energy_evaluations: (n_steps + 1) * before.n_replicas as u64,
            ..Proposed::new(after.positions, LogRatio::Symmetric)
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

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "timestep_ps": self.timestep_ps })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.timestep_ps = serde_json::from_value(saved["timestep_ps"].clone())
            .map_err(|error| format!("the saved time step of `hmc` is unreadable: {error}"))?;
        Ok(())
    }
}
