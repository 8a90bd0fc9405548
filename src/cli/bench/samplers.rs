//! The samplers that are compared, each as an input file of its own.

use crate::cli::config::{Constraints, LoadedConfig, nearest};
use crate::cli::error::CliError;
use crate::cli::kernels::choice::{TRAJECTORY_HYDROGEN_DA, hmc, ladder};
use crate::forcefield::HYDROGEN_MASS_DA;
use crate::mcmc::{KernelEntry, LangevinEntry};
use crate::proposal::{
    AdaptivePuckerSettings, AdaptiveTorsionKind, AdaptiveTorsionSettings, BlockKind, TorsionDraw,
    TorsionSettings, torsion_blocks,
};
use crate::topology::{Topology, pucker_rings};

/// Every sampler, in the order in which they run.
pub(super) const NAMES: [&str; 8] = [
    "md_1fs",
    "md_2fs_hbonds",
    "md_4fs_heavy",
    "md_0.5fs_timewarp",
    "uniform_torsion",
    "replica_exchange",
    "adaptive_torsion",
    "input",
];

/// Plain MD: the strongest of them is the baseline.
pub(super) const PLAIN_MD: [&str; 3] = ["md_1fs", "md_2fs_hbonds", "md_4fs_heavy"];

/// Fewest independent chains: fewer say nothing of how well chains agree.
pub(super) const MIN_CHAINS: usize = 4;

/// Mass of a hydrogen in Da in `md_4fs_heavy`.
const HEAVY_HYDROGEN_DA: f64 = 4.0;

/// The names asked for, in the order of [`NAMES`]; all where none is.
///
/// # Errors
/// An unknown name, or no plain MD among them.
pub(super) fn chosen(asked: &[String]) -> Result<Vec<&'static str>, CliError> {
    if asked.is_empty() {
        return Ok(NAMES.to_vec());
    }
    for name in asked {
        if !NAMES.contains(&name.as_str()) {
            let near = nearest(name, NAMES)
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(CliError::input(format!(
                "--samplers: unknown sampler `{name}`\n  help: {near}samplers: {}",
                NAMES.join(", ")
            )));
        }
    }
    let wanted = |name: &&str| asked.iter().any(|asked| asked == name);
    if !PLAIN_MD.iter().any(&wanted) {
        return Err(CliError::input(format!(
            "--samplers: there is no plain MD among {}, and every ratio is to plain MD\n  help: add one of: {}",
            asked.join(", "),
            PLAIN_MD.join(", ")
        )));
    }
    Ok(NAMES.into_iter().filter(|name| wanted(name)).collect())
}

/// Those that an input can be given: constraints and masses of a System of another program are what they are, and a potential
/// of the host has no constraints.
pub(super) fn possible(names: Vec<&'static str>, loaded: &LoadedConfig) -> Vec<&'static str> {
    let system = &loaded.config.system;
    let owner = match (&system.openmm_system, &system.potential) {
        (None, None) => return names,
        (Some(_), _) => "`openmm_system` has its own",
        (None, Some(_)) => "`potential` is sampled without any",
    };
    let changes = |name: &&str| ["md_2fs_hbonds", "md_4fs_heavy"].contains(name);
    let (left_out, kept): (Vec<_>, Vec<_>) = names.into_iter().partition(changes);
    if !left_out.is_empty() {
        log::warn!(
            "{} are left out: they need constraints and masses of their own, and {owner}",
            left_out.join(", ")
        );
    }
    kept
}

/// The input with the sampler of that name in place of its own, `n_chains` replicas in all.
pub(super) fn input_of(
    name: &str,
    loaded: &LoadedConfig,
    topology: &Topology,
    n_chains: usize,
) -> LoadedConfig {
    let mut own = loaded.clone();
    let config = &mut own.config;
    if name != "input" {
        config.system.constraints = Constraints::None;
        config.system.hydrogen_mass_da = HYDROGEN_MASS_DA;
        config.replica_exchange = None;
    }
    match name {
        "md_1fs" => config.sampler = vec![langevin(200, 1.0, 1.0)].into(),
        "md_2fs_hbonds" => {
            config.system.constraints = Constraints::HBonds;
            config.sampler = vec![langevin(100, 2.0, 1.0)].into();
        }
        "md_4fs_heavy" => {
            config.system.constraints = Constraints::HBonds;
            config.system.hydrogen_mass_da = HEAVY_HYDROGEN_DA;
            config.sampler = vec![langevin(50, 4.0, 1.0)].into();
        }
        "md_0.5fs_timewarp" => config.sampler = vec![langevin(400, 0.5, 0.3)].into(),
        "uniform_torsion" => {
            config.system.hydrogen_mass_da = TRAJECTORY_HYDROGEN_DA;
            config.sampler = uniform_torsion(topology).into();
        }
        "replica_exchange" => {
            config.sampler = vec![langevin(100, 1.0, 1.0)].into();
            config.replica_exchange = Some(ladder(config.temperature_kelvin, topology.n_atoms()));
        }
        "adaptive_torsion" => {
            config.system.hydrogen_mass_da = TRAJECTORY_HYDROGEN_DA;
            config.sampler = adaptive_torsion(topology).into();
        }
        _ => {}
    }
    let n_rungs = config.ladder().map_or(1, |ladder| ladder.n_rungs());
    config.replicas = (n_chains / n_rungs).max(MIN_CHAINS);
    own
}

fn langevin(steps: u64, timestep_fs: f64, friction_per_ps: f64) -> KernelEntry {
    KernelEntry::Langevin(LangevinEntry {
        steps,
        timestep_fs,
        friction_per_ps,
    })
}

/// `hmc`, then uniform moves on every kind of torsion that the molecule has.
fn uniform_torsion(topology: &Topology) -> Vec<KernelEntry> {
    leaping(topology, |kind, repeats| {
        KernelEntry::Torsion(TorsionSettings {
            kind: match kind {
                BlockKind::SideChain => BlockKind::SideChain,
                _ => BlockKind::Pair,
            },
            proposal: TorsionDraw::Uniform,
            repeats,
            ..TorsionSettings::default()
        })
    })
}

/// The same with learned draws.
fn adaptive_torsion(topology: &Topology) -> Vec<KernelEntry> {
    leaping(topology, |kind, repeats| {
        KernelEntry::AdaptiveTorsion(AdaptiveTorsionSettings {
            kind: match kind {
                BlockKind::SideChain => AdaptiveTorsionKind::SideChain,
                _ => AdaptiveTorsionKind::Backbone,
            },
            repeats,
            ..AdaptiveTorsionSettings::default()
        })
    })
}

/// `hmc`, then two moves of (phi, psi), one of a side chain, one of a peptide bond, one flip of a peptide bond and three of every proline's ring, as far as the
/// molecule has any.
fn leaping(topology: &Topology, moves: impl Fn(BlockKind, u64) -> KernelEntry) -> Vec<KernelEntry> {
    let n_rings = pucker_rings(topology).len() as u64;
    // Proline's ring bends softly, and longer trajectories help it.
    let mut sampler = vec![hmc(if n_rings > 0 { 9 } else { 6 })];
    for (kind, repeats) in [(BlockKind::Pair, 2), (BlockKind::SideChain, 1)] {
        if !torsion_blocks(topology, kind, false).is_empty() {
            sampler.push(moves(kind, repeats));
        }
    }
    if !torsion_blocks(topology, BlockKind::Omega, false).is_empty() {
        for proposal in [TorsionDraw::Normal, TorsionDraw::Flip] {
            sampler.push(KernelEntry::Torsion(TorsionSettings {
                kind: BlockKind::Omega,
                proposal,
                ..TorsionSettings::default()
            }));
        }
    }
    if n_rings > 0 {
        let repeats = 3 * n_rings;
        sampler.push(KernelEntry::AdaptivePucker(AdaptivePuckerSettings {
            repeats,
        }));
    }
    sampler
}
