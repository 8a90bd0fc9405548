//! Trajectory files, checkpoints and exports: what a run leaves on disk.
//!
//! A trajectory is one HDF5 file a replica that H5MD readers (MDAnalysis) and MDTraj open alike. A checkpoint is a file
//! of its own; together they continue a run bit for bit.

mod checkpoint;
mod durable;
mod error;
pub mod export;
mod format;
mod lock;
mod notes;
mod published;
mod reader;
mod store;
mod writer;
mod writer_set;

pub use checkpoint::file::CheckpointError;
pub use checkpoint::record::{Checkpoint, KernelRecord, RunIdentity};
pub use error::TrajectoryError;
pub use format::header::Header;
pub use lock::{LockError, OutputLock};
pub use notes::cost::RunCost;
pub use notes::exchange::ExchangeRecord;
pub use notes::warnings::RunWarnings;
pub use reader::Reader;
pub use writer::{Writer, WriterProgress};
pub use writer_set::{WriterSet, is_trajectory_file, trajectory_name};
