//! The comparison as a table for people, and how to read it.

use std::fmt::Write;

use crate::mcmc::KernelReport;

use super::report::{BenchReport, RatioReport, SamplerReport};
use crate::bench::{EQUILIBRATION_ROUNDS, N_ROUNDS};

/// A line a sampler, then the machine and a guide to the columns.
pub(super) fn text(report: &BenchReport) -> String {
    let mut text = format!(
        "{:<18} {:>5} {:>6} {:<22} {:>9} {:>9} {:>9}  {:<28} {:<20} acceptance\n",
        "sampler",
        "exact",
        "s",
        "slowest observable",
        "ESS",
        "ESS/s",
        "eval/ESS",
        "ratio to plain MD",
        "remark"
    );
    for sampler in &report.samplers {
        let row = format!(
            "{:<18} {:>5} {:>6.1} {:<22} {:>9.1}{} {:>8.3} {:>9}  {:<28} {:<20} {}",
            sampler.name,
            if sampler.exact { "yes" } else { "no" },
            sampler.wall_seconds,
            sampler.slowest.observable,
            sampler.slowest.ess,
            if sampler.slowest.limited_by_crossings {
                '*'
            } else {
                ' '
            },
            sampler.slowest.ess_per_second,
            sampler
                .evaluations_per_effective_sample
                .map_or("-".to_owned(), |evaluations| format!("{evaluations:.1e}")),
            ratio(&sampler.ratio_to_md, sampler.mixed),
            remark(sampler, &report.baseline),
            acceptance(&sampler.kernels),
        );
        writeln!(text, "{}", row.trim_end()).expect("invariant: writing to a string cannot fail");
    }
    text.push_str(&guide(report));
    text
}

fn ratio(ratio: &RatioReport, mixed: bool) -> String {
    let RatioReport {
        value, low, high, ..
    } = ratio;
    if ratio.lower_bound {
        format!("> {value:.3} ({low:.3} .. {high:.3})")
    } else if mixed || *value == 0.0 || low == high {
        format!("{value:.3} ({low:.3} .. {high:.3})")
    } else {
        format!("? about {value:.3}")
    }
}

fn remark(sampler: &SamplerReport, baseline: &str) -> String {
    let mut remarks = Vec::new();
    if sampler.name == baseline {
        remarks.push("baseline".to_owned());
    }
    if let Some(basin) = sampler.missed_basins.first() {
        remarks.push(format!("missed {basin}"));
    }
    if !sampler.mixed {
        remarks.push("not mixed".to_owned());
    }
    remarks.join(", ")
}

fn acceptance(kernels: &[KernelReport]) -> String {
    let shares = kernels
        .iter()
        .filter(|kernel| kernel.statistics.proposed > 0);
    let shares: Vec<String> = shares
        .map(|kernel| {
            let share = kernel.statistics.accepted as f64 / kernel.statistics.proposed as f64;
            format!("{} {:.1} %", kernel.name, 100.0 * share)
        })
        .collect();
    shares.join(", ")
}

fn guide(report: &BenchReport) -> String {
    let first = report.samplers.first();
    let baseline = baseline(report);
    format!(
        "\n{}, {} K, saltus {}\n{}, {} replicas for every sampler\n\n\
         ESS is the effective sample size of the mean of the slowest observable over all chains, at most what the crossings of \
         that mean allow (then marked *); ESS/s divides it by wall-clock seconds, of which {} % are equilibration (learning included) whose frames are thrown away. Force-field setup and \
         minimisation are excluded ({:.1} s in all). {baseline}\n\
         Intervals are 95 %, from resampling whole chains, or from the number of crossings. The samplers ran in {N_ROUNDS} rounds of turns. A sampler that missed a basin which another spent over 0.1 % of its \
         frames in has ESS 0; `not mixed` means an R-hat over 1.1: its ESS is an upper limit at best.\n",
        report.input,
        report.temperature_kelvin,
        report.version,
        report.device,
        first.map_or(0, |sampler| sampler.replicas),
        100 * EQUILIBRATION_ROUNDS / N_ROUNDS,
        report
            .samplers
            .iter()
            .map(|sampler| sampler.setup_seconds)
            .sum::<f64>(),
    )
}

/// What the ratios are to.
fn baseline(report: &BenchReport) -> String {
    let BenchReport {
        baseline,
        baseline_ess_per_second: speed,
        baseline_basis: basis,
        ..
    } = report;
    if report.baseline_is_bound {
        format!(
            "{baseline} did not mix or missed a basin: its ESS/s is at most {speed:.3}, from {basis}, and `> x` is a lower bound of the true ratio."
        )
    } else if report.baseline_rests_on_exits {
        format!(
            "{baseline} did not mix, missed a basin or crossed seldom: its ESS/s for the ratios, {speed:.3}, is from {basis}."
        )
    } else {
        format!("The baseline is {baseline}, the strongest plain MD.")
    }
}
