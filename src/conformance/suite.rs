//! The checks as one call for a proposal of anybody's.

use super::checks::{self, Case};
use super::crystal::Crystal;
use super::molecules::{Backbone, Springs};
use super::targets::{DoubleWell, Harmonic, Target};
use super::tethered::Tethered;
use super::toy_engine::ToyEngine;
use crate::mcmc::{HostSampler, MetropolisKernel, Sampler};
use crate::proposal::Proposal;
use crate::topology::{Atom, Element, Molecule, Residue, Topology};
use std::sync::Arc;

/// Temperature of all targets, K.
const KELVIN: f64 = 310.0;
/// Standard deviations in nm of a coordinate of the molecule as a crystal: tight for small steps, loose for large ones.
const CRYSTAL_WIDTHS_NM: [f64; 2] = [0.01, 0.1];
/// Share of moves below which a test of their ratio tells little.
const FEW: f64 = 0.005;
/// Cycles in which a proposal may adapt before it is tested.
const N_TUNING: u64 = 50;

/// How hard a proposal is tested; more finds smaller errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Independent draws that each test starts from.
    pub n_replicas: usize,
    /// Moves of each.
    pub n_steps: u64,
    /// Seed of the proposal's chance.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            n_replicas: 6000,
            n_steps: 60,
            seed: 21,
        }
    }
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is off.
    Passed,
    /// So few moves were accepted, or so small ones, that the test tells little.
    Unclear(String),
    /// The distribution changes.
    Failed(String),
    /// The proposal does not take this molecule.
    Refused(String),
}

/// One target and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The target in words.
    pub target: String,
    /// Share of moves that were accepted.
    pub acceptance: f64,
    /// What came of it.
    pub outcome: Outcome,
}

/// A proposal for a molecule, or why there is none for it.
pub type Maker<'a> = dyn FnMut(&Topology) -> Result<Box<dyn Proposal>, String> + 'a;

struct Toy {
    name: String,
    topology: Topology,
    target: Arc<dyn Target>,
}

impl Case for Toy {
    fn name(&self) -> &str {
        &self.name
    }

    fn target(&self) -> Arc<dyn Target> {
        Arc::clone(&self.target)
    }

    fn rungs_kelvin(&self) -> &[f64] {
        &[KELVIN]
    }
}

/// Puts a proposal through the suite: wells, springs, chains of four and ten atoms, and `molecule` as a crystal.
///
/// On each target exact draws are moved and have to stay exact draws: means against known ones, means against themselves before
/// (which is the sharper test where moves are small), ranks of a draw among states grown from it both ways. A proposal that
/// adapts does so first, and is frozen.
pub fn check(make: &mut Maker<'_>, molecule: Option<&Molecule>, effort: Effort) -> Vec<Verdict> {
    let toys = toys(molecule);
    toys.iter().map(|toy| judge(toy, make, effort)).collect()
}

fn toys(molecule: Option<&Molecule>) -> Vec<Toy> {
    let toy = |name: &str, n_atoms: usize, target: Arc<dyn Target>| Toy {
        name: name.to_owned(),
        topology: chain(n_atoms),
        target,
    };
    let mut toys = vec![
        toy("double well, 1 atom", 1, Arc::new(DoubleWell)),
        toy("harmonic well, 3 atoms", 3, Arc::new(Harmonic::new())),
        toy("springs, 3 atoms", 3, Arc::new(Tethered(Springs))),
        toy("chain of 4 atoms", 4, Arc::new(Tethered(Backbone::new(4)))),
        toy(
            "chain of 10 atoms",
            10,
            Arc::new(Tethered(Backbone::new(10))),
        ),
    ];
    if let Some(molecule) = molecule {
        toys.extend(CRYSTAL_WIDTHS_NM.map(|width_nm| Toy {
            name: format!("the molecule as a crystal, {width_nm} nm wide"),
            topology: molecule.topology.clone(),
            target: Arc::new(Crystal::new(&molecule.positions, width_nm)),
        }));
    }
    toys
}

/// Atoms in a chain, named as a backbone: C of one residue, then N, CA, C of each that follows.
fn chain(n_atoms: usize) -> Topology {
    let atom = |index: usize| {
        let name = ["C", "N", "CA"][index % 3];
        Atom {
            name: name.to_owned(),
            element: match name {
                "N" => Element::NITROGEN,
                _ => Element::CARBON,
            },
            residue_index: index.div_ceil(3),
        }
    };
    let residue = |(index, number): (usize, i32)| Residue {
        name: "GLY".to_owned(),
        chain: 'A',
        number,
        atoms: (3 * index).saturating_sub(2)..(3 * index + 1).min(n_atoms),
    };
    Topology {
        atoms: (0..n_atoms).map(atom).collect(),
        residues: (0..=(n_atoms - 1).div_ceil(3))
            .zip(1..)
            .map(residue)
            .collect(),
        bonds: (1..n_atoms).map(|index| [index - 1, index]).collect(),
        ..Topology::default()
    }
}

fn judge(toy: &Toy, make: &mut Maker<'_>, effort: Effort) -> Verdict {
    let mut acceptance = 0.0;
    let outcome = match make(&toy.topology) {
        Err(reason) => Outcome::Refused(reason),
        Ok(proposal) => {
            let n_replicas = effort.n_replicas;
            let kernel = MetropolisKernel::new(proposal, n_replicas, effort.seed);
            let engine = Box::new(ToyEngine::new(toy.target()));
            let mut sampler = HostSampler::new(engine, vec![Box::new(kernel)]);
            let told = told(toy, &mut sampler, effort);
            let statistics = sampler.statistics()[0];
            acceptance = statistics.accepted as f64 / statistics.proposed.max(1) as f64;
            match told {
                Err(fault) => Outcome::Failed(fault),
                Ok(()) if acceptance < FEW => Outcome::Unclear(format!(
                    "{:.2} % of the moves were accepted: whether their ratio is right shows in those that are",
                    100.0 * acceptance
                )),
                Ok(()) => Outcome::Passed,
            }
        }
    };
    Verdict {
        target: toy.name.clone(),
        acceptance,
        outcome,
    }
}

fn told(toy: &Toy, sampler: &mut dyn Sampler, effort: Effort) -> Result<(), String> {
    let Effort {
        n_replicas,
        n_steps,
        seed,
    } = effort;
    let mut tuning = checks::exact_chain(toy, n_replicas, seed);
    checks::run(sampler, &mut tuning, N_TUNING)?;
    checks::invariance(toy, sampler, n_steps, n_replicas)?;
    checks::uniform_ranks(toy, sampler, n_replicas)
}
