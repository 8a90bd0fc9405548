//! Figures as SVG text and as SVG and PNG files.

use std::fs;
use std::path::Path;

use plotters::prelude::*;

use super::draw::{SIZE, draw};
use super::error::ReportError;
use super::figure::Figure;

/// PNG files have this many pixels for each of the SVG's units along an axis.
const PNG_SCALE: u32 = 2;

fn failed<E: std::fmt::Display>(figure: &Figure) -> impl FnOnce(E) -> ReportError + '_ {
    |error| ReportError::Drawing {
        figure: figure.name.clone(),
        detail: error.to_string(),
    }
}

/// A figure as SVG.
///
/// # Errors
/// [`ReportError::Drawing`].
pub fn svg(figure: &Figure) -> Result<String, ReportError> {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
    draw(&area, figure, 1).map_err(failed(figure))?;
    drop(area);
    Ok(text)
}

/// A figure as an SVG file.
///
/// # Errors
/// [`ReportError`].
pub fn write_svg(figure: &Figure, path: &Path) -> Result<(), ReportError> {
    fs::write(path, svg(figure)?).map_err(|source| ReportError::Io {
        path: path.to_path_buf(),
        source,
    })
}

/// A figure as a PNG file, twice as many pixels as the SVG has units.
///
/// # Errors
/// [`ReportError::Drawing`], which also carries what the disk says.
pub fn write_png(figure: &Figure, path: &Path) -> Result<(), ReportError> {
    let size = (SIZE.0 * PNG_SCALE, SIZE.1 * PNG_SCALE);
    let area = BitMapBackend::new(path, size).into_drawing_area();
    draw(&area, figure, PNG_SCALE).map_err(failed(figure))
}
