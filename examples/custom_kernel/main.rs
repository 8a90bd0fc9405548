//! `saltus` with a kernel of one's own, which then stands in YAML, in `saltus bench`, in the schema and in `saltus info`:
//! `cargo run --release --example custom_kernel -- bench examples/custom_kernel/crankshaft.yaml`

use std::process::ExitCode;

use nalgebra::{Point3, Rotation3};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::mcmc::OutsideKind;
use saltus::proposal::{
    Current, EntryChecks, EntryContext, EntryError, LogRatio, Proposal, ProposalError,
    ProposalSettings, Proposed, Settings,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of `crankshaft`, as YAML has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CrankshaftSettings {
    /// Largest turn, rad.
    largest_turn_rad: f64,
    /// Moves a cycle.
    #[serde(default = "saltus::proposal::one")]
    repeats: u64,
}

impl Settings for CrankshaftSettings {
    const NAME: &'static str = "crankshaft";
    const ABOUT: &'static str =
        "The first peptide plane turns about the line between its two carbons. Exact.";
}

impl ProposalSettings for CrankshaftSettings {
    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn check(&self, checks: &mut EntryChecks<'_>) {
        if self.largest_turn_rad.is_nan() || self.largest_turn_rad <= 0.0 {
            let problem = format!("got {}, expected a number over 0", self.largest_turn_rad);
            checks.fault("largest_turn_rad", &problem, "write 0.2");
        }
    }

    fn proposal(&self, context: &EntryContext<'_>) -> Result<Box<dyn Proposal>, EntryError> {
        let atom = |residue, name| {
            let found = context.topology.atom_index(residue, name);
            found.ok_or_else(|| {
                EntryError::of(format!("there is no atom {name} in residue {residue}"))
            })
        };
        let first = atom(0, "CH3").or_else(|_| atom(0, "CA"))?;
        Ok(Box::new(Crankshaft {
            axis: [first, atom(1, "CA")?],
            atoms: vec![atom(0, "C")?, atom(0, "O")?, atom(1, "N")?, atom(1, "H")?],
            largest_turn_rad: self.largest_turn_rad,
        }))
    }
}

struct Crankshaft {
    axis: [usize; 2],
    atoms: Vec<usize>,
    largest_turn_rad: f64,
}

impl Proposal for Crankshaft {
    fn name(&self) -> &str {
        CrankshaftSettings::NAME
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut positions = current.state.positions.clone();
        let range = -self.largest_turn_rad..self.largest_turn_rad;
        let replicas = positions.chunks_mut(current.state.n_atoms * 3);
        for (replica, stream) in replicas.zip(streams) {
            let x = replica.as_chunks_mut::<3>().0;
            let [from, to] = self.axis.map(|atom| Point3::from(x[atom]));
            let turn = Rotation3::new((to - from).normalize() * stream.random_range(range.clone()));
            for &atom in &self.atoms {
                x[atom] = (from + turn * (Point3::from(x[atom]) - from)).into();
            }
        }
        // The axis stays, so the turn back is as likely as the turn; rotations keep volumes: no Jacobian.
        Ok(Proposed::new(positions, LogRatio::Symmetric))
    }
}

fn main() -> ExitCode {
    saltus::cli::main_with(&[OutsideKind::of::<CrankshaftSettings>()])
}
