//! What may be looked at in a frame: its name in files and tables, and its value, in one place each.

use super::dihedral::dihedral_rad;
use super::distance::{pair_distances, radius_of_gyration};

/// A torsion with its name: `phi_2` is phi of residue 2 as in the PDB file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torsion {
    /// Name: kind, underscore, residue number.
    pub name: String,
    /// Its four atoms in order.
    pub atoms: [usize; 4],
}

/// One of the two sides that a torsion keeps to for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TorsionSide {
    /// Above 0, `NAME_positive`: of phi, and of a disulfide bond, which is left- or right-handed.
    Positive,
    /// Within a quarter turn of 0, `NAME_cis`: of a peptide bond.
    Cis,
}

impl TorsionSide {
    fn suffix(self) -> &'static str {
        match self {
            Self::Positive => "_positive",
            Self::Cis => "_cis",
        }
    }

    /// Name of the observable that is 1 where the torsion of this name is on this side, else 0.
    #[must_use]
    pub fn observable(self, torsion: &str) -> String {
        format!("{torsion}{}", self.suffix())
    }

    /// 1 where an angle in rad is on this side, else 0.
    #[must_use]
    pub fn indicator(self, angle_rad: f64) -> f64 {
        let inside = match self {
            Self::Positive => angle_rad > 0.0,
            Self::Cis => angle_rad.cos() > 0.0,
        };
        f64::from(u8::from(inside))
    }
}

/// One frame of a molecule.
#[derive(Debug, Clone, Copy)]
pub struct ObservedFrame<'a> {
    /// Positions in nm, `[n_atoms * 3]`.
    pub positions: &'a [f32],
    /// Masses in Da, `[n_atoms]`.
    pub masses_da: &'a [f64],
    /// Potential energy in kJ/mol.
    pub potential_energy_kj_per_mol: f64,
}

/// A number that every frame has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observable {
    /// Sine of a torsion, `sin_NAME`.
    Sine(Torsion),
    /// Cosine of a torsion, `cos_NAME`.
    Cosine(Torsion),
    /// 1 where a torsion is on a side, else 0: `NAME_positive`, `NAME_cis`.
    Side(Torsion, TorsionSide),
    /// Distance in nm of two atoms, `end_to_end_distance`.
    EndToEnd([usize; 2]),
    /// `radius_of_gyration` in nm, weighted by mass.
    RadiusOfGyration,
    /// `potential_energy` in kJ/mol.
    PotentialEnergy,
}

impl Observable {
    /// Name in files and tables.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Sine(torsion) => format!("{SINE}{}", torsion.name),
            Self::Cosine(torsion) => format!("{COSINE}{}", torsion.name),
            Self::Side(torsion, side) => side.observable(&torsion.name),
            Self::EndToEnd(_) => "end_to_end_distance".to_owned(),
            Self::RadiusOfGyration => "radius_of_gyration".to_owned(),
            Self::PotentialEnergy => "potential_energy".to_owned(),
        }
    }

    /// Value in a frame: without unit, 0 or 1, nm or kJ/mol.
    ///
    /// # Panics
    /// If the frame has fewer atoms than the observable names.
    #[must_use]
    pub fn value(&self, frame: ObservedFrame<'_>) -> f64 {
        match self {
            Self::Sine(torsion) => dihedral_rad(frame.positions, torsion.atoms).sin(),
            Self::Cosine(torsion) => dihedral_rad(frame.positions, torsion.atoms).cos(),
            Self::Side(torsion, side) => {
                side.indicator(dihedral_rad(frame.positions, torsion.atoms))
            }
            Self::EndToEnd(atoms) => pair_distances(frame.positions, &[*atoms])[0],
            Self::RadiusOfGyration => radius_of_gyration(frame.positions, frame.masses_da),
            Self::PotentialEnergy => frame.potential_energy_kj_per_mol,
        }
    }

    /// Atoms that it names, with what messages call them.
    pub(super) fn atoms(&self) -> (&str, &[usize]) {
        match self {
            Self::Sine(torsion) | Self::Cosine(torsion) | Self::Side(torsion, _) => {
                (&torsion.name, &torsion.atoms)
            }
            Self::EndToEnd(atoms) => ("end_to_end_distance", atoms),
            Self::RadiusOfGyration | Self::PotentialEnergy => ("", &[]),
        }
    }
}

const SINE: &str = "sin_";
const COSINE: &str = "cos_";
const BASIN: &str = "basin ";

/// What the name of a time series says that it is; the only place where names are read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind<'a> {
    /// Of the sine of a torsion of this name.
    Sine(&'a str),
    /// Of the cosine of a torsion of this name.
    Cosine(&'a str),
    /// Of the side of a torsion of this name.
    Side(&'a str, TorsionSide),
    /// Of frames in a basin of this name.
    Basin(&'a str),
    /// Of anything else.
    Other,
}

impl<'a> NameKind<'a> {
    /// The kind of a name.
    #[must_use]
    pub fn of(name: &'a str) -> Self {
        let side = |side: TorsionSide| name.strip_suffix(side.suffix()).map(|own| (own, side));
        if let Some(torsion) = name.strip_prefix(SINE) {
            Self::Sine(torsion)
        } else if let Some(torsion) = name.strip_prefix(COSINE) {
            Self::Cosine(torsion)
        } else if let Some(basin) = name.strip_prefix(BASIN) {
            Self::Basin(basin)
        } else if let Some((torsion, side)) =
            side(TorsionSide::Positive).or_else(|| side(TorsionSide::Cis))
        {
            Self::Side(torsion, side)
        } else {
            Self::Other
        }
    }

    /// Whether it is the sine or the cosine of a torsion, a feature for slow coordinates.
    #[must_use]
    pub fn is_feature(self) -> bool {
        matches!(self, Self::Sine(_) | Self::Cosine(_))
    }

    /// Whether the values are 0 and 1.
    #[must_use]
    pub fn is_two_valued(self) -> bool {
        matches!(self, Self::Side(..) | Self::Basin(_))
    }
}

/// Names of the sine and the cosine of a torsion.
pub(crate) fn feature_names(torsion: &str) -> [String; 2] {
    [SINE, COSINE].map(|prefix| format!("{prefix}{torsion}"))
}

/// Name of a basin's indicator among the observables: `basin alpha_left_2`.
pub(crate) fn basin_indicator_name(basin: &str) -> String {
    format!("{BASIN}{basin}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_what_they_were_written_from() {
        let torsion = Torsion {
            name: "phi_2".to_owned(),
            atoms: [0, 1, 2, 3],
        };
        let kind = |observable: &Observable| match NameKind::of(&observable.name()) {
            NameKind::Sine("phi_2") => 0,
            NameKind::Cosine("phi_2") => 1,
            NameKind::Side("phi_2", TorsionSide::Positive) => 2,
            NameKind::Side("phi_2", TorsionSide::Cis) => 3,
            NameKind::Other => 4,
            _ => 5,
        };
        let own = || torsion.clone();
        let observables = [
            Observable::Sine(own()),
            Observable::Cosine(own()),
            Observable::Side(own(), TorsionSide::Positive),
            Observable::Side(own(), TorsionSide::Cis),
            Observable::PotentialEnergy,
        ];
        assert_eq!(observables.each_ref().map(kind), [0, 1, 2, 3, 4]);
        let basin = basin_indicator_name("alpha_left_2");
        assert_eq!(NameKind::of(&basin), NameKind::Basin("alpha_left_2"));
        assert!(!NameKind::of("tic_0").is_two_valued());
    }
}
