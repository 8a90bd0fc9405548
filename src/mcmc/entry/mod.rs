//! Entries of the sampler list: settings that make a kernel. A proposal's settings become one by the Metropolis test.

mod dynamics;
mod list;
#[cfg(feature = "timewarp")]
mod timewarp;

pub use dynamics::{LangevinEntry, VelocityVerletEntry};
pub use list::{
    EMPTY, HELP_MARK, KernelEntry, MixtureEntry, MixturePart, OutsideEntry, OutsideKind,
    SequenceEntry, all_of, names, register,
};

use super::composition::Repeat;
use super::kernel::Kernel;
use super::metropolis::MetropolisKernel;
use crate::proposal::{Crosses, EntryChecks, EntryContext, EntryError, ProposalSettings, Settings};

/// Settings that make a kernel for a molecule.
///
/// Every [`ProposalSettings`] is one; a kernel that is no proposal implements it by itself.
pub trait Entry: Settings {
    /// Reports values that no molecule allows.
    fn check(&self, checks: &mut EntryChecks<'_>);

    /// Adds the names of what equilibration changes.
    fn name_adapting(&self, names: &mut Vec<&'static str>);

    /// Which slow things its moves cross.
    fn crosses(&self) -> Crosses;

    /// The kernel.
    ///
    /// # Errors
    /// [`EntryError`] where the molecule, or a value, does not allow it.
    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError>;
}

impl<P: ProposalSettings> Entry for P {
    fn check(&self, checks: &mut EntryChecks<'_>) {
        ProposalSettings::check(self, checks);
        checks.repeats(self.repeats());
    }

    fn name_adapting(&self, names: &mut Vec<&'static str>) {
        if self.adapts() && !names.contains(&P::NAME) {
            names.push(P::NAME);
        }
    }

    fn crosses(&self) -> Crosses {
        ProposalSettings::crosses(self)
    }

    fn kernel(&self, context: &EntryContext<'_>) -> Result<Box<dyn Kernel>, EntryError> {
        let proposal = self.proposal(context)?;
        let kernel = Box::new(MetropolisKernel::new(
            proposal,
            context.n_replicas,
            context.seed(),
        ));
        if self.repeats() == 1 {
            return Ok(kernel);
        }
        let repeat = Repeat::new(kernel, self.repeats()).map_err(EntryError::of)?;
        Ok(Box::new(repeat))
    }
}
