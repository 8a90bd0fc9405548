// Every binding of every kernel: one layout serves all. Uniform first, tables next, state and results last.
//#include "shared/types.wgsl"

@group(0) @binding(0) var<uniform> settings: Settings;
/// `[n_atoms]`
@group(0) @binding(1) var<storage, read> atoms: array<Atom>;
/// `[n_atoms (partner), n_atoms]`: a, b, Coulomb constant times charges, product of charges; zero on the diagonal.
@group(0) @binding(2) var<storage, read> pairs: array<vec4<f32>>;
/// `[n_atoms (partner), n_atoms]`: largest distance, distance d0, amplitude of the neck, as the second index sees it.
@group(0) @binding(3) var<storage, read> necks: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bonds: array<Bond>;
@group(0) @binding(5) var<storage, read> angles: array<Angle>;
@group(0) @binding(6) var<storage, read> torsions: array<Torsion>;
@group(0) @binding(7) var<storage, read> harmonic_torsions: array<HarmonicTorsion>;
@group(0) @binding(8) var<storage, read> mapped_torsions: array<MappedTorsions>;
/// `[n_maps, size (second torsion), size (first torsion), 4]`: coefficients of a cell by powers of the place along the first
/// torsion, four powers along the second in each.
@group(0) @binding(9) var<storage, read> patches: array<vec4<f32>>;
/// `[n_chunks, n_atoms + 1]` starts, then the entries: 2 x slot, plus 1 where the force is to be subtracted.
@group(0) @binding(10) var<storage, read> gathers: array<u32>;
@group(0) @binding(11) var<storage, read> rigid_bonds: array<RigidBond>;
@group(0) @binding(12) var<storage, read> clusters: array<Cluster>;
/// Atoms of all clusters, one list after the other.
@group(0) @binding(13) var<storage, read> cluster_atoms: array<u32>;
/// Torsion moves, then torsion leaps: see proposal/torsion.wgsl and proposal/torsion_leap.wgsl.
@group(0) @binding(14) var<storage, read> moves: array<u32>;
/// Weights, biases and input scales of networks: see flow/network.wgsl.
@group(0) @binding(15) var<storage, read> networks: array<vec4<f32>>;
/// Thermal energy kT in kJ/mol, `[n_replicas]`.
@group(0) @binding(16) var<storage, read> thermal_energies: array<f32>;
/// `[n_replicas, n_atoms]` in nm: the position is the unevaluated sum of both.
@group(0) @binding(17) var<storage, read_write> positions: array<vec4<f32>>;
@group(0) @binding(18) var<storage, read_write> positions_low: array<vec4<f32>>;
/// `[n_replicas, n_atoms]` in nm/ps.
@group(0) @binding(19) var<storage, read_write> velocities: array<vec4<f32>>;
/// `[n_replicas, n_atoms]` in kJ/mol/nm.
@group(0) @binding(20) var<storage, read_write> forces: array<vec4<f32>>;
/// `[n_replicas]` in kJ/mol: potential (an unevaluated sum of two), then of leaps ln q of the last one there and back.
@group(0) @binding(21) var<storage, read_write> energies: array<vec4<f32>>;
/// `[n_replicas]`
@group(0) @binding(22) var<storage, read_write> failures: array<Failure>;
/// `[n_kernels, n_replicas]`: moves accepted, rejected, not finite, and the block tried last; kernels add to them.
@group(0) @binding(23) var<storage, read_write> outcomes: array<vec4<u32>>;
/// `[n_blocks, 2]`: torsion moves of a block tried and accepted, over all replicas; whole numbers, so that order is no matter.
@group(0) @binding(24) var<storage, read_write> block_counts: array<atomic<u32>>;
/// `[n_replicas, n_atoms]`: what does not fit into workgroup memory (one element where all does).
@group(0) @binding(25) var<storage, read_write> workspace: array<vec4<f32>>;
