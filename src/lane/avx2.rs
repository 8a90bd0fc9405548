//! Eight f32 in an AVX2 register. Arithmetic only; the formulas live elsewhere.
//!
//! Values of this type exist only inside engines that were built after [`Lane::available`] said yes; the intrinsics are
//! inlined into [`Lane::vectorize`], which checks again.
#![expect(
    unsafe_code,
    reason = "intrinsics; the lane type is only chosen on processors that have them"
)]

use super::math::{exp_f32, ln_f32, sin_cos_turns_f32};
use super::{Body, Lane, filled};
use std::arch::x86_64::*;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// 8 f32 in one register.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct F32x8(__m256);

impl F32x8 {
    #[inline(always)]
    fn from_array(values: [f32; 8]) -> Self {
        // SAFETY: both are 8 f32 and every bit pattern is valid.
        Self(unsafe { std::mem::transmute::<[f32; 8], __m256>(values) })
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 8] {
        // SAFETY: as above.
        unsafe { std::mem::transmute::<__m256, [f32; 8]>(self.0) }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for F32x8 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: see the module.
                Self(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    };
}
operator!(Add, add, _mm256_add_ps);
operator!(Sub, sub, _mm256_sub_ps);
operator!(Mul, mul, _mm256_mul_ps);

impl Neg for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::splat(0.0) - self
    }
}
impl AddAssign for F32x8 {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl SubAssign for F32x8 {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Lane for F32x8 {
    type Scalar = f32;
    type Words = [u32; 8];
    type Mask = __m256;
    const LANES: usize = 8;
    const NAME: &'static str = "AVX2 f32x8";

    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the element type is the contract"
    )]
    fn splat(value: f64) -> Self {
        Self::splat_scalar(value as f32)
    }
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the element type is the contract"
    )]
    fn from_fn(mut lane_value: impl FnMut(usize) -> f64) -> Self {
        Self::from_array(filled(0.0, |lane| lane_value(lane) as f32))
    }
    #[inline(always)]
    fn lane(self, lane: usize) -> f64 {
        f64::from(self.to_array()[lane])
    }
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the element type is the contract"
    )]
    fn set_lane(&mut self, lane: usize, value: f64) {
        let mut array = self.to_array();
        array[lane] = value as f32;
        *self = Self::from_array(array);
    }
    #[inline(always)]
    fn scalars(vectors: &[Self]) -> &[f32] {
        // SAFETY: a transparent vector of 8 f32 has the layout of an array of them, with stricter alignment.
        unsafe { std::slice::from_raw_parts(vectors.as_ptr().cast(), vectors.len() * 8) }
    }
    #[inline(always)]
    fn scalars_mut(vectors: &mut [Self]) -> &mut [f32] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(vectors.as_mut_ptr().cast(), vectors.len() * 8) }
    }
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the element type is the contract"
    )]
    fn scalar(value: f64) -> f32 {
        value as f32
    }
    #[inline(always)]
    fn splat_scalar(value: f32) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_set1_ps(value) })
    }
    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        let values = &values[..8];
        // SAFETY: the slice holds 8 elements; unaligned loads are allowed.
        Self(unsafe { _mm256_loadu_ps(values.as_ptr()) })
    }
    #[inline(always)]
    fn words(lane_value: impl FnMut(usize) -> u32) -> [u32; 8] {
        filled(0, lane_value)
    }
    #[inline(always)]
    fn uniform(words: [u32; 8]) -> Self {
        Self::from_array(filled(0.0, |lane| <f32 as Lane>::uniform([words[lane]])))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, term.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn recip(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            // 12 bits from the table, one Newton step to 23.
            let guess = _mm256_rcp_ps(self.0);
            let error = _mm256_fnmadd_ps(self.0, guess, _mm256_set1_ps(1.0));
            Self(_mm256_fmadd_ps(guess, error, guess))
        }
    }
    #[inline(always)]
    fn rsqrt(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let guess = _mm256_rsqrt_ps(self.0);
            let half = _mm256_mul_ps(_mm256_mul_ps(self.0, guess), _mm256_set1_ps(0.5));
            let error = _mm256_fnmadd_ps(half, guess, _mm256_set1_ps(0.5));
            Self(_mm256_fmadd_ps(guess, error, guess))
        }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_max_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_min_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe {
            _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0)
        })
    }
    #[inline(always)]
    fn mul_power_of_two(self, exponent: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let biased = _mm256_add_epi32(_mm256_cvtps_epi32(exponent.0), _mm256_set1_epi32(127));
            Self(_mm256_mul_ps(
                self.0,
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased)),
            ))
        }
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm256_castps_si256(self.0);
            let exponent = _mm256_sub_epi32(_mm256_srli_epi32::<23>(bits), _mm256_set1_epi32(127));
            let fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007f_ffff));
            let mantissa = _mm256_or_si256(fraction, _mm256_set1_epi32(0x3f80_0000));
            (
                Self(_mm256_castsi256_ps(mantissa)),
                Self(_mm256_cvtepi32_ps(exponent)),
            )
        }
    }
    #[inline(always)]
    fn less_than(self, other: Self) -> __m256 {
        // SAFETY: see the module.
        unsafe { _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    fn select(mask: __m256, if_true: Self, if_false: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_blendv_ps(if_false.0, if_true.0, mask) })
    }
    #[inline(always)]
    fn all(mask: __m256) -> bool {
        // SAFETY: see the module.
        unsafe { _mm256_movemask_ps(mask) == 0xff }
    }

    #[inline(always)]
    fn exp(self) -> Self {
        exp_f32(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        ln_f32(self)
    }
    #[inline(always)]
    fn sin_cos_turns(self) -> (Self, Self) {
        sin_cos_turns_f32(self)
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        let a = self.to_array();
        f64::from(((a[0] + a[4]) + (a[1] + a[5])) + ((a[2] + a[6]) + (a[3] + a[7])))
    }
    #[inline(always)]
    fn accumulate(self, sums: &mut [f64]) {
        for (sum, value) in sums.iter_mut().zip(self.to_array()) {
            *sum += f64::from(value);
        }
    }
    fn available() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }
    #[inline(always)]
    fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output {
        #[target_feature(enable = "avx2,fma")]
        fn run<B: Body<A>, A>(arguments: A) -> B::Output {
            B::run(arguments)
        }
        assert!(
            Self::available(),
            "this processor cannot run {}",
            Self::NAME
        );
        // SAFETY: the features were detected in the line above.
        unsafe { run::<B, A>(arguments) }
    }
}
