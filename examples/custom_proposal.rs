//! A user's own proposal: a peptide plane turns about the line between two carbons. `cargo run --release --example custom_proposal`
#![expect(clippy::print_stdout, reason = "an example shows its numbers")]
use nalgebra::{Point3, Rotation3};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Stream;
use saltus::forcefield::{ForceField, SystemOptions};
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, LangevinKernel, MetropolisKernel};
use saltus::proposal::{Current, LogRatio, Proposal, ProposalError, Proposed};
use saltus::topology::{Sequence, build};

struct Crankshaft {
    axis: [usize; 2],
    atoms: Vec<usize>,
}

impl Proposal for Crankshaft {
    fn name(&self) -> &str {
        "crankshaft"
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
            let [from, to] = self.axis.map(|atom| Point3::from(x[atom]));
            let turn = Rotation3::new((to - from).normalize() * stream.random_range(-0.2..0.2));
            for &atom in &self.atoms {
                x[atom] = (from + turn * (Point3::from(x[atom]) - from)).into();
            }
        }
        // The axis stays, so the turn back is as likely as the turn; rotations keep volumes: no Jacobian.
        Ok(Proposed::new(positions, LogRatio::Symmetric))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let peptide = build(&Sequence::parse("ACE-ALA-NME")?, &[])?;
    let options = SystemOptions::default();
    let system = ForceField::builtin("amber14")?.assign(&peptide.topology, &options)?;
    let mut engine = saltus::cpu::engine(&system, &Default::default())?;
    let mut chain = Chain::start(&peptide.positions, &[310.0; 16]);
    let atom = |residue, name| peptide.topology.atom_index(residue, name).ok_or(name);
    let axis = [atom(0, "CH3")?, atom(1, "CA")?];
    let atoms = vec![atom(0, "C")?, atom(0, "O")?, atom(1, "N")?, atom(1, "H")?];
    let mut own = MetropolisKernel::new(Box::new(Crankshaft { axis, atoms }), 16, 1);
    for _ in 0..500 {
        LangevinKernel::new(10, 0.001, 1.0, 2).step(&mut chain, engine.as_mut())?;
        own.step(&mut chain, engine.as_mut())?;
    }
    Ok(println!("crankshaft: {:?}", own.statistics()))
}
