// Energy and forces of a replica: bonded terms, all pairs, the three passes of generalised Born. Integrates nothing.
// Twin of `evaluate` in src/cpu/replica_lanes.rs. `placement` and `sum` are chosen among files in src/gpu/shader/sources.rs.
//
// Each thread owns atoms and visits all partners, so that no two threads ever add to the same number.
//#include "shared/bindings.wgsl"
//#include "shared/ownership.wgsl"
//#include "shared/math.wgsl"
//#include "shared/placement.wgsl"
//#include "shared/sum.wgsl"
//#include "forcefield/nonbonded.wgsl"
//#include "forcefield/generalized_born.wgsl"
//#include "forcefield/surface_area.wgsl"

/// State of the owned atoms.
var<private> position: array<vec3<f32>, N_OWNED>;
var<private> position_low: array<vec3<f32>, N_OWNED>;
var<private> force: array<vec3<f32>, N_OWNED>;
/// This thread's share of the potential energy.
var<private> energy: Sum;
/// Sums over partners: the integral, then dE/dB.
var<private> along: array<f32, N_OWNED>;
var<private> born: array<Born, N_OWNED>;
/// `[N_SHARING, 2]`: position of the middle atom, to which all are taken relative.
var<workgroup> sh_origin: array<vec4<f32>, N_ORIGINS>;
//#include "forcefield/bonded.wgsl"

/// Energy (where wanted) and forces at the current positions of the owned atoms.
fn evaluate() {
    energy = sum_of(vec2<f32>(0.0));
    place_atoms();
    for (var k = 0u; k < N_OWNED; k++) {
        force[k] = vec3<f32>(0.0);
    }
    bonded();
    if (SOLVENT) {
        born_integrals();
        born_radii();
        solvated_pairs();
        if (WANT_FORCES) {
            chain_rule();
        }
    } else {
        direct_pairs();
    }
}

/// Unit of what rounding took from a relative position, nm: 255 of them cover half a last place up to 16 nm from the origin.
const REST_NM: f32 = 4e-9;

/// Three small numbers in the bits of one, which is neither a NaN nor subnormal, so that it survives being moved.
fn packed(rest: vec3<f32>) -> f32 {
    let units = vec3<u32>(vec3<i32>(round(clamp(rest / REST_NM, vec3<f32>(-255.0), vec3<f32>(255.0)))) + 256);
    return bitcast<f32>(0x20000000u | units.x | (units.y << 9u) | (units.z << 18u));
}

/// The vector from one atom to another in full precision: stiff bonds make much of a last place.
fn between(from_atom: u32, to_atom: u32) -> vec3<f32> {
    let a = placed(from_atom);
    let b = placed(to_atom);
    return (b.xyz - a.xyz) + REST_NM * vec3<f32>(unpacked(b.w) - unpacked(a.w));
}

fn unpacked(word: f32) -> vec3<i32> {
    let bits = bitcast<u32>(word);
    return vec3<i32>(vec3<u32>(bits, bits >> 9u, bits >> 18u) & vec3<u32>(511u));
}

/// Makes the positions known to all threads, relative to the middle atom: far from the origin f32 is too coarse.
fn place_atoms() {
    for (var k = 0u; k < N_OWNED; k++) {
        if (owned_atom(k) == N_ATOMS / 2u) {
            sh_origin[2u * sharer] = vec4<f32>(position[k], 0.0);
            sh_origin[2u * sharer + 1u] = vec4<f32>(position_low[k], 0.0);
        }
    }
    workgroupBarrier();
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            // Knuth's two-sum once for the high parts and once with the low: nothing is lost but what `packed` rounds.
            let origin = sh_origin[2u * sharer].xyz;
            let high = opaque_3(position[k] - origin);
            let virtual_origin = opaque_3(high - position[k]);
            let error = (position[k] - (high - virtual_origin)) - (origin + virtual_origin);
            let low = error + (position_low[k] - sh_origin[2u * sharer + 1u].xyz);
            let relative = opaque_3(high + low);
            set_position(atom, vec4<f32>(relative, packed(low - (relative - high))));
        }
    }
    publish();
}

/// Lennard-Jones and Coulomb in vacuum.
fn direct_pairs() {
    for (var tile = 0u; tile < N_TILES; tile++) {
        stage(tile);
        for (var k = 0u; k < N_OWNED; k++) {
            let i = owned_atom(k);
            if (i < N_ATOMS) {
                let xi = position_at(i);
                var on_i = vec3<f32>(0.0);
                var row = 0.0;
                for (var j = tile_start(tile); j < tile_end(tile); j++) {
                    if (j == i) {
                        continue;
                    }
                    let vector = xi - partner_position(j, tile);
                    let direct = direct_pair(inverseSqrt(dot(vector, vector)), pairs[j * N_ATOMS + i]);
                    on_i += vector * direct.factor;
                    row += direct.energy;
                }
                force[k] += on_i;
                add_row(row);
            }
        }
    }
}

/// Half of a row of pair energies: its other half belongs to the partners.
fn add_row(row: f32) {
    if (WANT_ENERGY) {
        energy = sum_add(energy, 0.5 * row);
    }
}

/// First pass: eight times the integral of every owned atom.
fn born_integrals() {
    for (var k = 0u; k < N_OWNED; k++) {
        along[k] = 0.0;
    }
    for (var tile = 0u; tile < N_TILES; tile++) {
        stage(tile);
        for (var k = 0u; k < N_OWNED; k++) {
            let i = owned_atom(k);
            if (i < N_ATOMS) {
                let xi = position_at(i);
                let rho = atoms[i].rho;
                var sum = along[k];
                for (var j = tile_start(tile); j < tile_end(tile); j++) {
                    if (j == i) {
                        continue;
                    }
                    let vector = xi - partner_position(j, tile);
                    let square = dot(vector, vector);
                    let inverse_r = inverseSqrt(square);
                    sum += seen(square * inverse_r, inverse_r, i, rho, j, atoms[j].screened).value;
                }
                along[k] = sum;
            }
        }
    }
}

/// The integral of atom j as atom i sees it, neck included.
fn seen(r: f32, inverse_r: f32, i: u32, rho: f32, j: u32, screened: f32) -> Integral {
    var result = pair_integral(r, inverse_r, rho, screened);
    if (NECK) {
        let neck = neck_integral(r, inverse_r, necks[j * N_ATOMS + i]);
        result.value += neck.value;
        result.slope += neck.slope;
    }
    return result;
}

/// Between the passes: Born radii, self energies, surface area.
fn born_radii() {
    for (var k = 0u; k < N_OWNED; k++) {
        let i = owned_atom(k);
        if (i < N_ATOMS) {
            let atom = atoms[i];
            born[k] = born_radius(along[k], atom);
            set_born(i, born[k].radius);
            var own_energy = self_energy(atom.charge, born[k].radius);
            if (SURFACE_AREA) {
                own_energy += surface_area(atom.radius, born[k].radius);
            }
            along[k] = own_energy.y;
            if (WANT_ENERGY) {
                energy = sum_add(energy, own_energy.x);
            }
        }
    }
    publish();
}

/// Second pass: Lennard-Jones, Coulomb and generalised Born at fixed Born radii, and dE/dB.
fn solvated_pairs() {
    for (var tile = 0u; tile < N_TILES; tile++) {
        stage(tile);
        for (var k = 0u; k < N_OWNED; k++) {
            let i = owned_atom(k);
            if (i < N_ATOMS) {
                let xi = position_at(i);
                let born_i = born[k].radius;
                var on_i = vec3<f32>(0.0);
                var row = 0.0;
                var slope = along[k];
                for (var j = tile_start(tile); j < tile_end(tile); j++) {
                    if (j == i) {
                        continue;
                    }
                    let vector = xi - partner_position(j, tile);
                    let square = dot(vector, vector);
                    let parameters = pairs[j * N_ATOMS + i];
                    let born_j = partner_born(j, tile);
                    let direct = direct_pair(inverseSqrt(square), parameters);
                    let solvent = solvent_pair(square, parameters.w, born_i, born_j);
                    on_i += vector * (direct.factor + solvent.factor);
                    slope = fma(solvent.along_born, born_j, slope);
                    row += direct.energy + solvent.energy;
                }
                force[k] += on_i;
                along[k] = slope;
                add_row(row);
            }
        }
    }
}

/// Last pass: the forces that come from the dependence of the Born radii on the positions.
fn chain_rule() {
    for (var k = 0u; k < N_OWNED; k++) {
        let i = owned_atom(k);
        along[k] *= born[k].chain;
        if (i < N_ATOMS) {
            set_chain(i, along[k]);
        }
    }
    publish();
    for (var tile = 0u; tile < N_TILES; tile++) {
        stage(tile);
        for (var k = 0u; k < N_OWNED; k++) {
            let i = owned_atom(k);
            if (i < N_ATOMS) {
                let xi = position_at(i);
                let atom = atoms[i];
                var on_i = vec3<f32>(0.0);
                for (var j = tile_start(tile); j < tile_end(tile); j++) {
                    if (j == i) {
                        continue;
                    }
                    let vector = xi - partner_position(j, tile);
                    let square = dot(vector, vector);
                    let inverse_r = inverseSqrt(square);
                    let r = square * inverse_r;
                    let by_i = seen(r, inverse_r, i, atom.rho, j, atoms[j].screened).slope;
                    let by_j = seen(r, inverse_r, j, atoms[j].rho, i, atom.screened).slope;
                    on_i -= vector * fma(along[k], by_i, partner_chain(j, tile) * by_j);
                }
                force[k] += on_i;
            }
        }
    }
}
