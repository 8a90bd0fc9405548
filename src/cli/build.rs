//! `saltus build`: a peptide from its sequence, minimised, as a PDB file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::topology::pdb;

use super::config::{InputText, Solvent};
use super::error::{Blame, CliError};
use super::setup;
use super::{CliResult, console};

/// Arguments of `saltus build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// `ACE-ALA-NME`, or one letter a residue, `AAAY`, with charged ends.
    #[arg(value_name = "SEQUENCE")]
    sequence: String,
    /// The PDB file to write.
    #[arg(short, long, value_name = "FILE.pdb")]
    output: PathBuf,
    /// Residue numbers (from 1) of two bridged cysteines, `2,7`; may be repeated.
    #[arg(long, value_name = "I,J", value_parser = parse_pair)]
    disulfide: Vec<[usize; 2]>,
    /// Force field of the minimisation: a built-in name or an OpenMM XML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "amber14")]
    force_field: String,
    /// Solvent of the minimisation.
    #[arg(long, value_enum, default_value_t = Solvent::Obc1)]
    solvent: Solvent,
    /// Leave the structure as the templates give it.
    #[arg(long)]
    no_minimize: bool,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}
