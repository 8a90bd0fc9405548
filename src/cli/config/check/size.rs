//! Checks that numbers are of a size that a machine can carry: counts beyond it are typing errors. Memory is checked in `cli/memory`.

use super::values::Checks;
use crate::units::plain;

/// Most replicas, temperatures of a ladder included: each is a trajectory, and noise is numbered by 32 bits.
pub(crate) const MOST_REPLICAS: usize = 100_000_000;
/// Most threads; the largest machines have some hundred cores.
const MOST_THREADS: usize = 4096;
/// Most cycles of a phase: at a microsecond each they last for thirty years.
const MOST_CYCLES: u64 = 1_000_000_000_000_000;
/// Most minutes between two checkpoints: nineteen years.
const MOST_MINUTES: f64 = 1e7;
/// Residues beyond which a sequence is refused: each step visits every pair of atoms.
const MOST_RESIDUES: usize = 1000;

impl Checks<'_> {
    /// Counts of the whole run.
    pub(crate) fn sizes(&mut self) {
        self.replicas();
        let config = &self.loaded.config;
        let (threads, run) = (config.threads, config.run.clone());
        let minutes = config.output.checkpoint_minutes;
        if let Some(threads) = threads.filter(|&threads| threads > MOST_THREADS) {
            self.fault(
                "threads",
                &format!("got {threads}, expected at most {MOST_THREADS}"),
                "remove the key to use all cores of this machine",
            );
        }
        for (path, cycles) in [
            ("run.cycles", run.cycles),
            ("run.equilibration_cycles", run.equilibration_cycles),
        ] {
            if cycles > MOST_CYCLES {
                self.fault(
                    path,
                    &format!("got {cycles}, expected at most {MOST_CYCLES}"),
                    "a run can be made longer later: `--resume` with more `cycles`",
                );
            }
        }
        if minutes.is_finite() && minutes > MOST_MINUTES {
            self.fault(
                "output.checkpoint_minutes",
                &format!("got {}, expected at most {MOST_MINUTES}", plain(minutes)),
                "write 5; a checkpoint is always written at the end",
            );
        }
        self.residues();
    }

    fn replicas(&mut self) {
        let config = &self.loaded.config;
        let n_rungs = match &config.replica_exchange {
            None => 1,
            Some(exchange) => match (&exchange.temperatures_kelvin, exchange.count) {
                (Some(temperatures), _) => temperatures.len(),
                (None, count) => count.unwrap_or(1),
            },
        };
        let n_replicas = config.replicas.saturating_mul(n_rungs);
        if n_replicas > MOST_REPLICAS {
            let rungs = match n_rungs {
                1 => String::new(),
                _ => format!(" times {n_rungs} temperatures"),
            };
            self.fault(
                "replicas",
                &format!(
                    "got {}{rungs}, expected at most {MOST_REPLICAS} in all",
                    config.replicas
                ),
                "16 fill the lanes of a modern processor core, some thousand a GPU",
            );
        }
    }

    /// A sequence, whose residues are counted before anything is built of them.
    fn residues(&mut self) {
        let Some(sequence) = &self.loaded.config.system.sequence else {
            return;
        };
        let n_residues = match sequence.contains('-') {
            true => sequence.split('-').count(),
            false => sequence.chars().filter(|c| !c.is_whitespace()).count(),
        };
        if n_residues > MOST_RESIDUES {
            self.fault(
                "system.sequence",
                &format!("got {n_residues} residues, expected at most {MOST_RESIDUES}"),
                "every step visits all pairs of atoms, which suits peptides; simulate proteins of this size with a program that has cutoffs",
            );
        }
    }
}
