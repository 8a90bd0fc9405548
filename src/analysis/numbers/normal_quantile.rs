//! Inverse of the standard normal distribution function to f64 accuracy.

/// Coefficients of a ratio of two polynomials of degree 7, lowest order first.
struct Rational {
    numerator: [f64; 8],
    denominator: [f64; 8],
}

impl Rational {
    fn evaluate(&self, x: f64) -> f64 {
        let horner =
            |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |s, c| s * x + c);
        horner(&self.numerator) / horner(&self.denominator)
    }
}

/// For |p - 1/2| <= 0.425.
const CENTRE: Rational = Rational {
    numerator: [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    denominator: [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
};

/// For tail probabilities down to exp(-25).
const SHOULDER: Rational = Rational {
    numerator: [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    denominator: [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
};

/// For smaller tail probabilities.
const TAIL: Rational = Rational {
    numerator: [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    denominator: [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
};

/// z with P(Z <= z) = `probability` for a standard normal Z; infinite at 0 and 1, NaN outside.
///
/// Algorithm AS 241 (PPND16): Wichura 1988, doi:10.2307/2347330; relative error about 1e-16.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    let offset = probability - 0.5;
    if offset.abs() <= 0.425 {
        return offset * CENTRE.evaluate(0.180_625 - offset * offset);
    }
    let tail_probability = probability.min(1.0 - probability);
    if tail_probability == 0.0 {
        return offset.signum() * f64::INFINITY;
    }
    let root = (-tail_probability.ln()).sqrt();
    let magnitude = if root <= 5.0 {
        SHOULDER.evaluate(root - 1.6)
    } else {
        TAIL.evaluate(root - 5.0)
    };
    offset.signum() * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.ppf` (1.17.1), one probability for each branch and sign.
    #[test]
    fn equals_scipy() {
        let references = [
            (0.3, -0.524_400_512_708_040_9),
            (0.91, 1.340_755_033_690_216_5),
            (1e-4, -3.719_016_485_455_680_4),
            (1e-15, -7.941_345_326_170_998),
            (1.0 - 1e-4, 3.719_016_485_455_709),
        ];
        for (probability, expected) in references {
            let got = normal_quantile(probability);
            assert!(
                (got / expected - 1.0).abs() < 1e-14,
                "{probability}: {got} {expected}"
            );
        }
        assert!(normal_quantile(0.0).is_infinite() && normal_quantile(1.5).is_nan());
    }
}
