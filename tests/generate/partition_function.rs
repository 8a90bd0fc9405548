//! Weights against a partition function known by quadrature: a density that is not normalised shows here.

use crate::support::{TEMPERATURE_KELVIN, molecule};
use saltus::generator::{Generator, GeneratorSettings, WeightSummary, ZMatrix};
use saltus::integrator::{Engine, EngineError, LangevinSettings, Splitting};
use saltus::proposal::{LeapSampler, random_leap_model};
use saltus::state::State;
use saltus::units::thermal_energy_kj_per_mol;

/// U/kT of one coordinate.
#[derive(Clone, Copy)]
enum Well {
    /// k (z - z0)² / 2.
    Harmonic { stiffness: f64, center: f64 },
    /// a cos(n z).
    Periodic { height: f64, fold: f64 },
}

impl Well {
    fn value(self, z: f64) -> f64 {
        match self {
            // A torsion that leads has its center where it was built, far from the ends of the circle in what it visits.
            Self::Harmonic { stiffness, center } => {
                let deviation = (z - center)
                    - std::f64::consts::TAU * ((z - center) / std::f64::consts::TAU).round();
                0.5 * stiffness * deviation * deviation
            }
            Self::Periodic { height, fold } => height * (fold * z).cos(),
        }
    }
}

/// Every internal coordinate in a well of its own.
struct SeparableEngine {
    zmatrix: ZMatrix,
    wells: Vec<Well>,
    masses_da: Vec<f64>,
}

impl SeparableEngine {
    fn energy(&self, positions: &[f64]) -> f64 {
        let coordinates = self.zmatrix.measure(positions);
        let pairs = self.wells.iter().zip(&coordinates);
        let sum: f64 = pairs.map(|(well, &z)| well.value(z)).sum();
        sum * thermal_energy_kj_per_mol(TEMPERATURE_KELVIN)
    }

    /// ln of the integral of exp(-U/kT) J; J is a product too. `sines` false leaves the angles' part of J out.
    fn log_partition_function(&self, sines: bool) -> f64 {
        let n_atoms = self.masses_da.len();
        let (n_lengths, n_angles) = (n_atoms - 1, n_atoms - 2);
        let integral = |(index, well): (usize, &Well)| {
            let (low, high, volume): (f64, f64, fn(f64) -> f64) = match *well {
                Well::Periodic { .. } => (-std::f64::consts::PI, std::f64::consts::PI, |_| 1.0),
                Well::Harmonic { stiffness, center } => {
                    let reach = 9.0 / stiffness.sqrt();
                    let volume: fn(f64) -> f64 = match index {
                        _ if index < n_lengths => |r| r * r,
                        _ if index < n_lengths + n_angles && sines => f64::sin,
                        _ => |_| 1.0,
                    };
                    (center - reach, center + reach, volume)
                }
            };
            let n = 2000;
            let width = (high - low) / f64::from(n);
            let at = |i: i32| low + (f64::from(i) + 0.5) * width;
            let sum: f64 = (0..n)
                .map(|i| volume(at(i)) * (-well.value(at(i))).exp())
                .sum();
            (sum * width).ln()
        };
        self.wells.iter().enumerate().map(integral).sum()
    }
}

impl Engine for SeparableEngine {
    fn description(&self) -> String {
        "separable".to_owned()
    }
    fn n_atoms(&self) -> usize {
        self.masses_da.len()
    }
    fn n_degrees_of_freedom(&self) -> usize {
        3 * self.n_atoms()
    }
    fn masses_da(&self) -> &[f64] {
        &self.masses_da
    }
    fn energies(&mut self, positions: &[f64], energies: &mut [f64]) {
        let size = 3 * self.n_atoms();
        for (replica, energy) in positions.chunks_exact(size).zip(energies) {
            *energy = self.energy(replica);
        }
    }
    fn energies_and_forces(&mut self, positions: &[f64], energies: &mut [f64], forces: &mut [f64]) {
        self.energies(positions, energies);
        let size = 3 * self.n_atoms();
        let mut moved = positions.to_vec();
        for (index, force) in forces.iter_mut().enumerate() {
            let replica = index / size * size..(index / size + 1) * size;
            let mut at = |by: f64| {
                moved[index] = positions[index] + by;
                self.energy(&moved[replica.clone()])
            };
            *force = (at(-1e-6) - at(1e-6)) / 2e-6;
            moved[index] = positions[index];
        }
    }
    fn langevin(&mut self, _: &mut State, _: &LangevinSettings, _: u64) -> Result<(), EngineError> {
        unreachable!("a generator needs no dynamics");
    }
    fn constant_energy(
        &mut self,
        _: &mut State,
        _: Splitting,
        _: f64,
        _: u64,
    ) -> Result<(), EngineError> {
        unreachable!("a generator needs no dynamics");
    }
    fn draw_velocities(&mut self, _: &mut State, _: &[f64], _: u64, _: u64) {
        unreachable!("a generator needs no velocities");
    }
    fn apply_constraints(&mut self, _: &mut State) -> Result<(), EngineError> {
        unreachable!("a generator has no constraints");
    }
}

fn engine(sampler: &LeapSampler, molecule: &saltus::Molecule) -> SeparableEngine {
    let atoms: Vec<[usize; 4]> = sampler.pivots().iter().map(|pivot| pivot.atoms).collect();
    let zmatrix = ZMatrix::new(&molecule.topology, &atoms).unwrap();
    let start = zmatrix.measure(molecule.positions.as_flattened());
    let n_atoms = molecule.topology.n_atoms();
    let mut wells: Vec<Well> = (start.iter().enumerate())
        .map(|(index, &center)| Well::Harmonic {
            stiffness: if index < n_atoms - 1 {
                4e4
            } else {
                90.0 + 3.0 * f64::from(u8::try_from(index).unwrap())
            },
            center,
        })
        .collect();
    for bond in saltus::topology::rotatable_bonds(&molecule.topology) {
        let axis = zmatrix.axis_coordinate([bond.atoms[1], bond.atoms[2]]);
        let is_planar = bond.name.starts_with("omega");
        if let (Some(coordinate), false) = (axis, is_planar) {
            wells[coordinate] = Well::Periodic {
                height: 0.6,
                fold: 3.0,
            };
        }
    }
    for pivot in sampler.pivots() {
        wells[zmatrix.torsion_coordinate(pivot.atoms).unwrap()] = Well::Periodic {
            height: 1.0,
            fold: 1.0,
        };
    }
    SeparableEngine {
        zmatrix,
        wells,
        masses_da: vec![1.0; n_atoms],
    }
}

#[test]
fn the_mean_weight_is_the_partition_function() {
    let molecule = molecule("GG");
    let model = random_leap_model(11);
    let sampler = LeapSampler::new(&molecule.topology, &model).unwrap();
    let mut engine = engine(&sampler, &molecule);
    for (n_torsion_candidates, n_geometries) in [(1, 1), (2, 4)] {
        let settings = GeneratorSettings {
            n_references: 4,
            n_torsion_candidates,
            n_geometries,
        };
        let n_draws = 150;
        let mut streams = saltus::rng::streams(3, n_draws + 1);
        let mut generator = Generator::new(
            &molecule,
            &model,
            TEMPERATURE_KELVIN,
            settings,
            &mut engine,
            &mut streams[n_draws],
        )
        .unwrap();
        let draws = generator.draw(&mut engine, &mut streams[..n_draws]);
        let log_weights: Vec<f64> = draws.iter().map(|draw| draw.log_weight).collect();
        let summary = WeightSummary::new(&log_weights).unwrap();
        // Relative error of a mean of independent weights.
        let error = ((1.0 / summary.ess_fraction() - 1.0)
            / f64::from(u8::try_from(n_draws).unwrap()))
        .sqrt();
        let deviation = summary.log_mean_weight - engine.log_partition_function(true);
        assert!(summary.ess_fraction() > 0.1, "{summary:?}");
        assert!(
            deviation.abs() < 4.0 * error + 0.01,
            "{deviation} +- {error}"
        );
        // Planted: without the sines of the volume element.
        let planted = summary.log_mean_weight - engine.log_partition_function(false);
        assert!(planted.abs() > 5.0 * error + 0.01, "{planted} +- {error}");
    }
}
