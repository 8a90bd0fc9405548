//! The section `<CMAPTorsionForce>`: energy maps, and the chains of five atoms that they apply to.

use super::element::Element;
use super::forces::read_patterns;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::system::CorrectionMap;
use crate::forcefield::xml::definition::{ForceField, MapDefinition};

/// Fewest points along a torsion of which a map can be made.
const FEWEST_POINTS: usize = 3;

/// Maps count from 0 within their section, as in OpenMM.
pub(super) fn read_correction_maps(
    force_field: &mut ForceField,
    section: &Element,
) -> Result<(), ForceFieldError> {
    let first = force_field.correction_maps.len();
    for node in section.children_named("Map") {
        force_field.correction_maps.push(read_map(node)?);
    }
    let n_maps = force_field.correction_maps.len() - first;
    for node in section.children_named("Torsion") {
        let map = node.integer("map")? as usize;
        if map >= n_maps {
            return Err(node.malformed(format!(
                "<Torsion> has map=\"{map}\", but the section has {n_maps} maps, which count from 0"
            )));
        }
        let definition = read_patterns(force_field, node)?.map(|patterns| MapDefinition {
            patterns,
            map: first + map,
        });
        force_field.mapped_chains.extend(definition);
    }
    Ok(())
}

fn read_map(node: &Element) -> Result<CorrectionMap, ForceFieldError> {
    let Limits {
        least,
        most,
        expected,
    } = Limits::MAP_ENERGY;
    let energy = |text: &str| match text.parse::<f64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(node.malformed(format!(
            "<Map> has the value \"{text}\", expected {expected}"
        ))),
    };
    let energies = node.text.split_whitespace().map(energy);
    let energies_kj_per_mol = energies.collect::<Result<Vec<f64>, _>>()?;
    let size = energies_kj_per_mol.len().isqrt();
    if size * size != energies_kj_per_mol.len() || size < FEWEST_POINTS {
        return Err(node.malformed(format!(
            "<Map> has {} values, expected as many along both torsions: a square number from {}",
            energies_kj_per_mol.len(),
            FEWEST_POINTS * FEWEST_POINTS
        )));
    }
    Ok(CorrectionMap {
        size,
        energies_kj_per_mol,
    })
}
