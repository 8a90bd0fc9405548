// Harmonic torsions, E = k/2 d², d = theta - theta0 less the nearest multiple of 2 pi. Twin of src/forcefield/harmonic_torsion.rs.
//#include "forcefield/torsion_angle.wgsl"

/// Energy, and the forces on atoms 0, 1, 3; atom 2 has minus their sum.
struct HarmonicTorsionForce {
    energy: f32,
    on_atoms: mat3x3<f32>,
}

fn harmonic_torsion(b1: vec3<f32>, b2: vec3<f32>, b3: vec3<f32>, angle_rad: f32, k: f32) -> HarmonicTorsionForce {
    let torsion = torsion_angle(b1, b2, b3);
    let difference = torsion_radians(torsion) - angle_rad;
    let bend = fma(round(difference * 0.159154943), -6.28318531, difference);
    let slope = k * bend;
    return HarmonicTorsionForce(0.5 * slope * bend, torsion_forces(torsion, slope));
}
