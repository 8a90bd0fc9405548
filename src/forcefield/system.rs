//! The force field once assigned to a molecule: plain parameter lists, one for each term.

/// Harmonic bond, E = k/2 (r - r0)².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bond {
    /// Atom indices.
    pub atoms: [usize; 2],
    /// Equilibrium length r0 in nm.
    pub length_nm: f64,
    /// Force constant k in kJ mol⁻¹ nm⁻².
    pub k_kj_per_mol_nm2: f64,
}

/// Harmonic angle, E = k/2 (theta - theta0)²; the middle atom is the vertex.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Angle {
    /// Atom indices.
    pub atoms: [usize; 3],
    /// Equilibrium angle theta0 in rad.
    pub angle_rad: f64,
    /// Force constant k in kJ mol⁻¹ rad⁻².
    pub k_kj_per_mol_rad2: f64,
}

/// One Fourier term of a proper or improper torsion, E = k (1 + cos(n phi - phase)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Torsion {
    /// Atom indices in the order that defines phi (IUPAC sign).
    pub atoms: [usize; 4],
    /// Periodicity n, at least 1.
    pub periodicity: u32,
    /// Phase in rad.
    pub phase_rad: f64,
    /// Amplitude k in kJ/mol.
    pub k_kj_per_mol: f64,
}

/// Harmonic torsion (CHARMM's impropers), E = k/2 d², d = theta - theta0 brought into (-pi, pi].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmonicTorsion {
    /// Atom indices in the order that defines theta (IUPAC sign).
    pub atoms: [usize; 4],
    /// Equilibrium angle theta0 in rad.
    pub angle_rad: f64,
    /// Force constant k in kJ mol⁻¹ rad⁻².
    pub k_kj_per_mol_rad2: f64,
}

/// A map of energies over two torsions (CMAP), interpolated by a periodic bicubic spline as OpenMM's `CMAPTorsionForce` does.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionMap {
    /// Points along each torsion, evenly spaced over 2 pi; the first is at 0.
    pub size: usize,
    /// Energies in kJ/mol, `[size, size]`: entry `i + size * j` belongs to the first torsion at 2 pi i / size, the second at 2 pi j / size.
    pub energies_kj_per_mol: Vec<f64>,
}

/// One pair of torsions to which a map applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappedTorsions {
    /// Index into [`System::correction_maps`].
    pub map: usize,
    /// Atom indices of the first and of the second torsion (IUPAC sign).
    pub atoms: [[usize; 4]; 2],
}

/// A pair whose nonbonded interaction replaces the regular one (1-4 pairs; both parameters zero is an exclusion).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonbondedException {
    /// Atom indices, first < second.
    pub atoms: [usize; 2],
    /// Scaled product of charges, e².
    pub charge_product: f64,
    /// Lennard-Jones sigma in nm.
    pub sigma_nm: f64,
    /// Scaled Lennard-Jones epsilon in kJ/mol.
    pub epsilon_kj_per_mol: f64,
}

/// Lennard-Jones and Coulomb parameters; Lorentz-Berthelot combination, no cutoff.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nonbonded {
    /// Partial charges in e, `[n_atoms]`.
    pub charges: Vec<f64>,
    /// Lennard-Jones sigma in nm, `[n_atoms]`.
    pub sigmas_nm: Vec<f64>,
    /// Lennard-Jones epsilon in kJ/mol, `[n_atoms]`.
    pub epsilons_kj_per_mol: Vec<f64>,
    /// 1-2, 1-3 (zero) and 1-4 (scaled) pairs, sorted, each pair once.
    pub exceptions: Vec<NonbondedException>,
}

/// The generalised Born model, which decides how Born radii follow from the pair integrals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BornModel {
    /// Hawkins, Cramer, Truhlar (AMBER igb = 1), doi:10.1021/jp961710n.
    Hct,
    /// Onufriev, Bashford, Case model I (igb = 2), doi:10.1002/prot.20033.
    Obc1,
    /// Onufriev, Bashford, Case model II (igb = 5), doi:10.1002/prot.20033.
    Obc2,
    /// Mongan et al. with neck correction (igb = 7), doi:10.1021/ct600085e.
    Gbn,
    /// Nguyen, Roe, Simmerling (igb = 8), doi:10.1021/ct3010485.
    Gbn2,
}

/// Generalised Born parameters of every atom.
#[derive(Debug, Clone, PartialEq)]
pub struct ImplicitSolvent {
    /// The model.
    pub model: BornModel,
    /// Intrinsic Born radii in nm (before the offset is subtracted), `[n_atoms]`.
    pub radii_nm: Vec<f64>,
    /// Screening factors (dimensionless, before multiplication by the offset radius), `[n_atoms]`.
    pub screening: Vec<f64>,
    /// Alpha, beta, gamma of tanh(alpha psi - beta psi² + gamma psi³), `[n_atoms]`; unused by HCT.
    pub tanh_coefficients: Vec<[f64; 3]>,
    /// Neck integral tables for the GBn models: for every atom its row in the tables; empty for other models.
    pub neck_index: Vec<usize>,
    /// Neck distance d0 in nm, `[n_neck, n_neck]` row-major; row: the atom whose Born radius it is, column: the other.
    pub neck_distance_nm: Vec<f64>,
    /// Neck amplitude m0 in nm⁻¹ (already in the unit of the integral), `[n_neck, n_neck]` row-major as the distance.
    pub neck_amplitude: Vec<f64>,
    /// Relative permittivity of the solute.
    pub solute_dielectric: f64,
    /// Relative permittivity of the solvent.
    pub solvent_dielectric: f64,
    /// Debye-Hueckel screening parameter in nm⁻¹; zero without salt.
    pub kappa_per_nm: f64,
    /// Whether the ACE surface-area term is included.
    pub surface_area: bool,
}

impl ImplicitSolvent {
    /// Radius offset in nm: 0.0195141 for GBn2, 0.009 for the others.
    #[must_use]
    pub fn offset_nm(&self) -> f64 {
        if self.model == BornModel::Gbn2 {
            0.019_514_1
        } else {
            0.009
        }
    }

    /// The radius less the offset, nm, as the pair integral takes it of the atom whose Born radius it is.
    #[must_use]
    pub fn rho_nm(&self, atom: usize) -> f64 {
        self.radii_nm[atom] - self.offset_nm()
    }

    /// The same of the other atom, scaled by its screening factor.
    #[must_use]
    pub fn screened_nm(&self, atom: usize) -> f64 {
        self.screening[atom] * self.rho_nm(atom)
    }

    /// Scale of the neck integral: 0.826836 for GBn2, 0.361825 for GBn, 0 for the others.
    #[must_use]
    pub fn neck_scale(&self) -> f64 {
        match self.model {
            BornModel::Gbn => 0.361_825,
            BornModel::Gbn2 => 0.826_836,
            BornModel::Hct | BornModel::Obc1 | BornModel::Obc2 => 0.0,
        }
    }
}

/// A fixed distance between two atoms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceConstraint {
    /// Atom indices.
    pub atoms: [usize; 2],
    /// Distance in nm.
    pub distance_nm: f64,
}

/// Everything the engines need to know of a molecule: the force field assigned to its atoms.
///
/// Constrained bonds keep their entry in `bonds` out: an energy never contains the stretching of a rigid bond.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct System {
    /// Masses in Da, `[n_atoms]`, after hydrogen mass repartitioning.
    pub masses_da: Vec<f64>,
    /// Harmonic bonds.
    pub bonds: Vec<Bond>,
    /// Harmonic angles.
    pub angles: Vec<Angle>,
    /// Proper and improper torsions, one entry a Fourier term.
    pub torsions: Vec<Torsion>,
    /// Harmonic torsions.
    pub harmonic_torsions: Vec<HarmonicTorsion>,
    /// Energy maps that `mapped_torsions` name.
    pub correction_maps: Vec<CorrectionMap>,
    /// Pairs of torsions with a map.
    pub mapped_torsions: Vec<MappedTorsions>,
    /// Lennard-Jones and Coulomb.
    pub nonbonded: Nonbonded,
    /// Generalised Born, `None` in vacuum.
    pub implicit_solvent: Option<ImplicitSolvent>,
    /// Rigid bonds.
    pub constraints: Vec<DistanceConstraint>,
}

impl System {
    /// Number of atoms.
    #[must_use]
    pub fn n_atoms(&self) -> usize {
        self.masses_da.len()
    }

    /// Kinetic degrees of freedom: 3 per atom less one for each constraint (the centre of mass moves freely).
    #[must_use]
    pub fn n_degrees_of_freedom(&self) -> usize {
        3 * self.n_atoms() - self.constraints.len()
    }

    /// The same without constraints, for a minimiser: a harmonic bond in the place of each that no bond of the system joins.
    #[must_use]
    pub fn flexible(&self) -> Self {
        let mut flexible = self.clone();
        for DistanceConstraint { atoms, distance_nm } in flexible.constraints.drain(..) {
            let [i, j] = atoms;
            let joins = |bond: &Bond| bond.atoms == [i, j] || bond.atoms == [j, i];
            if !self.bonds.iter().any(joins) {
                flexible.bonds.push(Bond {
                    atoms,
                    length_nm: distance_nm,
                    k_kj_per_mol_nm2: STIFF_KJ_PER_MOL_NM2,
                });
            }
        }
        flexible
    }
}

/// Force constant of AMBER's bonds between carbon and hydrogen, 340 kcal/mol/Å².
const STIFF_KJ_PER_MOL_NM2: f64 = 284_512.0;
