//! The table: one row for each proposal or kernel on each target it goes through. A new one needs a row and nothing else.

use crate::checks::Case;
use crate::molecules::{Backbone, Springs};
use crate::moves::{GaussianStep, Scaling};
use crate::targets::{DoubleWell, Harmonic, Target};
use crate::timewarp::{adaptive, ahead, gentle_timewarp, timewarp};
use crate::timewarp_internal::internal_timewarp;
use crate::torsion_moves::{closed_leap, concerted, leap, learned, torsion};
use crate::toy_engine::ToyEngine;
use saltus::gpu::CycleSampler;
use saltus::integrator::{Engine, Splitting};
use saltus::mcmc::{
    HostSampler, Kernel, KernelSequence, Ladder, LangevinKernel, MetropolisKernel, Mixture, Repeat,
    ReplicaExchange, Sampler,
};
use saltus::proposal::{Hmc, HmcSettings, Mala, MalaSettings, Proposal, TorsionDraw};
use std::sync::Arc;

/// Temperature of the rows without a ladder, K.
pub(crate) const KELVIN: f64 = 310.0;
/// Ladder of the rows with replica exchange, K.
pub(crate) const LADDER_KELVIN: [f64; 3] = [310.0, 400.0, 520.0];

/// What a row tests.
pub(crate) enum Make {
    /// A proposal, put to the Metropolis test.
    Proposal(fn() -> Box<dyn Proposal>),
    /// A kernel for so many replicas with such a seed.
    Kernel(fn(usize, u64) -> Box<dyn Kernel>),
    /// A cycle on the GPU with such a seed.
    Cycle(fn(u64) -> CycleSampler),
}

/// One row.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) target: fn() -> Arc<dyn Target>,
    pub(crate) make: Make,
    /// Reaches everything, so that one long chain has the exact moments too.
    pub(crate) ergodic: bool,
    /// Satisfies detailed balance in the positions, not only invariance.
    pub(crate) reversible: bool,
    /// Temperatures of a batch follow `LADDER_KELVIN`.
    pub(crate) on_ladder: bool,
}

impl Case for Row {
    fn name(&self) -> &str {
        self.name
    }

    fn target(&self) -> Arc<dyn Target> {
        (self.target)()
    }

    fn rungs_kelvin(&self) -> &[f64] {
        match self.on_ladder {
            true => &LADDER_KELVIN,
            false => &[KELVIN],
        }
    }
}

impl Row {
    pub(crate) fn kernel(&self, n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
        match self.make {
            Make::Proposal(make) => Box::new(MetropolisKernel::new(make(), n_replicas, seed)),
            Make::Kernel(make) => make(n_replicas, seed),
            Make::Cycle(_) => panic!("{} is no kernel of the host", self.name),
        }
    }

    /// What the row tests as a sampler: on this engine, unless it is a cycle with a device of its own.
    pub(crate) fn sampler<'a>(
        &self,
        engine: &'a mut dyn Engine,
        n_replicas: usize,
        seed: u64,
    ) -> Box<dyn Sampler + 'a> {
        match self.make {
            Make::Cycle(make) => Box::new(make(seed)),
            _ => Box::new(HostSampler::lent(
                engine,
                vec![self.kernel(n_replicas, seed)],
            )),
        }
    }

    /// An engine on the analytic energy.
    pub(crate) fn toy(&self) -> ToyEngine {
        ToyEngine::new((self.target)())
    }
}

fn harmonic() -> Arc<dyn Target> {
    Arc::new(Harmonic::new())
}

fn double_well() -> Arc<dyn Target> {
    Arc::new(DoubleWell)
}

pub(crate) fn springs() -> Arc<dyn Target> {
    Arc::new(Springs)
}

pub(crate) fn four_atoms() -> Arc<dyn Target> {
    Arc::new(Backbone::new(4))
}

/// Closed leaps of four residues, one of them drawn anew: seldom accepted, but all their densities count. Not a row of the table.
pub(crate) fn closed_leap_of_four() -> Row {
    Row {
        ergodic: false,
        ..proposal(
            "closed leap, fourteen atoms",
            || Arc::new(Backbone::new(14)),
            || closed_leap(14),
        )
    }
}

fn eleven_atoms() -> Arc<dyn Target> {
    Arc::new(Backbone::new(11))
}

fn ten_atoms() -> Arc<dyn Target> {
    Arc::new(Backbone::new(10))
}

/// Hybrid Monte Carlo with time steps so long that a fifth or more of the moves are rejected.
fn hmc(n_steps: u64, timestep_ps: f64, refresh: f64, target: Option<f64>) -> Box<dyn Proposal> {
    let settings = HmcSettings {
        steps: n_steps,
        timestep_fs: 1e3 * timestep_ps,
        refresh,
        adapt: target.is_some(),
        target_acceptance: target,
        ..HmcSettings::default()
    };
    Box::new(Hmc::new(&settings).unwrap())
}

/// The same by a splitting, in trajectories that differ in length.
fn split_hmc(splitting: Splitting, n_steps: u64, timestep_ps: f64) -> Box<dyn Proposal> {
    let settings = HmcSettings {
        integrator: splitting,
        steps: n_steps,
        timestep_fs: 1e3 * timestep_ps,
        jitter: 0.5,
        ..HmcSettings::default()
    };
    Box::new(Hmc::new(&settings).unwrap())
}

fn mala(timestep_ps: f64, target_acceptance: Option<f64>) -> Box<dyn Proposal> {
    let settings = MalaSettings {
        timestep_fs: 1e3 * timestep_ps,
        adapt: target_acceptance.is_some(),
        target_acceptance,
        repeats: 1,
    };
    Box::new(Mala::new(&settings).unwrap())
}

fn tested(proposal: Box<dyn Proposal>, n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    Box::new(MetropolisKernel::new(proposal, n_replicas, seed))
}

fn mixture(n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    let parts = vec![
        (2.0, tested(hmc(3, 0.03, 1.0, None), n_replicas, seed)),
        (1.0, tested(mala(0.03, None), n_replicas, seed + 1)),
        (
            0.5,
            tested(Box::new(Scaling::new(0.3)), n_replicas, seed + 2),
        ),
    ];
    Box::new(Mixture::new(parts, seed + 3).unwrap())
}

fn sequence(n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    let scaling = tested(Box::new(Scaling::new(0.2)), n_replicas, seed);
    let parts = vec![
        tested(hmc(3, 0.03, 0.6, None), n_replicas, seed + 1),
        Box::new(Repeat::new(scaling, 3).unwrap()) as Box<dyn Kernel>,
    ];
    Box::new(KernelSequence::new(parts).unwrap())
}

/// Mixture and sequence without moves that need a fixed origin.
fn free_mixture(n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    let step = tested(Box::new(GaussianStep::new(0.05)), n_replicas, seed);
    let parts = vec![
        (2.0, tested(hmc(3, 0.03, 1.0, None), n_replicas, seed + 1)),
        (1.0, tested(mala(0.03, None), n_replicas, seed + 2)),
        (
            0.5,
            Box::new(Repeat::new(step, 3).unwrap()) as Box<dyn Kernel>,
        ),
    ];
    Box::new(Mixture::new(parts, seed + 3).unwrap())
}

fn free_sequence(n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    let parts = vec![
        tested(hmc(3, 0.03, 0.6, None), n_replicas, seed),
        tested(Box::new(GaussianStep::new(0.05)), n_replicas, seed + 1),
        tested(mala(0.03, None), n_replicas, seed + 2),
    ];
    Box::new(KernelSequence::new(parts).unwrap())
}

fn exchange(n_replicas: usize, seed: u64) -> Box<dyn Kernel> {
    let ladder = Ladder::given(LADDER_KELVIN.to_vec()).unwrap();
    let swaps = ReplicaExchange::new(ladder, n_replicas, seed + 1).unwrap();
    let parts = vec![
        tested(hmc(3, 0.03, 0.7, None), n_replicas, seed),
        Box::new(swaps) as Box<dyn Kernel>,
    ];
    Box::new(KernelSequence::new(parts).unwrap())
}

/// A row of a reversible, ergodic proposal at one temperature.
const fn proposal(
    name: &'static str,
    target: fn() -> Arc<dyn Target>,
    make: fn() -> Box<dyn Proposal>,
) -> Row {
    Row {
        name,
        target,
        make: Make::Proposal(make),
        ergodic: true,
        reversible: true,
        on_ladder: false,
    }
}

/// A row of an ergodic kernel at one temperature that need not be reversible.
pub(crate) const fn kernel(
    name: &'static str,
    target: fn() -> Arc<dyn Target>,
    make: fn(usize, u64) -> Box<dyn Kernel>,
) -> Row {
    Row {
        name,
        target,
        make: Make::Kernel(make),
        ergodic: true,
        reversible: false,
        on_ladder: false,
    }
}

/// All rows.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = rows_on_wells();
    rows.extend(rows_on_springs());
    rows.extend(rows_on_chains());
    rows
}

/// Rows on targets that are no molecules.
fn rows_on_wells() -> Vec<Row> {
    vec![
        proposal("hmc, harmonic", harmonic, || hmc(3, 0.035, 1.0, None)),
        proposal("hmc, double well", double_well, || hmc(4, 0.05, 1.0, None)),
        proposal("hmc of many lengths, double well", double_well, || {
            let settings = HmcSettings {
                steps: 4,
                timestep_fs: 50.0,
                jitter: 0.8,
                ..HmcSettings::default()
            };
            Box::new(Hmc::new(&settings).unwrap())
        }),
        proposal("hmc of two stages, harmonic", harmonic, || {
            split_hmc(Splitting::TwoStage, 4, 0.04)
        }),
        proposal("hmc of two stages, double well", double_well, || {
            split_hmc(Splitting::TwoStage, 4, 0.08)
        }),
        // Next to its stability limit, where even a small asymmetry of its stages shows.
        proposal(
            "hmc of two stages, long steps, double well",
            double_well,
            || split_hmc(Splitting::TwoStage, 2, 0.14),
        ),
        proposal("hmc of three stages, harmonic", harmonic, || {
            split_hmc(Splitting::ThreeStage, 6, 0.045)
        }),
        proposal("hmc of three stages, double well", double_well, || {
            split_hmc(Splitting::ThreeStage, 6, 0.1)
        }),
        proposal("hmc tuned, harmonic", harmonic, || {
            hmc(3, 0.01, 1.0, Some(0.7))
        }),
        Row {
            reversible: false,
            ..proposal("hmc, partial refresh, harmonic", harmonic, || {
                hmc(2, 0.03, 0.5, None)
            })
        },
        Row {
            reversible: false,
            ..proposal("hmc, partial refresh, double well", double_well, || {
                hmc(2, 0.06, 0.4, None)
            })
        },
        proposal("mala, harmonic", harmonic, || mala(0.035, None)),
        proposal("mala, double well", double_well, || mala(0.09, None)),
        proposal("mala tuned, harmonic", harmonic, || mala(0.01, Some(0.574))),
        proposal("gaussian step, double well", double_well, || {
            Box::new(GaussianStep::new(0.08))
        }),
        Row {
            ergodic: false,
            ..proposal("scaling, harmonic", harmonic, || {
                Box::new(Scaling::new(0.3))
            })
        },
        Row {
            ergodic: false,
            ..proposal("scaling, double well", double_well, || {
                Box::new(Scaling::new(0.5))
            })
        },
        proposal("timewarp, random weights, harmonic", harmonic, || {
            timewarp(3, 0.05, true)
        }),
        proposal(
            "timewarp given v, random weights, double well",
            double_well,
            || timewarp(1, 0.08, false),
        ),
        Row {
            reversible: true,
            ..kernel(
                "timewarp three ahead, double well",
                double_well,
                |_, seed| ahead(4, 3, seed),
            )
        },
        Row {
            reversible: true,
            ..kernel(
                "timewarp ahead adaptively, harmonic",
                harmonic,
                |_, seed| adaptive(seed),
            )
        },
        Row {
            reversible: true,
            ..kernel("mixture, harmonic", harmonic, mixture)
        },
        kernel("mixture, double well", double_well, mixture),
        kernel("sequence, harmonic", harmonic, sequence),
        kernel("langevin, harmonic", harmonic, |_, seed| {
            // The middle scheme has no time-step error in the positions of a harmonic well.
            Box::new(LangevinKernel::new(5, 0.02, 5.0, seed))
        }),
        Row {
            on_ladder: true,
            ..kernel("replica exchange, harmonic", harmonic, exchange)
        },
        Row {
            on_ladder: true,
            ..kernel("replica exchange, double well", double_well, exchange)
        },
    ]
}

/// Rows on springs: what moves all atoms.
fn rows_on_springs() -> Vec<Row> {
    vec![
        proposal("hmc, springs", springs, || hmc(3, 0.035, 1.0, None)),
        proposal("hmc tuned, springs", springs, || {
            hmc(3, 0.01, 1.0, Some(0.7))
        }),
        Row {
            reversible: false,
            ..proposal("hmc, partial refresh, springs", springs, || {
                hmc(2, 0.03, 0.5, None)
            })
        },
        proposal("mala, springs", springs, || mala(0.035, None)),
        proposal("gaussian step, springs", springs, || {
            Box::new(GaussianStep::new(0.04))
        }),
        proposal("timewarp, random weights, springs", springs, || {
            gentle_timewarp(3, 0.05)
        }),
        Row {
            reversible: true,
            ..kernel("timewarp ahead adaptively, springs", springs, |_, seed| {
                adaptive(seed)
            })
        },
        Row {
            reversible: true,
            ..kernel("mixture, springs", springs, free_mixture)
        },
        kernel("sequence, springs", springs, free_sequence),
        kernel("langevin, springs", springs, |_, seed| {
            Box::new(LangevinKernel::new(5, 0.02, 5.0, seed))
        }),
        Row {
            on_ladder: true,
            ..kernel("replica exchange, springs", springs, exchange)
        },
    ]
}

/// Rows on chains of atoms: what turns torsions.
fn rows_on_chains() -> Vec<Row> {
    vec![
        Row {
            ergodic: false,
            ..proposal("hmc, four atoms", four_atoms, || hmc(4, 0.008, 1.0, None))
        },
        Row {
            ergodic: false,
            ..proposal("torsion uniform, four atoms", four_atoms, || {
                torsion(TorsionDraw::Uniform)
            })
        },
        Row {
            ergodic: false,
            ..proposal("torsion normal, four atoms", four_atoms, || {
                torsion(TorsionDraw::Normal)
            })
        },
        Row {
            ergodic: false,
            ..proposal("torsion flip, four atoms", four_atoms, || {
                torsion(TorsionDraw::Flip)
            })
        },
        Row {
            ergodic: false,
            ..proposal("adaptive torsion, four atoms", four_atoms, || learned(0))
        },
        Row {
            ergodic: false,
            ..proposal(
                "adaptive torsion given angles, four atoms",
                four_atoms,
                || learned(2),
            )
        },
        Row {
            ergodic: false,
            ..proposal("torsion leap, random weights, four atoms", four_atoms, leap)
        },
        Row {
            ergodic: false,
            ..proposal("concerted, ten atoms", ten_atoms, concerted)
        },
        Row {
            ergodic: false,
            ..proposal("closed leap, eleven atoms", eleven_atoms, || {
                closed_leap(11)
            })
        },
        proposal(
            "timewarp in internal coordinates, random weights, four atoms",
            four_atoms,
            || internal_timewarp(4),
        ),
        proposal(
            "timewarp in internal coordinates, random weights, ten atoms",
            ten_atoms,
            || internal_timewarp(10),
        ),
    ]
}
