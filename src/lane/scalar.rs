//! f64 and f32 as vectors of one lane: the readable reference. No SIMD here.

use super::math::{exp_f32, ln_f32, sin_cos_turns_f32};
use super::{Body, Lane};

macro_rules! scalar_lane {
    ($float:ident, $name:literal, $uniform:expr, $exp:expr, $ln:expr, $sin_cos_turns:expr) => {
        impl Lane for $float {
            type Scalar = $float;
            type Words = [u32; 1];
            type Mask = bool;
            const LANES: usize = 1;
            const NAME: &'static str = $name;

            #[inline(always)]
            #[allow(
                clippy::cast_possible_truncation,
                reason = "rounding to the element type is the contract"
            )]
            fn splat(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn from_fn(mut lane_value: impl FnMut(usize) -> f64) -> Self {
                Self::splat(lane_value(0))
            }
            #[inline(always)]
            fn lane(self, _lane: usize) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn set_lane(&mut self, _lane: usize, value: f64) {
                *self = Self::splat(value);
            }
            #[inline(always)]
            fn scalars(vectors: &[Self]) -> &[$float] {
                vectors
            }
            #[inline(always)]
            fn scalars_mut(vectors: &mut [Self]) -> &mut [$float] {
                vectors
            }
            #[inline(always)]
            fn scalar(value: f64) -> $float {
                Self::splat(value)
            }
            #[inline(always)]
            fn splat_scalar(value: $float) -> Self {
                value
            }
            #[inline(always)]
            fn load(values: &[$float]) -> Self {
                values[0]
            }
            #[inline(always)]
            fn words(mut lane_value: impl FnMut(usize) -> u32) -> [u32; 1] {
                [lane_value(0)]
            }
            #[inline(always)]
            fn uniform(words: [u32; 1]) -> Self {
                let uniform: fn(u32) -> $float = $uniform;
                uniform(words[0])
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                self * factor + term
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
            #[inline(always)]
            fn recip(self) -> Self {
                1.0 / self
            }
            #[inline(always)]
            fn rsqrt(self) -> Self {
                1.0 / $float::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::abs(self)
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if other > self { other } else { self }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if other < self { other } else { self }
            }
            #[inline(always)]
            fn round(self) -> Self {
                $float::round_ties_even(self)
            }
            #[inline(always)]
            fn mul_power_of_two(self, exponent: Self) -> Self {
                self * Self::splat(power_of_two(f64::from(exponent)))
            }
            #[inline(always)]
            fn split_exponent(self) -> (Self, Self) {
                let (mantissa, exponent) = split(f64::from(self));
                (Self::splat(mantissa), Self::splat(exponent))
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                $ln(self)
            }
            #[inline(always)]
            fn sin_cos_turns(self) -> (Self, Self) {
                $sin_cos_turns(self)
            }
            #[inline(always)]
            fn less_than(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn select(mask: bool, if_true: Self, if_false: Self) -> Self {
                if mask { if_true } else { if_false }
            }
            #[inline(always)]
            fn all(mask: bool) -> bool {
                mask
            }
            #[inline(always)]
            fn sum(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn accumulate(self, sums: &mut [f64]) {
                sums[0] += f64::from(self);
            }
            fn available() -> bool {
                true
            }
            #[inline(always)]
            fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output {
                B::run(arguments)
            }
        }
    };
}

/// 2^exponent by its bits, for a whole exponent in [-1022, 1023].
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the exponent is a small whole number"
)]
pub(super) fn power_of_two(exponent: f64) -> f64 {
    f64::from_bits(((exponent as i64 + 1023) as u64) << 52)
}

/// Mantissa in [1, 2) and exponent of a positive normal number.
#[inline(always)]
#[expect(clippy::cast_possible_wrap, reason = "the exponent has 11 bits")]
fn split(value: f64) -> (f64, f64) {
    let bits = value.to_bits();
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    (mantissa, ((bits >> 52) as i64 - 1023) as f64)
}

scalar_lane!(
    f64,
    "scalar f64",
    |word| (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0),
    f64::exp,
    f64::ln,
    |turns: f64| (turns * std::f64::consts::TAU).sin_cos()
);
// 23 bits and a half fill an f32 exactly; the half keeps both ends of the interval out.
scalar_lane!(
    f32,
    "scalar f32",
    |word| ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0),
    exp_f32,
    ln_f32,
    sin_cos_turns_f32
);
