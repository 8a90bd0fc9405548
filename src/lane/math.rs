//! Functions built from the lane operations: vector algebra, arc tangent, normal deviates. No memory access.

use super::Lane;

/// Scalar product of two 3-vectors.
#[inline(always)]
pub fn dot<L: Lane>(a: [L; 3], b: [L; 3]) -> L {
    a[0].mul_add(b[0], a[1].mul_add(b[1], a[2] * b[2]))
}

/// Vector product of two 3-vectors.
#[inline(always)]
pub fn cross<L: Lane>(a: [L; 3], b: [L; 3]) -> [L; 3] {
    [
        a[1].mul_add(b[2], -(a[2] * b[1])),
        a[2].mul_add(b[0], -(a[0] * b[2])),
        a[0].mul_add(b[1], -(a[1] * b[0])),
    ]
}

/// a - b for 3-vectors.
#[inline(always)]
pub fn subtract<L: Lane>(a: [L; 3], b: [L; 3]) -> [L; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// a + b for 3-vectors.
#[inline(always)]
pub fn add<L: Lane>(a: [L; 3], b: [L; 3]) -> [L; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// a + factor b for 3-vectors.
#[inline(always)]
pub fn add_scaled<L: Lane>(a: [L; 3], factor: L, b: [L; 3]) -> [L; 3] {
    [
        b[0].mul_add(factor, a[0]),
        b[1].mul_add(factor, a[1]),
        b[2].mul_add(factor, a[2]),
    ]
}

/// -a for a 3-vector.
#[inline(always)]
pub fn negate<L: Lane>(a: [L; 3]) -> [L; 3] {
    [-a[0], -a[1], -a[2]]
}

/// 3-vector times a number.
#[inline(always)]
pub fn scale<L: Lane>(a: [L; 3], factor: L) -> [L; 3] {
    [a[0] * factor, a[1] * factor, a[2] * factor]
}

/// Angle of the point (x, y) with y >= 0, in [0, pi]; exact to about 2e-7 rad for f32 and 1e-14 for f64.
///
/// Two half-angle steps of the tangent, then the odd Taylor series.
#[inline(always)]
pub fn arc_tangent<L: Lane>(y: L, x: L) -> L {
    let one = L::splat(1.0);
    // tan(theta/2) = y / (x + r), infinite only at theta = pi exactly, where r - x over y is taken instead.
    let r = x.mul_add(x, y * y).sqrt();
    let obtuse = x.less_than(L::splat(0.0));
    let tangent = y * (r + x.abs()).recip();
    // tangent of half the acute angle, in [0, 1]; a quarter angle brings it below 0.4143, an eighth below 0.199.
    let quarter = tangent * (one + tangent.mul_add(tangent, one).sqrt()).recip();
    let eighth = quarter * (one + quarter.mul_add(quarter, one).sqrt()).recip();
    let square = eighth * eighth;
    // The eighth is at most tan(pi/16) = 0.199: the series to t^9 or t^21 reaches the precision of the element.
    let last = if size_of::<L::Scalar>() == 4 { 9 } else { 21 };
    let mut series = L::splat(1.0 / f64::from(last));
    let mut term = last - 2;
    while term >= 1 {
        series = L::splat(1.0 / f64::from(term)) - square * series;
        term -= 2;
    }
    let acute = L::splat(8.0) * eighth * series;
    L::select(obtuse, L::splat(std::f64::consts::PI) - acute, acute)
}

/// Two independent standard normal deviates from two uniform numbers (Box and Muller, doi:10.1214/aoms/1177706645).
#[inline(always)]
pub fn normal_pair<L: Lane>(u: L, v: L) -> (L, L) {
    // Rounding may lift the logarithm of a number next to 1 above 0.
    let radius = (L::splat(-2.0) * u.ln()).max(L::splat(0.0)).sqrt();
    let (sin, cos) = v.sin_cos_turns();
    (radius * cos, radius * sin)
}

/// Horner's scheme, highest coefficient first.
#[inline(always)]
fn polynomial<L: Lane, const N: usize>(x: L, coefficients: [f64; N]) -> L {
    let mut sum = L::splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = sum.mul_add(x, L::splat(coefficient));
    }
    sum
}

/// Exponential to 2 units in the last place of an f32; 0 below -87, infinite above 88.7.
#[inline(always)]
pub(super) fn exp_f32<L: Lane>(x: L) -> L {
    let n = (x * L::splat(std::f64::consts::LOG2_E)).round();
    let clamped = n.max(L::splat(-126.0)).min(L::splat(127.0));
    let r = clamped.mul_add(
        L::splat(2.121_944_4e-4),
        clamped.mul_add(L::splat(-0.693_359_375), x),
    );
    let value = exp_series(r).mul_power_of_two(clamped);
    let finite = L::select(n.less_than(L::splat(-125.5)), L::splat(0.0), value);
    // A NaN fails every comparison and so passes through in `value`.
    L::select(
        L::splat(127.5).less_than(n),
        L::splat(f64::INFINITY),
        finite,
    )
}

/// Exponential of |r| <= ln(2)/2. Coefficients of the Cephes library (Moshier), `expf`.
#[inline(always)]
pub(super) fn exp_series<L: Lane>(r: L) -> L {
    let series = polynomial(
        r,
        [
            1.987_569_15e-4,
            1.398_199_950_7e-3,
            8.333_451_907_3e-3,
            4.166_579_589_4e-2,
            1.666_666_545_9e-1,
            5.000_000_120_1e-1,
        ],
    );
    series.mul_add(r * r, r + L::splat(1.0))
}

/// Natural logarithm to 2 units in the last place of an f32, for positive normal numbers.
///
/// Coefficients of the Cephes library (Moshier), `logf`.
#[inline(always)]
pub(super) fn ln_f32<L: Lane>(x: L) -> L {
    let (mantissa, exponent) = x.split_exponent();
    let upper = L::splat(std::f64::consts::SQRT_2).less_than(mantissa);
    let m = L::select(upper, mantissa * L::splat(0.5), mantissa) - L::splat(1.0);
    let e = L::select(upper, exponent + L::splat(1.0), exponent);
    let square = m * m;
    let series = polynomial(
        m,
        [
            7.037_683_629_2e-2,
            -1.151_461_031_0e-1,
            1.167_699_874_0e-1,
            -1.242_014_084_6e-1,
            1.424_932_278_7e-1,
            -1.666_805_766_5e-1,
            2.000_071_476_5e-1,
            -2.499_999_399_3e-1,
            3.333_333_117_4e-1,
        ],
    );
    let small = e.mul_add(L::splat(-2.121_944_4e-4), series * m * square);
    e.mul_add(
        L::splat(0.693_359_375),
        square.mul_add(L::splat(-0.5), small) + m,
    )
}

/// Sine and cosine of 2 pi u for u in [0, 1], to 1e-7.
///
/// Coefficients of the Cephes library (Moshier), `sinf` and `cosf`, on the quadrant [-pi/4, pi/4].
#[inline(always)]
pub(super) fn sin_cos_turns_f32<L: Lane>(u: L) -> (L, L) {
    let (zero, one) = (L::splat(0.0), L::splat(1.0));
    let quadrant = (u * L::splat(4.0)).round();
    let x = quadrant.mul_add(L::splat(-0.25), u) * L::splat(std::f64::consts::TAU);
    let z = x * x;
    let sin = (polynomial(
        z,
        [-1.951_529_589_1e-4, 8.332_160_873_6e-3, -1.666_665_461_1e-1],
    ) * z)
        .mul_add(x, x);
    let cos = (polynomial(
        z,
        [2.443_315_711_8e-5, -1.388_731_625_5e-3, 4.166_664_568_3e-2],
    ) * z)
        .mul_add(z, z.mul_add(L::splat(-0.5), one));
    // Quadrants 0..4: (s, c), (c, -s), (-s, -c), (-c, s), (s, c).
    let odd = (quadrant * L::splat(0.5)).round() * L::splat(2.0) - quadrant;
    let is_odd = L::splat(0.5).less_than(odd.abs());
    let (first, second) = (L::select(is_odd, cos, sin), L::select(is_odd, sin, cos));
    let negative_sin = L::splat(1.5).less_than(quadrant);
    let full_turn = L::splat(3.5).less_than(quadrant);
    let signed_sin = L::select(
        full_turn,
        first,
        L::select(negative_sin, zero - first, first),
    );
    // The cosine is negative in quadrants 1 and 2.
    let negative_cos = (quadrant - L::splat(1.5)).abs().less_than(one);
    (signed_sin, L::select(negative_cos, zero - second, second))
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to f32 is what is tested"
)]
mod tests {
    use super::*;

    #[test]
    fn f32_functions_match_f64() {
        for i in 1..20_000 {
            let x = f64::from(i) * 0.008 - 86.0;
            let exact = x.exp();
            assert!(
                (f64::from(exp_f32(x as f32)) / f64::from(x as f32).exp() - 1.0).abs() < 3e-7,
                "exp {x} {exact}"
            );
            let y = f64::from(i) * 0.003;
            let error = f64::from(ln_f32(y as f32)) - f64::from(y as f32).ln();
            assert!(
                error.abs() < 2e-7 * f64::from(y as f32).ln().abs().max(1.0),
                "ln {y}"
            );
            let u = f64::from(i) / 20_000.0;
            let (sin, cos) = sin_cos_turns_f32(u as f32);
            let angle = f64::from(u as f32) * std::f64::consts::TAU;
            assert!((f64::from(sin) - angle.sin()).abs() < 5e-7, "sin {u}");
            assert!((f64::from(cos) - angle.cos()).abs() < 5e-7, "cos {u}");
        }
        assert_eq!(exp_f32(-200.0_f32), 0.0);
        assert_eq!(exp_f32(200.0_f32), f32::INFINITY);
        assert!(exp_f32(f32::NAN).is_nan());
    }

    /// The widest vectors have an exponential and a logarithm of their own.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn wide_functions_match_f64() {
        use crate::lane::{F32x8, F32x16};
        fn check<L: Lane>() {
            if !L::available() {
                return;
            }
            for i in 1..20_000 {
                let x = f64::from((f64::from(i) * 0.008 - 86.0) as f32);
                let exp = L::splat(x).exp().lane(L::LANES - 1);
                assert!((exp / x.exp() - 1.0).abs() < 3e-7, "{} exp {x}", L::NAME);
                let y = f64::from((f64::from(i) * 0.003) as f32);
                let ln = L::splat(y).ln().lane(0);
                assert!(
                    (ln - y.ln()).abs() < 2e-7 * y.ln().abs().max(1.0),
                    "{} ln {y}: {ln}",
                    L::NAME
                );
            }
            assert_eq!(L::splat(-1e9).exp().lane(0), 0.0);
            assert_eq!(L::splat(200.0).exp().lane(0), f64::INFINITY);
            assert!(L::splat(f64::NAN).exp().lane(0).is_nan());
        }
        check::<F32x16>();
        check::<F32x8>();
        check::<crate::lane::Array<f32, 16>>();
    }

    #[test]
    fn arc_tangent_covers_the_half_circle() {
        for i in 0..=1000 {
            let angle = f64::from(i) * std::f64::consts::PI / 1000.0;
            assert!(
                (arc_tangent(angle.sin().abs(), angle.cos()) - angle).abs() < 1e-14,
                "{angle}"
            );
            let single = arc_tangent(angle.sin().abs() as f32, angle.cos() as f32);
            assert!((f64::from(single) - angle).abs() < 4e-7, "{angle}");
        }
    }
}
