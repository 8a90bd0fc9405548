//! The readable reference: every term in f64, one pair after the other. Slow on purpose; the engines are checked against it.

use super::correction_map::Patches;
use super::generalized_born::{self, Dielectric};
use super::system::{
    Angle, Bond, CorrectionMap, HarmonicTorsion, ImplicitSolvent, MappedTorsions, Nonbonded,
    System, Torsion,
};
use super::torsion::FourierSeries;
use super::{angle, bond, correction_map, harmonic_torsion, nonbonded, surface_area, torsion};
use crate::lane::{dot, scale, subtract};

/// Potential energy of one structure, term by term, in kJ/mol.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TermEnergies {
    /// Harmonic bonds.
    pub bond: f64,
    /// Harmonic angles.
    pub angle: f64,
    /// Proper and improper torsions, Fourier series and harmonic ones.
    pub torsion: f64,
    /// Maps over two torsions (CMAP); 0 without any.
    pub correction_map: f64,
    /// Lennard-Jones and Coulomb, 1-4 pairs included.
    pub nonbonded: f64,
    /// Generalised Born and surface area; 0 in vacuum.
    pub implicit_solvent: f64,
}

impl TermEnergies {
    /// Sum of the terms.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.all().into_iter().map(|(_, energy)| energy).sum()
    }

    /// The terms of a system by the names that files and tables have; one that few molecules have only where `system` does.
    #[must_use]
    pub fn named(&self, system: &System) -> Vec<(&'static str, f64)> {
        let is_shown = |name: &str| name != CMAP || !system.mapped_torsions.is_empty();
        let all = self.all().into_iter();
        all.filter(|(name, _)| is_shown(name)).collect()
    }

    /// All terms; a new field does not compile without its name here.
    fn all(&self) -> [(&'static str, f64); 6] {
        let Self {
            bond,
            angle,
            torsion,
            correction_map,
            nonbonded,
            implicit_solvent,
        } = *self;
        [
            ("bond", bond),
            ("angle", angle),
            ("torsion", torsion),
            (CMAP, correction_map),
            ("nonbonded", nonbonded),
            ("implicit_solvent", implicit_solvent),
        ]
    }
}

/// Name of the maps' energy.
const CMAP: &str = "cmap";

/// Energies per term in kJ/mol and forces in kJ mol⁻¹ nm⁻¹ of one structure (positions in nm), all in f64.
#[must_use]
pub fn reference_energies(
    system: &System,
    positions: &[[f64; 3]],
) -> (TermEnergies, Vec<[f64; 3]>) {
    let mut forces = vec![[0.0; 3]; positions.len()];
    // Every list is named: a new one does not compile without a line here.
    let System {
        masses_da: _,
        bonds,
        angles,
        torsions,
        harmonic_torsions,
        correction_maps,
        mapped_torsions,
        nonbonded,
        implicit_solvent,
        constraints: _,
    } = system;
    let energies = TermEnergies {
        bond: bond_energy(bonds, positions, &mut forces),
        angle: angle_energy(angles, positions, &mut forces),
        torsion: torsion_energy(torsions, positions, &mut forces)
            + harmonic_torsion_energy(harmonic_torsions, positions, &mut forces),
        correction_map: map_energy(correction_maps, mapped_torsions, positions, &mut forces),
        nonbonded: pair_energy(nonbonded, positions, &mut forces),
        implicit_solvent: implicit_solvent.as_ref().map_or(0.0, |solvent| {
            solvent_energy(solvent, &nonbonded.charges, positions, &mut forces)
        }),
    };
    (energies, forces)
}

fn add(forces: &mut [[f64; 3]], atom: usize, force: [f64; 3]) {
    for (sum, component) in forces[atom].iter_mut().zip(force) {
        *sum += component;
    }
}

/// Adds a central force to both ends of the vector from atom i to atom j.
fn add_pair(forces: &mut [[f64; 3]], [i, j]: [usize; 2], force_on_j: [f64; 3]) {
    add(forces, j, force_on_j);
    add(forces, i, scale(force_on_j, -1.0));
}

fn bond_energy(bonds: &[Bond], x: &[[f64; 3]], forces: &mut [[f64; 3]]) -> f64 {
    let mut sum = 0.0;
    for term in bonds {
        let [i, j] = term.atoms;
        let vector = subtract(x[j], x[i]);
        let (energy, factor) = bond::bond(vector, term.length_nm, term.k_kj_per_mol_nm2);
        add_pair(forces, [i, j], scale(vector, factor));
        sum += energy;
    }
    sum
}

fn angle_energy(angles: &[Angle], x: &[[f64; 3]], forces: &mut [[f64; 3]]) -> f64 {
    let mut sum = 0.0;
    for term in angles {
        let [i, j, k] = term.atoms;
        let (energy, first, last) = angle::angle(
            subtract(x[i], x[j]),
            subtract(x[k], x[j]),
            term.angle_rad,
            term.k_kj_per_mol_rad2,
        );
        add_pair(forces, [j, i], first);
        add_pair(forces, [j, k], last);
        sum += energy;
    }
    sum
}

fn torsion_energy(torsions: &[Torsion], x: &[[f64; 3]], forces: &mut [[f64; 3]]) -> f64 {
    let mut sum = 0.0;
    for series in FourierSeries::collect(torsions) {
        let [b1, b2, b3] = torsion_bonds(x, series.atoms);
        let (energy, f0, f1, f3) =
            torsion::torsion(b1, b2, b3, series.constant, &series.coefficients);
        add_torsion(forces, series.atoms, [f0, f1, f3]);
        sum += energy;
    }
    sum
}

/// The vectors from each atom of a torsion to the next.
fn torsion_bonds(x: &[[f64; 3]], [i, j, k, l]: [usize; 4]) -> [[f64; 3]; 3] {
    [
        subtract(x[j], x[i]),
        subtract(x[k], x[j]),
        subtract(x[l], x[k]),
    ]
}

/// Adds the forces on atoms 0, 1, 3 of a torsion, and what is left to atom 2.
fn add_torsion(forces: &mut [[f64; 3]], [i, j, k, l]: [usize; 4], [f0, f1, f3]: [[f64; 3]; 3]) {
    add_pair(forces, [k, i], f0);
    add_pair(forces, [k, j], f1);
    add_pair(forces, [k, l], f3);
}

fn harmonic_torsion_energy(
    torsions: &[HarmonicTorsion],
    x: &[[f64; 3]],
    forces: &mut [[f64; 3]],
) -> f64 {
    let mut sum = 0.0;
    for term in torsions {
        let [b1, b2, b3] = torsion_bonds(x, term.atoms);
        let (energy, on_atoms) =
            harmonic_torsion::harmonic_torsion(b1, b2, b3, term.angle_rad, term.k_kj_per_mol_rad2);
        add_torsion(forces, term.atoms, on_atoms);
        sum += energy;
    }
    sum
}

fn map_energy(
    maps: &[CorrectionMap],
    mapped_torsions: &[MappedTorsions],
    x: &[[f64; 3]],
    forces: &mut [[f64; 3]],
) -> f64 {
    let patches: Vec<Patches<f64>> = maps.iter().map(Patches::new).collect();
    let mut sum = 0.0;
    for term in mapped_torsions {
        let [first, second] = term.atoms.map(|atoms| torsion_bonds(x, atoms));
        let (energy, on_atoms) = correction_map::correction_map(&patches[term.map], first, second);
        for (atoms, on_torsion) in term.atoms.into_iter().zip(on_atoms) {
            add_torsion(forces, atoms, on_torsion);
        }
        sum += energy;
    }
    sum
}

fn pair_energy(nonbonded: &Nonbonded, x: &[[f64; 3]], forces: &mut [[f64; 3]]) -> f64 {
    let table = nonbonded::pair_table(nonbonded);
    let mut sum = 0.0;
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            let vector = subtract(x[j], x[i]);
            let parameters = table[nonbonded::pair_index(x.len(), i, j)];
            let inverse_r = 1.0 / dot(vector, vector).sqrt();
            let (energy, factor) =
                nonbonded::pair(inverse_r, parameters.a, parameters.b, parameters.coulomb);
            add_pair(forces, [i, j], scale(vector, factor));
            sum += energy;
        }
    }
    sum
}

/// Eightfold integral and its derivative divided by r, of atom j as seen by atom i.
fn integral(solvent: &ImplicitSolvent, i: usize, j: usize, r: f64) -> (f64, f64) {
    let (rho, screened) = (solvent.rho_nm(i), solvent.screened_nm(j));
    let (value, slope) = generalized_born::pair_integral(r, 1.0 / r, rho, screened);
    let Some(neck) = solvent.neck([i, j]) else {
        return (value, slope);
    };
    let (neck, neck_slope) = neck.integral(r);
    (value + neck, slope + neck_slope)
}

fn solvent_energy(
    solvent: &ImplicitSolvent,
    charges: &[f64],
    x: &[[f64; 3]],
    forces: &mut [[f64; 3]],
) -> f64 {
    let n = x.len();
    let dielectric = Dielectric::new(solvent);
    let distance = |i: usize, j: usize| {
        let vector = subtract(x[j], x[i]);
        dot(vector, vector).sqrt()
    };
    let mut born = vec![(0.0, 0.0); n];
    let mut energy_slope = vec![0.0; n];
    let mut sum = 0.0;
    for i in 0..n {
        let total: f64 = (0..n)
            .filter(|&j| j != i)
            .map(|j| integral(solvent, i, j, distance(i, j)).0)
            .sum();
        let radius = solvent.radii_nm[i];
        let rho = solvent.rho_nm(i);
        born[i] = generalized_born::born_radius(
            solvent.model,
            total,
            radius,
            rho,
            solvent.tanh_coefficients[i],
        );
        let (energy, slope) = generalized_born::self_energy(charges[i], born[i].0, &dielectric);
        sum += energy;
        energy_slope[i] += slope;
        if solvent.surface_area {
            let (energy, slope) = surface_area::surface_area(radius, born[i].0);
            sum += energy;
            energy_slope[i] += slope;
        }
    }
    for i in 0..n {
        for j in i + 1..n {
            let vector = subtract(x[j], x[i]);
            let (energy, factor, along_born) = generalized_born::pair(
                dot(vector, vector),
                charges[i] * charges[j],
                born[i].0,
                born[j].0,
                &dielectric,
            );
            add_pair(forces, [i, j], scale(vector, factor));
            energy_slope[i] += along_born * born[j].0;
            energy_slope[j] += along_born * born[i].0;
            sum += energy;
        }
    }
    for i in 0..n {
        for j in (0..n).filter(|&j| j != i) {
            let (_, slope) = integral(solvent, i, j, distance(i, j));
            let factor = -energy_slope[i] * born[i].1 * slope;
            add_pair(forces, [i, j], scale(subtract(x[j], x[i]), factor));
        }
    }
    sum
}
