//! Cis and trans of the peptide bond before a proline: flips that go half a turn, and the share of cis that they lead to.

use crate::support::{TEMPERATURE_KELVIN, ToyEngine, chain, molecule};
use saltus::forcefield::{BornModel, ForceField, SystemOptions};
use saltus::mcmc::{Chain, Kernel, MetropolisKernel, Repeat};
use saltus::proposal::{
    AdaptivePuckerProposal, AdaptiveTorsionProposal, AdaptiveTorsionSettings, BlockKind, Current,
    Hmc, HmcSettings, Proposal, TorsionDraw, TorsionProposal, TorsionSettings, flip_blocks,
};
use saltus::rng;
use saltus::topology::{Molecule, peptide_bonds, torsion_rad};
use std::f64::consts::{PI, TAU};

fn flips(molecule: &Molecule) -> TorsionProposal {
    let settings = TorsionSettings {
        kind: BlockKind::Omega,
        proposal: TorsionDraw::Flip,
        ..TorsionSettings::default()
    };
    TorsionProposal::new(&molecule.topology, &settings).unwrap()
}

#[test]
fn a_flip_turns_one_peptide_bond_by_half_a_turn_and_a_little() {
    const N_REPLICAS: usize = 4000;
    let molecule = molecule("ACE-ALA-PRO-GLY-NME");
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let chain = chain(&molecule, N_REPLICAS);
    let current = Current {
        state: &chain.state,
        energies: &[],
        temperatures_kelvin: &chain.temperatures_kelvin,
    };
    let mut streams = rng::streams(3, N_REPLICAS);
    let proposed = flips(&molecule).propose(current, &mut engine, &mut streams);
    let bonds = peptide_bonds(&molecule.topology);
    let (mut of_proline, mut offs) = (0, Vec::new());
    for replica in proposed
        .unwrap()
        .positions
        .chunks_exact(molecule.positions.len() * 3)
    {
        let turns = bonds.iter().map(|bond| {
            let angle = |x: &[[f64; 3]]| torsion_rad(x, bond.atoms);
            let turn = angle(replica.as_chunks().0) - angle(&molecule.positions);
            turn - TAU * (turn / TAU).round()
        });
        let turned: Vec<(usize, f64)> = turns
            .enumerate()
            .filter(|(_, turn)| turn.abs() > 1e-9)
            .collect();
        let [(bond, turn)] = turned[..] else {
            panic!("{turned:?}")
        };
        offs.push(turn - PI.copysign(turn));
        of_proline += usize::from(bonds[bond].is_tertiary);
    }
    // Four of five, the next whole number of times: 12 to 3 others.
    assert!(
        of_proline.abs_diff(N_REPLICAS * 4 / 5) < 150,
        "{of_proline}"
    );
    assert!(offs.iter().all(|off| off.abs() < 0.6));
    let square = offs.iter().map(|off| off * off).sum::<f64>() / f64::from(4000);
    assert!((square.sqrt() - 0.1).abs() < 0.01, "{square}");
}

#[test]
fn a_molecule_without_proline_flips_all_its_peptide_bonds_alike() {
    let names = |sequence: &str| -> Vec<String> {
        let blocks = flip_blocks(&molecule(sequence).topology).into_iter();
        blocks.map(|block| block.name).collect()
    };
    assert_eq!(names("ACE-ALA-NME"), ["omega_1", "omega_2"]);
    assert_eq!(
        names("ACE-PRO-NME"),
        ["omega_1", "omega_1", "omega_1", "omega_1", "omega_2"]
    );
}

/// Share of cis of ACE-PRO-NME in amber14 and OBC1 at 310 K.
///
/// 20.4 +- 0.2 % is of uniform draws of omega (35,000 transitions), with rigid bonds to hydrogen; `benches/openmm_cis.py` finds it
/// with OpenMM, a flattened barrier and weights.
const CIS_SHARE: [f64; 2] = [0.204, 0.002];

/// The share with its standard error, and how often a replica changed, by some sampler of isomers beside hmc and (phi, psi).
fn sampled(isomers: Box<dyn Proposal>, seed: u64) -> ([f64; 2], usize) {
    const N_REPLICAS: usize = 64;
    let molecule = molecule("ACE-PRO-NME");
    let system = ForceField::builtin("amber14").unwrap();
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let system = system.assign(&molecule.topology, &options).unwrap();
    let mut engine = saltus::cpu::engine(&system, &Default::default()).unwrap();
    let mut chain = Chain::start(&molecule.positions, &[TEMPERATURE_KELVIN; N_REPLICAS]);
    let hmc = Hmc::new(&HmcSettings {
        steps: 12,
        timestep_fs: 1.0,
        jitter: 0.5,
        ..HmcSettings::default()
    });
    let pairs =
        AdaptiveTorsionProposal::new(&molecule.topology, &AdaptiveTorsionSettings::default());
    let own = |proposal: Box<dyn Proposal>, place| {
        MetropolisKernel::new(proposal, N_REPLICAS, seed + place)
    };
    let isomers = Repeat::new(Box::new(own(isomers, 2)), 4).unwrap();
    let mut kernels: Vec<Box<dyn Kernel>> = vec![
        Box::new(own(Box::new(hmc.unwrap()), 0)),
        Box::new(own(Box::new(pairs.unwrap()), 1)),
        Box::new(isomers),
    ];
    let omega = peptide_bonds(&molecule.topology)[0].atoms;
    let mut sums = vec![0.0; N_REPLICAS];
    let mut before = vec![false; N_REPLICAS];
    let mut changes = 0;
    let (n_equilibration, n_cycles) = (400_u32, 1000_u32);
    for cycle in 0..n_equilibration + n_cycles {
        if cycle == n_equilibration {
            kernels.iter_mut().for_each(|kernel| kernel.freeze());
        }
        for kernel in &mut kernels {
            kernel.step(&mut chain, engine.as_mut()).unwrap();
        }
        for (replica, (sum, before)) in sums.iter_mut().zip(&mut before).enumerate() {
            let positions = chain.state.replica_positions(replica).as_chunks().0;
            let is_cis = torsion_rad(positions, omega).cos() > 0.0;
            if cycle >= n_equilibration {
                *sum += f64::from(u8::from(is_cis)) / f64::from(n_cycles);
                changes += usize::from(is_cis != *before);
            }
            *before = is_cis;
        }
    }
    let n = f64::from(64);
    let mean = sums.iter().sum::<f64>() / n;
    let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / (n - 1.0);
    ([mean, (variance / n).sqrt()], changes)
}

#[test]
fn a_fifth_of_capped_proline_is_cis_by_two_samplers() {
    let topology = molecule("ACE-PRO-NME").topology;
    let pucker = AdaptivePuckerProposal::new(&topology).unwrap();
    for (name, isomers) in [
        (
            "flips",
            Box::new(flips(&molecule("ACE-PRO-NME"))) as Box<dyn Proposal>,
        ),
        ("adaptive_pucker", Box::new(pucker)),
    ] {
        let ([share, error], changes) = sampled(isomers, 5);
        println!(
            "{name}: {:.2} +- {:.2} % cis, {changes} changes",
            100.0 * share,
            100.0 * error
        );
        assert!(error < 0.012, "{name}: {error}");
        assert!(changes > 2000, "{name}: {changes}");
        let z = (share - CIS_SHARE[0]) / error.hypot(CIS_SHARE[1]);
        assert!(z.abs() < 4.0, "{name}: {z}");
    }
}
