//! What was sampled of one peptide, as a file that a later run reads instead of sampling again.

use crate::files;
use crate::flow::{self, NamedTensor, named_tensor};
use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;

use super::error::TrainingError;

/// Version of the files; others are refused, but for [`SILENT_VERSION`].
const VERSION: &str = "saltus-torsion-leap-corpus-2";
/// Files of the same content that do not say what they were sampled with.
const SILENT_VERSION: &str = "saltus-torsion-leap-corpus-1";

/// Configurations of one peptide, and for each block of torsions some draws of it given everything else.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PeptideData {
    /// Residue names joined by hyphens.
    pub sequence: String,
    /// Number of atoms.
    pub n_atoms: usize,
    /// Positions in nm, `[n_frames, n_atoms, 3]`.
    pub positions: Vec<f32>,
    /// Temperatures in K, `[n_frames]`.
    pub temperatures_kelvin: Vec<f32>,
    /// Draws of a block a frame.
    pub n_draws: usize,
    /// For every block: torsions in rad, `[n_frames, n_draws, n_torsions]`.
    pub draws: Vec<Vec<f32>>,
}

impl PeptideData {
    /// Number of frames.
    #[must_use]
    pub fn n_frames(&self) -> usize {
        self.temperatures_kelvin.len()
    }

    /// Positions of one frame, `[n_atoms * 3]`.
    #[must_use]
    pub fn frame(&self, frame: usize) -> &[f32] {
        let size = self.n_atoms * 3;
        &self.positions[frame * size..(frame + 1) * size]
    }

    /// Torsions of one draw of a block, `[n_torsions]`.
    #[must_use]
    pub fn draw(&self, block: usize, frame: usize, draw: usize) -> &[f32] {
        let n_torsions = self.draws[block].len() / (self.n_frames() * self.n_draws);
        let start = (frame * self.n_draws + draw) * n_torsions;
        &self.draws[block][start..start + n_torsions]
    }

    /// A run of frames alone.
    #[must_use]
    pub fn frames(&self, range: Range<usize>) -> Self {
        let cut = |values: &[f32]| {
            let size = values.len() / self.n_frames().max(1);
            values[range.start * size..range.end * size].to_vec()
        };
        Self {
            sequence: self.sequence.clone(),
            n_atoms: self.n_atoms,
            positions: cut(&self.positions),
            temperatures_kelvin: cut(&self.temperatures_kelvin),
            n_draws: self.n_draws,
            draws: self.draws.iter().map(|draws| cut(draws)).collect(),
        }
    }

    /// Adds everything to a digest.
    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        hasher.update(self.sequence.as_bytes());
        let draws = self.draws.iter();
        for values in [&self.positions, &self.temperatures_kelvin]
            .into_iter()
            .chain(draws)
        {
            hasher.update(&to_bytes(values));
        }
    }
}

/// A folder with one file a peptide.
#[derive(Debug, Clone)]
pub struct Corpus {
    directory: PathBuf,
    physics: String,
}

impl Corpus {
    /// Makes the folder where it is missing. Files that were sampled with other physics than `physics`, words for force
    /// field, solvent and temperatures, are refused when they are read.
    ///
    /// # Errors
    /// [`TrainingError::File`].
    pub fn open(directory: &Path, physics: &str) -> Result<Self, TrainingError> {
        std::fs::create_dir_all(directory).map_err(|error| TrainingError::File {
            action: "create",
            path: directory.to_owned(),
            reason: error.to_string(),
            remedy: "give a folder that can be written to as `data.directory`",
        })?;
        Ok(Self {
            directory: directory.to_owned(),
            physics: physics.to_owned(),
        })
    }

    /// The folder.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn path(&self, sequence: &str) -> PathBuf {
        self.directory.join(format!("{sequence}.safetensors"))
    }

    /// Whether there is a file for this peptide.
    #[must_use]
    pub fn has(&self, sequence: &str) -> bool {
        self.path(sequence).exists()
    }

    /// Writes one peptide, whole or not at all.
    ///
    /// # Errors
    /// [`TrainingError::File`], for example on a full disk.
    pub fn write(&self, data: &PeptideData) -> Result<(), TrainingError> {
        let n_frames = data.n_frames();
        let tensors: Vec<NamedTensor> = [
            (
                "positions",
                vec![n_frames, data.n_atoms, 3],
                &data.positions,
            ),
            (
                "temperatures_kelvin",
                vec![n_frames],
                &data.temperatures_kelvin,
            ),
        ]
        .into_iter()
        .map(|(name, shape, values)| named_tensor(name.to_owned(), shape, values))
        .chain(data.draws.iter().enumerate().map(|(block, values)| {
            let n_torsions = values.len() / (n_frames * data.n_draws).max(1);
            let shape = vec![n_frames, data.n_draws, n_torsions];
            named_tensor(format!("draws_{block:03}"), shape, values)
        }))
        .collect();
        let header = HashMap::from([
            ("version".to_owned(), VERSION.to_owned()),
            ("sequence".to_owned(), data.sequence.clone()),
            ("physics".to_owned(), self.physics.clone()),
        ]);
        let path = self.path(&data.sequence);
        write_whole(&path, &flow::to_bytes(&tensors, header))
    }

    /// Reads one peptide.
    ///
    /// # Errors
    /// [`TrainingError::File`] or [`TrainingError::Content`].
    pub fn read(&self, sequence: &str) -> Result<PeptideData, TrainingError> {
        let path = self.path(sequence);
        let bytes = std::fs::read(&path).map_err(|error| TrainingError::File {
            action: "read",
            path: path.clone(),
            reason: error.to_string(),
            remedy: "run the command again to sample that peptide",
        })?;
        parse(&bytes, sequence, &self.physics).map_err(|reason| TrainingError::Content {
            path,
            expected: "a file of configurations sampled for this training",
            reason,
            remedy: "give another `data.directory`, or delete the file, and it will be sampled again",
        })
    }
}

fn parse(bytes: &[u8], sequence: &str, physics: &str) -> Result<PeptideData, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let entries = header.metadata().clone().unwrap_or_default();
    let version = entries.get("version").map_or("none", String::as_str);
    let is_silent = version == SILENT_VERSION;
    if version != VERSION && !is_silent {
        return Err(format!("its version is {version}, expected {VERSION}"));
    }
    let sampled_with = entries.get("physics").map_or("nothing", String::as_str);
    if sampled_with != physics && !is_silent {
        return Err(format!(
            "it was sampled with {sampled_with}, expected {physics}"
        ));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let tensor = |name: &str| tensors.tensor(name).map_err(|error| error.to_string());
    let positions = tensor("positions")?;
    let mut data = PeptideData {
        sequence: sequence.to_owned(),
        n_atoms: positions.shape()[1],
        positions: from_bytes(positions.data()),
        temperatures_kelvin: from_bytes(tensor("temperatures_kelvin")?.data()),
        ..PeptideData::default()
    };
    while let Ok(draws) = tensors.tensor(&format!("draws_{:03}", data.draws.len())) {
        data.n_draws = draws.shape()[1];
        data.draws.push(from_bytes(draws.data()));
    }
    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    if !finite(&data.positions) || !data.draws.iter().all(|draws| finite(draws)) {
        return Err("it holds values that are not finite".to_owned());
    }
    Ok(data)
}

/// Whether a file can be written whole here, asked before hours of work.
///
/// # Errors
/// [`TrainingError::File`].
pub fn check_writable(path: &Path) -> Result<(), TrainingError> {
    let temporary = files::beside(path);
    let written = File::create(&temporary).and_then(|_| std::fs::remove_file(&temporary));
    written.map_err(|error| TrainingError::File {
        action: "write",
        path: path.to_owned(),
        reason: error.to_string(),
        remedy: "give a path in a folder that exists and can be written to",
    })
}

/// Writes a file beside its place, then moves it there, so that no half of it is ever seen.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainingError> {
    files::replace(path, bytes).map_err(|error| TrainingError::File {
        action: "write",
        path: path.to_owned(),
        reason: error.to_string(),
        remedy: "make room, then start the same command again: it goes on where it stopped",
    })
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let words = bytes.as_chunks().0.iter();
    words.map(|word| f32::from_le_bytes(*word)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn data() -> PeptideData {
        PeptideData {
            sequence: "ACE-GLY-NME".to_owned(),
            n_atoms: 2,
            positions: (0_u8..12).map(f32::from).collect(),
            temperatures_kelvin: vec![310.0, 400.0],
            n_draws: 2,
            draws: vec![
                (0_u8..8).map(f32::from).collect(),
                (0_u8..4).map(f32::from).collect(),
            ],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = Corpus::open(folder.path(), "amber14").unwrap();
        corpus.write(&data()).unwrap();
        let read = corpus.read("ACE-GLY-NME").unwrap();
        assert_eq!(read, data());
        assert_eq!(read.draw(0, 1, 1), [6.0, 7.0]);
        assert_eq!(read.draw(1, 1, 0), [2.0]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn runs_of_frames_are_cut_out() {
        let last = data().frames(1..2);
        assert_eq!(last.frame(0), &data().positions[6..]);
        assert_eq!(last.temperatures_kelvin, [400.0]);
        assert_eq!(last.draw(0, 0, 1), data().draw(0, 1, 1));
        assert_eq!(last.draw(1, 0, 0), data().draw(1, 1, 0));
    }

    #[test]
    fn other_physics_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = Corpus::open(folder.path(), "amber14").unwrap();
        corpus.write(&data()).unwrap();
        let other = Corpus::open(folder.path(), "amber99sbildn").unwrap();
        let message = other.read("ACE-GLY-NME").unwrap_err().to_string();
        assert!(
            message.contains("amber14, expected amber99sbildn"),
            "{message}"
        );
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = Corpus::open(folder.path(), "amber14").unwrap();
        corpus.write(&data()).unwrap();
        let path = corpus.path("ACE-GLY-NME");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
        let message = corpus.read("ACE-GLY-NME").unwrap_err().to_string();
        assert!(message.contains("delete the file"), "{message}");
    }
}
