//! Ratios, bounds and missed basins on synthetic chains with known answers.

use saltus::analysis::{
    BaselineBasis, ExitRate, RareSide, SamplerComparison, SamplerComparisonError, SamplerDraws,
    SideExits, append_tics, compare_samplers,
};

use crate::synthetic::{N_CHAINS, N_DRAWS, ar1, jumps, sampler};

fn plain(name: &str, seconds: f64, rho: f64, seed: u64) -> SamplerDraws {
    sampler(
        name,
        seconds,
        vec![
            ("fast".to_owned(), ar1(0.0, seed + 1000)),
            ("slow".to_owned(), ar1(rho, seed)),
        ],
    )
}

/// phi jumps between -1.2 and `state`, psi stays extended.
fn dipeptide(name: &str, state: f64, probability: f64, seed: u64) -> SamplerDraws {
    let mut observables = jumps("phi_2", [-1.2, state], probability, seed).to_vec();
    observables.extend(jumps("psi_2", [0.5, 0.5], 0.0, seed + 1));
    sampler(name, 10.0, observables)
}

fn compare(runs: &[SamplerDraws]) -> SamplerComparison {
    compare_samplers(runs).unwrap()
}

#[test]
fn intervals_cover_the_known_ratio_of_ar1_chains() {
    // tau is 39 for rho 0.95 and 9 for 0.8; the second sampler takes twice as long.
    let truth = 39.0 / 9.0 / 2.0;
    let mut n_covered = 0;
    for seed in 0..20 {
        let runs = [
            plain("md", 10.0, 0.95, seed),
            plain("other", 20.0, 0.8, 100 + seed),
        ];
        let comparison = compare(&runs);
        let other = &comparison.samplers[1];
        assert_eq!(other.slowest.observable, "slow");
        let ratio = other.ratio_to_md;
        assert!(!ratio.lower_bound && ratio.low < ratio.value && ratio.value < ratio.high);
        assert!(
            ratio.high / ratio.low < 2.0,
            "a useless interval: {ratio:?}"
        );
        n_covered += usize::from(ratio.low < truth && truth < ratio.high);
    }
    // 95 % of 20 are 19; 15 or fewer happen once in 390 times.
    assert!(n_covered >= 16, "{n_covered} of 20");
}

#[test]
fn ess_is_that_of_ar1_chains() {
    let comparison = compare(&[plain("md", 10.0, 0.9, 5)]);
    let expected = (N_CHAINS * N_DRAWS) as f64 / 19.0;
    let got = comparison.samplers[0].slowest.ess;
    assert!((got / expected - 1.0).abs() < 0.1, "{got} {expected}");
    assert!((comparison.samplers[0].ess_per_second - got / 10.0).abs() < 1e-9);
}

/// Plain MD of which half of the chains sit in either state: both basins are found, no chain crosses. And one that jumps.
fn stuck() -> [SamplerDraws; 2] {
    let mut stuck = dipeptide("md", 1.0, 0.0, 1);
    let other = dipeptide("other", 1.0, 1.0, 2);
    let sits = dipeptide("x", -1.2, 0.0, 3);
    let crossed = jumps("phi_2", [1.0, 1.0], 0.0, 4);
    for (place, (_, chains)) in crossed.iter().enumerate() {
        stuck.observables[place].1[..8].clone_from_slice(&chains[..8]);
        stuck.observables[place].1[8..].clone_from_slice(&sits.observables[place].1[8..]);
    }
    [stuck, other]
}

#[test]
fn stuck_chains_of_plain_md_give_a_lower_bound() {
    let comparison = compare(&stuck());
    assert!(comparison.baseline_is_bound && !comparison.samplers[0].mixed);
    let ratio = comparison.samplers[1].ratio_to_md;
    assert!(ratio.lower_bound && ratio.value > 1000.0, "{ratio:?}");
    // No crossing, half of the frames on either side: 3.69 effective samples in 10 s at most.
    let bound = comparison.baseline_ess_per_second;
    assert!((bound - 0.369).abs() < 0.02, "{bound}");
    let basis = &comparison.baseline_basis;
    assert!(matches!(basis, BaselineBasis::Crossings(_)), "{basis:?}");
    let sides = comparison.rare_sides.iter();
    let sides: Vec<(&str, f64)> = sides.map(|side| (side.name.as_str(), side.share)).collect();
    assert!(
        sides
            .iter()
            .any(|(name, _)| name.ends_with("basin alpha_left_2")),
        "{sides:?}"
    );
    let in_range = |share: f64| share > 0.4 && share <= 0.5;
    assert!(sides.iter().all(|&(_, share)| in_range(share)), "{sides:?}");
}

/// Rates of these exits in 20000 draws of 0.2 ps from a side of this share, 2000 draws a second.
fn exit_rates(share: f64, n_exits: u64) -> Vec<ExitRate> {
    let name = "basin alpha_left_2".to_owned();
    let exits = SideExits {
        n_exits,
        n_inside: 20_000,
        ..SideExits::new(RareSide { name, share })
    };
    ExitRate::of(&[exits], 0.2, 2000.0)
}

#[test]
fn exits_turn_the_bound_into_an_estimate() {
    let before = compare(&stuck());
    let mut comparison = before.clone();
    comparison.rest_on_exits(&exit_rates(0.2, 10));
    // 10 / 20000 a draw from a side of share 0.2 relax at 1 / 1600 a draw, half of which are effective samples.
    let expected = 2000.0 / 3200.0;
    let rate = &exit_rates(0.2, 10)[0].ess_per_second;
    assert!((rate.value / expected - 1.0).abs() < 1e-3, "{rate:?}");
    // It is more than the crossings allow, so these stand.
    assert_eq!(comparison, before);
    comparison.rest_on_exits(&exit_rates(0.2, 5));
    assert!(!comparison.baseline_is_bound);
    let speed = comparison.baseline_ess_per_second;
    assert!((2.0 * speed / expected - 1.0).abs() < 1e-3, "{speed}");
    let ratio = comparison.samplers[1].ratio_to_md;
    let own = comparison.samplers[1].ess_per_second;
    assert!((ratio.value * speed / own - 1.0).abs() < 1e-9 && !ratio.lower_bound);
    // Five events: 11.67 at most.
    let width = ratio.value / ratio.low;
    assert!(width > 2.3 && width < 2.5, "{ratio:?}");
    assert_eq!(comparison.samplers[0].ratio_to_md.value, 1.0);
}

#[test]
fn few_exits_keep_it_a_bound_by_their_upper_limit() {
    let mut comparison = compare(&stuck());
    comparison.rest_on_exits(&exit_rates(0.2, 0));
    assert!(comparison.baseline_is_bound && comparison.samplers[1].ratio_to_md.lower_bound);
    let expected = 3.689 / 20_000.0 / 0.8 / 2.0 * 2000.0;
    let bound = comparison.baseline_ess_per_second;
    assert!((bound / expected - 1.0).abs() < 0.02, "{bound} {expected}");
    let basis = &comparison.baseline_basis;
    assert!(matches!(basis, BaselineBasis::Exits(_)), "{basis:?}");
}

#[test]
fn plain_md_that_mixes_needs_no_exits() {
    let mut comparison = compare(&[plain("md", 10.0, 0.9, 5)]);
    let before = comparison.clone();
    comparison.rest_on_exits(&exit_rates(0.2, 5));
    assert_eq!(comparison, before);
    assert_eq!(comparison.baseline_basis, BaselineBasis::Draws);
}

#[test]
fn plain_md_that_mixes_by_few_crossings_may_be_slower_than_they_say() {
    // One visit a chain, all alike: R-hat has nothing to say against it.
    let mut visits = vec![vec![0.0_f32; N_DRAWS]; N_CHAINS];
    for chain in &mut visits {
        chain[1000..1040].fill(1.0);
    }
    let observables = vec![("phi_2_positive".to_owned(), visits)];
    let before = compare(&[sampler("md", 10.0, observables)]);
    assert!(!before.baseline_is_bound && before.baseline_rests_on_crossings());
    let own = before.baseline_ess_per_second;
    let mut comparison = before.clone();
    comparison.rest_on_exits(&exit_rates(0.02, 5));
    assert!(comparison.baseline_ess_per_second < 0.1 * own && !comparison.baseline_is_bound);
    // What lies within the limits of the exits is left as it is, though they themselves say less.
    let like = exit_rates(0.02, 1500);
    let limits = like[0].ess_per_second;
    assert!(limits.value < own && own < limits.high, "{limits:?} {own}");
    let mut comparison = before.clone();
    comparison.rest_on_exits(&like);
    assert_eq!(comparison, before);
}

#[test]
fn rare_visits_count_by_their_number_and_not_by_their_shape() {
    // Brief excursions on 8 of 16 chains: autocorrelation takes each frame outside for news of the rare state.
    let mut brief = vec![vec![0.0_f32; N_DRAWS]; N_CHAINS];
    for chain in brief.iter_mut().step_by(2) {
        chain[1000..1040].fill(1.0);
    }
    // The truth: a fast sampler that spends 5 % of its frames there.
    let fast: Vec<Vec<f32>> = ar1(0.5, 77)
        .into_iter()
        .map(|chain| chain.into_iter().map(|x| f32::from(x > 1.645)).collect())
        .collect();
    let observables = |indicator| vec![("phi_2_positive".to_owned(), indicator)];
    let comparison = compare(&[
        sampler("md", 10.0, observables(brief)),
        sampler("fast", 10.0, observables(fast)),
    ]);
    let md = &comparison.samplers[0].slowest;
    // 16 crossings, p = 0.05: 16 / (4 p (1 - p)) = 84 effective samples, hardly more than ten visits.
    assert_eq!(md.n_crossings, 16.0);
    assert!(
        md.limited_by_crossings && (md.ess / 84.0 - 1.0).abs() < 0.15,
        "{md:?}"
    );
    let ratio = comparison.samplers[1].ratio_to_md;
    // Eight visits are known to a factor of exp(1.96 / sqrt(8)) = 2.
    let width = ratio.high / ratio.value;
    assert!(width > 1.9 && width < 2.3, "{ratio:?}");
}

#[test]
fn a_missed_basin_makes_the_ess_zero_and_is_named() {
    let runs = [
        dipeptide("md", 1.0, 0.05, 1),
        dipeptide("short-sighted", -2.0, 0.05, 2),
    ];
    let comparison = compare(&runs);
    let blind = &comparison.samplers[1];
    assert_eq!(blind.missed_basins, ["alpha_left_2"]);
    assert_eq!(blind.slowest.observable, "basin alpha_left_2");
    assert_eq!((blind.slowest.ess, blind.ratio_to_md.value), (0.0, 0.0));
    assert!(!blind.ratio_to_md.lower_bound);
    assert!(comparison.samplers[0].missed_basins.is_empty());
}

#[test]
fn the_baseline_is_the_plain_md_with_most_effective_samples_a_second() {
    let runs = [
        plain("md_slow", 10.0, 0.95, 1),
        plain("md_fast", 10.0, 0.5, 2),
        plain("other", 10.0, 0.1, 3),
    ];
    let comparison = compare(&runs);
    assert_eq!(comparison.baseline, "md_fast");
    assert_eq!(comparison.samplers[1].ratio_to_md.value, 1.0);
    assert!(comparison.samplers[0].ratio_to_md.value < 0.2);
}

#[test]
fn slow_coordinates_are_the_same_projection_for_all() {
    let mut runs = [
        dipeptide("md", 1.0, 0.01, 1),
        dipeptide("other", 1.0, 0.3, 2),
    ];
    append_tics(&mut runs).unwrap();
    let names: Vec<&str> = runs[1]
        .observables
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names[4..], ["tic_0", "tic_1"]);
    let comparison = compare(&runs);
    let ess = |run: usize, name: &str| {
        let mut found = comparison.samplers[run].observables.iter();
        found
            .find(|observable| observable.observable == name)
            .unwrap()
            .ess
    };
    assert!((ess(0, "tic_0") / ess(0, "sin_phi_2") - 1.0).abs() < 0.1);
    assert!(ess(1, "tic_0") > 10.0 * ess(0, "tic_0"));
}

#[test]
fn what_cannot_be_compared_is_named() {
    let lone = compare_samplers(&[plain("other", 1.0, 0.5, 1)]);
    assert!(matches!(
        lone,
        Err(SamplerComparisonError::NoPlainMd { .. })
    ));
    let constant = sampler("md", 1.0, vec![("x".to_owned(), vec![vec![1.0; 10]; 4])]);
    assert_eq!(
        compare_samplers(&[constant]),
        Err(SamplerComparisonError::NothingMoves)
    );
    let mut broken = plain("md", 1.0, 0.5, 1);
    broken.observables[1].1[2][7] = f32::NAN;
    let message = compare_samplers(&[broken]).unwrap_err().to_string();
    assert!(
        message.contains("`md`")
            && message.contains("`slow`")
            && message.contains("draw 7 of chain 2"),
        "{message}"
    );
}
