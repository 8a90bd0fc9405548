//! Turns findings into figures: which plots there are, over which bins, of which points.

use crate::analysis::{
    AngleHistogram, RamachandranHistogram, SlowModes, implied_timescales, pooled_autocorrelation,
    timescale_lags_frames,
};
use crate::report::{Content, Curve, Curves, Figure, Map};
use crate::units::thermal_energy_kj_per_mol;

use super::findings::Findings;
use super::inputs::Input;

/// Bins along either axis of a free-energy surface.
const N_BINS: usize = 48;
/// Bins of a torsion's distribution.
const N_ANGLE_BINS: usize = 72;
/// Most points of a line, so that long runs keep pages small.
const MAX_POINTS: usize = 500;
/// Most chains drawn one by one.
const MAX_CHAINS: usize = 8;
/// Slow observables whose autocorrelation is drawn, and time scales.
const N_SLOWEST: usize = 4;

/// All figures of the findings, those of residues first.
pub(super) fn figures(input: &Input, findings: &Findings) -> Vec<Figure> {
    let mut figures = Vec::new();
    figures.extend(ramachandran(findings));
    figures.extend(side_chains(findings));
    figures.extend(slow_surface(findings));
    figures.extend(timescales(findings));
    figures.extend(autocorrelations(findings));
    figures.extend(energy(findings));
    figures.extend(acceptance(input, findings));
    figures
}

/// Free energies in kJ/mol, or in kT where the temperature is unknown.
fn free_energy_unit(findings: &Findings) -> (f64, &'static str) {
    match findings.temperature_kelvin() {
        Some(kelvin) => (thermal_energy_kj_per_mol(kelvin), "free energy (kJ/mol)"),
        None => (1.0, "free energy (kT)"),
    }
}

/// -kT ln(p / p_max) of counts; what was never seen is infinite and stays blank.
fn surface(counts: &[u64], thermal_energy: f64) -> Vec<f64> {
    let fullest = counts.iter().copied().max().unwrap_or(0) as f64;
    let energy = |&count: &u64| thermal_energy * (fullest / count as f64).ln();
    counts.iter().map(energy).collect()
}

fn ramachandran(findings: &Findings) -> Vec<Figure> {
    let (thermal_energy, value_label) = free_energy_unit(findings);
    let of_residue = |(phi, psi): (&str, String)| {
        let mut histogram = RamachandranHistogram::new(N_BINS).ok()?;
        let phis = findings.ensemble.angles_rad(phi)?.concat();
        let psis = findings.ensemble.angles_rad(&psi)?.concat();
        for (phi, psi) in phis.into_iter().zip(psis) {
            histogram.add(phi, psi).ok()?;
        }
        let residue = phi.replacen("phi_", "", 1);
        Some(Figure {
            name: format!("ramachandran_{}", residue.replace(':', "_")),
            title: format!("Residue {residue}"),
            content: Content::Map(Map {
                x_label: "φ (degrees)".to_owned(),
                y_label: "ψ (degrees)".to_owned(),
                value_label: value_label.to_owned(),
                x_limits: [-180.0, 180.0],
                y_limits: [-180.0, 180.0],
                n_cells: [N_BINS, N_BINS],
                values: surface(histogram.counts(), thermal_energy),
            }),
        })
    };
    let pairs = findings.ensemble.backbone_pairs().into_iter();
    pairs.filter_map(of_residue).collect()
}

fn side_chains(findings: &Findings) -> Vec<Figure> {
    let names = findings.ensemble.torsion_names().into_iter();
    names
        .filter(|name| name.contains("chi"))
        .filter_map(|name| side_chain(findings, name))
        .collect()
}

fn side_chain(findings: &Findings, name: &str) -> Option<Figure> {
    let chains = findings.ensemble.angles_rad(name)?;
    let width_degrees = 360.0 / N_ANGLE_BINS as f64;
    let mut histogram = AngleHistogram::new(N_ANGLE_BINS).ok()?;
    for &angle in chains.iter().flatten() {
        histogram.add(angle).ok()?;
    }
    let density = histogram.probabilities().into_iter().enumerate();
    let points = density.map(|(bin, share)| {
        (
            (bin as f64 + 0.5) * width_degrees - 180.0,
            share / width_degrees,
        )
    });
    Some(Figure {
        name: name.replace(':', "_"),
        title: name.replace("chi", "χ").replace('_', " of residue "),
        content: Content::Curves(Curves {
            x_label: "angle (degrees)".to_owned(),
            y_label: "density (1/degree)".to_owned(),
            y_limits: None,
            curves: vec![Curve {
                label: String::new(),
                points: points.collect(),
            }],
        }),
    })
}

/// Counts of two values in equal bins between their extremes, `[n_bins, n_bins]`, second fastest, with the limits.
fn joint_counts(first: &[f64], second: &[f64]) -> (Vec<u64>, [[f64; 2]; 2]) {
    let limits = [first, second].map(|values| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [low, if high > low { high } else { low + 1.0 }]
    });
    let bin = |value: f64, [low, high]: [f64; 2]| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the value lies between the limits"
        )]
        let bin = ((value - low) / (high - low) * N_BINS as f64) as usize;
        bin.min(N_BINS - 1)
    };
    let mut counts = vec![0; N_BINS * N_BINS];
    for (&x, &y) in first.iter().zip(second) {
        counts[bin(x, limits[0]) * N_BINS + bin(y, limits[1])] += 1;
    }
    (counts, limits)
}

fn slow_surface(findings: &Findings) -> Option<Figure> {
    let [first, second] = ["tic_0", "tic_1"].map(|name| findings.ensemble.chains(name));
    let (counts, [x_limits, y_limits]) = joint_counts(&first?.concat(), &second?.concat());
    let (thermal_energy, value_label) = free_energy_unit(findings);
    let lag = findings.slow_modes.as_ref().ok()?.tica.lag_frames;
    Some(Figure {
        name: "tica".to_owned(),
        title: format!("Slow coordinates, lag of {lag} frames"),
        content: Content::Map(Map {
            x_label: "TIC 0".to_owned(),
            y_label: "TIC 1".to_owned(),
            value_label: value_label.to_owned(),
            x_limits,
            y_limits,
            n_cells: [N_BINS, N_BINS],
            values: surface(&counts, thermal_energy),
        }),
    })
}

fn timescales(findings: &Findings) -> Option<Figure> {
    let lags = timescale_lags_frames(findings.ensemble.n_draws());
    let reweight = findings.reweighted;
    let scales = implied_timescales(&findings.ensemble, &lags, N_SLOWEST, reweight);
    let modes: &SlowModes = findings.slow_modes.as_ref().ok()?;
    let n_modes = modes.tica.eigenvalues.len().min(N_SLOWEST);
    let mut curves: Vec<Curve> = (0..n_modes)
        .map(|mode| Curve {
            label: format!("TIC {mode}"),
            points: scales
                .iter()
                .filter_map(|(lag, scales)| Some((*lag as f64, *scales.get(mode)?)))
                .collect(),
        })
        .collect();
    let diagonal = lags.iter().map(|&lag| (lag as f64, lag as f64)).collect();
    curves.push(Curve {
        label: "lag".to_owned(),
        points: diagonal,
    });
    (scales.len() > 1).then(|| Figure {
        name: "timescales".to_owned(),
        title: "Implied time scales".to_owned(),
        content: Content::Curves(Curves {
            x_label: "lag (frames)".to_owned(),
            y_label: "time scale (frames)".to_owned(),
            y_limits: None,
            curves,
        }),
    })
}

fn autocorrelations(findings: &Findings) -> Option<Figure> {
    let mut rows: Vec<_> = findings
        .rows
        .iter()
        .filter(|row| row.summary.ess_bulk.is_some())
        .collect();
    rows.sort_by(|a, b| {
        let ess = |bulk: Option<f64>| bulk.unwrap_or(f64::INFINITY);
        ess(a.summary.ess_bulk).total_cmp(&ess(b.summary.ess_bulk))
    });
    let n_lags = (findings.ensemble.n_draws() / 2).clamp(2, MAX_POINTS);
    let curve = |name: &str| {
        let rho = pooled_autocorrelation(findings.ensemble.chains(name)?).ok()?;
        let points = rho.iter().take(n_lags).enumerate();
        Some(Curve {
            label: name.to_owned(),
            points: points.map(|(lag, &rho)| (lag as f64, rho)).collect(),
        })
    };
    let curves: Vec<Curve> = rows
        .iter()
        .take(N_SLOWEST)
        .filter_map(|row| curve(&row.summary.name))
        .collect();
    (!curves.is_empty()).then(|| Figure {
        name: "autocorrelation".to_owned(),
        title: "Autocorrelation of the slowest observables".to_owned(),
        content: Content::Curves(Curves {
            x_label: "lag (frames)".to_owned(),
            y_label: "autocorrelation".to_owned(),
            y_limits: Some([-0.3, 1.05]),
            curves,
        }),
    })
}

/// Means over equal stretches of a series, at their middles, NaN where nothing in a stretch is finite.
fn thinned(values: &[f64]) -> Vec<(f64, f64)> {
    let width = values.len().div_ceil(MAX_POINTS).max(1);
    let stretches = values.chunks(width).enumerate();
    let middle = |index: usize| index as f64 * width as f64 + (width as f64 - 1.0) / 2.0;
    stretches
        .map(|(index, stretch)| {
            let told: Vec<f64> = stretch.iter().copied().filter(|v| v.is_finite()).collect();
            (middle(index), told.iter().sum::<f64>() / told.len() as f64)
        })
        .collect()
}

fn energy(findings: &Findings) -> Option<Figure> {
    let chains = findings.ensemble.chains("potential_energy")?;
    let curves = chains
        .iter()
        .take(MAX_CHAINS)
        .enumerate()
        .map(|(index, chain)| Curve {
            label: format!("chain {index}"),
            points: thinned(chain),
        });
    Some(Figure {
        name: "energy".to_owned(),
        title: match chains.len() {
            n if n > MAX_CHAINS => format!("Potential energy, {MAX_CHAINS} of {n} chains"),
            _ => "Potential energy".to_owned(),
        },
        content: Content::Curves(Curves {
            x_label: "frame".to_owned(),
            y_label: "energy (kJ/mol)".to_owned(),
            y_limits: None,
            curves: curves.collect(),
        }),
    })
}

/// Acceptance of every kernel that proposes, the mean over chains.
fn acceptance(input: &Input, findings: &Findings) -> Option<Figure> {
    let n_draws = findings.ensemble.n_draws();
    let mean = |kernel: usize, draw: usize| {
        let columns = input
            .chains
            .iter()
            .filter_map(|chain| chain.acceptance.get(kernel));
        let told: Vec<f64> = columns
            .map(|column| column[draw])
            .filter(|v| v.is_finite())
            .collect();
        told.iter().sum::<f64>() / told.len() as f64
    };
    let kernels = findings.kernels.iter().enumerate();
    let curves: Vec<Curve> = kernels
        .filter(|(_, kernel)| kernel.acceptance.is_some())
        .map(|(index, kernel)| {
            let series: Vec<f64> = (0..n_draws).map(|draw| mean(index, draw)).collect();
            Curve {
                label: kernel.name.clone(),
                points: thinned(&series),
            }
        })
        .collect();
    (!curves.is_empty()).then(|| Figure {
        name: "acceptance".to_owned(),
        title: "Acceptance".to_owned(),
        content: Content::Curves(Curves {
            x_label: "frame".to_owned(),
            y_label: "accepted share".to_owned(),
            y_limits: Some([0.0, 1.0]),
            curves,
        }),
    })
}
