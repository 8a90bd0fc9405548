//! Coordinates that are no observables but must not differ between chains either: every other torsion, every stereocentre.

use super::r_hat::r_hat;
use crate::analysis::observables::dihedral::dihedral_rad;
use crate::analysis::observables::distance::position;
use crate::analysis::observables::observable::TorsionSide;
use crate::vector::{cross, difference, dot};

/// R-hat above which chains differ in a hidden coordinate: beyond what a few hundred effective samples give by chance in one
/// of a hundred coordinates.
pub const MAX_HIDDEN_R_HAT: f64 = 1.05;

/// Share of cis frames above which a peptide bond without proline is more than a curiosity.
pub const MIN_CIS_SHARE: f64 = 0.005;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenKind {
    /// Torsion of four atoms, the same after a turn by a full circle over `symmetry`: 3 for a methyl group, 2 for a carboxylate.
    Torsion {
        /// The four atoms.
        atoms: [usize; 4],
        /// How many turns of the rotor look alike.
        symmetry: u8,
    },
    /// Which of two mirror images an atom (the first) and three of its neighbours are.
    Handedness {
        /// The atom, then its neighbours.
        atoms: [usize; 4],
    },
    /// Whether a peptide bond is cis.
    Isomer {
        /// CA, C, N, CA.
        atoms: [usize; 4],
    },
}

/// A coordinate with what messages call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenCoordinate {
    /// Name: `CB-OG_3`, `handedness CA_3`, `omega_2_cis`.
    pub name: String,
    /// What is looked at.
    pub kind: HiddenKind,
}

impl HiddenCoordinate {
    /// Values of one frame, `positions` in nm `[n_atoms * 3]`: sine and cosine of the torsion times its symmetry, or one 0/1.
    ///
    /// # Panics
    /// If `positions` is shorter than the molecule.
    #[must_use]
    pub fn values(&self, positions: &[f32]) -> Vec<f64> {
        match self.kind {
            HiddenKind::Torsion { atoms, symmetry } => {
                let angle = f64::from(symmetry) * dihedral_rad(positions, atoms);
                vec![angle.sin(), angle.cos()]
            }
            HiddenKind::Handedness { atoms } => {
                let [center, a, b, c] = atoms.map(|atom| position(positions, atom));
                let [a, b, c] = [a, b, c].map(|neighbor| difference(neighbor, center));
                vec![f64::from(u8::from(dot(a, cross(b, c)) > 0.0))]
            }
            HiddenKind::Isomer { atoms } => {
                vec![TorsionSide::Cis.indicator(dihedral_rad(positions, atoms))]
            }
        }
    }

    /// Why chains are not of one ensemble by this coordinate, in words; `None` where nothing is against it.
    /// `series` as of [`HiddenCoordinate::values`], `[n_values][n_chains][n_draws]`.
    #[must_use]
    pub fn fault(&self, series: &[Vec<Vec<f64>>]) -> Option<String> {
        if let (HiddenKind::Isomer { .. }, Some(chains)) = (self.kind, series.first())
            && share(chains) < MIN_CIS_SHARE
        {
            return None;
        }
        let differs = |chains: &Vec<Vec<f64>>| {
            r_hat(chains)
                .ok()
                .filter(|r| r.is_nan() || *r > MAX_HIDDEN_R_HAT)
        };
        let worst = series.iter().filter_map(differs).reduce(f64::max)?;
        Some(if worst.is_finite() {
            format!("chains differ: R-hat {worst:.3} > {MAX_HIDDEN_R_HAT}")
        } else {
            "every chain keeps to its own value".to_owned()
        })
    }
}

/// Share of the frames in which a 0/1 coordinate is 1, chains `[n_chains][n_draws]`.
#[must_use]
pub fn share(chains: &[Vec<f64>]) -> f64 {
    let n_draws: usize = chains.iter().map(Vec::len).sum();
    chains.iter().flatten().sum::<f64>() / n_draws.max(1) as f64
}

/// How often a 0/1 coordinate changes from one frame to the next, over all chains `[n_chains][n_draws]`.
#[must_use]
pub fn transitions(chains: &[Vec<f64>]) -> usize {
    let changes = |chain: &Vec<f64>| chain.windows(2).filter(|pair| pair[0] != pair[1]).count();
    chains.iter().map(changes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "frames are f32")]
    fn single(x: f64) -> f32 {
        x as f32
    }

    fn torsion(symmetry: u8) -> HiddenCoordinate {
        let atoms = [0, 1, 2, 3];
        HiddenCoordinate {
            name: "C-C_1".to_owned(),
            kind: HiddenKind::Torsion { atoms, symmetry },
        }
    }

    /// Four atoms with this torsion.
    fn turned(angle: f64) -> Vec<f32> {
        let last = [angle.cos(), angle.sin(), 1.0];
        [[1.0, 0.0, 0.0], [0.0; 3], [0.0, 0.0, 1.0], last]
            .concat()
            .iter()
            .map(|&x: &f64| single(x))
            .collect()
    }

    /// `[n_values][n_chains][n_draws]` of a coordinate whose chains swing a little around these angles.
    fn swinging(coordinate: &HiddenCoordinate, centres: [f64; 4]) -> Vec<Vec<Vec<f64>>> {
        let chains = centres.map(|centre| -> Vec<Vec<f64>> {
            let wave = |draw: u32| 0.3 * (f64::from(draw * draw) * 0.7).sin();
            (0..200)
                .map(|draw| coordinate.values(&turned(centre + wave(draw))))
                .collect()
        });
        (0..2)
            .map(|value| {
                let of_chain =
                    |chain: &Vec<Vec<f64>>| chain.iter().map(|values| values[value]).collect();
                chains.iter().map(of_chain).collect()
            })
            .collect()
    }

    #[test]
    fn a_rotor_that_every_chain_keeps_elsewhere_is_named() {
        let stuck = torsion(1);
        let apart = swinging(&stuck, [1.0, 1.0, -2.0, 1.0]);
        assert!(
            stuck
                .fault(&apart)
                .is_some_and(|text| text.contains("R-hat"))
        );
        assert_eq!(stuck.fault(&swinging(&stuck, [1.0; 4])), None);
    }

    #[test]
    fn hydrogens_of_a_methyl_group_may_be_numbered_as_they_like() {
        let third = std::f64::consts::TAU / 3.0;
        let methyl = torsion(3);
        let numbered = swinging(&methyl, [1.0, 1.0 + third, 1.0 - third, 1.0]);
        assert_eq!(methyl.fault(&numbered), None);
        let twofold = torsion(2);
        assert!(
            twofold
                .fault(&swinging(&twofold, [1.0, 1.0 + third, 1.0, 1.0]))
                .is_some()
        );
    }

    #[test]
    fn mirror_images_are_told_apart() {
        let coordinate = HiddenCoordinate {
            name: "handedness CA_1".to_owned(),
            kind: HiddenKind::Handedness {
                atoms: [1, 0, 2, 3],
            },
        };
        let [left, right] = [1.0, -1.0].map(|angle| coordinate.values(&turned(angle))[0]);
        assert!((left - right).abs() > 0.5);
        let chains = |values: [f64; 4]| vec![values.map(|value| vec![value; 50]).to_vec()];
        let fault = coordinate.fault(&chains([1.0, 1.0, 0.0, 1.0]));
        assert_eq!(fault.unwrap(), "every chain keeps to its own value");
        assert_eq!(coordinate.fault(&chains([1.0; 4])), None);
    }

    #[test]
    fn rare_cis_is_no_fault_and_frequent_cis_is_checked() {
        let bond = HiddenCoordinate {
            name: "omega_1_cis".to_owned(),
            kind: HiddenKind::Isomer {
                atoms: [0, 1, 2, 3],
            },
        };
        let mut rare = vec![vec![0.0; 500]; 4];
        rare[0][7] = 1.0;
        assert_eq!((bond.fault(&[rare.clone()]), transitions(&rare)), (None, 2));
        assert!((share(&rare) - 1.0 / 2000.0).abs() < 1e-15);
        let mut frequent = vec![vec![0.0; 500]; 4];
        frequent[2] = vec![1.0; 500];
        assert!(bond.fault(&[frequent]).is_some());
    }
}
