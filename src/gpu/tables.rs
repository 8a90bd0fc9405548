//! A system's parameters in the layout the kernels read: one table a binding, and the constants of the shader. No device here.

use super::error::GpuError;
use super::shader::layout::{
    Angle, Atom, Bond, Cluster, HarmonicTorsion, MAX_PERIODICITY, MappedTorsions, RigidBond,
    Torsion,
};
use super::shader::sources::Constant;
use super::shape::Shape;
use crate::flow::torsion::{FARTHEST, FLOOR, LN_CENTRE, LN_RANGE};
use crate::forcefield::correction_map::Patches;
use crate::forcefield::generalized_born::{Dielectric, NECK_CUTOFF_NM};
use crate::forcefield::torsion::FourierSeries;
use crate::forcefield::{BornModel, ImplicitSolvent, System, nonbonded};
use std::collections::BTreeMap;

/// Tables of one molecule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(super) atoms: Vec<Atom>,
    pub(super) pairs: Vec<[f32; 4]>,
    pub(super) necks: Vec<[f32; 4]>,
    pub(super) bonds: Vec<Bond>,
    pub(super) angles: Vec<Angle>,
    pub(super) torsions: Vec<Torsion>,
    pub(super) harmonic_torsions: Vec<HarmonicTorsion>,
    pub(super) mapped_torsions: Vec<MappedTorsions>,
    pub(super) patches: Vec<[f32; 4]>,
    pub(super) gathers: Vec<u32>,
    pub(super) rigid_bonds: Vec<RigidBond>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) cluster_atoms: Vec<u32>,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "f32 is what the kernels compute in"
)]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}

/// An index as the device has it; molecules and batches stay far below 2^32.
pub(super) fn index(value: usize) -> u32 {
    u32::try_from(value).expect("invariant: counts on the device fit 32 bits")
}

impl Tables {
    /// Converts a system.
    ///
    /// # Errors
    /// [`GpuError::Periodicity`] for a torsion beyond the kernels.
    pub(super) fn new(system: &System, shape: &Shape) -> Result<Self, GpuError> {
        let beyond =
            |torsion: &&crate::forcefield::Torsion| torsion.periodicity as usize > MAX_PERIODICITY;
        if let Some(torsion) = system.torsions.iter().find(beyond) {
            return Err(GpuError::Periodicity {
                periodicity: torsion.periodicity,
                limit: MAX_PERIODICITY,
            });
        }
        // Every list is named: a new one does not compile without a line here. `_` are those that functions below take.
        let System {
            masses_da: _,
            bonds,
            angles,
            torsions,
            harmonic_torsions,
            correction_maps: _,
            mapped_torsions: _,
            nonbonded: _,
            implicit_solvent,
            constraints: _,
        } = system;
        let solvent = implicit_solvent.as_ref();
        let mut tables = Self {
            atoms: (0..system.n_atoms()).map(|i| atom(system, i)).collect(),
            pairs: pairs(system),
            necks: solvent.map_or_else(Vec::new, |solvent| necks(solvent, system.n_atoms())),
            bonds: bonds.iter().map(bond).collect(),
            angles: angles.iter().map(angle).collect(),
            torsions: FourierSeries::collect(torsions)
                .iter()
                .map(torsion)
                .collect(),
            harmonic_torsions: harmonic_torsions.iter().map(harmonic_torsion).collect(),
            ..Self::default()
        };
        tables.collect_maps(system);
        tables.gathers = gathers(&tables, shape);
        tables.collect_clusters(system);
        Ok(tables)
    }

    /// Constants of the shaders.
    pub(super) fn constants(
        &self,
        system: &System,
        shape: &Shape,
    ) -> Vec<(&'static str, Constant)> {
        use Constant::{Count, Flag, Number};
        let chunks = |n_terms: usize| Count(n_terms.div_ceil(shape.n_threads));
        let solvent = system.implicit_solvent.as_ref();
        let dielectric = solvent.map(Dielectric::<f32>::new);
        let value =
            |select: fn(&Dielectric<f32>) -> f32| Number(dielectric.as_ref().map_or(0.0, select));
        let largest = self.clusters.iter().map(|cluster| cluster.n_atoms).max();
        vec![
            ("N_ATOMS", Count(shape.n_atoms)),
            ("N_THREADS", Count(shape.n_threads)),
            ("N_OWNED", Count(shape.n_owned)),
            ("N_SHARING", Count(shape.n_sharing)),
            ("WG_SIZE", Count(shape.workgroup_size)),
            ("N_SHARED_ATOMS", Count(shape.n_sharing * shape.n_atoms)),
            ("N_SCRATCH", Count(shape.n_sharing * shape.n_threads * 3)),
            ("N_ORIGINS", Count(shape.n_sharing * 2)),
            ("N_WIDTH", Count(shape.network.width)),
            ("MOST_LAYERS", Count(shape.network.n_layers)),
            (
                "N_LAYER_NUMBERS",
                Count((shape.n_sharing * 2 * shape.network.width).max(1)),
            ),
            ("FARTHEST", Number(FARTHEST)),
            ("FLOOR", Number(single(FLOOR))),
            ("LN_CENTRE", Number(single(LN_CENTRE))),
            ("LN_RANGE", Number(single(LN_RANGE))),
            ("N_BONDS", Count(self.bonds.len())),
            ("N_ANGLES", Count(self.angles.len())),
            ("N_TORSIONS", Count(self.torsions.len())),
            ("N_HARMONIC_TORSIONS", Count(self.harmonic_torsions.len())),
            ("N_MAPPED", Count(self.mapped_torsions.len())),
            (
                "N_HARMONIC_TORSION_CHUNKS",
                chunks(self.harmonic_torsions.len()),
            ),
            ("N_MAPPED_CHUNKS", chunks(self.mapped_torsions.len())),
            ("N_BOND_CHUNKS", chunks(self.bonds.len())),
            ("N_ANGLE_CHUNKS", chunks(self.angles.len())),
            ("N_TORSION_CHUNKS", chunks(self.torsions.len())),
            ("N_CLUSTERS", Count(self.clusters.len())),
            ("MAX_CLUSTER_ATOMS", Count(largest.unwrap_or(1) as usize)),
            ("RIGID", Flag(!self.clusters.is_empty())),
            ("SOLVENT", Flag(solvent.is_some())),
            (
                "HCT",
                Flag(solvent.is_some_and(|s| s.model == BornModel::Hct)),
            ),
            ("NECK", Flag(!self.necks.is_empty())),
            ("SALT", Flag(dielectric.as_ref().is_some_and(|d| d.salt))),
            (
                "SURFACE_AREA",
                Flag(solvent.is_some_and(|s| s.surface_area)),
            ),
            ("DIELECTRIC_SOLUTE", value(|d| d.solute)),
            ("DIELECTRIC_SOLVENT", value(|d| d.solvent)),
            ("KAPPA", value(|d| d.kappa)),
        ]
    }

    /// The patches of every map, one map after the other, and where the pairs of torsions find them.
    fn collect_maps(&mut self, system: &System) {
        let mut starts = Vec::new();
        for map in &system.correction_maps {
            starts.push(index(self.patches.len()));
            let patches = Patches::<f32>::new(map);
            let rows = patches.coefficients.as_flattened().as_chunks::<4>().0;
            self.patches.extend_from_slice(rows);
        }
        self.mapped_torsions = system
            .mapped_torsions
            .iter()
            .map(|term| MappedTorsions {
                first: term.atoms[0].map(index),
                second: term.atoms[1].map(index),
                patch_start: starts[term.map],
                size: index(system.correction_maps[term.map].size),
                ..MappedTorsions::default()
            })
            .collect();
    }

    /// Groups rigid bonds that share atoms; order within a group is that of the system.
    fn collect_clusters(&mut self, system: &System) {
        let mut root: Vec<usize> = (0..system.n_atoms()).collect();
        for constraint in &system.constraints {
            let [a, b] = constraint.atoms.map(|atom| find(&root, atom));
            root[a.max(b)] = a.min(b);
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, constraint) in system.constraints.iter().enumerate() {
            groups
                .entry(find(&root, constraint.atoms[0]))
                .or_default()
                .push(number);
        }
        for members in groups.into_values() {
            self.push_cluster(system, &members);
        }
    }

    fn push_cluster(&mut self, system: &System, members: &[usize]) {
        let mut atoms: Vec<usize> = Vec::new();
        let first_bond = self.rigid_bonds.len();
        for &member in members {
            let constraint = &system.constraints[member];
            let local = constraint.atoms.map(|atom| {
                atoms
                    .iter()
                    .position(|&known| known == atom)
                    .unwrap_or_else(|| {
                        atoms.push(atom);
                        atoms.len() - 1
                    })
            });
            let inverse: f64 = constraint
                .atoms
                .iter()
                .map(|&a| 1.0 / system.masses_da[a])
                .sum();
            self.rigid_bonds.push(RigidBond {
                local_0: index(local[0]),
                local_1: index(local[1]),
                distance: single(constraint.distance_nm),
                reduced_mass: single(1.0 / inverse),
            });
        }
        self.clusters.push(Cluster {
            first_bond: index(first_bond),
            n_bonds: index(members.len()),
            first_atom: index(self.cluster_atoms.len()),
            n_atoms: index(atoms.len()),
        });
        self.cluster_atoms.extend(atoms.into_iter().map(index));
    }
}

fn find(root: &[usize], mut atom: usize) -> usize {
    while root[atom] != atom {
        atom = root[atom];
    }
    atom
}

fn atom(system: &System, i: usize) -> Atom {
    let mass = system.masses_da[i];
    let mut atom = Atom {
        charge: single(system.nonbonded.charges[i]),
        inverse_mass: single(1.0 / mass),
        inverse_root_mass: single(1.0 / mass.sqrt()),
        mass: single(mass),
        ..Atom::default()
    };
    if let Some(solvent) = &system.implicit_solvent {
        let tanh = solvent
            .tanh_coefficients
            .get(i)
            .copied()
            .unwrap_or_default();
        atom.radius = single(solvent.radii_nm[i]);
        atom.rho = single(solvent.rho_nm(i));
        atom.screened = single(solvent.screened_nm(i));
        [atom.alpha, atom.beta, atom.gamma] = tanh.map(single);
    }
    atom
}

/// `[n_atoms (partner), n_atoms]`, zero on the diagonal.
fn pairs(system: &System) -> Vec<[f32; 4]> {
    let n = system.n_atoms();
    let charges = &system.nonbonded.charges;
    let triangle = nonbonded::pair_table(&system.nonbonded);
    let mut table = vec![[0.0; 4]; n * n];
    for i in 0..n {
        for j in i + 1..n {
            let pair = triangle[nonbonded::pair_index(n, i, j)];
            let entry = [pair.a, pair.b, pair.coulomb, charges[i] * charges[j]].map(single);
            table[j * n + i] = entry;
            table[i * n + j] = entry;
        }
    }
    table
}

/// `[n_atoms (partner), n_atoms]`: largest distance, d0, amplitude as the second atom sees it; empty without necks.
fn necks(solvent: &ImplicitSolvent, n_atoms: usize) -> Vec<[f32; 4]> {
    let seen = |j: usize, i: usize| {
        let neck = solvent.neck([i, j])?;
        let reach = neck.contact_nm + NECK_CUTOFF_NM;
        Some([reach, neck.distance_nm, neck.amplitude, 0.0].map(single))
    };
    (0..n_atoms)
        .flat_map(|j| (0..n_atoms).filter_map(move |i| seen(j, i)))
        .collect()
}

fn bond(term: &crate::forcefield::Bond) -> Bond {
    Bond {
        atom_0: index(term.atoms[0]),
        atom_1: index(term.atoms[1]),
        length: single(term.length_nm),
        k: single(term.k_kj_per_mol_nm2),
    }
}

fn angle(term: &crate::forcefield::Angle) -> Angle {
    Angle {
        atom_0: index(term.atoms[0]),
        atom_1: index(term.atoms[1]),
        atom_2: index(term.atoms[2]),
        angle: single(term.angle_rad),
        k: single(term.k_kj_per_mol_rad2),
        ..Angle::default()
    }
}

fn harmonic_torsion(term: &crate::forcefield::HarmonicTorsion) -> HarmonicTorsion {
    let [atom_0, atom_1, atom_2, atom_3] = term.atoms.map(index);
    HarmonicTorsion {
        atom_0,
        atom_1,
        atom_2,
        atom_3,
        angle: single(term.angle_rad),
        k: single(term.k_kj_per_mol_rad2),
        ..HarmonicTorsion::default()
    }
}

fn torsion(series: &FourierSeries) -> Torsion {
    let mut coefficients = [[0.0; 4]; MAX_PERIODICITY / 2];
    let flat = coefficients.as_flattened_mut();
    for (pair, &[cosine, sine]) in flat.chunks_exact_mut(2).zip(&series.coefficients) {
        pair.copy_from_slice(&[single(cosine), single(sine)]);
    }
    let [atom_0, atom_1, atom_2, atom_3] = series.atoms.map(index);
    Torsion {
        atom_0,
        atom_1,
        atom_2,
        atom_3,
        constant: single(series.constant),
        n_orders: index(series.coefficients.len()),
        coefficients,
        ..Torsion::default()
    }
}

/// Forces that a term puts down: (slot, atom, whether to subtract).
type Shares = Vec<(usize, u32, bool)>;

/// Forces on atoms 0, 1, 3 of a torsion are put down; atom 2 has minus their sum.
fn torsion_shares([atom_0, atom_1, atom_2, atom_3]: [u32; 4]) -> Shares {
    vec![
        (0, atom_0, false),
        (1, atom_1, false),
        (2, atom_3, false),
        (0, atom_2, true),
        (1, atom_2, true),
        (2, atom_2, true),
    ]
}

/// For every chunk of terms and every atom, the slots to add up: `[n_chunks, n_atoms + 1]` starts, then entries.
fn gathers(tables: &Tables, shape: &Shape) -> Vec<u32> {
    let bonds = tables
        .bonds
        .iter()
        .map(|b| vec![(0, b.atom_1, false), (0, b.atom_0, true)]);
    let angles = tables.angles.iter().map(|a| {
        vec![
            (0, a.atom_0, false),
            (1, a.atom_2, false),
            (0, a.atom_1, true),
            (1, a.atom_1, true),
        ]
    });
    let torsions = tables.torsions.iter();
    let torsions = torsions.map(|t| torsion_shares([t.atom_0, t.atom_1, t.atom_2, t.atom_3]));
    let harmonic = tables.harmonic_torsions.iter();
    let harmonic = harmonic.map(|t| torsion_shares([t.atom_0, t.atom_1, t.atom_2, t.atom_3]));
    let kinds: [Vec<Shares>; 4] = [
        bonds.collect(),
        angles.collect(),
        torsions.collect(),
        harmonic.collect(),
    ];
    // Maps put down the forces of the first torsions, then those of the second, a chunk at a time.
    let mapped: Vec<Vec<Shares>> = tables
        .mapped_torsions
        .chunks(shape.n_threads)
        .flat_map(|chunk| {
            [
                chunk.iter().map(|t| torsion_shares(t.first)).collect(),
                chunk.iter().map(|t| torsion_shares(t.second)).collect(),
            ]
        })
        .collect();
    let chunks: Vec<&[Shares]> = kinds
        .iter()
        .flat_map(|k| k.chunks(shape.n_threads))
        .chain(mapped.iter().map(Vec::as_slice))
        .collect();
    let mut starts = Vec::new();
    let mut entries = Vec::new();
    let first = chunks.len() * (shape.n_atoms + 1);
    for chunk in chunks {
        let mut of_atom = vec![Vec::new(); shape.n_atoms];
        for (thread, shares) in chunk.iter().enumerate() {
            for &(slot, atom, subtract) in shares {
                let entry = 2 * (thread * 3 + slot) + usize::from(subtract);
                of_atom[atom as usize].push(index(entry));
            }
        }
        for list in of_atom {
            starts.push(index(first + entries.len()));
            entries.extend(list);
        }
        starts.push(index(first + entries.len()));
    }
    starts.extend(entries);
    starts
}
