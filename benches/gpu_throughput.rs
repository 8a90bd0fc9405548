//! Replica-steps per second of the GPU engine by molecule and number of replicas, and each kernel's share of a cycle.
//!
//!     cargo bench --bench gpu_throughput -- [--adapter NAME] [--seconds S] [--peak-tflops F] [--output DIR]
//!
//! Takes a real GPU, or the adapter that is named. Writes a dated JSON file and a table to benches/results; with `--test`
//! it runs everything once and writes nothing. `--peak-tflops` is the card's f32 figure, to see how far from it we are.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]
#![expect(
    clippy::cast_possible_truncation,
    reason = "a clamped estimate of cycles"
)]

mod report;

use report::{Arguments, adapter, arguments, heading, publish, summary, text_of, today};
use saltus::cpu::CpuOptions;
use saltus::forcefield::{BornModel, ForceField, System, SystemOptions};
use saltus::gpu::{
    self, AdapterKind, AdapterSummary, GpuOptions, Profile, Resident, ResidentMove, ShaderSources,
    TorsionMoves,
};
use saltus::integrator::{MinimizeSettings, minimize};
use saltus::proposal::{BlockKind, torsion_blocks};
use saltus::state::State;
use saltus::topology::{Sequence, build};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

/// Sequences of 22, 54, 138 and 304 atoms.
const SEQUENCES: [&str; 4] = ["ACE-ALA-NME", "AAAY", "GYDPETGTWG", "NLYIQWLKDGGPSSGRPPPS"];
const TEMPERATURE_KELVIN: f64 = 310.0;
const TIMESTEP_PS: f64 = 0.001;
/// Additions and multiplications of an ordered pair in OBC1, as the WGSL has them, a division or root counted once:
/// Born integrals, pair forces, chain rule. Bonded terms, some per cent, are left out.
const OPERATIONS_PER_PAIR: [(&str, f64); 3] =
    [("integrals", 67.0), ("pairs", 72.0), ("chain rule", 131.0)];

/// One molecule, assigned and minimised.
struct Peptide {
    sequence: &'static str,
    system: System,
    positions: Vec<[f64; 3]>,
    torsions: TorsionMoves,
}

impl Peptide {
    fn new(sequence: &'static str) -> Result<Self, Box<dyn Error>> {
        let molecule = build(&Sequence::parse(sequence)?, &[])?;
        let options = SystemOptions {
            solvent: Some(BornModel::Obc1),
            ..SystemOptions::default()
        };
        let system = ForceField::builtin("amber14")?.assign(&molecule.topology, &options)?;
        let mut positions = molecule.positions;
        let mut engine = saltus::cpu::engine(&system, &CpuOptions::default())?;
        minimize(
            engine.as_mut(),
            &mut positions,
            &MinimizeSettings::default(),
        );
        let torsions = TorsionMoves {
            blocks: torsion_blocks(&molecule.topology, BlockKind::Pair, false),
            widths_rad: Vec::new(),
        };
        Ok(Self {
            sequence,
            system,
            positions,
            torsions,
        })
    }

    fn resident(
        &self,
        options: &GpuOptions,
        moves: Vec<ResidentMove>,
        n_replicas: usize,
    ) -> Result<Resident, Box<dyn Error>> {
        let mut resident = Resident::new(&self.system, options, moves, &self.torsions)?;
        let state = State::replicate(&self.positions, n_replicas);
        resident.upload(&state, &vec![TEMPERATURE_KELVIN; n_replicas])?;
        Ok(resident)
    }
}

fn langevin(n_steps: u64) -> ResidentMove {
    ResidentMove::Langevin {
        n_steps,
        timestep_ps: TIMESTEP_PS,
        friction_per_ps: 1.0,
        seed: 1,
    }
}

/// Replica-steps per second of Langevin dynamics, best of three spells.
fn throughput(
    peptide: &Peptide,
    arguments: &Arguments,
    n_replicas: usize,
    sources: ShaderSources,
) -> Result<f64, Box<dyn Error>> {
    let n_steps = 10;
    let options = GpuOptions {
        choice: arguments.choice.clone(),
        sources,
        ..GpuOptions::default()
    };
    let mut resident = peptide.resident(&options, vec![langevin(n_steps)], n_replicas)?;
    let mut timed = |n_cycles: u64| -> Result<f64, Box<dyn Error>> {
        let start = Instant::now();
        resident.run(n_cycles, u64::MAX, &mut |_| {})?;
        // Waits until the device is done.
        resident.potential_energies()?;
        Ok(start.elapsed().as_secs_f64() / (n_cycles * n_steps) as f64)
    };
    let spell = if arguments.test {
        0.0
    } else {
        arguments.seconds / 3.0
    };
    let mut per_step = timed(2)?;
    for _ in 0..3 {
        let n_cycles = (spell / per_step / n_steps as f64).clamp(1.0, 1e6) as u64;
        per_step = per_step.min(timed(n_cycles)?);
    }
    Ok(n_replicas as f64 / per_step)
}

/// Seconds on the device of every kernel in a cycle of dynamics, torsion moves and a frame.
fn shares(
    peptide: &Peptide,
    arguments: &Arguments,
    n_replicas: usize,
) -> Result<Value, Box<dyn Error>> {
    let profile = Profile::default();
    let moves = vec![
        langevin(100),
        ResidentMove::Torsion {
            n_moves: 4,
            seed: 2,
        },
    ];
    let options = GpuOptions {
        choice: arguments.choice.clone(),
        profile: Some(profile.clone()),
        ..GpuOptions::default()
    };
    let mut resident = peptide.resident(&options, moves, n_replicas)?;
    // Some drivers compile at the first dispatch.
    resident.run(1, 1, &mut |_| {})?;
    profile.clear();
    resident.run(2, 1, &mut |_| {})?;
    let times = profile.times();
    let total: f64 = times.values().map(|time| time.seconds).sum();
    let share = |(name, time): (&&str, &gpu::KernelTime)| {
        let value = json!({"seconds": time.seconds, "dispatches": time.n_dispatches, "share": time.seconds / total});
        ((*name).to_owned(), value)
    };
    Ok(Value::Object(times.iter().map(share).collect()))
}

/// Parts of a time step by name, with the call to leave out: (part, file, call).
const PARTS: [(&str, &str, &str); 5] = [
    ("bonded", "forcefield/evaluate.wgsl", "    bonded();"),
    (
        "integrals",
        "forcefield/evaluate.wgsl",
        "        born_integrals();",
    ),
    (
        "pairs",
        "forcefield/evaluate.wgsl",
        "        solvated_pairs();",
    ),
    (
        "chain rule",
        "forcefield/evaluate.wgsl",
        "            chain_rule();",
    ),
    (
        "noise",
        "integrator/langevin.wgsl",
        "        thermostat(step);",
    ),
];

/// What a time step gets shorter by without each of its parts, as a share; the rest is barriers, drifts and the launch.
/// Timestamps cannot look into a fused kernel. Without forces the molecule flies apart, which costs the same.
fn parts(
    peptide: &Peptide,
    arguments: &Arguments,
    n_replicas: usize,
) -> Result<Value, Box<dyn Error>> {
    let mut shares = serde_json::Map::new();
    for (part, path, call) in PARTS {
        let sources = ShaderSources::default()
            .replaced(path, call, "")
            .ok_or(format!("{path} does not call {call}"))?;
        // Side by side, so that a slow spell of the machine hits both.
        let whole = throughput(peptide, arguments, n_replicas, ShaderSources::default())?;
        let without = throughput(peptide, arguments, n_replicas, sources)?;
        shares.insert(part.to_owned(), json!(1.0 - whole / without));
    }
    Ok(Value::Object(shares))
}

fn replica_counts(adapter: &AdapterSummary, n_atoms: usize, test: bool) -> Vec<usize> {
    match (test, adapter.kind) {
        (true, _) => vec![2],
        (_, AdapterKind::Software) if n_atoms > 100 => vec![1, 8],
        (_, AdapterKind::Software) => vec![1, 16, 256],
        _ => vec![1, 8, 64, 512, 4096, 32768],
    }
}

fn table(results: &Value) -> Result<String, std::fmt::Error> {
    let mut text = heading(
        results,
        "GPU throughput",
        "Langevin middle, 1 fs, OBC1 with surface area, flexible bonds, no frames.",
    );
    writeln!(
        text,
        "| molecule | atoms | replicas | replica-steps/s | aggregate ns/day | GFLOP/s in pairs | of the peak |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|")?;
    for row in results["rows"].as_array().into_iter().flatten() {
        let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
        let peak = row["share_of_peak"]
            .as_f64()
            .map_or("-".to_owned(), |p| format!("{:.1} %", 100.0 * p));
        writeln!(
            text,
            "| {} | {} | {} | {:.3e} | {:.3e} | {:.1} | {peak} |",
            text_of(&row["sequence"]),
            row["n_atoms"],
            row["n_replicas"],
            number("replica_steps_per_second"),
            number("ns_per_day"),
            number("gflops"),
        )?;
    }
    writeln!(
        text,
        "\nShare of device time in a cycle of 100 Langevin steps, 4 torsion moves and one frame:\n"
    )?;
    let percentages = |entry: &Value, key: Option<&str>| {
        let share = |value: &Value| key.map_or(value, |key| &value[key]).as_f64();
        let parts: Vec<String> = entry
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                format!("{name} {:.0} %", 100.0 * share(value).unwrap_or(f64::NAN))
            })
            .collect();
        parts.join(", ")
    };
    for (sequence, kernels) in results["shares"].as_object().into_iter().flatten() {
        writeln!(
            text,
            "* {sequence}: {}",
            percentages(kernels, Some("share"))
        )?;
    }
    writeln!(
        text,
        "\nWhat a Langevin step gets shorter by without a part of it:\n"
    )?;
    for (sequence, parts) in results["parts"].as_object().into_iter().flatten() {
        writeln!(text, "* {sequence}: {}", percentages(parts, None))?;
    }
    Ok(text)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let Some(adapter) = adapter(&arguments)? else {
        return Ok(());
    };
    let operations: f64 = OPERATIONS_PER_PAIR.iter().map(|(_, n)| n).sum();
    let (mut rows, mut all_shares) = (Vec::new(), serde_json::Map::new());
    let mut all_parts = serde_json::Map::new();
    let sequences = if arguments.test {
        &SEQUENCES[..1]
    } else {
        &SEQUENCES[..]
    };
    for &sequence in sequences {
        let peptide = Peptide::new(sequence)?;
        let n_atoms = peptide.system.n_atoms();
        let counts = replica_counts(&adapter, n_atoms, arguments.test);
        for &n_replicas in &counts {
            let rate = throughput(&peptide, &arguments, n_replicas, ShaderSources::default())?;
            let gflops = rate * operations * (n_atoms * (n_atoms - 1)) as f64 * 1e-9;
            let ns_per_day = rate * TIMESTEP_PS * 1e-3 * 86_400.0;
            println!(
                "{sequence} {n_atoms} atoms, {n_replicas} replicas: {rate:.3e} replica-steps/s, {gflops:.1} GFLOP/s"
            );
            rows.push(json!({
                "sequence": peptide.sequence, "n_atoms": n_atoms, "n_replicas": n_replicas,
                "replica_steps_per_second": rate, "ns_per_day": ns_per_day, "gflops": gflops,
                "share_of_peak": arguments.peak_tflops.map(|peak| gflops / (1000.0 * peak)),
            }));
        }
        let most = counts[counts.len() - 1];
        all_parts.insert(sequence.to_owned(), parts(&peptide, &arguments, most)?);
        if adapter.has_timestamps {
            let n_replicas = counts[counts.len() - 1];
            all_shares.insert(
                sequence.to_owned(),
                shares(&peptide, &arguments, n_replicas)?,
            );
        }
    }
    let results = json!({
        "date": today()?,
        "adapter": summary(&adapter),
        "operations_per_ordered_pair": OPERATIONS_PER_PAIR.iter().map(|(name, n)| json!({"pass": name, "operations": n})).collect::<Vec<_>>(),
        "rows": rows,
        "shares": all_shares,
        "parts": all_parts,
    });
    let text = table(&results)?;
    publish(&arguments, "gpu_throughput", &results, &text)
}
