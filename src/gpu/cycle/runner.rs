//! Whole cycles on the device: dynamics, moves, tests and swaps one after the other; only frames come back, while the next cycle
//! runs.

use super::failure::Origin;
use super::leap::TorsionLeaps;
use super::moves::{ResidentMove, TorsionMoves};
use crate::forcefield::System;
use crate::gpu::engine::GpuEngine;
use crate::gpu::error::GpuError;
use crate::gpu::iterations::{MOST_ITERATIONS, UnitSizes};
use crate::gpu::options::GpuOptions;
use crate::gpu::shader::kernels::KernelKind;
use crate::gpu::shader::layout::{Failure, Settings};
use crate::gpu::tables::index;
use crate::gpu::transfer::Pending;
use crate::integrator::{Engine, EngineError};
use crate::rng;
use crate::state::State;
use crate::units::thermal_energy_kj_per_mol;
use std::time::Instant;

/// What came back of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidentFrame {
    /// Cycles done since the upload.
    pub cycle: u64,
    /// Step count of the run.
    pub step: u64,
    /// Positions in nm, `[n_replicas, n_atoms, 3]`.
    pub positions: Vec<f32>,
    /// Potential energies in kJ/mol, `[n_replicas]`.
    pub potential_energies: Vec<f64>,
}

/// Replicas that live on the device, and the cycle they go through.
#[derive(Debug)]
pub struct Resident {
    engine: GpuEngine,
    moves: Vec<ResidentMove>,
    torsions: TorsionMoves,
    /// Where the leaps begin in the table of moves, and how many energy evaluations one lasts.
    leaps: (u32, u64),
    /// What bounds the loops of moves and leaps.
    sizes: UnitSizes,
    /// Moves made so far by each entry: the counters of their noise.
    counters: Vec<u64>,
    /// Time steps of each entry in the last run.
    n_steps: Vec<u64>,
    cycle: u64,
    step: u64,
    /// Where the run was at the upload.
    origin: Origin,
    /// Cycles whose duration set the pace; the first of them may include the driver's compilation.
    n_timed: u32,
}

/// Cycles that are timed before the pace is kept.
const TIMED_CYCLES: u32 = 4;

impl Resident {
    /// Opens the device and prepares a cycle.
    ///
    /// # Errors
    /// [`GpuError`] where there is no such adapter or the molecule does not fit it.
    pub fn new(
        system: &System,
        options: &GpuOptions,
        moves: Vec<ResidentMove>,
        torsions: &TorsionMoves,
    ) -> Result<Self, GpuError> {
        Self::with_leaps(system, options, moves, torsions, None)
    }

    /// The same with the leaps that [`ResidentMove::TorsionLeap`] chooses from.
    ///
    /// # Errors
    /// [`GpuError`] where there is no such adapter, or molecule or networks do not fit it.
    pub fn with_leaps(
        system: &System,
        options: &GpuOptions,
        moves: Vec<ResidentMove>,
        torsions: &TorsionMoves,
        leaps: Option<&TorsionLeaps>,
    ) -> Result<Self, GpuError> {
        let n_atoms = system.n_atoms();
        let room = leaps.map(TorsionLeaps::room).unwrap_or_default();
        let mut engine = GpuEngine::with_network(system, options, room)?;
        engine.n_testing = moves.len();
        engine.n_blocks = torsions.blocks.len();
        let mut table = torsions.table(n_atoms);
        let leap_start = table.len();
        if let Some(leaps) = leaps {
            table.extend(leaps.table(leap_start, n_atoms));
        }
        let networks = leaps.map_or(&[][..], TorsionLeaps::networks);
        engine.tables.set_moves(&engine.gpu, &table, networks);
        let pivots = torsions.blocks.iter().map(|block| block.pivots.len());
        let sizes = UnitSizes {
            n_pivots: pivots.max().unwrap_or(0) as u64,
            leap: leaps.map(TorsionLeaps::size).unwrap_or_default(),
        };
        check_units(&engine, &moves, sizes)?;
        Ok(Self {
            sizes,
            leaps: (
                index(leap_start),
                leaps.map_or(1, |leaps| leaps.n_evaluations(n_atoms)),
            ),
            engine,
            torsions: torsions.clone(),
            counters: vec![0; moves.len()],
            n_steps: vec![0; moves.len()],
            moves,
            cycle: 0,
            step: 0,
            origin: Origin::default(),
            n_timed: 0,
        })
    }

    /// The engine behind, for its description.
    #[must_use]
    pub fn engine(&self) -> &GpuEngine {
        &self.engine
    }

    /// The cycle's entries.
    #[must_use]
    pub fn moves(&self) -> &[ResidentMove] {
        &self.moves
    }

    /// Moves made so far by each entry; with [`Resident::set_counters`] the noise goes on where it stopped.
    #[must_use]
    pub fn counters(&self) -> &[u64] {
        &self.counters
    }

    /// Restores what [`Resident::counters`] said.
    ///
    /// # Panics
    /// If there are not as many as entries of the cycle.
    pub fn set_counters(&mut self, counters: &[u64]) {
        self.counters.copy_from_slice(counters);
    }

    /// Time steps of each entry in the last [`Resident::run`]; trajectories may differ in length.
    #[must_use]
    pub fn n_steps(&self) -> &[u64] {
        &self.n_steps
    }

    /// Torsions that the torsion moves choose from.
    #[must_use]
    pub fn torsions(&self) -> &TorsionMoves {
        &self.torsions
    }

    /// Replaces the widths of the blocks' normals, rad.
    pub fn set_widths_rad(&mut self, widths_rad: &[f64]) {
        self.torsions.widths_rad = widths_rad.to_vec();
        let table = self.torsions.table(self.engine.n_atoms());
        self.engine.tables.update_moves(&self.engine.gpu, &table);
    }

    /// Replaces the time step of an entry, ps; torsion moves have none.
    ///
    /// # Panics
    /// If there is no such entry.
    pub fn set_timestep_ps(&mut self, entry: usize, new: f64) {
        match &mut self.moves[entry] {
            ResidentMove::Langevin { timestep_ps, .. } | ResidentMove::Hmc { timestep_ps, .. } => {
                *timestep_ps = new;
            }
            ResidentMove::Torsion { .. } | ResidentMove::TorsionLeap { .. } => {}
        }
    }

    /// Torsion moves of every block since this was asked last: `[tried, accepted]`, over all replicas.
    ///
    /// # Errors
    /// [`GpuError::Lost`].
    pub fn take_block_counts(&mut self) -> Result<Vec<[u32; 2]>, GpuError> {
        let (gpu, batch) = (&self.engine.gpu, self.engine.batch());
        let counts = gpu.read(&batch.block_counts, self.torsions.blocks.len())?;
        gpu.queue
            .write_buffer(&batch.block_counts, 0, &vec![0; counts.len() * 8]);
        Ok(counts)
    }

    /// Brings the replicas onto the device.
    ///
    /// # Errors
    /// [`GpuError::TooManyReplicas`] where they do not fit at once.
    pub fn upload(&mut self, state: &State, temperatures_kelvin: &[f64]) -> Result<(), GpuError> {
        let largest = self.engine.largest_batch;
        if state.n_replicas > largest {
            let bytes = |n: usize| (n * state.n_atoms) as u64 * crate::gpu::batch::VECTOR_BYTES;
            return Err(GpuError::TooManyReplicas {
                adapter: self.engine.adapter().name.clone(),
                n_atoms: state.n_atoms,
                n_replicas: state.n_replicas,
                limit: "max_storage_buffer_binding_size or max_compute_workgroups_per_dimension",
                offered: bytes(largest),
                needed: bytes(state.n_replicas),
                largest,
            });
        }
        self.engine.prepare(state.n_replicas);
        let kt: Vec<f64> = temperatures_kelvin
            .iter()
            .map(|&temperature| thermal_energy_kj_per_mol(temperature))
            .collect();
        let (gpu, batch) = (&self.engine.gpu, self.engine.batch());
        batch.write_thermal_energies(gpu, &kt);
        batch.write_positions(gpu, &state.positions);
        batch.write_velocities(gpu, &state.velocities);
        batch.clear_failures(gpu);
        gpu.check()?;
        (self.step, self.cycle) = (state.step, 0);
        let done = self.moves.iter().zip(&self.counters).next();
        self.origin = Origin {
            step: state.step,
            cycle: done.map_or(0, |(entry, counter)| counter / entry.n_units().max(1)),
        };
        Ok(())
    }

    /// Copies the replicas back.
    ///
    /// # Errors
    /// [`GpuError::Lost`].
    pub fn download(&mut self, state: &mut State) -> Result<(), GpuError> {
        let (gpu, batch) = (&self.engine.gpu, self.engine.batch());
        batch.read_positions(gpu, &mut state.positions)?;
        batch.read_vectors(gpu, &batch.velocities, &mut state.velocities)?;
        state.step = self.step;
        Ok(())
    }

    /// Potential energies of the replicas in kJ/mol.
    ///
    /// # Errors
    /// [`GpuError::Lost`].
    pub fn potential_energies(&mut self) -> Result<Vec<f64>, GpuError> {
        self.engine
            .dispatch(KernelKind::Energies, &Settings::default())?;
        let mut energies = vec![0.0; self.engine.batch().n_replicas];
        self.engine
            .batch()
            .read_energies(&self.engine.gpu, &mut energies)?;
        Ok(energies)
    }

    /// Tests of each entry since the batch was made: `[accepted, rejected, not finite]` of every replica.
    ///
    /// # Errors
    /// [`GpuError::Lost`].
    pub fn outcomes(&self) -> Result<Vec<Vec<[u32; 3]>>, GpuError> {
        let batch = self.engine.batch();
        let n_values = batch.n_padded * self.moves.len();
        let counts: Vec<[u32; 4]> = self.engine.gpu.read(&batch.outcomes, n_values)?;
        let of_entry = |rows: &[[u32; 4]]| {
            rows[..batch.n_replicas]
                .iter()
                .map(|&[a, r, n, _]| [a, r, n])
                .collect()
        };
        Ok(counts.chunks(batch.n_padded).map(of_entry).collect())
    }

    /// ln q of the last leap of every replica, there and back, as long as nothing else was run after the leaps.
    ///
    /// # Errors
    /// [`GpuError::Lost`].
    pub fn last_log_q(&self) -> Result<Vec<[f32; 2]>, GpuError> {
        let batch = self.engine.batch();
        let energies: Vec<[f32; 4]> = self.engine.gpu.read(&batch.energies, batch.n_replicas)?;
        Ok(energies.iter().map(|e| [e[2], e[3]]).collect())
    }

    /// Runs cycles and hands over a frame after every `every` of them, each while the device goes on with the next.
    ///
    /// # Errors
    /// [`EngineError::InCycle`] when a replica blew up, [`EngineError::Device`] when the device was lost; what came back before is sound.
    pub fn run(
        &mut self,
        n_cycles: u64,
        every: u64,
        frame: &mut dyn FnMut(ResidentFrame),
    ) -> Result<(), EngineError> {
        let mut pending: Option<(u64, u64, Pending)> = None;
        self.n_steps.fill(0);
        for cycle in 1..=n_cycles {
            self.run_cycle()?;
            if cycle % every.max(1) == 0 {
                self.engine
                    .dispatch(KernelKind::Energies, &Settings::default())?;
                let asked = self.request_frame();
                if let Some(earlier) = pending.replace((self.cycle, self.step, asked)) {
                    frame(self.receive_frame(earlier)?);
                }
            }
        }
        match pending {
            Some(last) => {
                frame(self.receive_frame(last)?);
                Ok(())
            }
            None => self.check_failures(
                &self.engine.batch().read_failures(&self.engine.gpu)?,
                self.step,
            ),
        }
    }

    /// Fails with the earliest failure, and says which kernel of which cycle it was.
    fn check_failures(&self, failures: &[Failure], latest: u64) -> Result<(), EngineError> {
        self.origin.check(failures, &self.moves, latest)
    }

    /// Submits one cycle; waits for it only until the pace of this batch is known.
    fn run_cycle(&mut self) -> Result<(), EngineError> {
        let n_replicas = self.engine.batch().n_replicas;
        if self.engine.pace.restart(n_replicas) {
            self.n_timed = 0;
        }
        let timed = self.n_timed < TIMED_CYCLES;
        self.n_timed += u32::from(timed);
        for entry in 0..self.moves.len() {
            let resident_move = self.moves[entry];
            let n_units = resident_move.n_units();
            let mut done = 0;
            while done < n_units {
                let per_unit = self.n_evaluations(entry, 1);
                let affordable = (self.engine.pace.n_steps / per_unit).max(1);
                let n = affordable
                    .min(resident_move.n_units_at_once())
                    .min(self.most_units(entry))
                    .min(n_units - done);
                let n_evaluations = self.n_evaluations(entry, n);
                let start = Instant::now();
                self.submit(entry, n)?;
                if timed {
                    self.engine.batch().read_failures(&self.engine.gpu)?;
                    let seconds = start.elapsed().as_secs_f64();
                    self.engine.pace.adjust(n_evaluations, seconds);
                }
                done += n;
            }
        }
        self.cycle += 1;
        Ok(())
    }

    /// Most units of an entry that a dispatch carries to their end.
    fn most_units(&self, entry: usize) -> u64 {
        let Some(iterations) = self.engine.bounded else {
            return u64::MAX;
        };
        let resident_move = &self.moves[entry];
        let n_steps = resident_move.most_steps_of_unit();
        let unit = iterations.unit(resident_move, n_steps, self.sizes);
        (MOST_ITERATIONS.saturating_sub(iterations.frame()) / unit).max(1)
    }

    /// Energy evaluations of one replica in the next so many units of an entry.
    fn n_evaluations(&self, entry: usize, n_units: u64) -> u64 {
        match &self.moves[entry] {
            ResidentMove::TorsionLeap { .. } => n_units * self.leaps.1,
            other => other.n_evaluations(n_units, other.n_steps(n_units, self.step)),
        }
    }

    /// One dispatch of `n` steps or moves of an entry.
    fn submit(&mut self, entry: usize, n: u64) -> Result<(), GpuError> {
        let resident_move = self.moves[entry];
        let langevin = matches!(resident_move, ResidentMove::Langevin { .. });
        // Langevin noise counts the steps of the run, as everywhere; the others count their own moves.
        let counter = if langevin {
            self.step
        } else {
            self.counters[entry]
        };
        let [step_low, step_high] = rng::key(counter);
        let count = |n: u64| index(usize::try_from(n).unwrap_or(usize::MAX));
        let n_steps = resident_move.n_steps(n, self.step);
        let settings = Settings {
            n_steps: count(if langevin { n } else { n_steps / n }),
            n_moves: if langevin { 0 } else { count(n) },
            step_low,
            step_high,
            leap_start: self.leaps.0,
            outcome_start: index(entry * self.engine.batch().n_padded),
            ..resident_move.settings()
        };
        self.engine.dispatch(resident_move.kind(), &settings)?;
        self.counters[entry] += n;
        self.n_steps[entry] += n_steps;
        self.step += n_steps;
        Ok(())
    }

    fn request_frame(&self) -> Pending {
        let batch = self.engine.batch();
        let vectors = (batch.n_replicas * self.engine.n_atoms() * 16) as u64;
        let scalars = (batch.n_replicas * 16) as u64;
        self.engine.gpu.request(&[
            (&batch.positions, vectors),
            (&batch.energies, scalars),
            (&batch.failures, scalars),
        ])
    }

    fn receive_frame(
        &self,
        (cycle, step, pending): (u64, u64, Pending),
    ) -> Result<ResidentFrame, EngineError> {
        let bytes = self.engine.gpu.receive(pending)?;
        let n_replicas = self.engine.batch().n_replicas;
        let (vectors, rest) = bytes.split_at(n_replicas * self.engine.n_atoms() * 16);
        let (energies, failures) = rest.split_at(n_replicas * 16);
        let vectors: Vec<[f32; 4]> = bytemuck::pod_collect_to_vec(vectors);
        let energies: Vec<[f32; 4]> = bytemuck::pod_collect_to_vec(energies);
        let failures: Vec<Failure> = bytemuck::pod_collect_to_vec(failures);
        self.check_failures(&failures, step)?;
        Ok(ResidentFrame {
            cycle,
            step,
            positions: vectors.iter().flat_map(|v| [v[0], v[1], v[2]]).collect(),
            potential_energies: energies
                .iter()
                .map(|sum| f64::from(sum[0]) + f64::from(sum[1]))
                .collect(),
        })
    }
}

/// Refuses a cycle with a trajectory or move that no single dispatch carries to its end, on adapters that bound dispatches.
fn check_units(
    engine: &GpuEngine,
    moves: &[ResidentMove],
    sizes: UnitSizes,
) -> Result<(), GpuError> {
    let Some(iterations) = engine.bounded else {
        return Ok(());
    };
    for entry in moves {
        let n_steps = entry.most_steps_of_unit();
        let unit = iterations.unit(entry, n_steps, sizes);
        if iterations.frame().saturating_add(unit) > MOST_ITERATIONS {
            let n_atoms = engine.shape.n_atoms;
            let what = match entry {
                ResidentMove::Hmc { .. } => {
                    format!("`hmc` trajectories of {n_steps} steps of {n_atoms} atoms")
                }
                other => format!("single moves of `{}` of {n_atoms} atoms", other.name()),
            };
            return Err(iterations.too_many(&engine.gpu.adapter, what, unit));
        }
    }
    Ok(())
}
