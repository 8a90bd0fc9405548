//! Which of the two networks a density belongs to, and which of the surroundings it may look at.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Which of the surroundings a density may look at; the rest moves together with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Everything else stays.
    All,
    /// The residue's own side chain moves too.
    NotOwnSideChain,
    /// The residue's own side chain, and all residues after it.
    OnlyBefore,
}

impl Known {
    /// All three.
    pub const EACH: [Self; 3] = [Self::All, Self::NotOwnSideChain, Self::OnlyBefore];

    /// One of them, as often as networks are to learn from it.
    #[must_use]
    pub fn draw(kind: SiteKind, stream: &mut Xoshiro256PlusPlus) -> Self {
        let shares = match kind {
            SiteKind::Backbone => BACKBONE_SHARES,
            SiteKind::SideChain(_) => SIDE_CHAIN_SHARES,
        };
        let mut rest: f64 = stream.random();
        for (known, share) in Self::EACH.into_iter().zip(shares) {
            rest -= share;
            if rest < 0.0 {
                return known;
            }
        }
        Self::All
    }
}

/// How often each [`Known`] is learned from.
const BACKBONE_SHARES: [f64; 3] = [0.5, 0.2, 0.3];
/// The same for side chains, whose own rest always moves.
const SIDE_CHAIN_SHARES: [f64; 3] = [0.65, 0.0, 0.35];

/// Which network a density belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteKind {
    /// (phi, psi), or the one of them that can turn.
    Backbone,
    /// The chi of that place, from 0; those before it are known, those after it move too.
    SideChain(usize),
}
