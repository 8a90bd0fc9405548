//! A chain of residues laid out from internal coordinates, with torsions that can be set.

use crate::topology::internal_coordinates::{Placement, Point, place};
use crate::topology::residue_library::{
    ResidueLibrary, ResidueTemplate, TemplateAtom, bonds_among,
};
use crate::topology::sequence::Sequence;
use crate::topology::{Atom, Residue, Topology};

/// Atoms, bonds and placements of one chain.
#[derive(Debug, Clone)]
pub(crate) struct Blueprint {
    pub(crate) topology: Topology,
    placements: Vec<Option<Placement>>,
    /// Atoms in an order in which references come first, the three seeds excluded.
    order: Vec<usize>,
    /// First three atoms, the two distances and the angle between them.
    seeds: Seeds,
    /// Whether the last residue is followed by the first.
    pub(super) is_cyclic: bool,
}

#[derive(Debug, Clone, Copy)]
struct Seeds {
    atoms: [usize; 3],
    lengths_nm: [f64; 2],
    angle_rad: f64,
}

/// A rotation about one bond: all atoms placed from it turn together, the first one's torsion is its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turn {
    pub(crate) atoms: Vec<usize>,
}

impl Blueprint {
    /// Lay out the residues of a sequence as chain A, numbered from 1; those that are D as the mirror images of their templates.
    ///
    /// A ring is laid out open: its atoms are placed as if the first residue followed the last wherever the chain ends, so they are
    /// right once it does.
    pub(crate) fn new(sequence: &Sequence) -> Self {
        let library = ResidueLibrary::get();
        let is_cyclic = sequence.is_cyclic();
        let templates: Vec<&ResidueTemplate> = sequence
            .names()
            .iter()
            .map(|name| {
                library
                    .find(name)
                    .expect("invariant: a parsed sequence holds known residues")
            })
            .collect();
        let last = templates.len() - 1;
        let atoms: Vec<Vec<TemplateAtom>> = templates
            .iter()
            .enumerate()
            .map(|(index, template)| {
                let ends = [index == 0, index == last].map(|is_end| is_end && !is_cyclic);
                let rows = library.atoms(template, ends[0], ends[1]);
                match sequence.mirrored().contains(&index) {
                    true => mirror_image(rows),
                    false => rows,
                }
            })
            .collect();
        let mut topology = chain_topology(&templates, &atoms);
        topology.mirrored_residues = sequence.mirrored().to_vec();
        if is_cyclic {
            add_peptide_bond(&mut topology, last, 0);
            topology.bonds.sort_unstable();
        }
        let placements = resolve_placements(&topology, &templates, &atoms, is_cyclic);
        let seeds = seeds(&topology, templates[0], &atoms);
        let order = placement_order(&placements, &seeds);
        Self {
            topology,
            placements,
            order,
            seeds,
            is_cyclic,
        }
    }

    /// Whether a residue is D.
    pub(crate) fn is_mirrored(&self, residue_index: usize) -> bool {
        self.topology.mirrored_residues.contains(&residue_index)
    }

    /// The residues before and after one, around the ring where it is one.
    pub(crate) fn neighbors_of(&self, residue_index: usize) -> [Option<usize>; 2] {
        neighbors_of(&self.topology, residue_index, self.is_cyclic)
    }

    /// The turn of four atoms: all that is placed about the same bond from the same far end.
    pub(crate) fn turn(&self, atoms: [usize; 4]) -> Option<Turn> {
        let references = [atoms[2], atoms[1], atoms[0]];
        let shares = |index: &usize| {
            self.placements[*index].is_some_and(|placement| placement.references == references)
        };
        let mut group: Vec<usize> = (0..self.placements.len()).filter(shares).collect();
        let first = group.iter().position(|&index| index == atoms[3])?;
        group.swap(0, first);
        Some(Turn { atoms: group })
    }

    /// phi and psi turns of a residue, where it has them.
    pub(crate) fn backbone_turns(&self, residue_index: usize) -> [Option<Turn>; 2] {
        let topology = &self.topology;
        let atom = |index: Option<usize>, name: &str| {
            index
                .filter(|&index| index < topology.residues.len())
                .and_then(|index| topology.atom_index(index, name))
        };
        let here = Some(residue_index);
        let turn = |atoms: [Option<usize>; 4]| match atoms {
            [Some(a), Some(b), Some(c), Some(d)] => self.turn([a, b, c, d]),
            _ => None,
        };
        let (n, ca, c) = (atom(here, "N"), atom(here, "CA"), atom(here, "C"));
        let [before, after] = self.neighbors_of(residue_index);
        let previous_c = atom(before, "C");
        let next_n = atom(after, "N").or_else(|| atom(here, "O"));
        [turn([previous_c, n, ca, c]), turn([n, ca, c, next_n])]
    }

    /// Current value of a turn in rad.
    pub(crate) fn value_rad(&self, turn: &Turn) -> f64 {
        self.placements[turn.atoms[0]]
            .expect("invariant: a turn has placed atoms")
            .torsion_rad
    }

    /// Set a turn; the other atoms about the bond keep their offsets to its first atom.
    pub(crate) fn set(&mut self, turn: &Turn, torsion_rad: f64) {
        let shift = torsion_rad - self.value_rad(turn);
        for &index in &turn.atoms {
            if let Some(placement) = &mut self.placements[index] {
                placement.torsion_rad += shift;
            }
        }
    }

    /// Positions of all atoms in nm.
    pub(crate) fn positions(&self) -> Vec<Point> {
        let mut positions = vec![Point::zeros(); self.placements.len()];
        let Seeds {
            atoms: [first, second, third],
            lengths_nm,
            angle_rad,
        } = self.seeds;
        positions[second] = Point::new(lengths_nm[0], 0.0, 0.0);
        positions[third] =
            positions[second] + lengths_nm[1] * Point::new(-angle_rad.cos(), angle_rad.sin(), 0.0);
        positions[first] = Point::zeros();
        self.place_again(&self.order, &mut positions);
        positions
    }

    /// Place some atoms again, given in an order in which references come first.
    pub(crate) fn place_again(&self, atoms: &[usize], positions: &mut [Point]) {
        for &index in atoms {
            if let Some(placement) = self.placements[index] {
                let [parent, before, far] = placement.references;
                positions[index] = place(
                    positions[parent],
                    positions[before],
                    positions[far],
                    placement.length_nm,
                    placement.angle_rad,
                    placement.torsion_rad,
                );
            }
        }
    }

    /// Atoms of one residue beyond its backbone, in placing order.
    pub(crate) fn side_chain(&self, residue_index: usize) -> Vec<usize> {
        let backbone = ["N", "H", "H1", "H2", "H3", "CA", "C", "O", "OXT"];
        self.order
            .iter()
            .copied()
            .filter(|&index| {
                let atom = &self.topology.atoms[index];
                atom.residue_index == residue_index && !backbone.contains(&atom.name.as_str())
            })
            .collect()
    }

    /// Take atoms away, none of which places another that stays; returns the new index of every atom.
    pub(super) fn remove(&mut self, leaving: &[usize]) -> Vec<Option<usize>> {
        let mut n_kept = 0;
        let new_index: Vec<Option<usize>> = (0..self.placements.len())
            .map(|atom| {
                let kept = !leaving.contains(&atom);
                n_kept += usize::from(kept);
                kept.then(|| n_kept - 1)
            })
            .collect();
        let moved = |atom: usize| new_index[atom].expect("invariant: only atoms at ends leave");
        let topology = &mut self.topology;
        for residue in &mut topology.residues {
            let before = |end: usize| new_index[..end].iter().flatten().count();
            residue.atoms = before(residue.atoms.start)..before(residue.atoms.end);
        }
        let mut atom = 0..;
        topology
            .atoms
            .retain(|_| new_index[atom.next().unwrap_or(0)].is_some());
        topology
            .bonds
            .retain(|bond| bond.iter().all(|&atom| new_index[atom].is_some()));
        for bond in &mut topology.bonds {
            *bond = bond.map(moved);
        }
        self.order.retain(|&atom| new_index[atom].is_some());
        self.order.iter_mut().for_each(|atom| *atom = moved(*atom));
        self.seeds.atoms = self.seeds.atoms.map(moved);
        let kept = self
            .placements
            .iter()
            .zip(&new_index)
            .filter(|(_, index)| index.is_some());
        self.placements = kept
            .map(|(placement, _)| {
                placement.map(|placement| Placement {
                    references: placement.references.map(moved),
                    ..placement
                })
            })
            .collect();
        new_index
    }

    /// Join two atoms (a disulfide).
    pub(crate) fn add_bond(&mut self, first: usize, second: usize) {
        self.topology
            .bonds
            .push([first.min(second), first.max(second)]);
        self.topology.bonds.sort_unstable();
    }
}

fn chain_topology(templates: &[&ResidueTemplate], atoms: &[Vec<TemplateAtom>]) -> Topology {
    let mut topology = Topology::default();
    for (index, (template, template_atoms)) in templates.iter().zip(atoms).enumerate() {
        let start = topology.atoms.len();
        topology
            .atoms
            .extend(template_atoms.iter().map(|atom| Atom {
                name: atom.name.clone(),
                element: atom.element,
                residue_index: index,
            }));
        topology.residues.push(Residue {
            name: template.name.clone(),
            chain: 'A',
            number: i32::try_from(index + 1).expect("invariant: a peptide has few residues"),
            atoms: start..topology.atoms.len(),
        });
        add_residue_bonds(&mut topology, template, template_atoms, index);
        if index > 0 {
            add_peptide_bond(&mut topology, index - 1, index);
        }
    }
    topology.bonds.sort_unstable();
    topology
}

/// Bonds within a residue whose atoms are in the topology.
pub(crate) fn add_residue_bonds(
    topology: &mut Topology,
    template: &ResidueTemplate,
    template_atoms: &[TemplateAtom],
    residue_index: usize,
) {
    for [left, right] in bonds_among(template, template_atoms) {
        let find = |name: &str| {
            topology
                .atom_index(residue_index, name)
                .expect("invariant: bonds name atoms of their residue")
        };
        let (left, right) = (find(&left), find(&right));
        topology.bonds.push([left.min(right), left.max(right)]);
    }
}

/// The mirror image of a residue's rows.
fn mirror_image(mut rows: Vec<TemplateAtom>) -> Vec<TemplateAtom> {
    for row in &mut rows {
        row.torsion_rad = -row.torsion_rad;
    }
    rows
}

/// The bond from a residue's C to the N of the residue after it.
pub(crate) fn add_peptide_bond(topology: &mut Topology, before: usize, after: usize) {
    let carbon = topology
        .atom_index(before, "C")
        .expect("invariant: a residue that is followed has C");
    let nitrogen = topology
        .atom_index(after, "N")
        .expect("invariant: a residue that follows has N");
    topology
        .bonds
        .push([carbon.min(nitrogen), carbon.max(nitrogen)]);
}

fn neighbors_of(topology: &Topology, index: usize, is_cyclic: bool) -> [Option<usize>; 2] {
    let last = topology.residues.len() - 1;
    let around = |other| is_cyclic.then_some(other);
    [
        index.checked_sub(1).or(around(last)),
        if index < last {
            Some(index + 1)
        } else {
            around(0)
        },
    ]
}

/// Index of a reference name seen from a residue: `CA`, `-C` (previous residue), `+N` (next one; around a ring where it is one).
pub(crate) fn resolve_reference(
    topology: &Topology,
    residue_index: usize,
    reference: &str,
    is_cyclic: bool,
) -> Option<usize> {
    let library = ResidueLibrary::get();
    let in_neighbor = |neighbor: usize, name: &str| {
        let residue = topology.residues.get(neighbor)?;
        let backbone = &library.find(&residue.name)?.backbone;
        let slot = ["N", "CA", "C"].iter().position(|&role| role == name)?;
        topology.atom_index(neighbor, backbone[slot].as_deref()?)
    };
    let [before, after] = neighbors_of(topology, residue_index, is_cyclic);
    if let Some(name) = reference.strip_prefix('-') {
        in_neighbor(before?, name)
    } else if let Some(name) = reference.strip_prefix('+') {
        in_neighbor(after?, name)
    } else {
        topology.atom_index(residue_index, reference)
    }
}

fn resolve_placements(
    topology: &Topology,
    templates: &[&ResidueTemplate],
    atoms: &[Vec<TemplateAtom>],
    is_cyclic: bool,
) -> Vec<Option<Placement>> {
    let mut placements = Vec::with_capacity(topology.atoms.len());
    for (residue_index, residue_atoms) in atoms.iter().enumerate() {
        debug_assert_eq!(
            templates[residue_index].name,
            topology.residues[residue_index].name
        );
        for atom in residue_atoms {
            placements.push(atom.references.as_ref().and_then(|references| {
                let resolve =
                    |name: &String| resolve_reference(topology, residue_index, name, is_cyclic);
                Some(Placement {
                    references: [
                        resolve(&references[0])?,
                        resolve(&references[1])?,
                        resolve(&references[2])?,
                    ],
                    length_nm: atom.length_nm,
                    angle_rad: atom.angle_rad,
                    torsion_rad: atom.torsion_rad,
                })
            }));
        }
    }
    placements
}

/// The three backbone atoms that start the chain; their distances and angle are in the template rows.
fn seeds(topology: &Topology, template: &ResidueTemplate, atoms: &[Vec<TemplateAtom>]) -> Seeds {
    let index = |slot: usize| {
        let name = template.backbone[slot]
            .as_deref()
            .expect("invariant: a chain starts with a residue that has a whole backbone");
        topology
            .atom_index(0, name)
            .expect("invariant: backbone atoms are in the template")
    };
    let seed_atoms = [index(0), index(1), index(2)];
    let row = |atom: usize| &atoms[0][atom];
    Seeds {
        atoms: seed_atoms,
        lengths_nm: [row(seed_atoms[1]).length_nm, row(seed_atoms[2]).length_nm],
        angle_rad: row(seed_atoms[2]).angle_rad,
    }
}

fn placement_order(placements: &[Option<Placement>], seeds: &Seeds) -> Vec<usize> {
    let mut placed = vec![false; placements.len()];
    seeds.atoms.iter().for_each(|&seed| placed[seed] = true);
    let mut order = Vec::new();
    loop {
        let before = order.len();
        for (index, placement) in placements.iter().enumerate() {
            let ready = placement
                .is_some_and(|placement| placement.references.iter().all(|&atom| placed[atom]));
            if !placed[index] && ready {
                placed[index] = true;
                order.push(index);
            }
        }
        if order.len() == before {
            break;
        }
    }
    assert!(
        placed.iter().all(|&done| done),
        "invariant: every atom of the residue data can be placed"
    );
    order
}
