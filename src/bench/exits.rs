//! Runs plain MD from the rare sides that an exact sampler found, and counts how it leaves them. Rates: `analysis::ExitRate`.

use std::time::Instant;

use crate::analysis::{ExitTally, ObservableSet, RareSide, SideExits, Sides, slowest_side};
use crate::proposal::kernel_seed;

use super::draws::single;
use super::error::BenchError;
use super::reservoirs::Reservoirs;
use super::sampler::BenchSampler;

/// Place, counted as those of kernels, whose seed the velocities have.
const SEED_PLACE: u32 = u32::MAX - 1;

/// Share of the time that goes to all sides, to choose the one that gets the rest.
const PILOT_SHARE: f64 = 0.25;

/// Plain MD from the rare sides: what was counted.
#[derive(Debug, Clone)]
pub struct ExitRun {
    /// The sampler whose configurations were the starts.
    pub starts_from: String,
    /// Wall-clock seconds of it all.
    pub seconds: f64,
    /// Simulated time of all replicas in ps.
    pub simulated_ps: f64,
    /// Simulated time between two draws in ps.
    pub draw_ps: f64,
    /// Every side that had enough configurations, counted to choose one of them; empty where there was only one.
    pub pilot: Vec<SideExits>,
    /// The side with the smallest upper limit, counted anew.
    pub sides: Vec<SideExits>,
}

/// Where replicas may be started.
struct Starts {
    /// Place among all sides.
    side: usize,
    configurations: Vec<Vec<f64>>,
    n_taken: usize,
}

/// Plain MD on its way, its replicas started on rare sides, each anew after its exit.
struct ExitWatch<'a> {
    md: &'a mut BenchSampler,
    set: &'a ObservableSet,
    clock: Instant,
    n_draws: u32,
}

/// Runs plain MD for so many seconds, first from all rare sides and then from the slowest of them, whose limit is that of
/// the first look's choice and no longer shared by all. A run that fails ends there, and what was counted stands.
pub(super) fn run_exits(
    md: &mut BenchSampler,
    set: &ObservableSet,
    (starts_from, reservoirs): (String, &mut Reservoirs),
    rare_sides: &[RareSide],
    until_seconds: f64,
) -> Option<ExitRun> {
    let sides = Sides::of(&set.names());
    let mut found: Vec<(RareSide, Starts)> = Vec::new();
    for rare in rare_sides {
        let place = sides.names().iter().position(|name| *name == rare.name);
        if let (Some(side), Some(configurations)) = (place, reservoirs.of_side(&rare.name)) {
            let n_taken = 0;
            found.push((
                rare.clone(),
                Starts {
                    side,
                    configurations,
                    n_taken,
                },
            ));
        }
    }
    let start_ps = md.chain.time_ps;
    let n_replicas = md.chain.state.n_replicas;
    let mut watch = ExitWatch {
        md,
        set,
        clock: Instant::now(),
        n_draws: 0,
    };
    let pilot = match found.len() {
        0 | 1 => Vec::new(),
        _ => watch.follow(&mut found, PILOT_SHARE * until_seconds),
    };
    if let Some(slowest) = slowest_side(&pilot) {
        found = vec![found.swap_remove(slowest)];
    }
    let sides = match found.is_empty() {
        true => return None,
        false => watch.follow(&mut found, until_seconds),
    };
    let (n_draws, seconds) = (watch.n_draws, watch.clock.elapsed().as_secs_f64());
    let own_ps = md.chain.time_ps - start_ps;
    let simulated_ps = own_ps * n_replicas as f64;
    (n_draws > 0).then(|| ExitRun {
        starts_from,
        seconds,
        simulated_ps,
        draw_ps: own_ps / f64::from(n_draws),
        pilot,
        sides,
    })
}

impl ExitWatch<'_> {
    /// Counts what leaves these sides until the clock says so many seconds.
    fn follow(&mut self, found: &mut [(RareSide, Starts)], until_seconds: f64) -> Vec<SideExits> {
        let all = Sides::of(&self.set.names());
        let n_replicas = self.md.chain.state.n_replicas;
        let mut tally = ExitTally::new(
            found.iter().map(|(side, _)| side.clone()).collect(),
            n_replicas,
        );
        let mut due: Vec<usize> = (0..n_replicas).collect();
        while self.clock.elapsed().as_secs_f64() < until_seconds {
            let launched = launch(self.md, &due, self.n_draws, &tally, found);
            if let Err(error) = launched.and_then(|()| self.md.cycle()) {
                log::warn!("plain MD from the rare sides ended early: {error}");
                break;
            }
            self.n_draws += 1;
            due.clear();
            for replica in 0..n_replicas {
                let positions = single(self.md.chain.state.replica_positions(replica));
                let inside = all.inside(&self.set.evaluate(&positions, 0.0));
                let side = found[tally.side_of(replica)].1.side;
                if tally.observe(replica, inside[side]) {
                    due.push(replica);
                }
            }
        }
        tally.finish()
    }
}

/// Puts replicas at configurations of their sides, projected on the constraints, with the velocities of this draw.
fn launch(
    md: &mut BenchSampler,
    due: &[usize],
    n_draws: u32,
    tally: &ExitTally,
    found: &mut [(RareSide, Starts)],
) -> Result<(), BenchError> {
    if due.is_empty() {
        return Ok(());
    }
    let mut fresh = md.chain.state.clone();
    let size = 3 * fresh.n_atoms;
    for &replica in due {
        let own = &mut found[tally.side_of(replica)].1;
        let configuration = &own.configurations[own.n_taken % own.configurations.len()];
        own.n_taken += 1;
        fresh.positions[replica * size..(replica + 1) * size].copy_from_slice(configuration);
    }
    let engine = md.cycles.engine();
    engine.apply_constraints(&mut fresh)?;
    let seed = kernel_seed(md.seed, SEED_PLACE);
    let temperatures = &md.chain.temperatures_kelvin;
    engine.draw_velocities(&mut fresh, temperatures, seed, n_draws.into());
    for &replica in due {
        md.chain
            .state
            .set_replica(replica, &fresh.one_replica(replica));
    }
    md.chain.energies = None;
    Ok(())
}
