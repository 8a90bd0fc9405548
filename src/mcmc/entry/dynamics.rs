//! Entries of dynamics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::mcmc::kernel::Kernel;
use crate::mcmc::langevin::LangevinKernel;
use crate::mcmc::velocity_verlet::VelocityVerletKernel;
use crate::proposal::{Crosses, EntryChecks, EntryContext, EntryError, Settings};
use crate::units::{FS_PER_PS, plain};

/// Settings of `langevin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LangevinEntry {
    /// Time steps a cycle.
    pub steps: u64,
    /// Time step in fs, at most 5.
    pub timestep_fs: f64,
    /// Friction in ps⁻¹.
    #[serde(default = "default_friction_per_ps")]
    pub friction_per_ps: f64,
}

fn default_friction_per_ps() -> f64 {
    1.0
}

/// Highest friction accepted, per ps: velocities of every step are drawn anew long before.
const MAX_FRICTION_PER_PS: f64 = 1e6;

impl Settings for LangevinEntry {
    const NAME: &'static str = "langevin";
    const ABOUT: &'static str = "Langevin dynamics (LF-middle scheme); samples the Boltzmann distribution up to its time-step error.";
}

impl Entry for LangevinEntry {
    fn check(&self, checks: &mut EntryChecks<'_>) {
        checks.steps(self.steps);
        checks.timestep_fs(self.timestep_fs);
        checks.warn_of_long_timestep(self.timestep_fs);
        if !(0.0..=MAX_FRICTION_PER_PS).contains(&self.friction_per_ps) {
            checks.fault(
                "friction_per_ps",
                &format!(
                    "got {}, expected a friction from 0 to 1000000 per ps",
                    plain(self.friction_per_ps)
                ),
                "write 1.0; without friction there is no thermostat",
            );
        }
    }

    fn name_adapting(&self, _names: &mut Vec<&'static str>) {}

    fn crosses(&self) -> Crosses {
        Crosses::default()
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let timestep_ps = self.timestep_fs / FS_PER_PS;
        Ok(Box::new(LangevinKernel::new(
            self.steps,
            timestep_ps,
            self.friction_per_ps,
            context.seed(),
        )))
    }
}

/// Settings of `velocity_verlet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VelocityVerletEntry {
    /// Time steps a cycle.
    pub steps: u64,
    /// Time step in fs, at most 5.
    pub timestep_fs: f64,
}

impl Settings for VelocityVerletEntry {
    const NAME: &'static str = "velocity_verlet";
    const ABOUT: &'static str = "Velocity Verlet at constant energy; samples no temperature.";
}

impl Entry for VelocityVerletEntry {
    fn check(&self, checks: &mut EntryChecks<'_>) {
        checks.steps(self.steps);
        checks.timestep_fs(self.timestep_fs);
        checks.warn_of_long_timestep(self.timestep_fs);
    }

    fn name_adapting(&self, _names: &mut Vec<&'static str>) {}

    fn crosses(&self) -> Crosses {
        Crosses::default()
    }

    fn kernel(&self, _context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let timestep_ps = self.timestep_fs / FS_PER_PS;
        Ok(Box::new(VelocityVerletKernel::new(self.steps, timestep_ps)))
    }
}
