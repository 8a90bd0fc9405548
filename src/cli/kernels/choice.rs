//! `sampler: auto`: which kernels a molecule gets, and by which ladder what leaps cannot cross is crossed.

use serde_json::Value;

use crate::cli::config::{LoadedConfig, ReplicaExchangeConfig, SamplerConfig, WrittenTemperatures};
use crate::cli::console::note;
use crate::integrator::Splitting;
use crate::mcmc::KernelEntry;
use crate::proposal::{
    AdaptivePuckerSettings, BlockKind, ClosedLeapProposal, ClosedLeapSettings, ConcertedProposal,
    ConcertedSettings, HmcSettings, TorsionDraw, TorsionLeapSettings, TorsionSettings,
    builtin_leap_model, torsion_blocks,
};
use crate::topology::{Topology, peptide_bonds, pucker_rings};

/// Mass in Da of a hydrogen under trajectories of hybrid Monte Carlo, whose ensemble no mass changes: bonds to hydrogen swing
/// more slowly, and time steps are longer.
pub(crate) const TRAJECTORY_HYDROGEN_DA: f64 = 3.0;

/// Atoms above which a ladder has 8 temperatures rather than 4.
const SMALL_MOLECULE: usize = 60;
/// Residues from which leaps alone are too seldom accepted.
const LONG_CHAIN: usize = 5;
/// Chains without a ladder, and ladders side by side.
const N_CHAINS: usize = 16;
const N_LADDERS: usize = 4;
/// Cycles in which step sizes, prolines' rings and torsions without a density are learnt.
const EQUILIBRATION_CYCLES: u64 = 500;
/// The same of rings and loops, which take longer to forget the structure that they were built with: after 1,000 cycles six glycines in a
/// ring were still seen not to be alike.
const LOOP_EQUILIBRATION_CYCLES: u64 = 4000;
/// Leaps a cycle and residue, and most of all.
const LEAPS_PER_RESIDUE: u64 = 2;
const MOST_LEAPS: u64 = 8;

/// Puts what `sampler: auto` stands for in its place, and tells it as YAML that can be kept: kernels; and a ladder, the number of
/// replicas and the cycles of equilibration where the input does not have them.
pub(crate) fn resolve(loaded: &mut LoadedConfig, topology: &Topology) {
    if loaded.config.sampler != SamplerConfig::Auto {
        return;
    }
    loaded.config.sampler = automatic(loaded, topology).into();
    let config = &mut loaded.config;
    if config.replica_exchange.is_none() {
        config.replica_exchange = automatic_ladder(config.temperature_kelvin, topology);
    }
    if !loaded.source.has("replicas") {
        config.replicas = match config.replica_exchange {
            Some(_) => N_LADDERS,
            None => N_CHAINS,
        };
    }
    let mut length = String::new();
    if !loaded.source.has("run.equilibration_cycles") {
        let n_cycles = match has_loops(topology) {
            true => LOOP_EQUILIBRATION_CYCLES,
            false => EQUILIBRATION_CYCLES,
        };
        config.run.equilibration_cycles = n_cycles;
        length = format!("\nand in `run`: equilibration_cycles: {n_cycles}");
    }
    note(&format!("sampler: auto is\n{}{length}", chosen(loaded)));
}

/// What was chosen, as YAML.
pub(crate) fn chosen(loaded: &LoadedConfig) -> String {
    let config = &loaded.config;
    let mut lines = vec![
        format!("replicas: {}", config.replicas),
        "sampler:".to_owned(),
    ];
    lines.extend(
        config
            .sampler
            .iter()
            .map(|entry| format!("  - {}", flow(entry))),
    );
    if let Some(ladder) = &config.replica_exchange {
        let value = serde_json::to_value(ladder).expect("invariant: settings are plain data");
        lines.push(format!("replica_exchange: {}", plain(&value)));
    }
    lines.join("\n")
}

/// An entry on one line of YAML.
fn flow(entry: &KernelEntry) -> String {
    let value = serde_json::to_value(entry).expect("invariant: settings are plain data");
    let text = plain(&value);
    text.strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(&text)
        .to_owned()
}

/// A value in YAML's flow style, words without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::Object(keys) => {
            let keys: Vec<String> = keys
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| format!("{key}: {}", plain(value)))
                .collect();
            format!("{{{}}}", keys.join(", "))
        }
        Value::Array(list) => format!(
            "[{}]",
            list.iter().map(plain).collect::<Vec<_>>().join(", ")
        ),
        Value::String(word) if is_word(word) => word.clone(),
        other => other.to_string(),
    }
}

/// Whether YAML takes a text for nothing but text.
fn is_word(text: &str) -> bool {
    let is_plain = text
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter == '_');
    is_plain
        && !text.is_empty()
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text)
}

/// Trajectories for everything, leaps for the torsions that have a density, and a move for whatever else is slow: rotors, peptide bonds,
/// prolines, rings.
fn automatic(loaded: &LoadedConfig, topology: &Topology) -> Vec<KernelEntry> {
    let has = |kind| !torsion_blocks(topology, kind, false).is_empty();
    let n_rings = pucker_rings(topology).len() as u64;
    let mut sampler = vec![hmc(if n_rings > 0 { 9 } else { 6 })];
    if has(BlockKind::Pair) || has(BlockKind::SideChain) {
        let repeats = LEAPS_PER_RESIDUE * n_residues(topology) as u64;
        let leap = TorsionLeapSettings {
            repeats: repeats.clamp(2, MOST_LEAPS),
            ..TorsionLeapSettings::default()
        };
        // Not for a molecule in which nothing has a density, which is an error there.
        let context = super::context(loaded, topology);
        let model = builtin_leap_model(&context.force_field, &context.solvent);
        if leap.plain(topology, &model).is_ok() {
            sampler.push(KernelEntry::TorsionLeap(leap));
        }
    }
    let torsion = |kind, proposal, repeats| {
        KernelEntry::Torsion(TorsionSettings {
            kind,
            proposal,
            repeats,
            ..TorsionSettings::default()
        })
    };
    if has(BlockKind::Single) {
        sampler.push(torsion(
            BlockKind::Single,
            TorsionSettings::default().proposal,
            1,
        ));
    }
    if has(BlockKind::Omega) {
        sampler.push(torsion(BlockKind::Omega, TorsionDraw::Normal, 2));
        // Of plain amides cis is too rare for a flip to be worth its energies.
        if peptide_bonds(topology).iter().any(|bond| bond.is_tertiary) {
            sampler.push(torsion(BlockKind::Omega, TorsionDraw::Flip, 1));
        }
    }
    if n_rings > 0 {
        let repeats = 2 * n_rings;
        sampler.push(KernelEntry::AdaptivePucker(AdaptivePuckerSettings {
            repeats,
        }));
    }
    if has_loops(topology) {
        let concerted = ConcertedSettings {
            repeats: 4,
            ..ConcertedSettings::default()
        };
        if ConcertedProposal::new(topology, &concerted).is_ok() {
            sampler.push(KernelEntry::Concerted(concerted));
        }
        let leap = ClosedLeapSettings::default();
        if ClosedLeapProposal::new(topology, &leap).is_ok() {
            sampler.push(KernelEntry::ClosedLeap(leap));
        }
    }
    sampler
}

/// The trajectories that every sampler of torsions has beside it.
pub(crate) fn hmc(steps: u64) -> KernelEntry {
    KernelEntry::Hmc(HmcSettings {
        steps,
        timestep_fs: 1.2,
        integrator: Splitting::ThreeStage,
        refresh: 1.0,
        adapt: true,
        target_acceptance: Some(0.9),
        jitter: 0.5,
        repeats: 1,
    })
}

/// Where a tall ladder ends: at 600 K, or at half as much again as the temperature asked for.
pub(crate) fn top_kelvin(temperature_kelvin: f64) -> f64 {
    f64::max(600.0, 1.5 * temperature_kelvin)
}

/// A geometric ladder from the temperature asked for to 600 K, or to half as much again where that is higher.
pub(crate) fn ladder(temperature_kelvin: f64, n_atoms: usize) -> ReplicaExchangeConfig {
    ReplicaExchangeConfig {
        temperatures_kelvin: None,
        min_kelvin: Some(temperature_kelvin),
        max_kelvin: Some(top_kelvin(temperature_kelvin)),
        count: Some(if n_atoms <= SMALL_MOLECULE { 4 } else { 8 }),
        tuned: true,
        write: WrittenTemperatures::default(),
    }
}

/// The ladder that a molecule needs beside leaps: a tall one where the backbone is tied or long, a low one where charges find each other.
fn automatic_ladder(temperature_kelvin: f64, topology: &Topology) -> Option<ReplicaExchangeConfig> {
    if has_loops(topology) || n_residues(topology) >= LONG_CHAIN {
        return Some(ladder(temperature_kelvin, topology.n_atoms()));
    }
    has_salt_bridge(topology).then(|| ReplicaExchangeConfig {
        max_kelvin: Some((1.42 * temperature_kelvin).round()),
        count: Some(3),
        ..ladder(temperature_kelvin, topology.n_atoms())
    })
}

/// Residues without caps.
fn n_residues(topology: &Topology) -> usize {
    let is_cap = |name: &str| matches!(name, "ACE" | "NME" | "NHE");
    let residues = topology.residues.iter();
    residues.filter(|residue| !is_cap(&residue.name)).count()
}

/// Whether some psi cannot turn by itself.
fn has_loops(topology: &Topology) -> bool {
    super::idle::loop_residues(topology).next().is_some()
}

/// Whether a carboxylate and an ammonium or guanidinium can find each other: charged ends or side chains.
fn has_salt_bridge(topology: &Topology) -> bool {
    let has_atom = |names: &[&str]| {
        topology
            .atoms
            .iter()
            .any(|atom| names.contains(&atom.name.as_str()))
    };
    let of = |names: &[&str]| {
        topology
            .residues
            .iter()
            .any(|residue| names.contains(&residue.name.as_str()))
    };
    let acid = has_atom(&["OXT"]) || of(&["ASP", "GLU", "SEP", "TPO", "PTR"]);
    let base = has_atom(&["H3"]) || of(&["LYS", "ARG", "HIP"]);
    acid && base
}
