// Energy maps over two torsions as bicubic patches. Twin of src/forcefield/correction_map.rs.
//#include "forcefield/torsion_angle.wgsl"

/// Energy, and the forces on atoms 0, 1, 3 of both torsions; atoms 2 have minus their sums.
struct CorrectionMapForce {
    energy: f32,
    on_first: mat3x3<f32>,
    on_second: mat3x3<f32>,
}

/// `start` is the map's first entry in `patches`, `size` its number of cells along each torsion.
fn correction_map(first: TorsionAngle, second: TorsionAngle, start: u32, size: u32) -> CorrectionMapForce {
    let per_radian = f32(size) * 0.159154943;
    let places = vec2<f32>(torsion_radians(first), torsion_radians(second)) * per_radian;
    // The spline is smooth, so at a border either of two cells will do.
    let cells = round(places - 0.5);
    let fractions = places - cells;
    let index = start + 4u * (map_index(cells.x, size) + size * map_index(cells.y, size));
    let along = patch_sum(index, fractions);
    return CorrectionMapForce(
        along.x,
        torsion_forces(first, along.y * per_radian),
        torsion_forces(second, along.z * per_radian),
    );
}

/// Number of a cell, which may be a negative one; whatever it is where the angle is no number.
fn map_index(cell: f32, size: u32) -> u32 {
    let wrapped = select(cell, cell + f32(size), cell < 0.0);
    return min(u32(max(wrapped, 0.0)), size - 1u);
}

/// A bicubic polynomial and its derivatives along both torsions, in cells.
fn patch_sum(index: u32, fractions: vec2<f32>) -> vec3<f32> {
    let t = fractions.x;
    let u = fractions.y;
    var sum = vec3<f32>(0.0);
    for (var p = 4u; p > 0u; p--) {
        let c = patches[index + p - 1u];
        let row = fma(fma(fma(c.w, u, c.z), u, c.y), u, c.x);
        let slope = fma(fma(3.0 * c.w, u, 2.0 * c.z), u, c.y);
        sum = vec3<f32>(fma(sum.x, t, row), fma(sum.y, t, sum.x), fma(sum.z, t, slope));
    }
    return sum;
}
