//! Files of a force field: built-in text, users' files and their `<Include>`s, in OpenMM's order.
//!
//! As in OpenMM, the atom types of all files are read before any template, the templates before any parameters.

use std::path::{Path, PathBuf};

use super::element;
use super::element::Element;
use super::error::Location;
use super::{forces, residues};
use crate::forcefield::definition::ForceField;
use crate::forcefield::error::ForceFieldError;

/// Names and texts of the built-in force fields.
const BUILTIN: [(&str, &str); 2] = [
    (
        "amber14",
        include_str!("../../../data/forcefields/protein.ff14SB.xml"),
    ),
    (
        "amber99sbildn",
        include_str!("../../../data/forcefields/amber99sbildn.xml"),
    ),
];

impl ForceField {
    /// Names that [`ForceField::builtin`] knows.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|&(name, _)| name)
    }

    /// A force field that comes with this program: `amber14` (ff14SB, doi:10.1021/acs.jctc.5b00255) or
    /// `amber99sbildn` (ff99SB-ILDN, doi:10.1002/prot.22711).
    ///
    /// # Errors
    /// [`ForceFieldError::UnknownBuiltin`] for any other name.
    pub fn builtin(name: &str) -> Result<Self, ForceFieldError> {
        let Some((_, text)) = BUILTIN.iter().find(|(known, _)| *known == name) else {
            return Err(ForceFieldError::UnknownBuiltin {
                name: name.to_owned(),
                known: Self::builtin_names().collect::<Vec<_>>().join(", "),
            });
        };
        Self::from_text(&format!("builtin:{name}"), text)
    }

    /// Reads one force field from OpenMM XML files; later files add to earlier ones, `<Include>`s are followed.
    ///
    /// # Errors
    /// Any [`ForceFieldError`] that has a place in a file.
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, ForceFieldError> {
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

    /// Reads a force field from the text of one OpenMM XML file, called `name` in messages. An `<Include>` is not followed.
    ///
    /// # Errors
    /// Any [`ForceFieldError`] that has a place in a file.
    pub fn from_text(name: &str, text: &str) -> Result<Self, ForceFieldError> {
        read_documents(&[document(name, text)?])
    }
}

/// An included path is relative to the including file.
fn included_path(including: &Path, included: &str) -> PathBuf {
    including.parent().unwrap_or(Path::new("")).join(included)
}

fn document(file: &str, text: &str) -> Result<Element, ForceFieldError> {
    let root = element::parse(file, text)?;
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
        residues::read_atom_types(&mut force_field, section)?;
    }
    for section in sections(documents, "Residues") {
        residues::read_residues(&mut force_field, section)?;
    }
    for section in sections(documents, "HarmonicBondForce") {
        forces::read_bonds(&mut force_field, section)?;
    }
    for section in sections(documents, "HarmonicAngleForce") {
        forces::read_angles(&mut force_field, section)?;
    }
    for section in sections(documents, "PeriodicTorsionForce") {
        forces::read_torsions(&mut force_field, section)?;
    }
    for section in sections(documents, "NonbondedForce") {
        forces::read_nonbonded(&mut force_field, section)?;
    }
    Ok(force_field)
}

fn sections<'a>(documents: &'a [Element], tag: &'a str) -> impl Iterator<Item = &'a Element> {
    documents
        .iter()
        .flat_map(move |root| root.children_named(tag))
}
