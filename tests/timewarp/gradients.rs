//! The hand-written ways back against finite differences, tensor by tensor, on a batch of two different molecules.

use crate::support::{random_model, random_state, small_config, stream};
use rand::RngExt;
use rand_distr::StandardNormal;
use saltus::flow::Real;
use saltus::flow::timewarp::{Conformation, LossWeights, ReducedEnergies, Timewarp, TrainingPair};

/// Springs between neighbours of a chain, with a stiffness for each molecule.
struct Springs;

impl ReducedEnergies for Springs {
    fn evaluate(&mut self, molecules: &[usize], positions: &[&[f64]]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let one = |(&molecule, x): (&usize, &&[f64])| {
            let stiffness = 3.0 + molecule as f64;
            let (mut energy, mut slope) = (0.0, vec![0.0; x.len()]);
            for i in 3..x.len() {
                let stretch = x[i] - x[i - 3] - 0.1;
                energy += 0.5 * stiffness * stretch * stretch;
                slope[i] += stiffness * stretch;
                slope[i - 3] -= stiffness * stretch;
            }
            (energy, slope)
        };
        molecules.iter().zip(positions).map(one).unzip()
    }
}

struct Batch {
    elements: Vec<Vec<usize>>,
    from: Vec<[Vec<f64>; 2]>,
    to: Vec<[Vec<f64>; 2]>,
    normals: Vec<[Vec<f64>; 2]>,
}

impl Batch {
    fn new() -> Self {
        let mut stream = stream(31);
        let sizes = [4, 3, 4];
        let mut states = |width| -> Vec<_> {
            sizes
                .iter()
                .map(|&n| random_state(&mut stream, n, width))
                .collect()
        };
        Self {
            from: states(0.2),
            to: states(0.2),
            normals: states(1.0),
            elements: sizes
                .map(|n| (0..n).map(|i| (2 * i + n) % 5).collect())
                .to_vec(),
        }
    }

    fn pairs(&self) -> Vec<TrainingPair<'_>> {
        (0..self.from.len())
            .map(|i| TrainingPair {
                molecule: self.elements[i].len() - 3,
                from: Conformation {
                    elements: &self.elements[i],
                    positions: &self.from[i][0],
                    auxiliaries: Some(&self.from[i][1]),
                },
                to_positions: &self.to[i][0],
                to_auxiliaries: &self.to[i][1],
                normals: self.normals[i].each_ref().map(Vec::as_slice),
            })
            .collect()
    }
}

const WEIGHTS: LossWeights = LossWeights {
    likelihood: 0.7,
    acceptance: 0.4,
    entropy: 0.3,
};

/// The whole loss, its gradient added.
fn loss<R: Real>(model: &Timewarp<R>, batch: &Batch, gradient: &mut [R]) -> f64 {
    let pairs = batch.pairs();
    let likelihood = model
        .likelihood_loss(&pairs, WEIGHTS.likelihood, gradient)
        .unwrap();
    let draws = model
        .draw_losses(&pairs, WEIGHTS, f64::INFINITY, &mut Springs, gradient)
        .unwrap();
    assert!((draws.kept - 1.0).abs() < 1e-12);
    WEIGHTS.likelihood * likelihood
        + WEIGHTS.acceptance * draws.acceptance
        + WEIGHTS.entropy * draws.entropy
}

#[test]
fn gradients_are_those_of_differences() {
    for ignore in [true, false] {
        let mut config = small_config();
        config.ignore_conditional_velocity = ignore;
        config.num_coupling_layers = 3;
        let model = random_model::<f64>(&config, 8);
        let batch = Batch::new();
        let mut gradient = vec![0.0; model.parameters().len()];
        loss(&model, &batch, &mut gradient);
        let mut stream = stream(32);
        for tensor in model
            .layout()
            .tensors
            .iter()
            .filter(|tensor| tensor.is_trained)
        {
            let direction: Vec<f64> = tensor
                .range()
                .map(|_| stream.sample(StandardNormal))
                .collect();
            let along = |step: f64| {
                let mut moved = model.clone();
                moved.update(|parameters| {
                    for (p, d) in parameters[tensor.range()].iter_mut().zip(&direction) {
                        *p += step * d;
                    }
                });
                loss(&moved, &batch, &mut vec![0.0; moved.parameters().len()])
            };
            let step = 1e-6;
            let difference = (along(step) - along(-step)) / (2.0 * step);
            let own = gradient[tensor.range()].iter().zip(&direction);
            let expected: f64 = own.map(|(g, d)| g * d).sum();
            assert!(
                (difference - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                "ignore {ignore}, {}: {difference} by differences, {expected}",
                tensor.name
            );
        }
    }
}

#[test]
fn draws_above_the_threshold_count_for_nothing() {
    let model = random_model::<f64>(&small_config(), 8);
    let batch = Batch::new();
    let mut gradient = vec![0.0; model.parameters().len()];
    let losses = model
        .draw_losses(
            &batch.pairs(),
            WEIGHTS,
            f64::NEG_INFINITY,
            &mut Springs,
            &mut gradient,
        )
        .unwrap();
    assert_eq!((losses.kept, losses.acceptance), (0.0, 0.0));
    assert!(gradient.iter().all(|g| *g == 0.0));
}

/// What training uses, f32, against what differences were compared with, f64: tensor by tensor, relative to the norm.
#[test]
fn gradients_in_f32_are_those_in_f64() {
    let mut config = small_config();
    config.num_coupling_layers = 3;
    let batch = Batch::new();
    let (wide, narrow) = (
        random_model::<f64>(&config, 8),
        random_model::<f32>(&config, 8),
    );
    let mut expected = vec![0.0_f64; wide.parameters().len()];
    let mut got = vec![0.0_f32; expected.len()];
    let losses = [
        loss(&wide, &batch, &mut expected),
        loss(&narrow, &batch, &mut got),
    ];
    assert!(
        (losses[0] - losses[1]).abs() < 1e-4 * (1.0 + losses[0].abs()),
        "{losses:?}"
    );
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    for tensor in wide.layout().tensors.iter().filter(|t| t.is_trained) {
        let own = &expected[tensor.range()];
        let pairs = own.iter().zip(&got[tensor.range()]);
        let error = norm(&mut pairs.map(|(e, g)| e - f64::from(*g)));
        let size = norm(&mut own.iter().copied());
        assert!(
            error <= 1e-3 * size + 1e-6,
            "{}: {error:.1e} of {size:.1e}",
            tensor.name
        );
    }
}
