//! Trajectory files, checkpoints and exports: what a run leaves on disk. Simulates and analyses nothing.
//!
//! A trajectory is one HDF5 file a replica that H5MD readers (MDAnalysis) and MDTraj open alike. A checkpoint is a file
//! of its own; together they continue a run bit for bit.

mod checkpoint;
mod checkpoint_content;
mod codec;
mod cost;
mod durable;
mod error;
mod exchange;
pub mod export;
mod header;
mod layout;
mod lock;
mod preamble;
mod probe;
mod published;
mod reader;
mod sources;
mod store;
mod topology_json;
mod unit_names;
mod warnings;
mod writer;
mod writer_set;

pub use checkpoint::{Checkpoint, CheckpointError, KernelRecord, RunIdentity};
pub use cost::RunCost;
pub use error::TrajectoryError;
pub use exchange::ExchangeRecord;
pub use header::Header;
pub use lock::{LockError, OutputLock};
pub use reader::Reader;
pub use warnings::RunWarnings;
pub use writer::{Writer, WriterProgress};
pub use writer_set::{WriterSet, trajectory_name};
