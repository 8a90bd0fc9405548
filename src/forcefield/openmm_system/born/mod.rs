//! Implicit solvent of a serialized System: `GBSAOBCForce`, and a `CustomGBForce` that is one of the five models.

mod custom;
mod energy;
mod integral;
mod obc;
mod roles;

pub(super) use custom::read as read_custom;
pub(super) use obc::read as read_obc;

use super::attributes::{class, refused};
use super::document::Reading;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::system::ImplicitSolvent;
use crate::forcefield::xml::element::Element;
use crate::forcefield::xml::error::{Location, XmlFault};

/// The solvent of a System with the charges of its force.
pub(super) struct BornTerm {
    location: Location,
    class: String,
    charges: Vec<f64>,
    pub(super) solvent: ImplicitSolvent,
}

/// Largest difference between charges that are the same, in e.
const SAME_CHARGE: f64 = 1e-7;

impl BornTerm {
    /// Gives a System its solvent.
    ///
    /// # Errors
    /// It has one.
    fn set(
        force: &Element,
        charges: Vec<f64>,
        solvent: ImplicitSolvent,
        reading: &mut Reading,
    ) -> Result<(), ForceFieldError> {
        if reading.born.is_some() {
            let remedy =
                "keep one implicit solvent: remove the other force before the System is serialized";
            return Err(refused(
                force,
                "another force before it is an implicit solvent",
                remedy,
            ));
        }
        reading.born = Some(Self {
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
    pub(super) fn check_charges(&self, charges: &[f64]) -> Result<(), ForceFieldError> {
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

/// Numbers as they were before an offset was taken off and put on again.
fn rounded(value: f64) -> f64 {
    (value * 1e12).round() / 1e12
}
