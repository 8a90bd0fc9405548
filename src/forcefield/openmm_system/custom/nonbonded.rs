//! Lennard-Jones tables written as a `CustomNonbondedForce` (CHARMM's and AMBER's off-diagonal pairs), recognised by values.

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::nonbonded::pair_index;
use crate::forcefield::openmm_system::attributes::{
    CUSTOM_METHODS, Scope, atoms, entries, expression, no_cutoff, parameters, refused,
};
use crate::forcefield::openmm_system::nonbonded::check_count;
use crate::forcefield::openmm_system::pairs::{LennardJones, fit};
use crate::forcefield::openmm_system::reading::Reading;
use crate::forcefield::xml::element::Element;

/// Adds the pairs of a `CustomNonbondedForce` of the form a/r¹² - b/r⁶.
pub(in crate::forcefield::openmm_system) fn read(
    force: &Element,
    reading: &mut Reading,
) -> Result<(), ForceFieldError> {
    no_cutoff(force, &CUSTOM_METHODS)?;
    let others = [
        ("ComputedValues", "computed values"),
        ("InteractionGroups", "interaction groups"),
    ];
    for (section, what) in others {
        if force
            .children_named(section)
            .any(|section| !section.children.is_empty())
        {
            let content = format!("it has {what}");
            return Err(refused(force, content, REMEDY));
        }
    }
    let scope = Scope::of(force, "PerParticleParameters")?;
    let n = scope.parameters.len();
    let particles: Vec<Vec<f64>> = entries(force, "Particles", "Particle")
        .map(|entry| parameters(entry, n))
        .collect::<Result<_, _>>()?;
    check_count(force, particles.len(), reading.n_atoms)?;
    let (kinds, kind_of) = kinds(particles);
    let of_kinds = table(force, &scope, &kinds)?;
    let mut pairs = Vec::new();
    for i in 0..reading.n_atoms {
        for j in i + 1..reading.n_atoms {
            pairs.push(of_kinds[kind_of[i] * kinds.len() + kind_of[j]]);
        }
    }
    for entry in entries(force, "Exclusions", "Exclusion") {
        let mut atoms = atoms(entry, ["p1", "p2"], reading.n_atoms)?;
        atoms.sort_unstable();
        pairs[pair_index(reading.n_atoms, atoms[0], atoms[1])] = LennardJones::default();
    }
    let of_atoms = kind_of
        .iter()
        .map(|kind| of_kinds[kind * kinds.len() + kind]);
    reading.pairs.add_lennard_jones(&pairs, of_atoms.collect());
    Ok(())
}

const REMEDY: &str = "taken is what is a/r^12 - b/r^6 for every pair, as CHARMM and AMBER files with off-diagonal Lennard-Jones parameters make it";

/// Parameters that differ, and for each particle which of them it has.
fn kinds(particles: Vec<Vec<f64>>) -> (Vec<Vec<f64>>, Vec<usize>) {
    let mut kinds: Vec<Vec<f64>> = Vec::new();
    let kind = |values: Vec<f64>| {
        kinds
            .iter()
            .position(|known| *known == values)
            .unwrap_or_else(|| {
                kinds.push(values);
                kinds.len() - 1
            })
    };
    let kind_of = particles.into_iter().map(kind).collect();
    (kinds, kind_of)
}

/// Lennard-Jones parameters of every pair of kinds, row by row.
fn table(
    force: &Element,
    scope: &Scope,
    kinds: &[Vec<f64>],
) -> Result<Vec<LennardJones>, ForceFieldError> {
    let mut variables = vec!["r".to_owned()];
    for end in ["1", "2"] {
        variables.extend(scope.parameters.iter().map(|name| format!("{name}{end}")));
    }
    let text = force.required("energy")?;
    let energy = expression(force, text, scope.names(&variables))?;
    let mut found = Vec::with_capacity(kinds.len() * kinds.len());
    for one in kinds {
        for other in kinds {
            let value = |r: f64| energy.value(&[&[r], &one[..], &other[..]].concat());
            let pair = fit(value).ok_or_else(|| {
                let content = format!(
                    "`{text}` is not a/r^12 - b/r^6 for the parameters {one:?} and {other:?}"
                );
                refused(force, content, REMEDY)
            })?;
            found.push(pair);
        }
    }
    for (i, j) in (0..kinds.len()).flat_map(|j| (0..j).map(move |i| (i, j))) {
        if !found[i * kinds.len() + j].is_near(&found[j * kinds.len() + i]) {
            let content = format!(
                "`{text}` is not symmetric for the parameters {:?} and {:?}",
                kinds[i], kinds[j]
            );
            return Err(refused(force, content, REMEDY));
        }
    }
    Ok(found)
}
