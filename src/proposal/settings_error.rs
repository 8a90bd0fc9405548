//! Settings of a proposal that make no sense. Where they stand in the input file is the configuration's to tell.

/// A setting outside its range.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("`{proposal}`: got {got} for {key}, expected {expected}")]
pub struct SettingsError {
    /// Name of the proposal.
    pub proposal: &'static str,
    /// The setting.
    pub key: &'static str,
    /// Its value.
    pub got: f64,
    /// What it should be.
    pub expected: &'static str,
}

impl SettingsError {
    pub(super) fn no_steps(proposal: &'static str) -> Self {
        Self {
            proposal,
            key: "steps",
            got: 0.0,
            expected: "at least 1",
        }
    }

    pub(super) fn check_timestep(proposal: &'static str, got: f64) -> Result<(), Self> {
        if got > 0.0 && got.is_finite() {
            return Ok(());
        }
        Err(Self {
            proposal,
            key: "timestep_fs",
            got,
            expected: "a finite number above 0",
        })
    }

    pub(super) fn check_target(proposal: &'static str, target: Option<f64>) -> Result<(), Self> {
        match target {
            Some(got) if !(got > 0.0 && got < 1.0) => Err(Self {
                proposal,
                key: "target_acceptance",
                got,
                expected: "a number between 0 and 1",
            }),
            _ => Ok(()),
        }
    }
}
