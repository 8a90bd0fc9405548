//! Topology, energies and forces of prmtops against OpenMM's `AmberPrmtopFile`, in the order of the file.

use saltus::forcefield::{Prmtop, SystemOptions, reference_energies};

use crate::support::{Numbers, Reference, options};

/// kJ/mol, and relative to the root mean square force.
const ENERGY: f64 = 1e-4;
const FORCE: f64 = 1e-5;

#[test]
fn atoms_bonds_and_their_order_are_those_of_openmm() {
    for (name, reference) in Reference::all() {
        let parameters = reference.parameters();
        let topology = parameters.topology();
        assert_eq!(topology.bonds, reference.bonds, "{name}");
        assert_eq!(topology.n_atoms(), reference.atoms.len(), "{name}");
        for (atom, [_, residue, symbol]) in topology.atoms.iter().zip(&reference.atoms) {
            assert_eq!(atom.element.symbol(), symbol, "{name}: {}", atom.name);
            // OpenMM renames residues and atoms of the PDB's dictionary, AMBER's own stay.
            let own = &topology.residues[atom.residue_index].name;
            assert!(
                own == residue
                    || own.starts_with(residue)
                    || ["HIE", "CYX"].contains(&own.as_str()),
                "{name}: {own}, {residue}"
            );
        }
    }
}

#[test]
fn rigid_bonds_and_heavy_hydrogens_are_those_of_openmm() {
    for (name, reference) in Reference::all() {
        let options = SystemOptions {
            constrain_hydrogen_bonds: true,
            hydrogen_mass_da: 1.5,
            ..SystemOptions::default()
        };
        let system = reference.parameters().system(&options).unwrap();
        let close = |got: &[f64], expected: &[f64]| {
            assert_eq!(got.len(), expected.len(), "{name}");
            let pairs = got.iter().zip(expected);
            pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-9, "{name}: {a}, {b}"));
        };
        let mut lengths: Vec<f64> = system.constraints.iter().map(|c| c.distance_nm).collect();
        let mut expected = reference.rigid_lengths_nm.clone();
        lengths.sort_by(f64::total_cmp);
        expected.sort_by(f64::total_cmp);
        close(&lengths, &expected);
        close(&system.masses_da, &reference.heavy_masses_da);
    }
}

fn largest_deviation(forces: &[[f64; 3]], expected: &[[f64; 3]]) -> f64 {
    let norm = |force: [f64; 3]| force.iter().map(|x| x * x).sum::<f64>();
    let mean = expected.iter().copied().map(norm).sum::<f64>() / expected.len() as f64;
    let squares = forces
        .iter()
        .zip(expected)
        .map(|(a, b)| norm(std::array::from_fn(|axis| a[axis] - b[axis])));
    let largest = squares.fold(0.0, |a, b| if b <= a { a } else { b });
    (largest / mean).sqrt()
}

/// What OpenMM's energy is higher by because its GBSAOBCForce, which it takes for OBC2 without salt, has the Coulomb constant
/// 138.935457644 kJ nm mol⁻¹ e⁻², and its other Born models, as this program, 138.935485.
pub(crate) fn of_constants(solvent: &str, implicit_solvent_kj_per_mol: f64) -> f64 {
    match solvent {
        "obc2" => implicit_solvent_kj_per_mol * (138.935_457_644 / 138.935_485 - 1.0),
        _ => 0.0,
    }
}

#[test]
fn energies_and_forces_are_those_of_openmm() {
    let mut n_found = 0;
    let mut worst = [(0.0, String::new()), (0.0, String::new())];
    for (name, reference) in Reference::all() {
        let (parameters, positions) = (reference.parameters(), reference.molecule().positions);
        for (solvent, numbers) in &reference.references {
            let label = format!("{name} {solvent}");
            let Numbers::Found(expected) = numbers else {
                continue;
            };
            n_found += 1;
            let options = SystemOptions {
                ionic_strength_molar: expected.ionic_strength_molar,
                ..options(solvent)
            };
            let system = parameters.system(&options).unwrap();
            let (terms, forces) = reference_energies(&system, &positions);
            let energy = terms.total() + of_constants(solvent, terms.implicit_solvent);
            let off = (energy - expected.potential_energy_kj_per_mol).abs();
            let off_force = largest_deviation(&forces, &expected.forces_kj_per_mol_per_nm);
            println!("{label}: energy off by {off:.1e} kJ/mol, forces by {off_force:.1e}");
            for (worst, deviation) in worst.iter_mut().zip([off, off_force]) {
                if deviation > worst.0 || deviation.is_nan() {
                    *worst = (deviation, label.clone());
                }
            }
        }
    }
    println!("{n_found} systems, worst {worst:?}");
    assert!(n_found >= 85, "{n_found}");
    assert!(worst[0].0 < ENERGY, "{:?}", worst[0]);
    assert!(worst[1].0 < FORCE, "{:?}", worst[1]);
}

#[test]
fn radii_that_openmm_refuses_are_refused_with_the_atom() {
    let reference = Reference::read("cucurbituril_viologen");
    let parameters = reference.parameters();
    for solvent in ["gbn", "gbn2"] {
        let Numbers::Refused(why) = &reference.references[solvent] else {
            panic!("OpenMM takes {solvent}");
        };
        assert!(why.contains("Radii must be between 1 and 2"));
        let error = parameters.system(&options(solvent)).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("has a Born radius of 0.080 nm, but the neck tables of GBn and GBn2 cover 0.1 to 0.2 nm")
                && message.ends_with("(ParmEd: `changeRadii bondi` for gbn, `changeRadii mbondi3` for gbn2)"),
            "{message}"
        );
    }
}

#[test]
fn wells_that_no_rule_gives_become_exceptions() {
    let system = |name| {
        let parameters = Reference::read(name).parameters();
        parameters.system(&SystemOptions::default()).unwrap()
    };
    let (plain, modified) = (system("cystine"), system("off_diagonal"));
    let more = modified.nonbonded.exceptions.len() - plain.nonbonded.exceptions.len();
    // Two sulfurs and four amide hydrogens; the pairs within each residue are 1-4 or nearer and stay what they are.
    assert!((4..=8).contains(&more), "{more}");
    assert_eq!(plain.nonbonded.charges, modified.nonbonded.charges);
}

/// The text of a prmtop with all entries of one section a hundredth larger.
fn enlarged(prmtop: &str, flag: &str) -> String {
    let mut found = 0;
    let mut inside = false;
    let mut width = 16;
    let lines = prmtop.lines().map(|line| {
        if let Some(name) = line.strip_prefix("%FLAG ") {
            inside = name.trim() == flag;
            return line.to_owned();
        }
        if let Some(format) = line.strip_prefix("%FORMAT") {
            width = if format.contains("F9.5") { 9 } else { 16 };
        }
        if !inside || line.starts_with('%') {
            return line.to_owned();
        }
        let entries = line.trim_end().as_bytes().chunks(width).map(|entry| {
            found += 1;
            let text = std::str::from_utf8(entry).unwrap().trim();
            let value = 1.01 * text.parse::<f64>().unwrap();
            match width {
                9 => format!("{value:9.5}"),
                _ => format!("{value:16.8E}"),
            }
        });
        entries.collect()
    });
    let text = lines.collect::<Vec<String>>().join("\n") + "\n";
    assert!(found > 0, "{flag}");
    text
}

#[test]
fn planted_errors_are_seen() {
    let planted = [
        ("BOND_FORCE_CONSTANT", "vacuum"),
        ("BOND_EQUIL_VALUE", "vacuum"),
        ("ANGLE_FORCE_CONSTANT", "vacuum"),
        ("ANGLE_EQUIL_VALUE", "vacuum"),
        ("DIHEDRAL_FORCE_CONSTANT", "vacuum"),
        ("DIHEDRAL_PHASE", "vacuum"),
        ("CMAP_PARAMETER_01", "vacuum"),
        ("CHARGE", "vacuum"),
        ("SCEE_SCALE_FACTOR", "vacuum"),
        ("SCNB_SCALE_FACTOR", "vacuum"),
        ("LENNARD_JONES_ACOEF", "vacuum"),
        ("LENNARD_JONES_BCOEF", "vacuum"),
        ("RADII", "gbn2"),
        ("SCREEN", "hct"),
    ];
    let reference = Reference::read("ff19sb");
    let positions = reference.molecule().positions;
    for (flag, solvent) in planted {
        let Numbers::Found(expected) = &reference.references[solvent] else {
            panic!("{solvent}");
        };
        let text = enlarged(&reference.prmtop, flag);
        let parameters = Prmtop::parse(&text, "x.prmtop").unwrap();
        let system = parameters.system(&options(solvent)).unwrap();
        let (terms, forces) = reference_energies(&system, &positions);
        let off = (terms.total() - expected.potential_energy_kj_per_mol).abs();
        let off_force = largest_deviation(&forces, &expected.forces_kj_per_mol_per_nm);
        assert!(
            off > ENERGY && off_force > FORCE,
            "{flag}: {off}, {off_force}"
        );
    }
}
