//! What the elements of a serialized force have in common: atoms, parameters, sections.

use super::expression::{Expression, Names, Table};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::xml::element::Element;
use crate::forcefield::xml::error::XmlFault;

/// The entries `tag` of the section `section` of a force.
pub(super) fn entries<'a>(
    force: &'a Element,
    section: &'a str,
    tag: &'a str,
) -> impl Iterator<Item = &'a Element> {
    let sections = force.children_named(section);
    sections.flat_map(move |section| section.children_named(tag))
}

/// Atom indices, all different and below `n_atoms`.
pub(super) fn atoms<const N: usize>(
    entry: &Element,
    keys: [&str; N],
    n_atoms: usize,
) -> Result<[usize; N], ForceFieldError> {
    let mut found = [0; N];
    for (place, key) in keys.into_iter().enumerate() {
        let index = entry.integer(key)? as usize;
        if index >= n_atoms {
            return Err(entry.malformed(format!(
                "<{}> has {key}=\"{index}\", expected an index below {n_atoms}, the number of particles",
                entry.tag
            )));
        }
        if found[..place].contains(&index) {
            return Err(entry.malformed(format!(
                "<{}> names particle {index} twice, expected different ones",
                entry.tag
            )));
        }
        found[place] = index;
    }
    Ok(found)
}

/// The values `param1`, `param2`, ... of an entry of a custom force.
pub(super) fn parameters(entry: &Element, n: usize) -> Result<Vec<f64>, ForceFieldError> {
    (1..=n)
        .map(|number| entry.number(&format!("param{number}")))
        .collect()
}

/// A force's class, with its own name where that is another.
pub(super) fn class(force: &Element) -> String {
    let class = force.attribute("type").unwrap_or("a force without a type");
    match force.attribute("name") {
        Some(name) if name != class && !name.is_empty() => format!("{class} '{name}'"),
        _ => class.to_owned(),
    }
}

/// A force that is not taken.
pub(super) fn refused(
    force: &Element,
    content: impl Into<String>,
    remedy: impl Into<String>,
) -> ForceFieldError {
    refused_at(force, force, content, remedy)
}

/// The same with the line of one of its entries.
pub(super) fn refused_at(
    force: &Element,
    entry: &Element,
    content: impl Into<String>,
    remedy: impl Into<String>,
) -> ForceFieldError {
    entry.fault(XmlFault::Refused {
        class: class(force),
        content: content.into(),
        remedy: remedy.into(),
    })
}

/// What to do about cutoffs and boxes.
const WITHOUT_CUTOFF: &str =
    "make the System anew with `nonbondedMethod=NoCutoff`, of the molecule without a box of water";

/// Refuses periodic boundary conditions.
pub(super) fn not_periodic(force: &Element) -> Result<(), ForceFieldError> {
    match force.attribute("usesPeriodic") {
        None | Some("0") => Ok(()),
        Some(_) => Err(refused(
            force,
            "it uses periodic boundary conditions",
            WITHOUT_CUTOFF,
        )),
    }
}

/// Refuses every nonbonded method but NoCutoff; `names` are those of the class.
pub(super) fn no_cutoff(force: &Element, names: &[&str]) -> Result<(), ForceFieldError> {
    let method = force
        .attribute("method")
        .map_or(Ok(0), |_| force.integer("method"))? as usize;
    if method == 0 {
        return Ok(());
    }
    let name = names.get(method).copied().unwrap_or("unknown");
    let content = format!("its nonbonded method is {name}, expected NoCutoff");
    Err(refused(force, content, WITHOUT_CUTOFF))
}

/// Names of the methods of forces other than NonbondedForce.
pub(super) const CUSTOM_METHODS: [&str; 3] = ["NoCutoff", "CutoffNonPeriodic", "CutoffPeriodic"];

/// What the expressions of a custom force may name.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// Names of the parameters of each entry.
    pub(super) parameters: Vec<String>,
    /// Global parameters with their defaults.
    pub(super) constants: Vec<(String, f64)>,
    /// Tabulated functions.
    pub(super) tables: Vec<Table>,
}

impl Scope {
    /// Of a force whose parameters stand in `section` (`PerBondParameters`, ...).
    pub(super) fn of(force: &Element, section: &str) -> Result<Self, ForceFieldError> {
        let name = |entry: &Element| entry.required("name").map(str::to_owned);
        let global = |entry: &Element| Ok((name(entry)?, entry.number("default")?));
        Ok(Self {
            parameters: entries(force, section, "Parameter")
                .map(name)
                .collect::<Result<_, _>>()?,
            constants: entries(force, "GlobalParameters", "Parameter")
                .map(global)
                .collect::<Result<_, ForceFieldError>>()?,
            tables: Table::all_of(force)?,
        })
    }

    /// The names of an expression in which these variables change.
    pub(super) fn names<'a>(&'a self, variables: &'a [String]) -> Names<'a> {
        Names {
            variables,
            constants: &self.constants,
            tables: &self.tables,
        }
    }
}

/// An expression of a force, which is refused if it cannot be read.
pub(super) fn expression(
    force: &Element,
    text: &str,
    names: Names<'_>,
) -> Result<Expression, ForceFieldError> {
    Expression::parse(text, names).map_err(|reason| {
        refused(
            force,
            format!("its expression `{text}` cannot be read: {reason}"),
            "write it with the functions that custom forces usually call, and without interpolated tables",
        )
    })
}
