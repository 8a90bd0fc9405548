//! Writes one replica's trajectory, valid as H5MD and as MDTraj HDF5 at once.
//!
//! Frames wait in memory until a whole chunk can be written: a compressed chunk rewritten leaves a hole in the file.

use std::path::Path;

use super::durable::DurableStore;
use super::error::TrajectoryError;
use super::format::header::Header;
use super::format::layout::{
    ACCEPTANCE, KINETIC_ENERGY, POSITIONS, POTENTIAL_ENERGY, STEP, TEMPERATURE, TIME, VELOCITIES,
    frames_per_chunk,
};
use super::format::preamble;
use super::published::PublishedFile;
use super::store::{Number, Store};
use crate::state::Frame;
use serde::{Deserialize, Serialize};

/// Where a writer stands, for the checkpoint: [`Writer::resume`] goes on from here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WriterProgress {
    /// Frames in the file.
    pub n_frames_on_disk: usize,
    /// Frames not yet in the file.
    pub pending: Vec<Frame>,
}

/// Sizes that every frame of a file shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FrameShape {
    n_atoms: usize,
    velocities: bool,
    n_kernels: usize,
    frames_per_chunk: usize,
}

/// Appends frames to one trajectory file. Between two calls no file is open, and what others see is complete.
#[derive(Debug)]
pub struct Writer {
    file: PublishedFile,
    shape: FrameShape,
    pending: Vec<Frame>,
    n_frames_on_disk: usize,
    is_synced: bool,
}

impl Writer {
    /// Starts a file; its header is on disk when this returns.
    ///
    /// # Errors
    /// [`TrajectoryError::Exists`] unless `overwrite`, and whatever the disk says.
    pub fn create(path: &Path, header: &Header, overwrite: bool) -> Result<Self, TrajectoryError> {
        let shape = FrameShape {
            n_atoms: header.topology.n_atoms(),
            velocities: header.velocities,
            n_kernels: header.kernel_names.len(),
            frames_per_chunk: frames_per_chunk(header.topology.n_atoms()),
        };
        let file = PublishedFile::at(path);
        let mut store = file.create(overwrite)?;
        store.reserve(preamble::size_bound(header), 0)?;
        preamble::write(store.store(), header, shape.frames_per_chunk)?;
        file.replace(store)?;
        Ok(Self {
            file,
            shape,
            pending: Vec::new(),
            n_frames_on_disk: 0,
            is_synced: false,
        })
    }

    /// Goes on with a file as a checkpoint left it: whatever was written after the checkpoint is cut off.
    ///
    /// # Errors
    /// [`TrajectoryError::Resume`] when the file holds fewer frames than the checkpoint recorded, others as for reading.
    pub fn resume(path: &Path, progress: WriterProgress) -> Result<Self, TrajectoryError> {
        let file = PublishedFile::at(path);
        file.recover()?;
        super::format::probe::check(path)?;
        let (shape, n_frames) = read_shape(path, &Store::open_read(path)?)?;
        if n_frames < progress.n_frames_on_disk {
            return Err(TrajectoryError::Resume {
                path: path.to_path_buf(),
                got: n_frames,
                expected: progress.n_frames_on_disk,
            });
        }
        let whole = progress.n_frames_on_disk - progress.n_frames_on_disk % shape.frames_per_chunk;
        let mut pending = Vec::new();
        if whole < progress.n_frames_on_disk {
            pending = super::Reader::open(path)?.read_frames(whole..progress.n_frames_on_disk)?;
        }
        if whole < n_frames {
            let store = file.begin(whole)?;
            for column in columns(shape) {
                store.store().resize_rows(column, whole)?;
            }
            file.replace(store)?;
        }
        let mut writer = Self {
            file,
            shape,
            pending: Vec::new(),
            n_frames_on_disk: whole,
            is_synced: false,
        };
        pending.extend(progress.pending);
        for frame in pending {
            writer.append(frame)?;
        }
        Ok(writer)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Frames in the file and waiting for it.
    #[must_use]
    pub fn n_frames(&self) -> usize {
        self.n_frames_on_disk + self.pending.len()
    }

    /// What a checkpoint must keep of this writer. Valid once [`Writer::flush`] has returned.
    #[must_use]
    pub fn progress(&self) -> WriterProgress {
        WriterProgress {
            n_frames_on_disk: self.n_frames_on_disk,
            pending: self.pending.clone(),
        }
    }

    /// Frames not yet in the file.
    #[must_use]
    pub fn pending_frames(&self) -> &[Frame] {
        &self.pending
    }

    /// Takes a frame; writes when a chunk is full.
    ///
    /// # Errors
    /// [`TrajectoryError::Frame`] when it does not fit, [`TrajectoryError::DiskFull`] when there is no room: the frame
    /// is then kept, and the next call tries again.
    pub fn append(&mut self, frame: Frame) -> Result<(), TrajectoryError> {
        self.check(&frame)?;
        self.pending.push(frame);
        while self.pending.len() >= self.shape.frames_per_chunk {
            self.write_pending(self.shape.frames_per_chunk)?;
        }
        Ok(())
    }

    /// Waits until all whole chunks are on the disk. Frames still pending stay in memory.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn flush(&mut self) -> Result<(), TrajectoryError> {
        if self.is_synced {
            return Ok(());
        }
        self.file.sync()?;
        self.is_synced = true;
        Ok(())
    }

    /// Writes the last, partial chunk.
    ///
    /// # Errors
    /// As for [`Writer::append`].
    pub fn finish(mut self) -> Result<(), TrajectoryError> {
        if !self.pending.is_empty() {
            self.write_pending(self.pending.len())?;
        }
        self.flush()
    }

    fn write_pending(&mut self, n: usize) -> Result<(), TrajectoryError> {
        let mut file = self.file.begin(self.n_frames_on_disk)?;
        if let Err(error) = self.write_next(&mut file, n) {
            // The public copy knows nothing of this; the next attempt starts from it.
            file.abandon();
            self.file.discard();
            return Err(error);
        }
        self.file.publish(file)?;
        self.is_synced = false;
        self.pending.drain(..n);
        self.n_frames_on_disk += n;
        Ok(())
    }

    /// Brings the unpublished copy up to the public one, then adds `n` pending frames.
    fn write_next(&self, file: &mut DurableStore, n: usize) -> Result<(), TrajectoryError> {
        let end = self.n_frames_on_disk;
        let (_, start) = read_shape(self.path(), file.store())?;
        let n_rows = (end + n - start).max(self.shape.frames_per_chunk);
        file.reserve((n_rows * self.shape.bytes_per_frame()) as u64, end)?;
        if start < end {
            let public = Store::open_read(self.path())?;
            for column in columns(self.shape) {
                file.store().copy_rows(&public, column, start..end)?;
            }
        }
        write_frames(file.store(), self.shape, end, &self.pending[..n])
    }

    fn check(&self, frame: &Frame) -> Result<(), TrajectoryError> {
        let n_velocities = frame.velocities.as_ref().map_or(0, Vec::len);
        let n_coordinates = 3 * self.shape.n_atoms;
        let expected_velocities = if self.shape.velocities {
            n_coordinates
        } else {
            0
        };
        for (what, got, expected) in [
            ("position components", frame.positions.len(), n_coordinates),
            ("velocity components", n_velocities, expected_velocities),
            (
                "acceptance values",
                frame.acceptance.len(),
                self.shape.n_kernels,
            ),
        ] {
            if got != expected {
                return Err(TrajectoryError::Frame {
                    path: self.path().to_path_buf(),
                    what,
                    got,
                    expected,
                });
            }
        }
        Ok(())
    }
}

impl FrameShape {
    fn bytes_per_frame(self) -> usize {
        let vectors = 1 + usize::from(self.velocities);
        let scalars = columns(self).len() - vectors - usize::from(self.n_kernels > 0);
        vectors * 3 * self.n_atoms * size_of::<f32>()
            + (scalars + self.n_kernels) * size_of::<f64>()
    }
}

/// Paths of all per-frame datasets of a file.
fn columns(shape: FrameShape) -> Vec<&'static str> {
    let mut columns = vec![
        STEP.path,
        TIME.path,
        POTENTIAL_ENERGY.path,
        KINETIC_ENERGY.path,
        TEMPERATURE.path,
        POSITIONS.path,
    ];
    if shape.velocities {
        columns.push(VELOCITIES.path);
    }
    if shape.n_kernels > 0 {
        columns.push(ACCEPTANCE.path);
    }
    columns
}

/// Shape of an existing file of ours and the frames that all its columns hold.
fn read_shape(path: &Path, store: &Store) -> Result<(FrameShape, usize), TrajectoryError> {
    let shape_of = |column: &str, n_dimensions: usize| {
        let shape = store.shape(column)?;
        if shape.len() == n_dimensions {
            return Ok(shape);
        }
        Err(TrajectoryError::Shape {
            path: path.to_path_buf(),
            dataset: column.to_owned(),
            got: format!("{shape:?}"),
            expected: format!("{n_dimensions} dimensions"),
        })
    };
    let n_kernels = match store.exists(ACCEPTANCE.path) {
        true => shape_of(ACCEPTANCE.path, 2)?[1],
        false => 0,
    };
    let n_atoms = shape_of(POSITIONS.path, 3)?[1];
    let shape = FrameShape {
        n_atoms,
        velocities: store.exists(VELOCITIES.path),
        n_kernels,
        frames_per_chunk: store
            .rows_per_chunk(POSITIONS.path)?
            .unwrap_or_else(|| frames_per_chunk(n_atoms)),
    };
    let mut n_frames = usize::MAX;
    for column in columns(shape) {
        n_frames = n_frames.min(store.shape(column)?.first().copied().unwrap_or(0));
    }
    Ok((shape, n_frames))
}

fn write_frames(
    store: &Store,
    shape: FrameShape,
    start: usize,
    frames: &[Frame],
) -> Result<(), TrajectoryError> {
    let scalar = |path: &str, value: fn(&Frame) -> f64| {
        write_column(store, path, start, frames, |frame| [value(frame)])
    };
    write_column(store, STEP.path, start, frames, |frame| {
        [frame.step.cast_signed()]
    })?;
    scalar(TIME.path, |frame| frame.time_ps)?;
    scalar(POTENTIAL_ENERGY.path, |frame| {
        frame.potential_energy_kj_per_mol
    })?;
    scalar(KINETIC_ENERGY.path, |frame| frame.kinetic_energy_kj_per_mol)?;
    scalar(TEMPERATURE.path, |frame| frame.temperature_kelvin)?;
    if shape.n_kernels > 0 {
        write_column(store, ACCEPTANCE.path, start, frames, |frame| {
            frame.acceptance.iter().copied()
        })?;
    }
    if shape.velocities {
        write_column(store, VELOCITIES.path, start, frames, |frame| {
            frame.velocities.iter().flatten().copied()
        })?;
    }
    write_column(store, POSITIONS.path, start, frames, |frame| {
        frame.positions.iter().copied()
    })
}

fn write_column<'a, T: Number, I: IntoIterator<Item = T>>(
    store: &Store,
    path: &str,
    start: usize,
    frames: &'a [Frame],
    row: impl Fn(&'a Frame) -> I,
) -> Result<(), TrajectoryError> {
    let values: Vec<T> = frames.iter().flat_map(row).collect();
    store.write_rows(path, start, frames.len(), &values)
}
