//! Plots and the HTML report, drawn from numbers that others computed. Never reads a trajectory, never simulates.
//!
//! Everything comes in as plain data: a [`Figure`] with its curves or its map, a [`Table`] of cells, a [`MoleculeView`].

mod base64;
mod draw;
mod error;
mod figure;
mod files;
mod page;

pub use error::ReportError;
pub use figure::{Content, Curve, Curves, Figure, Map};
pub use files::{svg, write_png, write_svg};
pub use page::{Cell, MoleculeView, Page, Table};
