//! A second implementation, in loops as the formulas stand, against the library's on models of many shapes.

use crate::support::{condition, pairs, random_model, random_state, small_config, stream, worst};
use saltus::flow::timewarp::{LinearLayout, NetworkLayout, NormLayout, Timewarp, TimewarpConfig};

type Rows = Vec<Vec<f64>>;

/// Reads tensors out of a model's flat array.
struct Naive<'a> {
    model: &'a Timewarp<f64>,
}

impl Naive<'_> {
    fn slice(&self, start: usize, length: usize) -> &[f64] {
        &self.model.parameters()[start..start + length]
    }

    fn linear(&self, map: &LinearLayout, x: &[f64]) -> Vec<f64> {
        let bias = self.slice(map.bias_start, map.n_outputs);
        (0..map.n_outputs)
            .map(|o| {
                let row = self.slice(map.weight_start + o * map.n_inputs, map.n_inputs);
                bias[o] + dot(row, x)
            })
            .collect()
    }

    fn mlp(&self, maps: &[LinearLayout], x: &[f64]) -> Vec<f64> {
        let mut x = x.to_vec();
        for (index, map) in maps.iter().enumerate() {
            x = self.linear(map, &x);
            if index + 1 < maps.len() {
                x.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp());
            }
        }
        x
    }

    fn norm(&self, norm: &NormLayout, x: &[f64]) -> Vec<f64> {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let (w, b) = (
            self.slice(norm.weight_start, x.len()),
            self.slice(norm.bias_start, x.len()),
        );
        (0..x.len())
            .map(|i| (x[i] - mean) / (variance + 1e-5).sqrt() * w[i] + b[i])
            .collect()
    }

    fn transformer(&self, network: &NetworkLayout, x: &[f64], inputs: &Rows) -> Rows {
        let (d, n_heads) = (self.model.config().d_model, self.model.config().n_heads());
        let n_atoms = inputs.len();
        let distance = |i: usize, j: usize| {
            (0..3)
                .map(|k| (x[3 * i + k] - x[3 * j + k]).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let mut h: Rows = inputs
            .iter()
            .map(|i| self.mlp(&network.in_mlp, i))
            .collect();
        for encoder in &network.encoders {
            let mut next = Rows::new();
            for i in 0..n_atoms {
                let mut heads = Vec::new();
                for head in 0..n_heads {
                    let scale = self.slice(encoder.lengthscales_start, n_heads)[head];
                    let kernel: Vec<f64> = (0..n_atoms)
                        .map(|j| (-(distance(i, j) / scale).powi(2)).exp())
                        .collect();
                    let total: f64 = kernel.iter().map(|k| k.abs()).sum::<f64>() + 1e-5;
                    for k in 0..d {
                        let row = self.slice(encoder.values_start + (head * d + k) * d, d);
                        let values = (0..n_atoms).map(|j| kernel[j] / total * dot(row, &h[j]));
                        heads.push(values.sum::<f64>());
                    }
                }
                let attended: Vec<f64> = (0..d)
                    .map(|o| {
                        let row =
                            self.slice(encoder.projection_start + o * n_heads * d, n_heads * d);
                        h[i][o] + dot(row, &heads)
                    })
                    .collect();
                let attended = self.norm(&encoder.norm_1, &attended);
                let mut hidden = self.linear(&encoder.expand, &attended);
                hidden.iter_mut().for_each(|x| *x = x.max(0.0));
                let back = self.linear(&encoder.contract, &hidden);
                let sum: Vec<f64> = attended.iter().zip(back).map(|(a, b)| a + b).collect();
                next.push(self.norm(&encoder.norm_2, &sum));
            }
            h = next;
        }
        h.iter().map(|h| self.mlp(&network.out_mlp, h)).collect()
    }

    /// ln p(y, v | x).
    fn log_density(
        &self,
        elements: &[usize],
        [x, own]: &[Vec<f64>; 2],
        [y, v]: &[Vec<f64>; 2],
    ) -> f64 {
        let (config, layout) = (self.model.config(), self.model.layout());
        let n_atoms = elements.len();
        let mean = |k: usize| (0..n_atoms).map(|i| x[3 * i + k]).sum::<f64>() / n_atoms as f64;
        let mut z = [y.iter().zip(x).map(|(y, x)| y - x).collect(), v.clone()];
        let mut log_density = 0.0;
        for (index, [scale, shift]) in layout.couplings.iter().enumerate() {
            let other = &z[(index + 1) % 2];
            let inputs: Rows = (0..n_atoms)
                .map(|i| {
                    let e = config.atom_embedding_dim;
                    let mut input = self
                        .slice(layout.embedding_start + elements[i] * e, e)
                        .to_vec();
                    input.extend((0..3).map(|k| x[3 * i + k] - mean(k)));
                    let seen = if config.ignore_conditional_velocity {
                        0.0
                    } else {
                        1.0
                    };
                    input.extend((0..3).map(|k| seen * own[3 * i + k]));
                    input.extend((0..3).map(|k| other[3 * i + k]));
                    input
                })
                .collect();
            let raw = self.transformer(scale, x, &inputs).concat();
            let shift = self.transformer(shift, x, &inputs).concat();
            let target: &mut Vec<f64> = &mut z[index % 2];
            for i in 0..3 * n_atoms {
                target[i] = target[i] * raw[i].exp() + shift[i];
                log_density += raw[i];
            }
        }
        for (z, start) in z.iter().zip(layout.base_starts) {
            let log_scale = self.model.parameters()[start];
            for z in z {
                log_density -= 0.5 * (z / log_scale.exp()).powi(2)
                    + log_scale
                    + 0.5 * (2.0 * std::f64::consts::PI).ln();
            }
        }
        log_density
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn shapes() -> Vec<TimewarpConfig> {
    let base = small_config();
    let change = |edit: fn(&mut TimewarpConfig)| {
        let mut config = base.clone();
        edit(&mut config);
        config
    };
    vec![
        change(|_| {}),
        change(|c| c.ignore_conditional_velocity = false),
        change(|c| c.num_coupling_layers = 1),
        change(|c| c.num_coupling_layers = 5),
        change(|c| c.num_transformer_layers = 0),
        change(|c| c.num_transformer_layers = 3),
        change(|c| c.mlp_hidden_dims = Vec::new()),
        change(|c| c.mlp_hidden_dims = vec![7, 11, 5]),
        change(|c| c.lengthscales_nm = vec![0.4]),
        change(|c| c.lengthscales_nm = vec![0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]),
        change(|c| (c.d_model, c.dim_feedforward, c.atom_embedding_dim) = (1, 1, 1)),
        change(|c| (c.d_model, c.dim_feedforward, c.atom_embedding_dim) = (33, 70, 17)),
        change(|c| c.element_vocabulary = vec!["H".to_owned(), "C".to_owned()]),
    ]
}

#[test]
fn models_of_all_shapes_agree_with_plain_loops() {
    for (seed, config) in shapes().into_iter().enumerate() {
        let model = random_model::<f64>(&config, seed as u64);
        let mut stream = stream(100 + seed as u64);
        for n_atoms in [1, 2, 7] {
            let elements: Vec<usize> = (0..n_atoms)
                .map(|i| (3 * i + 1) % config.element_vocabulary.len())
                .collect();
            let [x, y] = [0.3, 0.3].map(|width| random_state(&mut stream, n_atoms, width));
            let condition = condition(&model, &elements, std::slice::from_ref(&x));
            let targets = [y];
            let got = model.log_density(&condition, &pairs(&targets)).unwrap();
            let expected = Naive { model: &model }.log_density(&elements, &x, &targets[0]);
            let error = worst(&got, &[expected]);
            assert!(
                error < 1e-9 * expected.abs().max(1.0),
                "{config:?}, {n_atoms} atoms: {got:?} for {expected}"
            );
        }
    }
}

/// Length scales may differ from layer to layer: each keeps its own attention.
#[test]
fn layers_may_have_length_scales_of_their_own() {
    let config = small_config();
    let uniform = random_model::<f64>(&config, 5);
    let mut parameters = uniform.parameters().to_vec();
    let encoder = &uniform.layout().couplings[1][0].encoders[1];
    parameters[encoder.lengthscales_start] = 0.77;
    let model = Timewarp::from_parameters(config, parameters).unwrap();
    let elements = [0, 1, 2, 3];
    let mut stream = stream(6);
    let [x, y] = [0.3, 0.3].map(|width| random_state(&mut stream, 4, width));
    let condition = condition(&model, &elements, std::slice::from_ref(&x));
    let targets = [y];
    let got = model.log_density(&condition, &pairs(&targets)).unwrap()[0];
    let expected = Naive { model: &model }.log_density(&elements, &x, &targets[0]);
    let without = Naive { model: &uniform }.log_density(&elements, &x, &targets[0]);
    assert!((got - expected).abs() < 1e-9 && (got - without).abs() > 1e-6);
}
