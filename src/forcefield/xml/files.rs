//! Files of a force field: built-in text, users' files and their `<Include>`s, in OpenMM's order.
//!
//! As in OpenMM, the atom types of all files are read before any template, the templates before any parameters.

use std::path::{Path, PathBuf};

use super::builtin::{self, Source};
use super::correction_maps;
use super::element;
use super::element::Element;
use super::error::Location;
use super::{forces, residues};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::xml::definition::ForceField;

impl ForceField {
    /// Reads one force field from OpenMM XML files; later files add to earlier ones, `<Include>`s are followed.
    ///
    /// # Errors
    /// Any [`ForceFieldError`] that has a place in a file.
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, ForceFieldError> {
        let sources: Vec<Source> = paths.iter().cloned().map(Source::File).collect();
        Self::from_sources(&sources)
    }

    /// Reads one force field from built-in parts and OpenMM XML files; later ones add to earlier ones.
    ///
    /// ```
    /// use saltus::forcefield::{ForceField, ForceFieldSource};
    /// let sources = ["ff14SB", "phosaa14SB"].map(|name| ForceFieldSource::Builtin(name.to_owned()));
    /// assert!(ForceField::from_sources(&sources).is_ok());
    /// assert!(ForceField::from_sources(&sources[1..]).is_err());
    /// ```
    ///
    /// # Errors
    /// Any [`ForceFieldError`] that has a place in a file, unknown names, additions without what they add to.
    pub fn from_sources(sources: &[Source]) -> Result<Self, ForceFieldError> {
        let named = |source: &'_ Source| match source {
            Source::Builtin(name) => Some(name.clone()),
            Source::File(_) => None,
        };
        let names: Vec<String> = sources.iter().filter_map(named).collect();
        let mut queue: Vec<(Source, Option<Location>)> = sources
            .iter()
            .map(|source| (source.clone(), None))
            .collect();
        let mut documents = Vec::new();
        let mut next = 0;
        while next < queue.len() {
            let (source, included_from) = queue[next].clone();
            next += 1;
            let path = match source {
                Source::Builtin(name) => {
                    let (label, text) = builtin::text(&name, &names)?;
                    documents.push(document(&label, text)?);
                    continue;
                }
                Source::File(path) => path,
            };
            let text =
                std::fs::read_to_string(&path).map_err(|source| ForceFieldError::Unreadable {
                    path: path.clone(),
                    included_from,
                    source,
                })?;
            let root = document(&path.display().to_string(), &text)?;
            for include in root.children_named("Include") {
                let target = Source::File(included_path(&path, include.required("file")?));
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
        | "HarmonicAngleForce" | "PeriodicTorsionForce" | "CMAPTorsionForce"
        | "NonbondedForce" => Ok(()),
        "GBSAOBCForce" => Err(section.unsupported(
            "; remove it and choose the implicit solvent in the input, which has its own parameters",
        )),
        "Script" | "InitializationScript" => Err(section.unsupported(
            ", as scripts are not run; for implicit solvent remove the file and choose the solvent in the input",
        )),
        _ => Err(section.unsupported(
            "; supported are AtomTypes, Residues, HarmonicBondForce, HarmonicAngleForce, PeriodicTorsionForce, CMAPTorsionForce and NonbondedForce",
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
    for section in sections(documents, "CMAPTorsionForce") {
        correction_maps::read_correction_maps(&mut force_field, section)?;
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
