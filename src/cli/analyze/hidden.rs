//! The comparison of chains in coordinates that are no observables, and what they say of peptide bonds.

use serde::Serialize;

use crate::analysis::{Ensemble, HiddenKind, TorsionSide, mcse_mean, share, transitions};
use crate::topology::peptide_bonds;

use super::chain_file::ChainFile;
use super::inputs::Input;

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Hidden {
    /// How many coordinates were compared.
    pub(super) n_compared: usize,
    /// Those by which the chains are not of one ensemble.
    pub(super) faults: Vec<HiddenFault>,
    /// Cis and trans of every peptide bond.
    pub(super) peptide_bonds: Vec<IsomerShare>,
}

/// A coordinate in which chains differ.
#[derive(Debug, Clone, Serialize)]
pub(super) struct HiddenFault {
    /// Its name.
    pub(super) name: String,
    /// Why.
    pub(super) why: String,
}

/// How often a peptide bond is cis.
#[derive(Debug, Clone, Serialize)]
pub(super) struct IsomerShare {
    /// Name of its torsion.
    pub(super) name: String,
    /// The residue after it: `PRO 2`.
    pub(super) before: String,
    /// Whether its nitrogen has no hydrogen, so that cis is to be expected.
    pub(super) is_tertiary: bool,
    /// Whether a move can turn it: not in a ring.
    pub(super) is_rotatable: bool,
    /// Share of the frames that are cis.
    pub(super) cis_share: f64,
    /// Standard error of that; `None` where there was no change.
    pub(super) mcse: Option<f64>,
    /// Changes between cis and trans from one frame to the next, over all chains.
    pub(super) transitions: usize,
}

impl Hidden {
    /// Compares the chains, whose observables are `ensemble`'s.
    pub(super) fn of(input: &Input, ensemble: &Ensemble) -> Self {
        let n_draws = ensemble.n_draws();
        let series = |coordinate: usize| -> Vec<Vec<Vec<f64>>> {
            let n_values = input.chains[0].hidden[coordinate].len();
            let of_chain = |chain: &ChainFile, value: usize| {
                chain.hidden[coordinate][value][..n_draws].to_vec()
            };
            let of_value = |value| {
                input
                    .chains
                    .iter()
                    .map(|chain| of_chain(chain, value))
                    .collect()
            };
            (0..n_values).map(of_value).collect()
        };
        let mut hidden = Self {
            n_compared: input.hidden.len(),
            ..Self::default()
        };
        let mut rare_isomers = Vec::new();
        for (index, coordinate) in input.hidden.iter().enumerate() {
            let own = series(index);
            if let Some(why) = coordinate.fault(&own) {
                let name = coordinate.name.clone();
                hidden.faults.push(HiddenFault { name, why });
            }
            if matches!(coordinate.kind, HiddenKind::Isomer { .. }) {
                rare_isomers.push((coordinate.name.as_str(), own));
            }
        }
        let of_name = |name: &str| {
            let rare = rare_isomers.iter().find(|(known, _)| *known == name);
            rare.map(|(_, own)| own[0].as_slice())
                .or_else(|| ensemble.chains(name))
        };
        for bond in peptide_bonds(&input.topology) {
            if let Some(chains) = of_name(&TorsionSide::Cis.observable(&bond.name)) {
                hidden.peptide_bonds.push(IsomerShare {
                    before: bond.residue_after(&input.topology),
                    name: bond.name,
                    is_tertiary: bond.is_tertiary,
                    is_rotatable: bond.is_rotatable,
                    cis_share: share(chains),
                    mcse: mcse_mean(chains).ok(),
                    transitions: transitions(chains),
                });
            }
        }
        hidden
    }

    /// Lines on the peptide bonds: each that has two isomers, the others together.
    pub(super) fn isomer_lines(&self) -> Vec<String> {
        let bonds = self.peptide_bonds.iter();
        let (named, others): (Vec<_>, Vec<_>) =
            bonds.partition(|bond| bond.is_tertiary || bond.transitions > 0);
        let mut lines: Vec<String> = named
            .into_iter()
            .map(|bond| {
                let error = match bond.mcse {
                    Some(mcse) => format!(" +- {:.2}", 100.0 * mcse),
                    None => String::new(),
                };
                format!(
                    "peptide bond {} before {}: {:.2}{error} % cis, {} changes between cis and trans",
                    bond.name,
                    bond.before,
                    100.0 * bond.cis_share,
                    bond.transitions
                )
            })
            .collect();
        let (open, tied): (Vec<_>, Vec<_>) = others.into_iter().partition(|bond| bond.is_rotatable);
        let kinds = [
            (
                open,
                "peptide bonds",
                "before other residues than proline the other isomer is rare (0.01 to 1 % in AMBER force fields)",
            ),
            (
                tied,
                "peptide bonds in rings",
                "only `closed_leap` flips them, and in a small ring the other isomer may be no rarity",
            ),
        ];
        for (bonds, what, remark) in kinds.into_iter().filter(|(bonds, ..)| !bonds.is_empty()) {
            let cis = bonds.iter().filter(|bond| bond.cis_share > 0.5).count();
            let isomers = match (bonds.len() - cis, cis) {
                (trans, 0) => format!("{trans} trans"),
                (0, cis) => format!("{cis} cis"),
                (trans, cis) => format!("{trans} trans and {cis} cis"),
            };
            lines.push(format!("{what} that never changed: {isomers}; {remark}"));
        }
        lines
    }

    /// One line on what was compared beside the observables, then one for each fault.
    pub(super) fn fault_lines(&self) -> Vec<String> {
        let n_faults = self.faults.len();
        let mut lines = vec![match n_faults {
            0 => format!(
                "no difference between chains in {} further coordinates (other torsions, handedness, other peptide bonds); what all keep alike does not show so",
                self.n_compared
            ),
            _ => format!(
                "NOT CONVERGED: chains differ in {n_faults} of {} further coordinates:",
                self.n_compared
            ),
        }];
        let faults = self.faults.iter();
        lines.extend(faults.map(|fault| format!("  {}: {}", fault.name, fault.why)));
        lines
    }
}
