//! Timewarp on the command line: its kernel, and the check of converted weights.

pub(super) mod check;
