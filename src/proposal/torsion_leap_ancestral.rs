//! All torsions of a molecule drawn one after the other without a state to start from. Knows no energy.

use super::torsion_leap::{LeapError, check_leap_model};
use super::torsion_leap_batch::Densities;
use super::torsion_leap_block::{LeapBlock, blocks};
use super::torsion_leap_chain::Chain;
use super::torsion_leap_draws::draws;
use super::{Pivot, Site};
use crate::flow::torsion::LeapModel;
use crate::topology::Topology;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The density of every torsion that a model knows, given those before it and a set of reference geometries.
///
/// ln q(T) = sum over sites i of ln (1/M) sum over references m of q(T_i | T_1 .. T_(i-1), m): bond lengths, angles and rotors
/// that the model sees but does not draw are averaged out, so that T has a density of its own.
pub struct LeapSampler {
    densities: Densities,
    pivots: Vec<Pivot>,
}

impl LeapSampler {
    /// The densities of a molecule.
    ///
    /// # Errors
    /// [`LeapError`]: nothing can turn, or a model of other inputs.
    pub fn new(topology: &Topology, model: &LeapModel) -> Result<Self, LeapError> {
        check_leap_model(model)?;
        let sites = Site::find(topology);
        let found = blocks(&sites, LeapBlock::Molecule, 1.0);
        if found.is_empty() {
            let needed = "a phi, psi or chi";
            return Err(LeapError::NothingToTurn { needed });
        }
        let densities = Densities::new(sites, found, draws(model));
        let pivots = densities.pivots();
        Ok(Self { densities, pivots })
    }

    /// Residues whose torsions the model does not know, as `NAME number`.
    #[must_use]
    pub fn unknown_residues(topology: &Topology) -> Vec<String> {
        Chain::new(topology).unknown_residues()
    }

    /// The torsions in the order in which they are drawn.
    #[must_use]
    pub fn pivots(&self) -> &[Pivot] {
        &self.pivots
    }

    /// Draws all torsions in rad, `[n_pivots]`, and returns ln q beside them; `references` in nm, `[n_references, n_atoms, 3]`.
    ///
    /// # Panics
    /// Without references.
    #[must_use]
    pub fn draw(
        &self,
        temperature_kelvin: f64,
        references: &[f64],
        n_references: usize,
        stream: &mut Xoshiro256PlusPlus,
    ) -> (Vec<f64>, f64) {
        let mut copies = references.to_vec();
        let size = copies.len() / n_references;
        self.densities
            .draw_averaged(temperature_kelvin, &mut copies, size, stream)
    }
}
