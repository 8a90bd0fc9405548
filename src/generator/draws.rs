//! The generator: reference geometries, candidates of the torsions with their minima, weights. Geometries around a minimum,
//! rotors, choices and the minimiser have files of their own.

use super::choice::choose;
use super::geometries::{geometries, metric};
use super::landscape::Landscape;
use super::relax::{Metric, relax};
use super::rotors::settle;
use super::space::Space;
use super::zmatrix::ZMatrixError;
use crate::flow::torsion::LeapModel;
use crate::integrator::Engine;
use crate::proposal::{LeapError, LeapSampler};
use crate::topology::Molecule;
use crate::units::thermal_energy_kj_per_mol;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::f64::consts::TAU;

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
/// Rounds in which the reference geometries are replaced by draws.
const N_ROUNDS: usize = 2;
/// Draws worked on at once.
const BATCH: usize = 64;

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
        let (points, log_densities) = geometries(
            landscape,
            (&self.space, &self.metric),
            &minimum.point,
            self.settings.n_geometries,
            stream,
        );
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
