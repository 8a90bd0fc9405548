//! The proposal `timewarp`: jumps drawn from a conditional flow on Cartesian coordinates. The acceptance test is not its business.
//!
//! Klein et al., arXiv:2302.01170. The target is mu(x) N(v; 0, I) with auxiliary variables v. Every proposal begins with
//! a Gibbs refresh of v, a draw of its own: one v for a whole batch of proposals, as published, is biased, since the batch
//! ends with an acceptance, whose probability depends on v.

use super::guard::ChiralGuard;
use super::tree::placement_tree;
use crate::flow::timewarp::{Conformation, Drawn, InternalFlow, Pair, TimewarpError, TimewarpFlow};
use crate::integrator::Engine;
use crate::proposal::contract::{Current, LogRatio, Proposal, ProposalError, Proposed};
use crate::topology::Topology;
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::Arc;

/// Why a model cannot propose for a molecule.
#[derive(Debug, thiserror::Error)]
pub enum TimewarpProposalError {
    /// An element that the model has not learned.
    #[error(
        "atom {atom} is {element}, but the Timewarp model knows {known} only; train a model on such molecules with `saltus train`"
    )]
    Element {
        /// The atom's label.
        atom: String,
        /// Its element.
        element: &'static str,
        /// The model's vocabulary.
        known: String,
    },
    /// A model in internal coordinates of something else.
    #[error(
        "the Timewarp model works in internal coordinates of another molecule ({got} atoms here, {expected} there, or in another order); train a model of this one with `saltus train`"
    )]
    Molecule {
        /// Atoms of the molecule.
        got: usize,
        /// Atoms of the model's.
        expected: usize,
    },
}

/// Draws Y = (y, v_y) from p(. | x) and gives both densities, ln p(Y|x) and ln p(X|y) with X = (x, v_x), v_x fresh.
///
/// ln r = -(U(y) - U(x))/kT - (|v_y|² - |v_x|²)/2 - ln p(Y|x) + ln p(X|y). A y whose stereocentres differ from x's has
/// no part in the distribution of this molecule and is rejected. The model may work in internal coordinates: the densities
/// are those of positions all the same.
#[derive(Debug, Clone)]
pub struct TimewarpProposal {
    model: Arc<dyn TimewarpFlow>,
    elements: Vec<usize>,
    guard: ChiralGuard,
}

impl TimewarpProposal {
    /// A model for a molecule, on the CPU or on another device.
    ///
    /// # Errors
    /// [`TimewarpProposalError`] for an element outside the model's vocabulary.
    pub fn new(
        model: Arc<dyn TimewarpFlow>,
        topology: &Topology,
    ) -> Result<Self, TimewarpProposalError> {
        if let Some(internal) = &model.config().internal
            && placement_tree(topology).as_ref() != Some(&internal.tree)
        {
            return Err(TimewarpProposalError::Molecule {
                got: topology.n_atoms(),
                expected: internal.tree.n_atoms(),
            });
        }
        let element_of = |(index, atom): (usize, &crate::topology::Atom)| {
            let element = atom.element.symbol();
            let residue = &topology.residues[atom.residue_index].name;
            model
                .config()
                .element_index(residue, &atom.name, element)
                .ok_or_else(|| TimewarpProposalError::Element {
                    atom: topology.label(index),
                    element,
                    known: model.config().element_vocabulary.join(", "),
                })
        };
        let elements: Result<Vec<usize>, _> =
            topology.atoms.iter().enumerate().map(element_of).collect();
        Ok(Self {
            elements: elements?,
            guard: ChiralGuard::new(topology),
            model: InternalFlow::wrap(model),
        })
    }

    /// Normals of width 1, then latents: what the stream gives to one replica, in this order.
    fn normals(&self, stream: &mut Xoshiro256PlusPlus, width: f64) -> Vec<f64> {
        let n_values = 3 * self.elements.len();
        (0..n_values)
            .map(|_| width * stream.sample::<f64, _>(StandardNormal))
            .collect()
    }

    /// What the flow is conditioned on for every replica; replicas at the same place share one where v_x does not matter.
    fn conformations_at<'a>(
        &'a self,
        positions: &[&'a [f64]],
        auxiliaries: &'a [Vec<f64>],
    ) -> (Vec<Conformation<'a>>, Vec<usize>) {
        let shares = self.model.config().ignore_conditional_velocity;
        let mut conformations: Vec<Conformation<'_>> = Vec::new();
        let mut state_of = Vec::with_capacity(positions.len());
        for (x, own) in positions.iter().zip(auxiliaries) {
            let last = conformations.last().map(|last| last.positions);
            if !(shares && last == Some(*x)) {
                conformations.push(Conformation {
                    elements: &self.elements,
                    positions: x,
                    auxiliaries: Some(own),
                });
            }
            state_of.push(conformations.len() - 1);
        }
        (conformations, state_of)
    }

    /// Draws for every replica, and ln p(X|y) for each.
    fn draw(
        &self,
        positions: &[&[f64]],
        own: &[Vec<f64>],
        latents: &[[Vec<f64>; 2]],
    ) -> Result<(Vec<Drawn>, Vec<f64>), TimewarpError> {
        let (starts, state_of) = self.conformations_at(positions, own);
        let pairs: Vec<_> = latents
            .iter()
            .zip(state_of)
            .map(|([positions, auxiliaries], state)| Pair {
                state,
                positions,
                auxiliaries,
            })
            .collect();
        let drawn = self.model.draws_given(&starts, &pairs)?;
        let ends: Vec<_> = drawn
            .iter()
            .map(|drawn| Conformation {
                elements: &self.elements,
                positions: &drawn.positions,
                auxiliaries: Some(&drawn.auxiliaries),
            })
            .collect();
        let back: Vec<_> = positions
            .iter()
            .zip(own)
            .enumerate()
            .map(|(state, (positions, auxiliaries))| Pair {
                state,
                positions,
                auxiliaries,
            })
            .collect();
        let reverse = self.model.log_densities_given(&ends, &back)?;
        Ok((drawn, reverse))
    }
}

impl Proposal for TimewarpProposal {
    fn name(&self) -> &str {
        "timewarp"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let unsupported = |reason: String| ProposalError::Unsupported {
            proposal: "timewarp".to_owned(),
            reason,
        };
        let size = 3 * self.elements.len();
        if engine.n_degrees_of_freedom() < size {
            return Err(unsupported(
                "it moves every atom and cannot keep bonds rigid; write `constraints: none`"
                    .to_owned(),
            ));
        }
        if current.state.n_atoms * 3 != size {
            let got = current.state.n_atoms;
            let expected = self.elements.len();
            return Err(unsupported(format!("{got} atoms, expected {expected}")));
        }
        let [wide, own_width] = self.model.base_scales();
        let (mut own, mut latents) = (Vec::new(), Vec::new());
        for stream in streams {
            own.push(self.normals(stream, 1.0));
            let positions = self.normals(stream, wide);
            latents.push([positions, self.normals(stream, own_width)]);
        }
        let from: Vec<&[f64]> = current.state.positions.chunks_exact(size).collect();
        let (drawn, log_q_reverse) = self
            .draw(&from, &own, &latents)
            .map_err(|error| unsupported(error.to_string()))?;
        let log_auxiliary = (from.iter().zip(&own).zip(&drawn))
            .map(|((x, own), drawn)| {
                if self.guard.flips(x, &drawn.positions) {
                    return f64::NEG_INFINITY;
                }
                0.5 * (squares(own) - squares(&drawn.auxiliaries))
            })
            .collect();
        let log_ratio = LogRatio::Densities {
            log_q_forward: drawn.iter().map(|drawn| drawn.log_density).collect(),
            log_q_reverse,
        };
        let positions = drawn.into_iter().flat_map(|drawn| drawn.positions);
        Ok(Proposed {
            log_auxiliary: Some(log_auxiliary),
            ..Proposed::new(positions.collect(), log_ratio)
        })
    }

    fn is_ergodic(&self) -> bool {
        true
    }
}

fn squares(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum()
}
