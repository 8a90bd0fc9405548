//! Molecules to PDB text that MDTraj, MDAnalysis and PyMOL read. Writes one model.

use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::residue_library::ResidueLibrary;
use std::io::{Error, ErrorKind, Result, Write};

/// Write a molecule: ATOM, TER after every chain, CONECT for disulfides, closing bonds of rings, cross-links, caps and rare protonation states, END.
///
/// Positions in nm `[n_atoms][3]` are rounded to 0.001 angstrom. Residue names tell the protonation state (`HID`, `ASH`, `CYX`),
/// which MDTraj, MDAnalysis and PyMOL take as protein.
///
/// # Errors
/// What the writer returns; `InvalidInput` where the format has no room: not one position for each atom, a position that is not finite or
/// beyond -99 or +999 nm, a residue number outside -999 to 9999, more than 99,999 atoms.
pub fn write(writer: &mut dyn Write, topology: &Topology, positions_nm: &[[f64; 3]]) -> Result<()> {
    check(topology, positions_nm)?;
    let mut serials = vec![0_usize; topology.n_atoms()];
    let mut serial = 0;
    for (residue_index, residue) in topology.residues.iter().enumerate() {
        for atom in residue.atoms.clone() {
            serial += 1;
            serials[atom] = serial;
            let line = atom_line(topology, atom, serial, positions_nm[atom]);
            writeln!(writer, "{line}")?;
        }
        if ends_chain(topology, residue_index) {
            serial += 1;
            writeln!(
                writer,
                "TER   {serial:>5}      {:<4}{}{:>4}",
                format!("{:>3}", residue.name),
                residue.chain,
                residue.number
            )?;
        }
    }
    write_conect(writer, topology, &serials)?;
    writeln!(writer, "END")
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidInput, message)
}

fn check(topology: &Topology, positions_nm: &[[f64; 3]]) -> Result<()> {
    let n_atoms = topology.n_atoms();
    if positions_nm.len() != n_atoms {
        return Err(invalid(format!(
            "{} positions for {n_atoms} atoms",
            positions_nm.len()
        )));
    }
    if n_atoms + topology.residues.len() > 99_999 {
        return Err(invalid(format!(
            "{n_atoms} atoms: a PDB file holds 99,999 lines"
        )));
    }
    for residue in &topology.residues {
        if !(-999..=9999).contains(&residue.number) {
            return Err(invalid(format!(
                "residue number {} of {}: a PDB file has room for -999 to 9999",
                residue.number, residue.name
            )));
        }
    }
    for (atom, position) in positions_nm.iter().enumerate() {
        if !position.iter().all(|x| (-99.9..999.9).contains(x)) {
            return Err(invalid(format!(
                "position {position:?} nm of atom {}: a PDB file has room for -99.9 to 999.9 nm",
                topology.label(atom)
            )));
        }
    }
    Ok(())
}

/// Names of up to three letters start in column 14, four-letter ones and those of elements with two letters in column 13.
fn atom_line(topology: &Topology, atom: usize, serial: usize, position_nm: [f64; 3]) -> String {
    let record = &topology.atoms[atom];
    let residue = &topology.residues[record.residue_index];
    let symbol = record.element.symbol();
    let fills_both = symbol.len() == 2
        && record
            .name
            .to_uppercase()
            .starts_with(&symbol.to_uppercase());
    let name = if record.name.len() < 4 && !fills_both {
        format!(" {:<3}", record.name)
    } else {
        format!("{:<4}", record.name)
    };
    let [x, y, z] = position_nm.map(|value| value / crate::units::NM_PER_ANGSTROM);
    format!(
        "ATOM  {serial:>5} {name} {:<4}{}{:>4}    {x:>8.3}{y:>8.3}{z:>8.3}{:>6.2}{:>6.2}          {:>2}",
        format!("{:>3}", residue.name),
        residue.chain,
        residue.number,
        1.0,
        0.0,
        symbol.to_uppercase(),
    )
}

/// Whether no bond joins a residue to the next one.
fn ends_chain(topology: &Topology, residue_index: usize) -> bool {
    let next = residue_index + 1;
    if next == topology.residues.len() {
        return true;
    }
    let ends = [(residue_index, "C"), (next, "N")].map(|(r, name)| topology.atom_index(r, name));
    let [Some(carbon), Some(nitrogen)] = ends else {
        return true;
    };
    let bond = [carbon.min(nitrogen), carbon.max(nitrogen)];
    topology.bonds.binary_search(&bond).is_err()
}

/// Whether a bond joins residues in another way than C of one to N of the next.
fn is_cross_link(topology: &Topology, [i, j]: [usize; 2]) -> bool {
    let [before, after] = [i, j].map(|atom| &topology.atoms[atom]);
    let (before, after) = match before.residue_index <= after.residue_index {
        true => (before, after),
        false => (after, before),
    };
    let is_peptide_bond =
        before.residue_index + 1 == after.residue_index && before.name == "C" && after.name == "N";
    before.residue_index != after.residue_index && !is_peptide_bond
}

/// Residues without a letter whose bonds MDTraj and OpenMM know by name, as they know those of the twenty with one.
const WIDELY_KNOWN: [&str; 3] = ["CYX", "HID", "HIP"];

/// Bonds that readers do not know from residue names, and those between sulfur atoms. Both directions, four a line.
fn write_conect(writer: &mut dyn Write, topology: &Topology, serials: &[usize]) -> Result<()> {
    let unknown = |atom: usize| {
        let residue = &topology.residues[topology.atoms[atom].residue_index];
        let template = ResidueLibrary::get().find(&residue.name);
        !template.is_some_and(|template| {
            template.one_letter.is_some() || WIDELY_KNOWN.contains(&template.name.as_str())
        })
    };
    let sulfur = |atom: usize| topology.atoms[atom].element == Element::SULFUR;
    let mut partners = vec![Vec::new(); serials.len()];
    for &[i, j] in &topology.bonds {
        if unknown(i) || unknown(j) || (sulfur(i) && sulfur(j)) || is_cross_link(topology, [i, j]) {
            partners[i].push(serials[j]);
            partners[j].push(serials[i]);
        }
    }
    for (atom, bonded) in partners.iter_mut().enumerate() {
        bonded.sort_unstable();
        for four in bonded.chunks(4) {
            write!(writer, "CONECT{:>5}", serials[atom])?;
            for serial in four {
                write!(writer, "{serial:>5}")?;
            }
            writeln!(writer)?;
        }
    }
    Ok(())
}
