//! A proposal of one's own against plain MD: who yields more effective samples a second of wall-clock time?
//! `cargo run --release --example compare_proposals -- [seconds of each sampler]`
#![expect(clippy::print_stdout, reason = "an example shows its numbers")]
use nalgebra::{Point3, Rotation3};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Stream;
use saltus::analysis::ObservableSet;
use saltus::bench::{BenchSampler, BenchTimes, compare};
use saltus::cpu::{CpuOptions, engine};
use saltus::mcmc::{HostSampler, Kernel, LangevinKernel};
use saltus::proposal::{Hmc, HmcSettings, ProposalError};
use saltus::topology::{RotatableBond, TorsionKind, build, rotatable_bonds};
use saltus::{BornModel, Chain, Current, Engine, ForceField, LogRatio, MetropolisKernel};
use saltus::{Proposal, Proposed, Sequence, SystemOptions};

/// One end of the molecule turns about a bond of the backbone, by any angle.
struct Turn {
    bonds: Vec<RotatableBond>,
}

impl Proposal for Turn {
    fn name(&self) -> &str {
        "turn"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        _engine: &mut dyn Engine,
        streams: &mut [Stream],
    ) -> Result<Proposed, ProposalError> {
        let mut positions = current.state.positions.clone();
        let replicas = positions.chunks_mut(current.state.n_atoms * 3);
        for (replica, stream) in replicas.zip(streams) {
            let x = replica.as_chunks_mut::<3>().0;
            let bond = &self.bonds[stream.random_range(0..self.bonds.len())];
            let [from, to] = [bond.atoms[1], bond.atoms[2]].map(|atom| Point3::from(x[atom]));
            let turn = Rotation3::new((to - from).normalize() * stream.random_range(-3.2..3.2));
            for &atom in &bond.moving {
                x[atom] = (from + turn * (Point3::from(x[atom]) - from)).into();
            }
        }
        // The bond stays, so the turn back is as likely as the turn; rotations keep volumes: no Jacobian.
        Ok(Proposed::new(positions, LogRatio::Symmetric))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(20.0), |text| text.parse())?;
    let peptide = build(&Sequence::parse("ACE-ALA-NME")?, &[])?;
    let solvent = Some(BornModel::Obc1);
    let options = SystemOptions {
        solvent,
        ..SystemOptions::default()
    };
    let system = ForceField::builtin("amber14")?.assign(&peptide.topology, &options)?;
    let start = Chain::start(&peptide.positions, &[310.0; 16]);
    let sampler = |name, kernels: Vec<Box<dyn Kernel>>| -> Result<_, Box<dyn std::error::Error>> {
        let mut engine = engine(&system, &CpuOptions::default())?;
        let mut chain = start.clone();
        engine.draw_velocities(&mut chain.state, &chain.temperatures_kelvin, 1, 0);
        let cycles = Box::new(HostSampler::new(engine, kernels));
        Ok(BenchSampler::new(name, cycles, chain, 1))
    };

    let mut bonds = rotatable_bonds(&peptide.topology);
    bonds.retain(|bond| matches!(bond.kind, TorsionKind::Phi | TorsionKind::Psi));
    let hmc = Hmc::new(&HmcSettings::default())?;
    let own: Vec<Box<dyn Kernel>> = vec![
        Box::new(MetropolisKernel::new(Box::new(hmc), 16, 2)),
        Box::new(MetropolisKernel::new(Box::new(Turn { bonds }), 16, 3)),
    ];
    let md: Vec<Box<dyn Kernel>> = vec![Box::new(LangevinKernel::new(100, 0.001, 1.0, 4))];
    let samplers = vec![sampler("md", md)?.plain_md(), sampler("turn", own)?];
    let times = BenchTimes {
        seconds,
        md_seconds: 0.5 * seconds,
    };
    let set = ObservableSet::of(&peptide.topology)?;
    let outcome = compare(samplers, &set, times, &mut |_| true)?;
    for sampler in &outcome.comparison.samplers {
        let (ratio, slowest) = (sampler.ratio_to_md, &sampler.slowest.observable);
        println!(
            "{}: {:.3} effective samples of {slowest} a second, {:.1} times plain MD's ({:.1} to {:.1})",
            sampler.name, sampler.ess_per_second, ratio.value, ratio.low, ratio.high
        );
    }
    Ok(())
}
