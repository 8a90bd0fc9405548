//! One trajectory file as one chain: streamed in blocks, kept as a few numbers a frame.

use std::path::{Path, PathBuf};

use crate::analysis::{HiddenCoordinate, ObservableRecorder, ObservableSet};
use crate::trajectory::{ExchangeRecord, Header, Reader, RunCost, RunWarnings};

/// Coordinates held in memory at a time.
const BLOCK_COORDINATES: usize = 1 << 21;

/// Fewest frames of a chain: two for either half of split R-hat.
pub(super) const MIN_FRAMES: usize = 4;

/// Positions count as equal where they round to the same multiple of this, in nm: far below what a step moves an atom,
/// far above what a change of units does to a number in single precision.
const RESOLUTION_NM: f64 = 1e-4;

/// What is kept of a file.
#[derive(Debug, Clone)]
pub(super) struct ChainFile {
    /// The file.
    pub(super) path: PathBuf,
    /// What the run said of itself; `None` for other programs' files.
    pub(super) header: Option<Header>,
    /// What the run cost, where it is noted.
    pub(super) cost: Option<RunCost>,
    /// What replica exchange did, where it is noted.
    pub(super) exchange: Option<ExchangeRecord>,
    /// What the run warned of.
    pub(super) warnings: RunWarnings,
    /// Names and values of the observables, `[n_frames]` each.
    pub(super) series: Vec<(String, Vec<f64>)>,
    /// Values of the hidden coordinates, `[n_coordinates][n_values][n_frames]`.
    pub(super) hidden: Vec<Vec<Vec<f64>>>,
    /// Acceptance of every kernel, `[n_kernels][n_frames]`.
    pub(super) acceptance: Vec<Vec<f64>>,
    /// Simulated time in ps, `[n_frames]`, NaN where it is not recorded.
    pub(super) times_ps: Vec<f64>,
    /// A number for every frame by which equal frames are known, `[n_frames]`.
    pub(super) fingerprints: Vec<u64>,
    /// Some frames evenly spread over the file, positions in nm, `[n_atoms * 3]` each.
    pub(super) snapshots: Vec<Vec<f32>>,
}

/// Streams a file from frame `burn_in` on and keeps `n_snapshots` of its frames.
///
/// # Errors
/// A message that names the file: too few frames, a damaged block, a coordinate that is no number.
pub(super) fn read(
    reader: &Reader,
    set: &ObservableSet,
    hidden: &[HiddenCoordinate],
    burn_in: usize,
    n_snapshots: usize,
) -> Result<ChainFile, String> {
    let path = reader.path();
    let n_frames = reader.n_frames().saturating_sub(burn_in);
    if n_frames < MIN_FRAMES {
        return Err(too_few(path, reader.n_frames(), burn_in));
    }
    let mut recorder = ObservableRecorder::new(set.clone(), 1);
    let mut chain = ChainFile {
        path: path.to_path_buf(),
        header: reader.header().cloned(),
        cost: RunCost::read(path).map_err(|error| error.to_string())?,
        exchange: ExchangeRecord::read(path).map_err(|error| error.to_string())?,
        warnings: RunWarnings::read(path).map_err(|error| error.to_string())?,
        series: Vec::new(),
        hidden: vec![Vec::new(); hidden.len()],
        acceptance: vec![Vec::with_capacity(n_frames); reader.n_kernels()],
        times_ps: Vec::with_capacity(n_frames),
        fingerprints: Vec::with_capacity(n_frames),
        snapshots: Vec::new(),
    };
    let n_snapshots = n_snapshots.min(n_frames);
    let block = (BLOCK_COORDINATES / (3 * reader.n_atoms()).max(1)).clamp(1, 4096);
    for start in (burn_in..reader.n_frames()).step_by(block) {
        let end = reader.n_frames().min(start + block);
        let frames = reader
            .read_frames(start..end)
            .map_err(|error| error.to_string())?;
        for (index, frame) in (start - burn_in..).zip(frames) {
            if let Some(value) = frame.positions.iter().find(|value| !value.is_finite()) {
                return Err(format!(
                    "{}: frame {} has a coordinate that is {value}, expected a finite number\n  help: leave out the frames up to it with --burn-in {}, or remove it from the file",
                    path.display(),
                    index + burn_in,
                    index + burn_in + 1
                ));
            }
            recorder
                .push(0, &frame.positions, frame.potential_energy_kj_per_mol)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            push_hidden(&mut chain.hidden, hidden, &frame.positions);
            for (column, value) in chain.acceptance.iter_mut().zip(frame.acceptance) {
                column.push(value);
            }
            chain.times_ps.push(frame.time_ps);
            chain.fingerprints.push(fingerprint(&frame.positions));
            if chain.snapshots.len() < n_snapshots
                && index >= chain.snapshots.len() * n_frames / n_snapshots
            {
                chain.snapshots.push(frame.positions);
            }
        }
    }
    let series = recorder.finish().into_iter();
    chain.series = series
        .map(|(name, mut chains)| (name, chains.remove(0)))
        .collect();
    Ok(chain)
}

/// A frame as a number that equal frames share wherever the molecule stands: BLAKE3 of the positions about the first atom.
fn fingerprint(positions: &[f32]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for atom in positions.chunks_exact(3) {
        // Adding 0 turns -0 into 0, whose bytes differ.
        for (value, origin) in atom.iter().zip(positions) {
            let relative_nm = f64::from(*value) - f64::from(*origin);
            hasher.update(&((relative_nm / RESOLUTION_NM).round() + 0.0).to_le_bytes());
        }
    }
    let bytes = hasher.finalize();
    u64::from_le_bytes(std::array::from_fn(|index| bytes.as_bytes()[index]))
}

fn push_hidden(series: &mut [Vec<Vec<f64>>], coordinates: &[HiddenCoordinate], positions: &[f32]) {
    for (series, coordinate) in series.iter_mut().zip(coordinates) {
        let values = coordinate.values(positions);
        series.resize(values.len(), Vec::new());
        for (series, value) in series.iter_mut().zip(values) {
            series.push(value);
        }
    }
}

fn too_few(path: &Path, n_frames: usize, burn_in: usize) -> String {
    let left_out = match burn_in {
        0 => String::new(),
        _ => format!(", {burn_in} of them left out by --burn-in"),
    };
    format!(
        "{} has {n_frames} frames{left_out}, but at least {} are needed for an estimate\n  help: run longer, write frames more often, or leave out fewer",
        path.display(),
        MIN_FRAMES + burn_in
    )
}
