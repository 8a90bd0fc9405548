//! Energy maps and harmonic torsions: finite differences, planted errors against OpenMM's numbers, every layout and precision,
//! chains that close, wildcards. Values by hand stand beside the formulas.

use crate::openmm_reference::{ReferenceFile, builtin};
use crate::plain_energy;
use saltus::cpu::{CpuOptions, LaneLayout, Precision, engine};
use saltus::forcefield::{
    ForceField, HarmonicTorsion, System, SystemOptions, Torsion, reference_energies,
};
use saltus::topology::{Sequence, Topology, build};

fn reference_file(name: &str) -> ReferenceFile {
    let mut all = ReferenceFile::all().into_iter();
    all.find(|(found, _)| found == name).unwrap().1
}

/// A peptide in ff19SB and vacuum with its maps, and harmonic torsions about some of its bonds.
fn mapped() -> (System, Vec<[f64; 3]>) {
    let file = reference_file("force_fields_3");
    let force_field = builtin("ff19SB");
    let mut system = force_field
        .assign(&file.topology(), &SystemOptions::default())
        .unwrap();
    assert_eq!(system.mapped_torsions.len(), 3);
    system.harmonic_torsions = harmonic(&system);
    (system, file.positions_nm)
}

/// Equilibrium angles all around the circle, so that some differences pass the cut at pi.
fn harmonic(system: &System) -> Vec<HarmonicTorsion> {
    let about = |(index, torsion): (usize, &Torsion)| HarmonicTorsion {
        atoms: torsion.atoms,
        angle_rad: (index as f64 * 0.7).rem_euclid(6.2) - 3.1,
        k_kj_per_mol_rad2: 20.0 + index as f64,
    };
    let some = system.torsions.iter().step_by(9).enumerate();
    some.map(about).collect()
}

/// The system with nothing but its maps and harmonic torsions.
fn rare_only(system: &System) -> System {
    let mut only = system.clone();
    (only.bonds, only.angles, only.torsions) = Default::default();
    only.nonbonded.charges.fill(0.0);
    only.nonbonded.epsilons_kj_per_mol.fill(0.0);
    for exception in &mut only.nonbonded.exceptions {
        (exception.charge_product, exception.epsilon_kj_per_mol) = (0.0, 0.0);
    }
    only
}

#[test]
fn forces_are_the_gradient_of_the_energy() {
    const STEP_NM: f64 = 1e-6;
    let (system, positions) = mapped();
    let system = rare_only(&system);
    let (terms, forces) = reference_energies(&system, &positions);
    assert!(terms.correction_map.abs() > 1.0 && terms.torsion > 1.0);
    let mut moved = positions.clone();
    for atom in 0..positions.len() {
        for axis in 0..3 {
            let mut energy_at = |shift: f64| {
                moved[atom][axis] = positions[atom][axis] + shift;
                let energy = reference_energies(&system, &moved).0.total();
                moved[atom][axis] = positions[atom][axis];
                energy
            };
            let slope = (energy_at(STEP_NM) - energy_at(-STEP_NM)) / (2.0 * STEP_NM);
            let force = forces[atom][axis];
            let tolerance = 1e-5 * force.abs().max(100.0);
            assert!(
                (force + slope).abs() < tolerance,
                "{atom}, {axis}: {force}, {slope}"
            );
        }
    }
}

#[test]
fn the_plain_energy_agrees_and_planted_errors_do_not() {
    let (system, positions) = mapped();
    let energies = |system: &System| {
        let (terms, _) = reference_energies(system, &positions);
        (terms.torsion, terms.correction_map)
    };
    let plain = plain_energy::terms(&system, &positions);
    let (torsion, map) = energies(&system);
    assert!((torsion - plain[2]).abs() < 1e-9 && (map - plain[5]).abs() < 1e-9);
    let mut transposed = system.clone();
    for map in &mut transposed.correction_maps {
        let old = map.energies_kj_per_mol.clone();
        for (index, energy) in map.energies_kj_per_mol.iter_mut().enumerate() {
            *energy = old[index / map.size + map.size * (index % map.size)];
        }
    }
    let mut swapped = system.clone();
    for term in &mut swapped.mapped_torsions {
        term.atoms.swap(0, 1);
    }
    // The same error twice is none.
    assert!((energies(&transposed).1 - energies(&swapped).1).abs() < 1e-9);
    let mut mirrored = system.clone();
    let mut other_side = system.clone();
    for map in &mut mirrored.correction_maps {
        map.energies_kj_per_mol[1..].reverse();
    }
    for term in &mut other_side.harmonic_torsions {
        term.angle_rad *= -1.0;
    }
    for (label, wrong) in [("transposed", &transposed), ("mirrored", &mirrored)] {
        assert!(
            (energies(wrong).1 - map).abs() > 0.1,
            "{label} maps go unnoticed"
        );
    }
    assert!((energies(&other_side).0 - torsion).abs() > 0.1);
}

#[test]
fn every_layout_and_precision_has_maps_and_harmonic_torsions() {
    let (whole, positions) = mapped();
    for system in [rare_only(&whole), whole] {
        let (terms, expected) = reference_energies(&system, &positions);
        let norm: f64 = expected.iter().flatten().map(|f| f * f).sum();
        for layout in [LaneLayout::Replicas, LaneLayout::Atoms] {
            for (precision, portable) in [
                (Precision::Mixed, false),
                (Precision::Mixed, true),
                (Precision::Double, false),
            ] {
                let options = CpuOptions {
                    precision,
                    layout,
                    portable,
                    threads: 1,
                };
                let mut engine = engine(&system, &options).unwrap();
                let n_replicas = 19;
                let flat = positions.as_flattened().repeat(n_replicas);
                let (mut energies, mut forces) = (vec![0.0; n_replicas], vec![0.0; flat.len()]);
                engine.energies_and_forces(&flat, &mut energies, &mut forces);
                let mut alone = vec![0.0; n_replicas];
                engine.energies(&flat, &mut alone);
                assert_eq!(energies, alone);
                let size = flat.len() / n_replicas;
                let double = precision == Precision::Double;
                let (energy_limit, force_limit) = if double { (1e-7, 1e-9) } else { (0.02, 2e-5) };
                for replica in [0, 7, n_replicas - 1] {
                    let found = &forces[replica * size..(replica + 1) * size];
                    let pairs = expected.as_flattened().iter().zip(found);
                    let error: f64 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
                    let (energy, force) = (
                        (energies[replica] - terms.total()).abs(),
                        (error / norm).sqrt(),
                    );
                    assert!(energy < energy_limit, "{options:?}: energy off by {energy}");
                    assert!(force < force_limit, "{options:?}: forces off by {force}");
                }
            }
        }
    }
}

#[test]
fn a_file_may_have_its_maps_in_either_direction_and_with_wildcards() {
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data/forcefields/protein.ff19SB.xml"),
    )
    .unwrap();
    let molecule = build(&Sequence::parse("ACE-ALA-VAL-GLY-NME").unwrap(), &[]).unwrap();
    let assign = |text: &str| {
        let force_field = ForceField::from_text("changed.xml", text).unwrap();
        let options = SystemOptions::default();
        force_field.assign(&molecule.topology, &options).unwrap()
    };
    let system = assign(&text);
    assert_eq!(
        (system.correction_maps.len(), system.mapped_torsions.len()),
        (3, 3)
    );
    // A chain is read in the direction of its definition: one written backwards has the torsions exchanged.
    let backwards = text.replace(
        "<Torsion class1=\"protein-C\" class5=\"protein-N\" map=\"1\" type2=\"cmap-ALA-N\" type3=\"cmap-ALA-CA\" type4=\"cmap-ALA-C\" />",
        "<Torsion class5=\"protein-C\" class1=\"protein-N\" map=\"1\" type4=\"cmap-ALA-N\" type3=\"cmap-ALA-CA\" type2=\"cmap-ALA-C\" />",
    );
    assert_ne!(text, backwards);
    let turned = assign(&backwards).mapped_torsions;
    let reversed = |mut atoms: [usize; 4]| {
        atoms.reverse();
        atoms
    };
    let n_turned = turned.iter().filter(|term| {
        let as_before = term.atoms.map(reversed);
        let same = |other: &&saltus::forcefield::MappedTorsions| {
            other.atoms == [as_before[1], as_before[0]]
        };
        system.mapped_torsions.iter().any(|other| same(&other))
    });
    assert_eq!(n_turned.count(), 1);
    // Wildcards stand back behind what is specific, wherever they come.
    let general = "<CMAPTorsionForce>";
    let wild = text.replace(
        "<Torsion class1=\"protein-C\" class5=\"protein-N\" map=\"1\"",
        "<Torsion type1=\"\" type2=\"\" type3=\"\" type4=\"\" type5=\"\" map=\"0\" />\n<Torsion class1=\"protein-C\" class5=\"protein-N\" map=\"1\"",
    );
    assert!(wild.contains(general));
    let wild = assign(&wild);
    assert!(wild.mapped_torsions.len() > 20);
    for term in &system.mapped_torsions {
        let expected = &system.correction_maps[term.map];
        let found = wild
            .mapped_torsions
            .iter()
            .find(|other| other.atoms == term.atoms);
        assert_eq!(&wild.correction_maps[found.unwrap().map], expected);
    }
}

/// Six glycines head to tail.
fn ring() -> Topology {
    let chain = build(
        &Sequence::parse("ACE-GLY-GLY-GLY-GLY-GLY-GLY-NME").unwrap(),
        &[],
    )
    .unwrap();
    let kept: Vec<usize> = (0..chain.topology.n_atoms())
        .filter(|&atom| {
            let residue = chain.topology.atoms[atom].residue_index;
            chain.topology.residues[residue].name == "GLY"
        })
        .collect();
    let place = |atom: usize| kept.iter().position(|&old| old == atom);
    let mut topology = Topology::default();
    for &old in &kept {
        let mut atom = chain.topology.atoms[old].clone();
        atom.residue_index -= 1;
        topology.atoms.push(atom);
    }
    for residue in &chain.topology.residues[1..7] {
        let mut residue = residue.clone();
        let start = residue.atoms.start - kept[0];
        residue.atoms = start..start + residue.atoms.len();
        topology.residues.push(residue);
    }
    let bonds = chain.topology.bonds.iter();
    topology.bonds = bonds
        .filter_map(|[a, b]| Some([place(*a)?, place(*b)?]))
        .collect();
    let named = |residue: usize, name: &str| {
        let mut atoms = topology.residues[residue].atoms.clone();
        atoms
            .find(|&atom| topology.atoms[atom].name == name)
            .unwrap()
    };
    let closing = [named(0, "N"), named(5, "C")];
    topology.bonds.push(closing);
    topology.bonds.sort_unstable();
    topology
}

#[test]
fn every_residue_of_a_ring_has_its_map_once() {
    let topology = ring();
    let options = SystemOptions::default();
    let system = builtin("ff19SB").assign(&topology, &options).unwrap();
    // OpenMM 8.6 has 8: those of the residues at the closing bond twice.
    assert_eq!(system.mapped_torsions.len(), 6);
    for term in &system.mapped_torsions {
        let names = term
            .atoms
            .map(|atoms| atoms.map(|atom| topology.atoms[atom].name.as_str()));
        assert_eq!(names, [["C", "N", "CA", "C"], ["N", "CA", "C", "N"]]);
    }
}
