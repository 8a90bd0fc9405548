//! Which template every residue gets, and why none fits.

use super::template::{ResidueGraph, match_residue};
use crate::forcefield::error::{ForceFieldError, nearest_clause};
use crate::forcefield::xml::definition::ForceField;
use crate::forcefield::xml::definition::ResidueTemplate;
use crate::topology::{Element, Topology};

/// What the templates say about every atom of a molecule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Typing {
    /// `[n_atoms]`.
    pub(super) type_index: Vec<usize>,
    /// Index of the matched atom in its template, `[n_atoms]`.
    pub(super) template_atom_index: Vec<usize>,
    /// Index of the template, `[n_residues]`.
    pub(super) template_index: Vec<usize>,
}

/// Matches every residue.
///
/// # Errors
/// [`ForceFieldError::NoTemplate`], [`ForceFieldError::UnknownResidue`] or [`ForceFieldError::AmbiguousTemplate`].
pub(super) fn match_all(
    force_field: &ForceField,
    topology: &Topology,
    neighbors: &[Vec<usize>],
) -> Result<Typing, ForceFieldError> {
    let mut typing = Typing {
        type_index: Vec::with_capacity(topology.n_atoms()),
        template_atom_index: Vec::with_capacity(topology.n_atoms()),
        template_index: Vec::with_capacity(topology.residues.len()),
    };
    for residue_index in 0..topology.residues.len() {
        let (template_index, matches) = match_one(force_field, topology, neighbors, residue_index)?;
        let template = &force_field.templates[template_index];
        typing
            .type_index
            .extend(matches.iter().map(|&atom| template.atoms[atom].type_index));
        typing.template_atom_index.extend(matches);
        typing.template_index.push(template_index);
    }
    Ok(typing)
}

type Match = (usize, Vec<usize>);

fn match_one(
    force_field: &ForceField,
    topology: &Topology,
    neighbors: &[Vec<usize>],
    residue_index: usize,
) -> Result<Match, ForceFieldError> {
    let graph = ResidueGraph::new(topology, neighbors, residue_index);
    let mut found: Vec<Match> = force_field
        .templates
        .iter()
        .enumerate()
        .filter_map(|(index, template)| Some((index, match_residue(&graph, template)?)))
        .collect();
    if found.is_empty() {
        return Err(no_template(force_field, topology, residue_index, &graph));
    }
    let same = found[1..]
        .iter()
        .all(|other| same_parameters(force_field, &found[0], other));
    if same {
        return Ok(found.swap_remove(0));
    }
    // OpenMM gives up here; the name of the residue settles it where it can.
    let name = &topology.residues[residue_index].name;
    let named = found
        .iter()
        .position(|&(index, _)| names_residue(&force_field.templates[index].name, name));
    match named {
        Some(position) => Ok(found.swap_remove(position)),
        None => Err(ForceFieldError::AmbiguousTemplate {
            residue: residue_label(topology, residue_index),
            templates: found
                .iter()
                .map(|&(index, _)| force_field.templates[index].name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

fn same_parameters(force_field: &ForceField, first: &Match, second: &Match) -> bool {
    let first_template = &force_field.templates[first.0];
    let second_template = &force_field.templates[second.0];
    first.1.iter().zip(&second.1).all(|(&a, &b)| {
        let (a, b) = (&first_template.atoms[a], &second_template.atoms[b]);
        a.type_index == b.type_index && a.parameters == b.parameters
    })
}

/// AMBER's templates prefix the residue name with N or C at the ends of a chain.
fn names_residue(template: &str, residue: &str) -> bool {
    template == residue
        || template
            .strip_prefix(['N', 'C'])
            .is_some_and(|plain| plain == residue)
}

fn residue_label(topology: &Topology, residue_index: usize) -> String {
    let residue = &topology.residues[residue_index];
    format!("{} {}", residue.name, residue.number)
}

/// The error for a residue that no template matches, with what separates it from the closest template.
fn no_template(
    force_field: &ForceField,
    topology: &Topology,
    residue_index: usize,
    graph: &ResidueGraph,
) -> ForceFieldError {
    let residue = &topology.residues[residue_index];
    let atom_names: Vec<&str> = residue
        .atoms
        .clone()
        .map(|atom| topology.atoms[atom].name.as_str())
        .collect();
    let closest = force_field
        .templates
        .iter()
        .filter(|template| names_residue(&template.name, &residue.name))
        .min_by_key(|template| {
            let missing = missing_atoms(template, &atom_names).len();
            let extra = extra_atoms(template, &atom_names).len();
            (
                missing + extra,
                bond_differences(template, &atom_names, graph).len(),
            )
        });
    let Some(template) = closest else {
        let names = force_field
            .templates
            .iter()
            .map(|known| known.name.as_str());
        return ForceFieldError::UnknownResidue {
            residue: residue_label(topology, residue_index),
            hint: nearest_clause(&residue.name, names) + &nearest_by_atoms(force_field, graph),
        };
    };
    ForceFieldError::NoTemplate {
        residue: residue_label(topology, residue_index),
        template: template.name.clone(),
        differences: differences(template, &atom_names, graph)
            + &end_clause(&residue.name, &extra_atoms(template, &atom_names)),
    }
}

/// The template whose atoms differ least from a residue's: heavy atoms weigh more than hydrogens, bonds to other residues count.
fn nearest_by_atoms(force_field: &ForceField, graph: &ResidueGraph) -> String {
    let own_external: usize = graph.n_external_bonds.iter().sum();
    let difference = |template: &&ResidueTemplate| {
        let elements = || template.atoms.iter().filter_map(|atom| atom.element);
        let external: usize = template
            .atoms
            .iter()
            .map(|atom| atom.n_external_bonds)
            .sum();
        let mut seen: Vec<Element> = graph.elements.iter().copied().chain(elements()).collect();
        seen.sort_unstable();
        seen.dedup();
        let of = |element: Element| {
            let own = graph.elements.iter().filter(|&&e| e == element).count();
            let there = elements().filter(|&e| e == element).count();
            own.abs_diff(there) * if element == Element::HYDROGEN { 1 } else { 3 }
        };
        seen.into_iter().map(of).sum::<usize>() + 3 * own_external.abs_diff(external)
    };
    let nearest = force_field.templates.iter().min_by_key(difference);
    nearest.map_or_else(String::new, |template| {
        format!("; by its atoms the nearest is '{}'", template.name)
    })
}

/// What to do where the atoms of a chain's end are all that a template lacks: ff14SB has neutral lysine, for example, inside chains only.
fn end_clause(name: &str, extra: &[&str]) -> String {
    let (end, caps) = match extra {
        ["OXT"] => ("C-terminal", "NME or NHE"),
        _ if !extra.is_empty() && extra.iter().all(|atom| ["H1", "H2", "H3"].contains(atom)) => {
            ("N-terminal", "ACE")
        }
        _ => return String::new(),
    };
    format!("; it has no {end} {name}: cap that end with {caps}, or name another protonation state")
}

fn differences(template: &ResidueTemplate, atom_names: &[&str], graph: &ResidueGraph) -> String {
    let missing = missing_atoms(template, atom_names);
    let extra = extra_atoms(template, atom_names);
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("missing atoms {}", missing.join(", ")));
    }
    if !extra.is_empty() {
        parts.push(format!("extra atoms {}", extra.join(", ")));
    }
    if parts.is_empty() {
        parts = bond_differences(template, atom_names, graph);
    }
    if parts.is_empty() {
        parts.push("same atoms, but bonded in another way".to_owned());
    }
    parts.join("; ")
}

fn missing_atoms<'a>(template: &'a ResidueTemplate, atom_names: &[&str]) -> Vec<&'a str> {
    template
        .atoms
        .iter()
        .map(|atom| atom.name.as_str())
        .filter(|name| !atom_names.contains(name))
        .collect()
}

fn extra_atoms<'a>(template: &ResidueTemplate, atom_names: &[&'a str]) -> Vec<&'a str> {
    atom_names
        .iter()
        .copied()
        .filter(|name| !template.atoms.iter().any(|atom| atom.name == *name))
        .collect()
}

/// Atoms of equal name whose element or numbers of bonds differ.
fn bond_differences(
    template: &ResidueTemplate,
    atom_names: &[&str],
    graph: &ResidueGraph,
) -> Vec<String> {
    let compare = |(index, name): (usize, &&str)| {
        let expected = template.atoms.iter().find(|atom| atom.name == *name)?;
        let inside = (graph.neighbors[index].len(), expected.neighbors.len());
        let outside = (graph.n_external_bonds[index], expected.n_external_bonds);
        if expected.element != Some(graph.elements[index]) {
            Some(format!("{name} is another element"))
        } else if inside.0 != inside.1 {
            Some(format!(
                "{name} has {} bonds in the residue, expected {}",
                inside.0, inside.1
            ))
        } else if outside.0 != outside.1 {
            Some(format!(
                "{name} has {} bonds to other residues, expected {}",
                outside.0, outside.1
            ))
        } else {
            None
        }
    };
    atom_names.iter().enumerate().filter_map(compare).collect()
}
