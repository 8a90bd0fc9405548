//! The committed reference of alanine dipeptide: an exact sampler agrees with it, one that forgets a factor does not.

use std::path::{Path, PathBuf};

use rand_xoshiro::Xoshiro256PlusPlus as Stream;
use saltus::cpu::CpuOptions;
use saltus::forcefield::{BornModel, ForceField, SystemOptions};
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{
    Current, Hmc, HmcSettings, LogRatio, Proposal, ProposalError, Proposed, TorsionProposal,
    TorsionSettings,
};
use saltus::state::Frame;
use saltus::topology::{Molecule, Sequence, TorsionKind, build, named_torsions, torsion_rad};
use saltus::trajectory::{Header, Writer};

use super::support::{analyze_json, find};

const N_REPLICAS: usize = 8;
const N_EQUILIBRATION: usize = 300;
const N_FRAMES: usize = 3000;

/// Turns (phi, psi) uniformly, but states ln q as if a tilt by cos psi belonged to it: it samples
/// exp(-U/kT + tilt cos psi).
struct Forgetful {
    turns: TorsionProposal,
    psi: [usize; 4],
    tilt: f64,
}

impl Proposal for Forgetful {
    fn name(&self) -> &str {
        "forgetful"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Stream],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.turns.propose(current, engine, streams)?;
        let tilted = |positions: &[f64]| -> Vec<f64> {
            let replicas = positions.chunks_exact(3 * current.state.n_atoms);
            replicas
                .map(|x| self.tilt * torsion_rad(x.as_chunks().0, self.psi).cos())
                .collect()
        };
        proposed.log_ratio = LogRatio::Densities {
            log_q_forward: tilted(&current.state.positions),
            log_q_reverse: tilted(&proposed.positions),
        };
        Ok(proposed)
    }
}

fn dipeptide() -> (Molecule, Box<dyn Engine>) {
    let molecule = build(&Sequence::parse("ACE-ALA-NME").unwrap(), &[]).unwrap();
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    let system = force_field.assign(&molecule.topology, &options).unwrap();
    let options = CpuOptions {
        threads: 1,
        ..CpuOptions::default()
    };
    let engine = saltus::cpu::engine(&system, &options).unwrap();
    (molecule, engine)
}

/// Runs `hmc` with the torsion moves and writes a trajectory for each replica.
fn sample(folder: &Path, tilt: f64) {
    let (molecule, mut engine) = dipeptide();
    let torsions = named_torsions(&molecule.topology);
    let psi = torsions
        .iter()
        .find(|torsion| torsion.kind == TorsionKind::Psi)
        .unwrap()
        .atoms;
    let turns = TorsionProposal::new(&molecule.topology, &TorsionSettings::default()).unwrap();
    let hmc = HmcSettings {
        steps: 20,
        timestep_fs: 1.0,
        refresh: 1.0,
        adapt: false,
        target_acceptance: None,
        ..HmcSettings::default()
    };
    let leap = Forgetful { turns, psi, tilt };
    let mut kernels = [
        MetropolisKernel::new(Box::new(Hmc::new(&hmc).unwrap()), N_REPLICAS, 1),
        MetropolisKernel::new(Box::new(leap), N_REPLICAS, 2),
    ];
    let mut chain = Chain::start(&molecule.positions, &[310.0; N_REPLICAS]);
    let mut writers = writers(folder, &molecule);
    for cycle in 0..N_EQUILIBRATION + N_FRAMES {
        kernels[0].step(&mut chain, engine.as_mut()).unwrap();
        for _ in 0..4 {
            kernels[1].step(&mut chain, engine.as_mut()).unwrap();
        }
        if cycle >= N_EQUILIBRATION {
            record(&mut writers, &mut chain, engine.as_mut(), cycle as u64);
        }
    }
    for writer in writers {
        writer.finish().unwrap();
    }
}

fn writers(folder: &Path, molecule: &Molecule) -> Vec<Writer> {
    std::fs::create_dir_all(folder).unwrap();
    let header = Header {
        topology: molecule.topology.clone(),
        temperature_kelvin: 310.0,
        ..Header::default()
    };
    (0..N_REPLICAS)
        .map(|replica| {
            let path = folder.join(format!("trajectory_{replica:04}.h5"));
            Writer::create(&path, &header, false).unwrap()
        })
        .collect()
}

fn record(writers: &mut [Writer], chain: &mut Chain, engine: &mut dyn Engine, step: u64) {
    let energies = chain.energies(engine).to_vec();
    for (replica, writer) in writers.iter_mut().enumerate() {
        #[expect(clippy::cast_possible_truncation, reason = "files hold f32")]
        let positions = chain
            .state
            .replica_positions(replica)
            .iter()
            .map(|&x| x as f32);
        let frame = Frame {
            step,
            time_ps: chain.time_ps,
            positions: positions.collect(),
            potential_energy_kj_per_mol: energies[replica],
            ..Frame::default()
        };
        writer.append(frame).unwrap();
    }
}

#[test]
fn a_sampler_that_forgets_a_factor_is_exposed_and_an_exact_one_is_not() {
    let reference = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("data/reference/alanine-dipeptide.json")
        .display()
        .to_string();
    let home = tempfile::tempdir().unwrap();
    let compared = |name: &str, tilt: f64| {
        sample(&home.path().join(name), tilt);
        let report = analyze_json(home.path(), &[name, "--reference", &reference]);
        report["reference"].clone()
    };
    let exact = compared("exact", 0.0);
    assert_eq!(exact["biased"], false, "{exact}");
    let biased = compared("biased", 0.25);
    assert_eq!(biased["biased"], true, "{biased}");
    assert_eq!(find(&biased["means"], "name", "cos_psi_2")["flagged"], true);
    let distance = |comparison: &serde_json::Value| {
        find(&comparison["distances"], "quantity", "phi_2,psi_2")["jensen_shannon"]
            .as_f64()
            .unwrap()
    };
    assert!(
        distance(&biased) > 1.2 * distance(&exact),
        "{exact} {biased}"
    );
}
