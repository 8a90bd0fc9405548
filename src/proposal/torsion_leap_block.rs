//! Which torsions a leap changes together and in which order, and how often each block is chosen. Draws nothing.

use super::torsion_leap_site::{Known, Site, SiteKind};

/// What one leap draws anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeapBlock {
    /// (phi, psi) of one residue.
    Backbone,
    /// The side chain of one residue.
    SideChain,
    /// (phi, psi) of one residue with its side chain.
    Residue,
    /// All of these of the whole molecule.
    Molecule,
}

/// How often each kind is chosen where the input names none.
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
pub(super) fn blocks(sites: &[Site], kind: LeapBlock, weight: f64) -> Vec<Block> {
    let is_backbone = |site: &Site| site.kind == SiteKind::Backbone;
    let mut found: Vec<Vec<Step>> = Vec::new();
    let mut residue_index = None;
    for (index, site) in sites.iter().enumerate() {
        let wanted = match kind {
            LeapBlock::Backbone => is_backbone(site),
            LeapBlock::SideChain => !is_backbone(site),
            LeapBlock::Residue | LeapBlock::Molecule => true,
        };
        if !wanted {
            continue;
        }
        let known = match (kind, site.kind) {
            (LeapBlock::Molecule, _) => Known::OnlyBefore,
            (LeapBlock::Residue, SiteKind::Backbone) => Known::NotOwnSideChain,
            _ => Known::All,
        };
        let joins = kind == LeapBlock::Molecule || residue_index == Some(site.residue_index);
        residue_index = Some(site.residue_index);
        let step = Step { site: index, known };
        match found.last_mut() {
            Some(block) if joins => block.push(step),
            _ => found.push(vec![step]),
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of blocks")]
    let share = weight / found.len().max(1) as f64;
    let with_weight = |steps| Block {
        steps,
        weight: share,
    };
    found.into_iter().map(with_weight).collect()
}
