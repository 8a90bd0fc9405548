//! Correction maps (CMAP) and the pairs of torsions that they are of.

use super::attributes::{atoms, entries, not_periodic};
use super::reading::Reading;
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::limits::Limits;
use crate::forcefield::system::{CorrectionMap, MappedTorsions};
use crate::forcefield::xml::element::Element;

/// Largest map that is taken; 24 is what force fields have.
const MAX_SIZE: usize = 1000;

/// Adds the maps and torsions of a `CMAPTorsionForce`.
pub(super) fn read(force: &Element, reading: &mut Reading) -> Result<(), ForceFieldError> {
    not_periodic(force)?;
    let first = reading.system.correction_maps.len();
    for entry in entries(force, "Maps", "Map") {
        reading.system.correction_maps.push(map(entry)?);
    }
    let n_maps = reading.system.correction_maps.len() - first;
    for entry in entries(force, "Torsions", "Torsion") {
        let index = entry.integer("map")? as usize;
        if index >= n_maps {
            return Err(entry.malformed(format!(
                "<Torsion> has map=\"{index}\", expected an index below {n_maps}, the number of maps"
            )));
        }
        let n_atoms = reading.n_atoms;
        let one = atoms(entry, ["a1", "a2", "a3", "a4"], n_atoms)?;
        let other = atoms(entry, ["b1", "b2", "b3", "b4"], n_atoms)?;
        reading.system.mapped_torsions.push(MappedTorsions {
            map: first + index,
            atoms: [one, other],
        });
    }
    Ok(())
}

fn map(entry: &Element) -> Result<CorrectionMap, ForceFieldError> {
    let size = entry.integer("size")? as usize;
    let energies: Vec<f64> = entry
        .children_named("Energy")
        .map(|energy| energy.plausible("e", &Limits::TORSION_K))
        .collect::<Result<_, _>>()?;
    if !(1..=MAX_SIZE).contains(&size) || energies.len() != size * size {
        return Err(entry.malformed(format!(
            "the map has size {size} and {} energies, expected size times size of them: is the file damaged?",
            energies.len()
        )));
    }
    Ok(CorrectionMap {
        size,
        energies_kj_per_mol: energies,
    })
}
