//! A network on its way: the one that steps are taken with, its slow average, the optimiser's moments.

use safetensors::SafeTensors;

use super::head::Head;
use super::likelihood::{Batch, negative_log_likelihood};
use super::network::{NetworkGradient, Tape};
use super::tensors::{head_tensors, read_head};
use crate::flow::nn::tensors::{NamedTensor, named_tensor, read_tensor};
use crate::flow::nn::weights_error::WeightsError;
use crate::flow::{Adam, AdamSettings};

/// Largest norm of the gradient.
const MAX_GRADIENT: f64 = 1.0;
/// Share by which the slow average follows in a step.
const AVERAGING: f32 = 0.003;

/// How large a step is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSize {
    /// Step size of Adam.
    pub learning_rate: f64,
    /// Share of a weight that a step of unit learning rate takes away.
    pub weight_decay: f64,
}

/// A head that learns and can be taken up again between any two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Learner {
    /// The network that steps are taken with.
    pub current: Head,
    /// Its slow average, which is what gets used.
    pub average: Head,
    adam: Adam,
}

/// Memory that steps use again.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    tape: Tape,
    gradient: NetworkGradient,
}

impl Learner {
    /// Begins with a head, random or trained.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self {
            adam: Adam::new(head.network.n_parameters()),
            average: head.clone(),
            current: head,
        }
    }

    /// Steps taken.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        self.adam.n_steps()
    }

    /// A step of maximum likelihood; returns the mean -ln q before it. A loss that is not finite leaves all as it was.
    pub fn step(&mut self, batch: &Batch, size: StepSize, work: &mut Workspace) -> f64 {
        self.step_along(batch, size, work, negative_log_likelihood)
    }

    /// A step down any loss: `loss` has its value and its slopes from the shape of the mixture, the network's outputs and the batch.
    pub fn step_along(
        &mut self,
        batch: &Batch,
        size: StepSize,
        work: &mut Workspace,
        loss: impl FnOnce(super::MixtureShape, &[f32], &Batch) -> (f64, Vec<f32>),
    ) -> f64 {
        let network = &mut self.current.network;
        network.forward(&batch.input, batch.n_samples, &mut work.tape);
        let (loss, slopes) = loss(self.current.shape, &work.tape.output, batch);
        if !loss.is_finite() {
            return loss;
        }
        work.gradient.clear();
        network.backward(&work.tape, &slopes, &mut work.gradient);
        work.gradient.clip(MAX_GRADIENT);
        let settings = AdamSettings {
            learning_rate: size.learning_rate,
            weight_decay: size.weight_decay,
            ..AdamSettings::default()
        };
        let share = AVERAGING.max(self.early_share());
        let network = &mut self.current.network;
        network.step(&work.gradient, &mut self.adam, &settings);
        self.average.network.approach(network, share);
        loss
    }

    /// While there are few steps to average over, the average follows faster.
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    fn early_share(&self) -> f32 {
        (2.0 / (self.n_steps() as f64 + 2.0)) as f32
    }

    /// Everything but the number of steps, as tensors whose names begin with `name`.
    #[must_use]
    pub fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        let mut tensors = head_tensors(&format!("{name}.current"), &self.current);
        tensors.extend(head_tensors(&format!("{name}.average"), &self.average));
        for (what, values) in ["first", "second"].into_iter().zip(self.adam.moments()) {
            let name = format!("{name}.{what}_moment");
            tensors.push(named_tensor(name, vec![values.len()], values));
        }
        tensors
    }

    /// Reads what [`Learner::tensors`] made of a density of `n_angles` angles after `n_steps` steps.
    ///
    /// # Errors
    /// [`WeightsError::Tensor`] and [`WeightsError::NotFinite`].
    pub fn read(
        name: &str,
        n_angles: usize,
        n_steps: u64,
        tensors: &SafeTensors<'_>,
    ) -> Result<Self, WeightsError> {
        let head = |what: &str| read_head(&format!("{name}.{what}"), n_angles, tensors);
        let (current, average) = (head("current")?, head("average")?);
        let moment = |what: &str| read_tensor(tensors, &format!("{name}.{what}_moment"), 1);
        let moments = [moment("first")?.1, moment("second")?.1];
        let expected = current.network.n_parameters();
        if moments.iter().any(|values| values.len() != expected)
            || average.network.n_parameters() != expected
        {
            return Err(WeightsError::Tensor {
                name: format!("{name}.first_moment"),
                reason: format!("does not fit a network of {expected} parameters"),
            });
        }
        Ok(Self {
            current,
            average,
            adam: Adam::resumed(n_steps, moments),
        })
    }
}
