//! The proposal with its flow on the GPU: what it proposes on the CPU, and an exact ensemble.

use super::{gpu, gpu_with};
use crate::support::worst;
use crate::targets::{DoubleWell, Target};
use crate::toy_engine::ToyEngine;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::flow::timewarp::{Timewarp, TimewarpConfig, TimewarpFlow, initial_parameters};
use saltus::gpu::{GpuTimewarpOptions, ShaderSources};
use saltus::mcmc::{Ahead, Chain, Kernel, LookaheadKernel};
use saltus::proposal::{Current, LogRatio, Proposal, TimewarpProposal};
use saltus::state::State;
use saltus::topology::{Atom, Element, Residue, Topology};
use saltus::units::thermal_energy_kj_per_mol;
use std::sync::Arc;

const TEMPERATURE_KELVIN: f64 = 310.0;

fn topology() -> Topology {
    Topology {
        atoms: vec![Atom {
            name: "X".to_owned(),
            element: Element::CARBON,
            residue_index: 0,
        }],
        residues: vec![Residue {
            name: "XXX".to_owned(),
            chain: 'A',
            number: 1,
            atoms: 0..1,
        }],
        bonds: Vec::new(),
        ..Topology::default()
    }
}

/// Random weights, draws accepted now and then.
fn model() -> Timewarp<f32> {
    let config = TimewarpConfig {
        element_vocabulary: vec!["C".to_owned()],
        atom_embedding_dim: 3,
        mlp_hidden_dims: vec![6],
        num_coupling_layers: 2,
        num_transformer_layers: 1,
        d_model: 5,
        dim_feedforward: 8,
        lengthscales_nm: vec![0.1, 0.4],
        ignore_conditional_velocity: false,
        internal: None,
    };
    let mut parameters = initial_parameters(&config, 0.06, 77);
    let n_parameters = parameters.len();
    parameters[n_parameters - 2] = 0.06_f64.ln();
    parameters[n_parameters - 1] = 0.1;
    let parameters = parameters.into_iter().map(|p| p as f32).collect();
    Timewarp::from_parameters(config, parameters).unwrap()
}

fn proposal(flow: Arc<dyn TimewarpFlow>) -> Box<dyn Proposal> {
    Box::new(TimewarpProposal::new(flow, &topology()).unwrap())
}

#[test]
fn the_proposals_are_those_of_the_cpu() {
    let model = model();
    let Some(flow) = gpu(&model) else { return };
    let state = State::replicate(&[[0.1, 0.01, 0.02]], 9);
    let propose = |flow: Arc<dyn TimewarpFlow>| {
        let mut streams: Vec<_> = (0..9).map(Xoshiro256PlusPlus::seed_from_u64).collect();
        let current = Current {
            state: &state,
            energies: &[0.0; 9],
            temperatures_kelvin: &[TEMPERATURE_KELVIN; 9],
        };
        let mut engine = ToyEngine::new(Arc::new(DoubleWell));
        let proposed = proposal(flow)
            .propose(current, &mut engine, &mut streams)
            .unwrap();
        let LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = proposed.log_ratio
        else {
            panic!("Timewarp gives densities")
        };
        let densities = [log_q_forward, log_q_reverse].concat();
        (
            proposed.positions,
            densities,
            proposed.log_auxiliary.unwrap(),
        )
    };
    let (gpu, cpu) = (propose(Arc::new(flow)), propose(Arc::new(model)));
    assert!(worst(&gpu.0, &cpu.0) < 1e-6);
    assert!(worst(&gpu.1, &cpu.1) < 1e-3);
    assert!(worst(&gpu.2, &cpu.2) < 1e-4);
}

/// Deviations of a double well's means in standard errors, after steps from exact draws; the share of accepted ones.
fn drift(flow: Arc<dyn TimewarpFlow>) -> (f64, f64) {
    const N_REPLICAS: usize = 600;
    let kt = thermal_energy_kj_per_mol(TEMPERATURE_KELVIN);
    let source = DoubleWell.source(kt);
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(41);
    let mut chain = Chain::start(&[[0.0; 3]], &vec![TEMPERATURE_KELVIN; N_REPLICAS]);
    chain.state.positions = (0..N_REPLICAS).flat_map(|_| source(&mut stream)).collect();
    let mut engine = ToyEngine::new(Arc::new(DoubleWell));
    let mut kernel = LookaheadKernel::new(proposal(flow), 3, Ahead::Fixed(3), 7);
    for _ in 0..10 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    let samples: Vec<Vec<f64>> = chain
        .state
        .positions
        .chunks_exact(3)
        .map(|x| DoubleWell.observables(x))
        .collect();
    let n = N_REPLICAS as f64;
    let deviations = DoubleWell
        .means(kt)
        .into_iter()
        .enumerate()
        .map(|(k, expected)| {
            let mean = samples.iter().map(|s| s[k]).sum::<f64>() / n;
            let variance = samples.iter().map(|s| (s[k] - mean).powi(2)).sum::<f64>() / n;
            (mean - expected).abs() / (variance / n).sqrt()
        });
    let statistics = kernel.statistics();
    let accepted = statistics.accepted as f64 / statistics.proposed as f64;
    (deviations.fold(0.0, f64::max), accepted)
}

/// With a wrong density the same steps leave the ensemble.
#[test]
fn random_weights_leave_an_exact_ensemble_exact() {
    let model = model();
    let Some(flow) = gpu(&model) else { return };
    let (deviation, accepted) = drift(Arc::new(flow));
    assert!(accepted > 0.1, "{accepted}");
    assert!(deviation < 4.0, "{deviation} standard errors");
    let sources = ShaderSources::default().replaced(
        "flow/timewarp/affine.wgsl",
        "fma(z, scales_of(raw), shift)",
        "fma(z, scales_of(raw), -shift)",
    );
    let options = GpuTimewarpOptions {
        sources: sources.unwrap(),
        ..GpuTimewarpOptions::default()
    };
    let (deviation, _) = drift(Arc::new(gpu_with(&model, options).unwrap()));
    assert!(deviation > 6.0, "{deviation} standard errors");
}
