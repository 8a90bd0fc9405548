//! The proposal `concerted`: turns the backbone bonds of a stretch together so that everything outside it stays in place.
//!
//! All bond lengths and angles are kept. Torsions have unit density in Cartesian coordinates, so on the manifold of closed
//! stretches the density is exp(-U/kT) / sqrt(det J J^T) with J the derivative of the end's motion by the torsions (the
//! co-area formula). A normal step in the tangent space at x, closed along the normal space there, has density
//! p(v) |det(T_x^T T_y)| on the manifold; the determinant is the same both ways and cancels. A step whose way back does not
//! find x again is rejected, which is what counting the solutions of the closure comes to.
//!
//! In a ring a stretch may begin anywhere: what is outside it holds its ends together as the rest of a chain does.

use super::block::{TorsionMoveError, describe};
use super::closure::{Linkage, N_CONDITIONS};
use super::motion::Axis;
use super::step::AdaptedStep;
use super::stretch::{Run, Stretch, runs};
use crate::integrator::Engine;
use crate::proposal::contract::{Current, LogRatio, Outcome, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{Crosses, EntryContext, EntryError, ProposalSettings, Settings};
use crate::proposal::moved::move_each;
use crate::topology::{NamedTorsion, Topology, TorsionKind};
use nalgebra::{DVector, Unit, Vector3};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `concerted`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConcertedSettings {
    /// Consecutive backbone torsions that turn together, at least 7.
    pub n_torsions: usize,
    /// Step of omega relative to that of phi and psi.
    pub omega_scale: f64,
    /// Step of phi and psi before tuning, rad.
    pub initial_step_rad: f64,
    /// Moves a cycle.
    pub repeats: u64,
}

impl Default for ConcertedSettings {
    fn default() -> Self {
        Self {
            n_torsions: 9,
            omega_scale: 0.2,
            initial_step_rad: 0.1,
            repeats: 1,
        }
    }
}

impl Settings for ConcertedSettings {
    const NAME: &'static str = "concerted";
    const ABOUT: &'static str = "Loop-closing moves that turn a stretch of backbone and leave the rest in place. Exact, not ergodic by itself.";
}

impl ProposalSettings for ConcertedSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn adapts(&self) -> bool {
        true
    }

    fn crosses(&self) -> Crosses {
        Crosses {
            loops: true,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(ConcertedProposal::new(context.topology, self)?))
    }
}

/// A stretch with the scale of each step.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    stretch: Stretch,
    scales: Vec<f64>,
}

/// Loop-closing moves of a stretch of backbone; step sizes are tuned while adaptation lasts.
#[derive(Debug, Clone)]
pub struct ConcertedProposal {
    windows: Vec<Window>,
    steps: Vec<AdaptedStep>,
    used: Vec<usize>,
    frozen: bool,
}

impl ConcertedProposal {
    /// Finds the stretches of a molecule.
    ///
    /// # Errors
    /// [`TorsionMoveError`] when no chain has 7 consecutive backbone torsions or a setting is out of range.
    pub fn new(
        topology: &Topology,
        settings: &ConcertedSettings,
    ) -> Result<Self, TorsionMoveError> {
        check(settings)?;
        let neighbors = topology.neighbors();
        let windows: Vec<Window> = runs(topology, &neighbors)
            .iter()
            .flat_map(|run| windows(&neighbors, run, settings))
            .collect();
        if windows.is_empty() {
            return Err(TorsionMoveError::NoRotatableBond {
                proposal: "concerted",
                needed: "7 consecutive backbone torsions (three capped residues, or four)",
                molecule: describe(topology),
                remedy: "take `torsion: {kind: pair}`",
            });
        }
        Ok(Self {
            steps: vec![AdaptedStep::new(settings.initial_step_rad); windows.len()],
            windows,
            used: Vec::new(),
            frozen: false,
        })
    }

    /// Names of the torsions of every stretch.
    #[must_use]
    pub fn windows(&self) -> Vec<Vec<&str>> {
        self.windows.iter().map(Window::names).collect()
    }

    /// Step sizes in rad, one for each stretch.
    #[must_use]
    pub fn step_sizes_rad(&self) -> Vec<f64> {
        self.steps.iter().map(|step| step.size_rad).collect()
    }
}

fn check(settings: &ConcertedSettings) -> Result<(), TorsionMoveError> {
    let setting = |setting, got, expected| TorsionMoveError::Setting {
        proposal: "concerted",
        setting,
        got,
        expected,
    };
    let positive = |value: f64| value > 0.0 && value.is_finite();
    if settings.n_torsions <= N_CONDITIONS {
        #[expect(clippy::cast_precision_loss, reason = "at most 6")]
        let got = settings.n_torsions as f64;
        return Err(setting("n_torsions", got, "7 or more"));
    }
    if !positive(settings.omega_scale) {
        let got = settings.omega_scale;
        return Err(setting("omega_scale", got, "a positive number"));
    }
    if !positive(settings.initial_step_rad) {
        let got = settings.initial_step_rad;
        return Err(setting("the initial step in rad", got, "a positive number"));
    }
    Ok(())
}

fn windows(neighbors: &[Vec<usize>], run: &Run, settings: &ConcertedSettings) -> Vec<Window> {
    let n_torsions = settings.n_torsions.min(run.torsions.len());
    if n_torsions <= N_CONDITIONS {
        return Vec::new();
    }
    run.starts(n_torsions)
        .filter_map(|first| {
            let torsions = run.torsions_from(first, n_torsions);
            window(neighbors, torsions, settings.omega_scale)
        })
        .collect()
}

/// The window of these torsions; none where a cross-link is in the way.
fn window(
    neighbors: &[Vec<usize>],
    torsions: Vec<NamedTorsion>,
    omega_scale: f64,
) -> Option<Window> {
    let scale = |torsion: &NamedTorsion| match torsion.kind {
        TorsionKind::Omega => omega_scale,
        _ => 1.0,
    };
    let scales = torsions.iter().map(scale).collect();
    let stretch = Stretch::new(neighbors, torsions)?;
    Some(Window { stretch, scales })
}

impl Window {
    fn names(&self) -> Vec<&str> {
        self.stretch
            .torsions
            .iter()
            .map(|t| t.name.as_str())
            .collect()
    }

    fn linkage(&self, atoms: &[[f64; 3]]) -> Linkage {
        // Points relative to the stretch keep rounding in the closure small.
        let axis = |torsion: &NamedTorsion| {
            let [_, from, to, _] = torsion.atoms;
            let point = Vector3::from(atoms[to]);
            Axis {
                point: point - self.origin(atoms),
                direction: Unit::new_normalize(point - Vector3::from(atoms[from])),
            }
        };
        Linkage {
            axes: self.stretch.torsions.iter().map(axis).collect(),
            scales: self.scales.clone(),
        }
    }

    fn origin(&self, atoms: &[[f64; 3]]) -> Vector3<f64> {
        Vector3::from(atoms[self.stretch.middle()])
    }

    /// Moves the stretch and turns its velocities with it; returns ln q(y|x) and ln q(x|y), or nothing where no reversible closure was found.
    fn propose(
        &self,
        (positions, velocities): (&mut [f64], &mut [f64]),
        size_rad: f64,
        stream: &mut Xoshiro256PlusPlus,
    ) -> Option<[f64; 2]> {
        let atoms = positions.as_chunks_mut::<3>().0;
        let velocities = velocities.as_chunks_mut::<3>().0;
        let normal = DVector::from_fn(self.scales.len(), |_, _| {
            size_rad * stream.sample::<f64, _>(StandardNormal)
        });
        let linkage = self.linkage(atoms);
        let jacobian = linkage.jacobian();
        let tangent = Linkage::tangent(&jacobian, &normal)?;
        let closed = linkage.step(&jacobian, &tangent)?;
        let origin = self.origin(atoms);
        self.stretch
            .carry(&closed.motions, origin, (atoms, velocities));
        let log_normal = |squared: f64| -0.5 * squared / (size_rad * size_rad);
        // Densities relative to the measure of closed torsions: p(v) times sqrt(det J J^T) where the step ends, less the start's.
        Some([
            log_normal(tangent.norm_squared()) + closed.log_volume_change,
            log_normal(closed.reverse_squared),
        ])
    }
}

impl Proposal for ConcertedProposal {
    fn name(&self) -> &str {
        "concerted"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let moved = move_each(current, streams, |moving, stream| {
            let window = stream.random_range(0..self.windows.len());
            let size_rad = self.steps[window].size_rad;
            // Without a reversible closure the replica stays: it proposes itself with a ratio that no uniform number passes.
            let log_q = self.windows[window].propose(moving, size_rad, stream);
            (window, log_q.unwrap_or([0.0, f64::MIN]))
        });
        let log_q = |way: usize| moved.returned.iter().map(move |(_, log_q)| log_q[way]);
        let log_ratio = LogRatio::Densities {
            log_q_forward: log_q(0).collect(),
            log_q_reverse: log_q(1).collect(),
        };
        self.used = moved.returned.iter().map(|(window, _)| *window).collect();
        Ok(Proposed {
            velocities: Some(moved.velocities),
            ..Proposed::new(moved.positions, log_ratio)
        })
    }

    fn adapt(&mut self, _current: Current<'_>, outcomes: &[Outcome]) {
        if self.frozen || self.used.len() != outcomes.len() {
            return;
        }
        AdaptedStep::learn_all(&mut self.steps, &self.used, |replica| {
            outcomes[replica] == Outcome::Accepted
        });
    }

    fn freeze(&mut self) {
        self.frozen = true;
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "steps": self.steps, "frozen": self.frozen })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        let (steps, frozen) = AdaptedStep::restore_all(saved, self.steps.len(), "concerted")?;
        (self.steps, self.frozen) = (steps, frozen);
        Ok(())
    }
}
