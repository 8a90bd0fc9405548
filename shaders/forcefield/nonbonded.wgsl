// Lennard-Jones and Coulomb of one pair, E = a/r¹² - b/r⁶ + coulomb/r. Twin of src/forcefield/nonbonded.rs.

/// Energy, and the factor that turns x1 - x0 into the force on atom 1.
struct PairForce {
    energy: f32,
    factor: f32,
}

fn direct_pair(inverse_r: f32, parameters: vec4<f32>) -> PairForce {
    let inverse_square = inverse_r * inverse_r;
    let inverse_sixth = inverse_square * inverse_square * inverse_square;
    let repulsion = parameters.x * inverse_sixth * inverse_sixth;
    let attraction = parameters.y * inverse_sixth;
    let electrostatic = parameters.z * inverse_r;
    let virial = fma(12.0, repulsion, fma(-6.0, attraction, electrostatic));
    return PairForce(repulsion - attraction + electrostatic, virial * inverse_square);
}
