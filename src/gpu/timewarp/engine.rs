//! A Timewarp model on one device: cuts a batch, runs the layers, brings the results back. The formulas are in the shaders.

use super::super::device::{AdapterSummary, Choice, Gpu};
use super::super::error::GpuError;
use super::super::profile::{Profile, Stopwatch};
use super::batch::{Batch, Direction, cut};
use super::buffers::Buffers;
use super::dispatch::{Dispatch, ModelSizes, Sizes};
use super::kernels::{Pipelines, Tile};
use super::operations::{Operation, operations};
use super::plan::TimewarpPlan;
use super::weights::Weights;
use crate::flow::timewarp::{
    Conformation, Drawn, Pair, Timewarp, TimewarpConfig, TimewarpError, TimewarpFlow,
    check_conformation, check_pairs, log_normal,
};
use crate::gpu::shader::sources::ShaderSources;
use std::sync::{Mutex, PoisonError};

/// How to bring a model onto a device. The defaults are what a user wants; the rest serves comparisons and tests.
#[derive(Debug, Clone, Default)]
pub struct GpuTimewarpOptions {
    /// Which adapter.
    pub choice: Choice,
    /// Tile of all products of matrices; `None` takes the best for each.
    pub tile: Option<Tile>,
    /// Most rows (atoms) computed at once; `None` takes what the adapter's limits allow.
    pub largest_rows: Option<usize>,
    /// Collects the time of every kernel, where the adapter can tell.
    pub profile: Option<Profile>,
    /// Shader files.
    pub sources: ShaderSources,
}

/// A Timewarp model on a device, in f32; the log-determinant is summed in two floats, the base's density in f64.
#[derive(Debug)]
pub struct GpuTimewarp {
    gpu: Gpu,
    sizes: ModelSizes,
    log_scales: [f64; 2],
    operations: Vec<Vec<Operation>>,
    weights: Weights,
    stopwatch: Option<Stopwatch>,
    working: Mutex<Working>,
}

/// What calls change.
#[derive(Debug)]
struct Working {
    plan: TimewarpPlan,
    pipelines: Pipelines,
    buffers: Option<Buffers>,
}

/// Variables of a batch after the layers.
struct Transformed {
    /// `[2, n_rows, 4]`.
    values: Vec<[f32; 4]>,
    /// Sum of ln s of every conformation.
    log_scales: Vec<f64>,
}

impl GpuTimewarp {
    /// Opens the device and uploads the weights.
    ///
    /// # Errors
    /// [`GpuError`] where there is no such adapter or the model does not fit it.
    pub fn new(model: &Timewarp<f32>, options: &GpuTimewarpOptions) -> Result<Self, GpuError> {
        let gpu = Gpu::open(&options.choice)?;
        let config = model.config();
        let n_sets = model.scale_sets().len();
        let mut plan = TimewarpPlan::new(config, n_sets, &gpu.adapter)?;
        if let Some(most) = options.largest_rows {
            plan.largest_rows = most.clamp(1, plan.largest_rows);
        }
        let operations: Vec<_> = (0..config.num_coupling_layers)
            .map(|coupling| operations(config, model.layout(), coupling))
            .collect();
        let weights = Weights::new(&gpu, model, &operations)?;
        gpu.check()?;
        let profile = options.profile.as_ref();
        let profile = profile.filter(|_| gpu.adapter.has_timestamps);
        Ok(Self {
            stopwatch: profile.map(|profile| Stopwatch::new(&gpu, profile.clone())),
            sizes: ModelSizes::new(model, options.tile),
            log_scales: model.base_log_scales(),
            operations,
            weights,
            working: Mutex::new(Working {
                plan,
                pipelines: Pipelines::new(options.sources.clone()),
                buffers: None,
            }),
            gpu,
        })
    }

    /// The adapter in use.
    #[must_use]
    pub fn adapter(&self) -> &AdapterSummary {
        &self.gpu.adapter
    }

    fn evaluate(
        &self,
        direction: Direction,
        from: &[Conformation<'_>],
        pairs: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        for (index, conformation) in from.iter().enumerate() {
            check_conformation(self.config(), index, conformation)?;
        }
        check_pairs(pairs, |state| from[state].positions.len())?;
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = pairs.iter().map(|pair| from[pair.state].elements.len());
        let longest = longest.max().unwrap_or(0);
        working.plan.check_atoms(longest)?;
        let mut drawn = Vec::with_capacity(pairs.len());
        while drawn.len() < pairs.len() {
            let rest = &pairs[drawn.len()..];
            let first = cut(&working.plan, from, rest).swap_remove(0);
            let batch = self.batch(direction, from, &rest[first.clone()]);
            match self.transform(&mut working, &batch) {
                Ok(found) => {
                    drawn.extend(self.drawn(direction, from, &rest[first], &found, &batch))
                }
                Err(GpuError::OutOfMemory { .. }) if working.plan.halve(longest) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(drawn)
    }

    fn batch(&self, direction: Direction, from: &[Conformation<'_>], pairs: &[Pair<'_>]) -> Batch {
        let config = self.config();
        let conditions = !config.ignore_conditional_velocity;
        Batch::new(direction, config.n_heads(), from, pairs, conditions)
    }

    /// Takes a batch through all layers.
    fn transform(&self, working: &mut Working, batch: &Batch) -> Result<Transformed, GpuError> {
        let (gpu, sizes) = (&self.gpu, &batch.sizes);
        let pipelines = &mut working.pipelines;
        let buffers = match working.buffers.take() {
            Some(buffers) if buffers.hold(sizes) => buffers,
            _ => {
                let (weights, operations) = (&self.weights, &self.operations);
                Buffers::new(gpu, pipelines, &self.sizes, weights, operations, *sizes)?
            }
        };
        let layers = self.operations.iter().enumerate();
        let of_layer = |(coupling, operations): (usize, &Vec<Operation>)| -> Vec<Dispatch> {
            let dispatches = operations.iter();
            let of = |operation| self.sizes.dispatch(coupling, operation, sizes);
            dispatches.map(of).collect()
        };
        let layers: Vec<Vec<Dispatch>> = layers.map(of_layer).collect();
        let attention = self.sizes.attention(sizes);
        let all = || std::iter::once(&attention).chain(layers.iter().flatten());
        for dispatch in all() {
            pipelines.prepare(gpu, dispatch.kernel)?;
        }
        let settings: Vec<_> = all().map(|dispatch| dispatch.settings).collect();
        buffers.write(gpu, batch, &settings);
        self.submit(pipelines, &[(&attention, &buffers.bindings[0])])?;
        let mut order: Vec<usize> = (0..layers.len()).collect();
        if sizes.from_latent {
            order.reverse();
        }
        let starts: Vec<usize> = layers
            .iter()
            .scan(1, |start, layer| {
                *start += layer.len();
                Some(*start - layer.len())
            })
            .collect();
        for coupling in order {
            let bindings = &buffers.bindings[starts[coupling]..];
            let dispatches: Vec<_> = layers[coupling].iter().zip(bindings).collect();
            self.submit(pipelines, &dispatches)?;
        }
        let found = self.receive(&buffers, sizes);
        working.buffers = Some(buffers);
        found
    }

    /// Hands dispatches to the device, one by one where their times are wanted.
    fn submit(
        &self,
        pipelines: &Pipelines,
        dispatches: &[(&Dispatch, &wgpu::BindGroup)],
    ) -> Result<(), GpuError> {
        let at_once = if self.stopwatch.is_some() {
            1
        } else {
            dispatches.len()
        };
        for dispatches in dispatches.chunks(at_once) {
            let label = Some("timewarp");
            let descriptor = wgpu::CommandEncoderDescriptor { label };
            let mut encoder = self.gpu.device.create_command_encoder(&descriptor);
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label,
                timestamp_writes: self.stopwatch.as_ref().map(Stopwatch::writes),
            });
            for (dispatch, bindings) in dispatches {
                pass.set_pipeline(&pipelines.get(dispatch.kernel).pipeline);
                pass.set_bind_group(0, *bindings, &[]);
                let [x, y, z] = dispatch.n_groups.map(super::super::tables::index);
                pass.dispatch_workgroups(x, y, z);
            }
            drop(pass);
            if let Some(stopwatch) = &self.stopwatch {
                stopwatch.resolve(&mut encoder);
            }
            self.gpu.queue.submit([encoder.finish()]);
            if let (Some(stopwatch), [(dispatch, _)]) = (&self.stopwatch, dispatches) {
                stopwatch.read(&self.gpu, dispatch.kernel.name())?;
            }
        }
        Ok(())
    }

    fn receive(&self, buffers: &Buffers, sizes: &Sizes) -> Result<Transformed, GpuError> {
        let gpu = &self.gpu;
        let n_values = (2 * sizes.n_rows).max(1);
        let mut values: Vec<[f32; 4]> = gpu.read(&buffers.values, n_values)?;
        values.truncate(2 * sizes.n_rows);
        let sums: Vec<[f32; 2]> = gpu.read(&buffers.log_scales, sizes.n_pairs)?;
        let log_scales = sums.iter().map(|[a, b]| f64::from(*a) + f64::from(*b));
        Ok(Transformed {
            values,
            log_scales: log_scales.collect(),
        })
    }

    /// What belongs to every pair, and its density.
    fn drawn(
        &self,
        direction: Direction,
        from: &[Conformation<'_>],
        pairs: &[Pair<'_>],
        found: &Transformed,
        batch: &Batch,
    ) -> Vec<Drawn> {
        let n_rows = batch.sizes.n_rows;
        let places = pairs.iter().zip(&batch.spans).zip(&found.log_scales);
        places
            .map(|((pair, span), log_det)| {
                let first = span.first_row as usize;
                let rows = first..first + span.n_atoms as usize;
                let variables = |values: &[[f32; 4]], variable: usize| -> Vec<f32> {
                    let start = variable * n_rows;
                    let own = &values[start + rows.start..start + rows.end];
                    own.iter().flat_map(|v| [v[0], v[1], v[2]]).collect()
                };
                let [moves, auxiliaries] = [0, 1].map(|which| variables(&found.values, which));
                let latent = match direction {
                    Direction::ToLatent => &found.values,
                    Direction::FromLatent => &batch.values,
                };
                let base = [0, 1]
                    .map(|which| log_normal(&variables(latent, which), self.log_scales[which]));
                let place = |(&z, &x): (&f32, &f64)| match direction {
                    Direction::ToLatent => f64::from(z),
                    Direction::FromLatent => x + f64::from(z),
                };
                let start = from[pair.state].positions;
                Drawn {
                    positions: moves.iter().zip(start).map(place).collect(),
                    auxiliaries: auxiliaries.into_iter().map(f64::from).collect(),
                    log_density: base[0] + base[1] + log_det,
                }
            })
            .collect()
    }
}

impl TimewarpFlow for GpuTimewarp {
    fn config(&self) -> &TimewarpConfig {
        &self.sizes.config
    }

    fn base_scales(&self) -> [f64; 2] {
        self.log_scales.map(f64::exp)
    }

    fn description(&self) -> String {
        format!(
            "GPU {} ({}), f32",
            self.gpu.adapter.name, self.gpu.adapter.kind
        )
    }

    fn draws_given(
        &self,
        from: &[Conformation<'_>],
        latents: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        self.evaluate(Direction::FromLatent, from, latents)
    }

    fn latents_given(
        &self,
        from: &[Conformation<'_>],
        to: &[Pair<'_>],
    ) -> Result<Vec<Drawn>, TimewarpError> {
        self.evaluate(Direction::ToLatent, from, to)
    }
}

impl From<GpuError> for TimewarpError {
    fn from(error: GpuError) -> Self {
        Self::Device {
            reason: error.to_string(),
        }
    }
}
