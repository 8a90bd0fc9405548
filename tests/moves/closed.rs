//! Leaps of closed windows: bonds and ends stay, rings move far and flip their peptide bonds, uniform torsions stay uniform, which takes
//! the right densities and the volume.

use crate::support::{
    ForgetsItsRatio, ToyEngine, chain, molecule, uniform_chi_square, uniform_start,
};
use nalgebra::{Matrix6, Vector3, Vector6};
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::integrator::Engine;
use saltus::mcmc::{Chain, Kernel, MetropolisKernel};
use saltus::proposal::{
    ClosedLeapProposal, ClosedLeapSettings, Current, LogRatio, Proposal, ProposalError, Proposed,
};
use saltus::topology::{
    Molecule, Sequence, TorsionKind, backbone_torsions, build, peptide_bonds, torsion_rad,
};

fn windows(molecule: &Molecule, settings: &ClosedLeapSettings) -> Vec<String> {
    let proposal = ClosedLeapProposal::new(&molecule.topology, settings).unwrap();
    let windows = proposal.windows();
    let joined = windows
        .iter()
        .map(|[closing, drawn]| format!("{} / {}", closing.join(","), drawn.join(",")));
    joined.collect()
}

const OPEN: ClosedLeapSettings = ClosedLeapSettings {
    draws: 4,
    flip_share: 0.4,
    open_chains: true,
    repeats: 1,
};

#[test]
fn windows_go_around_rings_and_step_over_prolines() {
    let found = windows(&molecule("cyclo(AGPGA)"), &ClosedLeapSettings::default());
    // Proline cannot close: its phi does not turn. It is drawn between others, and the closing bond of the ring is crossed.
    assert!(found.iter().all(|window| !window.contains("phi_3")));
    for window in [
        "phi_1,psi_1,phi_2,psi_2,phi_4,psi_4 / psi_3",
        "phi_4,psi_4,phi_5,psi_5,phi_1,psi_1 / ",
        "phi_5,psi_5,phi_1,psi_1,phi_4,psi_4 / phi_2,psi_2,psi_3",
    ] {
        let is_there = found.iter().any(|found| found == window);
        assert_eq!(
            is_there,
            !window.contains("phi_2,psi_2,psi_3"),
            "{window} in {found:?}"
        );
    }
}

#[test]
fn loops_tied_by_a_disulfide_have_windows_and_open_chains_have_none() {
    let tied = build(
        &Sequence::parse("ACE-CYX-ALA-GLY-ALA-GLY-CYX-ALA-NME").unwrap(),
        &[[2, 7]],
    )
    .unwrap();
    let found = windows(&tied, &ClosedLeapSettings::default());
    assert!(!found.is_empty());
    // Cysteines are tied to each other: what lies between phi and psi of one cannot move alone, and residue 8 is outside.
    assert!(
        found
            .iter()
            .all(|window| ["_2", "_7", "_8"].iter().all(|end| !window.contains(end))),
        "{found:?}"
    );
    let refused =
        ClosedLeapProposal::new(&molecule("AAAAAA").topology, &ClosedLeapSettings::default());
    assert!(refused.unwrap_err().to_string().contains("ring or a loop"));
}

/// All bonds and angles stay, whatever is drawn; residues move far, and peptide bonds flip where they have two isomers.
#[test]
fn rings_move_far_and_keep_their_geometry() {
    let molecule = molecule("cyclo(GAGPGK)");
    let topology = &molecule.topology;
    let built = ClosedLeapProposal::new(topology, &ClosedLeapSettings::default()).unwrap();
    let mut engine = ToyEngine::new(topology, None);
    let mut chain = chain(&molecule, 40);
    let mut kernel = MetropolisKernel::new(Box::new(built), 40, 3);
    for _ in 0..240 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    assert!(kernel.statistics().accepted > 1000);
    let neighbors = topology.neighbors();
    let length = |atoms: &[[f64; 3]], i: usize, j: usize| {
        let squares = (0..3).map(|axis| (atoms[i][axis] - atoms[j][axis]).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let bonds = peptide_bonds(topology);
    let mut flipped = vec![0; bonds.len()];
    let mut n_far = 0;
    for replica in 0..40 {
        let atoms = chain.state.replica_positions(replica).as_chunks::<3>().0;
        for around in &neighbors {
            for &i in around {
                for &j in around {
                    let change = length(atoms, i, j) - length(&molecule.positions, i, j);
                    assert!(change.abs() < 1e-8, "{change}");
                }
            }
        }
        for torsion in backbone_torsions(topology) {
            let [after, before] =
                [atoms, &molecule.positions[..]].map(|p| torsion_rad(p, torsion.atoms));
            n_far += usize::from((after - before).cos() < 0.5);
        }
        for (bond, flipped) in bonds.iter().zip(&mut flipped) {
            let [after, before] =
                [atoms, &molecule.positions[..]].map(|p| torsion_rad(p, bond.atoms).cos());
            *flipped += usize::from(after * before < 0.0);
        }
    }
    assert!(n_far > 100, "{n_far}");
    // A ring of six is small enough for any of them.
    assert!(flipped.iter().all(|&n| n > 0), "{flipped:?}");
}

/// Chi-square of the backbone torsions, all against uniform, after steps from a uniform start; and the acceptance.
fn chi_square(molecule: &Molecule, proposal: Box<dyn Proposal>, learns: bool) -> (f64, f64) {
    let n_replicas = 4000;
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mut kernel = MetropolisKernel::new(proposal, n_replicas, 31);
    if learns {
        // A density that is far from uniform: of chains that have hardly left their start.
        let mut start = chain(molecule, n_replicas);
        for _ in 0..3 {
            kernel.step(&mut start, &mut engine).unwrap();
        }
    }
    kernel.freeze();
    let mut chain = uniform_start(molecule, n_replicas);
    for _ in 0..80 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    let statistics = kernel.statistics();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let acceptance = statistics.accepted as f64 / statistics.proposed as f64;
    (uniform_chi_square(molecule, &chain), acceptance)
}

#[test]
fn uniform_torsions_stay_uniform() {
    let molecule = molecule("ACE-GLY-GLY-GLY-GLY-NME");
    let (good, acceptance) = chi_square(&molecule, made(&molecule), false);
    println!("reduced chi-square {good:.2} (acceptance {acceptance:.2})");
    assert!(acceptance > 0.1 && good < 1.4, "{acceptance} {good}");
}

#[test]
fn uniform_torsions_stay_uniform_only_with_the_densities() {
    let molecule = molecule("ACE-GLY-GLY-GLY-GLY-NME");
    let (good, acceptance) = chi_square(&molecule, made(&molecule), true);
    let (bad, _) = chi_square(&molecule, Box::new(ForgetsItsRatio(made(&molecule))), true);
    println!(
        "reduced chi-square {good:.2} (acceptance {acceptance:.2}), without the ratio {bad:.2}"
    );
    assert!(good < 1.4 && bad > 2.0, "{good}, without the ratio {bad}");
}

fn made(molecule: &Molecule) -> Box<dyn Proposal> {
    Box::new(ClosedLeapProposal::new(&molecule.topology, &OPEN).unwrap())
}

/// Leaves ln |det J| of the six closing bonds out of the densities.
struct WithoutVolume {
    sound: Box<dyn Proposal>,
    /// Atoms of the bonds.
    bonds: [[usize; 2]; 6],
}

impl WithoutVolume {
    fn log_volume(&self, positions: &[f64]) -> f64 {
        let atoms = positions.as_chunks::<3>().0;
        let columns = self.bonds.map(|bond| {
            let [from, to] = bond.map(|atom| Vector3::from(atoms[atom]));
            let direction = (to - from).normalize();
            let moment = to.cross(&direction);
            Vector6::new(
                direction.x,
                direction.y,
                direction.z,
                moment.x,
                moment.y,
                moment.z,
            )
        });
        Matrix6::from_columns(&columns).determinant().abs().ln()
    }
}

impl Proposal for WithoutVolume {
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
        let size = current.state.n_atoms * 3;
        let LogRatio::Densities {
            log_q_forward,
            log_q_reverse,
        } = &mut proposed.log_ratio
        else {
            panic!("it has densities")
        };
        let volumes = |positions: &[f64]| -> Vec<f64> {
            positions
                .chunks_exact(size)
                .map(|replica| self.log_volume(replica))
                .collect()
        };
        let (there, here) = (
            volumes(&proposed.positions),
            volumes(&current.state.positions),
        );
        log_q_forward
            .iter_mut()
            .zip(there)
            .for_each(|(log_q, volume)| *log_q -= volume);
        log_q_reverse
            .iter_mut()
            .zip(here)
            .for_each(|(log_q, volume)| *log_q -= volume);
        Ok(proposed)
    }

    fn freeze(&mut self) {
        self.sound.freeze();
    }
}

/// ln |det J| has the same mean over replicas after steps as at a uniform start, in standard errors of the difference; only with the volume.
#[test]
fn the_volume_of_closures_stays_as_it_was_only_if_it_is_counted() {
    // One window: three residues that close, and peptide bonds that flip.
    let molecule = molecule("ACE-GLY-GLY-GLY-NME");
    let n_replicas = 4000;
    let closing: Vec<[usize; 2]> = backbone_torsions(&molecule.topology)
        .into_iter()
        .filter(|torsion| torsion.kind != TorsionKind::Omega)
        .map(|torsion| [torsion.atoms[1], torsion.atoms[2]])
        .collect();
    let planted = || WithoutVolume {
        sound: made(&molecule),
        bonds: closing.clone().try_into().unwrap(),
    };
    let measure = planted();
    let change = |proposal: Box<dyn Proposal>| {
        let mut engine = ToyEngine::new(&molecule.topology, None);
        let mut chain = uniform_start(&molecule, n_replicas);
        let mut kernel = MetropolisKernel::new(proposal, n_replicas, 37);
        kernel.freeze();
        let volumes = |chain: &Chain| -> Vec<f64> {
            let replicas = 0..n_replicas;
            replicas
                .map(|replica| measure.log_volume(chain.state.replica_positions(replica)))
                .collect()
        };
        let before = volumes(&chain);
        for _ in 0..60 {
            kernel.step(&mut chain, &mut engine).unwrap();
        }
        let changes: Vec<f64> = volumes(&chain)
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before)
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let n = n_replicas as f64;
        let mean = changes.iter().sum::<f64>() / n;
        let square = changes
            .iter()
            .map(|change| (change - mean).powi(2))
            .sum::<f64>()
            / n;
        mean / (square / n).sqrt()
    };
    let (good, bad) = (change(made(&molecule)), change(Box::new(planted())));
    println!("change of ln |det J| in standard errors {good:.1}, without the volume {bad:.1}");
    assert!(
        good.abs() < 3.5 && bad.abs() > 7.0,
        "{good}, without the volume {bad}"
    );
}

/// What was learned comes back from a checkpoint bit for bit, and does not fit another molecule.
#[test]
fn densities_are_saved_and_restored() {
    let molecule = molecule("cyclo(GAGPGK)");
    let made =
        || ClosedLeapProposal::new(&molecule.topology, &ClosedLeapSettings::default()).unwrap();
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let start = chain(&molecule, 16);
    let mut learned = made();
    let mut kernel_chain = start.clone();
    let mut kernel = MetropolisKernel::new(Box::new(made()), 16, 3);
    for _ in 0..25 {
        kernel.step(&mut kernel_chain, &mut engine).unwrap();
    }
    let saved = kernel.save();
    let mut other = MetropolisKernel::new(Box::new(made()), 16, 99);
    other.restore(&saved).unwrap();
    let mut twin_chain = kernel_chain.clone();
    for _ in 0..25 {
        kernel.step(&mut kernel_chain, &mut engine).unwrap();
        other.step(&mut twin_chain, &mut engine).unwrap();
    }
    assert_eq!(kernel_chain, twin_chain);
    learned.freeze();
    let foreign = crate::support::molecule("cyclo(AAAAAA)");
    let mut foreign =
        ClosedLeapProposal::new(&foreign.topology, &ClosedLeapSettings::default()).unwrap();
    assert!(
        foreign
            .restore(&learned.save())
            .unwrap_err()
            .contains("another input file")
    );
}
