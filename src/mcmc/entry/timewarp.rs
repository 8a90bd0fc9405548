//! The entry of Timewarp, whose proposals are accepted with look-ahead, or only kept from climbing.

use super::Entry;
use crate::mcmc::exploration::ExplorationKernel;
use crate::mcmc::kernel::Kernel;
use crate::mcmc::lookahead::{Ahead, LookaheadKernel};
use crate::proposal::{
    AheadSetting, Crosses, EntryChecks, EntryContext, EntryError, Settings, TimewarpMode,
    TimewarpSettings,
};

impl Entry for TimewarpSettings {
    fn check(&self, checks: &mut EntryChecks<'_>) {
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
