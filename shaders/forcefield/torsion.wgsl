// Periodic torsions, proper and improper, as Fourier series. Twin of src/forcefield/torsion.rs.
//
// No angle is computed: cos(n phi) and sin(n phi) follow from cos(phi) and sin(phi) by complex powers.

/// Energy, and the forces on atoms 0, 1, 3; atom 2 has minus their sum.
struct TorsionForce {
    energy: f32,
    first: vec3<f32>,
    second: vec3<f32>,
    last: vec3<f32>,
}

fn torsion(b1: vec3<f32>, b2: vec3<f32>, b3: vec3<f32>, series: Torsion) -> TorsionForce {
    let m = cross(b1, b2);
    let n = cross(b2, b3);
    let square_b2 = dot(b2, b2);
    let inverse_b2 = inverseSqrt(square_b2);
    let length_b2 = square_b2 * inverse_b2;
    let x = dot(m, n);
    let y = length_b2 * dot(b1, n);
    // The floor keeps collinear atoms, where phi is undefined, finite.
    let inverse_norm = inverseSqrt(max(fma(x, x, y * y), 1e-30));
    let turn = vec2<f32>(x, y) * inverse_norm;

    var energy = series.constant;
    var slope = 0.0;
    var power = turn;
    for (var order = 1u; order <= series.n_orders; order++) {
        if (order > 1u) {
            power = vec2<f32>(power.x * turn.x - power.y * turn.y, power.y * turn.x + power.x * turn.y);
        }
        let both = series.coefficients[(order - 1u) / 2u];
        let along = select(both.zw, both.xy, order % 2u == 1u);
        energy += dot(along, power);
        slope += f32(order) * (along.y * power.x - along.x * power.y);
    }

    // Forces after Blondel and Karplus, doi:10.1002/(SICI)1096-987X(19960715)17:9<1132::AID-JCC5>3.0.CO;2-T.
    let scaled = slope * length_b2;
    let first = m * (scaled / max(dot(m, m), 1e-20));
    let last = n * (-scaled / max(dot(n, n), 1e-20));
    let inverse_square = inverse_b2 * inverse_b2;
    let p = -(dot(b1, b2) * inverse_square);
    let q = -(dot(b3, b2) * inverse_square);
    return TorsionForce(energy, first, first * (p - 1.0) - last * q, last);
}
