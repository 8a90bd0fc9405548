//! The densities that a molecule offers: for (phi, psi) of each residue and for each chi, which atoms its features come from
//! and what is known beforehand. Draws nothing.

use super::torsion_leap_chain::Chain;
use super::torsion_leap_invariant::{Feature, Measure, Multiplicity, Recipe};
use super::torsion_leap_vocabulary::{Landmarks, N_TYPES};
use super::{BlockKind, Pivot, torsion_blocks};
use crate::flow::torsion::Angles;
use crate::topology::{Topology, TorsionKind};
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
    recipes: [Recipe; 3],
    /// Known beforehand, for every [`Known`].
    fixed: [Vec<f32>; 3],
}

/// Changing inputs of the backbone's network, the temperature last.
pub const N_BACKBONE_FEATURES: usize = 23 + 4 + 24 + 14 + 3 * 25 + 1;
/// Changing inputs of the side chain's network, the temperature last.
pub const N_SIDE_CHAIN_FEATURES: usize = 15 + 12 + 10 + 3 * 18 + 1;
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
        let chain = Chain::new(topology);
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

/// Collects features into consecutive slots: a slot is spent whether or not its atoms are there.
struct Slots<'a> {
    recipe: Recipe,
    next: usize,
    hidden: bool,
    chain: &'a Chain<'a>,
}

impl Slots<'_> {
    fn angle(&mut self, atoms: [Option<usize>; 3]) {
        if let ([Some(a), Some(b), Some(c)], false) = (atoms, self.hidden) {
            self.recipe.angle(self.next, [a, b, c]);
        }
        self.next += 1;
    }

    fn plane(&mut self, atoms: [Option<usize>; 4]) {
        if let ([Some(a), Some(b), Some(c), Some(d)], false) = (atoms, self.hidden) {
            self.recipe.plane(self.next, [a, b, c, d]);
        }
        self.next += 1;
    }

    fn torsion(&mut self, atoms: Option<[usize; 4]>, multiplicity: Multiplicity) {
        if let (Some(atoms), false) = (atoms, self.hidden) {
            self.recipe.torsion(self.next, atoms, multiplicity);
        }
        self.next += 2;
    }

    /// Starts a frame; what is seen follows. Without all three atoms nothing is seen.
    fn frame(&mut self, atoms: [Option<usize>; 3], seen: &[Option<usize>]) {
        if let ([Some(a), Some(b), Some(c)], false) = (atoms, self.hidden) {
            let slots = seen.iter().enumerate();
            let seen = slots.filter_map(|(i, &atom)| Some((self.next + 3 * i, atom?)));
            self.recipe.frame([a, b, c], seen.collect());
        }
        self.next += 3 * seen.len();
    }

    fn named(&mut self, residue_index: Option<usize>, kind: TorsionKind) {
        let atoms = residue_index.and_then(|index| self.chain.torsion(index, kind));
        self.torsion(atoms, Multiplicity::One);
    }
}

fn backbone_site(chain: &Chain<'_>, index: usize, pivots: Vec<Pivot>) -> Site {
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

fn backbone_recipe(
    chain: &Chain<'_>,
    index: usize,
    moving: &[TorsionKind],
    known: Known,
) -> Recipe {
    let own = chain.residue(index);
    let before = chain.at(chain.before(index));
    let after = chain.at(chain.after(index));
    let mut slots = Slots {
        recipe: Recipe::default(),
        next: 0,
        hidden: false,
        chain,
    };
    local_geometry(&mut slots, &before, own, &after);
    for neighbor in [chain.before(index), Some(index)] {
        slots.named(neighbor, TorsionKind::Omega);
    }
    let (far_before, far_after) = (chain.before_twice(index), chain.after_twice(index));
    for (neighbor, hidden) in [
        (chain.before(index), false),
        (far_before, false),
        (chain.after(index), known == Known::OnlyBefore),
        (far_after, known == Known::OnlyBefore),
    ] {
        slots.hidden = hidden;
        slots.named(neighbor, TorsionKind::Phi);
        slots.named(neighbor, TorsionKind::Psi);
        slots.named(neighbor, TorsionKind::Chi(1));
    }
    slots.hidden = known != Known::All;
    for number in 1..=4 {
        slots.named(Some(index), TorsionKind::Chi(number));
    }
    slots.torsion(own.polar, Multiplicity::One);
    slots.hidden = false;
    let phi = (!moving.contains(&TorsionKind::Phi)).then(|| chain.torsion(index, TorsionKind::Phi));
    slots.torsion(phi.flatten(), Multiplicity::One);
    let carboxylate = (!moving.contains(&TorsionKind::TerminalPsi))
        .then(|| chain.torsion(index, TorsionKind::TerminalPsi));
    slots.torsion(carboxylate.flatten(), Multiplicity::Two);
    landmarks_around(&mut slots, index, known);
    debug_assert_eq!(slots.next + 1, N_BACKBONE_FEATURES);
    slots.recipe
}

/// Bond angles and planarity from the carbonyl before the residue to the nitrogen after it.
fn local_geometry(slots: &mut Slots<'_>, before: &Landmarks, own: &Landmarks, after: &Landmarks) {
    let chain = slots.chain;
    let hydrogen = chain.amide_partner(own.n, before.c, own.ca);
    let after_hydrogen = chain.amide_partner(after.n, own.c, after.ca);
    let ha = chain.alpha_partner(own);
    // The carboxylate's second oxygen takes the place of the nitrogen that is not there.
    let after_n = after.n.or_else(|| chain.second_oxygen(own));
    for triple in [
        [before.ca, before.c, own.n],
        [before.o, before.c, own.n],
        [before.ca, before.c, before.o],
        [before.c, own.n, own.ca],
        [before.c, own.n, hydrogen],
        [own.ca, own.n, hydrogen],
        [own.n, own.ca, own.c],
        [own.n, own.ca, ha],
        [own.n, own.ca, own.cb],
        [own.c, own.ca, ha],
        [own.c, own.ca, own.cb],
        [ha, own.ca, own.cb],
        [own.ca, own.c, own.o],
        [own.ca, own.c, after_n],
        [own.o, own.c, after_n],
        [own.c, after.n, after.ca],
        [own.c, after.n, after_hydrogen],
        [after.ca, after.n, after_hydrogen],
        [own.ca, own.cb, own.gamma],
    ] {
        slots.angle(triple);
    }
    for quadruple in [
        [before.c, before.ca, before.o, own.n],
        [own.n, before.c, own.ca, hydrogen],
        [own.c, own.ca, own.o, after_n],
        [after.n, own.c, after.ca, after_hydrogen],
    ] {
        slots.plane(quadruple);
    }
}

/// Atoms of the rigid parts on both sides, each seen from its own part.
fn landmarks_around(slots: &mut Slots<'_>, index: usize, known: Known) {
    let chain = slots.chain;
    let own = chain.residue(index);
    let [before, far_before] =
        [chain.before(index), chain.before_twice(index)].map(|i| chain.at(i));
    let [after, far_after] = [chain.after(index), chain.after_twice(index)].map(|i| chain.at(i));
    let first = chain.first_nitrogen(index);
    let last = chain.last_carbon(index);
    slots.frame(
        [before.c, own.n, own.ca],
        &[
            before.o,
            before.n,
            before.cb,
            before.gamma,
            before.tip,
            far_before.c,
            far_before.o,
            far_before.cb,
            far_before.tip,
            first,
            far_before.ca,
        ],
    );
    slots.hidden = known == Known::OnlyBefore;
    slots.frame(
        [own.ca, own.c, after.n],
        &[
            after.cb,
            after.c,
            after.o,
            after.gamma,
            after.tip,
            far_after.n,
            far_after.ca,
            far_after.cb,
            far_after.tip,
            last,
        ],
    );
    slots.hidden = known != Known::All;
    let polar = own.polar.map(|atoms| atoms[3]);
    slots.frame([own.n, own.ca, own.c], &[own.gamma, own.tip, polar]);
    slots.hidden = false;
    // The nitrogen after the residue and the carbon before it say how far this residue's own bonds are stretched.
    slots.frame([own.n, own.ca, own.c], &[own.cb]);
}

fn side_chain_site(chain: &Chain<'_>, index: usize, place: usize, pivot: Pivot) -> Site {
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

fn side_chain_recipe(
    chain: &Chain<'_>,
    index: usize,
    place: usize,
    atoms: [usize; 4],
    known: Known,
) -> Recipe {
    let own = chain.residue(index);
    let mut slots = Slots {
        recipe: Recipe::default(),
        next: 0,
        hidden: false,
        chain,
    };
    axis_geometry(&mut slots, atoms);
    slots.named(Some(index), TorsionKind::Phi);
    slots.named(Some(index), TorsionKind::Psi);
    for number in 1..=4_u8 {
        slots.hidden = usize::from(number) > place;
        slots.named(Some(index), TorsionKind::Chi(number));
    }
    slots.hidden = false;
    slots.torsion(own.polar, Multiplicity::One);
    for kind in [TorsionKind::Psi, TorsionKind::Chi(1)] {
        slots.named(chain.before(index), kind);
    }
    slots.hidden = known == Known::OnlyBefore;
    for kind in [TorsionKind::Phi, TorsionKind::Chi(1)] {
        slots.named(chain.after(index), kind);
    }
    slots.hidden = false;
    let [before, far_before] =
        [chain.before(index), chain.before_twice(index)].map(|i| chain.at(i));
    let [after, far_after] = [chain.after(index), chain.after_twice(index)].map(|i| chain.at(i));
    let frame = [atoms[0], atoms[1], atoms[2]].map(Some);
    let first = chain.first_nitrogen(index);
    slots.frame(
        frame,
        &[
            own.n,
            own.c,
            own.o,
            before.c,
            before.o,
            before.cb,
            before.tip,
            far_before.ca,
            far_before.tip,
            first,
            after.n,
        ],
    );
    slots.hidden = known == Known::OnlyBefore;
    let last = chain.last_carbon(index);
    slots.frame(
        frame,
        &[
            after.ca,
            after.o,
            after.cb,
            after.tip,
            far_after.ca,
            far_after.tip,
            last,
        ],
    );
    debug_assert_eq!(slots.next + 1, N_SIDE_CHAIN_FEATURES);
    slots.recipe
}

/// Bond angles and planarity at both ends of the axis.
fn axis_geometry(slots: &mut Slots<'_>, [a, b, c, d]: [usize; 4]) {
    let chain = slots.chain;
    for (center, along, first) in [(b, c, a), (c, b, d)] {
        let others = chain.others(center, along, first);
        let around = |i: usize| others.get(i).copied();
        for i in 0..3 {
            slots.angle([around(i), Some(center), Some(along)]);
        }
        for [i, j] in [[0, 1], [0, 2], [1, 2]] {
            slots.angle([around(i), Some(center), around(j)]);
        }
        slots.plane([Some(center), around(0), around(1), Some(along)]);
    }
    slots.next += 1;
}

/// What the sequence says.
fn fixed(chain: &Chain<'_>, index: usize, known: Known, angles: Angles, place: usize) -> Vec<f32> {
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
