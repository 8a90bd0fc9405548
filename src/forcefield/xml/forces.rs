//! The sections of parameters: bonds, angles, torsions, nonbonded. Does not look at molecules.

use super::element::Element;
use super::error::XmlFault;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::xml::definition::{
    AtomPattern, ForceField, FourierTerm, HarmonicDefinition, ImproperOrdering,
    NONBONDED_PARAMETERS, OneFourScales, TorsionDefinition,
};

/// Two files may state the 1-4 scales with different numbers of digits; OpenMM's tolerance.
const SCALE_TOLERANCE: f64 = 1e-5;

/// Limits of the equilibrium value and the force constant.
const BOND: [Limits; 2] = [Limits::BOND_LENGTH, Limits::BOND_K];
const ANGLE: [Limits; 2] = [Limits::ANGLE, Limits::ANGLE_K];

pub(super) fn read_bonds(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    for node in section.children_named("Bond") {
        let definition = read_harmonic(force_field, node, "length", BOND)?;
        force_field.bonds.extend(definition);
    }
    Ok(())
}

pub(super) fn read_angles(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    for node in section.children_named("Angle") {
        let definition = read_harmonic(force_field, node, "angle", ANGLE)?;
        force_field.angles.extend(definition);
    }
    Ok(())
}

fn read_harmonic<const N: usize>(
    force_field: &ForceField,
    node: &Element,
    equilibrium: &str,
    limits: [Limits; 2],
) -> Result<Option<HarmonicDefinition<N>>, ForceFieldError> {
    let equilibrium = node.plausible(equilibrium, &limits[0])?;
    let force_constant = node.plausible("k", &limits[1])?;
    Ok(
        read_patterns(force_field, node)?.map(|patterns| HarmonicDefinition {
            patterns,
            equilibrium,
            force_constant,
        }),
    )
}

pub(super) fn read_torsions(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    let ordering = match section.attribute("ordering") {
        None | Some("default") => ImproperOrdering::Default,
        Some("charmm") => ImproperOrdering::Charmm,
        Some("amber") => ImproperOrdering::Amber,
        Some("smirnoff") => ImproperOrdering::Smirnoff,
        Some(other) => {
            return Err(section.malformed(format!(
                "<{}> has ordering=\"{other}\", expected default, charmm, amber or smirnoff",
                section.tag
            )));
        }
    };
    for node in section.children_named("Proper") {
        let definition = read_torsion(force_field, node, ordering)?;
        force_field.propers.extend(definition);
    }
    for node in section.children_named("Improper") {
        let definition = read_torsion(force_field, node, ordering)?;
        force_field.impropers.extend(definition);
    }
    Ok(())
}

fn read_torsion(
    force_field: &ForceField,
    node: &Element,
    ordering: ImproperOrdering,
) -> Result<Option<TorsionDefinition>, ForceFieldError> {
    let mut terms = Vec::new();
    let mut index = 1;
    while index == 1 || node.attribute(&format!("phase{index}")).is_some() {
        let name = format!("periodicity{index}");
        let term = FourierTerm {
            periodicity: node.integer(&name)?,
            phase_rad: node.plausible(&format!("phase{index}"), &Limits::PHASE)?,
            k_kj_per_mol: node.plausible(&format!("k{index}"), &Limits::TORSION_K)?,
        };
        // Some files fill up their series with empty terms of periodicity 0.
        if term.periodicity == 0 && term.k_kj_per_mol != 0.0 {
            return Err(node.malformed_number(&name, "0", "an integer from 1"));
        }
        terms.push(term);
        index += 1;
    }
    Ok(
        read_patterns(force_field, node)?.map(|patterns| TorsionDefinition {
            patterns,
            terms,
            ordering,
        }),
    )
}

pub(super) fn read_nonbonded(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    let scales = OneFourScales {
        coulomb: section.plausible("coulomb14scale", &Limits::ONE_FOUR_SCALE)?,
        lennard_jones: section.plausible("lj14scale", &Limits::ONE_FOUR_SCALE)?,
    };
    let known = *force_field.one_four.get_or_insert(scales);
    if (known.coulomb - scales.coulomb).abs() > SCALE_TOLERANCE
        || (known.lennard_jones - scales.lennard_jones).abs() > SCALE_TOLERANCE
    {
        return Err(section.fault(XmlFault::Conflict {
            what: "the pair coulomb14scale, lj14scale".to_owned(),
        }));
    }
    let from_residue = attributes_from_residue(section)?;
    for node in section.children_named("Atom") {
        read_nonbonded_atom(force_field, node, from_residue)?;
    }
    Ok(())
}

/// Which of charge, sigma, epsilon stand in the residue templates.
fn attributes_from_residue(section: &Element) -> Result<[bool; 3], ForceFieldError> {
    let mut from_residue = [false; 3];
    for node in section.children_named("UseAttributeFromResidue") {
        let name = node.required("name")?;
        let position = NONBONDED_PARAMETERS
            .iter()
            .position(|&known| known == name)
            .ok_or_else(|| {
                node.malformed(format!(
                    "<UseAttributeFromResidue> names '{name}', expected charge, sigma or epsilon"
                ))
            })?;
        from_residue[position] = true;
    }
    Ok(from_residue)
}

fn read_nonbonded_atom(
    force_field: &mut ForceField,
    node: &Element,
    from_residue: [bool; 3],
) -> Result<(), ForceFieldError> {
    let mut parameters = [None; 3];
    for (index, name) in NONBONDED_PARAMETERS.into_iter().enumerate() {
        if !from_residue[index] {
            parameters[index] = Some(node.plausible(name, &Limits::NONBONDED[index])?);
        } else if node.attribute(name).is_some() {
            return Err(node.malformed(format!(
                "<Atom> has '{name}', which <UseAttributeFromResidue> says stands in the residue templates"
            )));
        }
    }
    let Some(pattern) = read_pattern(force_field, node, "")? else {
        return Ok(());
    };
    // A later definition replaces an earlier one, as in OpenMM.
    for type_index in 0..force_field.types.len() {
        if force_field.pattern_matches(pattern, type_index) {
            force_field.nonbonded[type_index] = Some(parameters);
        }
    }
    Ok(())
}

/// The patterns `1` to `N`, or `None` where one names a type or class that no file defines.
///
/// OpenMM skips such definitions, and files rely on it: they define parameters for types that other files bring.
pub(super) fn read_patterns<const N: usize>(
    force_field: &ForceField,
    node: &Element,
) -> Result<Option<[AtomPattern; N]>, ForceFieldError> {
    let mut patterns = [AtomPattern::Any; N];
    let mut all_known = true;
    for (index, slot) in patterns.iter_mut().enumerate() {
        match read_pattern(force_field, node, &(index + 1).to_string())? {
            Some(pattern) => *slot = pattern,
            None => all_known = false,
        }
    }
    Ok(all_known.then_some(patterns))
}

fn read_pattern(
    force_field: &ForceField,
    node: &Element,
    suffix: &str,
) -> Result<Option<AtomPattern>, ForceFieldError> {
    let class_attribute = format!("class{suffix}");
    let type_attribute = format!("type{suffix}");
    match (
        node.attribute(&class_attribute),
        node.attribute(&type_attribute),
    ) {
        (Some(_), Some(_)) => Err(node.malformed(format!(
            "<{}> has both {class_attribute} and {type_attribute}; keep one",
            node.tag
        ))),
        (Some(""), None) | (None, Some("")) => Ok(Some(AtomPattern::Any)),
        (Some(class), None) => Ok(force_field
            .class_names
            .iter()
            .position(|known| known == class)
            .map(AtomPattern::Class)),
        (None, Some(type_name)) => Ok(force_field
            .types
            .iter()
            .position(|known| known.name == type_name)
            .map(AtomPattern::Type)),
        (None, None) => {
            Err(node.missing_attribute(&format!("{type_attribute}' or '{class_attribute}")))
        }
    }
}
