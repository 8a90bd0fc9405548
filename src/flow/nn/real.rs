//! The number types that flows compute in, `f32` and `f64`, with their matrix products.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// `f32`, which is fast, or `f64`, which is the reference.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + Sum
    + 'static
{
    /// `f32` or `f64`.
    const NAME: &'static str;

    /// The nearest value.
    fn from_f64(value: f64) -> Self;

    /// The same value.
    fn to_f64(self) -> f64;

    /// e to this power.
    fn exp(self) -> Self;

    /// Square root.
    fn sqrt(self) -> Self;

    /// 1 / (1 + exp(-x)), to a few units in the last place, quick in a loop.
    fn sigmoid(self) -> Self;

    /// c = a b + beta c on matrices that lie within their slices; see `Matrix`.
    fn multiply(a: Matrix<'_, Self>, b: Matrix<'_, Self>, beta: Self, c: MatrixMut<'_, Self>);
}

/// A matrix in a slice: element (i, j) is `data[i * strides[0] + j * strides[1]]`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, R> {
    data: &'a [R],
    shape: [usize; 2],
    strides: [usize; 2],
}

impl<'a, R> Matrix<'a, R> {
    /// `n_rows` rows of `n_columns` values, one after another.
    pub(in crate::flow) fn rows(data: &'a [R], n_rows: usize, n_columns: usize) -> Self {
        Self::strided(data, [n_rows, n_columns], [n_columns, 1])
    }

    /// Any strides.
    ///
    /// # Panics
    /// If an element would lie outside the slice.
    pub(in crate::flow) fn strided(data: &'a [R], shape: [usize; 2], strides: [usize; 2]) -> Self {
        check_extent(data.len(), shape, strides);
        Self {
            data,
            shape,
            strides,
        }
    }

    /// The same values with rows as columns.
    pub(in crate::flow) fn transposed(self) -> Self {
        let ([n_rows, n_columns], [row, column]) = (self.shape, self.strides);
        Self {
            data: self.data,
            shape: [n_columns, n_rows],
            strides: [column, row],
        }
    }
}

/// A matrix that a product is written to.
#[derive(Debug)]
pub struct MatrixMut<'a, R> {
    data: &'a mut [R],
    shape: [usize; 2],
    strides: [usize; 2],
}

impl<'a, R> MatrixMut<'a, R> {
    /// `n_rows` rows of `n_columns` values, one after another.
    pub(in crate::flow) fn rows(data: &'a mut [R], n_rows: usize, n_columns: usize) -> Self {
        Self::strided(data, [n_rows, n_columns], [n_columns, 1])
    }

    /// Rows of `shape[1]` values, `row_stride` apart.
    ///
    /// # Panics
    /// If an element would lie outside the slice, or rows overlap.
    pub(in crate::flow) fn strided(
        data: &'a mut [R],
        shape: [usize; 2],
        strides: [usize; 2],
    ) -> Self {
        check_extent(data.len(), shape, strides);
        assert!(
            strides[1] == 1 && (strides[0] >= shape[1] || shape[0] <= 1),
            "invariant: rows of a result do not overlap, got shape {shape:?}, strides {strides:?}"
        );
        Self {
            data,
            shape,
            strides,
        }
    }
}

fn check_extent(length: usize, shape: [usize; 2], strides: [usize; 2]) {
    let needed = if shape.contains(&0) {
        0
    } else {
        (shape[0] - 1) * strides[0] + (shape[1] - 1) * strides[1] + 1
    };
    assert!(
        needed <= length,
        "invariant: a matrix of shape {shape:?} with strides {strides:?} lies in its slice of {length}"
    );
}

fn check_product<R>(a: &Matrix<'_, R>, b: &Matrix<'_, R>, c: &MatrixMut<'_, R>) {
    assert!(
        a.shape[1] == b.shape[0] && c.shape == [a.shape[0], b.shape[1]],
        "invariant: shapes of a product fit, got {:?} times {:?} to {:?}",
        a.shape,
        b.shape,
        c.shape
    );
}

macro_rules! multiply {
    ($gemm:path) => {
        #[expect(
            unsafe_code,
            reason = "the matrix library takes pointers; all extents were checked against the slices"
        )]
        fn multiply(a: Matrix<'_, Self>, b: Matrix<'_, Self>, beta: Self, c: MatrixMut<'_, Self>) {
            check_product(&a, &b, &c);
            let stride = |strides: [usize; 2]| strides.map(usize::cast_signed);
            let ([a_row, a_column], [b_row, b_column]) = (stride(a.strides), stride(b.strides));
            let [c_row, c_column] = stride(c.strides);
            // SAFETY: every element of the three matrices lies in its slice, and the rows of c do not overlap.
            unsafe {
                $gemm(
                    a.shape[0],
                    a.shape[1],
                    b.shape[1],
                    1.0,
                    a.data.as_ptr(),
                    a_row,
                    a_column,
                    b.data.as_ptr(),
                    b_row,
                    b_column,
                    beta,
                    c.data.as_mut_ptr(),
                    c_row,
                    c_column,
                );
            }
        }
    };
}

impl Real for f32 {
    const NAME: &'static str = "f32";

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the nearest value is meant"
    )]
    fn from_f64(value: f64) -> Self {
        value as Self
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    fn exp(self) -> Self {
        self.exp()
    }

    fn sqrt(self) -> Self {
        self.sqrt()
    }

    /// Without branches and tables, so that loops become vector code.
    #[inline(always)]
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + quick_exp(-self))
    }

    multiply!(matrixmultiply::sgemm);
}

impl Real for f64 {
    const NAME: &'static str = "f64";

    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }

    fn exp(self) -> Self {
        self.exp()
    }

    fn sqrt(self) -> Self {
        self.sqrt()
    }

    fn sigmoid(self) -> Self {
        1.0 / (1.0 + (-self).exp())
    }

    multiply!(matrixmultiply::dgemm);
}

/// e to the power x for |x| < 87, beyond that its value there: 2^n from the exponent bits, the rest by Taylor's series.
#[inline(always)]
fn quick_exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then lies in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first short enough that its multiples are exact (Cody and Waite).
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let power = 1.0
        + r * (1.0
            + r * (0.5
                + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    power * f32::from_bits(exponent.wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_exp_keeps_seven_digits() {
        for step in -860..=860_i16 {
            let x = f32::from(step) * 0.101;
            let error = f64::from(quick_exp(x)) / f64::from(x).exp() - 1.0;
            assert!(error.abs() < 4e-7, "{x}: {error}");
        }
        assert!(
            (f32::sigmoid(-1000.0), f32::sigmoid(1000.0)) == (1.0 / (1.0 + quick_exp(87.0)), 1.0)
        );
        assert!(f32::sigmoid(f32::NAN).is_nan());
    }

    #[test]
    fn products_follow_strides() {
        // a = [[1, 2, 3], [4, 5, 6]]; b is [[1, 3], [2, 4], [0, 1]] read by columns.
        let (a, b) = (
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            [1.0, 2.0, 0.0, 3.0, 4.0, 1.0],
        );
        let mut c = [10.0, 20.0, -1.0, 30.0, 40.0, -1.0];
        f64::multiply(
            Matrix::rows(&a, 2, 3),
            Matrix::rows(&b, 2, 3).transposed(),
            1.0,
            MatrixMut::strided(&mut c, [2, 2], [3, 1]),
        );
        assert_eq!(c, [15.0, 34.0, -1.0, 44.0, 78.0, -1.0]);
    }
}
