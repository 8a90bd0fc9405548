//! Replicas that need not wait for each other: every thread takes its own through several kernels.

use super::drive_error::{DriveError, failure_of};
use super::kernel::{Chain, Kernel, KernelPart};
use crate::integrator::Engine;
use rayon::prelude::*;
use std::ops::Range;

/// Replicas that fit a register of the widest kind: one thread does all their work.
pub(super) const REGISTER: usize = 16;

/// Replicas of every part: as many parts as threads, in whole registers, as even as they can be.
pub(super) fn part_sizes(n_replicas: usize, n_threads: usize) -> Vec<usize> {
    let n_registers = n_replicas.div_ceil(REGISTER);
    let n_parts = n_threads.min(n_registers).max(1);
    let bound = |part: usize| (n_registers * part / n_parts * REGISTER).min(n_replicas);
    (0..n_parts)
        .map(|part| bound(part + 1) - bound(part))
        .collect()
}

/// A part of the chain with the machine and the kernels that advance it.
struct Share<'a> {
    chain: Chain,
    engine: &'a mut dyn Engine,
    kernels: Vec<(String, KernelPart<'a>)>,
}

impl Share<'_> {
    fn run(&mut self) -> Result<(), DriveError> {
        for (name, kernel) in &mut self.kernels {
            kernel(&mut self.chain, self.engine).map_err(failure_of(name))?;
        }
        Ok(())
    }
}

/// One step of kernels that all have agreed to so many parts, which do not wait for each other in between.
///
/// # Errors
/// [`DriveError::Kernel`], that of the first part that failed; the chain is then as all parts left it.
pub(super) fn run_parts(
    kernels: &mut [Box<dyn Kernel>],
    chain: &mut Chain,
    engines: Vec<&mut dyn Engine>,
    sizes: &[usize],
) -> Result<(), DriveError> {
    let mut first = 0;
    let mut shares: Vec<Share<'_>> = Vec::with_capacity(sizes.len());
    for (engine, &size) in engines.into_iter().zip(sizes) {
        shares.push(Share {
            chain: chain.part(&(first..first + size)),
            engine,
            kernels: Vec::with_capacity(kernels.len()),
        });
        first += size;
    }
    for kernel in kernels {
        let name = kernel.name().to_owned();
        for (share, part) in shares.iter_mut().zip(kernel.parts(sizes)) {
            share.kernels.push((name.clone(), part));
        }
    }
    let results: Vec<_> = shares.par_iter_mut().map(Share::run).collect();
    chain.take_parts(shares.iter().map(|share| &share.chain));
    results.into_iter().collect()
}

impl Chain {
    /// Some of the replicas, whose energy evaluations are counted from 0.
    fn part(&self, replicas: &Range<usize>) -> Self {
        let energies = self.energies.as_ref();
        Self {
            state: self.state.part(replicas),
            temperatures_kelvin: self.temperatures_kelvin[replicas.clone()].to_vec(),
            energies: energies.map(|energies| energies[replicas.clone()].to_vec()),
            time_ps: self.time_ps,
            n_energy_evaluations: 0,
        }
    }

    /// What has become of the parts, all replicas in order.
    fn take_parts<'a>(&mut self, parts: impl Iterator<Item = &'a Self>) {
        let (mut first, mut energies) = (0, Some(Vec::with_capacity(self.state.n_replicas)));
        for part in parts {
            self.state.set_part(first, &part.state);
            (self.state.step, self.time_ps) = (part.state.step, part.time_ps);
            self.n_energy_evaluations += part.n_energy_evaluations;
            energies = energies
                .zip(part.energies.as_ref())
                .map(|(mut all, these)| {
                    all.extend_from_slice(these);
                    all
                });
            first += part.state.n_replicas;
        }
        self.energies = energies;
    }
}

#[cfg(test)]
mod tests {
    use super::part_sizes;

    #[test]
    fn parts_are_whole_registers_and_all_replicas() {
        for (n_replicas, n_threads, expected) in [
            (64, 2, vec![32, 32]),
            (64, 16, vec![16, 16, 16, 16]),
            (48, 2, vec![16, 32]),
            (40, 3, vec![16, 16, 8]),
            (16, 2, vec![16]),
            (1, 2, vec![1]),
        ] {
            assert_eq!(part_sizes(n_replicas, n_threads), expected);
        }
    }
}
