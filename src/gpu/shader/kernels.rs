//! The kernels: their names, what each wants, and their pipelines, compiled at first use.

use super::pipeline;
use super::sources::{Constant, ShaderSources};
use crate::forcefield::System;
use crate::gpu::device::Gpu;
use crate::gpu::error::GpuError;
use crate::gpu::shape::{Placement, Shape};
use crate::gpu::tables::Tables;
use std::collections::HashMap;

/// A kernel; file and entry point have its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KernelKind {
    /// Potential energies, forces.
    EnergiesAndForces,
    /// Potential energies alone.
    Energies,
    /// Langevin dynamics.
    Langevin,
    /// Trajectories of constant energy.
    ConstantEnergy,
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
        Self::ConstantEnergy,
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
            Self::ConstantEnergy => "constant_energy",
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
            Self::ConstantEnergy => "integrator/constant_energy.wgsl",
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
pub(crate) struct Kernels {
    recipe: Recipe,
    pub(crate) bind_group_layout: wgpu::BindGroupLayout,
    pipeline_layout: wgpu::PipelineLayout,
    compiled: HashMap<KernelKind, wgpu::ComputePipeline>,
}

impl Kernels {
    pub(crate) fn new(gpu: &Gpu, recipe: Recipe) -> Self {
        let bind_group_layout =
            pipeline::bind_group_layout(gpu, "saltus bindings", bindings(&recipe));
        let pipeline_layout =
            pipeline::pipeline_layout(gpu, "saltus pipelines", &bind_group_layout);
        Self {
            recipe,
            bind_group_layout,
            pipeline_layout,
            compiled: HashMap::new(),
        }
    }

    /// The pipeline of a kernel, compiled now if it was not before.
    pub(crate) fn pipeline(
        &mut self,
        gpu: &Gpu,
        kind: KernelKind,
    ) -> Result<&wgpu::ComputePipeline, GpuError> {
        if !self.compiled.contains_key(&kind) {
            let pipeline = pipeline::compile(
                gpu,
                kind.name(),
                self.recipe.source(kind),
                Some(kind.entry_point()),
                &self.pipeline_layout,
            )?;
            self.compiled.insert(kind, pipeline);
        }
        Ok(&self.compiled[&kind])
    }
}

/// Number and kind of every binding, read from shaders/shared/bindings.wgsl itself.
fn bindings(recipe: &Recipe) -> Vec<(u32, wgpu::BufferBindingType)> {
    let choices = &[];
    pipeline::bindings_of(&recipe.sources.assemble(
        "shared/bindings.wgsl",
        &recipe.constants,
        choices,
    ))
}
