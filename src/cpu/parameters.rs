//! A system's parameters in the precision and order the CPU kernels read them. Built once, shared by all threads.

use crate::forcefield::correction_map::Patches;
use crate::forcefield::generalized_born::Dielectric;
use crate::forcefield::torsion::FourierSeries;
use crate::forcefield::{BornModel, ImplicitSolvent, MappedTorsions, System, nonbonded};
use crate::lane::Lane;

/// Bonded terms and per-pair parameters as scalars of the lane type.
#[derive(Debug, Clone)]
pub(super) struct Parameters<L: Lane> {
    pub(super) n_atoms: usize,
    pub(super) bonds: Vec<([usize; 2], [L::Scalar; 2])>,
    pub(super) angles: Vec<([usize; 3], [L::Scalar; 2])>,
    pub(super) torsions: Vec<Series<L>>,
    /// What most molecules have nothing of.
    pub(super) rare: Option<RareTorsions<L>>,
    /// `[a, b, coulomb]` of every pair i < j, row by row.
    pub(super) pairs: Vec<[L::Scalar; 3]>,
    pub(super) solvent: Option<Solvent<L>>,
}

/// Harmonic torsions and energy maps.
#[derive(Debug, Clone)]
pub(super) struct RareTorsions<L: Lane> {
    pub(super) harmonic_torsions: Vec<([usize; 4], [L::Scalar; 2])>,
    pub(super) correction_maps: Vec<Patches<L::Scalar>>,
    pub(super) mapped_torsions: Vec<MappedTorsions>,
}

/// One Fourier series.
#[derive(Debug, Clone)]
pub(super) struct Series<L: Lane> {
    pub(super) atoms: [usize; 4],
    pub(super) constant: L::Scalar,
    pub(super) n_orders: usize,
    pub(super) coefficients: [[L::Scalar; 2]; MAX_PERIODICITY],
}

/// Highest periodicity the engine carries; AMBER's force fields stop at 4, 6 is the highest in use.
pub(super) const MAX_PERIODICITY: usize = 6;

/// Generalised Born parameters, `[n_atoms]` each.
#[derive(Debug, Clone)]
pub(super) struct Solvent<L: Lane> {
    pub(super) model: BornModel,
    pub(super) dielectric: Dielectric<L>,
    pub(super) surface_area: bool,
    pub(super) atoms: Vec<SolventAtom<L::Scalar>>,
    /// `[radius_i + radius_j, d0, scaled m0]` seen by i, and by j, of every pair i < j; empty without necks.
    pub(super) necks: Vec<[[L::Scalar; 3]; 2]>,
}

/// Generalised Born parameters of one atom.
#[derive(Debug, Clone, Copy)]
pub(super) struct SolventAtom<S> {
    pub(super) charge: S,
    pub(super) radius: S,
    pub(super) rho: S,
    pub(super) screened: S,
    pub(super) tanh: [S; 3],
}

impl<L: Lane> Parameters<L> {
    /// Converts a system.
    pub(super) fn new(system: &System) -> Self {
        // Every list is named: a new one does not compile without a line here.
        let System {
            masses_da,
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
        let rare = RareTorsions {
            harmonic_torsions: harmonic_torsions
                .iter()
                .map(|term| {
                    (
                        term.atoms,
                        [L::scalar(term.angle_rad), L::scalar(term.k_kj_per_mol_rad2)],
                    )
                })
                .collect(),
            correction_maps: correction_maps.iter().map(Patches::new).collect(),
            mapped_torsions: mapped_torsions.clone(),
        };
        Self {
            n_atoms: masses_da.len(),
            bonds: bonds
                .iter()
                .map(|term| {
                    (
                        term.atoms,
                        [L::scalar(term.length_nm), L::scalar(term.k_kj_per_mol_nm2)],
                    )
                })
                .collect(),
            angles: angles
                .iter()
                .map(|term| {
                    (
                        term.atoms,
                        [L::scalar(term.angle_rad), L::scalar(term.k_kj_per_mol_rad2)],
                    )
                })
                .collect(),
            torsions: FourierSeries::collect(torsions)
                .iter()
                .map(Series::new)
                .collect(),
            rare: rare.unless_empty(),
            pairs: nonbonded::pair_table(nonbonded)
                .iter()
                .map(|pair| {
                    [
                        L::scalar(pair.a),
                        L::scalar(pair.b),
                        L::scalar(pair.coulomb),
                    ]
                })
                .collect(),
            solvent: implicit_solvent
                .as_ref()
                .map(|solvent| Solvent::new(system, solvent)),
        }
    }
}

impl<L: Lane> RareTorsions<L> {
    /// `None` where there are none.
    fn unless_empty(self) -> Option<Self> {
        let Self {
            harmonic_torsions,
            correction_maps: _,
            mapped_torsions,
        } = &self;
        let is_empty = harmonic_torsions.is_empty() && mapped_torsions.is_empty();
        (!is_empty).then_some(self)
    }
}

impl<L: Lane> Series<L> {
    fn new(series: &FourierSeries) -> Self {
        let mut coefficients = [[L::scalar(0.0); 2]; MAX_PERIODICITY];
        for (target, source) in coefficients.iter_mut().zip(&series.coefficients) {
            *target = source.map(L::scalar);
        }
        Self {
            atoms: series.atoms,
            constant: L::scalar(series.constant),
            n_orders: series.coefficients.len(),
            coefficients,
        }
    }
}

impl<L: Lane> Solvent<L> {
    fn new(system: &System, solvent: &ImplicitSolvent) -> Self {
        let atom = |i: usize| SolventAtom {
            charge: L::scalar(system.nonbonded.charges[i]),
            radius: L::scalar(solvent.radii_nm[i]),
            rho: L::scalar(solvent.rho_nm(i)),
            screened: L::scalar(solvent.screened_nm(i)),
            tanh: solvent
                .tanh_coefficients
                .get(i)
                .copied()
                .unwrap_or_default()
                .map(L::scalar),
        };
        Self {
            model: solvent.model,
            dielectric: Dielectric::new(solvent),
            surface_area: solvent.surface_area,
            atoms: (0..system.n_atoms()).map(atom).collect(),
            necks: necks::<L>(solvent, system.n_atoms()),
        }
    }
}

fn necks<L: Lane>(solvent: &ImplicitSolvent, n_atoms: usize) -> Vec<[[L::Scalar; 3]; 2]> {
    let seen = |i: usize, j: usize| {
        let neck = solvent.neck([i, j])?;
        Some([neck.contact_nm, neck.distance_nm, neck.amplitude].map(L::scalar))
    };
    (0..n_atoms)
        .flat_map(|i| (i + 1..n_atoms).map(move |j| [i, j]))
        .filter_map(|[i, j]| Some([seen(i, j)?, seen(j, i)?]))
        .collect()
}
