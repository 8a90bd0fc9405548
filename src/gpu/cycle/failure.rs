//! Which step, cycle and kernel a failure on the device belongs to, when whole cycles ran before anyone looked.

use super::moves::ResidentMove;
use crate::gpu::segment::earliest;
use crate::gpu::shader::layout::Failure;
use crate::integrator::EngineError;

/// Where the run was when its replicas came onto the device.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin {
    /// Step count of the run.
    pub(crate) step: u64,
    /// Cycles of the run that were done.
    pub(crate) cycle: u64,
}

impl Origin {
    /// The earliest failure of all replicas; `latest` is the step count of the run when the failures were copied.
    pub(crate) fn check(
        self,
        failures: &[Failure],
        moves: &[ResidentMove],
        latest: u64,
    ) -> Result<(), EngineError> {
        let Some((step, source)) = earliest(failures, 0, latest) else {
            return Ok(());
        };
        let Some((cycle, entry)) = self.place(moves, step) else {
            return Err(source);
        };
        Err(EngineError::InCycle {
            kernel: moves[entry].name(),
            entry: entry + 1,
            cycle,
            source: Box::new(source),
        })
    }

    /// The cycle of the run, from 1, and the entry of the cycle that made a step; `None` where nothing makes steps.
    fn place(self, moves: &[ResidentMove], step: u64) -> Option<(u64, usize)> {
        let mut before = self.step;
        for cycle in self.cycle + 1.. {
            let start = before;
            for (entry, resident_move) in moves.iter().enumerate() {
                before += resident_move.n_steps(resident_move.n_units(), before);
                if step < before {
                    return Some((cycle, entry));
                }
            }
            if before == start {
                break;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::shader::layout::NO_FAILURE;

    fn langevin(n_steps: u64) -> ResidentMove {
        ResidentMove::Langevin {
            n_steps,
            timestep_ps: 0.001,
            friction_per_ps: 1.0,
            seed: 1,
        }
    }

    fn torsion() -> ResidentMove {
        let (n_moves, seed) = (9, 1);
        ResidentMove::Torsion { n_moves, seed }
    }

    #[test]
    fn a_step_belongs_to_the_kernel_that_made_it() {
        let moves = [langevin(3), torsion(), langevin(5)];
        let (step, cycle) = (100, 7);
        let place = |step| Origin { step: 100, cycle }.place(&moves, step);
        assert_eq!(place(step), Some((8, 0)));
        assert_eq!(place(102), Some((8, 0)));
        assert_eq!(place(103), Some((8, 2)));
        assert_eq!(place(107), Some((8, 2)));
        assert_eq!(place(108), Some((9, 0)));
        assert_eq!(Origin::default().place(&[torsion()], 0), None);
    }

    #[test]
    fn the_earliest_failure_counts_across_the_wrap_of_the_low_word() {
        let failure = |force_step, constraint_step| Failure {
            force_step,
            constraint_step,
            ..Failure::default()
        };
        let none = failure(NO_FAILURE, NO_FAILURE);
        let moves = [langevin(10)];
        let latest = (5_u64 << 32) + 3;
        let origin = Origin {
            step: latest - 33,
            cycle: 0,
        };
        origin.check(&[none], &moves, latest).unwrap();
        let failures = [
            none,
            failure(1, NO_FAILURE),
            failure(u32::MAX - 1, NO_FAILURE),
        ];
        let EngineError::InCycle { cycle, source, .. } =
            origin.check(&failures, &moves, latest).unwrap_err()
        else {
            panic!("a failure without a place")
        };
        let diverged = source.diverged().unwrap();
        assert_eq!((diverged.replica, diverged.step), (2, latest - 5));
        assert_eq!(cycle, 3);
        let failures = [none, failure(NO_FAILURE, 2)];
        let error = origin.check(&failures, &moves, latest).unwrap_err();
        let expected =
            "`langevin` (entry 1 of the cycle) in cycle 4: replica 1: constraints did not converge";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
