//! Kernels made of kernels: sequence, repetition, random mixture. Each leaves invariant what all its parts do.

use super::kernel::{Chain, Kernel, KernelError, KernelPart};
use super::statistics::{KernelReport, KernelStatistics, restore_field};
use crate::integrator::Engine;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A composition without a meaning.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CompositionError {
    /// No parts.
    #[error("a {composition} has no kernels; list at least one")]
    Empty {
        /// `sequence` or `mixture`.
        composition: &'static str,
    },
    /// A weight that is no probability.
    #[error(
        "kernel {index} (`{kernel}`) of a mixture has the weight {got}; expected a finite number above 0 (leave a kernel out instead of giving it no weight)"
    )]
    Weight {
        /// Place in the list, from 0.
        index: usize,
        /// Its name.
        kernel: String,
        /// Its weight.
        got: f64,
    },
    /// No repeats.
    #[error("kernel `{kernel}` is repeated 0 times; expected `repeats` of at least 1")]
    NoRepeats {
        /// Its name.
        kernel: String,
    },
}

/// Kernels one after another.
pub struct KernelSequence {
    kernels: Vec<Box<dyn Kernel>>,
}

impl KernelSequence {
    /// Applies `kernels` in their order at each step.
    ///
    /// # Errors
    /// [`CompositionError::Empty`].
    pub fn new(kernels: Vec<Box<dyn Kernel>>) -> Result<Self, CompositionError> {
        if kernels.is_empty() {
            return Err(CompositionError::Empty {
                composition: "sequence",
            });
        }
        Ok(Self { kernels })
    }
}

/// One kernel several times a step; goes by its name and its counters.
pub struct Repeat {
    kernel: Box<dyn Kernel>,
    repeats: u64,
}

impl Repeat {
    /// Applies `kernel` `repeats` times at each step.
    ///
    /// # Errors
    /// [`CompositionError::NoRepeats`].
    pub fn new(kernel: Box<dyn Kernel>, repeats: u64) -> Result<Self, CompositionError> {
        if repeats == 0 {
            return Err(CompositionError::NoRepeats {
                kernel: kernel.name().to_owned(),
            });
        }
        Ok(Self { kernel, repeats })
    }
}

/// One kernel out of several, drawn at every step with fixed probabilities.
///
/// The draw comes from the mixture's own stream and never looks at the chain: a choice that depended on the state would
/// not leave the distribution invariant. It holds for the whole batch, so that all lanes stay busy with one kind of move.
pub struct Mixture {
    kernels: Vec<Box<dyn Kernel>>,
    weights: Vec<f64>,
    stream: Xoshiro256PlusPlus,
}

impl Mixture {
    /// Draws among `parts` in proportion to their weights; `seed` starts the stream of the draws.
    ///
    /// # Errors
    /// [`CompositionError`] for no parts, or a weight that is not a finite number above 0.
    pub fn new(parts: Vec<(f64, Box<dyn Kernel>)>, seed: u64) -> Result<Self, CompositionError> {
        if parts.is_empty() {
            return Err(CompositionError::Empty {
                composition: "mixture",
            });
        }
        for (index, (weight, kernel)) in parts.iter().enumerate() {
            if !(weight.is_finite() && *weight > 0.0) {
                return Err(CompositionError::Weight {
                    index,
                    kernel: kernel.name().to_owned(),
                    got: *weight,
                });
            }
        }
        let (weights, kernels) = parts.into_iter().unzip();
        Ok(Self {
            kernels,
            weights,
            stream: Xoshiro256PlusPlus::seed_from_u64(seed),
        })
    }

    fn draw(&mut self) -> usize {
        let total: f64 = self.weights.iter().sum();
        let mut rest = self.stream.random::<f64>() * total;
        let last = self.weights.len() - 1;
        let chosen = self.weights.iter().position(|weight| {
            rest -= weight;
            rest < 0.0
        });
        // Rounding may leave a rest of nothing after the last weight.
        chosen.unwrap_or(last)
    }
}

impl Kernel for KernelSequence {
    fn name(&self) -> &str {
        "sequence"
    }

    fn is_exact(&self) -> bool {
        self.kernels.iter().all(|kernel| kernel.is_exact())
    }

    fn is_ergodic(&self) -> bool {
        self.kernels.iter().any(|kernel| kernel.is_ergodic())
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let mut kernels = self.kernels.iter_mut();
        kernels.try_for_each(|kernel| kernel.step(chain, engine))
    }

    fn prepare_parts(&mut self, n_parts: usize) -> bool {
        let mut kernels = self.kernels.iter_mut();
        kernels.all(|kernel| kernel.prepare_parts(n_parts))
    }

    fn parts(&mut self, sizes: &[usize]) -> Vec<KernelPart<'_>> {
        let mut sequences: Vec<Vec<KernelPart<'_>>> = sizes.iter().map(|_| Vec::new()).collect();
        for kernel in &mut self.kernels {
            for (sequence, part) in sequences.iter_mut().zip(kernel.parts(sizes)) {
                sequence.push(part);
            }
        }
        sequences.into_iter().map(in_sequence).collect()
    }

    fn statistics(&self) -> KernelStatistics {
        KernelStatistics::sum(self.kernels.iter())
    }

    fn report(&self) -> KernelReport {
        KernelReport {
            children: self.kernels.iter().map(|kernel| kernel.report()).collect(),
            ..KernelReport::of(self)
        }
    }

    fn freeze(&mut self) {
        self.kernels.iter_mut().for_each(|kernel| kernel.freeze());
    }

    fn save(&self) -> serde_json::Value {
        self.kernels.iter().map(|kernel| kernel.save()).collect()
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        restore_kernels(&mut self.kernels, saved)
    }
}

impl Kernel for Repeat {
    fn name(&self) -> &str {
        self.kernel.name()
    }

    fn is_exact(&self) -> bool {
        self.kernel.is_exact()
    }

    fn is_ergodic(&self) -> bool {
        self.kernel.is_ergodic()
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        (0..self.repeats).try_for_each(|_| self.kernel.step(chain, engine))
    }

    fn prepare_parts(&mut self, n_parts: usize) -> bool {
        self.kernel.prepare_parts(n_parts)
    }

    fn parts(&mut self, sizes: &[usize]) -> Vec<KernelPart<'_>> {
        let parts = self.kernel.parts(sizes).into_iter();
        parts.map(|part| repeated(part, self.repeats)).collect()
    }

    fn statistics(&self) -> KernelStatistics {
        self.kernel.statistics()
    }

    fn report(&self) -> KernelReport {
        self.kernel.report()
    }

    fn freeze(&mut self) {
        self.kernel.freeze();
    }

    fn save(&self) -> serde_json::Value {
        self.kernel.save()
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.kernel.restore(saved)
    }
}

impl Kernel for Mixture {
    fn name(&self) -> &str {
        "mixture"
    }

    fn is_exact(&self) -> bool {
        self.kernels.iter().all(|kernel| kernel.is_exact())
    }

    fn is_ergodic(&self) -> bool {
        self.kernels.iter().any(|kernel| kernel.is_ergodic())
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let chosen = self.draw();
        self.kernels[chosen].step(chain, engine)
    }

    fn prepare_parts(&mut self, n_parts: usize) -> bool {
        let mut kernels = self.kernels.iter_mut();
        kernels.all(|kernel| kernel.prepare_parts(n_parts))
    }

    fn parts(&mut self, sizes: &[usize]) -> Vec<KernelPart<'_>> {
        let chosen = self.draw();
        self.kernels[chosen].parts(sizes)
    }

    fn statistics(&self) -> KernelStatistics {
        KernelStatistics::sum(self.kernels.iter())
    }

    fn report(&self) -> KernelReport {
        KernelReport {
            children: self.kernels.iter().map(|kernel| kernel.report()).collect(),
            ..KernelReport::of(self)
        }
    }

    fn freeze(&mut self) {
        self.kernels.iter_mut().for_each(|kernel| kernel.freeze());
    }

    fn save(&self) -> serde_json::Value {
        let kernels: Vec<_> = self.kernels.iter().map(|kernel| kernel.save()).collect();
        serde_json::json!({ "stream": self.stream, "kernels": kernels })
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.stream = restore_field(saved, "stream")?;
        restore_kernels(&mut self.kernels, &saved["kernels"])
    }
}

fn in_sequence(mut parts: Vec<KernelPart<'_>>) -> KernelPart<'_> {
    Box::new(move |chain, engine| parts.iter_mut().try_for_each(|part| part(chain, engine)))
}

fn repeated(mut part: KernelPart<'_>, repeats: u64) -> KernelPart<'_> {
    Box::new(move |chain, engine| (0..repeats).try_for_each(|_| part(chain, engine)))
}

fn restore_kernels(
    kernels: &mut [Box<dyn Kernel>],
    saved: &serde_json::Value,
) -> Result<(), String> {
    let saved = saved.as_array().map_or(&[][..], Vec::as_slice);
    if saved.len() != kernels.len() {
        return Err(format!(
            "the checkpoint has {} nested kernels, the sampler {}; resume with the input of that run",
            saved.len(),
            kernels.len()
        ));
    }
    let mut pairs = kernels.iter_mut().zip(saved);
    pairs.try_for_each(|(kernel, saved)| kernel.restore(saved))
}
