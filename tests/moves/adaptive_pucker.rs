//! Rings drawn anew: densities that are those of the draws, hydrogens that keep their bonds, checkpoints, and worth having.

use crate::support::{Springs, TEMPERATURE_KELVIN, ToyEngine, chain, molecule};
use rand::RngExt;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::forcefield::{ForceField, SystemOptions};
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{
    AdaptivePuckerProposal, BlockKind, Current, Hmc, HmcSettings, LogRatio, Outcome, Proposal,
    ProposalError, Proposed, PuckerProposal, torsion_blocks,
};
use saltus::rng;
use saltus::state::State;
use saltus::topology::{Molecule, chiral_centers, peptide_bonds, pucker_rings, torsion_rad};
use std::f64::consts::PI;

/// With a residue before the ring, whose phi turns, and without.
const SEQUENCES: [&str; 2] = ["ACE-PRO-NME", "PA"];

/// Widths of all coordinates in nm: narrow for what the ring is drawn from, wide for what only turns along.
fn widths_nm(molecule: &Molecule) -> Vec<f64> {
    let ring = &pucker_rings(&molecule.topology)[0];
    let hydrogens = [&ring.on_beta, &ring.on_gamma, &ring.on_delta];
    let atoms = molecule.topology.atoms.iter().enumerate();
    let width = |(index, atom): (usize, &saltus::topology::Atom)| {
        // Beyond the peptide bond, whose torsion is drawn too.
        let turns = atom.residue_index < ring.residue_index && atom.name.starts_with('H');
        let beyond = atom.residue_index < ring.residue_index && atom.name != "C";
        if turns || hydrogens.iter().any(|own| own.contains(&index)) {
            [0.1; 3]
        } else if beyond {
            [0.04; 3]
        } else {
            [0.012; 3]
        }
    };
    atoms.flat_map(width).collect()
}

/// The built positions with the peptide bond before the ring turned from trans to cis, where there is one.
fn other_isomer(molecule: &Molecule) -> Option<Vec<f64>> {
    let ring = &pucker_rings(&molecule.topology)[0];
    let bonds = torsion_blocks(&molecule.topology, BlockKind::Omega, false);
    let before = bonds
        .iter()
        .find(|bond| bond.residue_index + 1 == ring.residue_index)?;
    let mut positions = molecule.positions.as_flattened().to_vec();
    before.pivots[0].turn(&mut positions, PI);
    Some(positions)
}

/// Springs around the built positions and, less often, around those with the ring mirrored, and with the other isomer.
fn wells(molecule: &Molecule) -> Springs {
    let mut mirrors = PuckerProposal::new(&molecule.topology).unwrap();
    let built = chain(molecule, 1);
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mirrored = mirrors.propose(current(&built), &mut engine, &mut rng::streams(1, 1));
    let mut rests = vec![
        (0.45, built.state.positions.clone()),
        (0.3, mirrored.unwrap().positions),
    ];
    let cis = other_isomer(molecule).unwrap_or_else(|| built.state.positions.clone());
    rests.push((0.25, cis));
    Springs {
        rests_nm: rests,
        widths_nm: widths_nm(molecule),
    }
}

/// An energy of springs, and positions that are exact draws from it.
fn springs(molecule: &Molecule, n_replicas: usize, seed: u64) -> (ToyEngine, Chain) {
    let engine = ToyEngine::on_springs(&molecule.topology, wells(molecule));
    let mut chain = chain(molecule, n_replicas);
    scatter(&mut chain, molecule, seed);
    (engine, chain)
}

fn scatter(chain: &mut Chain, molecule: &Molecule, seed: u64) {
    let mut stream = rng::stream(seed);
    let wells = wells(molecule);
    for replica in chain.state.positions.chunks_exact_mut(rest_len(molecule)) {
        replica.copy_from_slice(&wells.draw(&mut stream));
    }
    for v in &mut chain.state.velocities {
        *v = stream.sample::<f64, _>(StandardNormal);
    }
    chain.energies = None;
}

fn current(chain: &Chain) -> Current<'_> {
    Current {
        state: &chain.state,
        energies: &[],
        temperatures_kelvin: &chain.temperatures_kelvin,
    }
}

/// A proposal that has learned springs, frozen.
fn learned(molecule: &Molecule) -> AdaptivePuckerProposal {
    let mut proposal = AdaptivePuckerProposal::new(&molecule.topology).unwrap();
    let (_, mut chain) = springs(molecule, 4000, 1);
    for seed in 2..7 {
        scatter(&mut chain, molecule, seed);
        proposal.adapt(current(&chain), &[]);
    }
    proposal.freeze();
    assert!(proposal.is_ready());
    proposal
}

/// A planted error: keeps the draws and forgets their densities.
struct Forgets(AdaptivePuckerProposal);

impl Proposal for Forgets {
    fn name(&self) -> &str {
        "forgetful pucker"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.0.propose(current, engine, streams)?;
        proposed.log_ratio = LogRatio::Symmetric;
        Ok(proposed)
    }
}

/// A planted error: counts half of the ratio of the densities.
struct Halves(AdaptivePuckerProposal);

impl Proposal for Halves {
    fn name(&self) -> &str {
        "half a pucker"
    }

    fn propose(
        &mut self,
        current: Current<'_>,
        engine: &mut dyn Engine,
        streams: &mut [Xoshiro256PlusPlus],
    ) -> Result<Proposed, ProposalError> {
        let mut proposed = self.0.propose(current, engine, streams)?;
        if let LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = &mut proposed.log_ratio
        {
            let ways = log_q_reverse.iter_mut().zip(log_q_forward);
            ways.for_each(|(back, there)| *back = 0.5 * (*back + *there));
        }
        Ok(proposed)
    }
}

/// Mean and mean square of every coordinate with the variances of both, positions counted from the built ones.
fn moments(chain: &Chain, molecule: &Molecule) -> Vec<[f64; 2]> {
    let rest = molecule.positions.as_flattened();
    let replicas = chain.state.positions.chunks_exact(rest.len());
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let n = chain.state.n_replicas as f64;
    let mut sums = vec![[0.0; 2]; 2 * rest.len()];
    for replica in replicas {
        for ((x, rest), sums) in replica.iter().zip(rest).zip(sums.chunks_exact_mut(2)) {
            let off = x - rest;
            for (value, sum) in [off, off * off].into_iter().zip(sums) {
                *sum = [sum[0] + value, sum[1] + value * value];
            }
        }
    }
    sums.into_iter()
        .map(|[sum, squares]| [sum / n, (squares / n - (sum / n).powi(2)) / n])
        .collect()
}

/// Exact draws after some moves against others: largest deviation of a coordinate's mean and mean square in standard errors,
/// and the acceptance.
fn worst_z(molecule: &Molecule, proposal: Box<dyn Proposal>) -> (f64, f64) {
    const N_REPLICAS: usize = 40_000;
    let (mut engine, mut chain) = springs(molecule, N_REPLICAS, 76);
    let mut kernel = MetropolisKernel::new(proposal, N_REPLICAS, 9);
    kernel.freeze();
    for _ in 0..8 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    let moved = moments(&chain, molecule);
    scatter(&mut chain, molecule, 77);
    let z = |(moved, exact): (&[f64; 2], &[f64; 2])| {
        (moved[0] - exact[0]).abs() / (moved[1] + exact[1]).sqrt()
    };
    let exact = moments(&chain, molecule);
    let worst = moved.iter().zip(&exact).map(z).fold(0.0, f64::max);
    let statistics = kernel.statistics();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let acceptance = statistics.accepted as f64 / statistics.proposed as f64;
    (worst, acceptance)
}

fn rest_len(molecule: &Molecule) -> usize {
    molecule.positions.len() * 3
}

#[test]
fn exact_draws_stay_exact_and_planted_errors_show() {
    for sequence in SEQUENCES {
        let molecule = molecule(sequence);
        let learned = learned(&molecule);
        // Some 160 figures: beyond 4.5 standard errors once in a thousand times.
        let (sound, acceptance) = worst_z(&molecule, Box::new(learned.clone()));
        let (forgets, _) = worst_z(&molecule, Box::new(Forgets(learned.clone())));
        let (halves, _) = worst_z(&molecule, Box::new(Halves(learned)));
        println!(
            "{sequence}: worst z {sound:.2} at acceptance {acceptance:.3}, planted {forgets:.2} and {halves:.2}"
        );
        assert!(acceptance > 0.05, "{acceptance}");
        assert!(sound < 4.5, "{sound}");
        assert!(forgets > 9.0, "{forgets}");
        assert!(halves > 9.0, "{halves}");
    }
}

#[test]
fn bonds_to_hydrogen_keep_length_and_rate_and_centres_their_chirality() {
    for sequence in SEQUENCES {
        let molecule = molecule(sequence);
        let mut proposal = learned(&molecule);
        let (mut engine, chain) = springs(&molecule, 50, 12);
        let mut streams = rng::streams(4, 50);
        let proposed = proposal.propose(current(&chain), &mut engine, &mut streams);
        let proposed = proposed.unwrap();
        let ring = &pucker_rings(&molecule.topology)[0];
        let size = rest_len(&molecule);
        let after_velocities = proposed.velocities.unwrap().accepted;
        let after = proposed
            .positions
            .chunks_exact(size)
            .zip(after_velocities.chunks_exact(size));
        let before = chain.state.positions.chunks_exact(size);
        let before = before.zip(chain.state.velocities.chunks_exact(size));
        for ((x, v), (y, w)) in before.zip(after) {
            for &[a, b] in &molecule.topology.bonds {
                let names = [a, b].map(|atom| molecule.topology.atoms[atom].name.as_str());
                if !names.iter().any(|name| name.starts_with('H')) {
                    continue;
                }
                let along = |x: &[f64], v: &[f64]| -> f64 {
                    let terms = (0..3)
                        .map(|k| (x[3 * a + k] - x[3 * b + k]) * (v[3 * a + k] - v[3 * b + k]));
                    terms.sum()
                };
                assert!((along(x, x) - along(y, y)).abs() < 1e-12, "{names:?}");
                // N keeps its velocity where hydrogens on it stay; CA's hydrogen never moves.
                assert!((along(x, v) - along(y, w)).abs() < 1e-11, "{names:?}");
            }
            let speed = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
            assert!((speed(v) - speed(w)).abs() < 1e-10);
            let [n, ca, ..] = ring.atoms;
            assert_eq!(x[3 * ca..3 * ca + 3], y[3 * ca..3 * ca + 3]);
            assert_eq!(x[3 * n..3 * n + 3], y[3 * n..3 * n + 3]);
        }
    }
}

#[test]
fn a_saved_density_draws_the_same_bits() {
    let molecule = molecule("ACE-PRO-NME");
    let mut proposal = learned(&molecule);
    let mut restored = AdaptivePuckerProposal::new(&molecule.topology).unwrap();
    let text = serde_json::to_string(&proposal.save()).unwrap();
    let saved = serde_json::from_str(&text).unwrap();
    restored.restore(&saved).unwrap();
    let (mut engine, chain) = springs(&molecule, 20, 3);
    let mut draw = |proposal: &mut AdaptivePuckerProposal| {
        let mut streams = rng::streams(8, 20);
        proposal
            .propose(current(&chain), &mut engine, &mut streams)
            .unwrap()
    };
    assert_eq!(draw(&mut proposal), draw(&mut restored));
    let other = AdaptivePuckerProposal::new(&crate::support::molecule("PA").topology);
    let error = other.unwrap().restore(&saved).unwrap_err();
    assert!(error.contains("another input file"), "{error}");
}

/// What is drawn is as wide as the replica's own temperature asks for, whichever replicas are drawn with it.
#[test]
fn a_hot_replica_is_drawn_alike_in_every_company() {
    let molecule = molecule(SEQUENCES[0]);
    let mut proposal = AdaptivePuckerProposal::new(&molecule.topology).unwrap();
    let (mut engine, mut chain) = springs(&molecule, 2000, 1);
    for (replica, kelvin) in chain.temperatures_kelvin.iter_mut().enumerate() {
        *kelvin = if replica == 1 { 2.0 } else { 1.0 } * TEMPERATURE_KELVIN;
    }
    for seed in 2..7 {
        scatter(&mut chain, &molecule, seed);
        proposal.adapt(current(&chain), &[]);
    }
    proposal.freeze();
    let mut draw =
        |state: State, temperatures_kelvin: &[f64], streams: &mut [Xoshiro256PlusPlus]| {
            let current = Current {
                state: &state,
                energies: &[],
                temperatures_kelvin,
            };
            proposal.propose(current, &mut engine, streams).unwrap()
        };
    let size = rest_len(&molecule);
    let streams = || rng::streams(3, 2000);
    let together = draw(
        chain.state.clone(),
        &chain.temperatures_kelvin,
        &mut streams(),
    );
    let hot = chain.state.one_replica(1);
    let alone = draw(hot, &[2.0 * TEMPERATURE_KELVIN], &mut streams()[1..2]);
    assert_eq!(together.positions[size..2 * size], alone.positions);
    let cold = chain.state.one_replica(1);
    let narrow = draw(cold, &[TEMPERATURE_KELVIN], &mut streams()[1..2]);
    assert_ne!(narrow.positions, alone.positions);
}

#[test]
fn it_learns_proline_and_is_accepted_more_than_mirror_images() {
    const N_REPLICAS: usize = 64;
    let molecule = molecule("ACE-PRO-NME");
    let system = ForceField::builtin("amber14").unwrap();
    let system = system.assign(&molecule.topology, &SystemOptions::default());
    let mut engine = saltus::cpu::engine(&system.unwrap(), &Default::default()).unwrap();
    let mut chain = Chain::start(&molecule.positions, &[TEMPERATURE_KELVIN; N_REPLICAS]);
    let settings = HmcSettings {
        steps: 12,
        timestep_fs: 1.0,
        ..HmcSettings::default()
    };
    let mut hmc = MetropolisKernel::new(Box::new(Hmc::new(&settings).unwrap()), N_REPLICAS, 1);
    let proposal = AdaptivePuckerProposal::new(&molecule.topology).unwrap();
    let mut pucker = MetropolisKernel::new(Box::new(proposal), N_REPLICAS, 2);
    let omega = peptide_bonds(&molecule.topology)[0].atoms;
    let cis = |chain: &Chain| -> Vec<bool> {
        let replicas = (0..N_REPLICAS).map(|replica| chain.state.replica_positions(replica));
        replicas
            .map(|x| torsion_rad(x.as_chunks().0, omega).cos() > 0.0)
            .collect()
    };
    let mut flips = 0;
    for cycle in 0..400 {
        hmc.step(&mut chain, engine.as_mut()).unwrap();
        let before = cis(&chain);
        pucker.step(&mut chain, engine.as_mut()).unwrap();
        flips += before
            .iter()
            .zip(cis(&chain))
            .filter(|(a, b)| **a != *b)
            .count() as u64;
        if cycle == 300 {
            pucker.freeze();
            flips = 0;
        }
    }
    let statistics = pucker.statistics();
    // One move of five is for the other isomer, which is rare here.
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let acceptance = (statistics.accepted - flips) as f64 / (0.8 * statistics.proposed as f64);
    println!("acceptance {acceptance:.3} beside {flips} flips");
    assert!(acceptance > 0.25, "{acceptance}");
    assert!(flips > 0);
    for replica in 0..N_REPLICAS {
        let positions = chain.state.replica_positions(replica).as_chunks().0;
        for center in chiral_centers(&molecule.topology) {
            let built = center.volume_nm3(&molecule.positions);
            assert!(center.volume_nm3(positions) * built > 0.0);
        }
    }
}

/// Share of replicas whose peptide bond before the ring is cis.
fn cis_share(molecule: &Molecule, positions: &[f64]) -> f64 {
    let bond = peptide_bonds(&molecule.topology)
        .into_iter()
        .find(|bond| bond.is_tertiary);
    let atoms = bond.unwrap().atoms;
    let replicas = positions.chunks_exact(rest_len(molecule));
    let is_cis = |replica: &[f64]| torsion_rad(replica.as_chunks().0, atoms).cos() > 0.0;
    let (mut cis, mut all) = (0.0, 0.0);
    for replica in replicas {
        cis += f64::from(u8::from(is_cis(replica)));
        all += 1.0;
    }
    cis / all
}

/// Trans only at the start; every fifth move is for the other isomer, learned or not.
#[test]
fn both_isomers_are_reached_before_and_after_it_learned() {
    let molecule = molecule("ACE-PRO-NME");
    for mut proposal in [
        AdaptivePuckerProposal::new(&molecule.topology).unwrap(),
        learned(&molecule),
    ] {
        let mut engine = ToyEngine::new(&molecule.topology, None);
        let chain = chain(&molecule, 2000);
        let mut streams = rng::streams(8, 2000);
        let proposed = proposal.propose(current(&chain), &mut engine, &mut streams);
        let share = cis_share(&molecule, &proposed.unwrap().positions);
        assert!((share - 0.2).abs() < 0.04, "{share}");
    }
}

#[test]
fn it_mirrors_until_it_has_seen_enough() {
    let molecule = molecule("ACE-PRO-NME");
    let mut proposal = AdaptivePuckerProposal::new(&molecule.topology).unwrap();
    proposal.freeze();
    let (mut engine, chain) = springs(&molecule, 5, 3);
    let mut streams = rng::streams(8, 5);
    let proposed = proposal.propose(current(&chain), &mut engine, &mut streams);
    let expected = LogRatio::Densities {
        log_q_forward: vec![0.0; 5],
        log_q_reverse: vec![0.0; 5],
    };
    assert_eq!(proposed.unwrap().log_ratio, expected);
    assert!(!proposal.is_ready());
    proposal.adapt(current(&chain), &[Outcome::Accepted; 5]);
    assert!(!proposal.is_ready());
}

#[test]
fn a_molecule_without_proline_is_told_so() {
    let error = AdaptivePuckerProposal::new(&molecule("AKE").topology).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("`adaptive_pucker`") && message.contains("ALA-LYS-GLU"),
        "{message}"
    );
}

/// How many rings a saved proposal has densities of.
fn n_ready(saved: &serde_json::Value) -> usize {
    let rings = saved["proposal"]["densities"].as_array().unwrap();
    let is_ready = |ring: &&serde_json::Value| !ring["densities"].is_null();
    rings.iter().filter(is_ready).count()
}

/// Rings get their densities one after the other; a run may be stopped in between.
#[test]
fn several_rings_resume_bit_for_bit_at_any_step() {
    // A warm replica beside a cold one: how wide it draws depends on the coldest temperature that was learned from.
    const KELVIN: [f64; 2] = [TEMPERATURE_KELVIN, 2.0 * TEMPERATURE_KELVIN];
    for (sequence, seed) in [("ACE-PRO-PRO-NME", 5), ("PAP", 7)] {
        let molecule = molecule(sequence);
        let (mut engine, mut chain) = springs(&molecule, KELVIN.len(), seed);
        chain.temperatures_kelvin = KELVIN.to_vec();
        let kernel = || {
            let proposal = AdaptivePuckerProposal::new(&molecule.topology).unwrap();
            MetropolisKernel::new(Box::new(proposal), KELVIN.len(), seed)
        };
        let mut whole = kernel();
        // Resumptions with the densities of no ring, of one, of both.
        let mut resumed_with = [0; 3];
        for step in 0..3000 {
            scatter(&mut chain, &molecule, 10_000 * seed + step);
            let saved = whole.save();
            let known = n_ready(&saved);
            if resumed_with[known] == 40 {
                whole.step(&mut chain, &mut engine).unwrap();
                continue;
            }
            resumed_with[known] += 1;
            let mut resumed = kernel();
            let read_back = serde_json::from_str(&saved.to_string()).unwrap();
            resumed.restore(&read_back).unwrap();
            let mut resumed_chain = chain.clone();
            whole.step(&mut chain, &mut engine).unwrap();
            resumed.step(&mut resumed_chain, &mut engine).unwrap();
            assert_eq!(chain, resumed_chain, "{sequence}, seed {seed}, step {step}");
            let saved = [&whole, &resumed].map(|kernel| kernel.save()["proposal"].to_string());
            assert_eq!(saved[0], saved[1], "{sequence}, seed {seed}, step {step}");
            if resumed_with == [40; 3] {
                break;
            }
        }
        assert_eq!(resumed_with, [40; 3], "{sequence}, seed {seed}");
    }
}
