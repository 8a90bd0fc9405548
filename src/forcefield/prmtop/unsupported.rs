//! Physics of prmtops that this program does not have: refused with the reason, never dropped.

use super::error::{PrmtopError, PrmtopFault};
use super::pointers::Pointers;
use super::sections::{Expected, Sections};

/// Flags whose mere presence changes the energy: (flag or its beginning, what it is, remedy).
const FLAGS: [(&str, &str, &str); 8] = [
    (
        "AMOEBA_",
        "the AMOEBA force field",
        "take a force field with fixed charges",
    ),
    (
        "POLARIZABILITY",
        "a polarisable force field",
        "take a force field with fixed charges",
    ),
    (
        "DIPOLE_DAMP_FACTOR",
        "a polarisable force field",
        "take a force field with fixed charges",
    ),
    (
        "LES_",
        "locally enhanced sampling (LES), several copies of a part",
        "make the prmtop anew without addles",
    ),
    (
        "CAP_INFO",
        "a cap of water around the molecule",
        "strip the water (cpptraj: `parmstrip :WAT`) and name an implicit solvent",
    ),
    (
        "PERT_",
        "a perturbation of the old gibbs program",
        "make the prmtop of one end state",
    ),
    (
        "FRAME_",
        "extra points in frames",
        "take a force field whose charges sit on atoms",
    ),
    (
        "PGM_",
        "the polarisable Gaussian multipole model",
        "take a force field with fixed charges",
    ),
];

/// Refuses what the energies of this program would leave out.
pub(super) fn check(sections: &Sections, pointers: &Pointers) -> Result<(), PrmtopError> {
    let refuse = |flag: &str, what: &str, remedy: &str| {
        let fault = PrmtopFault::Unsupported {
            what: format!("{what}, which is not supported"),
            remedy: remedy.to_owned(),
        };
        Err(sections.fault(sections.line(flag), fault))
    };
    for (beginning, what, remedy) in FLAGS {
        let mut flags = sections.flags();
        if let Some(flag) = flags.find(|flag| flag.starts_with(beginning)) {
            return refuse(flag, &format!("%FLAG {flag} holds {what}"), remedy);
        }
    }
    if pointers.extra_points > 0 {
        let what = format!("NUMEXTRA is {}: extra points", pointers.extra_points);
        let remedy = "take a force field whose charges sit on atoms";
        return refuse("POINTERS", &what, remedy);
    }
    if pointers.perturbation > 0 {
        let what = "IFPERT is not 0: a perturbation between two molecules";
        return refuse("POINTERS", what, "make the prmtop of one end state");
    }
    if pointers.cap > 0 {
        let what = "IFCAP is not 0: a cap of water around the molecule";
        let remedy = "strip the water (cpptraj: `parmstrip :WAT`) and name an implicit solvent";
        return refuse("POINTERS", what, remedy);
    }
    if sections.has("IPOL") {
        let polarisable = sections.integers("IPOL", Expected::Any)?;
        if polarisable.values.iter().any(|&value| value != 0) {
            let what = "IPOL is not 0: a polarisable force field";
            return refuse("IPOL", what, "take a force field with fixed charges");
        }
    }
    check_coefficients(sections, pointers)
}

/// 10-12 hydrogen bonds and 12-6-4 ions are taken where they are zero.
fn check_coefficients(sections: &Sections, pointers: &Pointers) -> Result<(), PrmtopError> {
    let kinds = [
        (
            "HBOND_ACOEF",
            "a 10-12 hydrogen bond",
            "take a force field from AMBER's ff94 on",
        ),
        (
            "HBOND_BCOEF",
            "a 10-12 hydrogen bond",
            "take a force field from AMBER's ff94 on",
        ),
        (
            "LENNARD_JONES_CCOEF",
            "a 12-6-4 interaction of an ion",
            "take 12-6 parameters of the ion",
        ),
    ];
    for (flag, what, remedy) in kinds {
        if !sections.has(flag) {
            continue;
        }
        let expected = match flag {
            "LENNARD_JONES_CCOEF" => Expected::Any,
            _ => Expected::Exactly(pointers.hydrogen_bond_types, "NPHB of %FLAG POINTERS"),
        };
        let coefficients = sections.reals(flag, expected)?;
        if let Some(entry) = coefficients.values.iter().position(|&value| value != 0.0) {
            let expected = format!("0, as {what} is not supported ({remedy}),");
            return Err(coefficients.fault(entry, expected));
        }
    }
    Ok(())
}
