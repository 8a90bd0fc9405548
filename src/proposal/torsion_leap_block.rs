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
pub(super) fn blocks(sites: &[Site], kind: LeapBlock, weight: f64) -> Vec<Block> {
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
    #[expect(clippy::cast_precision_loss, reason = "a handful of blocks")]
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
