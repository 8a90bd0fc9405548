// A torsion angle as its cosine and sine, and the forces that its slope makes. Twin of TorsionAngle in src/forcefield/torsion.rs.

struct TorsionAngle {
    /// cos(phi), sin(phi).
    turn: vec2<f32>,
    b1: vec3<f32>,
    b2: vec3<f32>,
    b3: vec3<f32>,
    m: vec3<f32>,
    n: vec3<f32>,
    inverse_b2: f32,
    length_b2: f32,
}

fn torsion_angle(b1: vec3<f32>, b2: vec3<f32>, b3: vec3<f32>) -> TorsionAngle {
    let m = cross(b1, b2);
    let n = cross(b2, b3);
    let square_b2 = dot(b2, b2);
    let inverse_b2 = inverseSqrt(square_b2);
    let length_b2 = square_b2 * inverse_b2;
    let x = dot(m, n);
    let y = length_b2 * dot(b1, n);
    // The floor keeps collinear atoms, where phi is undefined, finite.
    let inverse_norm = inverseSqrt(max(fma(x, x, y * y), 1e-30));
    return TorsionAngle(vec2<f32>(x, y) * inverse_norm, b1, b2, b3, m, n, inverse_b2, length_b2);
}

/// phi in rad, from -pi to pi.
fn torsion_radians(angle: TorsionAngle) -> f32 {
    let magnitude = arc_tangent(abs(angle.turn.y), angle.turn.x);
    return select(magnitude, -magnitude, angle.turn.y < 0.0);
}

/// Forces on atoms 0, 1, 3 for the slope dE/dphi; atom 2 has minus their sum.
fn torsion_forces(angle: TorsionAngle, slope: f32) -> mat3x3<f32> {
    // After Blondel and Karplus, doi:10.1002/(SICI)1096-987X(19960715)17:9<1132::AID-JCC5>3.0.CO;2-T.
    let scaled = slope * angle.length_b2;
    let first = angle.m * (scaled / max(dot(angle.m, angle.m), 1e-20));
    let last = angle.n * (-scaled / max(dot(angle.n, angle.n), 1e-20));
    let inverse_square = angle.inverse_b2 * angle.inverse_b2;
    let p = -(dot(angle.b1, angle.b2) * inverse_square);
    let q = -(dot(angle.b3, angle.b2) * inverse_square);
    return mat3x3<f32>(first, first * (p - 1.0) - last * q, last);
}
