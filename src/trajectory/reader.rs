//! Reads trajectories in blocks of frames: ours, and any MDTraj HDF5 or H5MD file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::error::TrajectoryError;
use super::format::header::Header;
use super::format::layout::{
    ACCEPTANCE, KINETIC_ENERGY, POSITIONS, POTENTIAL_ENERGY, TEMPERATURE, TIME, TOPOLOGY,
    VELOCITIES,
};
use super::format::sources::{Finder, Source};
use super::format::unit_names::Quantity;
use super::format::{preamble, probe, topology_json};
use super::store::Store;
use crate::state::Frame;
use crate::topology::Topology;

/// An open trajectory.
#[derive(Debug)]
pub struct Reader {
    store: Store,
    path: PathBuf,
    topology: Topology,
    header: Option<Header>,
    n_frames: usize,
    positions: Source,
    velocities: Option<Source>,
    step: Option<Source>,
    time: Option<Source>,
    energies: [Option<Source>; 3],
    n_kernels: usize,
}

impl Reader {
    /// Opens a file that carries its topology.
    ///
    /// # Errors
    /// Every fault of the file has its own variant of [`TrajectoryError`].
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        Self::open_impl(path, None)
    }

    /// Opens a file without a topology, such as plain H5MD, with one from elsewhere.
    ///
    /// # Errors
    /// As [`Reader::open`]; [`TrajectoryError::Shape`] when the numbers of atoms differ.
    pub fn open_with_topology(path: &Path, topology: Topology) -> Result<Self, TrajectoryError> {
        Self::open_impl(path, Some(topology))
    }

    fn open_impl(path: &Path, topology: Option<Topology>) -> Result<Self, TrajectoryError> {
        probe::check(path)?;
        let store = Store::open_read(path)?;
        let finder = Finder::new(&store, path)?;
        let topology = match topology {
            Some(topology) => topology,
            None => read_topology(&store, path)?,
        };
        let positions = finder.required(POSITIONS.root_link, "position/value", Quantity::Length)?;
        let n_atoms = topology.n_atoms();
        let shape = store.shape(&positions.path)?;
        if shape.len() != 3 || shape[1] != n_atoms || shape[2] != 3 {
            return Err(TrajectoryError::Shape {
                path: path.to_path_buf(),
                dataset: positions.path,
                got: format!("{shape:?}"),
                expected: format!("[n_frames, {n_atoms}, 3] for the topology's {n_atoms} atoms"),
            });
        }
        let mut reader = Self {
            path: path.to_path_buf(),
            header: preamble::read(&store, &topology)?,
            topology,
            n_frames: shape[0],
            velocities: finder.find(VELOCITIES.root_link, "velocity/value", Quantity::Velocity)?,
            time: finder.find(TIME.root_link, "position/time", Quantity::Time)?,
            step: finder.steps()?,
            energies: [
                finder.observable(
                    POTENTIAL_ENERGY.root_link,
                    POTENTIAL_ENERGY.path,
                    Quantity::Energy,
                )?,
                finder.observable(
                    KINETIC_ENERGY.root_link,
                    KINETIC_ENERGY.path,
                    Quantity::Energy,
                )?,
                finder.observable(
                    TEMPERATURE.root_link,
                    TEMPERATURE.path,
                    Quantity::Temperature,
                )?,
            ],
            n_kernels: 0,
            positions,
            store,
        };
        reader.settle_shapes()?;
        Ok(reader)
    }

    /// Checks the other columns and counts the frames that all of them hold: a killed run may leave some longer.
    fn settle_shapes(&mut self) -> Result<(), TrajectoryError> {
        let n_atoms = self.topology.n_atoms();
        let scalars = [&self.step, &self.time].into_iter().chain(&self.energies);
        let scalars = scalars.flatten().map(|source| (source, vec![]));
        let vectors = self
            .velocities
            .iter()
            .map(|source| (source, vec![n_atoms, 3]));
        let mut n_frames = self.n_frames;
        for (source, row) in scalars.chain(vectors) {
            if source.interval.is_some() {
                continue;
            }
            let shape = self.store.shape(&source.path)?;
            if shape.get(1..) != Some(&row[..]) {
                return Err(self.bad_shape(&source.path, &shape, &row));
            }
            n_frames = n_frames.min(shape[0]);
        }
        if self.header.is_some() && self.store.exists(ACCEPTANCE.path) {
            let shape = self.store.shape(ACCEPTANCE.path)?;
            let [rows, n_kernels] = shape[..] else {
                return Err(self.bad_shape(ACCEPTANCE.path, &shape, &[0]));
            };
            n_frames = n_frames.min(rows);
            self.n_kernels = n_kernels;
        }
        self.n_frames = n_frames;
        Ok(())
    }

    fn bad_shape(&self, dataset: &str, got: &[usize], row: &[usize]) -> TrajectoryError {
        TrajectoryError::Shape {
            path: self.path.clone(),
            dataset: dataset.to_owned(),
            got: format!("{got:?}"),
            expected: format!("one row of shape {row:?} for each frame"),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Atoms, residues and bonds.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// What the run said of itself; `None` for files of other programs.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Frames in the file.
    #[must_use]
    pub fn n_frames(&self) -> usize {
        self.n_frames
    }

    /// Atoms of a frame.
    #[must_use]
    pub fn n_atoms(&self) -> usize {
        self.topology.n_atoms()
    }

    /// Kernels whose acceptance is recorded.
    #[must_use]
    pub fn n_kernels(&self) -> usize {
        self.n_kernels
    }

    /// Frames in a row. What the file does not record is NaN (time, energies), the frame's index (step) or empty.
    ///
    /// # Errors
    /// [`TrajectoryError::OutOfRange`], or what HDF5 says of a damaged file.
    pub fn read_frames(&self, range: Range<usize>) -> Result<Vec<Frame>, TrajectoryError> {
        let size = 3 * self.n_atoms();
        let positions = self.read_positions(range.clone())?;
        let velocities = match &self.velocities {
            Some(source) => Some(self.vectors(source, range.clone())?),
            None => None,
        };
        let times = self.scalars(self.time.as_ref(), range.clone())?;
        let steps = self.read_steps(range.clone())?;
        let [potential, kinetic, temperature] = &self.energies;
        let potential = self.scalars(potential.as_ref(), range.clone())?;
        let kinetic = self.scalars(kinetic.as_ref(), range.clone())?;
        let temperature = self.scalars(temperature.as_ref(), range.clone())?;
        let acceptance = self.read_acceptance(range.clone())?;
        let frame = |i: usize| Frame {
            step: steps[i],
            time_ps: times[i],
            positions: positions[i * size..(i + 1) * size].to_vec(),
            velocities: velocities
                .as_ref()
                .map(|all| all[i * size..(i + 1) * size].to_vec()),
            potential_energy_kj_per_mol: potential[i],
            kinetic_energy_kj_per_mol: kinetic[i],
            temperature_kelvin: temperature[i],
            acceptance: acceptance[i * self.n_kernels..(i + 1) * self.n_kernels].to_vec(),
        };
        Ok((0..range.len()).map(frame).collect())
    }

    /// All frames in blocks of at most `block` of them, for files larger than memory.
    pub fn blocks(
        &self,
        block: usize,
    ) -> impl Iterator<Item = Result<Vec<Frame>, TrajectoryError>> + '_ {
        let block = block.max(1);
        (0..self.n_frames)
            .step_by(block)
            .map(move |start| self.read_frames(start..self.n_frames.min(start + block)))
    }

    /// Positions in nm, `[range.len(), n_atoms, 3]`.
    ///
    /// # Errors
    /// As [`Reader::read_frames`].
    pub fn read_positions(&self, range: Range<usize>) -> Result<Vec<f32>, TrajectoryError> {
        self.vectors(&self.positions, range)
    }

    /// Simulated times in ps, `[range.len()]`.
    ///
    /// # Errors
    /// As [`Reader::read_frames`].
    pub fn read_times_ps(&self, range: Range<usize>) -> Result<Vec<f64>, TrajectoryError> {
        self.scalars(self.time.as_ref(), range)
    }

    /// Step counts, `[range.len()]`.
    ///
    /// # Errors
    /// As [`Reader::read_frames`].
    pub fn read_steps(&self, range: Range<usize>) -> Result<Vec<u64>, TrajectoryError> {
        self.check_range(&range)?;
        match &self.step {
            Some(source) if source.interval.is_none() => {
                let steps = self.store.read_rows::<i64>(&source.path, range)?;
                Ok(steps.into_iter().map(i64::cast_unsigned).collect())
            }
            Some(source) => {
                let steps = self.scalars(Some(source), range)?;
                Ok(steps.into_iter().map(whole).collect())
            }
            None => Ok(range.map(|frame| frame as u64).collect()),
        }
    }

    /// Potential energies in kJ/mol, `[range.len()]`.
    ///
    /// # Errors
    /// As [`Reader::read_frames`].
    pub fn read_potential_energies(
        &self,
        range: Range<usize>,
    ) -> Result<Vec<f64>, TrajectoryError> {
        self.scalars(self.energies[0].as_ref(), range)
    }

    /// Acceptance of every kernel, `[range.len(), n_kernels]`.
    ///
    /// # Errors
    /// As [`Reader::read_frames`].
    pub fn read_acceptance(&self, range: Range<usize>) -> Result<Vec<f64>, TrajectoryError> {
        self.check_range(&range)?;
        match self.n_kernels {
            0 => Ok(Vec::new()),
            _ => self.store.read_rows(ACCEPTANCE.path, range),
        }
    }

    fn check_range(&self, range: &Range<usize>) -> Result<(), TrajectoryError> {
        if range.start <= range.end && range.end <= self.n_frames {
            return Ok(());
        }
        Err(TrajectoryError::OutOfRange {
            path: self.path.clone(),
            start: range.start,
            end: range.end,
            n_frames: self.n_frames,
        })
    }

    fn vectors(&self, source: &Source, range: Range<usize>) -> Result<Vec<f32>, TrajectoryError> {
        self.check_range(&range)?;
        let mut values = self.store.read_rows::<f32>(&source.path, range)?;
        if source.factor != 1.0 {
            for value in &mut values {
                *value = scaled(*value, source.factor);
            }
        }
        Ok(values)
    }

    fn scalars(
        &self,
        source: Option<&Source>,
        range: Range<usize>,
    ) -> Result<Vec<f64>, TrajectoryError> {
        self.check_range(&range)?;
        let Some(source) = source else {
            return Ok(vec![f64::NAN; range.len()]);
        };
        let factor = source.factor;
        if let Some((value, offset)) = source.interval {
            return Ok(range
                .map(|i| (offset + i as f64 * value) * factor)
                .collect());
        }
        let mut values = self.store.read_rows::<f64>(&source.path, range)?;
        if factor != 1.0 {
            values.iter_mut().for_each(|value| *value *= factor);
        }
        Ok(values)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a unit conversion of an f32 value is rounded to f32 again"
)]
fn scaled(value: f32, factor: f64) -> f32 {
    (f64::from(value) * factor) as f32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "step counts are whole numbers; the cast saturates"
)]
fn whole(step: f64) -> u64 {
    step as u64
}

fn read_topology(store: &Store, path: &Path) -> Result<Topology, TrajectoryError> {
    if !store.exists(TOPOLOGY) {
        return Err(TrajectoryError::NoTopology {
            path: path.to_path_buf(),
        });
    }
    let json = store.read_text(TOPOLOGY)?;
    topology_json::from_json(&json).map_err(|detail| TrajectoryError::BadTopology {
        path: path.to_path_buf(),
        detail,
    })
}
