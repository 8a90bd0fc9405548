//! Exact optimal transport between two samples on a circle for squared arc length. Handles one angle at a time.

use std::f64::consts::TAU;

/// Smallest mean squared arc length (rad^2) of moving sample `a` onto sample `b`, both uniform over their points.
///
/// On a circle the optimal plan joins quantiles after one shift theta of the second quantile function, lifted by 2 pi a
/// turn, and the cost is convex in theta (Delon, Salomon, Sobolevski 2010, doi:10.1137/090772708). For samples it is
/// piecewise linear with kinks at multiples of 1 / lcm(n_a, n_b), so a ternary search over integers is exact.
pub(super) fn circular_cost(a: &[f64], b: &[f64]) -> f64 {
    let plan = Plan::new(a, b);
    let (mut low, mut high) = (-plan.n_parts, plan.n_parts);
    while high - low > 2 {
        let third = (high - low) / 3;
        if plan.cost(low + third) <= plan.cost(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    (low..=high)
        .map(|shift| plan.cost(shift))
        .fold(f64::INFINITY, f64::min)
}

/// Two sorted samples whose points consist of whole parts of equal mass.
struct Plan {
    a: Vec<f64>,
    b: Vec<f64>,
    /// lcm(n_a, n_b): parts that either sample has.
    n_parts: i64,
}

impl Plan {
    fn new(a: &[f64], b: &[f64]) -> Self {
        let (size_a, size_b) = (signed(a.len()), signed(b.len()));
        let (mut x, mut y) = (size_a, size_b);
        while y != 0 {
            (x, y) = (y, x % y);
        }
        Self {
            a: sorted_on_circle(a),
            b: sorted_on_circle(b),
            n_parts: size_a / x * size_b,
        }
    }

    /// Mean squared displacement when part p of `a` goes to part p - `shift` of `b`.
    fn cost(&self, shift: i64) -> f64 {
        let (size_a, size_b) = (signed(self.a.len()), signed(self.b.len()));
        let (parts_a, parts_b) = (self.n_parts / size_a, self.n_parts / size_b);
        let mut part = 0;
        let mut total = 0.0;
        while part < self.n_parts {
            let index_a = part / parts_a;
            let index_b = (part - shift).div_euclid(parts_b);
            let end = ((index_a + 1) * parts_a).min((index_b + 1) * parts_b + shift);
            let turns = index_b.div_euclid(size_b) as f64;
            let angle_b = self.b[unsigned(index_b.rem_euclid(size_b))] + TAU * turns;
            let displacement = self.a[unsigned(index_a)] - angle_b;
            total += (end - part) as f64 * displacement * displacement;
            part = end;
        }
        total / self.n_parts as f64
    }
}

fn sorted_on_circle(angles: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = angles.iter().map(|angle| angle.rem_euclid(TAU)).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).expect("invariant: a slice's length fits i64")
}

fn unsigned(index: i64) -> usize {
    usize::try_from(index).expect("invariant: indices are not negative")
}
