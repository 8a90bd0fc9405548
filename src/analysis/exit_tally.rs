//! Counts how replicas that were started on rare sides leave them, and says where each goes next. Moves no replica.

use super::sides::RareSide;

/// Draws after a start that do not count: they relax what the start disturbed (velocities, rigid bonds).
pub const RELAXATION_DRAWS: u64 = 5;

/// What became of the replicas started on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideExits {
    /// The side.
    pub side: RareSide,
    /// Replicas started there.
    pub n_starts: u64,
    /// Starts that were on the other side when they had relaxed; they count for nothing.
    pub n_lost: u64,
    /// First exits: draws on the other side after a draw on this one.
    pub n_exits: u64,
    /// Draws on this side, each of which the next one followed.
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

/// The count. A replica starts on a side, relaxes, and is followed to its first exit; then it starts anew, on the side
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
            tally.replicas.push(Started { side, n_draws: 0 });
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
        if started.n_draws == RELAXATION_DRAWS {
            own.n_lost += u64::from(!is_inside);
        } else {
            own.n_inside += 1;
            own.n_exits += u64::from(!is_inside);
        }
        if !is_inside {
            self.deal(replica);
        }
        !is_inside
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
        self.replicas[replica] = Started { side, n_draws: 0 };
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

    #[test]
    fn first_exits_and_the_draws_before_them_are_counted() {
        let mut tally = ExitTally::new(vec![side("a")], 1);
        // Outside while it relaxes, which counts for nothing; then three draws inside and one outside.
        for inside in [true, false, false, true, true, true, true] {
            assert!(!tally.observe(0, inside));
        }
        assert!(tally.observe(0, false));
        // The new start is lost: outside when it has relaxed.
        for _ in 0..4 {
            assert!(!tally.observe(0, false));
        }
        assert!(tally.observe(0, false));
        let expected = SideExits {
            n_starts: 3,
            n_lost: 1,
            n_exits: 1,
            n_inside: 3,
            ..SideExits::new(side("a"))
        };
        assert_eq!(tally.finish(), [expected]);
    }

    #[test]
    fn who_leaves_starts_again_where_exits_are_fewest() {
        let mut tally = ExitTally::new(vec![side("a"), side("b"), side("c")], 4);
        let dealt: Vec<usize> = (0..4).map(|replica| tally.side_of(replica)).collect();
        assert_eq!(dealt, [0, 1, 2, 0]);
        for _ in 0..RELAXATION_DRAWS {
            assert!(!tally.observe(0, true));
        }
        assert!(tally.observe(0, false));
        // `a` has an exit, `b` and `c` none and one replica each: the first of them.
        assert_eq!(tally.side_of(0), 1);
    }
}
