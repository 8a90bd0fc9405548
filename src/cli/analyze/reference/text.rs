//! The comparison with a reference in words and tables, for terminal and page.

use crate::analysis::{Distance, MAX_Z, MeanDifference};
use crate::cli::columns::{aligned, number};
use crate::report::{Cell, Table};

use super::super::findings::ReferenceComparison;

const MEAN_HEADINGS: [&str; 7] = [
    "observable",
    "mean",
    "MCSE",
    "reference",
    "MCSE",
    "z",
    "verdict",
];
const DISTANCE_HEADINGS: [&str; 4] = ["distance", "Jensen-Shannon", "Wasserstein-2", "unit"];

fn heading(comparison: &ReferenceComparison) -> String {
    let [n_chains, n_frames] = comparison.size;
    let source = &comparison.source;
    let mut line = format!(
        "reference: {}; {n_chains} chains of {n_frames} frames",
        comparison.file
    );
    if let Some(kelvin) = source.temperature_kelvin {
        line.push_str(&format!("; {kelvin} K"));
    }
    if let Some(exact) = source.exact {
        line.push_str(if exact {
            "; exact"
        } else {
            "; with a time-step error"
        });
    }
    if !source.command.is_empty() {
        line.push_str(&format!("; made by `{}`", source.command));
    }
    line
}

fn verdict(mean: &MeanDifference) -> &'static str {
    if mean.flagged {
        "differs: biased, or not converged"
    } else {
        "agrees"
    }
}

fn mean_cells(mean: &MeanDifference) -> Vec<String> {
    vec![
        mean.name.clone(),
        number(mean.mean),
        number(mean.mcse),
        number(mean.reference_mean),
        number(mean.reference_mcse),
        format!("{:.1}", mean.z),
        verdict(mean).to_owned(),
    ]
}

fn distance_cells(distance: &Distance) -> Vec<String> {
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let unit = match (distance.wasserstein2, distance.quantity.as_str()) {
        (None, _) => "",
        (_, "potential_energy") => "kJ/mol",
        _ => "rad",
    };
    vec![
        distance.quantity.clone(),
        shown(distance.jensen_shannon),
        shown(distance.wasserstein2),
        unit.to_owned(),
    ]
}

fn conclusion(comparison: &ReferenceComparison) -> String {
    let means = &comparison.comparison.means;
    let flagged: Vec<&str> = means
        .iter()
        .filter(|mean| mean.flagged)
        .map(|mean| mean.name.as_str())
        .collect();
    match flagged.len() {
        0 => format!("no mean differs from the reference by more than {MAX_Z} standard errors"),
        n => format!(
            "{n} of {} means differ from the reference by more than {MAX_Z} standard errors: {}",
            means.len(),
            flagged.join(", ")
        ),
    }
}

/// The comparison as lines for a terminal.
pub(in crate::cli::analyze) fn text(comparison: &ReferenceComparison) -> Vec<String> {
    let means: Vec<_> = comparison.comparison.means.iter().map(mean_cells).collect();
    let distances: Vec<_> = comparison
        .comparison
        .distances
        .iter()
        .map(distance_cells)
        .collect();
    let mut lines = vec![heading(comparison)];
    lines.extend(comparison.notes.iter().map(|note| format!("note: {note}")));
    lines.push(String::new());
    lines.extend(aligned(&MEAN_HEADINGS, &means));
    lines.push(String::new());
    lines.extend(aligned(&DISTANCE_HEADINGS, &distances));
    lines.push(String::new());
    lines.push(conclusion(comparison));
    lines
}

/// The comparison as tables of the page.
pub(in crate::cli::analyze) fn tables(comparison: &ReferenceComparison) -> [Table; 2] {
    let cells = |texts: Vec<String>, values: &[Option<f64>], flagged: bool| {
        let texts = texts.into_iter().zip(values);
        let mut cells: Vec<Cell> = texts
            .map(|(text, &value)| Cell {
                text,
                value,
                flagged: false,
            })
            .collect();
        if let Some(last) = cells.last_mut() {
            last.flagged = flagged;
        }
        cells
    };
    let means = comparison.comparison.means.iter().map(|mean| {
        let numbers = [
            mean.mean,
            mean.mcse,
            mean.reference_mean,
            mean.reference_mcse,
            mean.z,
        ];
        let values: Vec<Option<f64>> = std::iter::once(None)
            .chain(numbers.into_iter().map(Some))
            .chain([None])
            .collect();
        cells(mean_cells(mean), &values, mean.flagged)
    });
    let distances = comparison.comparison.distances.iter().map(|distance| {
        let values = [None, distance.jensen_shannon, distance.wasserstein2, None];
        cells(distance_cells(distance), &values, false)
    });
    let mut remarks = comparison.notes.clone();
    remarks.push(heading(comparison));
    remarks.push(conclusion(comparison));
    let table = |caption: &str, headings: &[&str], rows, remarks| Table {
        caption: caption.to_owned(),
        headings: headings.iter().map(|&heading| heading.to_owned()).collect(),
        rows,
        remarks,
    };
    [
        table(
            "Means against the reference",
            &MEAN_HEADINGS,
            means.collect(),
            remarks,
        ),
        table(
            "Distances to the reference",
            &DISTANCE_HEADINGS,
            distances.collect(),
            Vec::new(),
        ),
    ]
}
