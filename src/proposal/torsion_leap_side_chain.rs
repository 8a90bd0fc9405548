//! The features of a chi: which angles, torsions and landmarks, in which slots. Computes none.

use super::torsion_leap_chain::Chain;
use super::torsion_leap_invariant::{Multiplicity, Recipe};
use super::torsion_leap_site::{Known, N_SIDE_CHAIN_FEATURES};
use super::torsion_leap_slots::Slots;
use crate::topology::TorsionKind;

/// Features of the chi of a place, from 0, which has these atoms.
pub(super) fn side_chain_recipe(
    chain: &Chain<'_>,
    index: usize,
    place: usize,
    atoms: [usize; 4],
    known: Known,
) -> Recipe {
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
