//! What a proposal is and what it hands to the acceptance test. The proposals themselves have files of their own.

use crate::integrator::{Engine, EngineError};
use crate::state::State;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The evaluated states that a proposal starts from.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// Positions and velocities of all replicas.
    pub state: &'a State,
    /// Potential energies in kJ/mol, `[n_replicas]`.
    pub energies: &'a [f64],
    /// Temperatures in K, `[n_replicas]`.
    pub temperatures_kelvin: &'a [f64],
}

/// The part of the acceptance ratio that the proposal owes; there is no default.
#[derive(Debug, Clone, PartialEq)]
pub enum LogRatio {
    /// q(y|x) = q(x|y) for every replica, by construction. Written out, never assumed.
    Symmetric,
    /// ln q(y|x) and ln q(x|y), `[n_replicas]` each, Jacobians included.
    Densities {
        /// ln q(y|x), the density of what was proposed.
        log_q_forward: Vec<f64>,
        /// ln q(x|y), the density of proposing the way back.
        log_q_reverse: Vec<f64>,
    },
}

/// Velocities that go with a proposal whose moves involve them.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedVelocities {
    /// Velocities after acceptance, `[n_replicas, n_atoms, 3]`.
    pub accepted: Vec<f64>,
    /// Velocities after rejection (reversed, for generalised hybrid Monte Carlo).
    pub rejected: Vec<f64>,
}

impl ProposedVelocities {
    /// Velocities that turned with the atoms, to be kept as they were (`before`) where the move is rejected.
    #[must_use]
    pub fn turned(accepted: Vec<f64>, before: &[f64]) -> Self {
        Self {
            accepted,
            rejected: before.to_vec(),
        }
    }

    /// The velocities that go with an outcome.
    #[must_use]
    pub fn of(&self, accepted: bool) -> &[f64] {
        if accepted {
            &self.accepted
        } else {
            &self.rejected
        }
    }
}

/// A segment of dynamics that a proposal ran, the same for every replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Time steps taken; they advance the step count of the run.
    pub n_steps: u64,
    /// Length of one in ps; accepted or not, the segment counts as simulated time.
    pub timestep_ps: f64,
}

/// A batch of proposed states, one for each replica.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    /// Positions y in nm, `[n_replicas, n_atoms, 3]`.
    pub positions: Vec<f64>,
    /// Proposal densities.
    pub log_ratio: LogRatio,
    /// ln of the density of auxiliary variables at y over that at x, `[n_replicas]`, where the move has any.
    pub log_auxiliary: Option<Vec<f64>>,
    /// Potential energies of y in kJ/mol, where the proposal had to evaluate them anyway.
    pub energies: Option<Vec<f64>>,
    /// Velocities, where the move changes them.
    pub velocities: Option<ProposedVelocities>,
    /// Dynamics behind the move, where there are any.
    pub segment: Option<Segment>,
    /// Energy and force evaluations that the proposal made itself, counted once a replica.
    pub n_energy_evaluations: u64,
}

impl Proposed {
    /// Positions and their ratio; nothing else.
    #[must_use]
    pub fn new(positions: Vec<f64>, log_ratio: LogRatio) -> Self {
        Self {
            positions,
            log_ratio,
            log_auxiliary: None,
            energies: None,
            velocities: None,
            segment: None,
            n_energy_evaluations: 0,
        }
    }

    /// Checks every array against the batch of `state`.
    ///
    /// # Errors
    /// [`ProposalError::Shape`] with the first array of the wrong length.
    pub fn check_shapes(&self, proposal: &str, state: &State) -> Result<(), ProposalError> {
        let (n_replicas, n_values) = (state.n_replicas, state.positions.len());
        let mut sizes = vec![("positions", self.positions.len(), n_values)];
        if let LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = &self.log_ratio
        {
            sizes.push(("log_q_forward", log_q_forward.len(), n_replicas));
            sizes.push(("log_q_reverse", log_q_reverse.len(), n_replicas));
        }
        if let Some(auxiliary) = &self.log_auxiliary {
            sizes.push(("log_auxiliary", auxiliary.len(), n_replicas));
        }
        if let Some(energies) = &self.energies {
            sizes.push(("energies", energies.len(), n_replicas));
        }
        if let Some(velocities) = &self.velocities {
            sizes.push(("accepted velocities", velocities.accepted.len(), n_values));
            sizes.push(("rejected velocities", velocities.rejected.len(), n_values));
        }
        match sizes.into_iter().find(|(_, got, expected)| got != expected) {
            None => Ok(()),
            Some((what, got, expected)) => Err(ProposalError::Shape {
                proposal: proposal.to_owned(),
                what,
                got,
                expected,
            }),
        }
    }
}

/// How the test of one replica ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The replica moved.
    Accepted,
    /// It stayed.
    Rejected,
    /// It stayed because the energy or the ratio was not finite (the offending logarithm of the ratio).
    NonFinite(f64),
}

/// Share of the replicas that moved; 0 of none.
#[must_use]
pub fn mean_acceptance(outcomes: &[Outcome]) -> f64 {
    let accepted = outcomes.iter().filter(|&&o| o == Outcome::Accepted).count();
    accepted as f64 / outcomes.len().max(1) as f64
}

/// A proposal broke its contract or its engine.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// An array has the wrong length.
    #[error("proposal `{proposal}` returned {got} values for {what}; {expected} were expected")]
    Shape {
        /// Name of the proposal.
        proposal: String,
        /// Which array.
        what: &'static str,
        /// Its length.
        got: usize,
        /// What it should be.
        expected: usize,
    },
    /// The proposal cannot work on this system.
    #[error("proposal `{proposal}` cannot be used here: {reason}")]
    Unsupported {
        /// Name of the proposal.
        proposal: String,
        /// What stands in the way, and the remedy.
        reason: String,
    },
    /// The proposal failed by itself.
    #[error("proposal `{proposal}` failed: {reason}")]
    Failed {
        /// Name of the proposal.
        proposal: String,
        /// What happened, and the remedy.
        reason: String,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Proposes new positions for all replicas at once.
///
/// The contract:
/// * The random streams, one a replica, are the only source of chance, so that a batch equals a loop over its replicas.
/// * The log ratio is exact, Jacobians included; a wrong one gives a wrong distribution, silently. A proposal that goes
///   through a row of `tests/conformance` has been checked.
/// * Once frozen, nothing that the density depends on may change.
/// * Velocities stay where they are unless the proposal returns some. With rigid bonds they must fit the constraints at y,
///   so a move that turns a part of the molecule turns its velocities too.
///
/// # Example
/// A move that scales the whole molecule about the origin, y = s x with ln s normal. Its way back is 1/s, as likely as s,
/// but the volume around x grows by s to the power of the number of coordinates: ln q(x|y) - ln q(y|x) = 3 N ln s.
/// (`examples/custom_proposal.rs` is a symmetric move on a peptide.)
///
/// ```
/// use rand::RngExt;
/// use rand_distr::StandardNormal;
/// use rand_xoshiro::Xoshiro256PlusPlus;
/// use saltus::forcefield::{ForceField, SystemOptions};
/// use saltus::integrator::Engine;
/// use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
/// use saltus::proposal::{Current, LogRatio, Proposal, ProposalError, Proposed};
/// use saltus::topology::{Sequence, build};
///
/// struct Scaling {
///     width: f64,
/// }
///
/// impl Proposal for Scaling {
///     fn name(&self) -> &str {
///         "scaling"
///     }
///
///     fn propose(
///         &mut self,
///         current: Current<'_>,
///         _engine: &mut dyn Engine,
///         streams: &mut [Xoshiro256PlusPlus],
///     ) -> Result<Proposed, ProposalError> {
///         let n_coordinates = current.state.n_atoms * 3;
///         let mut positions = current.state.positions.clone();
///         let mut log_q_forward = Vec::new();
///         for (replica, stream) in positions.chunks_mut(n_coordinates).zip(streams) {
///             let log_scale = self.width * stream.sample::<f64, _>(StandardNormal);
///             replica.iter_mut().for_each(|x| *x *= log_scale.exp());
///             // Half of the Jacobian on the way there, half on the way back: only the difference counts.
///             log_q_forward.push(-0.5 * n_coordinates as f64 * log_scale);
///         }
///         let log_q_reverse = log_q_forward.iter().map(|log_q| -log_q).collect();
///         Ok(Proposed::new(positions, LogRatio::Densities { log_q_forward, log_q_reverse }))
///     }
/// }
///
/// let molecule = build(&Sequence::parse("ACE-GLY-NME")?, &[])?;
/// let system = ForceField::builtin("amber14")?.assign(&molecule.topology, &SystemOptions::default())?;
/// let mut engine = saltus::cpu::engine(&system, &Default::default())?;
/// let mut chain = Chain::start(&molecule.positions, &[310.0; 4]);
/// let mut kernel = MetropolisKernel::new(Box::new(Scaling { width: 1e-3 }), 4, 7);
/// for _ in 0..50 {
///     kernel.step(&mut chain, engine.as_mut())?;
/// }
/// assert_eq!(kernel.statistics().proposed, 200);
/// assert!(kernel.statistics().accepted > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Proposal: Send {
    /// Name as in the YAML file.
    fn name(&self) -> &str;

    /// Proposes a state for every replica.
    ///
    /// # Errors
    /// [`ProposalError`] where the run can't go on. A move that is merely bad is returned and will be rejected.
    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError>;

    /// Whether repeated moves reach, in principle, every configuration from every other.
    ///
    /// `true` only if all degrees of freedom move: rotations about bonds never change bonds and angles, so they are not
    /// ergodic by themselves. A sampler without any ergodic kernel gives a warning. The default is the safe answer.
    fn is_ergodic(&self) -> bool {
        false
    }

    /// Learns from the outcome of the last proposal; called in the adaptation phase only, after the chain has moved.
    fn adapt(&mut self, _current: Current<'_>, _outcomes: &[Outcome]) {}

    /// Ends the adaptation phase: from here on the proposal must not change.
    fn freeze(&mut self) {}

    /// A copy that goes on as this one would, for replicas that another thread advances from here on; asked for after
    /// [`Proposal::freeze`] only. `None`, the default, keeps all replicas together.
    ///
    /// What the proposal makes of a replica must then be the same whichever replicas are with it.
    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        None
    }

    /// What was adapted, for a checkpoint; `Null` where nothing is.
    fn save(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// Restores what [`Proposal::save`] returned.
    ///
    /// # Errors
    /// A message when the value is not this proposal's.
    fn restore(&mut self, _saved: &serde_json::Value) -> Result<(), String> {
        Ok(())
    }
}
