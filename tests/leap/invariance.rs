//! What a density looks at must not change when the torsions that it draws, or is told to know nothing of, do.

use rand::RngExt;
use saltus::proposal::{BlockKind, Known, Pivot, Proposal, Site, SiteKind, torsion_blocks};
use saltus::rng;
use saltus::topology::Topology;

use super::support::{ToyEngine, chain, molecule, random_leap};

const SEQUENCES: [&str; 6] = [
    "ACE-ALA-NME",
    "DGKS",
    "PRO-SER-TYR-PRO",
    "ACE-TRP-ARG-GLH-NHE",
    "ACE-HIP-CYS-THR-ILE-MET",
    "AEVNL",
];

/// Pivots that may turn without the density's noticing.
fn moving(topology: &Topology, site: &Site, known: Known) -> Vec<Pivot> {
    let blocks = |kind| torsion_blocks(topology, kind, false).into_iter();
    let own = site.residue_index;
    let mut pivots = site.pivots.clone();
    for block in blocks(BlockKind::SideChain) {
        for (place, pivot) in block.pivots.into_iter().enumerate() {
            let later = match site.kind {
                SiteKind::SideChain(own_place) => block.residue_index == own && place > own_place,
                SiteKind::Backbone => block.residue_index == own && known != Known::All,
            };
            if later || (known == Known::OnlyBefore && block.residue_index > own) {
                pivots.push(pivot);
            }
        }
    }
    for block in blocks(BlockKind::Pair) {
        if known == Known::OnlyBefore && block.residue_index > own {
            pivots.extend(block.pivots);
        }
    }
    pivots
}

#[test]
fn features_stay_when_what_is_drawn_moves() {
    let mut stream = rng::stream(3);
    for sequence in SEQUENCES {
        let molecule = molecule(sequence);
        let sites = Site::find(&molecule.topology);
        assert!(!sites.is_empty());
        for site in &sites {
            for known in Known::EACH {
                let mut positions = molecule.positions.as_flattened().to_vec();
                let describe = |positions: &[f64]| {
                    let mut features = vec![0.0; site.n_features()];
                    site.describe(known, positions.as_chunks().0, 310.0, &mut features);
                    features
                };
                let before = describe(&positions);
                for pivot in moving(&molecule.topology, site, known) {
                    pivot.turn(&mut positions, 6.0 * stream.random::<f64>());
                }
                let after = describe(&positions);
                for (index, (a, b)) in before.iter().zip(&after).enumerate() {
                    let same = (a - b).abs() < 1e-4 || a.is_nan() && b.is_nan();
                    assert!(
                        same,
                        "{sequence} {:?} of residue {} {known:?}: feature {index} was {a}, is {b}",
                        site.kind, site.residue_index
                    );
                }
                let n_known = before.iter().filter(|value| !value.is_nan()).count();
                assert!(n_known >= 10, "{sequence}: {n_known} features");
            }
        }
    }
}

/// The planted error: a density that looks at the whole molecule notices that the rest moves.
#[test]
fn features_change_when_the_rest_moves() {
    let molecule = molecule("AEVNL");
    let sites = Site::find(&molecule.topology);
    let site = sites
        .iter()
        .find(|site| site.kind == SiteKind::Backbone && site.residue_index == 2)
        .unwrap();
    let mut positions = molecule.positions.as_flattened().to_vec();
    let describe = |positions: &[f64]| {
        let mut features = vec![0.0; site.n_features()];
        site.describe(Known::All, positions.as_chunks().0, 310.0, &mut features);
        features
    };
    let before = describe(&positions);
    for pivot in moving(&molecule.topology, site, Known::OnlyBefore) {
        pivot.turn(&mut positions, 1.0);
    }
    let after = describe(&positions);
    assert!(before.iter().zip(&after).any(|(a, b)| (a - b).abs() > 0.05));
}

/// Bond lengths, and speeds seen by each atom, stay; torsions that no block holds stay too.
#[test]
fn leaps_change_torsions_only() {
    let molecule = molecule("ACE-TRP-ARG-GLH-NHE");
    let mut start = chain(&molecule, 8);
    let mut stream = rng::stream(4);
    start
        .state
        .velocities
        .iter_mut()
        .for_each(|v| *v = stream.random());
    let mut engine = ToyEngine::new(&molecule.topology, [[0, 1, 2, 3]; 2]);
    let energies = start.energies(&mut engine).to_vec();
    let mut leap = random_leap(
        &molecule.topology,
        Some(saltus::proposal::LeapBlock::Molecule),
    );
    let current = saltus::proposal::Current {
        state: &start.state,
        energies: &energies,
        temperatures_kelvin: &start.temperatures_kelvin,
    };
    let proposed = leap
        .propose(current, &mut engine, &mut rng::streams(5, 8))
        .unwrap();
    let size = molecule.topology.n_atoms() * 3;
    let velocities = proposed.velocities.unwrap();
    for replica in 0..8 {
        let range = replica * size..(replica + 1) * size;
        let [x, y] = [&start.state.positions, &proposed.positions]
            .map(|p| p[range.clone()].as_chunks::<3>().0);
        for &[i, j] in &molecule.topology.bonds {
            let length =
                |p: &[[f64; 3]]| -> f64 { (0..3).map(|k| (p[i][k] - p[j][k]).powi(2)).sum() };
            assert!((length(x) - length(y)).abs() < 1e-9);
        }
        let kinetic = |v: &[f64]| v[range.clone()].iter().map(|v| v * v).sum::<f64>();
        assert!((kinetic(&velocities.accepted) - kinetic(&velocities.rejected)).abs() < 1e-9);
        assert!(
            x.iter()
                .flatten()
                .zip(y.iter().flatten())
                .any(|(a, b)| (a - b).abs() > 0.1)
        );
    }
}

/// What a step of a block draws, and what the steps after it draw, must not show in what it looks at.
#[test]
fn steps_see_nothing_of_what_is_drawn_with_or_after_them() {
    use saltus::proposal::LeapBlock::{Backbone, Molecule, Neighbors, Residue, SideChain};
    let molecule = molecule("AEVNL");
    for kind in [Backbone, SideChain, Residue, Neighbors, Molecule] {
        let leap = random_leap(&molecule.topology, Some(kind));
        let sites = leap.sites();
        let mut noticed = 0;
        for block in leap.blocks() {
            for (number, step) in block.steps.iter().enumerate() {
                let described = |turning: &[saltus::proposal::LeapStep]| {
                    let mut positions = molecule.positions.as_flattened().to_vec();
                    for other in turning {
                        for pivot in &sites[other.site].pivots {
                            pivot.turn(&mut positions, 1.3);
                        }
                    }
                    let mut features = vec![0.0; sites[step.site].n_features()];
                    let atoms = positions.as_chunks().0;
                    sites[step.site].describe(step.known, atoms, 310.0, &mut features);
                    features
                };
                let apart =
                    |a: &[f32], b: &[f32]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-4);
                let before = described(&[]);
                assert!(
                    !apart(&before, &described(&block.steps[number..])),
                    "{kind:?}"
                );
                noticed += usize::from(apart(&before, &described(&block.steps[..number])));
            }
        }
        // The comparison can fail: later steps do look at what earlier ones drew.
        let sees_earlier = kind != Backbone;
        assert_eq!(noticed > 0, sees_earlier, "{kind:?}");
    }
}

#[test]
fn neighbors_are_two_residues_in_their_order() {
    use saltus::proposal::LeapBlock::Neighbors;
    let molecule = molecule("ACE-SER-LEU-ALA-NME");
    let leap = random_leap(&molecule.topology, Some(Neighbors));
    let seen: Vec<Vec<(usize, Known)>> = leap
        .blocks()
        .iter()
        .map(|block| {
            let step = |step: &saltus::proposal::LeapStep| {
                (leap.sites()[step.site].residue_index, step.known)
            };
            block.steps.iter().map(step).collect()
        })
        .collect();
    use Known::{All, NotOwnSideChain, OnlyBefore};
    assert_eq!(
        seen,
        [
            vec![
                (1, OnlyBefore),
                (1, OnlyBefore),
                (2, NotOwnSideChain),
                (2, All),
                (2, All)
            ],
            vec![
                (2, OnlyBefore),
                (2, OnlyBefore),
                (2, OnlyBefore),
                (3, NotOwnSideChain)
            ],
        ]
    );
}
