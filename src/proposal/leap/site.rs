//! The densities that a molecule offers, for (phi, psi) of each residue and for each chi; and which of them a leap draws together,
//! in which order, given what is known by then. Which features they see is in `features`.

use super::features::{
    N_BACKBONE_FEATURES, N_SIDE_CHAIN_FEATURES, backbone_recipe, side_chain_recipe,
};
use super::known::{Known, SiteKind};
use super::measure::{Feature, Measure, MeasureRecipe};
use super::residues::{N_TYPES, PeptideChain};
use crate::flow::torsion::Angles;
use crate::proposal::torsion::block::{BlockKind, torsion_blocks};
use crate::proposal::torsion::pivot::Pivot;
use crate::topology::{Topology, TorsionKind};

/// One density of a molecule.
#[derive(Debug, Clone)]
pub struct Site {
    /// Network.
    pub kind: SiteKind,
    /// Index into the topology's residues.
    pub residue_index: usize,
    /// Its torsions, one or two.
    pub pivots: Vec<Pivot>,
    /// Which of the network's two angles they are.
    pub angles: Angles,
    /// Features for every [`Known`].
    recipes: [MeasureRecipe; 3],
    /// Known beforehand, for every [`Known`].
    fixed: [Vec<f32>; 3],
}

/// Inputs of either network that are known beforehand.
pub const N_FIXED: usize = 5 * N_TYPES + 3 + 3 + 6 + 5;

/// Temperature that the feature of it counts from, K.
const REFERENCE_KELVIN: f64 = 310.0;

impl Site {
    /// Number of changing inputs of the site's network.
    #[must_use]
    pub fn n_features(&self) -> usize {
        match self.kind {
            SiteKind::Backbone => N_BACKBONE_FEATURES,
            SiteKind::SideChain(_) => N_SIDE_CHAIN_FEATURES,
        }
    }

    /// Changing inputs at one replica's positions `[n_atoms][3]` in nm; NaN stands for unknown.
    #[expect(clippy::cast_possible_truncation, reason = "inputs of f32 networks")]
    pub fn describe(
        &self,
        known: Known,
        positions: &[[f64; 3]],
        kelvin: f64,
        features: &mut [f32],
    ) {
        self.recipes[known as usize].describe(positions, features);
        if let Some(last) = features.last_mut() {
            *last = (REFERENCE_KELVIN / kelvin - 1.0) as f32;
        }
    }

    /// What [`Site::describe`] fills, one feature after another; slots without one stay unknown.
    #[must_use]
    pub fn features(&self, known: Known) -> Vec<Feature> {
        let mut features = self.recipes[known as usize].features();
        features.push(Feature {
            slot: self.n_features() - 1,
            measure: Measure::Temperature(REFERENCE_KELVIN),
        });
        features
    }

    /// Inputs known beforehand, `[N_FIXED]`.
    #[must_use]
    pub fn fixed(&self, known: Known) -> &[f32] {
        &self.fixed[known as usize]
    }

    /// All densities of a molecule, residue by residue, the backbone's before the side chain's.
    ///
    /// Residues that the networks do not know have none.
    #[must_use]
    pub fn find(topology: &Topology) -> Vec<Self> {
        let chain = PeptideChain::new(topology);
        let backbone = torsion_blocks(topology, BlockKind::Pair, false);
        let side_chains = torsion_blocks(topology, BlockKind::SideChain, false);
        let mut sites = Vec::new();
        for residue_index in 0..topology.residues.len() {
            if !chain.residue(residue_index).is_known() {
                continue;
            }
            for block in backbone.iter().filter(|b| b.residue_index == residue_index) {
                sites.push(backbone_site(&chain, residue_index, block.pivots.clone()));
            }
            for block in side_chains
                .iter()
                .filter(|b| b.residue_index == residue_index)
            {
                for pivot in &block.pivots {
                    if let TorsionKind::Chi(number) = chain.kind(pivot) {
                        let place = usize::from(number) - 1;
                        sites.push(side_chain_site(&chain, residue_index, place, pivot.clone()));
                    }
                }
            }
        }
        sites
    }
}

fn backbone_site(chain: &PeptideChain<'_>, index: usize, pivots: Vec<Pivot>) -> Site {
    let kinds: Vec<TorsionKind> = pivots.iter().map(|pivot| chain.kind(pivot)).collect();
    let angles = match kinds[..] {
        [TorsionKind::Phi] => Angles::First,
        [TorsionKind::Psi | TorsionKind::TerminalPsi] => Angles::Second,
        _ => Angles::Both,
    };
    Site {
        kind: SiteKind::Backbone,
        residue_index: index,
        angles,
        recipes: Known::EACH.map(|known| backbone_recipe(chain, index, &kinds, known)),
        fixed: Known::EACH.map(|known| fixed(chain, index, known, angles, 0)),
        pivots,
    }
}

fn side_chain_site(chain: &PeptideChain<'_>, index: usize, place: usize, pivot: Pivot) -> Site {
    let atoms = chain
        .torsion(index, chain.kind(&pivot))
        .expect("invariant: the pivot was found by its torsion");
    Site {
        kind: SiteKind::SideChain(place),
        residue_index: index,
        angles: Angles::First,
        recipes: Known::EACH.map(|known| side_chain_recipe(chain, index, place, atoms, known)),
        fixed: Known::EACH.map(|known| fixed(chain, index, known, Angles::First, place + 1)),
        pivots: vec![pivot],
    }
}

/// What the sequence says.
fn fixed(
    chain: &PeptideChain<'_>,
    index: usize,
    known: Known,
    angles: Angles,
    place: usize,
) -> Vec<f32> {
    let mut values = Vec::with_capacity(N_FIXED);
    let around = [
        Some(index),
        chain.before(index),
        chain.after(index),
        chain.before_twice(index),
        chain.after_twice(index),
    ];
    for neighbor in around {
        values.extend(one_hot(chain.at(neighbor).kind, N_TYPES));
    }
    values.extend(one_hot(known as usize, 3));
    values.extend(one_hot(angles as usize, 3));
    values.extend(one_hot(place, 6));
    let [n_before, n_after] = chain.n_residues_around(index).map(|n| 0.25 * f32::from(n));
    let [before, own, after] = chain.charges_around(index);
    values.extend([n_before, n_after, before, own, after]);
    debug_assert_eq!(values.len(), N_FIXED);
    values
}

fn one_hot(place: usize, n: usize) -> impl Iterator<Item = f32> {
    (0..n).map(move |index| f32::from(u8::from(index == place)))
}

/// What a `torsion_leap` draws anew.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LeapBlock {
    /// phi and psi of one residue.
    Backbone,
    /// The side chain of one residue.
    SideChain,
    /// phi and psi of one residue with its side chain.
    Residue,
    /// Both of two residues that follow each other.
    Neighbors,
    /// All of these of the whole molecule.
    Molecule,
}

/// How often each kind is chosen where the input names none: mostly the cheapest. Shares of 0.4 for residues and 0.15 for
/// neighbours gave the same effective samples a second on tetrapeptides and two thirds of them on dipeptides.
pub(super) const MIXED: [(LeapBlock, f64); 3] = [
    (LeapBlock::Backbone, 0.6),
    (LeapBlock::SideChain, 0.25),
    (LeapBlock::Residue, 0.15),
];

/// One draw of a block: a site, and what it may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Index of the site whose torsions are drawn.
    pub site: usize,
    /// What its density sees.
    pub known: Known,
}

/// Draws one after another; each sees what those before it drew.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Draws in their order.
    pub steps: Vec<Step>,
    /// Share of the choices, up to a factor that all blocks have in common.
    pub weight: f64,
}

/// All blocks of one kind, of weight `weight` together.
pub(crate) fn blocks(sites: &[Site], kind: LeapBlock, weight: f64) -> Vec<Block> {
    let sites: Vec<(usize, &Site)> = sites.iter().enumerate().collect();
    let wanted = |(_, site): &(usize, &Site)| match kind {
        LeapBlock::Backbone => site.kind == SiteKind::Backbone,
        LeapBlock::SideChain => site.kind != SiteKind::Backbone,
        _ => true,
    };
    let wanted: Vec<(usize, &Site)> = sites.into_iter().filter(wanted).collect();
    let residues: Vec<&[(usize, &Site)]> = wanted
        .chunk_by(|(_, a), (_, b)| a.residue_index == b.residue_index)
        .collect();
    let found: Vec<Vec<Step>> = match kind {
        LeapBlock::Backbone | LeapBlock::SideChain => residues
            .iter()
            .map(|residue| steps(residue, |_| Known::All))
            .collect(),
        LeapBlock::Residue => residues
            .iter()
            .map(|residue| steps(residue, last_of_a_stretch))
            .collect(),
        LeapBlock::Neighbors => residues
            .windows(2)
            .filter(|pair| pair[0][0].1.residue_index + 1 == pair[1][0].1.residue_index)
            .map(|pair| {
                let mut both = steps(pair[0], |_| Known::OnlyBefore);
                both.extend(steps(pair[1], last_of_a_stretch));
                both
            })
            .collect(),
        LeapBlock::Molecule if wanted.is_empty() => Vec::new(),
        LeapBlock::Molecule => vec![steps(&wanted, |_| Known::OnlyBefore)],
    };
    let share = weight / found.len().max(1) as f64;
    let with_weight = |steps| Block {
        steps,
        weight: share,
    };
    found.into_iter().map(with_weight).collect()
}

fn steps(sites: &[(usize, &Site)], known: impl Fn(&Site) -> Known) -> Vec<Step> {
    let step = |&(index, site): &(usize, &Site)| Step {
        site: index,
        known: known(site),
    };
    sites.iter().map(step).collect()
}

/// What the densities of a residue see when the residues after it stay.
fn last_of_a_stretch(site: &Site) -> Known {
    match site.kind {
        SiteKind::Backbone => Known::NotOwnSideChain,
        SiteKind::SideChain(_) => Known::All,
    }
}
