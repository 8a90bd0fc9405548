//! The features of (phi, psi) of a residue: which angles, torsions and landmarks, in which slots. Computes none.

use super::torsion_leap_chain::Chain;
use super::torsion_leap_invariant::{Multiplicity, Recipe};
use super::torsion_leap_site::{Known, N_BACKBONE_FEATURES};
use super::torsion_leap_slots::Slots;
use super::torsion_leap_vocabulary::Landmarks;
use crate::topology::TorsionKind;

/// Features where the torsions of `moving` are drawn.
pub(super) fn backbone_recipe(
    chain: &Chain<'_>,
    index: usize,
    moving: &[TorsionKind],
    known: Known,
) -> Recipe {
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
