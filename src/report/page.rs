//! The report as one HTML page that needs no network: plots as SVG, tables that sort, the molecule with its frames.

use serde_json::json;

use super::base64;
use super::error::ReportError;
use super::figure::Figure;
use super::files::svg;

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = include_str!("style.css");
const TABLES: &str = include_str!("tables.js");
const VIEWER: &str = include_str!("viewer.js");
const SELF_TEST: &str = include_str!("selftest.js");

/// Picometres in a nanometre: frames are embedded as whole picometres in 16 bits.
const PM_PER_NM: f32 = 1000.0;

/// Everything on the page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Title and first heading.
    pub title: String,
    /// Lines between heading and summary that nobody shall overlook.
    pub warnings: Vec<String>,
    /// Lines under the heading.
    pub summary: Vec<String>,
    /// Tables in order.
    pub tables: Vec<Table>,
    /// Plots in order.
    pub figures: Vec<Figure>,
    /// The molecule.
    pub molecule: MoleculeView,
}

/// A table that sorts by a click on a heading.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Caption above it.
    pub caption: String,
    /// Headings, `[n_columns]`.
    pub headings: Vec<String>,
    /// Rows of cells, `[n_columns]` each.
    pub rows: Vec<Vec<Cell>>,
    /// Lines under it.
    pub remarks: Vec<String>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// What it sorts by, where that is a number.
    pub value: Option<f64>,
    /// Whether it asks for attention.
    pub flagged: bool,
}

/// A molecule with some frames, to be turned and played.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MoleculeView {
    /// Element symbols, `[n_atoms]`.
    pub elements: Vec<String>,
    /// Labels such as `ALA 2 CB`, `[n_atoms]`.
    pub labels: Vec<String>,
    /// Bonds as pairs of atom indices.
    pub bonds: Vec<[usize; 2]>,
    /// Positions in nm, `[n_frames][n_atoms * 3]`, superposed and about the origin (beyond 32 nm they are cut).
    pub frames: Vec<Vec<f32>>,
    /// What each frame is called, `[n_frames]`.
    pub frame_names: Vec<String>,
}

impl Page {
    /// The page as HTML.
    ///
    /// # Errors
    /// [`ReportError::Drawing`] for a plot that cannot be drawn.
    pub fn html(&self) -> Result<String, ReportError> {
        let mut figures = String::new();
        for figure in &self.figures {
            let svg = svg(figure)?;
            figures.push_str(&format!(
                "<figure id=\"{}\">{svg}</figure>\n",
                escape(&figure.name)
            ));
        }
        let lines = self
            .summary
            .iter()
            .map(|line| format!("<li>{}</li>\n", escape(line)));
        let warnings = self
            .warnings
            .iter()
            .map(|line| format!("<p class=\"warning\">WARNING: {}</p>\n", escape(line)));
        let parts = [
            ("warnings", warnings.collect()),
            ("style", STYLE.to_owned()),
            ("title", escape(&self.title)),
            ("summary", lines.collect()),
            ("tables", self.tables.iter().map(table).collect()),
            ("figures", figures),
            ("molecule", self.molecule.json()),
            ("scripts", format!("{TABLES}\n{VIEWER}\n{SELF_TEST}")),
        ];
        // The template is cut at its marks, so that no text put in can be taken for a mark.
        let mut html = String::new();
        let mut rest = TEMPLATE;
        while let Some((before, after)) = rest.split_once("{{") {
            let (mark, after) = after
                .split_once("}}")
                .expect("invariant: marks of the template close");
            let part = parts.iter().find(|(name, _)| *name == mark);
            html.push_str(before);
            html.push_str(&part.expect("invariant: the template's marks are known").1);
            rest = after;
        }
        html.push_str(rest);
        Ok(html)
    }
}

impl MoleculeView {
    /// The molecule as JSON that may stand inside a script element.
    fn json(&self) -> String {
        let coordinates = self.frames.iter().flatten().flat_map(|&nm| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole picometres; the cast saturates"
            )]
            let picometres = (nm * PM_PER_NM).round() as i16;
            picometres.to_le_bytes()
        });
        let value = json!({
            "elements": self.elements,
            "labels": self.labels,
            "bonds": self.bonds,
            "frameNames": self.frame_names,
            "picometres": base64::encode(&coordinates.collect::<Vec<u8>>()),
        });
        value.to_string().replace('<', "\\u003c")
    }
}

fn table(table: &Table) -> String {
    let headings: String = table
        .headings
        .iter()
        .map(|heading| format!("<th>{}</th>", escape(heading)))
        .collect();
    let rows: String = table
        .rows
        .iter()
        .map(|row| format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>()))
        .collect();
    let remarks: String = table
        .remarks
        .iter()
        .map(|remark| format!("<p class=\"remark\">{}</p>\n", escape(remark)))
        .collect();
    format!(
        "<h2>{}</h2>\n<table class=\"sortable\"><thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n{remarks}",
        escape(&table.caption)
    )
}

fn cell(cell: &Cell) -> String {
    let value = cell
        .value
        .map_or(String::new(), |value| format!(" data-value=\"{value}\""));
    // A dash stands in a column of numbers.
    let class = match (cell.flagged, cell.value.is_some() || cell.text == "-") {
        (true, true) => " class=\"flagged number\"",
        (true, false) => " class=\"flagged\"",
        (false, true) => " class=\"number\"",
        (false, false) => "",
    };
    format!("<td{class}{value}>{}</td>", escape(&cell.text))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
