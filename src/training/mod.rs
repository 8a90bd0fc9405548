//! Fits proposals inside the program: makes peptides, samples them, fits densities, writes models. Reads no YAML and prints nothing.

mod acceptance;
mod card;
mod checkpoint;
mod corpus;
mod dataset;
mod error;
mod fit;
mod fitting;
mod leap_training;
mod peptides;
mod sampling;
mod torsion_leap;

pub use acceptance::{AcceptanceReport, AcceptanceSettings};
pub use card::test_peptides;
pub use corpus::{Corpus, PeptideData, check_writable};
pub use dataset::{Dataset, Part};
pub use error::TrainingError;
pub use fit::{Advance, Fit, FitSettings, FitWorkspace, Place, Progress, evaluate};
pub use leap_training::{LeapEvent, LeapTraining, Origin};
pub use peptides::{HELD_OUT, Peptide, is_held_out, one_letter_codes, training_peptides};
pub use sampling::{SamplingSettings, sample_peptide};
pub use torsion_leap::{discard_checkpoint, train_torsion_leap, write_model};
