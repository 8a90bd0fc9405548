// Harmonic bond stretching, E = k/2 (r - r0)². Twin of src/forcefield/bond.rs.

/// Energy, and the factor that turns x1 - x0 into the force on atom 1.
struct BondForce {
    energy: f32,
    factor: f32,
}

fn bond(vector: vec3<f32>, length_nm: f32, k: f32) -> BondForce {
    let square = dot(vector, vector);
    let inverse_r = inverseSqrt(square);
    let stretch = fma(square, inverse_r, -length_nm);
    let tension = k * stretch;
    return BondForce(0.5 * tension * stretch, -(tension * inverse_r));
}
