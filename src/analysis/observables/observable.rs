//! What may be looked at in a frame: its name in files and tables, and its value, in one place each.

use super::dihedral::dihedral_rad;
use super::distance::{pair_distances, position, radius_of_gyration};
use super::hydrogen_bond::HydrogenBonds;
use super::karplus::Karplus;
use super::region::Region;
use crate::topology::ChiralCenter;
use crate::vector::{cross, difference, dot};

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
    /// A scalar coupling in Hz, `j3_hn_ha_2`.
    Coupling {
        /// Name.
        name: String,
        /// The equation.
        fit: Karplus,
        /// Its stereocentre, which says in every frame whether it is D.
        alpha: Option<ChiralCenter>,
        /// Atoms of phi.
        phi: [usize; 4],
    },
    /// 1 where (phi, psi) of a residue lie in a region, else 0: `population alpha_2`.
    Population {
        /// Name of its phi.
        torsion: String,
        /// The region.
        region: Region,
        /// Its stereocentre, which says in every frame whether it is D.
        alpha: Option<ChiralCenter>,
        /// Atoms of phi.
        phi: [usize; 4],
        /// Atoms of psi.
        psi: [usize; 4],
    },
    /// Number of `hydrogen_bonds`.
    HydrogenBonds(HydrogenBonds),
    /// Distance of two atoms in nm.
    Distance {
        /// Name.
        name: String,
        /// The atoms.
        atoms: [usize; 2],
    },
    /// r⁻⁶ of two atoms in nm⁻⁶.
    InverseSixth {
        /// Name.
        name: String,
        /// The atoms.
        atoms: [usize; 2],
    },
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
            Self::Population {
                torsion, region, ..
            } => {
                let residue = torsion.replacen("phi", region.name(), 1);
                format!("{POPULATION}{residue}")
            }
            Self::HydrogenBonds(_) => "hydrogen_bonds".to_owned(),
            Self::Coupling { name, .. }
            | Self::Distance { name, .. }
            | Self::InverseSixth { name, .. } => name.clone(),
        }
    }

    /// Value in a frame: without unit, 0 or 1, a number, nm, nm⁻⁶, Hz or kJ/mol.
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
            Self::Coupling {
                fit, alpha, phi, ..
            } => fit.hertz(as_l(*alpha, frame.positions) * dihedral_rad(frame.positions, *phi)),
            Self::Population {
                region,
                alpha,
                phi,
                psi,
                ..
            } => {
                let hand = as_l(*alpha, frame.positions);
                let [phi, psi] =
                    [phi, psi].map(|atoms| hand * dihedral_rad(frame.positions, *atoms));
                f64::from(u8::from(region.contains(phi, psi)))
            }
            #[expect(clippy::cast_precision_loss, reason = "a few")]
            Self::HydrogenBonds(bonds) => bonds.count(frame.positions) as f64,
            Self::Distance { atoms, .. } => pair_distances(frame.positions, &[*atoms])[0],
            Self::InverseSixth { atoms, .. } => {
                pair_distances(frame.positions, &[*atoms])[0].powi(-6)
            }
        }
    }

    /// Atoms that it names, with what messages call them.
    pub(super) fn atoms(&self) -> (&str, &[usize]) {
        match self {
            Self::Sine(torsion) | Self::Cosine(torsion) | Self::Side(torsion, _) => {
                (&torsion.name, &torsion.atoms)
            }
            Self::EndToEnd(atoms) => ("end_to_end_distance", atoms),
            Self::Coupling { name, phi, .. } => (name, phi),
            Self::Population { torsion, phi, .. } => (torsion, phi),
            Self::Distance { name, atoms } | Self::InverseSixth { name, atoms } => (name, atoms),
            Self::RadiusOfGyration | Self::PotentialEnergy | Self::HydrogenBonds(_) => ("", &[]),
        }
    }
}

/// The sign that makes angles of a residue those of its L form: -1 where the residue is D.
fn as_l(alpha: Option<ChiralCenter>, positions: &[f32]) -> f64 {
    let Some(alpha) = alpha else {
        return 1.0;
    };
    let center = position(positions, alpha.center);
    let [a, b, c] = alpha
        .neighbors
        .map(|atom| difference(position(positions, atom), center));
    dot(a, cross(b, c)).signum()
}

const SINE: &str = "sin_";
const COSINE: &str = "cos_";
const BASIN: &str = "basin ";
const POPULATION: &str = "population ";
const NOE: &str = "noe_";

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
    /// Of frames in a region of this name: `alpha_2`.
    Population(&'a str),
    /// Of r⁻⁶ between two atoms: `ALA1-HA_ALA3-H`.
    Noe(&'a str),
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
        } else if let Some(region) = name.strip_prefix(POPULATION) {
            Self::Population(region)
        } else if let Some(atoms) = name.strip_prefix(NOE) {
            Self::Noe(atoms)
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
        matches!(self, Self::Side(..) | Self::Basin(_) | Self::Population(_))
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
