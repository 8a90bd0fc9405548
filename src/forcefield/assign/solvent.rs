//! Generalised Born parameters of every atom: radii, screening factors, tanh coefficients. Computes no Born radius.
//!
//! The numbers are AMBER's, as OpenMM applies them to a topology: they depend on elements, bonds and, in two cases
//! (the guanidinium hydrogens of ARG, nucleic acids), on residue names, not on the force field.

use super::graph::Graph;
use super::{neck, radii};
use crate::forcefield::error::ForceFieldError;
use crate::forcefield::options::SystemOptions;
use crate::forcefield::system::{BornModel, ImplicitSolvent};

/// Parameters of the model for all atoms, radii and screening as AMBER's programs give them by default.
///
/// # Errors
/// [`ForceFieldError::RadiusOutOfRange`] where a neck model does not cover a radius.
pub(super) fn assign_implicit_solvent(
    graph: Graph<'_>,
    model: BornModel,
    options: &SystemOptions,
) -> Result<ImplicitSolvent, ForceFieldError> {
    let atoms = 0..graph.topology.n_atoms();
    let radii_nm = atoms
        .clone()
        .map(|atom| radii::radius_nm(graph, model, atom))
        .collect();
    let screening = atoms.map(|atom| screening(graph, model, atom)).collect();
    with_parameters(graph, model, options, radii_nm, screening)
}

/// The same with radii and screening of a file; GBn and GBn2 have screening of their own, by element, which no file changes.
///
/// # Errors
/// [`ForceFieldError::RadiusOutOfRange`] where a neck model does not cover a radius.
pub(in crate::forcefield) fn implicit_solvent_of_file(
    graph: Graph<'_>,
    model: BornModel,
    options: &SystemOptions,
    [radii_nm, screening_of_file]: [&[f64]; 2],
) -> Result<ImplicitSolvent, ForceFieldError> {
    let screening = match model {
        BornModel::Hct | BornModel::Obc1 | BornModel::Obc2 => screening_of_file.to_vec(),
        BornModel::Gbn | BornModel::Gbn2 => (0..graph.topology.n_atoms())
            .map(|atom| screening(graph, model, atom))
            .collect(),
    };
    with_parameters(graph, model, options, radii_nm.to_vec(), screening)
}

fn with_parameters(
    graph: Graph<'_>,
    model: BornModel,
    options: &SystemOptions,
    radii_nm: Vec<f64>,
    screening: Vec<f64>,
) -> Result<ImplicitSolvent, ForceFieldError> {
    let atoms = 0..graph.topology.n_atoms();
    let mut solvent = ImplicitSolvent {
        model,
        radii_nm,
        screening,
        tanh_coefficients: atoms
            .map(|atom| tanh_coefficients(graph, model, atom))
            .collect(),
        neck_index: Vec::new(),
        neck_distance_nm: Vec::new(),
        neck_amplitude: Vec::new(),
        solute_dielectric: options.solute_dielectric,
        solvent_dielectric: options.solvent_dielectric,
        kappa_per_nm: options.kappa_per_nm(),
        surface_area: options.surface_area,
    };
    if matches!(model, BornModel::Gbn | BornModel::Gbn2) {
        neck::fill_tables(graph.topology, &mut solvent)?;
    }
    Ok(solvent)
}

/// Screening factors of one element: HCT and OBC, GBn, GBn2, GBn2 in nucleic acids.
fn screening_factors(symbol: &str) -> [f64; 4] {
    match symbol {
        "H" => [0.85, 1.090_854_136_33, 1.425_952, 1.696_538],
        "C" => [0.72, 0.484_353_823_30, 1.058_554, 1.268_902],
        "N" => [0.79, 0.700_147_318_409, 0.733_599, 1.425_972_8],
        "O" => [0.85, 1.065_574_011_32, 1.061_039, 0.184_009_8],
        "F" => [0.88, 0.5, 0.5, 0.5],
        "P" => [0.86, 0.5, 0.5, 1.545_059_7],
        "S" => [0.96, 0.602_256_336_067, -0.703_469, 0.05],
        _ => [0.8, 0.5, 0.5, 0.5],
    }
}

fn screening(graph: Graph<'_>, model: BornModel, atom: usize) -> f64 {
    let factors = screening_factors(graph.element(atom).symbol());
    match model {
        BornModel::Hct | BornModel::Obc1 | BornModel::Obc2 => factors[0],
        BornModel::Gbn => factors[1],
        BornModel::Gbn2 if in_nucleic_acid(graph, atom) => factors[3],
        BornModel::Gbn2 => factors[2],
    }
}

/// Alpha, beta, gamma; GBn2 has them by element, the others have one set.
fn tanh_coefficients(graph: Graph<'_>, model: BornModel, atom: usize) -> [f64; 3] {
    match model {
        BornModel::Hct => [0.0, 0.0, 0.0],
        BornModel::Obc1 => [0.8, 0.0, 2.909_125],
        BornModel::Obc2 => [1.0, 0.8, 4.85],
        BornModel::Gbn => [1.095_112_84, 1.907_992_938, 2.507_982_45],
        BornModel::Gbn2 => {
            let symbol = graph.element(atom).symbol();
            if in_nucleic_acid(graph, atom) {
                gbn2_nucleic_coefficients(symbol)
            } else {
                gbn2_coefficients(symbol)
            }
        }
    }
}

const GBN2_OTHER: [f64; 3] = [1.0, 0.8, 4.851];

fn gbn2_coefficients(symbol: &str) -> [f64; 3] {
    match symbol {
        "H" => [0.788_440, 0.798_699, 0.437_334],
        "C" => [0.733_756, 0.506_378, 0.205_844],
        "N" => [0.503_364, 0.316_828, 0.192_915],
        "O" | "S" => [0.867_814, 0.876_635, 0.387_882],
        _ => GBN2_OTHER,
    }
}

fn gbn2_nucleic_coefficients(symbol: &str) -> [f64; 3] {
    match symbol {
        "H" => [0.537_050, 0.362_861, 0.116_704],
        "C" => [0.331_670, 0.196_842, 0.093_422],
        "N" => [0.686_311, 0.463_189, 0.138_722],
        "O" | "S" => [0.606_344, 0.463_006, 0.142_262],
        "P" => [0.418_365, 0.290_054, 0.106_424_5],
        _ => GBN2_OTHER,
    }
}

fn in_nucleic_acid(graph: Graph<'_>, atom: usize) -> bool {
    let residue = graph.topology.atoms[atom].residue_index;
    matches!(
        graph.topology.residues[residue].name.as_str(),
        "A" | "C" | "G" | "U" | "DA" | "DC" | "DG" | "DT"
            // AMBER's names for the ends of a strand.
            | "A5" | "C5" | "G5" | "U5" | "DA5" | "DC5" | "DG5" | "DT5"
            | "A3" | "C3" | "G3" | "U3" | "DA3" | "DC3" | "DG3" | "DT3"
    )
}
