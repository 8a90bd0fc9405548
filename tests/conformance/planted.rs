//! Planted errors: for each, the suite must fail where the sound version passes.

use crate::checks;
use crate::moves::{GaussianStep, Scaling};
use crate::table::{Make, Row, rows};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, HostSampler, Kernel, KernelError, KernelStatistics, MetropolisKernel};
use saltus::proposal::{
    Current, Hmc, HmcSettings, LogRatio, Mala, MalaSettings, Outcome, Proposal, ProposalError,
    Proposed,
};

/// What a faulty copy of a proposal does to what the sound one returned.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    WrongSign,
    ForgottenDensities,
    ForgottenAuxiliary,
    StaleEnergy,
    NotReversedOnRejection,
}

pub(crate) struct Faulty {
    pub(crate) sound: Box<dyn Proposal>,
    pub(crate) fault: Fault,
}

impl Proposal for Faulty {
    fn name(&self) -> &str {
        self.sound.name()
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.sound.propose(current, engine, streams)?;
        match self.fault {
            Fault::WrongSign => {
                if let LogRatio::Densities {
                    log_q_forward,
                    log_q_reverse,
                } = &mut proposed.log_ratio
                {
                    std::mem::swap(log_q_forward, log_q_reverse);
                }
            }
            Fault::ForgottenDensities => proposed.log_ratio = LogRatio::Symmetric,
            Fault::ForgottenAuxiliary => proposed.log_auxiliary = None,
            Fault::StaleEnergy => proposed.energies = Some(current.energies.to_vec()),
            Fault::NotReversedOnRejection => {
                if let Some(velocities) = &mut proposed.velocities {
                    velocities.rejected.iter_mut().for_each(|v| *v = -*v);
                }
            }
        }
        Ok(proposed)
    }

    fn adapt(&mut self, current: Current<'_>, outcomes: &[Outcome]) {
        self.sound.adapt(current, outcomes);
    }

    // Densities that are learned are flat before, and a flat density hides its fault.
    fn freeze(&mut self) {
        self.sound.freeze();
    }
}

fn harmonic_row() -> Row {
    rows()
        .into_iter()
        .find(|row| row.name == "hmc, harmonic")
        .unwrap()
}

fn double_well_row() -> Row {
    rows()
        .into_iter()
        .find(|row| row.name == "hmc, double well")
        .unwrap()
}

/// The check of a row applied to any proposal.
pub(crate) fn invariance(row: &Row, proposal: Box<dyn Proposal>) -> Result<(), String> {
    let kernel = MetropolisKernel::new(proposal, 3000, 51);
    checks::invariance(row, &mut on_toy(row, Box::new(kernel)), 20, 3000)
}

/// A kernel on the analytic energy of a row.
pub(crate) fn on_toy(row: &Row, kernel: Box<dyn Kernel>) -> HostSampler<'static> {
    HostSampler::new(Box::new(row.toy()), vec![kernel])
}

fn mala() -> Box<dyn Proposal> {
    let settings = MalaSettings {
        timestep_fs: 35.0,
        adapt: false,
        target_acceptance: None,
        repeats: 1,
    };
    Box::new(Mala::new(&settings).unwrap())
}

fn hmc(timestep_ps: f64, refresh: f64) -> Box<dyn Proposal> {
    let settings = HmcSettings {
        steps: 3,
        timestep_fs: 1e3 * timestep_ps,
        refresh,
        adapt: false,
        target_acceptance: None,
        ..HmcSettings::default()
    };
    Box::new(Hmc::new(&settings).unwrap())
}

fn is_caught(row: &Row, sound: fn() -> Box<dyn Proposal>, fault: Fault) {
    invariance(row, sound()).expect("the sound proposal passes");
    let faulty = Faulty {
        sound: sound(),
        fault,
    };
    let verdict = invariance(row, Box::new(faulty));
    assert!(verdict.is_err(), "the fault was not noticed");
}

#[test]
fn a_wrong_sign_of_the_ratio_is_caught() {
    is_caught(&harmonic_row(), mala, Fault::WrongSign);
    is_caught(
        &harmonic_row(),
        || Box::new(Scaling::new(0.3)),
        Fault::WrongSign,
    );
}

#[test]
fn a_forgotten_jacobian_is_caught() {
    is_caught(
        &harmonic_row(),
        || Box::new(Scaling::new(0.3)),
        Fault::ForgottenDensities,
    );
    is_caught(
        &double_well_row(),
        || Box::new(Scaling::new(0.5)),
        Fault::ForgottenDensities,
    );
}

#[test]
fn a_forgotten_density_or_kinetic_energy_is_caught() {
    is_caught(&harmonic_row(), mala, Fault::ForgottenDensities);
    is_caught(
        &harmonic_row(),
        || hmc(0.035, 1.0),
        Fault::ForgottenAuxiliary,
    );
}

#[test]
fn velocities_kept_on_rejection_are_caught() {
    is_caught(
        &double_well_row(),
        || hmc(0.13, 0.15),
        Fault::NotReversedOnRejection,
    );
}

#[test]
fn a_stale_energy_is_caught() {
    is_caught(
        &double_well_row(),
        || Box::new(GaussianStep::new(0.08)),
        Fault::StaleEnergy,
    );
    is_caught(&harmonic_row(), mala, Fault::StaleEnergy);
}

/// Wraps a sound kernel with a fault of kernels rather than of proposals.
struct FaultyKernel {
    sound: MetropolisKernel,
    /// Gives the cached energies of the step before back to the chain.
    keeps_cache: bool,
    /// Passes the end of the adaptation phase over.
    never_freezes: bool,
}

impl Kernel for FaultyKernel {
    fn name(&self) -> &str {
        "faulty"
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn is_ergodic(&self) -> bool {
        true
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let cached = chain.energies.clone();
        self.sound.step(chain, engine)?;
        if self.keeps_cache && cached.is_some() {
            chain.energies = cached;
        }
        Ok(())
    }

    fn statistics(&self) -> KernelStatistics {
        self.sound.statistics()
    }

    fn freeze(&mut self) {
        if !self.never_freezes {
            self.sound.freeze();
        }
    }

    fn save(&self) -> serde_json::Value {
        self.sound.save()
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.sound.restore(saved)
    }
}

fn with_kernel_fault(
    proposal: Box<dyn Proposal>,
    keeps_cache: bool,
    never_freezes: bool,
) -> Result<(), String> {
    let kernel = FaultyKernel {
        sound: MetropolisKernel::new(proposal, 3000, 52),
        keeps_cache,
        never_freezes,
    };
    let row = double_well_row();
    checks::invariance(&row, &mut on_toy(&row, Box::new(kernel)), 20, 3000)
}

#[test]
fn a_cache_that_is_not_renewed_is_caught() {
    let step = || Box::new(GaussianStep::new(0.08));
    with_kernel_fault(step(), false, false).expect("the sound kernel passes");
    assert!(with_kernel_fault(step(), true, false).is_err());
}

/// A Gaussian step whose width follows every outcome of its replica: harmless once frozen, wrong before.
#[derive(Default)]
struct Nervous {
    widths_nm: Vec<f64>,
}

impl Proposal for Nervous {
    fn name(&self) -> &str {
        "nervous"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        self.widths_nm.resize(current.state.n_replicas, 0.08);
        let mut positions = current.state.positions.clone();
        for (index, x) in positions.iter_mut().enumerate() {
            let deviate: f64 = streams[index / 3].sample(StandardNormal);
            *x += self.widths_nm[index / 3] * deviate;
        }
        Ok(Proposed::new(positions, LogRatio::Symmetric))
    }

    fn adapt(&mut self, _current: Current<'_>, outcomes: &[Outcome]) {
        for (width, outcome) in self.widths_nm.iter_mut().zip(outcomes) {
            let factor = if *outcome == Outcome::Accepted {
                2.0
            } else {
                0.5
            };
            *width = (*width * factor).clamp(0.005, 0.5);
        }
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!(self.widths_nm)
    }
}

#[test]
fn adaptation_left_on_in_production_is_caught() {
    with_kernel_fault(Box::new(Nervous::default()), false, false).expect("frozen, it passes");
    assert!(with_kernel_fault(Box::new(Nervous::default()), false, true).is_err());
}

#[test]
fn frozen_proposals_stay_frozen() {
    for row in rows() {
        if matches!(row.make, Make::Proposal(_)) {
            let mut sampler = on_toy(&row, row.kernel(6, 54));
            let stays = checks::stays_frozen(&row, &mut sampler).unwrap();
            assert!(stays, "{}", row.name);
        }
    }
    let unfrozen = FaultyKernel {
        sound: MetropolisKernel::new(Box::new(Nervous::default()), 6, 54),
        keeps_cache: false,
        never_freezes: true,
    };
    let row = double_well_row();
    let mut unfrozen = on_toy(&row, Box::new(unfrozen));
    assert!(!checks::stays_frozen(&row, &mut unfrozen).unwrap());
}

#[test]
fn the_other_checks_notice_a_wrong_sign_too() {
    let row = harmonic_row();
    let faulty = |n_replicas: usize, seed: u64| {
        let proposal = Box::new(Faulty {
            sound: mala(),
            fault: Fault::WrongSign,
        });
        let kernel = MetropolisKernel::new(proposal, n_replicas, seed);
        on_toy(&row, Box::new(kernel))
    };
    assert!(
        checks::uniform_ranks(&row, &mut faulty(3000, 55), 3000).is_err(),
        "ranks"
    );
    let verdict = checks::moments(&row, &mut faulty(6, 56), 6, [300, 4000]);
    assert!(verdict.is_err(), "moments");
}
