//! Alanine dipeptide: weighted means against the reference ensemble that chains made, and reproducibility.

use crate::support::{TEMPERATURE_KELVIN, minimized};
use saltus::analysis::{ObservableSet, Torsion, TorsionSide};
use saltus::flow::torsion::LeapModel;
use saltus::generator::{Draw, Generator, GeneratorSettings, WeightSummary, weighted_mean};
use saltus::proposal::{builtin_leap_model, random_leap_model};
use saltus::topology::{Topology, named_torsions};
use std::fs;

fn draws(model: &LeapModel, settings: GeneratorSettings, n_draws: usize) -> (Topology, Vec<Draw>) {
    let (molecule, mut engine) = minimized("ACE-ALA-NME");
    let mut streams = saltus::rng::streams(5, n_draws + 1);
    let mut generator = Generator::new(
        &molecule,
        model,
        TEMPERATURE_KELVIN,
        settings,
        engine.as_mut(),
        &mut streams[n_draws],
    )
    .unwrap();
    let draws = generator.draw(engine.as_mut(), &mut streams[..n_draws]);
    (molecule.topology, draws)
}

fn observables(topology: &Topology) -> ObservableSet {
    let torsions = named_torsions(topology)
        .into_iter()
        .filter(|torsion| torsion.name.starts_with("phi") || torsion.name.starts_with("psi"))
        .map(|torsion| Torsion {
            name: torsion.name,
            atoms: torsion.atoms,
        });
    let masses_da: Vec<f64> = topology.atoms.iter().map(|a| a.element.mass_da()).collect();
    let torsions: Vec<Torsion> = torsions.collect();
    let phis = torsions
        .iter()
        .filter(|torsion| torsion.name.starts_with("phi"));
    let sides = phis
        .map(|phi| (phi.clone(), TorsionSide::Positive))
        .collect();
    let set = ObservableSet::new(torsions, None, masses_da).unwrap();
    set.with_sides(sides).unwrap()
}

/// Largest deviations of means from the reference's, in standard errors: with the weights, and without.
fn worst_deviations(topology: &Topology, draws: &[Draw]) -> [f64; 2] {
    let set = observables(topology);
    let log_weights: Vec<f64> = draws.iter().map(|draw| draw.log_weight).collect();
    let text = fs::read_to_string("data/reference/alanine-dipeptide.json").unwrap();
    let reference: serde_json::Value = serde_json::from_str(&text).unwrap();
    let values: Vec<Vec<f64>> = (draws.iter())
        .map(|draw| set.evaluate(&draw.single_positions(), draw.energy_kj_per_mol))
        .collect();
    let mut n_compared = 0;
    let mut worst = [0.0_f64; 2];
    for (index, name) in set.names().iter().enumerate() {
        let entries = reference["observables"].as_array().unwrap();
        let Some(entry) = entries.iter().find(|entry| entry["name"] == name.as_str()) else {
            continue;
        };
        let [expected, mcse] = ["mean", "mcse"].map(|key| entry[key].as_f64().unwrap());
        let own: Vec<f64> = values.iter().map(|values| values[index]).collect();
        for (worst, log_weights) in worst.iter_mut().zip([&log_weights, &vec![0.0; own.len()]]) {
            let (mean, error) = weighted_mean(log_weights, &own);
            *worst = worst.max(((mean - expected) / error.hypot(mcse)).abs());
        }
        n_compared += 1;
    }
    assert!(n_compared >= 6, "{n_compared}");
    worst
}

#[test]
fn weighted_means_agree_with_the_reference_ensemble() {
    let model = builtin_leap_model("amber14", "obc1");
    let (topology, draws) = draws(&model, GeneratorSettings::default(), 800);
    let log_weights: Vec<f64> = draws.iter().map(|draw| draw.log_weight).collect();
    let summary = WeightSummary::new(&log_weights).unwrap();
    assert!(summary.ess_fraction() > 0.5, "{summary:?}");
    assert!(summary.pareto_k < 0.7, "{summary:?}");
    let [weighted, _] = worst_deviations(&topology, &draws);
    assert!(weighted < 4.0, "{weighted}");
}

#[test]
fn a_model_of_random_weights_gives_the_same_ensemble() {
    let settings = GeneratorSettings {
        n_geometries: 8,
        ..GeneratorSettings::default()
    };
    let (topology, draws) = draws(&random_leap_model(3), settings, 1000);
    let [weighted, unweighted] = worst_deviations(&topology, &draws);
    assert!(weighted < 4.0, "{weighted}");
    // Planted: without weights the difference has to be found.
    assert!(unweighted > 10.0, "{unweighted}");
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let model = builtin_leap_model("amber14", "obc1");
    let settings = GeneratorSettings {
        n_references: 8,
        n_torsion_candidates: 2,
        n_geometries: 4,
    };
    let first = draws(&model, settings, 90).1;
    let again = draws(&model, settings, 90).1;
    assert_eq!(first.len(), again.len());
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(first.log_weight.to_bits(), again.log_weight.to_bits());
        assert_eq!(first.positions, again.positions);
    }
}
