//! Whether trajectories are of one ensemble: temperature, force field, solvent, weights. Others are pooled only on demand.

use std::collections::BTreeMap;

use crate::cli::error::CliError;
use crate::trajectory::Header;

use super::chain_file::ChainFile;

/// Keys of `system` that say what the molecule is, which is compared atom by atom, or that don't touch the distribution.
const FREE_KEYS: [&str; 6] = [
    "sequence",
    "pdb",
    "disulfides",
    "bonds",
    "minimize",
    "hydrogen_mass_da",
];

/// One line for everything in which the files differ; files that don't say are left out.
pub(super) fn differences(chains: &[ChainFile]) -> Vec<String> {
    let mut values: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for chain in chains {
        let Some(header) = &chain.header else {
            continue;
        };
        for (quantity, value) in ensemble_of(header) {
            let files = values.entry(quantity).or_default().entry(value);
            files.or_default().push(chain.path.display().to_string());
        }
    }
    values.retain(|_, files| files.len() > 1);
    let line = |(quantity, files): (String, BTreeMap<String, Vec<String>>)| {
        let sides = files.into_iter().map(|(value, files)| match files.len() {
            1 => format!("{value} in {}", files[0]),
            n => format!("{value} in {} and {} more", files[0], n - 1),
        });
        format!("{quantity}: {}", sides.collect::<Vec<_>>().join(", "))
    };
    values.into_iter().map(line).collect()
}

/// What a file says of its ensemble, as names and values to be compared and shown.
fn ensemble_of(header: &Header) -> Vec<(String, String)> {
    let frames = match header.log_weights.is_empty() {
        true => "those of a chain",
        false => "draws with weights (`saltus generate`)",
    };
    let mut values = vec![("frames".to_owned(), frames.to_owned())];
    if header.temperature_kelvin.is_finite() {
        let kelvin = header.temperature_kelvin;
        values.push(("temperature_kelvin".to_owned(), kelvin.to_string()));
    }
    let system = header.metadata["settings"]["system"].as_object();
    let system = system.into_iter().flatten();
    let keys = system.filter(|(key, _)| !FREE_KEYS.contains(&key.as_str()));
    values.extend(keys.map(|(key, value)| (format!("system.{key}"), value.to_string())));
    values
}

/// Refuses files of several ensembles.
///
/// # Errors
/// Names what differs, and where.
pub(super) fn refuse(differences: &[String]) -> Result<(), CliError> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(CliError::input(format!(
        "the trajectories are not of one ensemble\n  {}\n  help: analyse each ensemble in a call of its own; --pool takes them together, and no mean then describes any of them",
        differences.join("\n  ")
    )))
}
