//! Counts how replicas that were started on rare sides leave them, and says where each goes next.

use super::sides::RareSide;

/// Draws after a start that do not count: they relax what the start disturbed (velocities, rigid bonds).
pub const RELAXATION_DRAWS: u64 = 5;

/// Draws between a crossing and the look that tells whether it was an exit: who is back by then has only crossed the
/// border and returned. The transient of transition rates, doi:10.1063/1.436049.
pub const COMMITMENT_DRAWS: u64 = 10;

/// What became of the replicas started on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideExits {
    /// The side.
    pub side: RareSide,
    /// Replicas started there.
    pub n_starts: u64,
    /// Starts that were on the other side when they had relaxed; they count for nothing.
    pub n_lost: u64,
    /// Exits: crossings after which the replica is on the other side [`COMMITMENT_DRAWS`] later.
    pub n_exits: u64,
    /// Draws on this side before an exit, each of which the next one followed; excursions that return belong to them.
    pub n_inside: u64,
}

impl SideExits {
    /// Nothing happened yet.
    #[must_use]
    pub fn new(side: RareSide) -> Self {
        Self {
            side,
            n_starts: 0,
            n_lost: 0,
            n_exits: 0,
            n_inside: 0,
        }
    }
}

/// The count. A replica starts on a side, relaxes, and is followed to its exit; then it starts anew, on the side
/// with the fewest exits so far: what leaves quickly is soon known, what does not gets the time.
#[derive(Debug, Clone)]
pub struct ExitTally {
    sides: Vec<SideExits>,
    replicas: Vec<Started>,
}

#[derive(Debug, Clone, Copy)]
struct Started {
    side: usize,
    n_draws: u64,
    /// Draws since it crossed to the other side.
    away: Option<u64>,
}

impl Started {
    fn on(side: usize) -> Self {
        Self {
            side,
            n_draws: 0,
            away: None,
        }
    }
}

impl ExitTally {
    /// Deals the replicas to the sides in turn; every one of them is to be started on its side.
    ///
    /// # Panics
    /// If there is no side.
    #[must_use]
    pub fn new(sides: Vec<RareSide>, n_replicas: usize) -> Self {
        assert!(!sides.is_empty(), "replicas need a side to start on");
        let mut tally = Self {
            sides: sides.into_iter().map(SideExits::new).collect(),
            replicas: Vec::with_capacity(n_replicas),
        };
        for replica in 0..n_replicas {
            let side = replica % tally.sides.len();
            tally.sides[side].n_starts += 1;
            tally.replicas.push(Started::on(side));
        }
        tally
    }

    /// The side that a replica was started on, as an index into those given.
    #[must_use]
    pub fn side_of(&self, replica: usize) -> usize {
        self.replicas[replica].side
    }

    /// Takes the next draw of a replica, on its side or not; `true` if it is to be started anew, on what is now its side.
    pub fn observe(&mut self, replica: usize, is_inside: bool) -> bool {
        let started = &mut self.replicas[replica];
        started.n_draws += 1;
        let own = &mut self.sides[started.side];
        if started.n_draws < RELAXATION_DRAWS {
            return false;
        }
        let is_over = if started.n_draws == RELAXATION_DRAWS {
            own.n_lost += u64::from(!is_inside);
            !is_inside
        } else if let Some(away) = &mut started.away {
            *away += 1;
            let is_due = *away == COMMITMENT_DRAWS;
            if is_due && is_inside {
                own.n_inside += COMMITMENT_DRAWS;
                started.away = None;
            }
            own.n_exits += u64::from(is_due && !is_inside);
            is_due && !is_inside
        } else {
            own.n_inside += 1;
            started.away = (!is_inside).then_some(0);
            false
        };
        if is_over {
            self.deal(replica);
        }
        is_over
    }

    fn deal(&mut self, replica: usize) {
        let needs = |side: &usize| {
            let exits = self.sides[*side].n_exits + self.sides[*side].n_lost;
            let others = (0..self.replicas.len()).filter(|&other| other != replica);
            let there = others.filter(|&other| self.replicas[other].side == *side);
            (exits, there.count())
        };
        let next = (0..self.sides.len()).min_by_key(needs);
        let side = next.expect("invariant: there is a side");
        self.sides[side].n_starts += 1;
        self.replicas[replica] = Started::on(side);
    }

    /// What was counted, in the order of the sides given.
    #[must_use]
    pub fn finish(self) -> Vec<SideExits> {
        self.sides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str) -> RareSide {
        let name = name.to_owned();
        RareSide { name, share: 0.1 }
    }

    /// Draws that do not end the replica's stay.
    fn observe(tally: &mut ExitTally, draws: &[(u64, bool)]) {
        for &(n_draws, inside) in draws {
            for _ in 0..n_draws {
                assert!(!tally.observe(0, inside), "{tally:?}");
            }
        }
    }

    #[test]
    fn exits_and_the_draws_before_them_are_counted() {
        let mut tally = ExitTally::new(vec![side("a")], 1);
        // Outside while it relaxes, which counts for nothing; then three draws inside, a crossing, and no way back.
        observe(&mut tally, &[(1, true), (2, false), (5, true)]);
        observe(&mut tally, &[(COMMITMENT_DRAWS, false)]);
        assert!(tally.observe(0, false));
        // The new start is lost: outside when it has relaxed.
        observe(&mut tally, &[(RELAXATION_DRAWS - 1, false)]);
        assert!(tally.observe(0, false));
        let expected = SideExits {
            n_starts: 3,
            n_lost: 1,
            n_exits: 1,
            n_inside: 4,
            ..SideExits::new(side("a"))
        };
        assert_eq!(tally.finish(), [expected]);
    }

    #[test]
    fn a_crossing_that_returns_is_no_exit() {
        let mut tally = ExitTally::new(vec![side("a")], 1);
        observe(&mut tally, &[(RELAXATION_DRAWS, true), (1, true)]);
        // Twelve draws from the crossing to the second one inside again.
        observe(
            &mut tally,
            &[(1, false), (COMMITMENT_DRAWS - 1, false), (2, true)],
        );
        let sides = tally.finish();
        assert_eq!((sides[0].n_exits, sides[0].n_inside), (0, 13));
    }

    #[test]
    fn who_leaves_starts_again_where_exits_are_fewest() {
        let mut tally = ExitTally::new(vec![side("a"), side("b"), side("c")], 4);
        let dealt: Vec<usize> = (0..4).map(|replica| tally.side_of(replica)).collect();
        assert_eq!(dealt, [0, 1, 2, 0]);
        observe(&mut tally, &[(RELAXATION_DRAWS, true)]);
        observe(&mut tally, &[(COMMITMENT_DRAWS, false)]);
        assert!(tally.observe(0, false));
        // `a` has an exit, `b` and `c` none and one replica each: the first of them.
        assert_eq!(tally.side_of(0), 1);
    }
}
