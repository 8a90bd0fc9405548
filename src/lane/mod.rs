//! Vectors of numbers processed in step: one trait, so that a formula written once runs as f64 reference and as SIMD.
//!
//! A lane holds one replica, or one pair of atoms of a single replica; the formulas don't care which.

mod array;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod field;
mod math;
mod scalar;

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

pub use array::Array;
#[cfg(target_arch = "x86_64")]
pub use avx2::F32x8;
#[cfg(target_arch = "x86_64")]
pub use avx512::F32x16;
pub use field::{AtomField, Field, ReplicaField};
pub use math::{add, add_scaled, arc_tangent, cross, dot, negate, normal_pair, scale, subtract};

/// A vector of `LANES` floating-point numbers.
///
/// Arithmetic is lane by lane. `recip`, `rsqrt`, `exp`, `ln` and the circular functions are within a few units in the
/// last place of the scalar type; `mul_add` fuses only where the hardware does.
pub trait Lane:
    Copy
    + Send
    + Sync
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + 'static
{
    /// The element: f32 or f64.
    type Scalar: Lane<Scalar = Self::Scalar> + Into<f64>;
    /// One 32-bit word per lane, `[u32; LANES]`.
    type Words: Copy + Send + Sync + AsRef<[u32]> + AsMut<[u32]> + 'static;
    /// Result of a comparison.
    type Mask: Copy;
    /// Number of lanes.
    const LANES: usize;
    /// Instruction set and type, as logs name it.
    const NAME: &'static str;

    /// All lanes equal.
    fn splat(value: f64) -> Self;
    /// Lane by lane from a function of the lane number.
    fn from_fn(lane_value: impl FnMut(usize) -> f64) -> Self;
    /// The value of one lane.
    fn lane(self, lane: usize) -> f64;
    /// Sets one lane.
    fn set_lane(&mut self, lane: usize, value: f64);
    /// The same memory as scalars, `LANES` for each vector.
    fn scalars(vectors: &[Self]) -> &[Self::Scalar];
    /// The same memory as mutable scalars.
    fn scalars_mut(vectors: &mut [Self]) -> &mut [Self::Scalar];
    /// Rounds an f64 to the element type.
    fn scalar(value: f64) -> Self::Scalar;
    /// All lanes equal to an element already in memory.
    fn splat_scalar(value: Self::Scalar) -> Self;
    /// `LANES` consecutive elements from the start of a slice.
    fn load(values: &[Self::Scalar]) -> Self;
    /// Words with every lane from a function of the lane number.
    fn words(lane_value: impl FnMut(usize) -> u32) -> Self::Words;
    /// Uniform numbers strictly inside (0, 1) from random words.
    fn uniform(words: Self::Words) -> Self;

    /// self * factor + term.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// 1 / self.
    fn recip(self) -> Self;
    /// 1 / sqrt(self).
    fn rsqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Larger of two.
    fn max(self, other: Self) -> Self;
    /// Smaller of two.
    fn min(self, other: Self) -> Self;
    /// Nearest whole number, ties to even.
    fn round(self) -> Self;
    /// self * 2^exponent for whole exponents within the range of normal numbers.
    fn mul_power_of_two(self, exponent: Self) -> Self;
    /// (m, e) with self = m 2^e and 1 <= m < 2, for positive normal numbers.
    fn split_exponent(self) -> (Self, Self);
    /// e to the self; 0 below about -87 for f32.
    fn exp(self) -> Self;
    /// Natural logarithm of a positive normal number.
    fn ln(self) -> Self;
    /// Sine and cosine of 2 pi self, for self in [0, 1].
    fn sin_cos_turns(self) -> (Self, Self);

    /// self < other, lane by lane.
    fn less_than(self, other: Self) -> Self::Mask;
    /// `if_true` where the mask holds, else `if_false`.
    fn select(mask: Self::Mask, if_true: Self, if_false: Self) -> Self;
    /// Whether the mask holds in every lane.
    fn all(mask: Self::Mask) -> bool;

    /// Sum of the lanes, added up in the element's precision.
    fn sum(self) -> f64;
    /// Adds every lane, widened, to `LANES` f64 accumulators.
    fn accumulate(self, sums: &mut [f64]);

    /// Whether this processor can run the type.
    fn available() -> bool;

    /// Runs a body compiled for the instruction set of this type; written by `vectorized!`.
    ///
    /// # Panics
    /// If the processor lacks it; engines choose their lane type after detection.
    fn vectorize<B: Body<A>, A>(arguments: A) -> B::Output;
}

/// The body of a function that `vectorized!` defines. A closure would not do: it might not
/// be inlined into the function that has the instruction set enabled, and every intrinsic in it would be a call.
pub trait Body<A> {
    /// What the function returns.
    type Output;
    /// The body itself, always inlined.
    fn run(arguments: A) -> Self::Output;
}

/// An array by index, all of it inlined: `std::array::from_fn` and `map` leave calls behind, which would not have the instruction set.
#[inline(always)]
#[allow(
    clippy::needless_range_loop,
    reason = "iterators are code that the optimiser must first take away again"
)]
pub(crate) fn filled<T: Copy, const N: usize>(
    initial: T,
    mut value: impl FnMut(usize) -> T,
) -> [T; N] {
    let mut values = [initial; N];
    for index in 0..N {
        values[index] = value(index);
    }
    values
}

/// Defines functions whose bodies are compiled for the instruction set of their first type parameter, a [`Lane`].
macro_rules! vectorized {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$lane:ident: $lane_bound:ident $(, $generic:ident: $bound:ident)*>(
            $($argument:ident: $type:ty),* $(,)?
        ) -> $output:ty $body:block
    )+) => {$(
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments, reason = "inputs and outputs of one pass; a struct would only rename them")]
        $visibility fn $name<$lane: $lane_bound $(, $generic: $bound)*>($($argument: $type),*) -> $output {
            struct Vectorized<$lane $(, $generic)*>(std::marker::PhantomData<($lane, $($generic,)*)>);
            impl<$lane: $lane_bound $(, $generic: $bound)*> $crate::lane::Body<($($type,)*)>
                for Vectorized<$lane $(, $generic)*>
            {
                type Output = $output;
                #[inline(always)]
                fn run(($($argument,)*): ($($type,)*)) -> $output $body
            }
            $lane::vectorize::<Vectorized<$lane $(, $generic)*>, _>(($($argument,)*))
        }
    )+};
}
pub(crate) use vectorized;

/// Calls a function of `vectorized!` whose lanes hold f32 with the widest registers of this processor.
#[cfg(target_arch = "x86_64")]
macro_rules! on_widest_registers {
    ($function:ident($($argument:expr),* $(,)?)) => {
        if <$crate::lane::F32x16 as $crate::lane::Lane>::available() {
            $function::<$crate::lane::F32x16>($($argument),*)
        } else if <$crate::lane::F32x8 as $crate::lane::Lane>::available() {
            $function::<$crate::lane::F32x8>($($argument),*)
        } else {
            $function::<$crate::lane::Array<f32, 16>>($($argument),*)
        }
    };
}
/// Calls a function of `vectorized!` whose lanes hold f32 with the registers that the compiler knows.
#[cfg(not(target_arch = "x86_64"))]
macro_rules! on_widest_registers {
    ($function:ident($($argument:expr),* $(,)?)) => {
        $function::<$crate::lane::Array<f32, 16>>($($argument),*)
    };
}
pub(crate) use on_widest_registers;
