//! Which torsions a molecule offers to moves, grouped into blocks that move together.

use super::pivot::Pivot;
use crate::topology::{
    Element, RotatableBond, Topology, TorsionKind, peptide_bonds, rotatable_bonds,
};

/// A torsion move cannot be built for this molecule, or its settings are out of range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TorsionMoveError {
    /// The molecule has none of the torsions asked for.
    #[error(
        "`{proposal}` needs {needed}, but the molecule {molecule} has none that can turn (bonds in rings, proline's phi, \
         disulfide loops and planar bonds do not); {remedy}"
    )]
    NoRotatableBond {
        /// Name of the proposal.
        proposal: &'static str,
        /// What was looked for.
        needed: &'static str,
        /// The molecule's residues.
        molecule: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The molecule has no ring whose puckering can be mirrored.
    #[error(
        "`{proposal}` moves the ring of a proline, but the molecule {molecule} has none; leave `{proposal}` out"
    )]
    NoRing {
        /// Name of the proposal.
        proposal: &'static str,
        /// The molecule's residues.
        molecule: String,
    },
    /// A setting is out of its range.
    #[error("`{proposal}`: {setting} is {got}; {expected} was expected")]
    Setting {
        /// Name of the proposal.
        proposal: &'static str,
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        got: f64,
        /// Its range.
        expected: &'static str,
    },
}

/// Torsions that one move changes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TorsionBlock {
    /// Names of its torsions, joined by commas.
    pub name: String,
    /// Index into [`Topology::residues`].
    pub residue_index: usize,
    /// Its torsions in the order in which they turn.
    pub pivots: Vec<Pivot>,
}

impl TorsionBlock {
    fn new(bonds: &[&RotatableBond]) -> Self {
        let names: Vec<&str> = bonds.iter().map(|bond| bond.name.as_str()).collect();
        Self {
            name: names.join(","),
            residue_index: bonds[0].residue_index,
            pivots: bonds.iter().map(|&bond| Pivot::from(bond)).collect(),
        }
    }
}

/// Which torsions make up a block.
///
/// A pair has N-CA-C-O for psi at a free C-terminus, and the one that turns where there is but one. omega of a residue is the
/// torsion of the peptide bond after it, whether planar bonds are admitted or not.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// One rotatable bond, methyl groups included.
    Single,
    /// phi and psi of one residue.
    #[default]
    Pair,
    /// All chi of one residue.
    SideChain,
    /// omega of one residue, best with `proposal: normal`, and with `proposal: flip` between cis and trans.
    Omega,
}

/// All blocks of one kind, in residue order; `planar` admits omega and other partial double bonds.
#[must_use]
pub fn torsion_blocks(topology: &Topology, kind: BlockKind, planar: bool) -> Vec<TorsionBlock> {
    let neighbors = topology.neighbors();
    let bonds: Vec<RotatableBond> = rotatable_bonds(topology)
        .into_iter()
        .filter(|bond| planar || kind == BlockKind::Omega || !is_planar(topology, &neighbors, bond))
        .collect();
    if kind == BlockKind::Single {
        return bonds
            .iter()
            .map(|bond| TorsionBlock::new(&[bond]))
            .collect();
    }
    if kind == BlockKind::Omega {
        let mut omegas: Vec<&RotatableBond> = bonds
            .iter()
            .filter(|bond| bond.kind == TorsionKind::Omega)
            .collect();
        omegas.sort_by_key(|bond| bond.residue_index);
        let alone = omegas.into_iter().map(|bond| TorsionBlock::new(&[bond]));
        return alone.collect();
    }
    let wanted = |bond: &&RotatableBond| match kind {
        BlockKind::Pair => matches!(
            bond.kind,
            TorsionKind::Phi | TorsionKind::Psi | TorsionKind::TerminalPsi
        ),
        _ => matches!(bond.kind, TorsionKind::Chi(_)),
    };
    (0..topology.residues.len())
        .filter_map(|residue_index| {
            let mut own: Vec<&RotatableBond> = bonds
                .iter()
                .filter(|bond| bond.residue_index == residue_index)
                .filter(wanted)
                .collect();
            own.sort_by_key(|bond| order(bond.kind));
            (!own.is_empty()).then(|| TorsionBlock::new(&own))
        })
        .collect()
}

/// Peptide bonds for flips between cis and trans. Where some have a tertiary nitrogen (proline) and others have not, the first
/// stand there so often that four picks of five are of them: of the others cis is rare.
#[must_use]
pub fn flip_blocks(topology: &Topology) -> Vec<TorsionBlock> {
    let bonds = peptide_bonds(topology);
    let is_tertiary = |block: &&TorsionBlock| {
        let axis = |atoms: [usize; 4]| [atoms[1].min(atoms[2]), atoms[1].max(atoms[2])];
        let own = axis(block.pivots[0].atoms);
        let mut bonds = bonds.iter();
        bonds.any(|bond| bond.is_tertiary && axis(bond.atoms) == own)
    };
    let blocks = torsion_blocks(topology, BlockKind::Omega, false);
    let (tertiary, others): (Vec<_>, Vec<_>) = blocks.iter().partition(is_tertiary);
    if tertiary.is_empty() {
        return blocks;
    }
    let times = (4 * others.len()).div_ceil(tertiary.len()).max(1);
    let repeated = tertiary.iter().flat_map(|&block| vec![block; times]);
    repeated.chain(others).cloned().collect()
}

fn order(kind: TorsionKind) -> u8 {
    match kind {
        TorsionKind::Chi(number) => number,
        TorsionKind::Phi => 0,
        _ => 1,
    }
}

/// Whether conjugation holds the bond flat: amide, guanidinium and their like join a carbon and a nitrogen of three neighbours each.
fn is_planar(topology: &Topology, neighbors: &[Vec<usize>], bond: &RotatableBond) -> bool {
    let [_, first, second, _] = bond.atoms;
    let flat = |atom: usize, element| {
        topology.atoms[atom].element == element && neighbors[atom].len() == 3
    };
    [(first, second), (second, first)]
        .into_iter()
        .any(|(a, b)| flat(a, Element::CARBON) && flat(b, Element::NITROGEN))
}

/// The residues as messages name them, shortened where there are many.
pub(crate) fn describe(topology: &Topology) -> String {
    let names: Vec<&str> = topology
        .residues
        .iter()
        .map(|residue| residue.name.as_str())
        .collect();
    match names.len() {
        0 => "without residues".to_owned(),
        1..=8 => names.join("-"),
        n => format!(
            "{}-...-{} ({n} residues)",
            names[..4].join("-"),
            names[n - 1]
        ),
    }
}
