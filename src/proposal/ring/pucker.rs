//! The proposal `pucker`: mirrors the puckering of a proline's ring, which no rotation about a bond can turn.
//!
//! CG turns about the axis through CB and CD, by -2 w where w is how far it is out of the plane of CA, CB and CD, so that
//! it ends as far on the other side. CB and CD stay, so the bonds of CG do too. What hangs on CG turns with it; what hangs
//! on CB turns about CA-CB, and what hangs on CD about N-CD, by as much as CG did as seen along those bonds. All other atoms
//! stay. Given the atoms that stay, CG is mirrored on a circle, and given CG the rest turns rigidly: the Jacobian is one.
//! Done twice it is the identity, so q(y|x) = q(x|y).
//!
//! Bond lengths stay, bond angles within the ring change by little: 15 to 21 % of the flips are accepted in ACE-PRO-NME, GP,
//! VP and ACE-VAL-PRO-ALA-NME (AMBER ff14SB, OBC1, 310 K). Without it dynamics alone crosses between the two puckers.
//! What puckers are: C. Altona and M. Sundaralingam, doi:10.1021/ja00778a043.

use crate::integrator::Engine;
use crate::proposal::contract::{Current, LogRatio, Proposal, ProposalError, Proposed};
use crate::proposal::entry::{Crosses, EntryContext, EntryError, ProposalSettings, Settings};
use crate::proposal::moved::move_each;
use crate::proposal::torsion::block::{TorsionMoveError, describe};
use crate::proposal::torsion::pivot::rotation;
use crate::topology::{PuckerRing, Topology, pucker_rings, torsion_rad};
use crate::vector::wrap;
use nalgebra::{Matrix3, Unit, Vector3};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Settings of `pucker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PuckerSettings {
    /// Moves a cycle.
    pub repeats: u64,
}

impl Default for PuckerSettings {
    fn default() -> Self {
        Self { repeats: 1 }
    }
}

impl Settings for PuckerSettings {
    const NAME: &'static str = "pucker";
    const ABOUT: &'static str =
        "Flips of a proline's ring between its two puckers. Exact, not ergodic by itself.";
}

impl ProposalSettings for PuckerSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn crosses(&self) -> Crosses {
        Crosses {
            rings: true,
            ..Crosses::default()
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        Ok(Box::new(PuckerProposal::new(context.topology)?))
    }
}

/// Mirrors the puckering of one ring a move, chosen whatever the state.
#[derive(Debug, Clone)]
pub struct PuckerProposal {
    rings: Vec<PuckerRing>,
}

impl PuckerProposal {
    /// Finds the rings of a molecule.
    ///
    /// # Errors
    /// [`TorsionMoveError`] when it has none.
    pub fn new(topology: &Topology) -> Result<Self, TorsionMoveError> {
        let rings = rings_for("pucker", topology)?;
        Ok(Self { rings })
    }

    /// The rings that moves choose from, each with equal probability.
    #[must_use]
    pub fn rings(&self) -> &[PuckerRing] {
        &self.rings
    }
}

/// The rings of a molecule that has any.
pub(super) fn rings_for(
    proposal: &'static str,
    topology: &Topology,
) -> Result<Vec<PuckerRing>, TorsionMoveError> {
    let rings = pucker_rings(topology);
    if rings.is_empty() {
        return Err(TorsionMoveError::NoRing {
            proposal,
            molecule: describe(topology),
        });
    }
    Ok(rings)
}

/// Positions and velocities of one replica, `[n_atoms][3]`.
pub(crate) struct Moving<'a> {
    positions: &'a mut [[f64; 3]],
    velocities: &'a mut [[f64; 3]],
}

impl<'a> Moving<'a> {
    /// Of arrays `[n_atoms * 3]`.
    pub(crate) fn of(positions: &'a mut [f64], velocities: &'a mut [f64]) -> Self {
        Self {
            positions: positions.as_chunks_mut().0,
            velocities: velocities.as_chunks_mut().0,
        }
    }

    fn torsion(&self, atoms: [usize; 4]) -> f64 {
        torsion_rad(self.positions, atoms)
    }

    fn rotation(&self, from: usize, to: usize, angle_rad: f64) -> Matrix3<f64> {
        let [from, to] = [from, to].map(|atom| Vector3::from(self.positions[atom]));
        rotation(&Unit::new_normalize(to - from), angle_rad)
    }

    /// Turns atoms about an axis through `joint`, and their velocities.
    fn turn(&mut self, rotation: &Matrix3<f64>, joint: usize, atoms: impl Iterator<Item = usize>) {
        let origin = Vector3::from(self.positions[joint]);
        for atom in atoms {
            let turned = origin + rotation * (Vector3::from(self.positions[atom]) - origin);
            self.positions[atom] = turned.into();
            self.turn_velocity(rotation, atom);
        }
    }

    fn turn_velocity(&mut self, rotation: &Matrix3<f64>, atom: usize) {
        self.velocities[atom] = (rotation * Vector3::from(self.velocities[atom])).into();
    }

    /// Mirrors one ring. Velocities of CB and CD turn with what hangs on them, so that rigid bonds keep their constraints.
    pub(crate) fn flip(&mut self, ring: &PuckerRing) {
        let [n, ca, cb, cg, cd] = ring.atoms;
        let seen_from = [[n, ca, cb, cg], [ca, n, cd, cg]];
        let before = seen_from.map(|atoms| self.torsion(atoms));
        // CA-CB-CD-CG is near 180 degrees: flat is 180.
        let out_of_plane = wrap(self.torsion([ca, cb, cd, cg]) - PI);
        let mirror = self.rotation(cb, cd, -2.0 * out_of_plane);
        let on_gamma = ring.on_gamma.iter().copied();
        self.turn(&mirror, cd, std::iter::once(cg).chain(on_gamma));
        for ((atoms, before), hanging) in seen_from
            .into_iter()
            .zip(before)
            .zip([&ring.on_beta, &ring.on_delta])
        {
            let [_, from, joint, _] = atoms;
            let along = self.rotation(from, joint, wrap(self.torsion(atoms) - before));
            self.turn(&along, joint, hanging.iter().copied());
            self.turn_velocity(&along, joint);
        }
    }
}

impl Proposal for PuckerProposal {
    fn name(&self) -> &str {
        "pucker"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let moved = move_each(current, streams, |(positions, velocities), stream| {
            let ring = &self.rings[stream.random_range(0..self.rings.len())];
            Moving::of(positions, velocities).flip(ring);
        });
        Ok(Proposed {
            velocities: Some(moved.velocities),
            ..Proposed::new(moved.positions, LogRatio::Symmetric)
        })
    }

    fn frozen_copy(&self) -> Option<Box<dyn Proposal>> {
        Some(Box::new(self.clone()))
    }
}
