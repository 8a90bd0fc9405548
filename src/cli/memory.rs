//! Whether a machine has the memory that a run takes, and how long one evaluation of a large molecule lasts: said before it is
//! tried.

use std::fs;

use super::config::Config;
use super::error::CliError;

/// Vectors of three f64 for every atom of a replica: positions and velocities, those of a proposal and of the state it is
/// tested against, forces, what a frame holds.
const VECTORS_OF_A_REPLICA: u64 = 10;
/// Bytes of a replica whatever the molecule: its stream of random numbers, energies, its trajectory's writer.
const BYTES_OF_A_REPLICA: u64 = 4096;
/// Bytes of a pair of atoms: its parameters in the tables of the system and of the engine.
const BYTES_OF_A_PAIR: u64 = 12;
/// Share of the memory that is there which a run may take.
const SHARE: f64 = 0.9;
/// Atoms from which on the time of an evaluation is announced.
const MANY_ATOMS: u64 = 1500;
/// Atoms of a residue, roughly.
const ATOMS_OF_A_RESIDUE: usize = 15;
/// Seconds for a pair of atoms on one thread, roughly.
const SECONDS_OF_A_PAIR: f64 = 4e-9;

/// Bytes on the host that `n_replicas` of `n_atoms` take at least.
pub(crate) fn needed_bytes(n_atoms: usize, n_replicas: usize) -> u64 {
    let (n_atoms, n_replicas) = (n_atoms as u64, n_replicas as u64);
    let of_a_replica = VECTORS_OF_A_REPLICA * 24 * n_atoms + BYTES_OF_A_REPLICA;
    of_a_replica
        .saturating_mul(n_replicas)
        .saturating_add(BYTES_OF_A_PAIR.saturating_mul(n_atoms * n_atoms))
}

/// Refuses a run for which this machine has no memory.
///
/// # Errors
/// What is needed, what is there, and what to change.
pub(crate) fn check(config: &Config, n_atoms: usize) -> Result<(), CliError> {
    let n_replicas = config.n_replicas();
    check_bytes(
        needed_bytes(n_atoms, n_replicas),
        &format!("{n_replicas} replicas of {n_atoms} atoms"),
        "write fewer `replicas`: they are independent, and several runs with seeds of their own do the same",
    )
}

/// Refuses so many bytes where this machine does not have them.
///
/// # Errors
/// What is needed and what is there.
pub(crate) fn check_bytes(needed: u64, what: &str, help: &str) -> Result<(), CliError> {
    let Some(available) = available_bytes() else {
        return Ok(());
    };
    let fits = needed as f64 <= SHARE * available as f64;
    if fits {
        return Ok(());
    }
    Err(CliError::input(format!(
        "{what} take at least {}, but this machine has {} of memory left\n  help: {help}",
        shown(needed),
        shown(available)
    )))
}

/// Announces how long a sequence of so many residues takes, before anything is built of it.
pub(crate) fn announce_residues(n_residues: usize) {
    announce(n_residues.saturating_mul(ATOMS_OF_A_RESIDUE));
}

/// Announces how long large molecules take.
pub(crate) fn announce(n_atoms: usize) {
    let n_atoms = n_atoms as u64;
    if n_atoms < MANY_ATOMS {
        return;
    }
    let seconds = (n_atoms * n_atoms) as f64 * SECONDS_OF_A_PAIR;
    log::warn!(
        "about {n_atoms} atoms: each evaluation visits all pairs and takes about {seconds:.2} s for a replica on one thread, the minimiser up to {:.0} s",
        1000.0 * seconds
    );
}

/// Memory that programs may still take, limits of this process included; `None` where the system does not say.
fn available_bytes() -> Option<u64> {
    let of_machine = field_kib("/proc/meminfo", "MemAvailable:")?;
    let limit = fs::read_to_string("/proc/self/limits").ok();
    let limit = limit.and_then(|text| {
        let line = text
            .lines()
            .find(|line| line.starts_with("Max address space"))?;
        line.split_whitespace().nth(3)?.parse::<u64>().ok()
    });
    Some(limit.map_or(of_machine, |limit| limit.min(of_machine)))
}

fn field_kib(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Bytes in the unit that leaves the fewest digits.
pub(crate) fn shown(bytes: u64) -> String {
    let units = [
        ("TiB", 1_u64 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
    ];
    let (unit, size) = units
        .into_iter()
        .find(|(_, size)| bytes >= *size)
        .unwrap_or(("bytes", 1));
    format!("{:.1} {unit}", bytes as f64 / size as f64)
}
