//! Energy maps over two torsions (CMAP), as ff19SB and CHAMBER have them.

use super::bonded::KJ_PER_KCAL;
use super::error::PrmtopError;
use super::pointers::Pointers;
use super::sections::{Expected, Sections};
use crate::forcefield::limits::Limits;
use crate::forcefield::system::{CorrectionMap, MappedTorsions};

/// Fewest and most points of a map along a torsion.
const SIZES: std::ops::RangeInclusive<usize> = 4..=360;

/// The maps and the torsions they belong to; both empty where the file has none.
pub(super) fn read(
    sections: &Sections,
    pointers: &Pointers,
) -> Result<(Vec<CorrectionMap>, Vec<MappedTorsions>), PrmtopError> {
    let prefix = match (
        sections.has("CMAP_COUNT"),
        sections.has("CHARMM_CMAP_COUNT"),
    ) {
        (true, _) => "",
        (false, true) => "CHARMM_",
        (false, false) => return Ok((Vec::new(), Vec::new())),
    };
    let flag = |name: &str| format!("{prefix}CMAP_{name}");
    let name = flag("COUNT");
    let reason = "number of terms and of maps";
    let count = sections.integers(&name, Expected::Exactly(2, reason))?;
    let (n_terms, n_maps) = (count.count(0)?, count.count(1)?);
    let name = flag("RESOLUTION");
    let of_maps = Expected::Exactly(n_maps, "the maps of %FLAG CMAP_COUNT");
    let resolutions = sections.integers(&name, of_maps)?;
    let mut maps = Vec::with_capacity(n_maps);
    for index in 0..n_maps {
        let size = resolutions.count(index)?;
        if !SIZES.contains(&size) || size % 2 == 1 {
            return Err(resolutions.fault(index, "an even number of points from 4 to 360"));
        }
        let name = flag(&format!("PARAMETER_{:02}", index + 1));
        let expected = Expected::Exactly(size * size, "the map's resolution, squared");
        let parameters = sections.reals(&name, expected)?;
        let energies = parameters.all_plausible(KJ_PER_KCAL, &Limits::TORSION_K)?;
        maps.push(map(size, &energies));
    }
    let name = flag("INDEX");
    let of_terms = Expected::Exactly(6 * n_terms, "6 for each term of %FLAG CMAP_COUNT");
    let list = sections.integers(&name, of_terms)?;
    let mut terms = Vec::with_capacity(n_terms);
    for start in (0..6 * n_terms).step_by(6) {
        let mut atoms = [0; 5];
        for (place, atom) in atoms.iter_mut().enumerate() {
            *atom = list.index(start + place, pointers.atoms, "an atom")?;
        }
        let [a, b, c, d, e] = atoms;
        terms.push(MappedTorsions {
            map: list.index(start + 5, n_maps, "a map")?,
            atoms: [[a, b, c, d], [b, c, d, e]],
        });
    }
    Ok((maps, terms))
}

/// Files begin at -180 degrees and let the second torsion run fastest; here it is 0 and the first.
fn map(size: usize, energies: &[f64]) -> CorrectionMap {
    let shifted = |index: usize| (index + size / 2) % size;
    let places = (0..size).flat_map(|second| (0..size).map(move |first| (first, second)));
    CorrectionMap {
        size,
        energies_kj_per_mol: places
            .map(|(first, second)| energies[size * shifted(first) + shifted(second)])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_begins_at_zero_and_lets_the_first_torsion_run_fastest() {
        // Rows: the first torsion at -180, -90, 0, 90 degrees; columns: the second.
        let energies: Vec<f64> = (0..16).map(f64::from).collect();
        let map = map(4, &energies);
        let at = |first: usize, second: usize| map.energies_kj_per_mol[first + 4 * second];
        // (0, 0) stands in the third row and column of the file, (90, 0) one row below, (0, 180) in the first column.
        assert_eq!([at(0, 0), at(1, 0), at(0, 2)], [10.0, 14.0, 8.0]);
    }
}
