//! Philox words and normal deviates of the device against those of the host, stream by stream.

use crate::support::{gpu_with, molecule, system};
use saltus::gpu::{GpuOptions, ShaderSources};
use saltus::integrator::Engine;
use saltus::lane::normal_pair;
use saltus::rng::{Stream, key, philox, step_words};
use saltus::state::State;
use saltus::units::BOLTZMANN_KJ_PER_MOL_K;

const SEED: u64 = 0x1234_5678_9abc_def0;
/// A draw whose counter crosses 32 bits.
const DRAW: u64 = (3 << 32) + 5;
const N_REPLICAS: usize = 5;

/// What `draw_velocities` gives at kT = 1 where its deviates are replaced by an expression.
fn drawn(sources: ShaderSources) -> Option<(Vec<[f64; 3]>, Vec<f64>)> {
    let file = molecule("alanine_dipeptide");
    let system = system(&file, None, false);
    let mut engine = gpu_with(
        &system,
        GpuOptions {
            sources,
            ..GpuOptions::default()
        },
    )?;
    let mut state = State::replicate(&file.positions_nm, N_REPLICAS);
    let temperatures = [1.0 / BOLTZMANN_KJ_PER_MOL_K; N_REPLICAS];
    engine.draw_velocities(&mut state, &temperatures, SEED, DRAW);
    Some((
        state.velocities.as_chunks::<3>().0.to_vec(),
        system.masses_da,
    ))
}

/// Words of the host for the atom number `index` of the batch.
fn words(index: usize, n_atoms: usize) -> [u32; 4] {
    let [low, high] = step_words(DRAW, Stream::Velocities);
    let counter = [
        (index % n_atoms) as u32,
        (index / n_atoms) as u32,
        low,
        high,
    ];
    philox(counter.map(|word| [word]), key(SEED)).map(|word| word[0])
}

#[test]
fn words_are_those_of_the_host_bit_by_bit() {
    let halves = |word: u32| [word >> 16, word & 0xffff].map(f64::from);
    for (expression, first, second) in [
        ("w.x >> 16u, w.x & 0xffffu, w.y >> 16u", 0, 1),
        ("w.z >> 16u, w.z & 0xffffu, w.w >> 16u", 2, 3),
        ("w.y >> 16u, w.y & 0xffffu, w.w & 0xffffu", 1, 3),
    ] {
        let sources = ShaderSources::default()
            .replaced(
                "integrator/draw_velocities.wgsl",
                "velocity[k] = width * atoms[atom].inverse_root_mass * normals(atom, 0u, STREAM_VELOCITIES);",
                &format!(
                    "let w = random_words(atom, 0u, STREAM_VELOCITIES);\nvelocity[k] = vec3<f32>(vec3<u32>({expression}));"
                ),
            )
            .unwrap();
        let Some((found, masses)) = drawn(sources) else {
            return;
        };
        for (index, found) in found.iter().enumerate() {
            let words = words(index, masses.len());
            let (a, b) = (halves(words[first]), halves(words[second]));
            let last = if expression.ends_with("0xffffu") {
                b[1]
            } else {
                b[0]
            };
            assert_eq!(*found, [a[0], a[1], last], "atom {index}, {expression}");
        }
    }
}

#[test]
fn normal_deviates_are_those_of_the_host() {
    let Some((found, masses)) = drawn(ShaderSources::default()) else {
        return;
    };
    let uniform = |word: u32| (f64::from(word >> 9) + 0.5) / 8_388_608.0;
    let mut worst: f64 = 0.0;
    for (index, found) in found.iter().enumerate() {
        let words = words(index, masses.len());
        let (first, second) = normal_pair(uniform(words[0]), uniform(words[1]));
        let (third, _) = normal_pair(uniform(words[2]), uniform(words[3]));
        let root = masses[index % masses.len()].sqrt();
        for (found, expected) in found.iter().zip([first, second, third]) {
            worst = worst.max((found * root - expected).abs());
        }
    }
    println!("normal deviates within {worst:.1e}");
    assert!(worst < 1e-6, "normal deviates are off by {worst}");
}
