//! Torsion leaps on the device against the CPU's lanes and the training graph: features, ln q both ways, draws, decisions, bits.

use crate::ensembles::cpu_engine;
use crate::support::on_software;
use crate::torsion_leap_twin::{Peptide, SEED, accepting, temperatures};
use saltus::flow::torsion::{Angles, Network};
use saltus::gpu::{
    CycleSampler, GpuOptions, Placement, Resident, ResidentMove, ShaderSources, TorsionMoves,
};
use saltus::integrator::Splitting;
use saltus::mcmc::{Chain, Sampler};
use saltus::proposal::{LeapBlock, builtin_leap_model, random_leap_model};
use saltus::units::thermal_energy_kj_per_mol;
use std::f64::consts::{PI, TAU};

/// Caps, glycine, proline, side chains with and without charge, free ends; most of them through every kind of step.
const PEPTIDES: [(&str, Option<LeapBlock>); 6] = [
    ("ACE-ALA-NME", None),
    ("ACE-GLY-PRO-SER-NME", Some(LeapBlock::Molecule)),
    ("KY", None),
    ("ACE-ASP-ILE-NME", Some(LeapBlock::Residue)),
    ("HGW", Some(LeapBlock::Molecule)),
    ("ACE-SER-LYS-LEU-NME", Some(LeapBlock::Neighbors)),
];

/// What ln q of a whole block may be off.
const LOG_Q_TOLERANCE: f64 = 2e-4;

fn options(sources: ShaderSources) -> GpuOptions {
    GpuOptions {
        sources,
        ..GpuOptions::default()
    }
}

fn builtin(sequence: &str, block: Option<LeapBlock>) -> Peptide {
    Peptide::new(sequence, builtin_leap_model("amber14", "obc1"), block)
}

/// Largest deviations of ln q: there and back from the CPU's lanes, there from the training graph.
fn log_q_deviation(peptide: &Peptide, options: GpuOptions) -> Option<[f64; 3]> {
    let n_replicas = 24;
    let options = GpuOptions {
        sources: accepting(options.sources),
        ..options
    };
    let mut resident = peptide.resident(options)?;
    let kelvins = temperatures(n_replicas);
    let mut state = peptide.start(n_replicas);
    resident.upload(&state, &kelvins).unwrap();
    let mut worst = [0.0_f64; 3];
    for number in 0..3 {
        let before = state.clone();
        resident.run(1, u64::MAX, &mut |_| {}).unwrap();
        let found = resident.last_log_q().unwrap();
        resident.download(&mut state).unwrap();
        for replica in 0..n_replicas {
            let (block, _) = peptide.choice(replica, number);
            let [from, to] = [&before, &state].map(|state| state.replica_positions(replica));
            let kelvin = kelvins[replica];
            let lanes = |ends| {
                peptide.log_q(block, ends, |step, at, point| {
                    peptide.lanes(step, at, kelvin, point)
                })
            };
            let graph = peptide.log_q(block, [from, to], |step, at, point| {
                peptide.graph(step, at, kelvin, point)
            });
            let [there, back] = found[replica].map(f64::from);
            // The way back is the way there of the leap from the new state to the old.
            let expected = [lanes([from, to]), lanes([to, from]), graph];
            for (worst, (found, expected)) in worst
                .iter_mut()
                .zip([there, back, there].into_iter().zip(expected))
            {
                let error = (found - expected).abs();
                *worst = worst.max(if error.is_nan() { f64::INFINITY } else { error });
            }
        }
    }
    Some(worst)
}

#[test]
fn log_q_agrees_with_the_cpu_and_the_training_graph() {
    for (sequence, block) in PEPTIDES {
        let peptide = builtin(sequence, block);
        // Molecules too large for workgroup memory take another way; one shows that it leads to the same.
        let shapes: &[_] = match sequence {
            "KY" => &[(Placement::Resident, 3), (Placement::Tiled, 1)],
            _ => &[(Placement::Resident, 3)],
        };
        for &(placement, n_sharing) in shapes {
            let options = GpuOptions {
                placement: Some(placement),
                n_sharing: Some(n_sharing),
                ..GpuOptions::default()
            };
            let Some(worst) = log_q_deviation(&peptide, options) else {
                return;
            };
            println!("{sequence} {block:?} {placement:?}: ln q off by {worst:?}");
            assert!(worst.iter().all(|&x| x < LOG_Q_TOLERANCE), "{worst:?}");
        }
    }
    let random = Peptide::new("ACE-ALA-SER-NME", random_leap_model(4), None);
    let worst = log_q_deviation(&random, GpuOptions::default()).unwrap();
    println!("random weights: ln q off by {worst:?}");
    assert!(worst.iter().all(|&x| x < LOG_Q_TOLERANCE), "{worst:?}");
}

#[test]
fn a_planted_error_in_the_densities_is_noticed() {
    let peptide = builtin("ACE-ASP-ILE-NME", Some(LeapBlock::Residue));
    for (path, from, to) in [
        (
            "flow/mixture.wgsl",
            "1.0 - FLOOR, uniform_density",
            "1.0, 0.0",
        ),
        ("flow/mixture.wgsl", "shift = turned.x;", "shift = 0.0;"),
        ("flow/mixture.wgsl", "+ LN_TAU", ""),
        (
            "flow/network.wgsl",
            "if (layer > 0u) {",
            "if (layer > 1u) {",
        ),
        ("flow/network.wgsl", "folded, layer == 0u", "folded, false"),
        (
            "proposal/torsion_leap_features.wgsl",
            "clamp((value - scale.x) * scale.y, -FARTHEST, FARTHEST)",
            "value",
        ),
        (
            "proposal/torsion_leap_features.wgsl",
            "cross(z, x)",
            "cross(x, z)",
        ),
        (
            "proposal/torsion_leap_features.wgsl",
            "thermal_energies[replica]",
            "bitcast<f32>(a)",
        ),
        (
            "proposal/torsion_leap.wgsl",
            "if (step > 0u) {",
            "if (step > 99u) {",
        ),
        (
            "proposal/torsion_leap.wgsl",
            "exchange_with_kept();\n        place_atoms();\n        exchange_with_kept();",
            "place_atoms();",
        ),
    ] {
        let sources = ShaderSources::default().replaced(path, from, to).unwrap();
        let Some(worst) = log_q_deviation(&peptide, options(sources)) else {
            return;
        };
        let largest = worst.into_iter().fold(0.0, f64::max);
        println!("{to} for {from}: {largest:.3}");
        assert!(
            largest > LOG_Q_TOLERANCE,
            "{to} in {path} went unnoticed: {worst:?}"
        );
    }
}

#[test]
fn features_agree_with_the_cpu() {
    // Enough atoms that their velocities have room for all features.
    let peptide = builtin("ACE-GLY-LYS-SER-NME", Some(LeapBlock::Backbone));
    let sources = accepting(ShaderSources::default())
        .replaced(
            "proposal/torsion_leap.wgsl",
            "    network(head, moves[row + 2u]);",
            "    for (var k = 0u; k < N_OWNED; k++) {
        let first = 3u * owned_atom(k);
        if (first + 2u < N_WIDTH) {
            let x = layer_numbers(0u) + first;
            velocity[k] = vec3<f32>(sh_layers[x], sh_layers[x + 1u], sh_layers[x + 2u]);
        }
    }
    network(head, moves[row + 2u]);",
        )
        .unwrap()
        .replaced(
            "proposal/torsion.wgsl",
            "velocity[k] += rotation_shift(velocity[k], axis, sin_cos);",
            "",
        )
        .unwrap();
    let Some(mut resident) = peptide.resident(options(sources)) else {
        return;
    };
    let n_replicas = 12;
    let kelvins = temperatures(n_replicas);
    let mut state = peptide.start(n_replicas);
    let before = state.clone();
    resident.upload(&state, &kelvins).unwrap();
    resident.run(1, u64::MAX, &mut |_| {}).unwrap();
    resident.download(&mut state).unwrap();
    let (mut worst, mut n_known) = (0.0_f64, 0);
    for (replica, &kelvin) in kelvins.iter().enumerate() {
        let (block, _) = peptide.choice(replica, 0);
        let step = peptide.proposal.blocks()[block].steps[0];
        let expected = peptide.features(step, before.replica_positions(replica), kelvin);
        let found = state.replica_velocities(replica);
        for (&expected, &found) in expected.iter().zip(found) {
            worst = worst.max((f64::from(expected) - found).abs());
            n_known += usize::from(expected != 0.0);
        }
    }
    println!("features off by {worst:.1e} standard deviations, {n_known} known");
    assert!(n_known > 60 * n_replicas, "{n_known}");
    assert!(worst < 1e-4, "{worst}");
}

/// Largest excess of chi-square over its expectation in standard deviations, over the blocks of a peptide.
fn draw_deviation(peptide: &Peptide, sources: ShaderSources) -> Option<f64> {
    let n_replicas = if on_software() { 1024 } else { 8192 };
    let n_cycles = 4;
    let mut resident = peptide.resident(options(accepting(sources)))?;
    let mut state = saltus::state::State::replicate(&peptide.positions, n_replicas);
    resident.upload(&state, &vec![310.0; n_replicas]).unwrap();
    let mut drawn = vec![Vec::new(); peptide.proposal.blocks().len()];
    for number in 0..n_cycles {
        resident.run(1, u64::MAX, &mut |_| {}).unwrap();
        resident.download(&mut state).unwrap();
        for replica in 0..n_replicas {
            let (block, _) = peptide.choice(replica, number);
            let site = peptide.proposal.blocks()[block].steps[0].site;
            drawn[block].push(peptide.angles(site, state.replica_positions(replica)));
        }
    }
    let deviations = drawn.iter().enumerate();
    Some(
        deviations
            .map(|(block, points)| chi_square_deviation(peptide, block, points))
            .fold(0.0, f64::max),
    )
}

fn chi_square_deviation(peptide: &Peptide, block: usize, points: &[[f64; 2]]) -> f64 {
    let step = peptide.proposal.blocks()[block].steps[0];
    let angles = peptide.proposal.sites()[step.site].angles;
    // Cells of both angles, and how many points of a midpoint rule each has along an angle.
    let (cells, fine) = match angles {
        Angles::Both => ([12, 12], 6),
        Angles::First => ([48, 1], 40),
        Angles::Second => ([1, 48], 40),
    };
    let cell = |x: f64, n: usize| (((x + PI) / TAU * n as f64) as usize).min(n - 1);
    let mut counts = vec![0.0; cells[0] * cells[1]];
    for &[a, b] in points {
        counts[cell(a, cells[0]) * cells[1] + cell(b, cells[1])] += 1.0;
    }
    let start = peptide.positions.as_flattened();
    let density = peptide.density(step, start, 310.0);
    let n = cells.map(|cells| if cells == 1 { 1 } else { cells * fine });
    let at = |i: usize, n: usize| TAU * (i as f64 + 0.5) / n as f64 - PI;
    let mut expected = vec![0.0; counts.len()];
    for i in 0..n[0] {
        for j in 0..n[1] {
            let (a, b) = (at(i, n[0]), at(j, n[1]));
            expected[cell(a, cells[0]) * cells[1] + cell(b, cells[1])] += density([a, b]).exp();
        }
    }
    let total: f64 = expected.iter().sum();
    let scale = points.len() as f64 / total;
    let (mut chi_square, mut rest, mut freedom) = (0.0, [0.0; 2], -1.0);
    for (&count, &mass) in counts.iter().zip(&expected) {
        if mass * scale < 5.0 {
            rest[0] += count;
            rest[1] += mass * scale;
        } else {
            chi_square += (count - mass * scale).powi(2) / (mass * scale);
            freedom += 1.0;
        }
    }
    if rest[1] > 1.0 {
        chi_square += (rest[0] - rest[1]).powi(2) / rest[1];
        freedom += 1.0;
    }
    let deviation = (chi_square - freedom) / f64::sqrt(2.0 * freedom);
    println!("block {block}: chi-square {chi_square:.1} of {freedom} degrees of freedom");
    deviation
}

#[test]
fn draws_follow_the_density() {
    // Both angles; psi alone, phi alone; chi1. The second model is broad.
    for peptide in [
        builtin("ACE-ALA-NME", Some(LeapBlock::Backbone)),
        builtin("SA", Some(LeapBlock::Backbone)),
        builtin("SA", Some(LeapBlock::SideChain)),
        Peptide::new(
            "ACE-ALA-NME",
            random_leap_model(7),
            Some(LeapBlock::Backbone),
        ),
    ] {
        let Some(deviation) = draw_deviation(&peptide, ShaderSources::default()) else {
            return;
        };
        assert!(deviation < 5.0, "{deviation} standard deviations");
    }
    let peptide = builtin("ACE-ALA-NME", Some(LeapBlock::Backbone));
    for (from, to) in [
        (
            "let mean = sh_layers[chosen + 3u * n] + lean;",
            "let mean = sh_layers[chosen + 3u * n];",
        ),
        ("words.z & 1u) == 1u", "words.z & 3u) == 1u"),
        ("logarithm(c / u) + 1.0 >= c", "logarithm(c / u) + 1.5 >= c"),
    ] {
        let sources = ShaderSources::default();
        let sources = sources.replaced("flow/mixture.wgsl", from, to).unwrap();
        let deviation = draw_deviation(&peptide, sources).unwrap();
        assert!(deviation > 5.0, "{to} went unnoticed: {deviation}");
    }
}

/// Share of the tests that the device decides as the host does, and how many it accepts.
fn agreement(peptide: &mut Peptide, sources: ShaderSources) -> Option<(f64, f64)> {
    let n_replicas = 256;
    let kelvins = temperatures(n_replicas);
    let start = peptide.start(n_replicas);
    let mut proposed = start.clone();
    let mut decided = start.clone();
    let mut all = peptide.resident(options(accepting(ShaderSources::default())))?;
    let mut tested = peptide.resident(options(sources))?;
    let (mut same, mut accepted) = (0.0, 0.0);
    for (resident, state) in [(&mut all, &mut proposed), (&mut tested, &mut decided)] {
        resident.upload(state, &kelvins).unwrap();
        resident.run(1, u64::MAX, &mut |_| {}).unwrap();
        resident.download(state).unwrap();
    }
    let [mut old, mut new] = [vec![0.0; n_replicas], vec![0.0; n_replicas]];
    peptide.reference.energies(&start.positions, &mut old);
    peptide.reference.energies(&proposed.positions, &mut new);
    for (replica, &kelvin) in kelvins.iter().enumerate() {
        let (block, uniform) = peptide.choice(replica, 0);
        let [from, to] = [&start, &proposed].map(|state| state.replica_positions(replica));
        let density = |step, at: &[f64], point| peptide.lanes(step, at, kelvin, point);
        let [there, back] =
            [[from, to], [to, from]].map(|ends| peptide.log_q(block, ends, density));
        let change = (new[replica] - old[replica]) / thermal_energy_kj_per_mol(kelvin);
        let expected = uniform.ln() < back - there - change;
        let found = decided.replica_positions(replica) == to;
        same += f64::from(u8::from(found == expected)) / n_replicas as f64;
        accepted += f64::from(u8::from(found)) / n_replicas as f64;
    }
    Some((same, accepted))
}

#[test]
fn leaps_are_decided_as_on_the_host() {
    let mut peptide = builtin("ACE-SER-NME", None);
    let Some((same, accepted)) = agreement(&mut peptide, ShaderSources::default()) else {
        return;
    };
    println!("{same:.4} of the decisions agree, {accepted:.3} accepted");
    assert!(same > 0.99, "only {same} of the decisions agree");
    assert!(accepted > 0.2 && accepted < 0.98, "{accepted}");
    for to in ["0.0", "-log_q.x", "log_q.x - log_q.y"] {
        let from = "log_q.y - log_q.x";
        let sources = ShaderSources::default();
        let sources = sources
            .replaced("mcmc/torsion_leaps.wgsl", from, to)
            .unwrap();
        let (same, _) = agreement(&mut peptide, sources).unwrap();
        assert!(same < 0.99, "{to} went unnoticed: {same} agree");
    }
}

#[test]
fn cycles_with_leaps_go_on_where_saved_ones_stopped() {
    let mut peptide = builtin("ACE-SER-NME", None);
    let n_replicas = 5;
    let moves = vec![
        ResidentMove::TorsionLeap {
            n_moves: 3,
            seed: SEED,
        },
        ResidentMove::Hmc {
            n_moves: 1,
            splitting: Splitting::VelocityVerlet,
            n_steps: 4,
            jitter: 0.0,
            timestep_ps: 0.001,
            target_acceptance: None,
            seed: 8,
        },
    ];
    let begin = Chain {
        state: peptide.start(n_replicas),
        temperatures_kelvin: temperatures(n_replicas),
        ..Chain::default()
    };
    let make = || {
        let options = GpuOptions {
            choice: crate::support::choice()?,
            ..GpuOptions::default()
        };
        let (none, leaps) = (TorsionMoves::default(), Some(&peptide.leaps));
        let moves = moves.clone();
        let resident = Resident::with_leaps(&peptide.system, &options, moves, &none, leaps);
        let engine = cpu_engine(&peptide.system);
        Some(CycleSampler::new(resident.unwrap(), engine))
    };
    let (Some(mut whole), Some(mut first), Some(mut second)) = (make(), make(), make()) else {
        return;
    };
    let (mut a, mut b) = (begin.clone(), begin);
    whole.run(&mut a, 6).unwrap();
    first.run(&mut b, 2).unwrap();
    second.restore(&first.save()).unwrap();
    for _ in 0..4 {
        second.run(&mut b, 1).unwrap();
    }
    assert_eq!(a, b);
    assert!(whole.is_exact() && whole.is_ergodic());
    let leaps = &whole.reports()[0].children[0];
    assert_eq!(leaps.name, "torsion_leap");
    assert_eq!(leaps.statistics.proposed, 3 * 6 * n_replicas as u64);
    assert!(leaps.statistics.accepted > 0);
    let mut energies = vec![0.0; n_replicas];
    peptide
        .reference
        .energies(&a.state.positions, &mut energies);
    for (found, expected) in a.energies.unwrap().iter().zip(energies) {
        assert!((found - expected).abs() < 0.02);
    }
}

#[test]
fn networks_count_in_the_plan_and_too_wide_ones_are_refused() {
    let peptide = builtin("ACE-ALA-NME", None);
    let Some(choice) = crate::support::choice() else {
        return;
    };
    let plan = saltus::gpu::plan(&peptide.system, &choice).unwrap();
    let more = plan.clone().with_leaps(&peptide.leaps).table_bytes - plan.table_bytes;
    // 246 608 weights and biases less those of inputs known beforehand, which are folded into biases of each density.
    assert!((600_000..1_000_000).contains(&more), "{more} bytes");
    let mut model = random_leap_model(1);
    let n_in = model.backbone.network.n_in();
    let bias = model.backbone.shape.spread();
    model.backbone.network = Network::random(n_in, 40_000, 1, bias, || 0.0);
    let wide = Peptide::new("ACE-ALA-NME", model, None);
    let options = GpuOptions {
        choice,
        ..GpuOptions::default()
    };
    let (none, leaps) = (TorsionMoves::default(), Some(&wide.leaps));
    let error = Resident::with_leaps(&wide.system, &options, Vec::new(), &none, leaps).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("workgroup memory"), "{message}");
}
