//! How a molecule is spread over the threads of a workgroup, and where its atoms lie.

/// Where the threads of a workgroup find the atoms of their replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// All in workgroup memory.
    Resident,
    /// In storage, brought into workgroup memory tile by tile: for molecules that do not fit.
    Tiled,
}

/// Limits of an adapter that the shape depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeLimits {
    /// Bytes of workgroup memory.
    pub workgroup_bytes: u64,
    /// Threads of a workgroup.
    pub workgroup_threads: usize,
    /// Whether threads without work cost time (they do where the GPU is a CPU).
    pub software: bool,
}

/// What networks need of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NetworkRoom {
    /// Most numbers that a layer takes or gives, in fours.
    pub width: usize,
    /// Most layers.
    pub n_layers: usize,
}

/// Threads, atoms and replicas of a workgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Atoms of a replica.
    pub n_atoms: usize,
    /// Where they are.
    pub placement: Placement,
    /// Threads of a replica.
    pub n_threads: usize,
    /// Atoms of a thread.
    pub n_owned: usize,
    /// Replicas of a workgroup.
    pub n_sharing: usize,
    /// Threads of a workgroup; a few may have nothing to do.
    pub workgroup_size: usize,
    /// What networks need; nothing where there are none.
    pub network: NetworkRoom,
}

/// Most threads a replica gets; more would wait for each other longer than they compute.
const MOST_THREADS: usize = 256;
/// Most threads of a workgroup that several replicas share.
const MOST_SHARED_THREADS: usize = 128;
/// Threads that the hardware moves together.
const WARP: usize = 32;
/// Bytes of workgroup memory of an atom: position and charge, Born radius, chain rule.
const ATOM_BYTES: usize = 16 + 4 + 4;
/// Bytes of a thread: the forces of one bonded term.
const THREAD_BYTES: usize = 3 * 16;
/// Bytes of a replica: the middle atom's position, the outcome of a test, a leap's angles and number of steps.
const REPLICA_BYTES: usize = 3 * 16;

impl Shape {
    /// The shape for a molecule; `placement` and `n_sharing` are chosen where they are `None`.
    #[must_use]
    pub fn choose(
        n_atoms: usize,
        limits: &ShapeLimits,
        placement: Option<Placement>,
        n_sharing: Option<usize>,
    ) -> Self {
        Self::with_network(
            n_atoms,
            limits,
            placement,
            n_sharing,
            NetworkRoom::default(),
        )
    }

    /// The same with room for networks.
    #[must_use]
    pub fn with_network(
        n_atoms: usize,
        limits: &ShapeLimits,
        placement: Option<Placement>,
        n_sharing: Option<usize>,
        network: NetworkRoom,
    ) -> Self {
        let most = MOST_THREADS.min(limits.workgroup_threads);
        let n_owned = n_atoms.div_ceil(most).max(1);
        let n_threads = n_atoms.div_ceil(n_owned).max(1);
        let one = Self {
            n_atoms,
            placement: Placement::Resident,
            n_threads,
            n_owned,
            n_sharing: 1,
            workgroup_size: n_threads.next_multiple_of(WARP).min(most.max(n_threads)),
            network,
        };
        let fits = one.workgroup_bytes() <= limits.workgroup_bytes;
        let placement = placement.unwrap_or(if fits {
            Placement::Resident
        } else {
            Placement::Tiled
        });
        if placement == Placement::Tiled {
            return Self { placement, ..one };
        }
        let n_sharing = n_sharing.unwrap_or_else(|| {
            if limits.software {
                1
            } else {
                one.best_sharing(limits)
            }
        });
        one.shared_by(n_sharing.max(1))
    }

    /// The same with `n_sharing` replicas in a workgroup.
    fn shared_by(self, n_sharing: usize) -> Self {
        Self {
            n_sharing,
            workgroup_size: (n_sharing * self.n_threads).next_multiple_of(WARP),
            ..self
        }
    }

    /// Replicas a workgroup so that the fewest threads idle; the smaller workgroup of equals, but not under two warps.
    fn best_sharing(self, limits: &ShapeLimits) -> usize {
        let most = MOST_SHARED_THREADS.min(limits.workgroup_threads);
        let mut best = self;
        for n_sharing in 2..=most / self.n_threads.max(1) {
            let next = self.shared_by(n_sharing);
            if next.workgroup_size > most || next.workgroup_bytes() > limits.workgroup_bytes {
                break;
            }
            // Busy threads in 1/1000 of all, so that rounding does not decide.
            let busy =
                |shape: Self| 1000 * shape.n_sharing * shape.n_threads / shape.workgroup_size;
            if busy(next) > busy(best) || best.workgroup_size < 2 * WARP {
                best = next;
            }
        }
        best.n_sharing
    }

    /// Bytes of workgroup memory.
    #[must_use]
    pub fn workgroup_bytes(&self) -> u64 {
        let atoms = match self.placement {
            Placement::Resident => self.n_sharing * self.n_atoms * ATOM_BYTES,
            Placement::Tiled => self.n_threads * ATOM_BYTES,
        };
        let threads = self.n_sharing * self.n_threads * THREAD_BYTES;
        let replicas = self.n_sharing * (REPLICA_BYTES + 2 * 4 * self.network.width);
        (atoms + threads + replicas) as u64
    }

    /// Workgroups for a number of replicas.
    #[must_use]
    pub fn n_workgroups(&self, n_replicas: usize) -> usize {
        n_replicas.div_ceil(self.n_sharing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: ShapeLimits = ShapeLimits {
        workgroup_bytes: 48 << 10,
        workgroup_threads: 1024,
        software: false,
    };

    #[test]
    fn small_molecules_share_a_workgroup_and_large_ones_own_several_atoms_a_thread() {
        let shape = |n_atoms| Shape::choose(n_atoms, &CARD, None, None);
        assert_eq!((shape(22).n_sharing, shape(22).workgroup_size), (4, 96));
        assert_eq!((shape(54).n_sharing, shape(54).workgroup_size), (1, 64));
        assert_eq!((shape(138).n_owned, shape(138).workgroup_size), (1, 160));
        assert_eq!((shape(304).n_owned, shape(304).n_threads), (2, 152));
        assert_eq!(shape(1000).placement, Placement::Resident);
        assert_eq!(shape(3000).placement, Placement::Tiled);
    }

    #[test]
    fn every_atom_has_an_owner_and_no_limit_is_passed() {
        for n_atoms in 1..1500 {
            for software in [false, true] {
                let limits = ShapeLimits {
                    workgroup_bytes: 32 << 10,
                    software,
                    ..CARD
                };
                let shape = Shape::choose(n_atoms, &limits, None, None);
                assert!(shape.n_threads * shape.n_owned >= n_atoms, "{shape:?}");
                assert!(
                    shape.n_threads * shape.n_sharing <= shape.workgroup_size,
                    "{shape:?}"
                );
                assert!(shape.workgroup_size <= 256 && shape.workgroup_size.is_multiple_of(WARP));
                assert!(
                    shape.workgroup_bytes() <= limits.workgroup_bytes,
                    "{shape:?}"
                );
            }
        }
    }
}
