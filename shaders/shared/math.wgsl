// Functions that drivers compute too coarsely, and sums whose rounding is kept. Twin of src/lane/math.rs.

/// The same number, in a way no compiler can see through: sums of two floats must not be simplified away.
fn opaque(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ settings.zero);
}

fn opaque_3(x: vec3<f32>) -> vec3<f32> {
    return bitcast<vec3<f32>>(bitcast<vec3<u32>>(x) ^ vec3<u32>(settings.zero));
}

/// Bits of the magnitude: ordered like the magnitudes, NaN above infinity. Comparisons of NaN are the driver's choice; this is not.
fn magnitude_bits(x: f32) -> u32 {
    return bitcast<u32>(x) & 0x7fffffffu;
}

/// Bits of infinity: numbers below are finite.
const INFINITY_BITS: u32 = 0x7f800000u;

/// Exponential to 2 units in the last place; 0 below -87. Coefficients of the Cephes library (Moshier), `expf`.
fn exponential(x: f32) -> f32 {
    let n = round(x * 1.44269504);
    let clamped = clamp(n, -126.0, 127.0);
    let r = fma(clamped, 2.12194440e-4, fma(clamped, -0.693359375, x));
    var series = 1.9875691500e-4;
    series = fma(series, r, 1.3981999507e-3);
    series = fma(series, r, 8.3334519073e-3);
    series = fma(series, r, 4.1665795894e-2);
    series = fma(series, r, 1.6666665459e-1);
    series = fma(series, r, 5.0000001201e-1);
    let value = fma(series, r * r, r + 1.0) * bitcast<f32>(u32(i32(clamped) + 127) << 23u);
    return select(value, 0.0, n < -125.5);
}

/// Natural logarithm of a positive normal number to 2 units in the last place. Coefficients of Cephes, `logf`.
fn logarithm(x: f32) -> f32 {
    let bits = bitcast<u32>(x);
    let mantissa = bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u);
    let exponent = f32(i32(bits >> 23u) - 127);
    let upper = mantissa > 1.41421356;
    let m = select(mantissa, 0.5 * mantissa, upper) - 1.0;
    let e = select(exponent, exponent + 1.0, upper);
    let square = m * m;
    var series = 7.0376836292e-2;
    series = fma(series, m, -1.1514610310e-1);
    series = fma(series, m, 1.1676998740e-1);
    series = fma(series, m, -1.2420140846e-1);
    series = fma(series, m, 1.4249322787e-1);
    series = fma(series, m, -1.6668057665e-1);
    series = fma(series, m, 2.0000714765e-1);
    series = fma(series, m, -2.4999993993e-1);
    series = fma(series, m, 3.3333331174e-1);
    let small = fma(e, -2.12194440e-4, series * m * square);
    return fma(e, 0.693359375, fma(-0.5, square, small) + m);
}

/// Sine and cosine of 2 pi u for u in [0, 1], to 1e-7. Coefficients of Cephes, `sinf` and `cosf`.
fn sin_cos_turns(u: f32) -> vec2<f32> {
    let quadrant = round(u * 4.0);
    let x = fma(quadrant, -0.25, u) * 6.28318531;
    let z = x * x;
    var sine = fma(-1.9515295891e-4, z, 8.3321608736e-3);
    sine = fma(fma(sine, z, -1.6666654611e-1) * z, x, x);
    var cosine = fma(2.4433157118e-5, z, -1.3887316255e-3);
    cosine = fma(fma(cosine, z, 4.1666645683e-2) * z, z, fma(z, -0.5, 1.0));
    switch (u32(quadrant) % 4u) {
        case 1u: { return vec2<f32>(cosine, -sine); }
        case 2u: { return vec2<f32>(-sine, -cosine); }
        case 3u: { return vec2<f32>(-cosine, sine); }
        default: { return vec2<f32>(sine, cosine); }
    }
}

/// Angle of the point (x, y) with y >= 0, in [0, pi], to about 2e-7 rad: half-angle steps, then the odd series.
fn arc_tangent(y: f32, x: f32) -> f32 {
    let r = sqrt(fma(x, x, y * y));
    let half = y / (r + abs(x));
    let quarter = half / (1.0 + sqrt(fma(half, half, 1.0)));
    let eighth = quarter / (1.0 + sqrt(fma(quarter, quarter, 1.0)));
    let square = eighth * eighth;
    var series = 0.111111111;
    series = 0.142857143 - square * series;
    series = 0.2 - square * series;
    series = 0.333333333 - square * series;
    series = 1.0 - square * series;
    let acute = 8.0 * eighth * series;
    return select(acute, 3.14159265 - acute, x < 0.0);
}

/// Two independent standard normal deviates from two uniform numbers (Box and Muller, doi:10.1214/aoms/1177706645).
fn normal_pair(u: f32, v: f32) -> vec2<f32> {
    let radius = sqrt(max(-2.0 * logarithm(u), 0.0));
    return radius * sin_cos_turns(v).yx;
}

/// A uniform number in (0, 1) from the upper 23 bits of a word.
fn uniform_number(word: u32) -> f32 {
    return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7;
}
