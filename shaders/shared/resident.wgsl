// Where other threads find an atom: all atoms of a replica in workgroup memory. shared/tiled.wgsl has the same functions.

const N_TILES: u32 = 1u;

/// `[N_SHARING, n_atoms]`: position relative to the middle atom, and what rounding took from it.
var<workgroup> sh_position: array<vec4<f32>, N_SHARED_ATOMS>;
/// `[N_SHARING, n_atoms]`: Born radius.
var<workgroup> sh_born: array<f32, N_SHARED_ATOMS>;
/// `[N_SHARING, n_atoms]`: dE/d(8 I).
var<workgroup> sh_chain: array<f32, N_SHARED_ATOMS>;

fn set_position(atom: u32, position: vec4<f32>) {
    sh_position[sharer * N_ATOMS + atom] = position;
}

fn position_at(atom: u32) -> vec3<f32> {
    return sh_position[sharer * N_ATOMS + atom].xyz;
}

fn placed(atom: u32) -> vec4<f32> {
    return sh_position[sharer * N_ATOMS + atom];
}

fn set_born(atom: u32, born: f32) {
    sh_born[sharer * N_ATOMS + atom] = born;
}

fn set_chain(atom: u32, chain: f32) {
    sh_chain[sharer * N_ATOMS + atom] = chain;
}

/// Makes what was set visible to all threads.
fn publish() {
    workgroupBarrier();
}

fn tile_start(tile: u32) -> u32 {
    return 0u;
}

fn tile_end(tile: u32) -> u32 {
    return N_ATOMS;
}

/// Brings a tile of partners within reach; here they are.
fn stage(tile: u32) {}

fn partner_position(atom: u32, tile: u32) -> vec3<f32> {
    return sh_position[sharer * N_ATOMS + atom].xyz;
}

fn partner_born(atom: u32, tile: u32) -> f32 {
    return sh_born[sharer * N_ATOMS + atom];
}

fn partner_chain(atom: u32, tile: u32) -> f32 {
    return sh_chain[sharer * N_ATOMS + atom];
}
