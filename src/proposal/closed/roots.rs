//! Roots of a smooth function on a circle: a grid, changes of sign between its points, and dips that hide two of them.

use std::f64::consts::TAU;
use std::sync::LazyLock;

/// Points of the grid: sixteen to the shortest wave of a trigonometric polynomial of degree 8.
const N_GRID: usize = 128;

/// Roots in rad of a function of an angle's cosine and sine, in order; a pair closer than the grid can tell may be missed.
pub(super) fn roots(function: impl Fn([f64; 2]) -> f64) -> Vec<f64> {
    let step = TAU / N_GRID as f64;
    let value = |angle: f64| function(circle(angle));
    let values: [f64; N_GRID] = std::array::from_fn(|point| function(GRID[point]));
    let mut roots = Vec::new();
    let at = |point: usize| values[point % N_GRID];
    // Slopes times the step, by differences of fourth order.
    let slope = |point: usize| {
        let point = point + N_GRID;
        (at(point - 2) - at(point + 2) + 8.0 * (at(point + 1) - at(point - 1))) / 12.0
    };
    for point in 0..N_GRID {
        let angle = point as f64 * step;
        let (here, next) = (at(point), at(point + 1));
        if here * next <= 0.0 {
            roots.push(bisected(&value, [angle, angle + step], [here, next]));
            continue;
        }
        // Towards zero here and away from it at the next point: there may be two roots between.
        let (down, up) = (slope(point), slope(point + 1));
        if here * down < 0.0
            && here * up > 0.0
            && let Some((lowest, low)) = dip(&value, angle, step, [here, next], [down, up])
        {
            roots.push(bisected(&value, [angle, lowest], [here, low]));
            roots.push(bisected(&value, [lowest, angle + step], [low, next]));
        }
    }
    roots
}

/// Cosines and sines of the grid.
static GRID: LazyLock<[[f64; 2]; N_GRID]> =
    LazyLock::new(|| std::array::from_fn(|point| circle(point as f64 * TAU / N_GRID as f64)));

/// Cosine and sine.
pub(super) fn circle(angle: f64) -> [f64; 2] {
    let (sine, cosine) = angle.sin_cos();
    [cosine, sine]
}

/// A root between two points where a function has different signs (the Illinois variant of false position).
fn bisected(value: &dyn Fn(f64) -> f64, mut at: [f64; 2], mut is: [f64; 2]) -> f64 {
    for _ in 0..60 {
        if is[0] == is[1] {
            break;
        }
        let step = is[1] * (at[1] - at[0]) / (is[1] - is[0]);
        let next = at[1] - step;
        let here = value(next);
        if here * is[1] < 0.0 {
            (at[0], is[0]) = (at[1], is[1]);
        } else {
            is[0] *= 0.5;
        }
        (at[1], is[1]) = (next, here);
        if here == 0.0 || step.abs() < 1e-9 {
            break;
        }
    }
    at[1]
}

/// A point in a dip between two points where the function has changed its sign, with its value; `slopes` are times the step.
fn dip(
    value: &dyn Fn(f64) -> f64,
    angle: f64,
    step: f64,
    [here, next]: [f64; 2],
    slopes: [f64; 2],
) -> Option<(f64, f64)> {
    // Where the slope, taken for linear, is zero.
    let start = angle + step * slopes[0] / (slopes[0] - slopes[1]);
    let mut at = [angle, start, angle + step];
    let mut is = [here, value(start), next];
    for _ in 0..8 {
        if is[1] * here < 0.0 {
            return Some((at[1], is[1]));
        }
        // The vertex of the parabola through the three.
        let (left, right) = (at[1] - at[0], at[1] - at[2]);
        let (rise, fall) = (is[1] - is[2], is[1] - is[0]);
        let below = left * rise - right * fall;
        let moved = 0.5 * (left * left * rise - right * right * fall) / below;
        let vertex = at[1] - moved;
        if !(vertex > at[0] && vertex < at[2]) || moved.abs() < 1e-8 {
            return None;
        }
        let low = value(vertex);
        let is_lower = low * here < is[1] * here;
        // The three that are left hold the lowest in their middle.
        let side = if (vertex < at[1]) == is_lower { 2 } else { 0 };
        if is_lower {
            (at[side], is[side]) = (at[1], is[1]);
            (at[1], is[1]) = (vertex, low);
        } else {
            (at[side], is[side]) = (vertex, low);
        }
    }
    None
}
