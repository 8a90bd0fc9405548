//! Runs plain MD from the rare sides that an exact sampler found, and counts how it leaves them. Rates are made elsewhere.

use std::time::Instant;

use crate::analysis::{ExitTally, ObservableSet, RareSide, SideExits, Sides};
use crate::cli::error::{Blame, CliError};
use crate::cli::kernels::kernel_seed;

use super::draws::single;
use super::reservoirs::Reservoirs;
use super::simulator::Simulator;

/// Place, counted as those of kernels, whose seed the velocities have.
const SEED_PLACE: u32 = u32::MAX - 1;

/// What was counted.
pub(super) struct ExitRun {
    /// The sampler whose configurations were the starts.
    pub(super) starts_from: &'static str,
    /// Wall-clock seconds of it all.
    pub(super) seconds: f64,
    /// Simulated time of all replicas in ps.
    pub(super) simulated_ps: f64,
    /// Simulated time between two draws in ps.
    pub(super) draw_ps: f64,
    /// Every side that had enough configurations.
    pub(super) sides: Vec<SideExits>,
}

/// Where replicas may be started.
struct Starts {
    /// Place among all sides.
    side: usize,
    configurations: Vec<Vec<f64>>,
    n_taken: usize,
}

/// Runs plain MD for so many seconds, its replicas started on rare sides, each anew after its exit. A run that
/// fails ends there, and what was counted stands.
pub(super) fn run_exits(
    md: &mut Simulator,
    set: &ObservableSet,
    (starts_from, reservoirs): (&'static str, &mut Reservoirs),
    rare_sides: &[RareSide],
    until_seconds: f64,
) -> Option<ExitRun> {
    let sides = Sides::of(&set.names());
    let (mut starts, mut kept) = (Vec::new(), Vec::new());
    for rare in rare_sides {
        let place = sides.names().iter().position(|name| *name == rare.name);
        if let (Some(side), Some(configurations)) = (place, reservoirs.of_side(&rare.name)) {
            kept.push(rare.clone());
            starts.push(Starts {
                side,
                configurations,
                n_taken: 0,
            });
        }
    }
    if kept.is_empty() {
        return None;
    }
    let n_replicas = md.chain.state.n_replicas;
    let mut tally = ExitTally::new(kept, n_replicas);
    let mut due: Vec<usize> = (0..n_replicas).collect();
    let (start, start_ps) = (Instant::now(), md.chain.time_ps);
    let (mut n_draws, mut seconds) = (0_u32, 0.0);
    while seconds < until_seconds {
        let launched = launch(md, &due, n_draws, &tally, &mut starts);
        if let Err(error) = launched.and_then(|()| md.cycle()) {
            let message = error.messages().join("; ");
            log::warn!("plain MD from the rare sides ended early: {message}");
            break;
        }
        n_draws += 1;
        due.clear();
        for replica in 0..n_replicas {
            let positions = single(md.chain.state.replica_positions(replica));
            let inside = sides.inside(&set.evaluate(&positions, 0.0));
            let side = starts[tally.side_of(replica)].side;
            if tally.observe(replica, inside[side]) {
                due.push(replica);
            }
        }
        seconds = start.elapsed().as_secs_f64();
    }
    let own_ps = md.chain.time_ps - start_ps;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a batch has far fewer than 2^53 replicas"
    )]
    let simulated_ps = own_ps * n_replicas as f64;
    (n_draws > 0).then(|| ExitRun {
        starts_from,
        seconds,
        simulated_ps,
        draw_ps: own_ps / f64::from(n_draws),
        sides: tally.finish(),
    })
}

/// Puts replicas at configurations of their sides, projected on the constraints, with the velocities of this draw.
fn launch(
    md: &mut Simulator,
    due: &[usize],
    n_draws: u32,
    tally: &ExitTally,
    starts: &mut [Starts],
) -> Result<(), CliError> {
    if due.is_empty() {
        return Ok(());
    }
    let mut fresh = md.chain.state.clone();
    let size = 3 * fresh.n_atoms;
    for &replica in due {
        let own = &mut starts[tally.side_of(replica)];
        let configuration = &own.configurations[own.n_taken % own.configurations.len()];
        own.n_taken += 1;
        fresh.positions[replica * size..(replica + 1) * size].copy_from_slice(configuration);
    }
    md.engine.apply_constraints(&mut fresh).blame_run()?;
    let seed = kernel_seed(md.config.config.seed, SEED_PLACE);
    let temperatures = &md.chain.temperatures_kelvin;
    md.engine
        .draw_velocities(&mut fresh, temperatures, seed, n_draws.into());
    for &replica in due {
        md.chain
            .state
            .set_replica(replica, &fresh.one_replica(replica));
    }
    md.chain.energies = None;
    Ok(())
}
