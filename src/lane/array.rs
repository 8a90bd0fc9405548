//! Portable vectors: arrays of scalars that the compiler turns into whatever SIMD the target has. No intrinsics.

use super::{Body, Lane, filled};
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// `N` scalars processed in step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Array<S, const N: usize>([S; N]);

impl<S: Lane<Scalar = S>, const N: usize> Array<S, N> {
    #[inline(always)]
    fn map(self, mut function: impl FnMut(S) -> S) -> Self {
        Self(filled(self.0[0], |lane| function(self.0[lane])))
    }

    #[inline(always)]
    fn zip(self, other: Self, mut function: impl FnMut(S, S) -> S) -> Self {
        Self(filled(self.0[0], |lane| {
            function(self.0[lane], other.0[lane])
        }))
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl<S: Lane<Scalar = S>, const N: usize> $trait for Array<S, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $operator b)
            }
        }
    };
}
operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);

impl<S: Lane<Scalar = S>, const N: usize> Neg for Array<S, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}
impl<S: Lane<Scalar = S>, const N: usize> AddAssign for Array<S, N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl<S: Lane<Scalar = S>, const N: usize> SubAssign for Array<S, N> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

macro_rules! array_lane {
    ($float:ident, $n:literal, $name:literal) => {
        impl Lane for Array<$float, $n> {
            type Scalar = $float;
            type Words = [u32; $n];
            type Mask = [bool; $n];
            const LANES: usize = $n;
            const NAME: &'static str = $name;

            #[inline(always)]
            fn splat(value: f64) -> Self {
                Self([<$float as Lane>::splat(value); $n])
            }
            #[inline(always)]
            fn from_fn(mut lane_value: impl FnMut(usize) -> f64) -> Self {
                Self(filled(0.0, |lane| {
                    <$float as Lane>::splat(lane_value(lane))
                }))
            }
            #[inline(always)]
            fn lane(self, lane: usize) -> f64 {
                f64::from(self.0[lane])
            }
            #[inline(always)]
            fn set_lane(&mut self, lane: usize, value: f64) {
                self.0[lane] = <$float as Lane>::splat(value);
            }
            #[inline(always)]
            #[expect(
                unsafe_code,
                reason = "an array of repr(C) arrays without padding is an array of scalars"
            )]
            fn scalars(vectors: &[Self]) -> &[$float] {
                const { assert!(size_of::<Self>() == $n * size_of::<$float>()) };
                // SAFETY: Self is repr(C) around [$float; $n], its size is that of the array (asserted above).
                unsafe { std::slice::from_raw_parts(vectors.as_ptr().cast(), vectors.len() * $n) }
            }
            #[inline(always)]
            #[expect(
                unsafe_code,
                reason = "as above, and every bit pattern of a scalar is valid"
            )]
            fn scalars_mut(vectors: &mut [Self]) -> &mut [$float] {
                const { assert!(size_of::<Self>() == $n * size_of::<$float>()) };
                // SAFETY: as above; the borrow is exclusive.
                unsafe {
                    std::slice::from_raw_parts_mut(vectors.as_mut_ptr().cast(), vectors.len() * $n)
                }
            }
            #[inline(always)]
            fn scalar(value: f64) -> $float {
                <$float as Lane>::splat(value)
            }
            #[inline(always)]
            fn splat_scalar(value: $float) -> Self {
                Self([value; $n])
            }
            #[inline(always)]
            fn load(values: &[$float]) -> Self {
                let values = &values[..$n];
                Self(filled(0.0, |lane| values[lane]))
            }
            #[inline(always)]
            fn words(lane_value: impl FnMut(usize) -> u32) -> [u32; $n] {
                filled(0, lane_value)
            }
            #[inline(always)]
            fn uniform(words: [u32; $n]) -> Self {
                Self(filled(0.0, |lane| <$float as Lane>::uniform([words[lane]])))
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                self * factor + term
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.map($float::sqrt)
            }
            #[inline(always)]
            fn recip(self) -> Self {
                self.map(|a| 1.0 / a)
            }
            #[inline(always)]
            fn rsqrt(self) -> Self {
                self.map(|a| 1.0 / $float::sqrt(a))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.map($float::abs)
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                self.zip(other, Lane::max)
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                self.zip(other, Lane::min)
            }
            #[inline(always)]
            fn round(self) -> Self {
                self.map(Lane::round)
            }
            #[inline(always)]
            fn mul_power_of_two(self, exponent: Self) -> Self {
                self.zip(exponent, Lane::mul_power_of_two)
            }
            #[inline(always)]
            fn split_exponent(self) -> (Self, Self) {
                (
                    self.map(|a| a.split_exponent().0),
                    self.map(|a| a.split_exponent().1),
                )
            }
            #[inline(always)]
            fn exp(self) -> Self {
                self.map(Lane::exp)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                self.map(Lane::ln)
            }
            #[inline(always)]
            fn sin_cos_turns(self) -> (Self, Self) {
                (
                    self.map(|a| a.sin_cos_turns().0),
                    self.map(|a| a.sin_cos_turns().1),
                )
            }
            #[inline(always)]
            fn less_than(self, other: Self) -> [bool; $n] {
                filled(false, |lane| self.0[lane] < other.0[lane])
            }
            #[inline(always)]
            fn select(mask: [bool; $n], if_true: Self, if_false: Self) -> Self {
                Self(filled(0.0, |lane| {
                    if mask[lane] {
                        if_true.0[lane]
                    } else {
                        if_false.0[lane]
                    }
                }))
            }
            #[inline(always)]
            fn all(mask: [bool; $n]) -> bool {
                mask.iter().all(|&lane| lane)
            }
            #[inline(always)]
            fn sum(self) -> f64 {
                self.0.iter().map(|&a| f64::from(a)).sum()
            }
            #[inline(always)]
            fn accumulate(self, sums: &mut [f64]) {
                for (sum, value) in sums.iter_mut().zip(self.0) {
                    *sum += f64::from(value);
                }
            }
            fn available() -> bool {
                true
            }
            #[inline(always)]
            fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output {
                super::array::vectorize::<B, A>(arguments)
            }
        }
    };
}
array_lane!(f64, 8, "portable f64x8");
array_lane!(f32, 16, "portable f32x16");

/// Compiles the closure for AVX-512 or AVX2 where the processor has them, so that arrays fill the wide registers.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[expect(
    unsafe_code,
    reason = "the features are detected in the line before each call"
)]
fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output {
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,fma")]
    fn wide<B: Body<A>, A>(arguments: A) -> B::Output {
        B::run(arguments)
    }
    #[target_feature(enable = "avx2,fma")]
    fn medium<B: Body<A>, A>(arguments: A) -> B::Output {
        B::run(arguments)
    }
    if super::F32x16::available() {
        // SAFETY: detected.
        unsafe { wide::<B, A>(arguments) }
    } else if super::F32x8::available() {
        // SAFETY: detected.
        unsafe { medium::<B, A>(arguments) }
    } else {
        B::run(arguments)
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output {
    B::run(arguments)
}
