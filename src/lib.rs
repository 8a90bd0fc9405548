//! # saltus: exact Boltzmann sampling of peptides
//!
//! *Saltus* is Latin for a leap. The crate samples the Boltzmann distribution of peptides in AMBER force fields with
//! generalised Born water: batched dynamics for the local motion, Metropolis-Hastings moves for the barriers.
//!
//! ## Bird's-eye view
//!
//! ```text
//! input.yaml -> Config -> System -> State -> [Kernel -> Kernel -> ...] per cycle -> Frame -> trajectory.h5 -> analysis
//! ```
//!
//! | layer | what it knows |
//! |---|---|
//! | [`cli`] | arguments, YAML, printing; the only home of clap |
//! | [`bench`](mod@bench) | samplers in turns: who yields more effective samples a second |
//! | [`conformance`] | whether a proposal is exact, by targets that are known exactly |
//! | [`generator`] | whole peptides drawn independently, with importance weights |
//! | [`trajectory`], [`analysis`], [`cpu`], [`gpu`] | files; numbers from frames; the SIMD engine; the WGSL engine |
//! | [`mcmc`] | kernels, the one acceptance test, composition, replica exchange, samplers, the driver |
//! | [`proposal`] | where a chain might go next, and with what density |
//! | [`integrator`] | the trait [`Engine`], elementary time steps, constraints, minimiser |
//! | [`forcefield`] | one formula a file for every energy term; OpenMM's XML; parameter assignment |
//! | [`topology`], [`state`] | atoms, residues, bonds, sequences, PDB, mmCIF; positions and velocities of all replicas |
//! | [`units`], [`rng`], [`lane`], [`files`] | no domain knowledge |
//!
//! Imports point down only; a test enforces it. [`flow`] has the networks of proposals, [`training`] fits them, [`report`] draws.
//!
//! Features: `cli` (the program; brings the next three), `gpu` (the WGSL engine), `timewarp` (the published Timewarp and its
//! training), `trajectory` (HDF5 files), `testing` (`conformance`); all by default. Without any the library has the force
//! field, the CPU engine, kernels, proposals, generator, training and analysis.
//!
//! ## Vocabulary
//!
//! One word per idea: *energy* (potential, kJ/mol), *force*, *position*, *velocity*, *replica* (one copy of the molecule,
//! one Markov chain), *step* (of time), *cycle* (one pass through the sampler list), *frame* (what is written of a replica),
//! *proposal* (proposes), *kernel* (advances the chain), *sampler* (runs the kernels of a cycle), `log_q` (ln of a proposal
//! density; `forward` is ln q(y|x), `reverse` ln q(x|y)).
//!
//! ## Units and shapes
//!
//! nm, ps, Da, kJ/mol, K, rad, elementary charges; at every boundary the name carries the unit (`timestep_fs`). Everything
//! is batched `[n_replicas, n_atoms, 3]`; one chain is `n_replicas = 1`, not another code path.
//!
//! ## Invariants
//!
//! * A kernel leaves the Boltzmann distribution invariant or answers `false` to [`Kernel::is_exact`].
//! * [`mcmc::accept`], with its twin in WGSL, is the only place where a move of an exact kernel is accepted. NaN and infinities are rejected and counted apart.
//! * Same input, seed and device: same bits, also after a kill and a resume, on any number of threads.
//! * Where a free molecule is does not matter: engines compute about whole nanometres near it, and [`mcmc::drive`] brings
//!   one that drifted away back to the origin by whole nanometres. Frames show such shifts; energies, forces and velocities
//!   don't change.
//! * Every term is one function over a [`Lane`] type: `f64` is the reference, SIMD vectors are the engine.
//!
//! ## A first simulation
//!
//! ```
//! use saltus::cpu::{CpuOptions, engine};
//! use saltus::integrator::LangevinSettings;
//! use saltus::{BornModel, ForceField, Sequence, State, SystemOptions};
//!
//! let molecule = saltus::topology::build(&Sequence::parse("ACE-ALA-NME")?, &[])?;
//! let options = SystemOptions { solvent: Some(BornModel::Obc1), ..SystemOptions::default() };
//! let system = ForceField::builtin("amber14")?.assign(&molecule.topology, &options)?;
//! let mut engine = engine(&system, &CpuOptions::default())?;
//! let mut state = State::replicate(&molecule.positions, 16);
//! let temperatures_kelvin = vec![310.0; 16];
//! engine.draw_velocities(&mut state, &temperatures_kelvin, 7, 0);
//! let settings = LangevinSettings { timestep_ps: 0.001, friction_per_ps: 1.0, temperatures_kelvin, seed: 7 };
//! engine.langevin(&mut state, &settings, 100)?;
//! assert_eq!(state.step, 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod analysis;
pub mod bench;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod cpu;
pub mod files;
pub mod flow;
pub mod forcefield;
pub mod generator;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod integrator;
pub mod lane;
pub mod mcmc;
pub mod proposal;
#[cfg(feature = "cli")]
pub mod report;
pub mod rng;
pub mod state;
pub mod topology;
pub mod training;
#[cfg(feature = "trajectory")]
pub mod trajectory;
pub mod units;
mod vector;

pub use forcefield::{BornModel, ForceField, System, SystemOptions, reference_energies};
pub use integrator::{Engine, EngineError, LangevinSettings};
pub use lane::Lane;
pub use mcmc::{Chain, Kernel, MetropolisKernel};
pub use proposal::{Current, LogRatio, Proposal, Proposed};
pub use state::{Frame, State};
pub use topology::{Molecule, Sequence, Topology};
