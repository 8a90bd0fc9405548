// Generalised Born solvation of one pair and one atom. Twin of src/forcefield/generalized_born.rs, where the sources are.

/// Eight times an integral, and its derivative with respect to r divided by r.
struct Integral {
    value: f32,
    slope: f32,
}

/// The sphere of scaled radius s as an atom of offset radius rho sees it.
fn pair_integral(r: f32, inverse_r: f32, rho: f32, s: f32) -> Integral {
    let upper = r + s;
    let lower = max(rho, abs(r - s));
    let inverse_product = 1.0 / (upper * lower);
    let inverse_upper = lower * inverse_product;
    let inverse_lower = upper * inverse_product;
    let difference = fma(inverse_upper, inverse_upper, -(inverse_lower * inverse_lower));
    let scaled_logarithm = logarithm(lower * inverse_upper) * (inverse_r + inverse_r);
    let s_over_r = s * inverse_r;
    let shell = fma(-s, s_over_r, r);
    let value = fma(4.0, inverse_lower - inverse_upper, fma(shell, difference, scaled_logarithm));
    let slope = fma(s_over_r * s_over_r, difference, fma(-scaled_logarithm, inverse_r, difference));
    let inside = rho < upper;
    return Integral(select(0.0, value, inside), select(0.0, slope * inverse_r, inside));
}

/// The neck between two atoms; `neck` is the largest distance, d0 and the amplitude.
fn neck_integral(r: f32, inverse_r: f32, neck: vec4<f32>) -> Integral {
    let x = r - neck.y;
    let square = x * x;
    let fourth = square * square;
    let inverse = 1.0 / fma(3e5, fourth * square, fma(100.0, square, 1.0));
    let value = neck.z * inverse;
    let slope = -(value * inverse) * x * fma(18e5, fourth, 200.0);
    let within = r < neck.x;
    return Integral(select(0.0, value, within), select(0.0, slope * inverse_r, within));
}

/// Born radius and its derivative with respect to the sum of eightfold integrals.
struct Born {
    radius: f32,
    chain: f32,
}

fn born_radius(integrals: f32, atom: Atom) -> Born {
    let integral = 0.125 * integrals;
    let inverse_rho = 1.0 / atom.rho;
    if (HCT) {
        let radius = 1.0 / (inverse_rho - integral);
        return Born(radius, 0.125 * radius * radius);
    }
    let psi = integral * atom.rho;
    let argument = psi * fma(psi, fma(psi, atom.gamma, -atom.beta), atom.alpha);
    let slope = fma(psi, fma(3.0 * atom.gamma, psi, -2.0 * atom.beta), atom.alpha);
    let tangent = hyperbolic_tangent(argument);
    let inverse_radius = 1.0 / atom.radius;
    let radius = 1.0 / fma(-tangent, inverse_radius, inverse_rho);
    let chain = fma(-tangent, tangent, 1.0) * slope * atom.rho * inverse_radius;
    return Born(radius, 0.125 * radius * radius * chain);
}

/// tanh from the exponential; the odd series near zero keeps full relative accuracy.
fn hyperbolic_tangent(x: f32) -> f32 {
    let decay = exponential(-2.0 * abs(x));
    let large = (1.0 - decay) / (1.0 + decay);
    let square = x * x;
    let small = x * fma(square, fma(square, 0.133333333, -0.333333333), 1.0);
    return select(select(large, -large, x < 0.0), small, abs(x) < 1e-3);
}

/// P(f) = -C (1/eps_solute - exp(-kappa f)/eps_solvent) and dP/df.
fn dielectric(f: f32) -> vec2<f32> {
    if (SALT) {
        let screened = DIELECTRIC_SOLVENT * exponential(-(KAPPA * f));
        return vec2<f32>(DIELECTRIC_SOLUTE + screened, -(KAPPA * screened));
    }
    return vec2<f32>(DIELECTRIC_SOLUTE + DIELECTRIC_SOLVENT, 0.0);
}

/// Energy, the force factor at fixed Born radii, and t with dE/dB1 = t B2, dE/dB2 = t B1.
struct SolventPair {
    energy: f32,
    factor: f32,
    along_born: f32,
}

fn solvent_pair(square: f32, charge_product: f32, born_0: f32, born_1: f32) -> SolventPair {
    let product = born_0 * born_1;
    let exponent = 0.25 * square / product;
    let decay = exponential(-exponent);
    let f_square = fma(product, decay, square);
    let inverse_f = inverseSqrt(f_square);
    let prefactor = dielectric(f_square * inverse_f);
    let energy = charge_product * prefactor.x * inverse_f;
    let along_f_square = 0.5 * inverse_f * inverse_f * fma(charge_product, prefactor.y, -energy);
    return SolventPair(
        energy,
        -2.0 * along_f_square * fma(-0.25, decay, 1.0),
        along_f_square * decay * (1.0 + exponent),
    );
}

/// Self energy P(B) q²/(2B) and its derivative with respect to B.
fn self_energy(charge: f32, born: f32) -> vec2<f32> {
    let prefactor = dielectric(born);
    let inverse = 1.0 / born;
    let half_square = 0.5 * charge * charge * inverse;
    let energy = half_square * prefactor.x;
    return vec2<f32>(energy, fma(half_square, prefactor.y, -(energy * inverse)));
}
