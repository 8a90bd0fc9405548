//! What the tests of PDB files share: reading with the warnings that were said, energies, and edits of PDB text.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Once;

use saltus::forcefield::{BornModel, ForceField, SystemOptions, TermEnergies, reference_energies};
use saltus::topology::{Molecule, PdbError, Sequence, build, pdb};

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the warnings of each thread: every test has its own.
struct Keeper;

impl log::Log for Keeper {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            SAID.with_borrow_mut(|said| said.push(record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// The molecule of PDB text, or why there is none, and all warnings.
pub(crate) fn try_read(text: &str) -> (Result<Molecule, PdbError>, Vec<String>) {
    static KEEPER: Keeper = Keeper;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&KEEPER).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
    SAID.take();
    let molecule = pdb::read_str(text, "test.pdb");
    (molecule, SAID.take())
}

pub(crate) fn read(text: &str) -> (Molecule, Vec<String>) {
    let (molecule, said) = try_read(text);
    (molecule.unwrap_or_else(|error| panic!("{error}")), said)
}

pub(crate) fn fault(text: &str) -> String {
    try_read(text).0.unwrap_err().to_string()
}

/// Whether one warning holds all of the words.
pub(crate) fn says(said: &[String], words: &[&str]) -> bool {
    said.iter()
        .any(|line| words.iter().all(|word| line.contains(word)))
}

pub(crate) fn data(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/pdb")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

pub(crate) fn peptide(sequence: &str, disulfides: &[[usize; 2]]) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), disulfides).unwrap()
}

pub(crate) fn text_of(molecule: &Molecule) -> String {
    let mut text = Vec::new();
    pdb::write(&mut text, &molecule.topology, &molecule.positions).unwrap();
    String::from_utf8(text).unwrap()
}

/// amber14 with obc1, energies and forces.
pub(crate) fn evaluate(molecule: &Molecule) -> (TermEnergies, Vec<[f64; 3]>) {
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    let system = force_field.assign(&molecule.topology, &options).unwrap();
    reference_energies(&system, &molecule.positions)
}

/// Energy in kJ/mol.
pub(crate) fn energy(molecule: &Molecule) -> f64 {
    evaluate(molecule).0.total()
}

/// `NAME NUMBER` of every residue.
pub(crate) fn residues(molecule: &Molecule) -> Vec<String> {
    let label =
        |residue: &saltus::topology::Residue| format!("{} {}", residue.name, residue.number);
    molecule.topology.residues.iter().map(label).collect()
}

/// Lines of atoms, each edited; the rest of the text is dropped.
pub(crate) fn edit_atoms(text: &str, edit: impl Fn(&str) -> Option<String>) -> String {
    let lines = text.lines().filter(|line| line.starts_with("ATOM"));
    lines
        .filter_map(|line| edit(line).map(|line| line + "\n"))
        .collect()
}

/// Another residue name, atom name and number in an atom's line.
pub(crate) fn rewrite(line: &str, residue: &str, atom: &str, number: i32) -> String {
    let atom = if atom.len() < 4 {
        format!(" {atom:<3}")
    } else {
        atom.to_owned()
    };
    format!(
        "{}{atom} {residue:>3}{}{number:>4}{}",
        &line[..12],
        &line[20..22],
        &line[26..]
    )
}

/// Another position in angstrom in an atom's line.
pub(crate) fn moved(line: &str, by: [f64; 3]) -> String {
    let at = |axis: usize| {
        let start = 30 + 8 * axis;
        line[start..start + 8].trim().parse::<f64>().unwrap() + by[axis]
    };
    format!(
        "{}{:8.3}{:8.3}{:8.3}{}",
        &line[..30],
        at(0),
        at(1),
        at(2),
        &line[54..]
    )
}

pub(crate) fn atom_name(line: &str) -> &str {
    line[12..16].trim()
}
