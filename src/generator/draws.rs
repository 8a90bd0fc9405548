//! The generator: references, candidates, minima, geometries, weights. Densities and minimiser have files of their own.

use super::landscape::Landscape;
use super::laplace::{Normal, hessian, inverse};
use super::relax::{Metric, relax};
use super::space::Space;
use super::zmatrix::ZMatrixError;
use crate::flow::torsion::LeapModel;
use crate::integrator::Engine;
use crate::proposal::{CellWeights, LeapError, LeapSampler, PeriodicGrid};
use crate::topology::Molecule;
use crate::units::thermal_energy_kj_per_mol;
use nalgebra::DVector;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::f64::consts::{PI, TAU};

/// Why a molecule cannot be generated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeneratorError {
    /// The model has no density for a residue.
    #[error(
        "the model does not know {}: a generator draws every torsion and has nothing to fall back on; take `saltus run`",
        residues.join(", ")
    )]
    UnknownResidues {
        /// `NAME number` of each.
        residues: Vec<String>,
    },
    /// No torsion, or a model of other inputs.
    #[error(transparent)]
    Leap(#[from] LeapError),
    /// No internal coordinates.
    #[error(transparent)]
    ZMatrix(#[from] ZMatrixError),
    /// No draw of the reference geometries had a finite energy.
    #[error(
        "not one of {n_draws} trial draws has a finite energy: check the structure and the force field with `saltus energy`"
    )]
    NoReference {
        /// How many were tried.
        n_draws: usize,
    },
}

/// How much is spent on a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratorSettings {
    /// Geometries over which the torsions' densities are averaged.
    pub n_references: usize,
    /// Candidates of the torsions a draw.
    pub n_torsion_candidates: usize,
    /// Geometries a draw.
    pub n_geometries: usize,
}

impl Default for GeneratorSettings {
    fn default() -> Self {
        Self {
            n_references: 64,
            n_torsion_candidates: 1,
            n_geometries: 32,
        }
    }
}

/// One peptide.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// Positions in nm, `[n_atoms * 3]`.
    pub positions: Vec<f64>,
    /// Energy in kJ/mol.
    pub energy_kj_per_mol: f64,
    /// ln of the unclipped importance weight; minus infinity where no candidate has a density.
    pub log_weight: f64,
}

impl Draw {
    /// Positions in single precision, as frames hold them.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "frames are in f32")]
    pub fn single_positions(&self) -> Vec<f32> {
        self.positions.iter().map(|&x| x as f32).collect()
    }
}

/// Steps of the minimiser before and after the rotors are settled.
const RELAX_STEPS: [usize; 2] = [6, 14];
/// Angles at which a rotor is tried before its density is tabulated, and then.
const N_TRIED: usize = 12;
const N_TABULATED: usize = 36;
/// Share of the uniform density in a rotor's.
const ROTOR_FLOOR: f64 = 0.01;
/// Rounds in which the reference geometries are replaced by draws.
const N_ROUNDS: usize = 2;
/// Draws worked on at once.
const BATCH: usize = 64;
/// Steps of the differences that give a Hessian, in standard deviations.
const DIFFERENCE: f64 = 0.7;

/// Draws whole peptides of one molecule.
pub struct Generator {
    sampler: LeapSampler,
    space: Space,
    settings: GeneratorSettings,
    temperature_kelvin: f64,
    /// The structure given, as coordinates.
    start: Vec<f64>,
    metric: Metric,
    /// Geometries, positions `[n_references, n_atoms, 3]`.
    references: Vec<f64>,
    n_evaluations: u64,
}

/// Torsions with the minimum of all else.
struct Minimum {
    point: Vec<f64>,
    log_q: f64,
    value: f64,
}

impl Generator {
    /// Prepares a molecule at its minimised positions; `engine` is of a system without constraints.
    ///
    /// # Errors
    /// [`GeneratorError`].
    pub fn new(
        molecule: &Molecule,
        model: &LeapModel,
        temperature_kelvin: f64,
        settings: GeneratorSettings,
        engine: &mut dyn Engine,
        stream: &mut Xoshiro256PlusPlus,
    ) -> Result<Self, GeneratorError> {
        let residues = LeapSampler::unknown_residues(&molecule.topology);
        if !residues.is_empty() {
            return Err(GeneratorError::UnknownResidues { residues });
        }
        let sampler = LeapSampler::new(&molecule.topology, model)?;
        let space = Space::new(&molecule.topology, sampler.pivots())?;
        let start = space.zmatrix.measure(molecule.positions.as_flattened());
        let mut landscape = Landscape {
            zmatrix: &space.zmatrix,
            engine,
            thermal_energy_kj_per_mol: thermal_energy_kj_per_mol(temperature_kelvin),
            n_evaluations: 0,
        };
        let metric = metric(&mut landscape, &space, &start);
        let n_evaluations = landscape.n_evaluations;
        let mut generator = Self {
            sampler,
            space,
            settings,
            temperature_kelvin,
            start,
            metric,
            references: Vec::new(),
            n_evaluations,
        };
        generator.find_references(engine, stream)?;
        Ok(generator)
    }

    /// Energies evaluated so far.
    #[must_use]
    pub fn n_evaluations(&self) -> u64 {
        self.n_evaluations
    }

    /// Coordinates by how they are drawn: torsions of the model, rotors, stiff ones.
    #[must_use]
    pub fn n_coordinates(&self) -> [usize; 3] {
        [
            self.space.torsions.len(),
            self.space.rotors.len(),
            self.space.stiff.len(),
        ]
    }

    /// Reference geometries: the start's normal density first, then draws of the generator, chosen by their weights.
    fn find_references(
        &mut self,
        engine: &mut dyn Engine,
        stream: &mut Xoshiro256PlusPlus,
    ) -> Result<(), GeneratorError> {
        let n_atoms = engine.n_atoms();
        let n = self.settings.n_references;
        let mut references = vec![0.0; n * n_atoms * 3];
        for own in references.chunks_exact_mut(3 * n_atoms) {
            let mut point = self.start.clone();
            for (place, &coordinate) in self.space.stiff.iter().enumerate() {
                let noise: f64 = stream.sample(rand_distr::StandardNormal);
                point[coordinate] += 0.7 * noise * self.metric.deviation(place);
            }
            for &coordinate in &self.space.rotors {
                point[coordinate] += TAU * stream.random::<f64>();
            }
            self.space.zmatrix.place(&point, own);
        }
        self.references = references;
        for _ in 0..N_ROUNDS {
            let n_draws = 2 * n;
            let mut streams = crate::rng::streams(stream.random(), n_draws);
            let draws = self.draw(engine, &mut streams);
            self.references =
                resample(&draws, n, stream).ok_or(GeneratorError::NoReference { n_draws })?;
        }
        Ok(())
    }

    /// One draw for every stream. The same call gives the same bits; cut into other calls, the engine may round otherwise.
    pub fn draw(
        &mut self,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Vec<Draw> {
        let mut draws = Vec::with_capacity(streams.len());
        for streams in streams.chunks_mut(BATCH) {
            let mut landscape = Landscape {
                zmatrix: &self.space.zmatrix,
                engine,
                thermal_energy_kj_per_mol: thermal_energy_kj_per_mol(self.temperature_kelvin),
                n_evaluations: 0,
            };
            let minima = self.minima(&mut landscape, streams);
            let size = self.settings.n_torsion_candidates;
            for (minima, stream) in minima.chunks_exact(size).zip(streams) {
                draws.push(self.finish(&mut landscape, minima, stream));
            }
            self.n_evaluations += landscape.n_evaluations;
        }
        draws
    }

    /// Candidates of the torsions with their minima, `[n_draws, n_torsion_candidates]`.
    fn minima(
        &self,
        landscape: &mut Landscape<'_>,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Vec<Minimum> {
        let size = self.settings.n_torsion_candidates;
        let drawn: Vec<(Vec<f64>, f64)> = streams
            .par_iter_mut()
            .flat_map_iter(|stream| {
                let one = |_| {
                    self.sampler.draw(
                        self.temperature_kelvin,
                        &self.references,
                        self.settings.n_references,
                        stream,
                    )
                };
                (0..size).map(one).collect::<Vec<_>>()
            })
            .collect();
        let mut points: Vec<Vec<f64>> = drawn
            .iter()
            .map(|(torsions, _)| {
                let mut point = self.start.clone();
                for (&coordinate, &torsion) in self.space.torsions.iter().zip(torsions) {
                    point[coordinate] = torsion;
                }
                point
            })
            .collect();
        relax(landscape, &self.metric, &mut points, RELAX_STEPS[0]);
        for &rotor in &self.space.rotors {
            settle(landscape, &mut points, rotor);
        }
        let values = relax(landscape, &self.metric, &mut points, RELAX_STEPS[1]);
        let parts = points.into_iter().zip(values).zip(drawn);
        parts
            .map(|((point, value), (_, log_q))| Minimum {
                point,
                log_q,
                value,
            })
            .collect()
    }

    /// Chooses a candidate, and a geometry around it.
    fn finish(
        &self,
        landscape: &mut Landscape<'_>,
        minima: &[Minimum],
        stream: &mut Xoshiro256PlusPlus,
    ) -> Draw {
        let preferences: Vec<f64> = minima.iter().map(|m| -m.value - m.log_q).collect();
        let (chosen, log_mean) = choose(&preferences, stream);
        let minimum = &minima[chosen];
        let log_choice = log_mean - preferences[chosen] - minimum.log_q;
        let (points, log_densities) = self.geometries(landscape, &minimum.point, stream);
        let values = landscape.values(&points);
        let parts = values.iter().zip(&log_densities);
        let preferences: Vec<f64> = parts.map(|(value, log_q)| -value - log_q).collect();
        let (chosen, log_mean) = choose(&preferences, stream);
        let log_weight = log_choice + log_mean;
        let reduced = values[chosen] + self.space.zmatrix.log_volume(&points[chosen]);
        Draw {
            positions: landscape.place(&points[chosen..=chosen]),
            energy_kj_per_mol: reduced * landscape.thermal_energy_kj_per_mol,
            log_weight: if log_weight.is_finite() {
                log_weight
            } else {
                f64::NEG_INFINITY
            },
        }
    }

    /// Geometries around a minimum, with the logarithms of their densities.
    fn geometries(
        &self,
        landscape: &mut Landscape<'_>,
        minimum: &[f64],
        stream: &mut Xoshiro256PlusPlus,
    ) -> (Vec<Vec<f64>>, Vec<f64>) {
        let stiff = &self.space.stiff;
        let deviations = &self.metric.held_deviations[..stiff.len()];
        let steps: Vec<f64> = deviations.iter().map(|d| DIFFERENCE * d).collect();
        let hessian = hessian(landscape, minimum, stiff, &steps);
        let slopes = &landscape.slopes(&[minimum.to_vec()])[0].1;
        let pick = |all: &[f64]| DVector::from_iterator(stiff.len(), stiff.iter().map(|&i| all[i]));
        let normal = Normal::new(hessian, pick(minimum), &pick(slopes));
        let mut center = minimum.to_vec();
        for (&coordinate, &value) in stiff.iter().zip(normal.mean()) {
            center[coordinate] = value;
        }
        let grid = PeriodicGrid {
            n_angles: 1,
            n_bins: N_TABULATED,
        };
        let tables: Vec<CellWeights> = self
            .space
            .rotors
            .iter()
            .map(|&rotor| table(landscape, &center, rotor))
            .collect();
        let (mut points, mut log_densities) = (Vec::new(), Vec::new());
        let mut noise = normal.noise(stream);
        for number in 0..self.settings.n_geometries {
            // The mirror image of every first draw: what is odd in the deviation cancels.
            noise = if number % 2 == 0 {
                normal.noise(stream)
            } else {
                -noise
            };
            let (values, mut log_q) = normal.at(&noise);
            let mut point = center.clone();
            for (&coordinate, &value) in stiff.iter().zip(&values) {
                point[coordinate] = value;
            }
            for (&rotor, table) in self.space.rotors.iter().zip(&tables) {
                let mut angle = [0.0];
                grid.draw(table, stream, &mut angle);
                log_q += grid.density(table, &angle).ln();
                point[rotor] = angle[0];
            }
            points.push(point);
            log_densities.push(log_q);
        }
        (points, log_densities)
    }
}

/// The inverse Hessian of everything but the model's torsions at the start.
fn metric(landscape: &mut Landscape<'_>, space: &Space, start: &[f64]) -> Metric {
    let free = space.free();
    let steps: Vec<f64> = free
        .iter()
        .map(|&coordinate| {
            if space.zmatrix.is_length(coordinate) {
                0.002
            } else {
                0.03
            }
        })
        .collect();
    let hessian = hessian(landscape, start, &free, &steps);
    let curvatures = hessian.diagonal();
    let held_deviations = curvatures.iter().map(|c| c.abs().max(4.0).sqrt().recip());
    Metric {
        held_deviations: held_deviations.collect(),
        inverse: inverse(hessian),
        free,
    }
}

/// The angles of a grid's cell centres.
fn angles(n: usize) -> impl Iterator<Item = f64> {
    #[expect(clippy::cast_precision_loss, reason = "some tens of angles")]
    (0..n).map(move |i| TAU * (i as f64 + 0.5) / n as f64 - PI)
}

fn turned(point: &[f64], rotor: usize, n: usize) -> impl Iterator<Item = Vec<f64>> {
    angles(n).map(move |angle| {
        let mut point = point.to_vec();
        point[rotor] = angle;
        point
    })
}

/// Puts a rotor of every point where V is lowest, among its own angle and some more.
fn settle(landscape: &mut Landscape<'_>, points: &mut [Vec<f64>], rotor: usize) {
    let tried: Vec<Vec<f64>> = points
        .iter()
        .flat_map(|point| std::iter::once(point.clone()).chain(turned(point, rotor, N_TRIED)))
        .collect();
    let values = landscape.values(&tried);
    let size = N_TRIED + 1;
    for (index, point) in points.iter_mut().enumerate() {
        let own = &values[index * size..(index + 1) * size];
        let best = (0..size).min_by(|&a, &b| own[a].total_cmp(&own[b]));
        point.clone_from(&tried[index * size + best.unwrap_or(0)]);
    }
}

/// The density of a rotor with everything else held.
fn table(landscape: &mut Landscape<'_>, point: &[f64], rotor: usize) -> CellWeights {
    let tried: Vec<Vec<f64>> = turned(point, rotor, N_TABULATED).collect();
    let values = landscape.values(&tried);
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_possible_truncation, reason = "the table holds f32")]
    let weight = |value: &f64| {
        if lowest.is_finite() {
            (lowest - value).exp() as f32
        } else {
            1.0
        }
    };
    CellWeights::new(values.iter().map(weight).collect(), ROTOR_FLOOR)
}

/// An index by its weight, and ln of the mean weight.
#[expect(clippy::cast_precision_loss, reason = "some tens of candidates")]
fn choose(log_weights: &[f64], stream: &mut Xoshiro256PlusPlus) -> (usize, f64) {
    let largest = log_weights
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return (0, largest);
    }
    let weights: Vec<f64> = log_weights.iter().map(|w| (w - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mut rest = stream.random::<f64>() * sum;
    let mut chosen = weights.len() - 1;
    for (index, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            chosen = index;
            break;
        }
    }
    (chosen, largest + (sum / weights.len() as f64).ln())
}

/// Positions of `n` draws chosen by their weights, with replacement.
fn resample(draws: &[Draw], n: usize, stream: &mut Xoshiro256PlusPlus) -> Option<Vec<f64>> {
    let log_weights: Vec<f64> = draws.iter().map(|draw| draw.log_weight).collect();
    let is_any = log_weights.iter().any(|weight| weight.is_finite());
    is_any.then(|| {
        let chosen = (0..n).map(|_| choose(&log_weights, stream).0);
        chosen
            .flat_map(|index| draws[index].positions.clone())
            .collect()
    })
}
