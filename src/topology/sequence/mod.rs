//! Peptide sequences as users type them, three-letter or one-letter.

mod error;
mod names;
mod read;

use super::residue_library::ResidueLibrary;
use std::fmt;

pub use error::SequenceError;
pub(crate) use names::{d_name, l_name};
use read::{capped_letters, check_caps, check_case, check_ring, one_letter, ring_of, three_letter};

/// Residue names from the N to the C terminus, caps included: `ACE ALA NME`; which of them are D; whether the ends are joined.
///
/// ```
/// use saltus::topology::Sequence;
/// let capped = Sequence::parse("ACE-ALA-NME")?;
/// assert_eq!(capped.names(), ["ACE", "ALA", "NME"]);
/// assert_eq!(Sequence::parse("AAAY")?.names(), ["ALA", "ALA", "ALA", "TYR"]);
/// assert_eq!(Sequence::parse("ALA")?.names(), ["ALA"]);
/// assert_eq!(Sequence::parse("ACE-GfPA-NME")?.to_string(), "ACE-GLY-DPN-PRO-ALA-NME");
/// let ring = Sequence::parse("cyclo(RGDfV)")?;
/// assert!(ring.is_cyclic());
/// assert_eq!(ring.mirrored(), [3]);
/// assert_eq!(ring.to_string(), "cyclo(ARG-GLY-ASP-DPN-VAL)");
/// # Ok::<(), saltus::topology::SequenceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Names of L residues, also where the residue is D.
    names: Vec<String>,
    /// Indices of D residues, ascending.
    mirrored: Vec<usize>,
    is_cyclic: bool,
}

impl Sequence {
    /// Read a sequence.
    ///
    /// It is three-letter if it has a hyphen or is one known three-letter name in capitals; anything else is one-letter
    /// with charged ends. So `ALA` is one alanine; Ala-Leu-Ala is `ALA-LEU-ALA`. `HIS` and `H` are HIE, neutral with its hydrogen
    /// on NE2. Case does not matter with hyphens; a lower-case letter without hyphens is the D residue, as are the PDB's names of D
    /// residues (`DPN`). White space around names is ignored. `cyclo(...)` joins the last residue to the first. Letters may stand
    /// between caps, `ACE-AAAY-NME`, unless there are three of them, which would be a name. `NH2` is NHE.
    ///
    /// # Errors
    /// [`SequenceError`] for an empty sequence, an unknown residue (with the nearest known name), a cap in the wrong place, brackets
    /// that are none of a ring, a D residue that does not exist.
    pub fn parse(text: &str) -> Result<Self, SequenceError> {
        let text = text.trim();
        let (inner, is_cyclic) = ring_of(text)?;
        if inner.is_empty() {
            return Err(SequenceError::Empty);
        }
        let library = ResidueLibrary::get();
        let is_one_name = library.find(inner).is_some() || l_name(inner).is_some();
        let residues = if let Some([before, letters, after]) = capped_letters(inner) {
            [
                three_letter(before, text)?,
                one_letter(letters, text)?,
                three_letter(after, text)?,
            ]
            .concat()
        } else if inner.contains('-') || is_one_name {
            three_letter(inner, text)?
        } else {
            check_case(inner)?;
            one_letter(inner, text)?
        };
        let mirrored = residues.iter().enumerate();
        let mirrored = mirrored.filter(|(_, (_, is_mirrored))| *is_mirrored);
        let mirrored = mirrored.map(|(index, _)| index).collect();
        let names: Vec<String> = residues.into_iter().map(|(name, _)| name).collect();
        if is_cyclic {
            check_ring(&names, text)?;
        } else {
            check_caps(&names, text)?;
        }
        Ok(Self {
            names,
            mirrored,
            is_cyclic,
        })
    }

    /// Residue names from the N to the C terminus; D residues have the names of the L residues that they mirror.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Indices of D residues, ascending.
    #[must_use]
    pub fn mirrored(&self) -> &[usize] {
        &self.mirrored
    }

    /// Whether the last residue is joined to the first.
    #[must_use]
    pub fn is_cyclic(&self) -> bool {
        self.is_cyclic
    }

    /// Rename a residue (index from 0) to a variant of itself.
    pub(crate) fn rename(&mut self, residue_index: usize, name: &str) {
        name.clone_into(&mut self.names[residue_index]);
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelled = self.names.iter().enumerate().map(|(index, name)| {
            match self.mirrored.contains(&index) {
                true => d_name(name),
                false => name.clone(),
            }
        });
        let spelled = spelled.collect::<Vec<_>>().join("-");
        match self.is_cyclic {
            true => write!(formatter, "cyclo({spelled})"),
            false => formatter.write_str(&spelled),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        Sequence::parse(text).unwrap().names().to_vec()
    }

    #[test]
    fn both_forms_and_defaults() {
        assert_eq!(names("ACE-HIS-NHE"), ["ACE", "HIE", "NHE"]);
        assert_eq!(names("ala-glu"), ["ALA", "GLU"]);
        assert_eq!(names("HG"), ["HIE", "GLY"]);
        assert_eq!(names("GLY"), ["GLY"]);
        assert_eq!(names("GLYY"), ["GLY", "LEU", "TYR", "TYR"]);
        assert_eq!(names("ace-AG-nh2"), ["ACE", "ALA", "GLY", "NHE"]);
        assert_eq!(names("ACE-CYIQ"), ["ACE", "CYS", "TYR", "ILE", "GLN"]);
        assert_eq!(names("ACE-ALA-NH2"), ["ACE", "ALA", "NHE"]);
    }

    #[test]
    fn rings_and_d_residues() {
        let parse = |text: &str| Sequence::parse(text).unwrap();
        let ring = parse("cyclo(GLY-DPN-DHI)");
        assert!(ring.is_cyclic() && !parse("GfH").is_cyclic());
        assert_eq!(ring.names(), ["GLY", "PHE", "HIE"]);
        assert_eq!(ring.mirrored(), [1, 2]);
        assert_eq!(parse(" cyclo( RGDfV ) ").mirrored(), [3]);
        assert_eq!(parse("AaK").mirrored(), [1]);
        assert_eq!(parse("DAL").names(), ["ALA"]);
        assert_eq!(parse("ACE-DVA-NME").to_string(), "ACE-DVA-NME");
        assert_eq!(parse(&ring.to_string()), ring);
    }

    #[test]
    fn faults_of_rings_and_d_residues_are_named() {
        let message = |text: &str| Sequence::parse(text).unwrap_err().to_string();
        let of =
            |text: &str, part: &str| assert!(message(text).contains(part), "{}", message(text));
        of(
            "cyclo(RGDgV)",
            "'g' at position 4 of 'cyclo(RGDgV)' asks for D-glycine",
        );
        of("ala", "one residue ALA");
        of("ala", "DAL-DLE-DAL");
        of("cyclo(RGDfV", "no closing bracket");
        of("RGDfV)", "without an opening one");
        of("ring(RGDfV)", "does not follow cyclo");
        of("cyclo(RGD)fV", "goes on after");
        of("cyclo((RGD))", "more than one opening");
        of("cyclo(ACE-ALA-GLY)", "no ends to cap");
        of("cyclo(A)", "ring of 1 residue");
        of("cyclo()", "empty");
        of("AAxY", "'x' at position 3");
    }

    #[test]
    fn faults_say_what_and_where() {
        let message = |text: &str| Sequence::parse(text).unwrap_err().to_string();
        assert!(message("").contains("empty"));
        assert!(message("  ").contains("empty"));
        let unknown = message("ACE-ALX-NME");
        assert!(
            unknown.contains("'ALX' at position 2") && unknown.contains("mean ALA"),
            "{unknown}"
        );
        assert!(unknown.contains("HID") && unknown.contains("VAL"));
        assert!(message("ACE-ALN-NME").contains("'ALN' at position 2"));
        assert!(message("AAAY-AAAY").contains("'AAAY' at position 1"));
        assert!(message("AAXY").contains("'X' at position 3"));
        assert!(message("ALA-ACE-ALA").contains("cap ACE stands at position 2"));
        assert!(message("NME-ALA").contains("cap NME stands at position 1"));
        assert!(message("ACE-NME").contains("caps only"));
        assert!(message("ACE").contains("caps only"));
        assert!(message("ALA--ALA").contains("position 2"));
    }
}
