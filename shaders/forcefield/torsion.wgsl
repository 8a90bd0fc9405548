// Periodic torsions, proper and improper, as Fourier series. Twin of src/forcefield/torsion.rs.
//
// A series computes no angle: cos(n phi) and sin(n phi) follow from cos(phi) and sin(phi) by complex powers.
//#include "forcefield/torsion_angle.wgsl"

/// Energy, and the forces on atoms 0, 1, 3; atom 2 has minus their sum.
struct TorsionForce {
    energy: f32,
    first: vec3<f32>,
    second: vec3<f32>,
    last: vec3<f32>,
}

fn torsion(b1: vec3<f32>, b2: vec3<f32>, b3: vec3<f32>, series: Torsion) -> TorsionForce {
    let angle = torsion_angle(b1, b2, b3);
    let turn = angle.turn;
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
    let on_atoms = torsion_forces(angle, slope);
    return TorsionForce(energy, on_atoms[0], on_atoms[1], on_atoms[2]);
}
