//! The implicit solvent of a System, with the charges of its force.

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::openmm_system::attributes::{class, refused};
use crate::forcefield::system::ImplicitSolvent;
use crate::forcefield::xml::element::Element;
use crate::forcefield::xml::error::{Location, XmlFault};

/// The solvent of a System with the charges of its force.
pub(crate) struct BornTerm {
    location: Location,
    class: String,
    charges: Vec<f64>,
    pub(crate) solvent: ImplicitSolvent,
}

/// Largest difference between charges that are the same, in e.
const SAME_CHARGE: f64 = 1e-7;

impl BornTerm {
    /// Gives a System its solvent.
    ///
    /// # Errors
    /// It has one.
    pub(super) fn set(
        force: &Element,
        charges: Vec<f64>,
        solvent: ImplicitSolvent,
        place: &mut Option<Self>,
    ) -> Result<(), ForceFieldError> {
        if place.is_some() {
            let remedy =
                "keep one implicit solvent: remove the other force before the System is serialized";
            return Err(refused(
                force,
                "another force before it is an implicit solvent",
                remedy,
            ));
        }
        *place = Some(Self {
            location: force.location.clone(),
            class: class(force),
            charges,
            solvent,
        });
        Ok(())
    }

    /// Whether the force has the charges of the nonbonded force.
    ///
    /// # Errors
    /// The first atom with another charge.
    pub(crate) fn check_charges(&self, charges: &[f64]) -> Result<(), ForceFieldError> {
        let mut pairs = self.charges.iter().zip(charges).enumerate();
        match pairs.find(|(_, (own, other))| (*own - *other).abs() > SAME_CHARGE) {
            None => Ok(()),
            Some((particle, (own, other))) => Err(XmlFault::Refused {
                class: self.class.clone(),
                content: format!(
                    "particle {particle} has a charge of {own} e in it, but {other} e in the NonbondedForce"
                ),
                remedy: "an atom has one charge here: give both forces the same".to_owned(),
            }
            .at(&self.location)),
        }
    }
}
