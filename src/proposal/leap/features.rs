//! The features of (phi, psi) of a residue and of a chi: which angles, torsions and landmarks, each in a slot of its own, spent
//! whether or not its atoms are there. `measure` evaluates them.

use super::known::Known;
use super::measure::{MeasureRecipe, Multiplicity};
use super::residues::{Landmarks, PeptideChain};
use crate::topology::TorsionKind;

/// Changing inputs of the backbone's network, the temperature last.
pub const N_BACKBONE_FEATURES: usize = 23 + 4 + 24 + 14 + 3 * 25 + 1;
/// Changing inputs of the side chain's network, the temperature last.
pub const N_SIDE_CHAIN_FEATURES: usize = 15 + 12 + 10 + 3 * 18 + 1;

/// Features where the torsions of `moving` are drawn.
pub(super) fn backbone_recipe(
    chain: &PeptideChain<'_>,
    index: usize,
    moving: &[TorsionKind],
    known: Known,
) -> MeasureRecipe {
    let own = chain.residue(index);
    let before = chain.at(chain.before(index));
    let after = chain.at(chain.after(index));
    let mut slots = Slots::new(chain);
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
    slots.finish(N_BACKBONE_FEATURES)
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

/// Features of the chi of a place, from 0, which has these atoms.
pub(super) fn side_chain_recipe(
    chain: &PeptideChain<'_>,
    index: usize,
    place: usize,
    atoms: [usize; 4],
    known: Known,
) -> MeasureRecipe {
    let own = chain.residue(index);
    let mut slots = Slots::new(chain);
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
    slots.finish(N_SIDE_CHAIN_FEATURES)
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

/// Collects features into consecutive slots: a slot is spent whether or not its atoms are there.
pub(crate) struct Slots<'a> {
    recipe: MeasureRecipe,
    /// The next free slot.
    pub(crate) next: usize,
    /// Whether what follows stays unknown.
    pub(crate) hidden: bool,
    pub(crate) chain: &'a PeptideChain<'a>,
}

impl<'a> Slots<'a> {
    pub(crate) fn new(chain: &'a PeptideChain<'a>) -> Self {
        Self {
            recipe: MeasureRecipe::default(),
            next: 0,
            hidden: false,
            chain,
        }
    }

    /// What was collected, where all but the last of `n_features` slots, the temperature's, are spent.
    pub(crate) fn finish(self, n_features: usize) -> MeasureRecipe {
        debug_assert_eq!(self.next + 1, n_features);
        self.recipe
    }

    pub(crate) fn angle(&mut self, atoms: [Option<usize>; 3]) {
        if let ([Some(a), Some(b), Some(c)], false) = (atoms, self.hidden) {
            self.recipe.angle(self.next, [a, b, c]);
        }
        self.next += 1;
    }

    pub(crate) fn plane(&mut self, atoms: [Option<usize>; 4]) {
        if let ([Some(a), Some(b), Some(c), Some(d)], false) = (atoms, self.hidden) {
            self.recipe.plane(self.next, [a, b, c, d]);
        }
        self.next += 1;
    }

    pub(crate) fn torsion(&mut self, atoms: Option<[usize; 4]>, multiplicity: Multiplicity) {
        if let (Some(atoms), false) = (atoms, self.hidden) {
            self.recipe.torsion(self.next, atoms, multiplicity);
        }
        self.next += 2;
    }

    /// Starts a frame; what is seen follows. Without all three atoms nothing is seen.
    pub(crate) fn frame(&mut self, atoms: [Option<usize>; 3], seen: &[Option<usize>]) {
        if let ([Some(a), Some(b), Some(c)], false) = (atoms, self.hidden) {
            let slots = seen.iter().enumerate();
            let seen = slots.filter_map(|(i, &atom)| Some((self.next + 3 * i, atom?)));
            self.recipe.frame([a, b, c], seen.collect());
        }
        self.next += 3 * seen.len();
    }

    pub(crate) fn named(&mut self, residue_index: Option<usize>, kind: TorsionKind) {
        let atoms = residue_index.and_then(|index| self.chain.torsion(index, kind));
        self.torsion(atoms, Multiplicity::One);
    }
}
