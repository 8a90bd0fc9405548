//! Adam with decoupled weight decay.
//!
//! Kingma and Ba, arXiv:1412.6980; decoupled decay, arXiv:1711.05101.

/// Settings of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Share of a weight that a step of unit learning rate takes away.
    pub weight_decay: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.99,
            weight_decay: 1e-2,
        }
    }
}

/// Moments of every parameter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adam {
    pub(in crate::flow) n_steps: i32,
    pub(in crate::flow) first: Vec<f32>,
    pub(in crate::flow) second: Vec<f32>,
}

impl Adam {
    /// For so many parameters, none seen yet.
    #[must_use]
    pub fn new(n_parameters: usize) -> Self {
        Self {
            n_steps: 0,
            first: vec![0.0; n_parameters],
            second: vec![0.0; n_parameters],
        }
    }

    /// As it was after `n_steps` steps with these moments, see [`Adam::moments`].
    ///
    /// # Panics
    /// If the moments have different lengths.
    #[must_use]
    pub fn resumed(n_steps: u64, [first, second]: [Vec<f32>; 2]) -> Self {
        assert_eq!(first.len(), second.len(), "moments of the same parameters");
        Self {
            n_steps: i32::try_from(n_steps).unwrap_or(i32::MAX),
            first,
            second,
        }
    }

    /// Steps begun.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        u64::from(self.n_steps.unsigned_abs())
    }

    /// First and second moments of all parameters.
    #[must_use]
    pub fn moments(&self) -> [&[f32]; 2] {
        [&self.first, &self.second]
    }

    /// Begins a step: call [`Adam::update`] for every array of parameters after it, always in the same order.
    pub fn begin(&mut self) {
        self.n_steps = self.n_steps.saturating_add(1);
    }

    /// Moves the parameters whose moments begin at `start` down the gradient; returns where the next ones begin.
    ///
    /// # Panics
    /// If there are more parameters than moments.
    #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
    pub fn update(
        &mut self,
        start: usize,
        parameters: &mut [f32],
        gradient: &[f32],
        settings: &AdamSettings,
    ) -> usize {
        let end = start + parameters.len();
        let (beta1, beta2) = (settings.beta1 as f32, settings.beta2 as f32);
        let corrected1 = 1.0 - settings.beta1.powi(self.n_steps);
        let corrected2 = 1.0 - settings.beta2.powi(self.n_steps);
        let step = (settings.learning_rate / corrected1) as f32;
        let scale = (1.0 / corrected2) as f32;
        let kept = (1.0 - settings.learning_rate * settings.weight_decay) as f32;
        let moments = self.first[start..end]
            .iter_mut()
            .zip(&mut self.second[start..end]);
        for ((parameter, &slope), (first, second)) in
            parameters.iter_mut().zip(gradient).zip(moments)
        {
            *first = beta1 * *first + (1.0 - beta1) * slope;
            *second = beta2 * *second + (1.0 - beta2) * slope * slope;
            *parameter = *parameter * kept - step * *first / ((*second * scale).sqrt() + 1e-8);
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first step is the learning rate along the sign of the gradient; many find the minimum of (x - 3)^2.
    #[test]
    fn finds_a_minimum() {
        let settings = AdamSettings {
            learning_rate: 0.05,
            weight_decay: 0.0,
            ..AdamSettings::default()
        };
        let (mut adam, mut x) = (Adam::new(1), [0.0_f32]);
        for step in 0..500 {
            let gradient = [2.0 * (x[0] - 3.0)];
            adam.begin();
            assert_eq!(adam.update(0, &mut x, &gradient, &settings), 1);
            if step == 0 {
                assert!((x[0] - 0.05).abs() < 1e-6);
            }
        }
        assert!((x[0] - 3.0).abs() < 1e-2, "{}", x[0]);
    }
}
