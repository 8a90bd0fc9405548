//! A `CustomGBForce`: its expressions are compared with each of the five models at many points.

use super::energy::{Medium, Terms};
use super::integral::{Computed, candidate, kinds};
use super::roles::Roles;
use super::term::BornTerm;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::openmm_system::attributes::{
    CUSTOM_METHODS, Scope, entries, expression, no_cutoff, parameters, refused,
};
use crate::forcefield::openmm_system::expression::Expression;
use crate::forcefield::openmm_system::nonbonded::check_count;
use crate::forcefield::openmm_system::reading::Reading;
use crate::forcefield::system::BornModel;
use crate::forcefield::xml::element::Element;

const MODELS: [BornModel; 5] = [
    BornModel::Hct,
    BornModel::Obc1,
    BornModel::Obc2,
    BornModel::Gbn,
    BornModel::Gbn2,
];

const REMEDY: &str = "taken are hct, obc1, obc2, gbn and gbn2 as OpenMM's implicit/*.xml and `AmberPrmtopFile.createSystem(implicitSolvent=...)` write them";

/// Types of computed values and energy terms in OpenMM's files.
const SINGLE_PARTICLE: u32 = 0;
const PAIR_NO_EXCLUSIONS: u32 = 2;

/// Adds the solvent of a `CustomGBForce`.
///
/// # Errors
/// Expressions or parameters that are of none of the models.
pub(in crate::forcefield::openmm_system) fn read(
    force: &Element,
    reading: &mut Reading,
) -> Result<(), ForceFieldError> {
    no_cutoff(force, &CUSTOM_METHODS)?;
    let scope = Scope::of(force, "PerParticleParameters")?;
    let names = scope.parameters.join(", ");
    let roles = Roles::of(&scope.parameters).ok_or_else(|| {
        let content = format!(
            "its particles have the parameters {names}, expected `charge`, `or`, `sr` (and `alpha`, `beta`, `gamma`), or `q`, `radius`, `scale`"
        );
        refused(force, content, REMEDY)
    })?;
    let particles: Vec<Vec<f64>> = entries(force, "Particles", "Particle")
        .map(|entry| parameters(entry, scope.parameters.len()))
        .collect::<Result<_, _>>()?;
    check_count(force, particles.len(), reading.n_atoms)?;
    let [integral, radius] = computed_values(force, &scope)?;
    let computed = Computed {
        integral: &integral,
        radius: &radius,
    };
    let sample = kinds(&particles, roles.charge_place());
    let model = MODELS.into_iter().find(|&model| {
        let solvent = candidate(model, roles, &sample);
        solvent.is_some_and(|solvent| computed.are_of(&solvent, &sample))
    });
    let solvent = model.and_then(|model| candidate(model, roles, &particles));
    let Some(mut solvent) = solvent else {
        let content = "its computed values are the Born radii of no model that is known";
        return Err(refused(force, content, REMEDY));
    };
    let (terms, media) = energy_terms(force, &scope)?;
    if !terms.complete(&media, roles, &sample, &mut solvent) {
        let content = format!(
            "its Born radii are those of {:?}, but its energy terms are not those of generalised Born with or without salt, with the ACE surface area (28.3919551 kJ/mol/nm^2) or none",
            solvent.model
        );
        return Err(refused(force, content, REMEDY));
    }
    let charges = particles
        .iter()
        .map(|values| roles.charge(values))
        .collect();
    BornTerm::set(force, charges, solvent, &mut reading.born)
}

/// The parameters of atom 1 or 2 of a pair.
fn numbered(scope: &Scope, end: &str) -> Vec<String> {
    let names = scope.parameters.iter();
    names.map(|name| format!("{name}{end}")).collect()
}

/// The pair integral of r and both atoms' parameters, the Born radius of the integral and an atom's.
fn computed_values(force: &Element, scope: &Scope) -> Result<[Expression; 2], ForceFieldError> {
    let values: Vec<&Element> = entries(force, "ComputedValues", "Value").collect();
    let [integral, radius] = values[..] else {
        let content = format!(
            "it has {} computed values, expected two, `I` and `B`",
            values.len()
        );
        return Err(refused(force, content, REMEDY));
    };
    let types = [integral.integer("type")?, radius.integer("type")?];
    if types != [PAIR_NO_EXCLUSIONS, SINGLE_PARTICLE] {
        let content = format!(
            "its computed values are of the types {types:?}, expected {:?}: a sum over all pairs, exclusions included, and one of single particles",
            [PAIR_NO_EXCLUSIONS, SINGLE_PARTICLE]
        );
        return Err(refused(force, content, REMEDY));
    }
    let of_pair = [
        vec!["r".to_owned()],
        numbered(scope, "1"),
        numbered(scope, "2"),
    ]
    .concat();
    let mut of_atom = vec![integral.required("name")?.to_owned()];
    of_atom.extend(scope.parameters.iter().cloned());
    Ok([
        expression(
            force,
            integral.required("expression")?,
            scope.names(&of_pair),
        )?,
        expression(force, radius.required("expression")?, scope.names(&of_atom))?,
    ])
}

/// The energy terms, and the media that they name.
fn energy_terms(force: &Element, scope: &Scope) -> Result<(Terms, Vec<Medium>), ForceFieldError> {
    let born = entries(force, "ComputedValues", "Value").last();
    let born = born.map_or(Ok("B"), |value| value.required("name"))?;
    let single = [vec![born.to_owned()], scope.parameters.clone()].concat();
    let pair = [
        vec!["r".to_owned(), format!("{born}1")],
        numbered(scope, "1"),
        vec![format!("{born}2")],
        numbered(scope, "2"),
    ]
    .concat();
    let mut terms = Terms {
        single: Vec::new(),
        pair: Vec::new(),
    };
    let mut media = Vec::new();
    for entry in entries(force, "EnergyTerms", "Term") {
        let text = entry.required("expression")?;
        media.extend(Medium::named(text, scope.names(&[])));
        match entry.integer("type")? {
            SINGLE_PARTICLE => terms
                .single
                .push(expression(force, text, scope.names(&single))?),
            PAIR_NO_EXCLUSIONS => terms
                .pair
                .push(expression(force, text, scope.names(&pair))?),
            _ => {
                let content = format!("its energy term `{text}` leaves excluded pairs out");
                return Err(refused(force, content, REMEDY));
            }
        }
    }
    media.dedup();
    Ok((terms, media))
}
