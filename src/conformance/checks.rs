//! The checks that every row goes through; each tells what is wrong as an error, so that planted faults can be caught.

use super::targets::Target;
use crate::analysis::mcse_mean;
use crate::mcmc::{Chain, DriveError, Sampler};
use crate::rng;
use crate::state::State;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::Arc;

/// A target with the temperatures at which something is tested on it.
pub trait Case {
    /// Name in messages.
    fn name(&self) -> &str;

    /// The target.
    fn target(&self) -> Arc<dyn Target>;

    /// Temperatures in K, which follow each other in the batch.
    fn rungs_kelvin(&self) -> &[f64];
}

fn temperatures_kelvin(row: &dyn Case, n_replicas: usize) -> Vec<f64> {
    let rungs = row.rungs_kelvin().iter().copied();
    rungs.cycle().take(n_replicas).collect()
}

/// Deviation in standard errors that counts as wrong: by chance once in 150,000 comparisons.
const LIMIT: f64 = 4.5;

/// A chain whose replicas are exact draws of the joint distribution of positions and velocities.
pub fn exact_chain(row: &dyn Case, n_replicas: usize, seed: u64) -> Chain {
    let target = row.target();
    let temperatures_kelvin = temperatures_kelvin(row, n_replicas);
    let mut streams = rng::streams(seed, n_replicas);
    let masses = target.masses_da();
    let mut state = State {
        n_replicas,
        n_atoms: masses.len(),
        ..State::default()
    };
    let rungs = row.rungs_kelvin().len();
    let sources: Vec<_> = temperatures_kelvin[..rungs]
        .iter()
        .map(|&kelvin| target.source(thermal_energy_kj_per_mol(kelvin)))
        .collect();
    for (replica, stream) in streams.iter_mut().enumerate() {
        state.positions.extend(sources[replica % rungs](stream));
        let kt = thermal_energy_kj_per_mol(temperatures_kelvin[replica]);
        for mass in &masses {
            let normals: [f64; 3] = std::array::from_fn(|_| stream.sample(StandardNormal));
            state
                .velocities
                .extend(normals.map(|v| v * (kt / mass).sqrt()));
        }
    }
    Chain {
        state,
        temperatures_kelvin,
        ..Chain::default()
    }
}

pub(super) fn run(
    sampler: &mut dyn Sampler,
    chain: &mut Chain,
    n_cycles: u64,
) -> Result<(), String> {
    let ran = sampler.run(chain, n_cycles);
    ran.map_err(|error| error.to_string())
}

/// Observables of every replica, `[n_replicas][n_observables]`.
fn observe(target: &dyn Target, chain: &Chain) -> Vec<Vec<f64>> {
    (0..chain.state.n_replicas)
        .map(|replica| target.observables(chain.state.replica_positions(replica)))
        .collect()
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

fn compare(what: &str, (mean, error): (f64, f64), expected: f64) -> Result<(), String> {
    let deviation = (mean - expected).abs() / error.max(1e-12);
    if deviation < LIMIT {
        return Ok(());
    }
    Err(format!(
        "{what}: {mean:.5} +- {error:.5} instead of {expected:.5}, {deviation:.1} errors off"
    ))
}

/// A frozen kernel on exact draws leaves all moments as they are: invariance, ergodic or not, with independent errors.
///
/// # Errors
/// The first moment that is off.
pub fn invariance(
    row: &dyn Case,
    sampler: &mut dyn Sampler,
    n_steps: u64,
    n_replicas: usize,
) -> Result<(), String> {
    let target = row.target();
    let mut chain = exact_chain(row, n_replicas, 11);
    let start = chain.clone();
    sampler.freeze();
    run(sampler, &mut chain, n_steps)?;
    nothing_drifts(row, &start, &chain)?;
    let mut temperatures = chain.temperatures_kelvin.clone();
    temperatures.dedup();
    temperatures.truncate(3);
    let observed = observe(&*target, &chain);
    for kelvin in temperatures {
        let expected = target.means(thermal_energy_kj_per_mol(kelvin));
        for (index, expected) in expected.into_iter().enumerate() {
            let rung = observed.iter().zip(&chain.temperatures_kelvin);
            let values: Vec<f64> = rung
                .filter(|(_, t)| **t == kelvin)
                .map(|(values, _)| values[index])
                .collect();
            let what = format!(
                "{}, observable {index} at {kelvin} K after {n_steps} steps",
                row.name()
            );
            compare(&what, mean_and_error(&values), expected)?;
        }
    }
    velocities_are_thermal(row, &chain, &target.masses_da())
}

/// Exact draws and where they went have the same means. Differences replica by replica are sharper than means where moves
/// are small, and need no known mean.
fn nothing_drifts(row: &dyn Case, before: &Chain, after: &Chain) -> Result<(), String> {
    let target = row.target();
    let observe = |chain: &Chain, replica: usize| {
        let positions = chain.state.replica_positions(replica);
        [target.observables(positions), target.unknowns(positions)].concat()
    };
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = (0..before.state.n_replicas)
        .map(|replica| (observe(before, replica), observe(after, replica)))
        .collect();
    for index in 0..pairs[0].0.len() {
        let drifts = pairs.iter().map(|(x, y)| y[index] - x[index]);
        let starts = pairs.iter().map(|(x, _)| x[index]);
        let (drift, error) = mean_and_error(&drifts.collect::<Vec<f64>>());
        // What hardly changes at all is told by rounding, not by the ratio.
        let rounding = 0.02 * mean_and_error(&starts.collect::<Vec<f64>>()).1;
        let what = format!("{}, drift of observable {index}", row.name());
        compare(&what, (drift, error.max(rounding)), 0.0)?;
    }
    Ok(())
}

/// Mean kinetic energy is 3/2 kT an atom, whatever a kernel does to velocities.
fn velocities_are_thermal(row: &dyn Case, chain: &Chain, masses_da: &[f64]) -> Result<(), String> {
    let kinetic = chain.kinetic_energies(masses_da);
    let in_kt: Vec<f64> = kinetic
        .iter()
        .zip(&chain.temperatures_kelvin)
        .map(|(kinetic, &kelvin)| kinetic / thermal_energy_kj_per_mol(kelvin))
        .collect();
    let what = format!("{}, kinetic energy over kT", row.name());
    compare(&what, mean_and_error(&in_kt), 1.5 * masses_da.len() as f64)
}

/// Long chains, tuned and frozen, from one starting point have the exact moments within their Monte-Carlo errors.
///
/// # Errors
/// The first moment that is off.
pub fn moments(
    row: &dyn Case,
    sampler: &mut dyn Sampler,
    n_replicas: usize,
    [n_tuning, n_steps]: [u64; 2],
) -> Result<(), String> {
    let target = row.target();
    let mut chain = exact_chain(row, n_replicas, 12);
    let start = chain.state.replica_positions(0).to_vec();
    chain.state.positions = start.repeat(n_replicas);
    run(sampler, &mut chain, n_tuning)?;
    sampler.freeze();
    let mut draws: Vec<Vec<Vec<f64>>> = Vec::new();
    for _ in 0..n_steps {
        run(sampler, &mut chain, 1)?;
        draws.push(observe(&*target, &chain));
    }
    let rungs = row.rungs_kelvin().len();
    for rung in 0..rungs {
        let kelvin = chain.temperatures_kelvin[rung];
        let expected = target.means(thermal_energy_kj_per_mol(kelvin));
        for (index, expected) in expected.into_iter().enumerate() {
            let replicas = (rung..n_replicas).step_by(rungs);
            let chains: Vec<Vec<f64>> = replicas
                .map(|replica| draws.iter().map(|draw| draw[replica][index]).collect())
                .collect();
            let error = mcse_mean(&chains).map_err(|error| error.to_string())?;
            let (mean, _) = mean_and_error(&chains.concat());
            let what = format!(
                "{}, long chains, observable {index} at {kelvin} K",
                row.name()
            );
            compare(&what, (mean, error), expected)?;
        }
    }
    Ok(())
}

/// In equilibrium a reversible kernel goes from A to B as often as from B to A, for thirds of the first observable.
///
/// # Errors
/// A flux that is not symmetric, or too small to tell.
pub fn symmetric_flux(
    row: &dyn Case,
    sampler: &mut dyn Sampler,
    n_replicas: usize,
) -> Result<(), String> {
    let target = row.target();
    let mut chain = exact_chain(row, n_replicas, 13);
    sampler.freeze();
    let first = |chain: &Chain| -> Vec<f64> {
        observe(&*target, chain)
            .iter()
            .map(|values| values[0])
            .collect()
    };
    let before = first(&chain);
    let mut sorted = before.clone();
    sorted.sort_by(f64::total_cmp);
    let cell = |value: f64| {
        usize::from(value > sorted[n_replicas / 3])
            + usize::from(value > sorted[2 * n_replicas / 3])
    };
    run(sampler, &mut chain, 1)?;
    let mut flux = [[0.0_f64; 3]; 3];
    for (before, after) in before.iter().zip(first(&chain)) {
        flux[cell(*before)][cell(after)] += 1.0;
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let (there, back) = (flux[a][b], flux[b][a]);
        if (there - back).abs() > LIMIT * (there + back).sqrt() {
            return Err(format!(
                "{}: {there} moves from third {a} to {b}, {back} back",
                row.name()
            ));
        }
    }
    if flux[0][1] + flux[1][2] < 100.0 {
        return Err(format!("{}: hardly anything moved: {flux:?}", row.name()));
    }
    Ok(())
}

/// Ranks of an exact draw among a reversible chain grown from it both ways are uniform.
///
/// Gandy and Scott, arXiv:2001.06465: the draw sits at a random place of a stretch of `N_RANKS` states.
///
/// # Errors
/// Ranks that are not.
pub fn uniform_ranks(
    row: &dyn Case,
    sampler: &mut dyn Sampler,
    n_replicas: usize,
) -> Result<(), String> {
    const N_RANKS: usize = 8;
    let target = row.target();
    sampler.freeze();
    let start = exact_chain(row, n_replicas, 14);
    let mut grow = || -> Result<Vec<Vec<f64>>, String> {
        let mut chain = start.clone();
        let mut values = Vec::new();
        for _ in 1..N_RANKS {
            // Velocities are drawn anew by every reversible kernel, so both ways start alike.
            run(sampler, &mut chain, 3)?;
            values.push(observe(&*target, &chain).iter().map(|v| v[0]).collect());
        }
        Ok(values)
    };
    let (forward, backward) = (grow()?, grow()?);
    let own = observe(&*target, &start);
    let mut stream: Xoshiro256PlusPlus = rng::stream(15);
    let mut counts = [0.0; N_RANKS];
    for replica in 0..n_replicas {
        let n_before = stream.random_range(0..N_RANKS);
        let others = backward[..n_before]
            .iter()
            .chain(&forward[..N_RANKS - 1 - n_before]);
        let (mut below, mut equal) = (0, 0);
        for value in others.map(|values| values[replica]) {
            below += usize::from(value < own[replica][0]);
            equal += usize::from(value == own[replica][0]);
        }
        counts[below + stream.random_range(0..=equal)] += 1.0;
    }
    let expected = n_replicas as f64 / N_RANKS as f64;
    let chi_square: f64 = counts
        .iter()
        .map(|n: &f64| (n - expected).powi(2) / expected)
        .sum();
    // 7 degrees of freedom: exceeded by chance once in 100,000.
    if chi_square < 35.0 {
        return Ok(());
    }
    Err(format!(
        "{}: ranks {counts:?} are not uniform, chi-square {chi_square:.1}",
        row.name()
    ))
}

/// Whether 20 steps after `freeze` leave what the kernel tunes as it was.
///
/// # Errors
/// What the kernel says.
pub fn stays_frozen(row: &dyn Case, sampler: &mut dyn Sampler) -> Result<bool, DriveError> {
    let tuned = |sampler: &dyn Sampler| {
        let mut saved = sampler.save().swap_remove(0);
        // The place in a fixed order of blocks, which goes on and follows nothing that was sampled.
        if let Some(serde_json::Value::Object(proposal)) = saved.get_mut("proposal") {
            proposal.remove("n_leaps");
        }
        // A proposal's state; widths and time steps of a cycle on the device.
        ["proposal", "widths", "timesteps"].map(|key| saved[key].clone())
    };
    let mut chain = exact_chain(row, 6, 53);
    sampler.run(&mut chain, 20)?;
    sampler.freeze();
    let before = tuned(sampler);
    sampler.run(&mut chain, 20)?;
    Ok(tuned(sampler) == before)
}
