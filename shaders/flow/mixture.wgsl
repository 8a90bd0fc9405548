// A mixture of products of von Mises densities from the outputs of a network: its density and draws. Twin of
// src/flow/torsion/mixture.rs, bessel.rs and sampling.rs; knows no features.
//#include "flow/network.wgsl"

const STREAM_LEAP: u32 = 4u;
/// Which angles a density is over, as in Rust.
const BOTH: u32 = 0u;
const FIRST: u32 = 1u;
const SECOND: u32 = 2u;
const TAU: f32 = 6.28318531;
const LN_TAU: f32 = 1.83787707;

/// The mixture at hand: components, where the network left their parameters, where there is room beside.
struct Mixture {
    n: u32,
    raw: u32,
    room: u32,
}

var<private> mixture: Mixture;

/// Turns the outputs of a head into weights (relative to the largest), means, concentrations and leans; ln of the norms beside.
fn prepare_mixture(head: u32) {
    let n_layers = moves[head + 1u];
    let n = moves[head + 2u];
    mixture = Mixture(n, layer_numbers(n_layers), layer_numbers(n_layers + 1u));
    let raw = mixture.raw;
    var largest = sh_layers[raw];
    for (var k = 1u; k < n; k++) {
        largest = max(largest, sh_layers[raw + k]);
    }
    workgroupBarrier();
    for (var k = own; k < n; k += N_THREADS) {
        sh_layers[raw + k] = exponential(sh_layers[raw + k] - largest);
        prepare_circle(raw + 2u * n + k, mixture.room + k);
        if (moves[head + 3u] == 2u) {
            prepare_circle(raw + 4u * n + k, mixture.room + n + k);
        }
    }
    workgroupBarrier();
}

fn prepare_circle(concentration_place: u32, norm_place: u32) {
    let k = concentration(sh_layers[concentration_place]);
    sh_layers[concentration_place] = k;
    sh_layers[norm_place] = ln_i0_scaled(k) + LN_TAU;
}

fn concentration(raw: f32) -> f32 {
    let grown = exponential(clamp(raw, -30.0, 30.0) * (2.0 / LN_RANGE));
    return exponential(fma(1.0 - 2.0 / (grown + 1.0), LN_RANGE, LN_CENTRE));
}

/// ln(I0(k) exp(-k)): 9.8.1 and 9.8.2 of Abramowitz and Stegun.
fn ln_i0_scaled(k: f32) -> f32 {
    if (k < 3.75) {
        let t = k * k * (1.0 / 14.0625);
        var series = 0.0045813;
        series = fma(series, t, 0.0360768);
        series = fma(series, t, 0.2659732);
        series = fma(series, t, 1.2067492);
        series = fma(series, t, 3.0899424);
        series = fma(series, t, 3.5156229);
        return logarithm(fma(series, t, 1.0)) - k;
    }
    let t = 3.75 / k;
    var series = 0.00392377;
    series = fma(series, t, -0.01647633);
    series = fma(series, t, 0.02635537);
    series = fma(series, t, -0.02057706);
    series = fma(series, t, 0.00916281);
    series = fma(series, t, -0.00157565);
    series = fma(series, t, 0.00225319);
    series = fma(series, t, 0.01328592);
    return logarithm(fma(series, t, 0.39894228)) - 0.5 * logarithm(k);
}

/// Sine of an angle in rad and 1 minus its cosine, which loses nothing for small ones.
fn sine_and_rise(angle: f32) -> vec2<f32> {
    let half = sin_cos_turns(0.5 * fract(angle / TAU));
    return vec2<f32>(2.0 * half.x * half.y, 2.0 * half.x * half.x);
}

/// ln of the density of component k at a point.
fn component_exponent(k: u32, wanted: u32, point: vec2<f32>) -> f32 {
    let n = mixture.n;
    let own_raw = mixture.raw + k;
    var exponent = 0.0;
    var shift = 0.0;
    if (wanted != SECOND) {
        let turned = sine_and_rise(point.x - sh_layers[own_raw + n]);
        exponent = -fma(sh_layers[own_raw + 2u * n], turned.y, sh_layers[mixture.room + k]);
        shift = turned.x;
    }
    if (wanted != FIRST) {
        let lean = select(0.0, shift * sh_layers[own_raw + 5u * n], wanted == BOTH);
        let turned = sine_and_rise(point.y - sh_layers[own_raw + 3u * n] - lean);
        exponent -= fma(sh_layers[own_raw + 4u * n], turned.y, sh_layers[mixture.room + n + k]);
    }
    return exponent;
}

/// ln of the density at a point, in rad^-1 or rad^-2; the result is thread 0's.
fn log_density(wanted: u32, point: vec2<f32>) -> f32 {
    let n = mixture.n;
    let terms = mixture.room + 2u * n;
    for (var k = own; k < n; k += N_THREADS) {
        let weight = sh_layers[mixture.raw + k];
        sh_layers[terms + k] = weight * exponential(component_exponent(k, wanted, point));
    }
    workgroupBarrier();
    var total = 0.0;
    var sum = 0.0;
    if (own == 0u) {
        for (var k = 0u; k < n; k++) {
            total += sh_layers[mixture.raw + k];
            sum += sh_layers[terms + k];
        }
    }
    workgroupBarrier();
    let uniform_density = FLOOR * select(1.0 / TAU, 1.0 / (TAU * TAU), wanted == BOTH);
    return logarithm(fma(sum / total, 1.0 - FLOOR, uniform_density));
}

/// Attempts of a draw; each fails with a probability below 0.35.
const MOST_ATTEMPTS: u32 = 64u;

/// A point drawn from the mixture; `number` is the first of the counters that are this draw's own.
fn draw_point(wanted: u32, offset: u32, number: u32) -> vec2<f32> {
    let words = random_words(number, offset, STREAM_LEAP);
    if (uniform_number(words.x) < FLOOR) {
        return TAU * vec2<f32>(uniform_number(words.y) - 0.5, uniform_number(words.z) - 0.5);
    }
    let n = mixture.n;
    let chosen = mixture.raw + chosen_component(uniform_number(words.w));
    var point = vec2<f32>(0.0);
    var shift = 0.0;
    if (wanted != SECOND) {
        point.x = von_mises(sh_layers[chosen + n], sh_layers[chosen + 2u * n], offset, number + 1u);
        shift = sine_and_rise(point.x - sh_layers[chosen + n]).x;
    }
    if (wanted != FIRST) {
        let lean = select(0.0, shift * sh_layers[chosen + 5u * n], wanted == BOTH);
        let mean = sh_layers[chosen + 3u * n] + lean;
        point.y = von_mises(mean, sh_layers[chosen + 4u * n], offset, number + 1u + MOST_ATTEMPTS);
    }
    return point;
}

/// The component that covers a fraction of all weights.
fn chosen_component(fraction: f32) -> u32 {
    var total = 0.0;
    for (var k = 0u; k < mixture.n; k++) {
        total += sh_layers[mixture.raw + k];
    }
    let limit = fraction * total;
    var covered = 0.0;
    for (var k = 0u; k < mixture.n; k++) {
        covered += sh_layers[mixture.raw + k];
        if (limit < covered) {
            return k;
        }
    }
    return mixture.n - 1u;
}

/// A draw by rejection from a wrapped Cauchy distribution (Best and Fisher, doi:10.2307/2346732), of whose parameter r
/// only the excess over 1 is kept: sharp densities would drown in rounding.
fn von_mises(mean: f32, k: f32, offset: u32, number: u32) -> f32 {
    let excess = (1.0 + 1.0 / (sqrt(fma(4.0 * k, k, 1.0)) + 2.0 * k)) / (2.0 * k);
    var rise = 0.0;
    var sign = 1.0;
    for (var attempt = 0u; attempt < MOST_ATTEMPTS; attempt++) {
        let words = random_words(number + attempt, offset, STREAM_LEAP);
        let half = sin_cos_turns(0.25 * uniform_number(words.x));
        rise = excess * 2.0 * half.x * half.x / fma(2.0 * half.y, half.y, excess);
        sign = select(-1.0, 1.0, (words.z & 1u) == 1u);
        let c = k * (excess + rise);
        let u = uniform_number(words.y);
        if (c * (2.0 - c) > u || logarithm(c / u) + 1.0 >= c) {
            break;
        }
    }
    return mean + sign * 2.0 * arc_tangent(sqrt(rise), sqrt(max(2.0 - rise, 0.0)));
}
