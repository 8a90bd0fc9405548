//! Files of a force field: built-in text, users' files and their `<Include>`s, in OpenMM's order. Reads no section itself.
//!
//! As in OpenMM, the atom types of all files are read before any template, the templates before any parameters.

use std::path::{Path, PathBuf};

use super::definition::ForceField;
use super::error::ForceFieldError;
use super::xml::{self, Element};
use super::xml_error::Location;
use super::{xml_forces, xml_residues};

pub(super) fn from_text(file: &str, text: &str) -> Result<ForceField, ForceFieldError> {
    read_documents(&[document(file, text)?])
}

pub(super) fn from_files(paths: &[PathBuf]) -> Result<ForceField, ForceFieldError> {
    let mut queue: Vec<(PathBuf, Option<Location>)> =
        paths.iter().map(|path| (path.clone(), None)).collect();
    let mut documents = Vec::new();
    let mut next = 0;
    while next < queue.len() {
        let (path, included_from) = queue[next].clone();
        next += 1;
        let text =
            std::fs::read_to_string(&path).map_err(|source| ForceFieldError::Unreadable {
                path: path.clone(),
                included_from,
                source,
            })?;
        let root = document(&path.display().to_string(), &text)?;
        for include in root.children_named("Include") {
            let target = included_path(&path, include.required("file")?);
            if !queue.iter().any(|(queued, _)| *queued == target) {
                queue.push((target, Some(include.location.clone())));
            }
        }
        documents.push(root);
    }
    read_documents(&documents)
}

/// An included path is relative to the including file.
fn included_path(including: &Path, included: &str) -> PathBuf {
    including.parent().unwrap_or(Path::new("")).join(included)
}

fn document(file: &str, text: &str) -> Result<Element, ForceFieldError> {
    let root = xml::parse(file, text)?;
    if root.tag != "ForceField" {
        return Err(root.malformed(format!(
            "the root element is <{}>, expected <ForceField>: is this an OpenMM force-field file?",
            root.tag
        )));
    }
    for section in &root.children {
        check_supported(section)?;
    }
    Ok(root)
}

/// Refuses every section that would change energies and that this reader would not use.
fn check_supported(section: &Element) -> Result<(), ForceFieldError> {
    match section.tag.as_str() {
        "Info" | "Include" | "AtomTypes" | "Residues" | "HarmonicBondForce"
        | "HarmonicAngleForce" | "PeriodicTorsionForce" | "NonbondedForce" => Ok(()),
        "GBSAOBCForce" => Err(section.unsupported(
            "; remove it and choose the implicit solvent in the input, which has its own parameters",
        )),
        "Script" | "InitializationScript" => Err(section.unsupported(
            ", as scripts are not run; for implicit solvent remove the file and choose the solvent in the input",
        )),
        _ => Err(section.unsupported(
            "; supported are AtomTypes, Residues, HarmonicBondForce, HarmonicAngleForce, PeriodicTorsionForce and NonbondedForce",
        )),
    }
}

fn read_documents(documents: &[Element]) -> Result<ForceField, ForceFieldError> {
    let mut force_field = ForceField::default();
    for section in sections(documents, "AtomTypes") {
        xml_residues::read_atom_types(&mut force_field, section)?;
    }
    for section in sections(documents, "Residues") {
        xml_residues::read_residues(&mut force_field, section)?;
    }
    for section in sections(documents, "HarmonicBondForce") {
        xml_forces::read_bonds(&mut force_field, section)?;
    }
    for section in sections(documents, "HarmonicAngleForce") {
        xml_forces::read_angles(&mut force_field, section)?;
    }
    for section in sections(documents, "PeriodicTorsionForce") {
        xml_forces::read_torsions(&mut force_field, section)?;
    }
    for section in sections(documents, "NonbondedForce") {
        xml_forces::read_nonbonded(&mut force_field, section)?;
    }
    Ok(force_field)
}

fn sections<'a>(documents: &'a [Element], tag: &'a str) -> impl Iterator<Item = &'a Element> {
    documents
        .iter()
        .flat_map(move |root| root.children_named(tag))
}
