//! Entries that are no plain proposals: dynamics, Timewarp with its look-ahead, and kernels made of kernels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use super::list::KernelEntry;
use crate::mcmc::composition::{Mixture, Sequence};
use crate::mcmc::exploration::ExplorationKernel;
use crate::mcmc::kernel::Kernel;
use crate::mcmc::langevin::LangevinKernel;
use crate::mcmc::lookahead::{Ahead, LookaheadKernel};
use crate::mcmc::velocity_verlet::VelocityVerletKernel;
use crate::proposal::{
    AheadSetting, Checks, Crosses, EntryContext, EntryError, Settings, TimewarpMode,
    TimewarpSettings, plain,
};
use crate::units::FS_PER_PS;

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
    fn check(&self, checks: &mut Checks<'_>) {
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
    fn check(&self, checks: &mut Checks<'_>) {
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

impl Entry for TimewarpSettings {
    fn check(&self, checks: &mut Checks<'_>) {
        Self::check(self, checks);
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        if self.proposals == AheadSetting::Adaptive && !names.contains(&Self::NAME) {
            names.push(Self::NAME);
        }
    }

    fn crosses(&self) -> Crosses {
        Crosses::default()
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let seed = context.seed();
        let proposal = Box::new(self.proposal(context)?);
        let repeats = self.repeats;
        let ahead = match self.proposals {
            AheadSetting::Adaptive => Ahead::Adaptive,
            AheadSetting::Count(count) => Ahead::Fixed(count),
        };
        Ok(match self.mode {
            TimewarpMode::Exact => Box::new(LookaheadKernel::new(proposal, repeats, ahead, seed)),
            TimewarpMode::Exploration => Box::new(ExplorationKernel::new(
                proposal,
                self.max_climb(),
                repeats,
                context.n_replicas,
                seed,
            )),
        })
    }
}

/// One kernel of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixturePart {
    /// Relative probability, over 0.
    pub weight: f64,
    /// The kernel, written as an entry of the sampler list.
    pub kernel: KernelEntry,
}

/// Settings of `mixture`: its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MixtureEntry(pub Vec<MixturePart>);

/// What an empty list of kernels is told.
pub const EMPTY: &str = "the list is empty, expected at least one kernel";

impl Settings for MixtureEntry {
    const NAME: &'static str = "mixture";
    const ABOUT: &'static str =
        "One kernel out of several a cycle, drawn with fixed weights for all replicas together.";
}

impl Entry for MixtureEntry {
    fn check(&self, checks: &mut Checks<'_>) {
        if self.0.is_empty() {
            let help = "list kernels: `- mixture: [{weight: 1, kernel: {hmc: {steps: 10, timestep_fs: 1.0}}}]`";
            checks.fault("", EMPTY, help);
        }
        for (index, part) in self.0.iter().enumerate() {
            checks.within(&format!("[{index}]"), |checks| {
                if !(part.weight > 0.0 && part.weight.is_finite()) {
                    checks.fault(
                        "weight",
                        &format!("got {}, expected a finite number over 0", part.weight),
                        "leave the kernel out of the mixture instead of giving it no weight; weights need not sum to 1",
                    );
                }
                checks.within(".kernel", |checks| part.kernel.check(checks));
            });
        }
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        for part in &self.0 {
            part.kernel.name_adapting(names);
        }
    }

    fn crosses(&self) -> Crosses {
        all_of(self.0.iter().map(|part| &part.kernel))
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let seed = context.seed();
        let mut weighted = Vec::with_capacity(self.0.len());
        for (index, part) in self.0.iter().enumerate() {
            let kernel = part.kernel.kernel(context);
            let kernel = kernel.map_err(|error| error.within(&format!("[{index}].kernel")))?;
            weighted.push((part.weight, kernel));
        }
        let mixture = Mixture::new(weighted, seed).map_err(EntryError::of)?;
        Ok(Box::new(mixture))
    }
}

/// Settings of `sequence`: its kernels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SequenceEntry(pub Vec<KernelEntry>);

impl Settings for SequenceEntry {
    const NAME: &'static str = "sequence";
    const ABOUT: &'static str = "Several kernels one after another, for use within a mixture.";
}

impl Entry for SequenceEntry {
    fn check(&self, checks: &mut Checks<'_>) {
        if self.0.is_empty() {
            checks.fault("", EMPTY, "list kernels as in `sampler`, or remove it");
        }
        for (index, kernel) in self.0.iter().enumerate() {
            checks.within(&format!("[{index}]"), |checks| kernel.check(checks));
        }
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        for kernel in &self.0 {
            kernel.name_adapting(names);
        }
    }

    fn crosses(&self) -> Crosses {
        all_of(self.0.iter())
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let mut parts = Vec::with_capacity(self.0.len());
        for (index, kernel) in self.0.iter().enumerate() {
            let kernel = kernel.kernel(context);
            parts.push(kernel.map_err(|error| error.within(&format!("[{index}]")))?);
        }
        Ok(Box::new(Sequence::new(parts).map_err(EntryError::of)?))
    }
}

/// What several kernels cross together.
pub fn all_of<'a>(kernels: impl Iterator<Item = &'a KernelEntry>) -> Crosses {
    kernels.fold(Crosses::default(), |all, kernel| {
        let own = kernel.crosses();
        Crosses {
            torsions: all.torsions || own.torsions,
            rings: all.rings || own.rings,
            isomers: all.isomers || own.isomers,
        }
    })
}
