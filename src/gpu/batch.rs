//! The buffers of a batch of replicas, their upload and download.

use super::device::Gpu;
use super::error::GpuError;
use super::shader::layout::{Failure, NO_FAILURE, Settings};
use super::shape::{Placement, Shape};
use super::tables::{Tables, single};
use rayon::prelude::*;

/// Tables of the molecule on the device.
#[derive(Debug)]
pub(crate) struct DeviceTables {
    molecule: Vec<wgpu::Buffer>,
    moves: wgpu::Buffer,
    networks: wgpu::Buffer,
}

impl DeviceTables {
    /// Puts other moves and the networks that they draw from in the place of those before.
    pub(super) fn set_moves(&mut self, gpu: &Gpu, moves: &[u32], networks: &[[f32; 4]]) {
        self.moves = upload(gpu, "moves", bytemuck::cast_slice(moves));
        self.networks = upload(gpu, "networks", bytemuck::cast_slice(networks));
    }

    /// Other numbers at the beginning of the table of moves.
    pub(super) fn update_moves(&self, gpu: &Gpu, moves: &[u32]) {
        gpu.queue
            .write_buffer(&self.moves, 0, bytemuck::cast_slice(moves));
    }

    /// Uploads the tables of a molecule that has no moves yet.
    pub(super) fn new(gpu: &Gpu, tables: &Tables) -> Self {
        let molecule = contents(tables).into_iter();
        Self {
            molecule: molecule
                .map(|(name, bytes)| upload(gpu, name, bytes))
                .collect(),
            moves: upload(gpu, "moves", &[]),
            networks: upload(gpu, "networks", &[]),
        }
    }

    /// All tables in the order of their bindings.
    fn buffers(&self) -> impl Iterator<Item = &wgpu::Buffer> {
        self.molecule.iter().chain([&self.moves, &self.networks])
    }
}

/// The tables of a molecule, by the names and in the order of their bindings; a new one does not compile without a line here.
fn contents(tables: &Tables) -> [(&'static str, &[u8]); 13] {
    use bytemuck::cast_slice;
    let Tables {
        atoms,
        pairs,
        necks,
        bonds,
        angles,
        torsions,
        harmonic_torsions,
        mapped_torsions,
        patches,
        gathers,
        rigid_bonds,
        clusters,
        cluster_atoms,
    } = tables;
    [
        ("atoms", cast_slice(atoms)),
        ("pairs", cast_slice(pairs)),
        ("necks", cast_slice(necks)),
        ("bonds", cast_slice(bonds)),
        ("angles", cast_slice(angles)),
        ("torsions", cast_slice(torsions)),
        ("harmonic_torsions", cast_slice(harmonic_torsions)),
        ("mapped_torsions", cast_slice(mapped_torsions)),
        ("patches", cast_slice(patches)),
        ("gathers", cast_slice(gathers)),
        ("rigid_bonds", cast_slice(rigid_bonds)),
        ("clusters", cast_slice(clusters)),
        ("cluster_atoms", cast_slice(cluster_atoms)),
    ]
}

/// A read-only buffer with contents.
fn upload(gpu: &Gpu, label: &str, bytes: &[u8]) -> wgpu::Buffer {
    // A binding must not be empty; the largest struct is below 96 bytes.
    let size = (bytes.len() as u64).max(96);
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    gpu.queue.write_buffer(&buffer, 0, bytes);
    buffer
}

/// State and results of `n_replicas` replicas on the device, padded to full workgroups.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(super) n_replicas: usize,
    pub(super) n_padded: usize,
    n_atoms: usize,
    settings: wgpu::Buffer,
    thermal_energies: wgpu::Buffer,
    pub(super) positions: wgpu::Buffer,
    positions_low: wgpu::Buffer,
    pub(super) velocities: wgpu::Buffer,
    pub(super) forces: wgpu::Buffer,
    pub(super) energies: wgpu::Buffer,
    pub(super) failures: wgpu::Buffer,
    pub(super) outcomes: wgpu::Buffer,
    pub(super) block_counts: wgpu::Buffer,
    workspace: wgpu::Buffer,
}

/// Bytes of one entry of the arrays `[n_replicas, n_atoms]`.
pub(super) const VECTOR_BYTES: u64 = 16;

impl Batch {
    /// Buffers for `n_replicas` replicas the outcomes of `n_testing` kernels that put moves to a test, and the
    /// counts of `n_blocks` blocks of torsions.
    pub(super) fn new(
        gpu: &Gpu,
        shape: &Shape,
        n_replicas: usize,
        [n_testing, n_blocks]: [usize; 2],
    ) -> Self {
        let n_padded = shape.n_workgroups(n_replicas) * shape.n_sharing;
        let per_replica = n_padded as u64 * VECTOR_BYTES;
        let per_atom = per_replica * shape.n_atoms as u64;
        let create = |label: &str, size: u64, usage: wgpu::BufferUsages| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: usage | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let storage = |label, size| create(label, size, wgpu::BufferUsages::STORAGE);
        let tiled = shape.placement == Placement::Tiled;
        let settings_bytes = size_of::<Settings>() as u64;
        Self {
            n_replicas,
            n_padded,
            n_atoms: shape.n_atoms,
            settings: create("settings", settings_bytes, wgpu::BufferUsages::UNIFORM),
            thermal_energies: storage("thermal energies", n_padded as u64 * 4),
            positions: storage("positions", per_atom),
            positions_low: storage("positions, low part", per_atom),
            velocities: storage("velocities", per_atom),
            forces: storage("forces", per_atom),
            energies: storage("energies", per_replica),
            failures: storage("failures", per_replica),
            outcomes: storage("outcomes", per_replica * n_testing.max(1) as u64),
            block_counts: storage("block counts", 8 * n_blocks.max(1) as u64),
            workspace: storage("workspace", if tiled { 2 * per_atom } else { VECTOR_BYTES }),
        }
    }

    /// All buffers, tables included, in the order of their bindings.
    pub(super) fn bind(
        &self,
        gpu: &Gpu,
        layout: &wgpu::BindGroupLayout,
        tables: &DeviceTables,
    ) -> wgpu::BindGroup {
        let state = [
            &self.thermal_energies,
            &self.positions,
            &self.positions_low,
            &self.velocities,
            &self.forces,
            &self.energies,
            &self.failures,
            &self.outcomes,
            &self.block_counts,
            &self.workspace,
        ];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0_u32..)
            .zip(
                [&self.settings]
                    .into_iter()
                    .chain(tables.buffers())
                    .chain(state),
            )
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("saltus batch"),
            layout,
            entries: &entries,
        })
    }

    pub(super) fn write_settings(&self, gpu: &Gpu, settings: &Settings) {
        gpu.queue
            .write_buffer(&self.settings, 0, bytemuck::bytes_of(settings));
    }

    /// Thermal energies of the batch's replicas in kJ/mol.
    pub(super) fn write_thermal_energies(&self, gpu: &Gpu, thermal_energies: &[f64]) {
        let mut values: Vec<f32> = thermal_energies.iter().map(|&kt| single(kt)).collect();
        values.resize(self.n_padded, values.last().copied().unwrap_or(1.0));
        gpu.queue
            .write_buffer(&self.thermal_energies, 0, bytemuck::cast_slice(&values));
    }

    /// Positions `[n_replicas, n_atoms, 3]`, rounded and what rounding takes.
    pub(super) fn write_positions(&self, gpu: &Gpu, positions: &[f64]) {
        self.write_vectors(gpu, &self.positions, positions, single);
        self.write_vectors(gpu, &self.positions_low, positions, |x| {
            single(x - f64::from(single(x)))
        });
    }

    /// Velocities `[n_replicas, n_atoms, 3]`.
    pub(super) fn write_velocities(&self, gpu: &Gpu, velocities: &[f64]) {
        self.write_vectors(gpu, &self.velocities, velocities, single);
    }

    fn write_vectors(
        &self,
        gpu: &Gpu,
        buffer: &wgpu::Buffer,
        values: &[f64],
        convert: impl Fn(f64) -> f32 + Sync,
    ) {
        let mut vectors: Vec<[f32; 4]> = values
            .as_chunks::<3>()
            .0
            .par_iter()
            .map(|v| [convert(v[0]), convert(v[1]), convert(v[2]), 0.0])
            .collect();
        // Replicas that only fill the last workgroup are copies of the last.
        while vectors.len() < self.n_padded * self.n_atoms {
            vectors.extend_from_within(vectors.len() - self.n_atoms..);
        }
        gpu.queue
            .write_buffer(buffer, 0, bytemuck::cast_slice(&vectors));
    }

    /// Positions `[n_replicas, n_atoms, 3]` as the sums of both parts.
    pub(super) fn read_positions(&self, gpu: &Gpu, target: &mut [f64]) -> Result<(), GpuError> {
        let high: Vec<[f32; 4]> = gpu.read(&self.positions, self.n_replicas * self.n_atoms)?;
        let low: Vec<[f32; 4]> = gpu.read(&self.positions_low, self.n_replicas * self.n_atoms)?;
        for ((target, high), low) in target.as_chunks_mut::<3>().0.iter_mut().zip(high).zip(low) {
            for axis in 0..3 {
                target[axis] = f64::from(high[axis]) + f64::from(low[axis]);
            }
        }
        Ok(())
    }

    /// Vectors `[n_replicas, n_atoms, 3]` of a buffer.
    pub(super) fn read_vectors(
        &self,
        gpu: &Gpu,
        buffer: &wgpu::Buffer,
        target: &mut [f64],
    ) -> Result<(), GpuError> {
        let vectors: Vec<[f32; 4]> = gpu.read(buffer, self.n_replicas * self.n_atoms)?;
        for (target, vector) in target.as_chunks_mut::<3>().0.iter_mut().zip(vectors) {
            for axis in 0..3 {
                target[axis] = f64::from(vector[axis]);
            }
        }
        Ok(())
    }

    /// Potential energies in kJ/mol.
    pub(super) fn read_energies(&self, gpu: &Gpu, target: &mut [f64]) -> Result<(), GpuError> {
        let sums: Vec<[f32; 4]> = gpu.read(&self.energies, self.n_replicas)?;
        for (target, sum) in target.iter_mut().zip(sums) {
            *target = f64::from(sum[0]) + f64::from(sum[1]);
        }
        Ok(())
    }

    /// Forgets the failures so far.
    pub(super) fn clear_failures(&self, gpu: &Gpu) {
        let none = Failure {
            force_step: NO_FAILURE,
            constraint_step: NO_FAILURE,
            ..Failure::default()
        };
        let all = vec![none; self.n_padded];
        gpu.queue
            .write_buffer(&self.failures, 0, bytemuck::cast_slice(&all));
    }

    /// First failures since they were cleared.
    pub(super) fn read_failures(&self, gpu: &Gpu) -> Result<Vec<Failure>, GpuError> {
        gpu.read(&self.failures, self.n_replicas)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::gpu::plan::N_STORAGE_BUFFERS;
    use crate::gpu::shader::sources::ShaderSources;

    /// Names in `shared/bindings.wgsl`, by number.
    fn bindings() -> Vec<String> {
        let text = ShaderSources::default().assemble("shared/bindings.wgsl", &[], &[]);
        let lines = text.lines().filter(|line| line.contains("@binding("));
        let mut found: Vec<(u32, String)> = lines
            .map(|line| {
                let (number, rest) = line
                    .split_once("@binding(")
                    .unwrap()
                    .1
                    .split_once(')')
                    .unwrap();
                let name = rest.split_once("> ").unwrap().1.split_once(':').unwrap().0;
                (number.parse().unwrap(), name.to_owned())
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn tables_are_bound_where_the_shaders_look_for_them() {
        let bindings = bindings();
        assert_eq!(bindings.len() as u64, N_STORAGE_BUFFERS + 1);
        let tables = Tables::default();
        let names = contents(&tables).map(|(name, _)| name).into_iter();
        let expected: Vec<&str> = names.chain(["moves", "networks"]).collect();
        assert_eq!(bindings[1..=expected.len()], expected);
    }
}
