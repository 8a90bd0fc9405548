//! The residues that can be built or read: atoms, bonds and internal coordinates from `data/residues/residues.json`.

use super::element::Element;
use serde::Deserialize;
use std::sync::OnceLock;

/// One atom of a residue with the internal coordinates that place it.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateAtom {
    /// Name within the residue.
    pub name: String,
    /// Chemical element.
    pub element: Element,
    /// Parent, the atom before it and the far end of the torsion; `-C` is the previous residue's, `+N` the next one's.
    /// `None` for the three atoms that start a chain.
    pub references: Option<[String; 3]>,
    /// Distance to the parent in nm.
    pub length_nm: f64,
    /// Angle with the parent as vertex in rad.
    pub angle_rad: f64,
    /// Torsion in rad (IUPAC sign).
    pub torsion_rad: f64,
}

/// A torsion of the side chain and the angles worth trying when the chain is built.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TemplateTorsion {
    /// Names of its four atoms.
    pub atoms: [String; 4],
    /// Angles in degrees; empty where the torsion stays as it is in the template (rings, planar groups).
    pub values_deg: Vec<f64>,
}

/// One residue or cap as it stands inside a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidueTemplate {
    /// `ALA`, `HID`, `ACE`, ...
    pub name: String,
    /// One-letter code; protonation variants have none.
    pub one_letter: Option<char>,
    /// Whether it is ACE, NME or NHE.
    pub cap: bool,
    /// Which atoms play N, CA and C towards the neighbours.
    pub backbone: [Option<String>; 3],
    /// Atoms in AMBER order.
    pub atoms: Vec<TemplateAtom>,
    /// Bonds within the residue.
    pub bonds: Vec<[String; 2]>,
    /// chi1, chi2, ...
    pub chi: Vec<TemplateTorsion>,
    /// Hydroxyl and thiol hydrogens.
    pub turnable: Vec<TemplateTorsion>,
}

impl ResidueTemplate {
    /// Whether its N is bonded to the side chain, as proline's, and has no hydrogen inside a chain.
    #[must_use]
    pub fn is_imino(&self) -> bool {
        !self.cap && !self.atoms.iter().any(|atom| atom.name == "H")
    }
}

/// All residues and the atoms that charged ends add.
#[derive(Debug)]
pub struct ResidueLibrary {
    residues: Vec<ResidueTemplate>,
    n_terminus: Vec<TemplateAtom>,
    n_terminus_pro: Vec<TemplateAtom>,
    c_terminus: Vec<TemplateAtom>,
}

/// Name, element, references, length in nm, angle and torsion in degrees.
type AtomRow = (String, String, Option<Vec<String>>, f64, f64, f64);

#[derive(Deserialize)]
struct RawLibrary {
    residues: Vec<RawResidue>,
    patches: RawPatches,
}

#[derive(Deserialize)]
struct RawPatches {
    n_terminus: Vec<AtomRow>,
    n_terminus_pro: Vec<AtomRow>,
    c_terminus: Vec<AtomRow>,
}

#[derive(Deserialize)]
struct RawResidue {
    name: String,
    one_letter: Option<char>,
    cap: bool,
    backbone: [Option<String>; 3],
    atoms: Vec<AtomRow>,
    bonds: Vec<[String; 2]>,
    chi: Vec<TemplateTorsion>,
    turnable: Vec<TemplateTorsion>,
}

impl ResidueLibrary {
    /// The library compiled into the program.
    #[must_use]
    pub fn get() -> &'static Self {
        static LIBRARY: OnceLock<ResidueLibrary> = OnceLock::new();
        LIBRARY.get_or_init(|| {
            let raw: RawLibrary =
                serde_json::from_str(include_str!("../../data/residues/residues.json"))
                    .expect("invariant: the committed residue data parses");
            Self {
                residues: raw.residues.into_iter().map(template_from_raw).collect(),
                n_terminus: atoms_from_rows(raw.patches.n_terminus),
                n_terminus_pro: atoms_from_rows(raw.patches.n_terminus_pro),
                c_terminus: atoms_from_rows(raw.patches.c_terminus),
            }
        })
    }

    /// All residues, caps last.
    #[must_use]
    pub fn residues(&self) -> &[ResidueTemplate] {
        &self.residues
    }

    /// The residue of a name, `HIS` standing for `HIE`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ResidueTemplate> {
        let name = if name == "HIS" { "HIE" } else { name };
        self.residues.iter().find(|residue| residue.name == name)
    }

    /// The residue of a one-letter code; `H` is HIE.
    #[must_use]
    pub fn find_one_letter(&self, letter: char) -> Option<&ResidueTemplate> {
        self.residues
            .iter()
            .find(|residue| residue.one_letter == Some(letter))
    }

    /// The known name nearest in spelling, for messages.
    #[must_use]
    pub fn nearest_name(&self, name: &str) -> &str {
        nearest(name, self.residues.iter().map(|residue| &*residue.name))
    }

    /// All known names, separated by spaces, for messages.
    #[must_use]
    pub fn known_names(&self) -> String {
        let names: Vec<&str> = self.residues.iter().map(|r| r.name.as_str()).collect();
        names.join(" ")
    }

    /// The atoms of a residue that begins (`first`) or ends (`last`) a chain uncapped, or stands inside it, in AMBER order.
    ///
    /// A first residue has H1, H2, H3 (proline H2, H3) for H; a last one has OXT after O.
    #[must_use]
    pub fn atoms(&self, residue: &ResidueTemplate, first: bool, last: bool) -> Vec<TemplateAtom> {
        let first = first && !residue.cap;
        let last = last && !residue.cap;
        let mut atoms = Vec::new();
        for atom in &residue.atoms {
            match atom.name.as_str() {
                "H" if first => {}
                "O" if last => atoms.extend(self.c_terminus.iter().cloned()),
                _ => atoms.push(atom.clone()),
            }
            if first && atom.name == "N" {
                let hydrogens = if residue.is_imino() {
                    &self.n_terminus_pro
                } else {
                    &self.n_terminus
                };
                atoms.extend(hydrogens.iter().cloned());
            }
        }
        atoms
    }
}

/// Bonds among those atoms of a residue, by name.
pub(super) fn bonds_among(residue: &ResidueTemplate, atoms: &[TemplateAtom]) -> Vec<[String; 2]> {
    let has = |name: &str| atoms.iter().any(|atom| atom.name == name);
    let mut bonds: Vec<[String; 2]> = residue
        .bonds
        .iter()
        .filter(|bond| has(&bond[0]) && has(&bond[1]))
        .cloned()
        .collect();
    if !residue.cap {
        for (parent, added) in [("N", ["H1", "H2", "H3"].as_slice()), ("C", &["OXT"])] {
            for name in added.iter().filter(|name| has(name)) {
                bonds.push([parent.to_owned(), (*name).to_owned()]);
            }
        }
    }
    bonds
}

/// The candidate nearest in spelling (Jaro-Winkler, doi:10.1080/01621459.1989.10478785).
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map_or("", |(_, candidate)| candidate)
}

fn template_from_raw(raw: RawResidue) -> ResidueTemplate {
    ResidueTemplate {
        name: raw.name,
        one_letter: raw.one_letter,
        cap: raw.cap,
        backbone: raw.backbone,
        atoms: atoms_from_rows(raw.atoms),
        bonds: raw.bonds,
        chi: raw.chi,
        turnable: raw.turnable,
    }
}

fn atoms_from_rows(rows: Vec<AtomRow>) -> Vec<TemplateAtom> {
    rows.into_iter()
        .map(
            |(name, symbol, references, length_nm, angle_deg, torsion_deg)| TemplateAtom {
                name,
                element: Element::from_symbol(&symbol)
                    .expect("invariant: the residue data names known elements"),
                references: references.map(|names| {
                    names
                        .try_into()
                        .expect("invariant: an atom of the residue data has three references")
                }),
                length_nm,
                angle_rad: angle_deg.to_radians(),
                torsion_rad: torsion_deg.to_radians(),
            },
        )
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn all_twenty_have_a_letter_and_variants_do_not() {
        let library = ResidueLibrary::get();
        let letters: String = library
            .residues()
            .iter()
            .filter_map(|r| r.one_letter)
            .collect();
        assert_eq!(letters.len(), 20);
        assert_eq!(library.residues().len(), 35);
        assert_eq!(library.find_one_letter('H').unwrap().name, "HIE");
        assert_eq!(library.find("HIS").unwrap().name, "HIE");
        assert_eq!(library.nearest_name("ALX"), "ALA");
        let imino = library.residues().iter().filter(|r| r.is_imino());
        assert!(imino.map(|r| &r.name).eq(["PRO", "HYP"]));
    }
}
