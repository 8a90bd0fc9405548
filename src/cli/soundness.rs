//! What a structure, a chain and a kernel must show for their numbers to mean anything: finite energies, moves that are accepted.

use crate::forcefield::{System, TermEnergies, reference_energies};
use crate::integrator::Engine;
use crate::mcmc::{Chain, KernelReport};
use crate::topology::Topology;

use super::error::CliError;

/// What to do about atoms that lie on top of each other, or about parameters that overflow.
const HELP: &str = "atoms on top of each other, or too far apart to be one molecule, have no energy: check the coordinates, or the parameters of a force field of your own";
/// Atoms named in one message.
const MOST_NAMED: usize = 4;

/// Share of moves that are not finite, of so many at least, worth a warning.
const NON_FINITE_SHARE: f64 = 0.1;
const NON_FINITE_MOVES: u64 = 20;

/// Energies per term and forces of a structure.
pub(crate) type Evaluated = (TermEnergies, Vec<[f64; 3]>);

/// Evaluates a structure in f64.
///
/// # Errors
/// An energy or a force that is not finite: which terms, which atoms, which of them are closest to each other.
pub(crate) fn evaluate(
    topology: &Topology,
    system: &System,
    positions: &[[f64; 3]],
) -> Result<Evaluated, CliError> {
    let (terms, forces) = reference_energies(system, positions);
    let is_finite =
        terms.total().is_finite() && forces.as_flattened().iter().all(|f| f.is_finite());
    if is_finite {
        return Ok((terms, forces));
    }
    Err(CliError::input(format!(
        "the starting structure has a potential energy of {} kJ/mol{}{}{}\n  help: {HELP}",
        terms.total(),
        faulty_terms(terms, system),
        faulty_atoms(topology, &forces),
        closest_pair(topology, positions),
    )))
}

/// `; not finite: nonbonded (inf)`, or nothing where the terms are finite.
fn faulty_terms(terms: TermEnergies, system: &System) -> String {
    let faulty: Vec<String> = terms
        .named(system)
        .into_iter()
        .filter(|(_, energy)| !energy.is_finite())
        .map(|(name, energy)| format!("{name} ({energy})"))
        .collect();
    match faulty.is_empty() {
        true => String::new(),
        false => format!("; terms that are not finite: {}", faulty.join(", ")),
    }
}

/// The first atoms whose force is not finite.
fn faulty_atoms(topology: &Topology, forces: &[[f64; 3]]) -> String {
    let is_faulty = |force: &[f64; 3]| force.iter().any(|component| !component.is_finite());
    let mut faulty = (0..forces.len()).filter(|&atom| is_faulty(&forces[atom]));
    let named: Vec<String> = faulty
        .by_ref()
        .take(MOST_NAMED)
        .map(|atom| topology.label(atom))
        .collect();
    let more = match faulty.count() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    match named.is_empty() {
        true => String::new(),
        false => format!(
            "\n  atoms whose force is not finite: {}{more}",
            named.join(", ")
        ),
    }
}

/// The two atoms closest to each other.
fn closest_pair(topology: &Topology, positions: &[[f64; 3]]) -> String {
    let distance = |i: usize, j: usize| {
        let squares = (0..3).map(|axis| (positions[i][axis] - positions[j][axis]).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let pairs = (0..positions.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
    let closest = pairs
        .map(|(i, j)| (distance(i, j), i, j))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    closest.map_or(String::new(), |(distance_nm, i, j)| {
        format!(
            "\n  the closest atoms are {} and {}, {distance_nm:.4} nm apart",
            topology.label(i),
            topology.label(j)
        )
    })
}

/// Refuses a chain that the engine of the run cannot evaluate, though the f64 reference may.
///
/// # Errors
/// The first replica whose energy is not finite.
pub(crate) fn check_start(chain: &Chain, engine: &mut dyn Engine) -> Result<(), CliError> {
    check_arrays(chain).map_err(CliError::run)?;
    let mut energies = vec![0.0; chain.state.n_replicas];
    engine.energies(&chain.state.positions, &mut energies);
    match first_faulty(&energies) {
        None => Ok(()),
        Some((replica, energy)) => Err(CliError::run(format!(
            "replica {replica} starts with a potential energy of {energy} kJ/mol on {}\n  help: {HELP}; `device: cpu` with `precision: double` reaches furthest",
            engine.description()
        ))),
    }
}

/// Refuses a chain with positions or velocities that are not finite.
///
/// # Errors
/// The first replica that has one, as a message.
pub(crate) fn check_arrays(chain: &Chain) -> Result<(), String> {
    let state = &chain.state;
    let width = (state.n_atoms * 3).max(1);
    for (name, values) in [
        ("positions", &state.positions),
        ("velocities", &state.velocities),
    ] {
        if let Some((index, value)) = first_faulty(values) {
            return Err(format!(
                "replica {} has {name} that are not finite ({value})\n  help: take a smaller time step, or minimise the starting structure (`minimize: true`)",
                index / width
            ));
        }
    }
    Ok(())
}

/// Refuses to record what is not finite: the chain is lost from there on.
///
/// # Errors
/// The first replica with such an energy, as a message.
pub(crate) fn check_energies(energies: &[f64], kind: &str) -> Result<(), String> {
    match first_faulty(energies) {
        None => Ok(()),
        Some((replica, energy)) => Err(format!(
            "replica {replica} has a {kind} energy of {energy} kJ/mol\n  help: take a smaller time step, or minimise the starting structure (`minimize: true`)"
        )),
    }
}

/// The first value that is not finite, and where it stands.
pub(crate) fn first_faulty(values: &[f64]) -> Option<(usize, f64)> {
    let mut values = values.iter().copied().enumerate();
    values.find(|(_, value)| !value.is_finite())
}

/// The kernels that do something themselves, those nested in others instead of these.
pub(crate) fn working_kernels(kernels: &[KernelReport]) -> Vec<&KernelReport> {
    let mut leaves = Vec::new();
    kernels
        .iter()
        .for_each(|kernel| gather(kernel, &mut leaves));
    leaves
}

/// What is wrong with kernels all or many of whose moves came to nothing, a sentence each.
pub(crate) fn kernel_warnings(kernels: &[KernelReport]) -> Vec<String> {
    let leaves = working_kernels(kernels);
    leaves.into_iter().filter_map(refused).collect()
}

fn gather<'a>(kernel: &'a KernelReport, leaves: &mut Vec<&'a KernelReport>) {
    if kernel.children.is_empty() {
        leaves.push(kernel);
    }
    kernel
        .children
        .iter()
        .for_each(|child| gather(child, leaves));
}

/// A kernel all or many of whose moves came to nothing.
fn refused(kernel: &KernelReport) -> Option<String> {
    let statistics = kernel.statistics;
    let (name, proposed, lost) = (&kernel.name, statistics.proposed, statistics.non_finite);
    let why = match lost {
        0 => "propose less at once (a shorter time step, narrower moves), or check the structure the run starts from".to_owned(),
        _ => format!("{lost} of them had an energy or a ratio that is not finite: take a shorter time step, or check the structure the run starts from"),
    };
    if proposed > 0 && statistics.accepted == 0 {
        return Some(format!(
            "`{name}` accepted none of its {proposed} moves in all recorded cycles; {why}"
        ));
    }
    let share = lost as f64 / proposed.max(1) as f64;
    (proposed >= NON_FINITE_MOVES && share >= NON_FINITE_SHARE).then(|| {
        format!(
            "{:.0} % of the moves of `{name}` ended in an energy or a ratio that is not finite; take a shorter time step",
            100.0 * share
        )
    })
}
