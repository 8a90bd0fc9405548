//! Throughput of a Timewarp flow's shaders in TFLOP/s by number of conformations: the whole pass by the clock on the wall, and
//! its matrix products by the device's own.
//!
//!     cargo bench --bench timewarp_gpu -- [--adapter NAME] [--seconds S] [--peak-tflops F] [--output DIR]
//!
//! Sizes are those of the published model of two residues, with two of its twelve coupling layers: the others are the same
//! work. Operations are those of the formulas, without what fills up rows. Takes a real GPU, or the adapter that is named;
//! `--peak-tflops` is the card's f32 figure. With `--test` it runs once, on anything, and writes nothing.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]
#![expect(
    clippy::cast_possible_truncation,
    reason = "weights are in f32, counts are small"
)]

mod report;

use report::{Arguments, adapter, arguments, heading, publish, summary, today};
use saltus::flow::timewarp::{
    Conformation, Layout, Pair, Timewarp, TimewarpConfig, TimewarpFlow, initial_parameters,
};
use saltus::gpu::timewarp::operations::{Operation, operations};
use saltus::gpu::{AdapterKind, AdapterSummary, GpuTimewarp, GpuTimewarpOptions, Profile};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

/// Alanine dipeptide, and four residues.
const N_ATOMS: [usize; 2] = [22, 54];

fn config() -> TimewarpConfig {
    TimewarpConfig {
        element_vocabulary: ["C", "H", "N", "O", "S"].map(str::to_owned).to_vec(),
        atom_embedding_dim: 64,
        mlp_hidden_dims: vec![256],
        num_coupling_layers: 2,
        num_transformer_layers: 6,
        d_model: 128,
        dim_feedforward: 2048,
        lengthscales_nm: vec![0.1, 0.2, 0.5, 0.7, 1.0, 1.2],
        ignore_conditional_velocity: true,
        internal: None,
    }
}

/// Floating-point operations of the linear maps, and of the sums over neighbours, for one conformation.
fn operations_of(config: &TimewarpConfig, n_atoms: usize) -> [f64; 2] {
    let layout = Layout::new(config);
    let mut counts = [0.0; 2];
    for coupling in 0..config.num_coupling_layers {
        for operation in operations(config, &layout, coupling) {
            // A multiplication and an addition, in both networks.
            match operation {
                Operation::Linear {
                    n_inputs,
                    n_outputs,
                    ..
                } => counts[0] += (4 * n_inputs * n_outputs * n_atoms) as f64,
                Operation::Mix { .. } => {
                    counts[1] += (4 * config.n_heads() * n_atoms * config.d_model * n_atoms) as f64;
                }
                _ => {}
            }
        }
    }
    counts
}

/// Small numbers of no meaning.
fn numbers(n: usize) -> Vec<f64> {
    (0..n)
        .map(|i| (i as f64 * 0.618_033_988_75).fract() - 0.5)
        .collect()
}

/// Seconds of one pass on conformations with a condition each, best of some, and results of the pass.
fn pass_seconds(
    flow: &GpuTimewarp,
    n_atoms: usize,
    n_conformations: usize,
    seconds: f64,
) -> Result<f64, Box<dyn Error>> {
    let elements: Vec<usize> = (0..n_atoms).map(|i| i % 4).collect();
    let size = 3 * n_atoms;
    let x = numbers(size * n_conformations);
    let part = |i: usize| &x[i * size..(i + 1) * size];
    let from: Vec<_> = (0..n_conformations)
        .map(|i| Conformation {
            elements: &elements,
            positions: part(i),
            auxiliaries: None,
        })
        .collect();
    let pairs: Vec<_> = (0..n_conformations)
        .map(|state| Pair {
            state,
            positions: part(n_conformations - 1 - state),
            auxiliaries: part(state),
        })
        .collect();
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    let mut is_warm = false;
    while best.is_infinite() || begin.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        let densities = flow.log_densities_given(&from, &pairs)?;
        assert_eq!(densities.len(), n_conformations);
        // Some drivers compile at the first dispatch.
        if is_warm || seconds == 0.0 {
            best = best.min(start.elapsed().as_secs_f64());
        }
        is_warm = true;
    }
    Ok(best)
}

fn measure(
    arguments: &Arguments,
    model: &Timewarp<f32>,
    n_atoms: usize,
    n_conformations: usize,
) -> Result<Value, Box<dyn Error>> {
    let options = |profile| GpuTimewarpOptions {
        choice: arguments.choice.clone(),
        profile,
        ..GpuTimewarpOptions::default()
    };
    let seconds = if arguments.test {
        0.0
    } else {
        arguments.seconds
    };
    let plain = GpuTimewarp::new(model, &options(None))?;
    let pass = pass_seconds(&plain, n_atoms, n_conformations, seconds)?;
    let counts = operations_of(model.config(), n_atoms).map(|n| n * n_conformations as f64);
    let pass_tflops = (counts[0] + counts[1]) / pass * 1e-12;
    let profile = Profile::default();
    let timed = GpuTimewarp::new(model, &options(Some(profile.clone())))?;
    pass_seconds(&timed, n_atoms, n_conformations, 0.0)?;
    profile.clear();
    pass_seconds(&timed, n_atoms, n_conformations, 0.0)?;
    let times = profile.times();
    let kernel_tflops = |name: &str, count: f64| {
        let time = times.get(name).filter(|time| time.seconds > 0.0);
        time.map(|time| count / time.seconds * 1e-12)
    };
    let total: f64 = times.values().map(|time| time.seconds).sum();
    let shares: serde_json::Map<String, Value> = times
        .iter()
        .map(|(name, time)| ((*name).to_owned(), json!(time.seconds / total)))
        .collect();
    let linear = kernel_tflops("linear", counts[0]);
    Ok(json!({
        "n_atoms": n_atoms,
        "n_conformations": n_conformations,
        "pass_seconds": pass,
        "pass_tflops": pass_tflops,
        "linear_tflops": linear,
        "mix_tflops": kernel_tflops("mix", counts[1]),
        "pass_share_of_peak": arguments.peak_tflops.map(|peak| pass_tflops / peak),
        "linear_share_of_peak": arguments.peak_tflops.zip(linear).map(|(peak, tflops)| tflops / peak),
        "shares": shares,
    }))
}

fn batches(adapter: &AdapterSummary, test: bool) -> &'static [usize] {
    match (test, adapter.kind) {
        (true, _) => &[2],
        (_, AdapterKind::Software) => &[1, 4],
        _ => &[1, 16, 64, 256, 1024, 4096],
    }
}

fn table(results: &Value) -> Result<String, std::fmt::Error> {
    let mut text = heading(
        results,
        "Throughput of a Timewarp flow on a GPU",
        "ln p of conformations with a condition each; sizes of the published model of\ntwo residues, two coupling layers.",
    );
    writeln!(
        text,
        "| atoms | conformations | ms a pass | TFLOP/s of the pass | TFLOP/s of the linear maps | of the sums over neighbours | linear maps, of the peak |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|")?;
    for row in results["rows"].as_array().into_iter().flatten() {
        let number = |key: &str, factor: f64, unit: &str| {
            let value = row[key].as_f64();
            value.map_or("-".to_owned(), |value| {
                format!("{:.3e}{unit}", factor * value)
            })
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row["n_atoms"],
            row["n_conformations"],
            number("pass_seconds", 1e3, ""),
            number("pass_tflops", 1.0, ""),
            number("linear_tflops", 1.0, ""),
            number("mix_tflops", 1.0, ""),
            number("linear_share_of_peak", 100.0, " %"),
        )?;
    }
    Ok(text)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let Some(adapter) = adapter(&arguments)? else {
        return Ok(());
    };
    let config = config();
    let parameters = initial_parameters(&config, 0.1, 1);
    let parameters = parameters.into_iter().map(|p| p as f32).collect();
    let model = Timewarp::from_parameters(config, parameters)?;
    let mut rows = Vec::new();
    let is_slow = arguments.test || adapter.kind == AdapterKind::Software;
    for n_atoms in &N_ATOMS[..if is_slow { 1 } else { 2 }] {
        for &n_conformations in batches(&adapter, arguments.test) {
            let row = measure(&arguments, &model, *n_atoms, n_conformations)?;
            println!("{row}");
            rows.push(row);
        }
    }
    let results = json!({
        "date": today()?,
        "adapter": summary(&adapter),
        "rows": rows,
    });
    let text = table(&results)?;
    publish(&arguments, "timewarp_gpu", &results, &text)
}
