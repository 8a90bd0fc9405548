// Bonds, angles, torsions and maps of a replica: each term once, its forces put down, then picked up by the atoms' owners in a
// fixed order. The formulas have files of their own.
//#include "forcefield/bond.wgsl"
//#include "forcefield/angle.wgsl"
//#include "forcefield/torsion.wgsl"
//#include "forcefield/harmonic_torsion.wgsl"
//#include "forcefield/correction_map.wgsl"

/// `[N_SHARING, N_THREADS, 3]`: forces of one chunk of terms, and whatever else threads tell each other. As bits: a word that
/// is no sound f32 must come through unchanged.
var<workgroup> sh_scratch: array<vec4<u32>, N_SCRATCH>;

fn bonded() {
    for (var chunk = 0u; chunk < N_BOND_CHUNKS; chunk++) {
        let index = chunk * N_THREADS + own;
        if (index < N_BONDS) {
            bond_term(bonds[index]);
        }
        gather(chunk);
    }
    for (var chunk = 0u; chunk < N_ANGLE_CHUNKS; chunk++) {
        let index = chunk * N_THREADS + own;
        if (index < N_ANGLES) {
            angle_term(angles[index]);
        }
        gather(N_BOND_CHUNKS + chunk);
    }
    for (var chunk = 0u; chunk < N_TORSION_CHUNKS; chunk++) {
        let index = chunk * N_THREADS + own;
        if (index < N_TORSIONS) {
            torsion_term(torsions[index]);
        }
        gather(N_BOND_CHUNKS + N_ANGLE_CHUNKS + chunk);
    }
    for (var chunk = 0u; chunk < N_HARMONIC_TORSION_CHUNKS; chunk++) {
        let index = chunk * N_THREADS + own;
        if (index < N_HARMONIC_TORSIONS) {
            harmonic_torsion_term(harmonic_torsions[index]);
        }
        gather(N_BOND_CHUNKS + N_ANGLE_CHUNKS + N_TORSION_CHUNKS + chunk);
    }
    for (var chunk = 0u; chunk < N_MAPPED_CHUNKS; chunk++) {
        mapped_torsions_chunk(chunk);
    }
}

/// A chunk of maps: forces on the first torsions, picked up, then those on the second.
fn mapped_torsions_chunk(chunk: u32) {
    let first_gather = N_BOND_CHUNKS + N_ANGLE_CHUNKS + N_TORSION_CHUNKS + N_HARMONIC_TORSION_CHUNKS + 2u * chunk;
    let index = chunk * N_THREADS + own;
    var on_second = mat3x3<f32>();
    if (index < N_MAPPED) {
        on_second = mapped_torsions_term(mapped_torsions[index]);
    }
    gather(first_gather);
    if (index < N_MAPPED) {
        put_down_torsion(on_second);
    }
    gather(first_gather + 1u);
}

fn put_down(slot: u32, on_atom: vec3<f32>) {
    let bits = bitcast<vec3<u32>>(on_atom);
    sh_scratch[(sharer * N_THREADS + own) * 3u + slot] = vec4<u32>(bits, 0u);
}

fn bond_term(term: Bond) {
    let vector = between(term.atom_0, term.atom_1);
    let result = bond(vector, term.length, term.k);
    put_down(0u, vector * result.factor);
    if (WANT_ENERGY) {
        energy = sum_add(energy, result.energy);
    }
}

fn angle_term(term: Angle) {
    let a = between(term.atom_1, term.atom_0);
    let b = between(term.atom_1, term.atom_2);
    let result = angle(a, b, term.angle, term.k);
    put_down(0u, result.first);
    put_down(1u, result.last);
    if (WANT_ENERGY) {
        energy = sum_add(energy, result.energy);
    }
}

fn torsion_term(term: Torsion) {
    let b1 = between(term.atom_0, term.atom_1);
    let b2 = between(term.atom_1, term.atom_2);
    let b3 = between(term.atom_2, term.atom_3);
    let result = torsion(b1, b2, b3, term);
    put_down(0u, result.first);
    put_down(1u, result.second);
    put_down(2u, result.last);
    if (WANT_ENERGY) {
        energy = sum_add(energy, result.energy);
    }
}

fn put_down_torsion(on_atoms: mat3x3<f32>) {
    put_down(0u, on_atoms[0]);
    put_down(1u, on_atoms[1]);
    put_down(2u, on_atoms[2]);
}

fn harmonic_torsion_term(term: HarmonicTorsion) {
    let b1 = between(term.atom_0, term.atom_1);
    let b2 = between(term.atom_1, term.atom_2);
    let b3 = between(term.atom_2, term.atom_3);
    let result = harmonic_torsion(b1, b2, b3, term.angle, term.k);
    put_down_torsion(result.on_atoms);
    if (WANT_ENERGY) {
        energy = sum_add(energy, result.energy);
    }
}

fn angle_of(atoms: vec4<u32>) -> TorsionAngle {
    return torsion_angle(between(atoms.x, atoms.y), between(atoms.y, atoms.z), between(atoms.z, atoms.w));
}

/// Puts the forces on the first torsion down and gives those on the second back.
fn mapped_torsions_term(term: MappedTorsions) -> mat3x3<f32> {
    let result = correction_map(angle_of(term.first), angle_of(term.second), term.patch_start, term.size);
    put_down_torsion(result.on_first);
    if (WANT_ENERGY) {
        energy = sum_add(energy, result.energy);
    }
    return result.on_second;
}

/// Adds what the terms of a chunk put down to the forces of the owned atoms.
fn gather(chunk: u32) {
    workgroupBarrier();
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            let row = chunk * (N_ATOMS + 1u) + atom;
            let end = gathers[row + 1u];
            var sum = force[k];
            for (var index = gathers[row]; index < end; index++) {
                let entry = gathers[index];
                let bits = sh_scratch[sharer * N_THREADS * 3u + (entry >> 1u)].xyz;
                let part = bitcast<vec3<f32>>(bits);
                sum += select(part, -part, (entry & 1u) == 1u);
            }
            force[k] = sum;
        }
    }
    workgroupBarrier();
}
