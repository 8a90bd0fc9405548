//! Sixteen f32 in an AVX-512 register. Arithmetic only; the formulas live elsewhere.
//!
//! Values of this type exist only inside engines that were built after [`Lane::available`] said yes; the intrinsics are
//! inlined into [`Lane::vectorize`], which checks again.
#![expect(
    unsafe_code,
    reason = "intrinsics; the lane type is only chosen on processors that have them"
)]

use super::math::{exp_series, sin_cos_turns_f32};
use super::{Body, Lane, filled};
use std::arch::x86_64::*;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// 16 f32 in one register.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct F32x16(__m512);

/// 1/c for the centres c = (33 + 2i)/32 of sixteenths of [1, 2).
static INVERSE_CENTRES: [f32; 16] = {
    let mut table = [0.0; 16];
    let mut i = 0;
    while i < 16 {
        table[i] = 32.0 / (33.0 + 2.0 * i as f32);
        i += 1;
    }
    table
};

/// -ln of the rounded entries of [`INVERSE_CENTRES`].
#[expect(
    clippy::excessive_precision,
    reason = "tabulated to more digits than f32 holds"
)]
static LN_CENTRES: [f32; 16] = [
    0.0307716289,
    0.0896121531,
    0.1451819856,
    0.1978257303,
    0.2478362012,
    0.2954642166,
    0.3409265628,
    0.3844117306,
    0.4260844158,
    0.4660896945,
    0.5045559959,
    0.5415973141,
    0.5773153576,
    0.6118015392,
    0.6451380173,
    0.6773987658,
];

impl F32x16 {
    #[inline(always)]
    fn from_array(values: [f32; 16]) -> Self {
        // SAFETY: both are 16 f32 and every bit pattern is valid.
        Self(unsafe { std::mem::transmute::<[f32; 16], __m512>(values) })
    }

    #[inline(always)]
    fn to_array(self) -> [f32; 16] {
        // SAFETY: as above.
        unsafe { std::mem::transmute::<__m512, [f32; 16]>(self.0) }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for F32x16 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: see the module.
                Self(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    };
}
operator!(Add, add, _mm512_add_ps);
operator!(Sub, sub, _mm512_sub_ps);
operator!(Mul, mul, _mm512_mul_ps);

impl Neg for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::splat(0.0) - self
    }
}
impl AddAssign for F32x16 {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl SubAssign for F32x16 {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Lane for F32x16 {
    type Scalar = f32;
    type Words = [u32; 16];
    type Mask = __mmask16;
    const LANES: usize = 16;
    const NAME: &'static str = "AVX-512 f32x16";

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
        // SAFETY: a transparent vector of 16 f32 has the layout of an array of them, with stricter alignment.
        unsafe { std::slice::from_raw_parts(vectors.as_ptr().cast(), vectors.len() * 16) }
    }
    #[inline(always)]
    fn scalars_mut(vectors: &mut [Self]) -> &mut [f32] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(vectors.as_mut_ptr().cast(), vectors.len() * 16) }
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
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    fn load(values: &[f32]) -> Self {
        let values = &values[..16];
        // SAFETY: the slice holds 16 elements; unaligned loads are allowed.
        Self(unsafe { _mm512_loadu_ps(values.as_ptr()) })
    }
    #[inline(always)]
    fn words(lane_value: impl FnMut(usize) -> u32) -> [u32; 16] {
        filled(0, lane_value)
    }
    #[inline(always)]
    fn uniform(words: [u32; 16]) -> Self {
        Self::from_array(filled(0.0, |lane| <f32 as Lane>::uniform([words[lane]])))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn recip(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            // 14 bits from the table, one Newton step to 24.
            let guess = _mm512_rcp14_ps(self.0);
            let error = _mm512_fnmadd_ps(self.0, guess, _mm512_set1_ps(1.0));
            Self(_mm512_fmadd_ps(guess, error, guess))
        }
    }
    #[inline(always)]
    fn rsqrt(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let guess = _mm512_rsqrt14_ps(self.0);
            let half = _mm512_mul_ps(_mm512_mul_ps(self.0, guess), _mm512_set1_ps(0.5));
            let error = _mm512_fnmadd_ps(half, guess, _mm512_set1_ps(0.5));
            Self(_mm512_fmadd_ps(guess, error, guess))
        }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_max_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_min_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT }>(self.0) })
    }
    #[inline(always)]
    fn mul_power_of_two(self, exponent: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_scalef_ps(self.0, exponent.0) })
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        // SAFETY: see the module.
        unsafe {
            let mantissa = _mm512_getmant_ps::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_SRC>(self.0);
            (Self(mantissa), Self(_mm512_getexp_ps(self.0)))
        }
    }
    #[inline(always)]
    fn less_than(self, other: Self) -> __mmask16 {
        // SAFETY: see the module.
        unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    fn select(mask: __mmask16, if_true: Self, if_false: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm512_mask_blend_ps(mask, if_false.0, if_true.0) })
    }
    #[inline(always)]
    fn all(mask: __mmask16) -> bool {
        mask == u16::MAX
    }

    #[inline(always)]
    fn exp(self) -> Self {
        // SAFETY: see the module. Scaling by 2^n saturates in hardware, so no clamp is needed; coefficients as `exp_f32`.
        unsafe {
            let n = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT }>(_mm512_mul_ps(
                self.0,
                _mm512_set1_ps(std::f32::consts::LOG2_E),
            ));
            let r = _mm512_fnmadd_ps(n, Self::splat(0.693_359_375).0, self.0);
            let r = Self(_mm512_fnmadd_ps(n, Self::splat(-2.121_944_4e-4).0, r));
            Self(_mm512_scalef_ps(exp_series(r).0, n))
        }
    }
    #[inline(always)]
    fn ln(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let (mantissa, exponent) = self.split_exponent();
            // The mantissa's first four bits choose one of 16 centres c; then ln m = ln c + ln(1 + r) with |r| < 1/32.
            let index = _mm512_srli_epi32::<19>(_mm512_castps_si512(mantissa.0));
            let inverse_centre =
                _mm512_permutexvar_ps(index, _mm512_loadu_ps(INVERSE_CENTRES.as_ptr()));
            let ln_centre = _mm512_permutexvar_ps(index, _mm512_loadu_ps(LN_CENTRES.as_ptr()));
            let r = _mm512_fmsub_ps(mantissa.0, inverse_centre, _mm512_set1_ps(1.0));
            let series = _mm512_fmadd_ps(r, _mm512_set1_ps(0.2), _mm512_set1_ps(-0.25));
            let series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(1.0 / 3.0));
            let series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(-0.5));
            let small = _mm512_fmadd_ps(_mm512_mul_ps(series, r), r, r);
            let large = _mm512_fmadd_ps(
                exponent.0,
                _mm512_set1_ps(std::f32::consts::LN_2),
                ln_centre,
            );
            Self(_mm512_add_ps(large, small))
        }
    }
    #[inline(always)]
    fn sin_cos_turns(self) -> (Self, Self) {
        sin_cos_turns_f32(self)
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        // SAFETY: see the module.
        f64::from(unsafe { _mm512_reduce_add_ps(self.0) })
    }
    #[inline(always)]
    fn accumulate(self, sums: &mut [f64]) {
        for (sum, value) in sums.iter_mut().zip(self.to_array()) {
            *sum += f64::from(value);
        }
    }
    fn available() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
    }
    #[inline(always)]
    fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output {
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
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
