//! Fits proposals inside the program: makes peptides, samples them, fits densities, writes models. Reads no YAML and prints nothing.

mod corpus;
mod dataset;
mod error;
mod fit;
mod peptides;
mod sampling;
mod torsion_leap;

pub use corpus::{Corpus, PeptideData};
pub use dataset::{Batch, Dataset, Part};
pub use error::TrainingError;
pub use fit::{Fit, FitSettings, Progress, evaluate};
pub use peptides::{HELD_OUT, Peptide, is_held_out, training_peptides};
pub use sampling::{SamplingSettings, sample_peptide};
pub use torsion_leap::{LeapEvent, LeapTraining, train_torsion_leap, write_model};
