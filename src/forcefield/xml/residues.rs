//! The sections `<AtomTypes>` and `<Residues>`. Does not match templates to molecules.

use super::element::Element;
use super::error::XmlFault;
use crate::forcefield::error::{ForceFieldError, nearest_clause};
use crate::forcefield::limits::Limits;
use crate::forcefield::xml::definition::{
    AtomType, ForceField, NONBONDED_PARAMETERS, NonbondedParameters, ResidueTemplate, TemplateAtom,
};
use crate::topology;

pub(super) fn read_atom_types(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    for node in section.children_named("Type") {
        let class = node.required("class")?;
        let class_index = match force_field
            .class_names
            .iter()
            .position(|known| known == class)
        {
            Some(index) => index,
            None => {
                force_field.class_names.push(class.to_owned());
                force_field.class_names.len() - 1
            }
        };
        let atom_type = AtomType {
            name: node.required("name")?.to_owned(),
            class_index,
            mass_da: node.number("mass")?,
            element: node
                .attribute("element")
                .and_then(topology::Element::from_symbol),
        };
        let existing = force_field
            .types
            .iter()
            .find(|known| known.name == atom_type.name);
        match existing {
            None => {
                force_field.types.push(atom_type);
                force_field.nonbonded.push(None);
            }
            // OpenMM allows a repeated definition that says the same.
            Some(known) if *known == atom_type => {}
            Some(_) => {
                return Err(node.fault(XmlFault::Conflict {
                    what: format!("atom type {}", atom_type.name),
                }));
            }
        }
    }
    Ok(())
}

pub(super) fn read_residues(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    for node in section.children_named("Residue") {
        let template = read_template(force_field, node)?;
        register(force_field, template, node)?;
    }
    Ok(())
}

/// A second template of the same name replaces the first only with a higher `override` level.
fn register(
    force_field: &mut ForceField,
    template: ResidueTemplate,
    node: &Element,
) -> Result<(), ForceFieldError> {
    let existing = force_field
        .templates
        .iter()
        .position(|known| known.name == template.name);
    let Some(index) = existing else {
        force_field.templates.push(template);
        return Ok(());
    };
    let existing_level = force_field.templates[index].override_level;
    match template.override_level.cmp(&existing_level) {
        std::cmp::Ordering::Less => Ok(()),
        std::cmp::Ordering::Greater => {
            force_field.templates[index] = template;
            Ok(())
        }
        std::cmp::Ordering::Equal => Err(node.fault(XmlFault::Conflict {
            what: format!(
                "residue template {} (override level {existing_level})",
                template.name
            ),
        })),
    }
}

fn read_template(
    force_field: &ForceField,
    node: &Element,
) -> Result<ResidueTemplate, ForceFieldError> {
    let mut template = ResidueTemplate {
        name: node.required("name")?.to_owned(),
        override_level: match node.attribute("override") {
            Some(_) => node.integer("override")?,
            None => 0,
        },
        atoms: Vec::new(),
    };
    for child in node.children_named("Atom") {
        let atom = read_template_atom(force_field, &template, child)?;
        template.atoms.push(atom);
    }
    for child in &node.children {
        match child.tag.as_str() {
            "Atom" => {}
            "Bond" => {
                let first = template_atom(&template, child, "atomName1", "from")?;
                let second = template_atom(&template, child, "atomName2", "to")?;
                template.atoms[first].neighbors.push(second);
                template.atoms[second].neighbors.push(first);
            }
            "ExternalBond" => {
                let atom = template_atom(&template, child, "atomName", "from")?;
                template.atoms[atom].n_external_bonds += 1;
            }
            // Patches themselves are refused as a section, so a permission to use one changes nothing.
            "AllowPatch" => {}
            _ => return Err(child.unsupported(" in a residue template; remove the template")),
        }
    }
    Ok(template)
}

fn read_template_atom(
    force_field: &ForceField,
    template: &ResidueTemplate,
    node: &Element,
) -> Result<TemplateAtom, ForceFieldError> {
    let name = node.required("name")?.to_owned();
    if template.atoms.iter().any(|known| known.name == name) {
        return Err(node.fault(XmlFault::Conflict {
            what: format!("atom {name} of residue template {}", template.name),
        }));
    }
    let type_name = node.required("type")?;
    let known = force_field
        .types
        .iter()
        .position(|known| known.name == type_name);
    let Some(type_index) = known else {
        let type_names = force_field.types.iter().map(|known| known.name.as_str());
        return Err(node.fault(XmlFault::UnknownAtomType {
            residue: template.name.clone(),
            atom: name,
            type_name: type_name.to_owned(),
            hint: nearest_clause(type_name, type_names),
        }));
    };
    Ok(TemplateAtom {
        name,
        type_index,
        element: force_field.types[type_index].element,
        parameters: read_parameters(node)?,
        neighbors: Vec::new(),
        n_external_bonds: 0,
    })
}

/// Nonbonded parameters that stand on a template atom, for `<UseAttributeFromResidue>`.
fn read_parameters(node: &Element) -> Result<NonbondedParameters, ForceFieldError> {
    let mut parameters = [None; 3];
    let names = NONBONDED_PARAMETERS.into_iter().zip(&Limits::NONBONDED);
    for (parameter, (name, limits)) in parameters.iter_mut().zip(names) {
        if node.attribute(name).is_some() {
            *parameter = Some(node.plausible(name, limits)?);
        }
    }
    Ok(parameters)
}

/// Index of a template atom given by name or, in the older style, by index.
fn template_atom(
    template: &ResidueTemplate,
    node: &Element,
    name_attribute: &str,
    index_attribute: &str,
) -> Result<usize, ForceFieldError> {
    let (found, given) = match node.attribute(name_attribute) {
        Some(name) => (
            template.atoms.iter().position(|atom| atom.name == name),
            name.to_owned(),
        ),
        None if node.attribute(index_attribute).is_some() => {
            let index = node.integer(index_attribute)? as usize;
            (
                Some(index).filter(|&index| index < template.atoms.len()),
                format!("with index {index}"),
            )
        }
        None => return Err(node.missing_attribute(name_attribute)),
    };
    found.ok_or_else(|| {
        node.fault(XmlFault::UnknownTemplateAtom {
            residue: template.name.clone(),
            hint: nearest_clause(&given, template.atoms.iter().map(|atom| atom.name.as_str())),
            atom: given,
        })
    })
}
