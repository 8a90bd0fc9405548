//! Loop-closing moves: the ends stay, and torsions that were uniform stay uniform, which takes the right Jacobian.

use crate::support::{
    ForgetsItsRatio, ToyEngine, chain, molecule, uniform_chi_square, uniform_start,
};
use saltus::mcmc::{Kernel, MetropolisKernel};
use saltus::proposal::{ConcertedProposal, ConcertedSettings, Proposal};
use saltus::topology::{Molecule, backbone_torsions, torsion_rad};

const SETTINGS: ConcertedSettings = ConcertedSettings {
    n_torsions: 7,
    omega_scale: 1.0,
    initial_step_rad: 0.6,
    repeats: 1,
};

fn proposal(molecule: &Molecule, settings: &ConcertedSettings) -> Box<dyn Proposal> {
    Box::new(ConcertedProposal::new(&molecule.topology, settings).unwrap())
}

#[test]
fn everything_outside_the_stretch_stays() {
    let molecule = molecule("ACE-ALA-ALA-PRO-LYS-ALA-NME");
    let built = ConcertedProposal::new(&molecule.topology, &SETTINGS).unwrap();
    let windows: Vec<String> = built.windows().iter().map(|w| w.join(",")).collect();
    assert_eq!(
        windows[0],
        "omega_1,phi_2,psi_2,omega_2,phi_3,psi_3,omega_3"
    );
    // Proline's phi does not turn and is stepped over.
    assert_eq!(
        windows[3],
        "omega_2,phi_3,psi_3,omega_3,psi_4,omega_4,phi_5"
    );
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mut chain = chain(&molecule, 40);
    let mut kernel = MetropolisKernel::new(Box::new(built), 40, 3);
    for _ in 0..20 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    assert!(kernel.statistics().accepted > 100);
    // Caps are outside every stretch but for the bond that joins them.
    let outside = [
        molecule.topology.atom_index(0, "CH3").unwrap(),
        molecule.topology.atom_index(6, "C").unwrap(),
    ];
    for replica in 0..40 {
        let atoms = chain.state.replica_positions(replica).as_chunks::<3>().0;
        for atom in outside {
            assert_eq!(atoms[atom], molecule.positions[atom]);
        }
    }
}

/// Chi-square of the backbone torsions, all against uniform, after steps from a uniform start; and the acceptance.
fn chi_square(molecule: &Molecule, proposal: Box<dyn Proposal>) -> (f64, f64) {
    let n_replicas = 4000;
    let mut engine = ToyEngine::new(&molecule.topology, None);
    let mut chain = uniform_start(molecule, n_replicas);
    let mut kernel = MetropolisKernel::new(proposal, n_replicas, 31);
    kernel.freeze();
    for _ in 0..30 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    let statistics = kernel.statistics();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let acceptance = statistics.accepted as f64 / statistics.proposed as f64;
    (uniform_chi_square(molecule, &chain), acceptance)
}

#[test]
fn uniform_torsions_stay_uniform_only_with_the_jacobian() {
    let molecule = molecule("ACE-GLY-GLY-GLY-NME");
    let (good, acceptance) = chi_square(&molecule, proposal(&molecule, &SETTINGS));
    let planted = Box::new(ForgetsItsRatio(proposal(&molecule, &SETTINGS)));
    let (bad, _) = chi_square(&molecule, planted);
    println!(
        "reduced chi-square {good:.2} (acceptance {acceptance:.2}), without the ratio {bad:.2}"
    );
    assert!(acceptance > 0.2, "{acceptance}");
    assert!(good < 1.5 && bad > 2.5, "{good}, without the ratio {bad}");
}

/// In a ring a stretch begins anywhere and goes across the closing bond; all bonds and angles stay, and so does what is outside.
#[test]
fn stretches_of_a_ring_go_around_it() {
    let molecule = molecule("cyclo(GAGPGK)");
    let topology = &molecule.topology;
    let built = ConcertedProposal::new(topology, &SETTINGS).unwrap();
    let windows: Vec<String> = built.windows().iter().map(|w| w.join(",")).collect();
    // Eighteen backbone torsions but proline's phi.
    assert_eq!(windows.len(), 17);
    assert_eq!(windows[15], "psi_6,omega_6,phi_1,psi_1,omega_1,phi_2,psi_2");
    let mut engine = ToyEngine::new(topology, None);
    let mut chain = chain(&molecule, 40);
    let mut kernel = MetropolisKernel::new(Box::new(built), 40, 3);
    for _ in 0..60 {
        kernel.step(&mut chain, &mut engine).unwrap();
    }
    assert!(kernel.statistics().accepted > 300);
    let neighbors = topology.neighbors();
    let length = |atoms: &[[f64; 3]], i: usize, j: usize| {
        let squares = (0..3).map(|axis| (atoms[i][axis] - atoms[j][axis]).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let mut largest_turn: f64 = 0.0;
    for replica in 0..40 {
        let atoms = chain.state.replica_positions(replica).as_chunks::<3>().0;
        for around in &neighbors {
            for &i in around {
                for &j in around {
                    let change = length(atoms, i, j) - length(&molecule.positions, i, j);
                    assert!(change.abs() < 1e-9, "{change}");
                }
            }
        }
        for torsion in backbone_torsions(topology) {
            let [after, before] =
                [atoms, &molecule.positions[..]].map(|p| torsion_rad(p, torsion.atoms));
            largest_turn = largest_turn.max((after - before).sin().abs());
        }
    }
    assert!(largest_turn > 0.5, "{largest_turn}");
}

/// A disulfide across a ring ties parts of it to each other: stretches keep clear of that.
#[test]
fn cross_links_bound_the_stretches() {
    let linked = saltus::topology::build(
        &saltus::topology::Sequence::parse("cyclo(CAGGCKGGA)").unwrap(),
        &[[1, 5]],
    )
    .unwrap();
    let built = ConcertedProposal::new(&linked.topology, &SETTINGS).unwrap();
    let tied = |window: &Vec<&str>| {
        let inside = |residue: &str| {
            let phi = window
                .iter()
                .position(|name| *name == format!("phi_{residue}"));
            let psi = window
                .iter()
                .position(|name| *name == format!("psi_{residue}"));
            phi.zip(psi).is_some_and(|(phi, psi)| psi == phi + 1)
        };
        inside("1") || inside("5")
    };
    let windows = built.windows();
    assert!(!windows.is_empty() && windows.len() < 27);
    // CA of a bridged cysteine is tied to the other: it cannot lie between two bonds that turn while the other stays.
    assert!(!windows.iter().any(tied), "{windows:?}");
}
