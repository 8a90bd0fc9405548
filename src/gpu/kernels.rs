//! The kernels: their names, what each wants, and their pipelines, compiled at first use. Dispatches nothing.

use super::device::Gpu;
use super::error::GpuError;
use super::shape::{Placement, Shape};
use super::sources::{Constant, ShaderSources};
use super::tables::Tables;
use crate::forcefield::System;
use std::collections::HashMap;
use wgpu::naga;

/// A kernel; file and entry point have its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KernelKind {
    /// Potential energies, forces.
    EnergiesAndForces,
    /// Potential energies alone.
    Energies,
    /// Langevin dynamics.
    Langevin,
    /// Velocity Verlet.
    VelocityVerlet,
    /// Maxwell-Boltzmann velocities.
    DrawVelocities,
    /// Constraints on positions and velocities.
    ApplyConstraints,
    /// Torsion moves with their Metropolis tests.
    TorsionMoves,
    /// Hybrid Monte Carlo with its Metropolis tests.
    Hmc,
    /// Torsion leaps with their Metropolis tests.
    TorsionLeaps,
}

impl KernelKind {
    /// All kernels.
    pub const ALL: [Self; 9] = [
        Self::EnergiesAndForces,
        Self::Energies,
        Self::Langevin,
        Self::VelocityVerlet,
        Self::DrawVelocities,
        Self::ApplyConstraints,
        Self::TorsionMoves,
        Self::Hmc,
        Self::TorsionLeaps,
    ];

    /// Name, as profiles and errors have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Energies => "energies",
            other => other.entry_point(),
        }
    }

    /// Entry point of the shader.
    #[must_use]
    pub fn entry_point(self) -> &'static str {
        match self {
            Self::EnergiesAndForces | Self::Energies => "energies_and_forces",
            Self::Langevin => "langevin",
            Self::VelocityVerlet => "velocity_verlet",
            Self::DrawVelocities => "draw_velocities",
            Self::ApplyConstraints => "apply_constraints",
            Self::TorsionMoves => "torsion_moves",
            Self::Hmc => "hmc",
            Self::TorsionLeaps => "torsion_leaps",
        }
    }

    /// Path of the shader below `shaders/`.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::EnergiesAndForces | Self::Energies => "forcefield/energies_and_forces.wgsl",
            Self::Langevin => "integrator/langevin.wgsl",
            Self::VelocityVerlet => "integrator/velocity_verlet.wgsl",
            Self::DrawVelocities => "integrator/draw_velocities.wgsl",
            Self::ApplyConstraints => "integrator/apply_constraints.wgsl",
            Self::TorsionMoves => "mcmc/torsion_moves.wgsl",
            Self::Hmc => "mcmc/hmc.wgsl",
            Self::TorsionLeaps => "mcmc/torsion_leaps.wgsl",
        }
    }

    fn wants_energy(self) -> bool {
        matches!(
            self,
            Self::EnergiesAndForces
                | Self::Energies
                | Self::TorsionMoves
                | Self::Hmc
                | Self::TorsionLeaps
        )
    }

    fn wants_forces(self) -> bool {
        !matches!(
            self,
            Self::Energies | Self::TorsionMoves | Self::TorsionLeaps
        )
    }
}

/// What makes a shader out of the sources.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Shader files.
    pub sources: ShaderSources,
    /// Constants of the molecule and its shape.
    pub constants: Vec<(&'static str, Constant)>,
    /// Where atoms are.
    pub placement: Placement,
    /// Whether energies are summed in f64.
    pub f64_sums: bool,
}

impl Recipe {
    /// The recipe for a system in a shape.
    ///
    /// # Errors
    /// [`GpuError::Periodicity`] for a torsion beyond the kernels.
    pub fn new(
        system: &System,
        shape: &Shape,
        sources: ShaderSources,
        f64_sums: bool,
    ) -> Result<Self, GpuError> {
        Ok(Self {
            sources,
            constants: Tables::new(system, shape)?.constants(system, shape),
            placement: shape.placement,
            f64_sums,
        })
    }

    /// The complete WGSL of a kernel.
    #[must_use]
    pub fn source(&self, kind: KernelKind) -> String {
        let placement = match self.placement {
            Placement::Resident => "shared/resident.wgsl",
            Placement::Tiled => "shared/tiled.wgsl",
        };
        let sum = if self.f64_sums {
            "shared/sum_f64.wgsl"
        } else {
            "shared/sum_two_float.wgsl"
        };
        let mut constants = self.constants.clone();
        constants.push(("WANT_ENERGY", Constant::Flag(kind.wants_energy())));
        constants.push(("WANT_FORCES", Constant::Flag(kind.wants_forces())));
        let choices = [
            ("shared/placement.wgsl", placement),
            ("shared/sum.wgsl", sum),
        ];
        self.sources.assemble(kind.path(), &constants, &choices)
    }
}

/// Pipelines of one molecule.
#[derive(Debug)]
pub(super) struct Kernels {
    recipe: Recipe,
    pub(super) bind_group_layout: wgpu::BindGroupLayout,
    pipeline_layout: wgpu::PipelineLayout,
    compiled: HashMap<KernelKind, wgpu::ComputePipeline>,
}

impl Kernels {
    pub(super) fn new(gpu: &Gpu, recipe: Recipe) -> Self {
        let entries: Vec<wgpu::BindGroupLayoutEntry> = bindings(&recipe)
            .into_iter()
            .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let bind_group_layout =
            gpu.device
                .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                    label: Some("saltus bindings"),
                    entries: &entries,
                });
        let pipeline_layout = gpu
            .device
            .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("saltus pipelines"),
                bind_group_layouts: &[Some(&bind_group_layout)],
                immediate_size: 0,
            });
        Self {
            recipe,
            bind_group_layout,
            pipeline_layout,
            compiled: HashMap::new(),
        }
    }

    /// The pipeline of a kernel, compiled now if it was not before.
    pub(super) fn pipeline(
        &mut self,
        gpu: &Gpu,
        kind: KernelKind,
    ) -> Result<&wgpu::ComputePipeline, GpuError> {
        if !self.compiled.contains_key(&kind) {
            let pipeline = self.compile(gpu, kind)?;
            self.compiled.insert(kind, pipeline);
        }
        Ok(&self.compiled[&kind])
    }

    fn compile(&self, gpu: &Gpu, kind: KernelKind) -> Result<wgpu::ComputePipeline, GpuError> {
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: Some(kind.name()),
            source: wgpu::ShaderSource::Wgsl(self.recipe.source(kind).into()),
        };
        let module = trusted_module(gpu, descriptor);
        let pipeline = gpu
            .device
            .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(kind.name()),
                layout: Some(&self.pipeline_layout),
                module: &module,
                entry_point: Some(kind.entry_point()),
                compilation_options: wgpu::PipelineCompilationOptions {
                    // Everything in workgroup memory is written before it is read.
                    zero_initialize_workgroup_memory: false,
                    ..wgpu::PipelineCompilationOptions::default()
                },
                cache: None,
            });
        match pollster::block_on(scope.pop()) {
            None => Ok(pipeline),
            Some(error) => Err(GpuError::Shader {
                kernel: kind.name(),
                reason: error.to_string(),
            }),
        }
    }
}

/// A module without a bounds check on every access and a counter in every loop, which cost a good part of the speed.
#[expect(
    unsafe_code,
    reason = "the shaders are part of the program; their indices come from tables built here, their loops end"
)]
pub(super) fn trusted_module(
    gpu: &Gpu,
    descriptor: wgpu::ShaderModuleDescriptor<'_>,
) -> wgpu::ShaderModule {
    // SAFETY: every index is below a size that Tables and Batch derive the buffers from; all loops have counters.
    unsafe {
        gpu.device
            .create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
    }
}

/// Number and kind of every binding, read from shaders/shared/bindings.wgsl itself.
fn bindings(recipe: &Recipe) -> Vec<(u32, wgpu::BufferBindingType)> {
    let choices = &[];
    bindings_of(
        &recipe
            .sources
            .assemble("shared/bindings.wgsl", &recipe.constants, choices),
    )
}

/// Number and kind of every binding of a shader.
pub(super) fn bindings_of(source: &str) -> Vec<(u32, wgpu::BufferBindingType)> {
    let module = naga::front::wgsl::parse_str(source)
        .expect("invariant: the shaders parse, as a test makes sure");
    let mut bindings: Vec<_> = module
        .global_variables
        .iter()
        .filter_map(|(_, variable)| {
            let ty = match variable.space {
                naga::AddressSpace::Uniform => wgpu::BufferBindingType::Uniform,
                naga::AddressSpace::Storage { access } => wgpu::BufferBindingType::Storage {
                    read_only: !access.contains(naga::StorageAccess::STORE),
                },
                _ => return None,
            };
            variable.binding.map(|place| (place.binding, ty))
        })
        .collect();
    bindings.sort_by_key(|(binding, _)| *binding);
    bindings
}
