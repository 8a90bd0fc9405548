//! Bonds across the sides of a periodic box, and bonds of impossible length.

use super::cell::Cell;
use super::error::PdbError;
use super::source::Source;
use crate::topology::Topology;
use crate::topology::element::Element;
use crate::topology::internal_coordinates::Point;

/// A molecule as its file has it; `None` where an atom is missing.
pub(crate) struct Placed<'a> {
    pub(super) topology: &'a Topology,
    pub(super) positions: &'a mut [Option<Point>],
    /// Lines of the atoms in the file.
    pub(super) lines: &'a [Option<usize>],
    pub(super) file: Source<'a>,
}

impl Placed<'_> {
    /// Make the molecule whole if a bond is longer than any bond can be and the file states a box that explains it.
    ///
    /// # Errors
    /// [`PdbError::BondLength`] for a bond of impossible length that no box explains.
    pub(super) fn make_whole(&mut self, cell: Option<&Cell>) -> Result<(), PdbError> {
        let Some(cut) = self.impossible_bond() else {
            return Ok(());
        };
        let Some(cell) = cell else {
            let lacks = format!("no {} with its box", self.file.words.cell_record);
            return Err(self.refuse(cut, &lacks));
        };
        self.join_images(cell);
        if let Some(still) = self.impossible_bond() {
            let lacks = format!("a {} box that does not explain it", self.file.words.cell);
            return Err(self.refuse(still, &lacks));
        }
        let [i, j] = cut.atoms.map(|atom| self.topology.label(atom));
        log::warn!(
            "{}:{}: {i} and {j} are bonded but {:.3} nm apart: the periodic box of {} cuts the molecule, which is made whole",
            self.file,
            self.line(cut.atoms),
            cut.distance_nm,
            self.file.words.cell
        );
        Ok(())
    }

    /// From bond to bond, every atom to the image nearest its neighbour.
    fn join_images(&mut self, cell: &Cell) {
        let neighbors = self.topology.neighbors();
        let mut reached = vec![false; neighbors.len()];
        for start in 0..neighbors.len() {
            let mut frontier = vec![start];
            while let Some(atom) = frontier.pop() {
                if std::mem::replace(&mut reached[atom], true) {
                    continue;
                }
                let Some(here) = self.positions[atom] else {
                    continue;
                };
                for &next in neighbors[atom].iter().filter(|&&next| !reached[next]) {
                    if let Some(there) = &mut self.positions[next] {
                        *there = here + cell.shortest(*there - here);
                    }
                    frontier.push(next);
                }
            }
        }
    }

    /// The bond farthest from possible.
    fn impossible_bond(&self) -> Option<ImpossibleBond> {
        self.topology
            .bonds
            .iter()
            .filter_map(|&atoms| {
                let [a, b] = atoms.map(|atom| self.positions[atom]);
                let distance_nm = (a? - b?).norm();
                let [shortest, longest] =
                    possible_nm(atoms.map(|a| self.topology.atoms[a].element));
                let possible = (shortest..=longest).contains(&distance_nm);
                (!possible).then_some(ImpossibleBond {
                    atoms,
                    distance_nm,
                    possible_nm: [shortest, longest],
                })
            })
            .max_by(|a, b| a.distance_nm.total_cmp(&b.distance_nm))
    }

    fn line(&self, atoms: [usize; 2]) -> usize {
        let lines = atoms.map(|atom| self.lines[atom]);
        lines.into_iter().flatten().max().unwrap_or(1)
    }

    fn refuse(&self, bond: ImpossibleBond, lacks: &str) -> PdbError {
        let [first, second] = bond.atoms.map(|atom| self.topology.label(atom));
        let [shortest, longest] = bond.possible_nm;
        let too_long = bond.distance_nm > longest;
        let remedy = if too_long {
            format!(
                "a molecule that a periodic box cuts must be made whole (`gmx trjconv -pbc whole`, autoimage of cpptraj), or given with its {}; if no box cuts it, correct the two atoms",
                self.file.words.cell_record
            )
        } else {
            "coordinates of PDB and mmCIF files are in angstrom: if these are in nm, multiply them by ten; else correct the two atoms".to_owned()
        };
        let found = if too_long {
            format!("; the file has {lacks}")
        } else {
            String::new()
        };
        PdbError::BondLength {
            file: self.file.to_string(),
            line: self.line(bond.atoms),
            first,
            second,
            distance_nm: bond.distance_nm,
            remedy: format!("{shortest:.2} to {longest:.2} nm{found}: {remedy}"),
        }
    }
}

#[derive(Clone, Copy)]
struct ImpossibleBond {
    atoms: [usize; 2],
    distance_nm: f64,
    possible_nm: [f64; 2],
}

/// Lengths in nm that a minimiser may be given: generous, so that a poor model passes, below what a cut or a wrong unit makes.
///
/// A recorded disulfide may be far longer than it will be once minimised.
fn possible_nm(elements: [Element; 2]) -> [f64; 2] {
    if elements.contains(&Element::HYDROGEN) {
        [0.05, 0.18]
    } else if elements == [Element::SULFUR; 2] {
        [0.12, 0.6]
    } else {
        [0.09, 0.25]
    }
}
