//! Dihedrals and AMBER's impropers, and the 1-4 pairs with their scales that the same lists tell.

use super::bonded::{KJ_PER_KCAL, lists, sorted};
use super::error::PrmtopError;
use super::pointers::Pointers;
use super::sections::{Entries, Expected, Sections};
use crate::forcefield::limits::Limits;
use crate::forcefield::system::Torsion;

/// Periodicities above this are typing errors.
const MOST_PERIODIC: f64 = 12.0;
/// Periodicities are written as numbers with decimals, and are whole to this.
const WHOLE: f64 = 1e-3;
/// Factors by which 1-4 interactions are divided, electrostatic and Lennard-Jones, in files that say nothing.
const AMBER_SCALES: [f64; 2] = [1.2, 2.0];
const CHARMM_SCALES: [f64; 2] = [1.0, 1.0];

/// A pair of atoms three bonds apart whose interaction is scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OneFour {
    /// First < second.
    pub(super) atoms: [usize; 2],
    /// Divisors of charges and of Lennard-Jones.
    pub(super) divisors: [f64; 2],
}

/// What the dihedral lists hold.
#[derive(Debug, Default)]
pub(super) struct Dihedrals {
    pub(super) torsions: Vec<Torsion>,
    pub(super) one_fours: Vec<OneFour>,
}

/// The types that the lists name.
struct Types<'a> {
    k_kj_per_mol: Vec<f64>,
    phases_rad: Vec<f64>,
    periodicity: Entries<'a, f64>,
    divisors: [Option<Entries<'a, f64>>; 2],
    default_divisors: [f64; 2],
}

/// Reads both lists. A negative third atom says that the ends form no 1-4 pair (a further Fourier term, a ring), a
/// negative fourth atom an improper.
pub(super) fn read(sections: &Sections, pointers: &Pointers) -> Result<Dihedrals, PrmtopError> {
    let types = Types::read(sections, pointers)?;
    let mut dihedrals = Dihedrals::default();
    let names = ["DIHEDRALS_INC_HYDROGEN", "DIHEDRALS_WITHOUT_HYDROGEN"];
    for (flag, n) in lists(names, pointers.dihedrals) {
        let reason = "5 for each dihedral of %FLAG POINTERS";
        let mut list = sections.integers(flag, Expected::Exactly(5 * n, reason))?;
        for start in (0..5 * n).step_by(5) {
            let is_pair = list.values[start + 2] >= 0 && list.values[start + 3] >= 0;
            for place in [start + 2, start + 3] {
                list.values[place] = list.values[place].abs();
            }
            let mut atoms = [0; 4];
            for (place, atom) in atoms.iter_mut().enumerate() {
                *atom = list.atom(start + place, pointers.atoms)?;
            }
            let kind = list.index(start + 4, pointers.dihedral_types, "a dihedral type")?;
            if types.k_kj_per_mol[kind] != 0.0 {
                dihedrals.torsions.push(types.torsion(atoms, kind)?);
            }
            if is_pair {
                let pair = types.one_four(atoms, kind)?;
                if pair.atoms[0] == pair.atoms[1] {
                    return Err(
                        list.fault(start + 3, "another atom than the first of the dihedral")
                    );
                }
                dihedrals.one_fours.push(pair);
            }
        }
    }
    Ok(dihedrals)
}

impl<'a> Types<'a> {
    fn read(sections: &'a Sections, pointers: &Pointers) -> Result<Self, PrmtopError> {
        let types = Expected::Exactly(pointers.dihedral_types, "NPTRA of %FLAG POINTERS");
        let scale = |flag: &'static str| match sections.has(flag) {
            true => sections.reals(flag, types).map(Some),
            false => Ok(None),
        };
        let phases = sections.reals("DIHEDRAL_PHASE", types)?;
        Ok(Self {
            k_kj_per_mol: sections
                .reals("DIHEDRAL_FORCE_CONSTANT", types)?
                .all_plausible(KJ_PER_KCAL, &Limits::TORSION_K)?,
            phases_rad: phases.all_plausible(1.0, &Limits::PHASE)?,
            periodicity: sections.reals("DIHEDRAL_PERIODICITY", types)?,
            divisors: [scale("SCEE_SCALE_FACTOR")?, scale("SCNB_SCALE_FACTOR")?],
            default_divisors: match sections.has("CTITLE") {
                true => CHARMM_SCALES,
                false => AMBER_SCALES,
            },
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is whole and from 1 to 12"
    )]
    fn torsion(&self, atoms: [usize; 4], kind: usize) -> Result<Torsion, PrmtopError> {
        let periodicity = self.periodicity.values[kind];
        let whole = periodicity.round();
        if (periodicity - whole).abs() > WHOLE || !(1.0..=MOST_PERIODIC).contains(&whole) {
            let expected = format!("a whole number from 1 to {MOST_PERIODIC}");
            return Err(self.periodicity.fault(kind, expected));
        }
        Ok(Torsion {
            atoms,
            periodicity: whole as u32,
            phase_rad: self.phases_rad[kind],
            k_kj_per_mol: self.k_kj_per_mol[kind],
        })
    }

    fn one_four(&self, atoms: [usize; 4], kind: usize) -> Result<OneFour, PrmtopError> {
        let mut divisors = self.default_divisors;
        for (divisor, given) in divisors.iter_mut().zip(&self.divisors) {
            let Some(given) = given else { continue };
            *divisor = given.values[kind];
            // Zero stands where no pair takes the factor; this one does.
            if !(0.1..=1e6).contains(divisor) {
                let expected = "a divisor of 1-4 interactions from 0.1 to 1e6";
                return Err(given.fault(kind, expected));
            }
        }
        let [first, _, _, last] = atoms;
        Ok(OneFour {
            atoms: sorted([first, last]),
            divisors,
        })
    }
}
