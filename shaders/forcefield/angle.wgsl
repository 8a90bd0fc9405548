// Harmonic angle bending, E = k/2 (theta - theta0)². Twin of src/forcefield/angle.rs.

/// Energy, and the forces on the two outer atoms; the vertex has minus their sum.
struct AngleForce {
    energy: f32,
    first: vec3<f32>,
    last: vec3<f32>,
}

fn angle(a: vec3<f32>, b: vec3<f32>, angle_rad: f32, k: f32) -> AngleForce {
    let normal = cross(a, b);
    // The floor keeps a straight angle finite.
    let sine_square = max(dot(normal, normal), 1e-20);
    let inverse_sine = inverseSqrt(sine_square);
    let bend = arc_tangent(sine_square * inverse_sine, dot(a, b)) - angle_rad;
    let torque = k * bend;
    let factor = torque * inverse_sine;
    return AngleForce(
        0.5 * torque * bend,
        cross(normal, a) * (factor / dot(a, a)),
        cross(b, normal) * (factor / dot(b, b)),
    );
}
