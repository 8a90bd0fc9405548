//! A Timewarp model with its weights: conditions, log-densities, samples.

use super::check::{check_conformation, check_length};
use super::config::TimewarpConfig;
use super::conformation::Conformation;
use super::error::TimewarpError;
use super::network::attention;
use super::network::layout::Layout;
use super::network::transformer::{Block, Network};
use crate::flow::nn::real::Real;
use crate::flow::nn::tensor_file::{TensorFile, write_tensors};
use crate::flow::nn::weights_error::WeightsError;
use rayon::prelude::*;
use std::path::Path;

/// A conditional flow p(y, v | x).
#[derive(Debug, Clone)]
pub struct Timewarp<R> {
    config: TimewarpConfig,
    layout: Layout,
    parameters: Vec<R>,
    /// M of every encoder layer of every network, derived from the parameters.
    fused: Vec<R>,
    /// Different sets of length scales; almost always one.
    scale_sets: Vec<Vec<f64>>,
    /// Set of every encoder layer of every network.
    set_of_encoder: Vec<usize>,
}

/// A draw from the flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Positions y in nm, `[n_atoms, 3]`.
    pub positions: Vec<f64>,
    /// Auxiliary variables of y, `[n_atoms, 3]`.
    pub auxiliaries: Vec<f64>,
    /// ln p(y, v | x), in nm⁻¹ for every coordinate of y.
    pub log_density: f64,
}

/// Conformations with all that depends on them alone; serves any number of [`Pair`](super::Pair)s.
#[derive(Debug, Clone)]
pub struct Condition<R> {
    pub(super) states: Vec<StateCondition<R>>,
}

/// One conformation of a condition.
#[derive(Debug, Clone)]
pub(crate) struct StateCondition<R> {
    pub(super) elements: Vec<usize>,
    pub(super) positions: Vec<f64>,
    pub(super) centred: Vec<R>,
    pub(super) auxiliaries: Option<Vec<R>>,
    /// Attention weights `[n_atoms, n_heads, n_atoms]`, one tensor a set of scales.
    pub(super) attention: Vec<Vec<R>>,
}

impl<R> StateCondition<R> {
    pub(super) fn block(&self) -> Block<'_, R> {
        Block {
            n_atoms: self.elements.len(),
            attention: &self.attention,
        }
    }
}

impl<R> Condition<R> {
    /// Number of conformations.
    #[must_use]
    pub fn n_states(&self) -> usize {
        self.states.len()
    }
}

impl<R: Real> Timewarp<R> {
    /// Reads weights under the published names.
    ///
    /// # Errors
    /// [`TimewarpError`] for a configuration without sense, or tensors that are missing, have another shape than the
    /// configuration gives them, are not finite, or have no place in it.
    pub fn load(config: TimewarpConfig, weights: &Path) -> Result<Self, TimewarpError> {
        config.check()?;
        // Training wraps the published models in a loss, which adds to their names.
        let file = TensorFile::open(weights)?.without_prefix("module.");
        let layout = Layout::new(&config);
        let unknown = file
            .names()
            .into_iter()
            .find(|name| layout.tensors.iter().all(|tensor| tensor.name != *name));
        let mut parameters = vec![R::default(); layout.n_parameters];
        for tensor in &layout.tensors {
            file.read_into(&tensor.name, &tensor.shape, &mut parameters[tensor.range()])?;
        }
        if let Some(name) = unknown {
            return Err(TimewarpError::Weights(WeightsError::Unexpected {
                path: weights.to_owned(),
                got: file.shape(&name).unwrap_or_default().to_vec(),
                name,
            }));
        }
        Self::from_parameters(config, parameters)
    }

    /// A model from all its parameters in the order of [`Layout`].
    ///
    /// # Errors
    /// [`TimewarpError`] for a configuration without sense or another number of parameters.
    pub fn from_parameters(
        config: TimewarpConfig,
        parameters: Vec<R>,
    ) -> Result<Self, TimewarpError> {
        config.check()?;
        let layout = Layout::new(&config);
        check_length(
            "the array of parameters",
            0,
            parameters.len(),
            layout.n_parameters,
        )?;
        let mut model = Self {
            config,
            layout,
            parameters,
            fused: Vec::new(),
            scale_sets: Vec::new(),
            set_of_encoder: Vec::new(),
        };
        model.find_scale_sets();
        model.refresh();
        Ok(model)
    }

    /// Writes all weights under the published names, as F32.
    ///
    /// # Errors
    /// [`TimewarpError::Weights`] where the file cannot be written.
    pub fn save(&self, path: &Path, remarks: &[(&str, String)]) -> Result<(), TimewarpError> {
        let tensors = self.layout.tensors.iter().map(|tensor| {
            let values = &self.parameters[tensor.range()];
            (tensor.name.as_str(), tensor.shape.as_slice(), values)
        });
        Ok(write_tensors(path, tensors, remarks)?)
    }

    /// Sizes of the model.
    #[must_use]
    pub fn config(&self) -> &TimewarpConfig {
        &self.config
    }

    /// Where every tensor lies in [`Timewarp::parameters`].
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All parameters.
    #[must_use]
    pub fn parameters(&self) -> &[R] {
        &self.parameters
    }

    /// Changes parameters; what derives from them follows. Length scales must stay as they are.
    pub fn update(&mut self, change: impl FnOnce(&mut [R])) {
        change(&mut self.parameters);
        self.refresh();
    }

    /// Standard deviations of the base: latents of positions, latents of auxiliaries.
    #[must_use]
    pub fn base_scales(&self) -> [f64; 2] {
        self.base_log_scales().map(f64::exp)
    }

    /// Logarithms of [`Timewarp::base_scales`].
    #[must_use]
    pub fn base_log_scales(&self) -> [f64; 2] {
        let starts = self.layout.base_starts;
        starts.map(|start| self.parameters[start].to_f64())
    }

    /// Bytes that the weights take in memory.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        (self.parameters.len() + self.fused.len()) * size_of::<R>()
    }

    /// Different sets of length scales in nm, `[n_heads]` each; almost always one.
    #[must_use]
    pub fn scale_sets(&self) -> &[Vec<f64>] {
        &self.scale_sets
    }

    /// Which of [`Timewarp::scale_sets`] an encoder layer of a network has.
    #[must_use]
    pub fn scale_set(&self, coupling: usize, network: usize, encoder: usize) -> usize {
        let n_layers = self.config.num_transformer_layers;
        self.set_of_encoder[(2 * coupling + network) * n_layers + encoder]
    }

    /// M `[n_heads, D, D]` of an encoder layer of a network: W_O V of every head, transposed.
    #[must_use]
    pub fn fused_attention(&self, coupling: usize, network: usize, encoder: usize) -> &[R] {
        let size = self.config.n_heads() * self.config.d_model.pow(2);
        let index = (2 * coupling + network) * self.config.num_transformer_layers + encoder;
        &self.fused[index * size..(index + 1) * size]
    }

    fn find_scale_sets(&mut self) {
        let n_heads = self.config.n_heads();
        let networks = self.layout.couplings.iter().flatten();
        for encoder in networks.flat_map(|network| &network.encoders) {
            let start = encoder.lengthscales_start;
            let scales = &self.parameters[start..start + n_heads];
            let scales: Vec<f64> = scales.iter().map(|scale| scale.to_f64()).collect();
            let known = self.scale_sets.iter().position(|known| *known == scales);
            self.set_of_encoder.push(known.unwrap_or_else(|| {
                self.scale_sets.push(scales);
                self.scale_sets.len() - 1
            }));
        }
    }

    fn refresh(&mut self) {
        let (d, n_heads) = (self.config.d_model, self.config.n_heads());
        let networks = self.layout.couplings.iter().flatten();
        let encoders: Vec<_> = networks.flat_map(|network| &network.encoders).collect();
        let size = n_heads * d * d;
        self.fused.resize(encoders.len() * size, R::default());
        let parameters = &self.parameters;
        self.fused
            .par_chunks_mut(size)
            .zip(encoders)
            .for_each(|(fused, encoder)| {
                attention::fuse(encoder, parameters, [n_heads, d], fused);
            });
    }

    pub(super) fn embedding(&self, element: usize) -> &[R] {
        let width = self.config.atom_embedding_dim;
        let start = self.layout.embedding_start + element * width;
        &self.parameters[start..start + width]
    }

    pub(super) fn network(&self, coupling: usize, which: usize) -> Network<'_, R> {
        let (d, n_heads) = (self.config.d_model, self.config.n_heads());
        let n_layers = self.config.num_transformer_layers;
        let first = (2 * coupling + which) * n_layers;
        Network {
            layout: &self.layout.couplings[coupling][which],
            parameters: &self.parameters,
            fused: &self.fused[first * n_heads * d * d..(first + n_layers) * n_heads * d * d],
            scale_sets: &self.set_of_encoder[first..first + n_layers],
            d,
            n_heads,
        }
    }

    /// Prepares conformations: checks them, centres them, and computes their attention weights once.
    ///
    /// # Errors
    /// [`TimewarpError`] for an element outside the vocabulary or an array of the wrong length.
    pub fn condition(
        &self,
        conformations: &[Conformation<'_>],
    ) -> Result<Condition<R>, TimewarpError> {
        let states = conformations.par_iter().enumerate();
        let states: Result<_, _> = states.map(|(index, x)| self.prepare(index, x)).collect();
        Ok(Condition { states: states? })
    }

    fn prepare(
        &self,
        index: usize,
        conformation: &Conformation<'_>,
    ) -> Result<StateCondition<R>, TimewarpError> {
        check_conformation(&self.config, index, conformation)?;
        let Conformation {
            elements,
            positions,
            auxiliaries,
        } = conformation;
        let own = auxiliaries.filter(|_| !self.config.ignore_conditional_velocity);
        let real = |values: &[f64]| values.iter().map(|&v| R::from_f64(v)).collect();
        let attention = self.scale_sets.iter();
        Ok(StateCondition {
            elements: elements.to_vec(),
            positions: positions.to_vec(),
            centred: real(&centred(positions)),
            auxiliaries: own.map(real),
            attention: attention
                .map(|scales| attention::weights(positions, scales))
                .collect(),
        })
    }
}

/// Positions less their mean, `[n_atoms, 3]` both; no masses.
#[must_use]
pub fn centred(positions: &[f64]) -> Vec<f64> {
    let mut mean = [0.0; 3];
    let atoms = positions.as_chunks::<3>().0;
    let share = 1.0 / atoms.len() as f64;
    for atom in atoms {
        for (mean, x) in mean.iter_mut().zip(atom) {
            *mean += x * share;
        }
    }
    let values = positions.iter().zip(mean.iter().cycle());
    values.map(|(x, mean)| x - mean).collect()
}
