// Where other threads find an atom: in storage, partners brought into workgroup memory tile by tile. For molecules that
// do not fit; one replica a workgroup. shared/resident.wgsl has the same functions.
//
// A replica's part of `workspace` is `[2, n_atoms]`: positions, then Born radius and dE/d(8 I).

const N_TILES: u32 = (N_ATOMS + N_THREADS - 1u) / N_THREADS;

/// `[N_THREADS]`: positions of the tile.
var<workgroup> sh_position: array<vec4<f32>, N_THREADS>;
/// `[N_THREADS]`: Born radius and dE/d(8 I).
var<workgroup> sh_solvent: array<vec2<f32>, N_THREADS>;

fn set_position(atom: u32, position: vec4<f32>) {
    workspace[2u * place(0u) + atom] = position;
}

fn position_at(atom: u32) -> vec3<f32> {
    return workspace[2u * place(0u) + atom].xyz;
}

fn placed(atom: u32) -> vec4<f32> {
    return workspace[2u * place(0u) + atom];
}

fn set_born(atom: u32, born: f32) {
    workspace[2u * place(0u) + N_ATOMS + atom].x = born;
}

fn set_chain(atom: u32, chain: f32) {
    workspace[2u * place(0u) + N_ATOMS + atom].y = chain;
}

/// Makes what was set visible to all threads.
fn publish() {
    storageBarrier();
    workgroupBarrier();
}

fn tile_start(tile: u32) -> u32 {
    return tile * N_THREADS;
}

fn tile_end(tile: u32) -> u32 {
    return min((tile + 1u) * N_THREADS, N_ATOMS);
}

/// Brings a tile of partners within reach.
fn stage(tile: u32) {
    workgroupBarrier();
    let atom = tile * N_THREADS + own;
    if (own < N_THREADS && atom < N_ATOMS) {
        sh_position[own] = workspace[2u * place(0u) + atom];
        sh_solvent[own] = workspace[2u * place(0u) + N_ATOMS + atom].xy;
    }
    workgroupBarrier();
}

fn partner_position(atom: u32, tile: u32) -> vec3<f32> {
    return sh_position[atom - tile * N_THREADS].xyz;
}

fn partner_born(atom: u32, tile: u32) -> f32 {
    return sh_solvent[atom - tile * N_THREADS].x;
}

fn partner_chain(atom: u32, tile: u32) -> f32 {
    return sh_solvent[atom - tile * N_THREADS].y;
}
