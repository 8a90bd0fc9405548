//! Settings of every kernel of the `sampler:` list, with their defaults. Which kernel they belong to is told elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::integrator::Splitting;
use crate::proposal::{AdaptiveTorsionSettings, ConcertedSettings, TorsionSettings};

/// Settings of `langevin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LangevinConfig {
    /// Time steps a cycle.
    pub(crate) steps: u64,
    /// Time step in fs, at most 5.
    pub(crate) timestep_fs: f64,
    /// Friction in ps⁻¹.
    #[serde(default = "default_friction_per_ps")]
    pub(crate) friction_per_ps: f64,
}

/// Settings of `velocity_verlet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VelocityVerletConfig {
    /// Time steps a cycle.
    pub(crate) steps: u64,
    /// Time step in fs, at most 5.
    pub(crate) timestep_fs: f64,
}

/// How `hmc` splits a trajectory into kicks and drifts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SplittingConfig {
    /// Half a kick, a drift, half a kick.
    #[default]
    VelocityVerlet,
    /// Two kicks and drifts a step of unlike lengths; `steps` is even.
    TwoStage,
    /// Three of them: at equal cost trajectories half as long again are accepted as often; `steps` is a multiple of 3.
    ThreeStage,
}

impl SplittingConfig {
    pub(crate) fn splitting(self) -> Splitting {
        match self {
            Self::VelocityVerlet => Splitting::VelocityVerlet,
            Self::TwoStage => Splitting::TwoStage,
            Self::ThreeStage => Splitting::ThreeStage,
        }
    }
}

/// Settings of `hmc`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HmcConfig {
    /// Time steps of a trajectory, each one force evaluation.
    pub(crate) steps: u64,
    /// Time step in fs, at most 5, the mean of a splitting's stages; where it starts with `adapt`.
    pub(crate) timestep_fs: f64,
    /// How a trajectory is split into kicks and drifts.
    #[serde(default)]
    pub(crate) integrator: SplittingConfig,
    /// Share of the velocities drawn anew before a trajectory, over 0 and at most 1; less than 1 is generalised hybrid Monte Carlo.
    #[serde(default = "default_refresh")]
    pub(crate) refresh: f64,
    /// Whether the time step is tuned to `target_acceptance` during equilibration.
    #[serde(default)]
    pub(crate) adapt: bool,
    /// Acceptance that `adapt` aims at; 0.8 where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target_acceptance: Option<f64>,
    /// Share by which trajectories differ in length, from 0 and below 1: 0.5 draws 10 to 30 steps for `steps: 20`, so that no vibration stays in step.
    #[serde(default)]
    pub(crate) jitter: f64,
    /// Trajectories a cycle.
    #[serde(default = "one")]
    pub(crate) repeats: u64,
}

/// Settings of `mala`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MalaConfig {
    /// Length of the step in fs, at most 5; where it starts with `adapt`.
    pub(crate) timestep_fs: f64,
    /// Whether the step is tuned to `target_acceptance` during equilibration.
    #[serde(default)]
    pub(crate) adapt: bool,
    /// Acceptance that `adapt` aims at; 0.574 where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target_acceptance: Option<f64>,
    /// Steps a cycle.
    #[serde(default = "one")]
    pub(crate) repeats: u64,
}

/// What a `torsion` move turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TorsionKindConfig {
    /// One rotatable bond, methyl groups included.
    Single,
    /// phi and psi of one residue.
    #[default]
    Pair,
    /// All chi of one residue.
    SideChain,
    /// omega of one residue, best with `proposal: normal`, and with `proposal: flip` between cis and trans.
    Omega,
}

/// How a `torsion` move draws its angles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TorsionDrawConfig {
    /// Uniform on the circle.
    #[default]
    Uniform,
    /// Wrapped normal around no rotation; its width is tuned for every block during equilibration.
    Normal,
    /// Half a turn and a little: with `kind: omega` from cis to trans and back, of prolines four times of five.
    Flip,
}

/// Settings of `torsion`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TorsionConfig {
    /// What turns together.
    pub(crate) kind: TorsionKindConfig,
    /// How angles are drawn.
    pub(crate) proposal: TorsionDrawConfig,
    /// Whether omega and other planar bonds turn too.
    pub(crate) planar: bool,
    /// Width of the normal before tuning, rad.
    pub(crate) initial_step_rad: f64,
    /// Moves a cycle.
    pub(crate) repeats: u64,
}

impl Default for TorsionConfig {
    fn default() -> Self {
        let library = TorsionSettings::default();
        Self {
            kind: TorsionKindConfig::default(),
            proposal: TorsionDrawConfig::default(),
            planar: library.planar,
            initial_step_rad: library.initial_step_rad,
            repeats: 1,
        }
    }
}

/// Settings of `concerted`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConcertedConfig {
    /// Consecutive backbone torsions that turn together, at least 7.
    pub(crate) n_torsions: usize,
    /// Step of omega relative to that of phi and psi.
    pub(crate) omega_scale: f64,
    /// Step of phi and psi before tuning, rad.
    pub(crate) initial_step_rad: f64,
    /// Moves a cycle.
    pub(crate) repeats: u64,
}

impl Default for ConcertedConfig {
    fn default() -> Self {
        let library = ConcertedSettings::default();
        Self {
            n_torsions: library.n_torsions,
            omega_scale: library.omega_scale,
            initial_step_rad: library.initial_step_rad,
            repeats: 1,
        }
    }
}

/// Settings of `pucker` and of `adaptive_pucker`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PuckerConfig {
    /// Moves a cycle.
    pub(crate) repeats: u64,
}

impl Default for PuckerConfig {
    fn default() -> Self {
        Self { repeats: 1 }
    }
}

/// What an `adaptive_torsion` move turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdaptiveTorsionKind {
    /// phi and psi of one residue, or the side chain of one.
    #[default]
    Both,
    /// phi and psi of one residue.
    Backbone,
    /// All chi of one residue.
    SideChain,
}

/// Settings of `adaptive_torsion`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdaptiveTorsionConfig {
    /// What turns together.
    pub(crate) kind: AdaptiveTorsionKind,
    /// Cells of the tables in every direction, a multiple of 8 up to 96.
    pub(crate) n_bins: usize,
    /// Standard deviation of the kernel that smooths the counts, rad.
    pub(crate) kernel_width_rad: f64,
    /// Share of the uniform density in the learned one, over 0 and at most 1.
    pub(crate) floor: f64,
    /// Combinations of unchanged geometry that the density depends on; 0 for a plain histogram.
    pub(crate) n_discriminants: usize,
    /// Moves a cycle.
    pub(crate) repeats: u64,
}

impl Default for AdaptiveTorsionConfig {
    fn default() -> Self {
        let library = AdaptiveTorsionSettings::default();
        Self {
            kind: AdaptiveTorsionKind::default(),
            n_bins: library.n_bins,
            kernel_width_rad: library.kernel_width_rad,
            floor: library.floor,
            n_discriminants: library.n_discriminants,
            repeats: 1,
        }
    }
}

/// What a `torsion_leap` draws anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeapBlockConfig {
    /// phi and psi of one residue.
    Backbone,
    /// The side chain of one residue.
    SideChain,
    /// phi and psi of one residue with its side chain.
    Residue,
    /// Both of two residues that follow each other.
    Neighbors,
    /// All of these of the whole molecule.
    Molecule,
}

/// Settings of `torsion_leap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TorsionLeapConfig {
    /// `builtin`, or the path of a model that `saltus train` wrote, relative to this file.
    pub(crate) model: String,
    /// What is drawn anew; a mixture of the first three where the key is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block: Option<LeapBlockConfig>,
    /// Whether the model goes on learning, from the replicas while they equilibrate; frozen after that.
    pub(crate) fine_tune: bool,
    /// Leaps a cycle.
    pub(crate) repeats: u64,
}

impl Default for TorsionLeapConfig {
    fn default() -> Self {
        Self {
            model: BUILTIN_MODEL.to_owned(),
            block: None,
            fine_tune: false,
            repeats: 1,
        }
    }
}

/// Name of the models that the program carries.
pub(crate) const BUILTIN_MODEL: &str = "builtin";

fn default_friction_per_ps() -> f64 {
    1.0
}

fn default_refresh() -> f64 {
    1.0
}

fn one() -> u64 {
    1
}
