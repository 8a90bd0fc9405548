// The ACE estimate of the nonpolar solvation energy of one atom. Twin of src/forcefield/surface_area.rs.

/// Energy 28.39 (R + 0.14)² (R/B)⁶ in kJ/mol, and dE/dB.
fn surface_area(radius: f32, born: f32) -> vec2<f32> {
    let inverse = 1.0 / born;
    let ratio = radius * inverse;
    let cube = ratio * ratio * ratio;
    let extended = radius + 0.14;
    let energy = 28.3919551 * extended * extended * cube * cube;
    return vec2<f32>(energy, -6.0 * energy * inverse);
}
