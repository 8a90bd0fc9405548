// A tile of a product of matrices, c = a b: the workgroup brings slices of a and b into its memory, a thread has up to 8 x 8
// results in registers. Who includes this defines `load_a(row, vector)`, four numbers of a row of a, and
// `load_b(row, vector)`, four of a row of b, both zero outside of the matrix.
//
// Every result is one chain of fused multiply-adds over the inner dimension from its beginning, so that its bits depend
// neither on the size of the tile nor on the other rows.

/// Rows and columns of a tile; a thread has `4 * ROW_BLOCKS` by `4 * COLUMN_BLOCKS` of its results.
const TILE_ROWS: u32 = 4u * ROW_BLOCKS * THREAD_ROWS;
const TILE_COLUMNS: u32 = 4u * COLUMN_BLOCKS * THREAD_COLUMNS;
/// Inner numbers of a slice. With it every thread loads one block of four by four.
const TILE_DEPTH: u32 = 16u;
const WG_SIZE: u32 = THREAD_ROWS * THREAD_COLUMNS;
const N_ROW_VECTORS: u32 = TILE_ROWS / 4u;
const N_COLUMN_VECTORS: u32 = TILE_COLUMNS / 4u;
/// One more than there are, so that threads side by side write to different banks.
const A_STRIDE: u32 = N_ROW_VECTORS + 1u;
const N_LOADS_OF_A: u32 = N_ROW_VECTORS * (TILE_DEPTH / 4u);

/// `[TILE_DEPTH, TILE_ROWS]`: the slice of a, transposed.
var<workgroup> sh_a: array<vec4<f32>, TILE_DEPTH * A_STRIDE>;
/// `[TILE_DEPTH, TILE_COLUMNS]`: the slice of b.
var<workgroup> sh_b: array<vec4<f32>, TILE_DEPTH * N_COLUMN_VECTORS>;

/// Results of a thread; columns of a matrix here are rows of c. Blocks that a smaller tile lacks stay zero.
struct Blocks {
    b_00: mat4x4<f32>,
    b_01: mat4x4<f32>,
    b_10: mat4x4<f32>,
    b_11: mat4x4<f32>,
}

fn outer(sum: mat4x4<f32>, a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(
        fma(vec4<f32>(a.x), b, sum[0]),
        fma(vec4<f32>(a.y), b, sum[1]),
        fma(vec4<f32>(a.z), b, sum[2]),
        fma(vec4<f32>(a.w), b, sum[3]),
    );
}

/// Four by four numbers of the slice that begins at `start`: of a for the first threads, of b for the others.
fn fetch(thread: u32, first_row: u32, first_vector: u32, start: u32) -> mat4x4<f32> {
    if (thread < N_LOADS_OF_A) {
        let row = first_row + 4u * (thread / (TILE_DEPTH / 4u));
        let vector = start / 4u + thread % (TILE_DEPTH / 4u);
        return transpose(mat4x4<f32>(
            load_a(row, vector),
            load_a(row + 1u, vector),
            load_a(row + 2u, vector),
            load_a(row + 3u, vector),
        ));
    }
    let other = thread - N_LOADS_OF_A;
    let row = start + 4u * (other / N_COLUMN_VECTORS);
    let vector = first_vector + other % N_COLUMN_VECTORS;
    return mat4x4<f32>(
        load_b(row, vector),
        load_b(row + 1u, vector),
        load_b(row + 2u, vector),
        load_b(row + 3u, vector),
    );
}

fn keep(thread: u32, block: mat4x4<f32>) {
    if (thread < N_LOADS_OF_A) {
        let place = 4u * (thread % (TILE_DEPTH / 4u)) * A_STRIDE + thread / (TILE_DEPTH / 4u);
        sh_a[place] = block[0];
        sh_a[place + A_STRIDE] = block[1];
        sh_a[place + 2u * A_STRIDE] = block[2];
        sh_a[place + 3u * A_STRIDE] = block[3];
    } else {
        let other = thread - N_LOADS_OF_A;
        let place = 4u * (other / N_COLUMN_VECTORS) * N_COLUMN_VECTORS + other % N_COLUMN_VECTORS;
        sh_b[place] = block[0];
        sh_b[place + N_COLUMN_VECTORS] = block[1];
        sh_b[place + 2u * N_COLUMN_VECTORS] = block[2];
        sh_b[place + 3u * N_COLUMN_VECTORS] = block[3];
    }
}

/// The thread's part of the tile whose first row is `first_row` and whose first column is `4 * first_vector`.
fn tile_product(thread: u32, first_row: u32, first_vector: u32, n_inner: u32) -> Blocks {
    let row = thread / THREAD_COLUMNS;
    let column = thread % THREAD_COLUMNS;
    var blocks: Blocks;
    var next = fetch(thread, first_row, first_vector, 0u);
    for (var start = 0u; start < n_inner; start += TILE_DEPTH) {
        keep(thread, next);
        workgroupBarrier();
        if (start + TILE_DEPTH < n_inner) {
            // On its way while the threads compute.
            next = fetch(thread, first_row, first_vector, start + TILE_DEPTH);
        }
        for (var k = 0u; k < TILE_DEPTH; k++) {
            let a_place = k * A_STRIDE + row;
            let b_place = k * N_COLUMN_VECTORS + column;
            let a = sh_a[a_place];
            let b = sh_b[b_place];
            blocks.b_00 = outer(blocks.b_00, a, b);
            if (COLUMN_BLOCKS > 1u) {
                blocks.b_01 = outer(blocks.b_01, a, sh_b[b_place + THREAD_COLUMNS]);
            }
            if (ROW_BLOCKS > 1u) {
                let a_below = sh_a[a_place + THREAD_ROWS];
                blocks.b_10 = outer(blocks.b_10, a_below, b);
                if (COLUMN_BLOCKS > 1u) {
                    blocks.b_11 = outer(blocks.b_11, a_below, sh_b[b_place + THREAD_COLUMNS]);
                }
            }
        }
        workgroupBarrier();
    }
    return blocks;
}

/// Gives every result of the thread to `store_four(row, vector, value)`, which leaves out what is outside of c.
fn store_blocks(thread: u32, first_row: u32, first_vector: u32, blocks: Blocks) {
    let row = first_row + 4u * (thread / THREAD_COLUMNS);
    let vector = first_vector + thread % THREAD_COLUMNS;
    store_block(row, vector, blocks.b_00);
    if (COLUMN_BLOCKS > 1u) {
        store_block(row, vector + THREAD_COLUMNS, blocks.b_01);
    }
    if (ROW_BLOCKS > 1u) {
        let below = row + 4u * THREAD_ROWS;
        store_block(below, vector, blocks.b_10);
        if (COLUMN_BLOCKS > 1u) {
            store_block(below, vector + THREAD_COLUMNS, blocks.b_11);
        }
    }
}

fn store_block(row: u32, vector: u32, block: mat4x4<f32>) {
    store_four(row, vector, block[0]);
    store_four(row + 1u, vector, block[1]);
    store_four(row + 2u, vector, block[2]);
    store_four(row + 3u, vector, block[3]);
}
