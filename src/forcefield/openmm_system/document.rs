//! The root of a serialized System: particles, constraints, and a reader for every class of force.

use super::attributes::{class, refused};
use super::born;
use super::pairs::Pairs;
use super::reading::{BondedPair, Reading};
use super::{bonded, correction_map, custom, nonbonded, particles, refusal, torsion};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::system::System;
use crate::forcefield::xml::element::{self, Element};
use crate::forcefield::xml::error::{Location, XmlFault};

/// A serialized System as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SerializedSystem {
    /// The parameters.
    pub system: System,
    /// Pairs with a harmonic bond or a constraint: covalent bonds, and what keeps angles (Urey-Bradley terms, rigid water).
    pub bonded_pairs: Vec<BondedPair>,
    /// What has no effect here, a sentence each.
    pub notes: Vec<String>,
}

/// Reads the text of a serialized System; `file` stands for it in messages.
///
/// # Errors
/// What is not well-formed, and every force that is not taken, with file and line.
pub fn read_str(text: &str, file: &str) -> Result<SerializedSystem, ForceFieldError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        let place = Location {
            file: file.to_owned(),
            line: 1,
        };
        let message = "the file is empty, expected <System>, a serialized OpenMM System; write it with `XmlSerializer.serialize(system)`";
        return Err(XmlFault::Malformed(message.to_owned()).at(&place));
    }
    let root = element::parse(file, text)?;
    check_root(&root)?;
    let masses_da = particles::masses(&root)?;
    let mut reading = Reading {
        n_atoms: masses_da.len(),
        system: System {
            masses_da,
            ..System::default()
        },
        bonded_pairs: Vec::new(),
        pairs: Pairs::default(),
        born: None,
        notes: Vec::new(),
    };
    particles::constraints(&root, &mut reading)?;
    let sections = root.children_named("Forces");
    for force in sections.flat_map(|section| section.children_named("Force")) {
        read_force(force, &mut reading)?;
    }
    finish(reading)
}

fn check_root(root: &Element) -> Result<(), ForceFieldError> {
    if root.tag == "System" {
        return Ok(());
    }
    let remedy = match root.tag.as_str() {
        "ForceField" => "this is a force field: name it as `force_field` beside `pdb`",
        "State" => {
            "this is a State: serialize the System, `XmlSerializer.serialize(simulation.system)`"
        }
        _ => "write it with `XmlSerializer.serialize(system)`",
    };
    Err(root.malformed(format!(
        "the root element is <{}>, expected <System>, a serialized OpenMM System; {remedy}",
        root.tag
    )))
}

fn read_force(force: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    match force.required("type")? {
        "HarmonicBondForce" => bonded::bonds(force, reading),
        "HarmonicAngleForce" => bonded::angles(force, reading),
        "PeriodicTorsionForce" => torsion::periodic(force, reading),
        "RBTorsionForce" => torsion::ryckaert_bellemans(force, reading),
        "CMAPTorsionForce" => correction_map::read(force, reading),
        "CustomTorsionForce" => custom::torsion::read(force, reading),
        "CustomBondForce" => custom::bond::read(force, reading),
        "NonbondedForce" => nonbonded::read(force, reading),
        "CustomNonbondedForce" => custom::nonbonded::read(force, reading),
        "GBSAOBCForce" => born::read_obc(force, reading),
        "CustomGBForce" => born::read_custom(force, reading),
        "CMMotionRemover" => {
            reading.notes.push(format!(
                "{} is ignored: where a free molecule is, and how fast it drifts, changes no average",
                class(force)
            ));
            Ok(())
        }
        other => {
            let (content, remedy) = refusal::of(other);
            Err(refused(force, content, remedy))
        }
    }
}

fn finish(reading: Reading) -> Result<SerializedSystem, ForceFieldError> {
    let mut system = reading.system;
    system.nonbonded = reading.pairs.finish(reading.n_atoms)?;
    if let Some(born) = reading.born {
        born.check_charges(&system.nonbonded.charges)?;
        system.implicit_solvent = Some(born.solvent);
    }
    Ok(SerializedSystem {
        system,
        bonded_pairs: reading.bonded_pairs,
        notes: reading.notes,
    })
}
