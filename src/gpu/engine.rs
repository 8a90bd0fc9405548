//! The engine of the GPU: uploads a batch, runs kernels, downloads the result; implements [`Engine`]. The physics is in the shaders.

use super::batch::{Batch, DeviceTables};
use super::device::{AdapterSummary, Gpu};
use super::error::GpuError;
use super::iterations::Iterations;
use super::options::GpuOptions;
use super::pace::Pace;
use super::plan::{self, Plan};
use super::profile::Stopwatch;
use super::segment::{Run, earliest, gravest, timestep_settings, trajectory_settings};
use super::shader::kernels::{KernelKind, Kernels, Recipe};
use super::shader::layout::Settings;
use super::shape::{NetworkRoom, Shape};
use super::tables::{Tables, index, single};
use crate::forcefield::System;
use crate::integrator::{Engine, EngineError, LangevinSettings, Splitting, put_back, take_off};
use crate::rng;
use crate::state::State;
use crate::units::thermal_energy_kj_per_mol;
use std::time::Instant;

/// Time step that scales the tolerance of velocity constraints where no step is taken, ps; as on the CPU.
const PROJECTION_TIMESTEP_PS: f64 = 0.002;

/// Builds the engine on the chosen adapter.
///
/// # Errors
/// [`GpuError`] where there is no such adapter or the molecule does not fit it.
pub fn engine(system: &System, options: &GpuOptions) -> Result<Box<dyn Engine>, GpuError> {
    Ok(Box::new(GpuEngine::new(system, options)?))
}

/// One molecule on one device.
#[derive(Debug)]
pub struct GpuEngine {
    pub(super) gpu: Gpu,
    pub(super) shape: Shape,
    pub(super) kernels: Kernels,
    pub(super) tables: DeviceTables,
    masses_da: Vec<f64>,
    n_degrees_of_freedom: usize,
    f64_sums: bool,
    /// Most replicas of a batch; larger calls are cut.
    pub(super) largest_batch: usize,
    pub(super) batch: Option<(Batch, wgpu::BindGroup)>,
    /// Kernels whose tests are counted apart.
    pub(super) n_testing: usize,
    /// Blocks of torsions that moves choose from.
    pub(super) n_blocks: usize,
    stopwatch: Option<Stopwatch>,
    /// Steps that a dispatch may take.
    pub(super) pace: Pace,
    /// Loop iterations of the kernels, where the adapter bounds those of a dispatch.
    pub(super) bounded: Option<Iterations>,
}

impl GpuEngine {
    /// Opens the device and uploads the molecule.
    ///
    /// # Errors
    /// [`GpuError`] where there is no such adapter or the molecule does not fit it.
    pub fn new(system: &System, options: &GpuOptions) -> Result<Self, GpuError> {
        Self::with_network(system, options, NetworkRoom::default())
    }

    /// The same with room for networks in workgroup memory.
    pub(super) fn with_network(
        system: &System,
        options: &GpuOptions,
        network: NetworkRoom,
    ) -> Result<Self, GpuError> {
        let gpu = Gpu::open(&options.choice)?;
        let limits = gpu.adapter.shape_limits();
        let n_atoms = system.n_atoms();
        let (placement, n_sharing) = (options.placement, options.n_sharing);
        let shape = Shape::with_network(n_atoms, &limits, placement, n_sharing, network);
        plan::check_workgroup_memory(&gpu.adapter, &shape)?;
        let Plan { largest_batch, .. } = Plan::new(system, &gpu.adapter, &shape)?;
        let tables = Tables::new(system, &shape)?;
        let bounded = Iterations::bounded(&gpu.adapter, system, &shape, &tables)?;
        let f64_sums = gpu.adapter.has_f64 && !options.without_f64;
        let recipe = Recipe::new(system, &shape, options.sources.clone(), f64_sums)?;
        plan::check_bindings(&gpu.adapter)?;
        let profile = options
            .profile
            .as_ref()
            .filter(|_| gpu.adapter.has_timestamps);
        let stopwatch = profile.map(|profile| Stopwatch::new(&gpu, profile.clone()));
        Ok(Self {
            kernels: Kernels::new(&gpu, recipe),
            tables: DeviceTables::new(&gpu, &tables),
            gpu,
            shape,
            masses_da: system.masses_da.clone(),
            n_degrees_of_freedom: system.n_degrees_of_freedom(),
            f64_sums,
            largest_batch: options
                .largest_batch
                .map_or(largest_batch, |most| most.clamp(1, largest_batch)),
            batch: None,
            n_testing: 0,
            n_blocks: 0,
            stopwatch,
            pace: Pace::new(0, options.steps_at_once),
            bounded,
        })
    }

    /// The adapter in use.
    #[must_use]
    pub fn adapter(&self) -> &AdapterSummary {
        &self.gpu.adapter
    }

    /// How the molecule is spread over threads.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Makes the device useless, as a crashed driver would: for tests of what happens then.
    #[cfg(feature = "testing")]
    pub fn destroy_device(&self) {
        self.gpu.device.destroy();
    }

    /// Buffers for a batch, kept from the last call where it had as many replicas.
    pub(super) fn prepare(&mut self, n_replicas: usize) {
        let ready = self
            .batch
            .as_ref()
            .is_some_and(|(batch, _)| batch.n_replicas == n_replicas);
        if !ready {
            let batch = Batch::new(
                &self.gpu,
                &self.shape,
                n_replicas,
                [self.n_testing, self.n_blocks],
            );
            let bound = batch.bind(&self.gpu, &self.kernels.bind_group_layout, &self.tables);
            self.batch = Some((batch, bound));
        }
    }

    pub(super) fn batch(&self) -> &Batch {
        let (batch, _) = self.batch.as_ref().expect("invariant: prepared before use");
        batch
    }

    /// Puts one dispatch of a kernel over the batch into the queue.
    pub(super) fn dispatch(
        &mut self,
        kind: KernelKind,
        settings: &Settings,
    ) -> Result<(), GpuError> {
        let (batch, bound) = self.batch.as_ref().expect("invariant: prepared before use");
        let settings = Settings {
            n_replicas: index(batch.n_replicas),
            ..*settings
        };
        batch.write_settings(&self.gpu, &settings);
        let n_workgroups = index(self.shape.n_workgroups(batch.n_replicas));
        let pipeline = self.kernels.pipeline(&self.gpu, kind)?;
        let mut encoder = self
            .gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor {
                label: Some(kind.name()),
            });
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some(kind.name()),
                timestamp_writes: self.stopwatch.as_ref().map(Stopwatch::writes),
            });
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, bound, &[]);
            pass.dispatch_workgroups(n_workgroups, 1, 1);
        }
        if let Some(stopwatch) = &self.stopwatch {
            stopwatch.resolve(&mut encoder);
        }
        self.gpu.queue.submit([encoder.finish()]);
        match &self.stopwatch {
            Some(stopwatch) => stopwatch.read(&self.gpu, kind.name()),
            None => Ok(()),
        }
    }

    /// Runs a function on every batch of a large number of replicas: (first replica, number of replicas).
    fn for_each_batch<E>(
        &mut self,
        n_replicas: usize,
        mut function: impl FnMut(&mut Self, usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = 0;
        while first < n_replicas {
            let size = (n_replicas - first).min(self.largest_batch);
            self.prepare(size);
            function(self, first, size)?;
            first += size;
        }
        Ok(())
    }

    /// Energies and, where there is room for them, forces.
    fn evaluate(
        &mut self,
        positions: &[f64],
        energies: &mut [f64],
        forces: Option<&mut [f64]>,
    ) -> Result<(), GpuError> {
        let width = self.shape.n_atoms * 3;
        let mut forces = forces;
        let kind = if forces.is_some() {
            KernelKind::EnergiesAndForces
        } else {
            KernelKind::Energies
        };
        self.for_each_batch(energies.len(), |engine, first, size| {
            let range = first * width..(first + size) * width;
            let mut about_origins = positions[range.clone()].to_vec();
            let _nobody_wants_them_back = take_off(&mut about_origins, width / 3);
            engine.batch().write_positions(&engine.gpu, &about_origins);
            engine.dispatch(kind, &Settings::default())?;
            let (gpu, batch) = (&engine.gpu, engine.batch());
            batch.read_energies(gpu, &mut energies[first..first + size])?;
            match &mut forces {
                Some(forces) => batch.read_vectors(gpu, &batch.forces, &mut forces[range]),
                None => Ok(()),
            }
        })
    }

    /// Uploads a state, runs dispatches of `n_steps` steps in all, downloads the state; the gravest failure is the result.
    fn advance(&mut self, state: &mut State, run: &Run<'_>) -> Result<(), EngineError> {
        let width = state.n_atoms * 3;
        let mut failure: Option<EngineError> = None;
        self.for_each_batch(state.n_replicas, |engine, first, size| {
            let range = first * width..(first + size) * width;
            let origins = take_off(&mut state.positions[range.clone()], state.n_atoms);
            let (gpu, batch) = (&engine.gpu, engine.batch());
            batch.write_positions(gpu, &state.positions[range.clone()]);
            batch.write_velocities(gpu, &state.velocities[range.clone()]);
            batch.clear_failures(gpu);
            if let Some(temperatures) = run.temperatures_kelvin {
                let kt: Vec<f64> = temperatures[first..first + size]
                    .iter()
                    .map(|&temperature| thermal_energy_kj_per_mol(temperature))
                    .collect();
                batch.write_thermal_energies(gpu, &kt);
            }
            let outcome = engine.run_steps(run, first);
            let (gpu, batch) = (&engine.gpu, engine.batch());
            let positions = &mut state.positions[range.clone()];
            batch.read_positions(gpu, positions)?;
            put_back(positions, width / 3, &origins);
            batch.read_vectors(gpu, &batch.velocities, &mut state.velocities[range])?;
            // Replicas of later batches have their own fate.
            if let Err(error) = outcome {
                failure = Some(match failure.take() {
                    Some(earlier) => earlier.graver(error),
                    None => error,
                });
            }
            Ok::<(), EngineError>(())
        })?;
        failure.map_or(Ok(()), Err)
    }

    /// Dispatches of a batch, none longer than drivers tolerate.
    fn run_steps(&mut self, run: &Run<'_>, first_replica: usize) -> Result<(), EngineError> {
        let n_replicas = self.batch().n_replicas;
        self.pace.restart(n_replicas);
        // A trajectory may be cut between whole steps of its splitting alone.
        let whole = u64::from(run.settings.n_stages).max(1);
        if run.paced
            && let Some(iterations) = self.bounded
        {
            iterations.check_step(&self.gpu.adapter, self.shape.n_atoms, whole)?;
        }
        let most_steps = self.bounded.map_or(u64::MAX, Iterations::most_steps);
        let mut done = 0;
        loop {
            let most = if run.paced {
                self.pace.n_steps.min(most_steps)
            } else {
                u64::MAX
            };
            let n_steps = (run.n_steps - done).min((most / whole).max(1) * whole);
            let [step_low, step_high] = rng::key(run.first_step + done);
            let settings = Settings {
                n_steps: index(usize::try_from(n_steps).unwrap_or(usize::MAX)),
                first_replica: index(first_replica),
                step_low,
                step_high,
                ..run.settings
            };
            // Compiling must not count as the kernel's time.
            self.kernels.pipeline(&self.gpu, run.kind)?;
            let start = Instant::now();
            self.dispatch(run.kind, &settings)?;
            let failures = self.batch().read_failures(&self.gpu)?;
            if run.paced {
                self.pace.adjust(n_steps, start.elapsed().as_secs_f64());
            }
            done += n_steps;
            let latest = run.first_step + done;
            let failed = match run.kind {
                KernelKind::ConstantEnergy => gravest(&failures, first_replica, latest),
                _ => earliest(&failures, first_replica, latest),
            };
            // One replica that blows up is told at the end: whoever tests trajectories wants the others to get there too.
            let goes_on = run.kind == KernelKind::ConstantEnergy && done < run.n_steps;
            match failed {
                Some((_, EngineError::Diverged(_))) if goes_on => {}
                Some((_, error)) => return Err(error),
                None if done >= run.n_steps => return Ok(()),
                None => {}
            }
        }
    }
}

impl Engine for GpuEngine {
    fn description(&self) -> String {
        let adapter = &self.gpu.adapter;
        let sums = if self.f64_sums { "f64" } else { "two-float" };
        format!(
            "gpu, {} ({}, {}), f32 forces, {sums} energy sums",
            adapter.name, adapter.backend, adapter.driver
        )
    }

    fn is_free(&self) -> bool {
        true
    }

    fn n_atoms(&self) -> usize {
        self.shape.n_atoms
    }

    fn n_degrees_of_freedom(&self) -> usize {
        self.n_degrees_of_freedom
    }

    fn masses_da(&self) -> &[f64] {
        &self.masses_da
    }

    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) {
        if let Err(error) = self.evaluate(positions, energies, None) {
            // The trait has no way to fail here; the next segment of dynamics will say it again.
            log::error!("{error}");
            energies.fill(f64::NAN);
        }
    }

    fn energies_and_forces(&mut self, positions: &[f64], energies: &mut [f64], forces: &mut [f64]) {
        if let Err(error) = self.evaluate(positions, energies, Some(&mut *forces)) {
            log::error!("{error}");
            energies.fill(f64::NAN);
            forces.fill(f64::NAN);
        }
    }

    fn langevin(
        &mut self,
        state: &mut State,
        settings: &LangevinSettings,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        let damping = (-settings.friction_per_ps * settings.timestep_ps).exp();
        let [key_low, key_high] = rng::key(settings.seed);
        let run = Run {
            kind: KernelKind::Langevin,
            settings: Settings {
                key_low,
                key_high,
                damping: single(damping),
                noise: single((1.0 - damping * damping).sqrt()),
                ..timestep_settings(settings.timestep_ps)
            },
            first_step: state.step,
            n_steps,
            paced: true,
            temperatures_kelvin: Some(&settings.temperatures_kelvin),
        };
        let result = self.advance(state, &run);
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
        let settings = trajectory_settings(splitting, timestep_ps);
        let run = Run {
            n_steps,
            paced: true,
            ..Run::once(KernelKind::ConstantEnergy, settings, 0)
        };
        let start = state.clone();
        let result = self.advance(state, &run);
        if let Err(EngineError::Constraints { .. }) = result {
            // The first failure ended the dispatch of all, so each gets one of its own.
            for replica in 0..start.n_replicas {
                let mut one = start.one_replica(replica);
                if self.advance(&mut one, &run).is_err() {
                    one.positions.fill(f64::NAN);
                }
                state.set_replica(replica, &one);
            }
        }
        result
    }

    fn draw_velocities(
        &mut self,
        state: &mut State,
        temperatures_kelvin: &[f64],
        seed: u64,
        draw: u64,
    ) {
        let [key_low, key_high] = rng::key(seed);
        let settings = Settings {
            key_low,
            key_high,
            ..timestep_settings(PROJECTION_TIMESTEP_PS)
        };
        let run = Run {
            temperatures_kelvin: Some(temperatures_kelvin),
            ..Run::once(KernelKind::DrawVelocities, settings, draw)
        };
        if let Err(error) = self.advance(state, &run) {
            log::warn!("velocities were not drawn as they should be: {error}");
        }
    }

    fn apply_constraints(&mut self, state: &mut State) -> Result<(), EngineError> {
        let settings = timestep_settings(PROJECTION_TIMESTEP_PS);
        let run = Run::once(KernelKind::ApplyConstraints, settings, state.step);
        self.advance(state, &run)
    }
}
