// Which thread works for which replica and owns which atoms. Moves no data.
//
// A workgroup advances N_SHARING replicas with N_THREADS threads each; thread `own` has the atoms own, own + N_THREADS, ...
// Spare threads have own = N_SPARE, beyond every atom and every term.

/// Replica within the workgroup.
var<private> sharer: u32;
/// Number of the thread within its replica.
var<private> own: u32;
/// Replica within the batch.
var<private> replica: u32;

const N_SPARE: u32 = 0x10000000u;

fn begin(local_index: u32, workgroup: u32) {
    let spare = local_index >= N_SHARING * N_THREADS;
    sharer = select(local_index / N_THREADS, 0u, spare);
    own = select(local_index % N_THREADS, N_SPARE, spare);
    replica = workgroup * N_SHARING + sharer;
}

/// The atom number `index` of this thread; N_ATOMS or more where it has none.
fn owned_atom(index: u32) -> u32 {
    return own + index * N_THREADS;
}

/// Place of an atom of this replica in the arrays `[n_replicas, n_atoms]`.
fn place(atom: u32) -> u32 {
    return replica * N_ATOMS + atom;
}
