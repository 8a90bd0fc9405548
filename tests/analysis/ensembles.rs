//! Histograms, free energies, Jensen-Shannon and Wasserstein distances, heat capacity and Pareto smoothing.

use saltus::analysis::{
    AngleHistogram, RamachandranHistogram, ValueHistogram, configurational_heat_capacity,
    jensen_shannon_distance, mean_energy, pareto_smooth, wasserstein2, wasserstein2_circular,
    wasserstein2_torus,
};
use serde::Deserialize;

use crate::reference::{TOLERANCE, assert_equal, deviation, load, relative};

#[derive(Deserialize)]
struct File {
    circular: Vec<Circular>,
    torus: Torus,
    energies: Energies,
    angles: Angles,
    jensen_shannon: Vec<JensenShannon>,
    pareto: Vec<Pareto>,
}

#[derive(Deserialize)]
struct Circular {
    name: String,
    first: Vec<f64>,
    second: Vec<f64>,
    w2: f64,
}

#[derive(Deserialize)]
struct Torus {
    first: Vec<Vec<f64>>,
    second: Vec<Vec<f64>>,
    w2: f64,
}

#[derive(Deserialize)]
struct Energies {
    first: Vec<f64>,
    second: Vec<f64>,
    w2: f64,
    mean: f64,
    heat_capacity: f64,
    counts: Vec<u64>,
}

#[derive(Deserialize)]
struct Angles {
    first: Vec<f64>,
    second: Vec<f64>,
    counts: Vec<u64>,
    plane_counts: Vec<u64>,
    temperature_kelvin: f64,
    plane_free_energies: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct JensenShannon {
    first: Vec<f64>,
    second: Vec<f64>,
    distance: f64,
}

#[derive(Deserialize)]
struct Pareto {
    name: String,
    log_weights: Vec<f64>,
    relative_efficiency: f64,
    smoothed: Vec<f64>,
    k: Option<f64>,
}

/// The same sample with one entry moved by a thousandth: the planted error.
fn moved(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    values[middle] += 1e-3;
    values
}

#[test]
fn circular_transport_equals_exact_assignment() {
    let file: File = load("ensembles.json");
    for case in &file.circular {
        let w2 = |a: &[f64], b: &[f64]| wasserstein2_circular(a, b).expect("finite samples");
        assert_equal(&case.name, relative(w2(&case.first, &case.second), case.w2));
        assert_equal(&case.name, relative(w2(&case.second, &case.first), case.w2));
        let turned: Vec<f64> = case.first.iter().map(|angle| angle + 40.0).collect();
        let against: Vec<f64> = case.second.iter().map(|angle| angle + 40.0).collect();
        assert_equal(&case.name, relative(w2(&turned, &against), case.w2));
        assert!(relative(w2(&moved(&case.first), &case.second), case.w2) > TOLERANCE);
        // Forgetting the circle gives another number, so the reference does tell the two apart.
        assert!(wasserstein2(&case.first, &case.second).expect("finite") >= case.w2 * 0.999);
        assert!(w2(&case.first, &case.first) < 1e-12);
    }
    let cut = &file.circular[0];
    assert!(wasserstein2(&cut.first, &cut.second).expect("finite") > 2.0 * cut.w2);
}

#[test]
fn torus_transport_equals_exact_assignment() {
    let Torus { first, second, w2 } = load::<File>("ensembles.json").torus;
    let found = wasserstein2_torus(&first, &second, 1000).expect("finite samples");
    assert_equal("torus", relative(found, w2));
    let reversed: Vec<Vec<f64>> = second.iter().rev().cloned().collect();
    let found = wasserstein2_torus(&reversed, &first, 1000).expect("finite samples");
    assert_equal("torus reversed", relative(found, w2));
    let mut changed = first.clone();
    changed[3] = moved(&first[3]);
    let found = wasserstein2_torus(&changed, &second, 1000).expect("finite samples");
    assert!(
        relative(found, w2) > TOLERANCE,
        "a moved torsion went unnoticed"
    );
    let in_order: f64 = first
        .iter()
        .zip(&second)
        .flat_map(|(a, b)| a.iter().zip(b))
        .map(|(a, b)| (a - b).sin().atan2((a - b).cos()).powi(2))
        .sum();
    assert!(w2 < 0.95 * (in_order / first.len() as f64).sqrt());
    let few = wasserstein2_torus(&first, &second[..9], 5).expect("finite samples");
    assert!(few.is_finite() && few > w2 * 0.5);
}

#[test]
fn energy_distances_and_heat_capacity_equal_the_references() {
    let file = load::<File>("ensembles.json");
    let energies = &file.energies;
    let kelvin = file.angles.temperature_kelvin;
    let all = |first: &[f64]| {
        [
            wasserstein2(first, &energies.second).expect("finite"),
            mean_energy(first).expect("finite"),
            configurational_heat_capacity(first, kelvin).expect("finite"),
        ]
    };
    let expected = [energies.w2, energies.mean, energies.heat_capacity];
    let planted = all(&moved(&energies.first));
    for ((got, expected), planted) in all(&energies.first).into_iter().zip(expected).zip(planted) {
        assert_equal("energies", relative(got, expected));
        assert!(
            relative(planted, expected) > TOLERANCE,
            "a moved energy went unnoticed"
        );
    }
}

#[test]
fn histograms_equal_numpy() {
    let file = load::<File>("ensembles.json");
    let Angles { first, second, .. } = &file.angles;
    let mut line = AngleHistogram::new(12).expect("bins");
    let mut plane = RamachandranHistogram::new(12).expect("bins");
    for (&phi, &psi) in first.iter().zip(second) {
        // Another turn of the circle is the same angle.
        line.add(phi + std::f64::consts::TAU).expect("finite");
        plane.add(phi, psi).expect("finite");
    }
    assert_eq!(line.counts(), file.angles.counts);
    assert_eq!(plane.counts(), file.angles.plane_counts);
    assert!((plane.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let energies: Vec<f64> = file
        .angles
        .plane_free_energies
        .iter()
        .map(|energy| energy.unwrap_or(f64::INFINITY))
        .collect();
    let found = plane.free_energies_kj_per_mol(file.angles.temperature_kelvin);
    assert_equal("free energies", deviation(&found, &energies, 1.0));
    let wrong = plane.free_energies_kj_per_mol(file.angles.temperature_kelvin + 1e-3);
    assert!(deviation(&wrong, &energies, 1.0) > TOLERANCE);
    plane.add(second[0], first[0]).expect("finite");
    assert_ne!(plane.counts(), file.angles.plane_counts);

    let mut values = ValueHistogram::new(-120.0, -80.0, 8).expect("limits");
    for &energy in &file.energies.first {
        values.add(energy).expect("finite");
    }
    assert_eq!(values.counts(), file.energies.counts);
    let inside: u64 = values.counts().iter().sum();
    assert_eq!(
        inside + values.n_outside(),
        file.energies.first.len() as u64
    );
}

#[test]
fn jensen_shannon_equals_scipy() {
    for case in load::<File>("ensembles.json").jensen_shannon {
        let found = jensen_shannon_distance(&case.first, &case.second).expect("counts");
        assert_equal("jensen-shannon", relative(found, case.distance));
        let planted = jensen_shannon_distance(&moved(&case.first), &case.second).expect("counts");
        assert!(relative(planted, case.distance) > TOLERANCE);
        let same = jensen_shannon_distance(&case.first, &case.first).expect("counts");
        assert!(same.abs() < 1e-7);
    }
}

#[test]
fn pareto_smoothing_equals_arviz() {
    for case in load::<File>("ensembles.json").pareto {
        let found = pareto_smooth(&case.log_weights, case.relative_efficiency).expect("finite");
        let expected = case.k.unwrap_or(f64::INFINITY);
        eprintln!("{} k {expected}", case.name);
        assert_equal(&case.name, deviation(&[found.k], &[expected], 1.0));
        assert_equal(
            &case.name,
            deviation(&found.log_weights, &case.smoothed, 1.0),
        );
        let mut order: Vec<f64> = case.log_weights.clone();
        order.sort_by(f64::total_cmp);
        let planted: Vec<f64> = case
            .log_weights
            .iter()
            .map(|&value| {
                if value == order[order.len() - 2] {
                    value + 1e-4
                } else {
                    value
                }
            })
            .collect();
        let found = pareto_smooth(&planted, case.relative_efficiency).expect("finite");
        assert!(deviation(&found.log_weights, &case.smoothed, 1.0) > TOLERANCE);
    }
}
