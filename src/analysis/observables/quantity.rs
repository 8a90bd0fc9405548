//! What a user may ask to be looked at beside the fixed list, as text: `populations`, `j3_hn_ha/bax1997`, `noe ALA 1 HA, ALA 3 H`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::hydrogen_bond::HydrogenBonds;
use super::karplus::Karplus;
use super::observable::Observable;
use super::region::Region;
use crate::topology::{
    CenterKind, ChiralCenter, NamedTorsion, Topology, TorsionKind, chiral_centers, named_torsions,
};

/// Something that gives one observable or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Quantity {
    /// `populations`: of every [`Region`], of every residue with phi and psi.
    Populations,
    /// `hydrogen_bonds`: their number.
    HydrogenBonds,
    /// `j3_hn_ha`, or with a fit `j3_hn_ha/bax1997`: of every residue that has the atoms, in Hz.
    Coupling(Karplus),
    /// `distance ALA 1 HA, ALA 3 H` in nm.
    Distance([AtomLabel; 2]),
    /// `noe ALA 1 HA, ALA 3 H`: r⁻⁶ in nm⁻⁶, whose mean an NOE measures.
    Noe([AtomLabel; 2]),
}

/// An atom as files name it: `ALA 3 HA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomLabel {
    residue: String,
    number: i32,
    atom: String,
}

/// One example of each kind, for messages and documentation.
pub const QUANTITY_EXAMPLES: [&str; 7] = [
    "populations",
    "hydrogen_bonds",
    "j3_hn_ha",
    "j3_hn_c",
    "j3_hn_cb",
    "distance ALA 1 HA, ALA 3 H",
    "noe ALA 1 HA, ALA 3 H",
];

impl TryFrom<String> for Quantity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.to_string()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Populations => f.write_str("populations"),
            Self::HydrogenBonds => f.write_str("hydrogen_bonds"),
            Self::Coupling(fit) => write!(f, "{}/{}", fit.coupling(), fit.set()),
            Self::Distance([from, to]) => write!(f, "distance {from}, {to}"),
            Self::Noe([from, to]) => write!(f, "noe {from}, {to}"),
        }
    }
}

impl fmt::Display for AtomLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.residue, self.number, self.atom)
    }
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (head, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match (head, rest) {
            ("populations", "") => Ok(Self::Populations),
            ("hydrogen_bonds", "") => Ok(Self::HydrogenBonds),
            ("distance", _) => Ok(Self::Distance(pair(text, rest)?)),
            ("noe", _) => Ok(Self::Noe(pair(text, rest)?)),
            (_, "") => coupling(head).map(Self::Coupling),
            _ => Err(unknown(text)),
        }
    }
}

fn unknown(text: &str) -> String {
    format!(
        "got `{text}`, expected one of {}",
        QUANTITY_EXAMPLES.join("; ")
    )
}

fn coupling(text: &str) -> Result<Karplus, String> {
    let (name, set) = match text.split_once('/') {
        Some((name, set)) => (name, Some(set)),
        None => (text, None),
    };
    let mut fits = Karplus::ALL
        .into_iter()
        .filter(|fit| fit.coupling() == name);
    let found = fits
        .clone()
        .find(|fit| set.is_none_or(|set| fit.set() == set));
    found.ok_or_else(|| match fits.next() {
        None => unknown(text),
        Some(first) => {
            let sets: Vec<&str> = std::iter::once(first)
                .chain(fits)
                .map(Karplus::set)
                .collect();
            format!(
                "got `{text}`, expected after the slash one of {}",
                sets.join(", ")
            )
        }
    })
}

fn pair(text: &str, rest: &str) -> Result<[AtomLabel; 2], String> {
    let labels: Vec<AtomLabel> = rest.split(',').filter_map(label).collect();
    labels.try_into().map_err(|_| {
        format!("got `{text}`, expected two atoms, each by residue, number and name: `noe ALA 1 HA, ALA 3 H`")
    })
}

fn label(text: &str) -> Option<AtomLabel> {
    let parts: Vec<String> = text
        .split_whitespace()
        .map(str::to_ascii_uppercase)
        .collect();
    let [residue, number, atom] = <[String; 3]>::try_from(parts).ok()?;
    let number = number.parse().ok()?;
    Some(AtomLabel {
        residue,
        number,
        atom,
    })
}

impl AtomLabel {
    fn find(&self, topology: &Topology) -> Result<usize, String> {
        let Self {
            residue,
            number,
            atom,
        } = self;
        let numbered =
            || (0..topology.residues.len()).filter(|&i| topology.residues[i].number == *number);
        let is_named = |&index: &usize| {
            let own = &topology.residues[index].name;
            own == residue || (residue == "HIS" && ["HID", "HIE", "HIP"].contains(&own.as_str()))
        };
        let Some(index) = numbered().find(is_named) else {
            let there: Vec<&str> = numbered()
                .map(|index| topology.residues[index].name.as_str())
                .collect();
            return Err(match there.len() {
                0 => format!("the molecule has no residue {number}"),
                _ => format!("residue {number} is {}, not {residue}", there.join(" and ")),
            });
        };
        topology.atom_index(index, atom).ok_or_else(|| {
            let own = topology.residues[index].atoms.clone();
            let names: Vec<&str> = own.map(|atom| topology.atoms[atom].name.as_str()).collect();
            format!(
                "{residue} {number} has no atom {atom}; it has {}",
                names.join(" ")
            )
        })
    }
}

impl Quantity {
    /// Its observables in a molecule.
    ///
    /// # Errors
    /// Why there are none, naming the atom that is missing.
    pub fn observables(&self, topology: &Topology) -> Result<Vec<Observable>, String> {
        match self {
            Self::Populations => some(populations(topology), "a residue with phi and psi"),
            Self::HydrogenBonds => Ok(vec![Observable::HydrogenBonds(HydrogenBonds::of(topology))]),
            Self::Coupling(fit) => {
                let atoms = format!(
                    "a residue with phi, an amide hydrogen H and {}",
                    fit.partner()
                );
                some(couplings(*fit, topology), &atoms)
            }
            Self::Distance(labels) => {
                let (name, atoms) = named("distance", labels, topology)?;
                Ok(vec![Observable::Distance { name, atoms }])
            }
            Self::Noe(labels) => {
                let (name, atoms) = named("noe", labels, topology)?;
                Ok(vec![Observable::InverseSixth { name, atoms }])
            }
        }
    }
}

fn some(found: Vec<Observable>, what: &str) -> Result<Vec<Observable>, String> {
    match found.is_empty() {
        true => Err(format!("the molecule has nowhere {what}")),
        false => Ok(found),
    }
}

fn named(
    kind: &str,
    labels: &[AtomLabel; 2],
    topology: &Topology,
) -> Result<(String, [usize; 2]), String> {
    let [first, second] = labels;
    let atoms = [first.find(topology)?, second.find(topology)?];
    let [from, to] = labels
        .each_ref()
        .map(|own| format!("{}{}-{}", own.residue, own.number, own.atom));
    if atoms[0] == atoms[1] {
        return Err(format!("{from} twice, expected two atoms"));
    }
    Ok((format!("{kind}_{from}_{to}"), atoms))
}

fn phis(topology: &Topology) -> impl Iterator<Item = NamedTorsion> {
    let all = named_torsions(topology).into_iter();
    all.filter(|torsion| torsion.kind == TorsionKind::Phi)
}

fn couplings(fit: Karplus, topology: &Topology) -> Vec<Observable> {
    let is_first = Karplus::ALL
        .into_iter()
        .find(|other| other.coupling() == fit.coupling())
        == Some(fit);
    let kind = match is_first {
        true => fit.coupling().to_owned(),
        false => format!("{}_{}", fit.coupling(), fit.set()),
    };
    let centers = chiral_centers(topology);
    let has = |phi: &NamedTorsion, name| topology.atom_index(phi.residue_index, name).is_some();
    phis(topology)
        .filter(|phi| (has(phi, "H") || has(phi, "HN")) && has(phi, fit.partner()))
        .map(|phi| Observable::Coupling {
            name: phi.name.replacen("phi", &kind, 1),
            fit,
            alpha: alpha(&centers, topology, phi.residue_index),
            phi: phi.atoms,
        })
        .collect()
}

/// The stereocentre of a residue's backbone.
fn alpha(
    centers: &[ChiralCenter],
    topology: &Topology,
    residue_index: usize,
) -> Option<ChiralCenter> {
    let mut backbone = centers
        .iter()
        .filter(|own| own.kind == CenterKind::Backbone);
    backbone
        .find(|own| topology.atoms[own.center].residue_index == residue_index)
        .copied()
}

fn populations(topology: &Topology) -> Vec<Observable> {
    let torsions = named_torsions(topology);
    let psi = |residue| {
        let mut of_residue = torsions
            .iter()
            .filter(|torsion| torsion.residue_index == residue);
        of_residue
            .find(|torsion| torsion.kind == TorsionKind::Psi)
            .map(|torsion| torsion.atoms)
    };
    let centers = chiral_centers(topology);
    let both = phis(topology).filter_map(|phi| Some((psi(phi.residue_index)?, phi)));
    both.flat_map(|(psi, phi)| {
        let alpha = alpha(&centers, topology, phi.residue_index);
        Region::ALL.map(|region| Observable::Population {
            torsion: phi.name.clone(),
            region,
            alpha,
            phi: phi.atoms,
            psi,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Sequence;

    fn names(quantity: &str, sequence: &str) -> Result<Vec<String>, String> {
        let sequence = Sequence::parse(sequence).unwrap();
        let molecule = crate::topology::build(&sequence, &[]).unwrap();
        let found = quantity
            .parse::<Quantity>()?
            .observables(&molecule.topology)?;
        Ok(found.iter().map(Observable::name).collect())
    }

    #[test]
    fn couplings_need_their_atoms() {
        assert_eq!(names("j3_hn_ha", "APGA").unwrap(), ["j3_hn_ha_4"]);
        assert_eq!(
            names("j3_hn_c", "APGA").unwrap(),
            ["j3_hn_c_3", "j3_hn_c_4"]
        );
        assert_eq!(
            names("j3_hn_ha/bax1997", "AA").unwrap(),
            ["j3_hn_ha_bax1997_2"]
        );
        assert!(
            names("j3_hn_ha", "AP")
                .unwrap_err()
                .contains("amide hydrogen")
        );
    }

    #[test]
    fn populations_are_of_residues_with_both_torsions() {
        let expected = Region::ALL.map(|region| format!("population {}_2", region.name()));
        assert_eq!(names("populations", "AAA").unwrap(), expected);
    }

    #[test]
    fn texts_come_back() {
        for text in QUANTITY_EXAMPLES {
            let quantity: Quantity = text.parse().unwrap();
            assert_eq!(quantity.to_string().parse(), Ok(quantity));
        }
    }

    #[test]
    fn faults_say_what_is_expected() {
        let fault = |text: &str| names(text, "AAA").unwrap_err();
        assert!(fault("j3_hn_hb").contains("expected one of populations"));
        assert!(fault("j3_hn_ha/bax2008").contains("bax2007, ruterjans1999, bax1997"));
        assert!(fault("noe ALA 1 HA").contains("expected two atoms"));
        assert!(fault("noe ALA 1 HA, ALA 1 HA").contains("twice"));
        assert!(fault("noe GLY 1 HA, ALA 2 HA").contains("residue 1 is ALA, not GLY"));
        assert!(fault("noe ALA 7 HA, ALA 2 HA").contains("no residue 7"));
        assert!(fault("distance ALA 1 HX, ALA 2 HA").contains("it has N H1"));
    }
}
