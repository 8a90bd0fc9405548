//! The engine of the CPU: chooses lanes and layout, spreads groups over threads, implements [`Engine`].

use super::group::Group;
use super::{Energy, EnergyAndForces, Machine};
use crate::forcefield::System;
use crate::integrator::{Engine, EngineError, LangevinSettings, Splitting};
use crate::lane::{Array, Lane};
use crate::state::State;
use rayon::prelude::*;
use std::sync::Arc;

/// Arithmetic of forces and integration; energies are summed in f64 either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// f32 with compensated positions.
    #[default]
    Mixed,
    /// f64 throughout.
    Double,
}

/// What the lanes of a register hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LaneLayout {
    /// Replicas where there are enough to fill registers, else atoms.
    #[default]
    Auto,
    /// One replica per lane.
    Replicas,
    /// One atom per lane.
    Atoms,
}

/// How to build the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuOptions {
    /// Arithmetic.
    pub precision: Precision,
    /// Threads; 0 takes all the processor has.
    pub threads: usize,
    /// Layout of the registers.
    pub layout: LaneLayout,
    /// Leave AVX-512 and AVX2 unused (for comparisons of the portable code).
    pub portable: bool,
}

/// The engine could not be built.
#[derive(Debug, thiserror::Error)]
pub enum CpuError {
    /// A torsion beyond what the engine carries.
    #[error(
        "a torsion has periodicity {periodicity}; the engine knows 1 to {limit}: check the force field file"
    )]
    Periodicity {
        /// What was asked for.
        periodicity: u32,
        /// Largest known.
        limit: usize,
    },
    /// The operating system gave no threads.
    #[error("could not start {threads} threads: {reason}; ask for fewer with `threads:`")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// The system's words.
        reason: String,
    },
}

/// Builds the fastest engine this processor can run.
///
/// # Errors
/// [`CpuError`] for a force field beyond the engine or a system without threads.
pub fn engine(system: &System, options: &CpuOptions) -> Result<Box<dyn Engine>, CpuError> {
    let limit = super::parameters::MAX_PERIODICITY;
    if let Some(torsion) = system
        .torsions
        .iter()
        .find(|torsion| torsion.periodicity as usize > limit)
    {
        return Err(CpuError::Periodicity {
            periodicity: torsion.periodicity,
            limit,
        });
    }
    if options.precision == Precision::Double {
        return Ok(Box::new(CpuEngine::<Array<f64, 8>>::new(system, options)?));
    }
    #[cfg(target_arch = "x86_64")]
    if !options.portable {
        if crate::lane::F32x16::available() {
            return Ok(Box::new(CpuEngine::<crate::lane::F32x16>::new(
                system, options,
            )?));
        }
        if crate::lane::F32x8::available() {
            return Ok(Box::new(CpuEngine::<crate::lane::F32x8>::new(
                system, options,
            )?));
        }
    }
    Ok(Box::new(CpuEngine::<Array<f32, 16>>::new(system, options)?))
}

/// Lane types this processor can run, the one the engine takes first.
#[must_use]
pub fn available_instruction_sets() -> Vec<&'static str> {
    let mut names = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if crate::lane::F32x16::available() {
            names.push(crate::lane::F32x16::NAME);
        }
        if crate::lane::F32x8::available() {
            names.push(crate::lane::F32x8::NAME);
        }
    }
    names.push(<Array<f32, 16>>::NAME);
    names
}

/// The engine for one lane type.
struct CpuEngine<L: Lane> {
    machine: Arc<Machine<L>>,
    layout: LaneLayout,
    threads: Arc<rayon::ThreadPool>,
    /// Groups of the last batch size, kept because most calls repeat it.
    groups: Vec<Group<L>>,
    n_replicas: usize,
    /// For threads that advance replicas of their own.
    parts: Vec<Self>,
}

impl<L: Lane> CpuEngine<L> {
    fn new(system: &System, options: &CpuOptions) -> Result<Self, CpuError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .build()
            .map_err(|error| CpuError::Threads {
                threads: options.threads,
                reason: error.to_string(),
            })?;
        Ok(Self {
            machine: Arc::new(Machine::new(system)),
            layout: options.layout,
            threads: Arc::new(threads),
            groups: Vec::new(),
            n_replicas: 0,
            parts: Vec::new(),
        })
    }

    /// The same system on the same threads, with memory of its own.
    fn part(&self) -> Self {
        Self {
            machine: Arc::clone(&self.machine),
            layout: self.layout,
            threads: Arc::clone(&self.threads),
            groups: Vec::new(),
            n_replicas: 0,
            parts: Vec::new(),
        }
    }

    /// Cuts the batch into groups: full registers of replicas, and what is left one by one where that is quicker.
    fn prepare(&mut self, n_replicas: usize) {
        if n_replicas == self.n_replicas {
            return;
        }
        self.groups.clear();
        let mut first = 0;
        while first < n_replicas {
            let rest = (n_replicas - first).min(L::LANES);
            // A register of replicas takes about as long as LANES / 4 replicas with atoms in the lanes.
            let together = match self.layout {
                LaneLayout::Auto => rest * 4 > L::LANES,
                LaneLayout::Replicas => true,
                LaneLayout::Atoms => false,
            };
            if together {
                self.groups
                    .push(Group::replicas(&self.machine.parameters, first, rest));
                first += rest;
            } else {
                self.groups.push(Group::atoms(&self.machine, first));
                first += 1;
            }
        }
        self.n_replicas = n_replicas;
    }

    /// Runs a function on every group with its part of an array `[n_replicas, size]`, in parallel.
    fn for_each_group<T: Send>(
        &mut self,
        parts: &mut [f64],
        size: usize,
        function: impl Fn(&Machine<L>, &mut Group<L>, &mut [f64]) -> T + Sync,
    ) -> Vec<T> {
        let machine = self.machine.as_ref();
        let mut rest = parts;
        let mut tasks = Vec::with_capacity(self.groups.len());
        for group in &mut self.groups {
            let (part, next) = rest.split_at_mut(group.n_replicas * size);
            rest = next;
            tasks.push((group, part));
        }
        if tasks.len() == 1 {
            return tasks
                .into_iter()
                .map(|(group, part)| function(machine, group, part))
                .collect();
        }
        self.threads.install(|| {
            tasks
                .into_par_iter()
                .map(|(group, part)| function(machine, group, part))
                .collect()
        })
    }

    /// Loads a state, advances every group, stores the state, and reports the gravest failure.
    fn advance(
        &mut self,
        state: &mut State,
        function: impl Fn(&Machine<L>, &mut Group<L>) -> Result<(), EngineError> + Sync,
    ) -> Result<(), EngineError> {
        self.prepare(state.n_replicas);
        let n_atoms = state.n_atoms;
        let size = n_atoms * 3;
        let (positions, velocities) = (&state.positions, &state.velocities);
        let mut both = vec![0.0; 2 * positions.len()];
        let results = self.for_each_group(&mut both, 2 * size, |machine, group, part| {
            group.load_positions(positions, n_atoms);
            group.load_positions_low(positions, n_atoms);
            group.load_velocities(velocities, n_atoms);
            let result = function(machine, group);
            let (x, v) = part.split_at_mut(group.n_replicas * size);
            group.store_positions(x, n_atoms);
            group.store_velocities(v, n_atoms);
            result
        });
        let mut rest = both.as_slice();
        for group in &self.groups {
            let length = group.n_replicas * size;
            let range = group.first_replica * size..group.first_replica * size + length;
            state.positions[range.clone()].copy_from_slice(&rest[..length]);
            state.velocities[range].copy_from_slice(&rest[length..2 * length]);
            rest = &rest[2 * length..];
        }
        let failures = results.into_iter().filter_map(Result::err);
        failures.reduce(EngineError::graver).map_or(Ok(()), Err)
    }
}

impl<L: Lane> Engine for CpuEngine<L> {
    fn description(&self) -> String {
        let threads = self.threads.current_num_threads();
        format!(
            "cpu, {}, {threads} thread{}",
            L::NAME,
            if threads == 1 { "" } else { "s" }
        )
    }

    /// Not the number of threads: each has whole registers of replicas.
    fn arithmetic(&self) -> String {
        format!("cpu, {}", L::NAME)
    }

    fn is_free(&self) -> bool {
        true
    }

    fn threads(&self) -> Option<Arc<rayon::ThreadPool>> {
        Some(Arc::clone(&self.threads))
    }

    fn parts(&mut self, n_parts: usize) -> Vec<&mut dyn Engine> {
        while self.parts.len() < n_parts {
            self.parts.push(self.part());
        }
        let parts = self.parts.iter_mut().take(n_parts);
        parts.map(|part| part as &mut dyn Engine).collect()
    }

    fn n_atoms(&self) -> usize {
        self.machine.parameters.n_atoms
    }

    fn n_degrees_of_freedom(&self) -> usize {
        self.machine.n_degrees_of_freedom
    }

    fn masses_da(&self) -> &[f64] {
        &self.machine.masses_da
    }

    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) {
        self.prepare(energies.len());
        let n_atoms = self.n_atoms();
        self.for_each_group(energies, 1, |machine, group, part| {
            group.load_positions(positions, n_atoms);
            group.evaluate::<Energy>(machine);
            for (replica, energy) in part.iter_mut().enumerate() {
                *energy = group.energy(replica);
            }
        });
    }

    fn energies_and_forces(&mut self, positions: &[f64], energies: &mut [f64], forces: &mut [f64]) {
        self.prepare(energies.len());
        let n_atoms = self.n_atoms();
        self.for_each_group(forces, n_atoms * 3, |machine, group, part| {
            group.load_positions(positions, n_atoms);
            group.evaluate::<EnergyAndForces>(machine);
            group.store_forces(part, n_atoms);
        });
        for group in &self.groups {
            for replica in 0..group.n_replicas {
                energies[group.first_replica + replica] = group.energy(replica);
            }
        }
    }

    fn langevin(
        &mut self,
        state: &mut State,
        settings: &LangevinSettings,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        let first_step = state.step;
        let result = self.advance(state, |machine, group| {
            group.langevin(machine, settings, first_step, n_steps)
        });
        state.step += n_steps;
        result
    }

    fn constant_energy(
        &mut self,
        state: &mut State,
        splitting: Splitting,
        timestep_ps: f64,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        self.advance(state, |machine, group| {
            group.constant_energy(machine, splitting, timestep_ps, n_steps)
        })
    }

    fn draw_velocities(
        &mut self,
        state: &mut State,
        temperatures_kelvin: &[f64],
        seed: u64,
        draw: u64,
    ) {
        let drawn = self.advance(state, |machine, group| {
            group.draw_velocities(machine, temperatures_kelvin, seed, draw)
        });
        if let Err(error) = drawn {
            log::warn!("velocities keep a component along constraints: {error}");
        }
    }

    fn apply_constraints(&mut self, state: &mut State) -> Result<(), EngineError> {
        let step = state.step;
        self.advance(state, |machine, group| {
            group.apply_constraints(machine, step)
        })
    }
}
