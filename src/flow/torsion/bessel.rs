//! ln I0 and I1/I0, the modified Bessel functions that normalise von Mises distributions.
//!
//! Polynomials 9.8.1 to 9.8.4 of Abramowitz and Stegun, Handbook of Mathematical Functions; relative error below 3e-7.

use crate::lane::Lane;

const LIMIT: f64 = 3.75;

#[inline(always)]
fn polynomial<L: Lane, const N: usize>(x: L, ascending: [f64; N]) -> L {
    let mut sum = L::splat(ascending[N - 1]);
    for &coefficient in ascending[..N - 1].iter().rev() {
        sum = sum.mul_add(x, L::splat(coefficient));
    }
    sum
}

/// ln(I0(k) exp(-k)) and I1(k)/I0(k) for k > 0, a positive normal number.
#[inline(always)]
pub(super) fn ln_i0_scaled_and_ratio<L: Lane>(k: L) -> (L, L) {
    let limit = L::splat(LIMIT);
    // Each branch sees only arguments that it is meant for, so that none overflows.
    let small = k.min(limit);
    let t = small * small * L::splat(1.0 / (LIMIT * LIMIT));
    let i0 = polynomial(
        t,
        [
            1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813,
        ],
    );
    let i1 = small
        * polynomial(
            t,
            [
                0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411,
            ],
        );
    let large = k.max(limit);
    let t = limit * large.recip();
    let i0_large = polynomial(
        t,
        [
            0.39894228,
            0.01328592,
            0.00225319,
            -0.00157565,
            0.00916281,
            -0.02057706,
            0.02635537,
            -0.01647633,
            0.00392377,
        ],
    );
    let i1_large = polynomial(
        t,
        [
            0.39894228,
            -0.03988024,
            -0.00362018,
            0.00163801,
            -0.01031555,
            0.02282967,
            -0.02895312,
            0.01787654,
            -0.00420059,
        ],
    );
    let is_small = k.less_than(limit);
    let ln_small = i0.ln() - small;
    let ln_large = i0_large.ln() - L::splat(0.5) * large.ln();
    (
        L::select(is_small, ln_small, ln_large),
        L::select(is_small, i1 * i0.recip(), i1_large * i0_large.recip()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trapezoidal sums of the integrals of exp(k cos t) over the circle converge exponentially fast.
    #[test]
    fn agrees_with_the_integral() {
        for k in [0.05_f64, 0.9, 3.7, 3.8, 20.0, 150.0, 600.0] {
            let n = 4000;
            let (mut i0, mut i1) = (0.0, 0.0);
            for step in 0..n {
                let cosine = (std::f64::consts::TAU * f64::from(step) / f64::from(n)).cos();
                let value = (k * (cosine - 1.0)).exp() / f64::from(n);
                i0 += value;
                i1 += value * cosine;
            }
            let (ln_i0, ratio) = ln_i0_scaled_and_ratio(k);
            assert!((ln_i0 - i0.ln()).abs() < 5e-7, "{k}: {ln_i0} {}", i0.ln());
            assert!((ratio - i1 / i0).abs() < 1e-6, "{k}: {ratio} {}", i1 / i0);
        }
    }
}
