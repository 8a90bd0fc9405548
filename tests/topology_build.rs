//! Built peptides: bond graphs against OpenMM's templates, chirality, trans peptide bonds, contacts.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nalgebra::Vector3;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use saltus::topology::{Element, Molecule, ResidueLibrary, Sequence, Topology, build};
use std::collections::{BTreeMap, BTreeSet};

#[derive(serde::Deserialize)]
struct Template {
    atoms: Vec<(String, String)>,
    bonds: Vec<[String; 2]>,
}

fn templates() -> BTreeMap<String, Template> {
    serde_json::from_str(include_str!("data/topology_templates.json")).unwrap()
}

fn peptide(sequence: &str) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), &[])
        .unwrap_or_else(|error| panic!("{sequence}: {error}"))
}

/// Bonds within one residue by sorted names.
fn residue_bonds(topology: &Topology, residue_index: usize) -> BTreeSet<[String; 2]> {
    let range = topology.residues[residue_index].atoms.clone();
    topology
        .bonds
        .iter()
        .filter(|bond| bond.iter().all(|atom| range.contains(atom)))
        .map(|bond| {
            let mut names = bond.map(|atom| topology.atoms[atom].name.clone());
            names.sort();
            names
        })
        .collect()
}

fn assert_matches_template(molecule: &Molecule, residue_index: usize, template: &Template) {
    let topology = &molecule.topology;
    let atoms: Vec<(String, String)> = topology.residues[residue_index]
        .atoms
        .clone()
        .map(|atom| {
            let atom = &topology.atoms[atom];
            (atom.name.clone(), atom.element.symbol().to_owned())
        })
        .collect();
    let name = &topology.residues[residue_index].name;
    assert_eq!(atoms, template.atoms, "{name}");
    let expected: BTreeSet<[String; 2]> = template
        .bonds
        .iter()
        .map(|bond| {
            let mut bond = bond.clone();
            bond.sort();
            bond
        })
        .collect();
    assert_eq!(residue_bonds(topology, residue_index), expected, "{name}");
}

/// Two residues of a kind in a loop, where CYX needs its partner.
fn build_with_partner(before: &str, name: &str, after: &str) -> Molecule {
    if name != "CYX" {
        return peptide(&format!("{before}{name}{after}"));
    }
    let text = if before.is_empty() {
        format!("CYX-GLY-GLY-GLY-CYX{after}")
    } else {
        format!("{before}CYX-GLY-GLY-GLY-CYX{after}")
    };
    let sequence = Sequence::parse(&text).unwrap();
    let numbers: Vec<usize> = (0..sequence.names().len())
        .filter(|&index| sequence.names()[index] == "CYX")
        .map(|index| index + 1)
        .collect();
    build(&sequence, &[[numbers[0], numbers[1]]]).unwrap()
}

#[test]
fn bond_graphs_equal_openmm_templates_in_every_place() {
    let templates = templates();
    let mut n_compared = 0;
    for residue in ResidueLibrary::get().residues().iter().filter(|r| !r.cap) {
        let name = residue.name.as_str();
        let capped = build_with_partner("ACE-", name, "-NME");
        let inside = build_with_partner("ALA-", name, "-ALA");
        let first = build_with_partner("", name, "-ALA-NME");
        let last = build_with_partner("ACE-ALA-", name, "");
        let n_last = last.topology.residues.len() - 1;
        for (molecule, index, key) in [
            (&capped, 1, name.to_owned()),
            (&inside, 1, name.to_owned()),
            (&first, 0, format!("N{name}")),
            (&last, n_last, format!("C{name}")),
        ] {
            if let Some(template) = templates.get(&key) {
                assert_matches_template(molecule, index, template);
                n_compared += 1;
            }
        }
    }
    assert_eq!(n_compared, 28 * 2 + 24 * 2 - 1, "templates compared");
    for (sequence, index, key) in [
        ("ACE-ALA-NME", 0, "ACE"),
        ("ACE-ALA-NME", 2, "NME"),
        ("ACE-ALA-NHE", 2, "NHE"),
    ] {
        assert_matches_template(&peptide(sequence), index, &templates[key]);
    }
}

#[test]
fn residues_are_joined_by_peptide_bonds_only() {
    let molecule = peptide("ACE-PRO-TRP-NME");
    let topology = &molecule.topology;
    let between: Vec<String> = topology
        .bonds
        .iter()
        .filter(|[i, j]| topology.atoms[*i].residue_index != topology.atoms[*j].residue_index)
        .map(|[i, j]| format!("{}-{}", topology.label(*i), topology.label(*j)))
        .collect();
    assert_eq!(
        between,
        ["ACE 1 C-PRO 2 N", "PRO 2 C-TRP 3 N", "TRP 3 C-NME 4 N"]
    );
    let mut sorted = topology.bonds.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted, topology.bonds);
}

fn at(molecule: &Molecule, atom: usize) -> Vector3<f64> {
    Vector3::from(molecule.positions[atom])
}

/// Dihedral by its cosine and the sign of a triple product, written apart from the library's own.
fn dihedral_deg(molecule: &Molecule, atoms: [usize; 4]) -> f64 {
    let [a, b, c, d] = atoms.map(|atom| at(molecule, atom));
    let (left, right) = ((b - a).cross(&(c - b)), (c - b).cross(&(d - c)));
    let sign = if left.dot(&(d - c)) < 0.0 { -1.0 } else { 1.0 };
    sign * left.angle(&right).to_degrees()
}

fn assert_chiral(molecule: &Molecule, seed: &str) {
    let topology = &molecule.topology;
    for (index, residue) in topology.residues.iter().enumerate() {
        let quartets = match residue.name.as_str() {
            "ILE" => vec![["CA", "N", "C", "CB"], ["CB", "CA", "CG1", "CG2"]],
            "THR" => vec![["CA", "N", "C", "CB"], ["CB", "CA", "OG1", "CG2"]],
            "GLY" | "ACE" | "NME" | "NHE" => continue,
            _ => vec![["CA", "N", "C", "CB"]],
        };
        for quartet in quartets {
            let [center, a, b, c] =
                quartet.map(|name| at(molecule, topology.atom_index(index, name).unwrap()));
            let volume = (a - center).dot(&(b - center).cross(&(c - center)));
            assert!(
                volume > 1.5e-3,
                "{seed}: {} {} {volume}",
                residue.name,
                quartet[0]
            );
        }
    }
}

fn assert_trans(molecule: &Molecule, seed: &str) {
    let topology = &molecule.topology;
    for index in 1..topology.residues.len() {
        let atoms = [
            topology
                .atom_index(index - 1, "CA")
                .or(topology.atom_index(index - 1, "CH3")),
            topology.atom_index(index - 1, "C"),
            topology.atom_index(index, "N"),
            topology
                .atom_index(index, "CA")
                .or(topology.atom_index(index, "C")),
        ];
        if let [Some(a), Some(b), Some(c), Some(d)] = atoms {
            let omega = dihedral_deg(molecule, [a, b, c, d]);
            assert!(omega.abs() > 175.0, "{seed}: omega {index} is {omega}");
        }
    }
}

/// Smallest distances in nm of heavy pairs and of pairs with hydrogen, more than three bonds apart.
fn closest(molecule: &Molecule) -> (f64, f64) {
    let topology = &molecule.topology;
    let neighbors = topology.neighbors();
    let (mut heavy, mut hydrogen) = (f64::INFINITY, f64::INFINITY);
    for first in 0..topology.n_atoms() {
        let mut near = BTreeSet::from([first]);
        for _ in 0..3 {
            let next: Vec<usize> = near.iter().flat_map(|&i| neighbors[i].clone()).collect();
            near.extend(next);
        }
        for second in (first + 1..topology.n_atoms()).filter(|second| !near.contains(second)) {
            let distance = (at(molecule, first) - at(molecule, second)).norm();
            let has_hydrogen =
                [first, second].map(|i| topology.atoms[i].element == Element::HYDROGEN);
            if has_hydrogen == [false, false] {
                heavy = heavy.min(distance);
            } else {
                hydrogen = hydrogen.min(distance);
            }
        }
    }
    (heavy, hydrogen)
}

fn random_sequence(rng: &mut Xoshiro256PlusPlus) -> String {
    let length = rng.random_range(1..=30);
    (0..length)
        .map(|_| char::from(b"ACDEFGHIKLMNPQRSTVWY"[rng.random_range(0..20)]))
        .collect()
}

#[test]
fn random_sequences_are_chiral_trans_and_free_of_clashes() {
    for seed in 0..60 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let sequence = random_sequence(&mut rng);
        if ResidueLibrary::get().find(&sequence).is_some() {
            continue;
        }
        let molecule = peptide(&sequence);
        let seed = format!("seed {seed} {sequence}");
        assert_chiral(&molecule, &seed);
        assert_trans(&molecule, &seed);
        let (heavy, hydrogen) = closest(&molecule);
        assert!(heavy > 0.25, "{seed}: heavy atoms {heavy} nm apart");
        assert!(
            hydrogen > 0.155,
            "{seed}: a hydrogen {hydrogen} nm from another atom"
        );
    }
}

#[test]
fn bulky_and_proline_rich_sequences_do_not_clash() {
    for sequence in [
        "PPPPPPPP",
        "WWWWWWWWWW",
        "RRRRRRRR",
        "IIIIIIII",
        "VPVPVPVP",
        "FPWPYPHP",
        "TTTTTTTT",
        "ACE-ARG-NME",
        "ACE-HIP-NHE",
        "ACE-PRO-NME",
    ] {
        let molecule = peptide(sequence);
        let (heavy, hydrogen) = closest(&molecule);
        assert!(
            heavy > 0.25 && hydrogen > 0.155,
            "{sequence}: {heavy} {hydrogen}"
        );
    }
}

#[test]
fn bonded_atoms_are_at_bonding_distance() {
    let molecule = peptide("ACDEFGHIKLMNPQRSTVWY");
    for &[i, j] in &molecule.topology.bonds {
        let distance = (at(&molecule, i) - at(&molecule, j)).norm();
        assert!(
            (0.09..0.19).contains(&distance),
            "{} {} {distance}",
            molecule.topology.label(i),
            molecule.topology.label(j)
        );
    }
}

#[test]
fn disulfides_bring_sulfur_atoms_together() {
    for (sequence, pairs) in [
        ("ACE-CYX-GLY-GLY-CYX-NME", vec![[2, 5]]),
        ("ACE-CYS-PRO-ASN-CYS-NME", vec![[5, 2]]),
        ("CYS-TYR-PHE-GLN-ASN-CYS-PRO-ARG-GLY-NHE", vec![[1, 6]]),
        ("ACE-CYX-ALA-LYS-GLU-TRP-VAL-ILE-CYX-NME", vec![[2, 9]]),
        (
            "CYS-CYS-ASN-PRO-ALA-CYS-GLY-ARG-HIE-TYR-SER-CYS",
            vec![[1, 6], [2, 12]],
        ),
    ] {
        let molecule = build(&Sequence::parse(sequence).unwrap(), &pairs).unwrap();
        for [first, second] in pairs {
            let sulfur = |number: usize| molecule.topology.atom_index(number - 1, "SG").unwrap();
            let (i, j) = (sulfur(first), sulfur(second));
            assert!(molecule.topology.bonds.contains(&[i.min(j), i.max(j)]));
            assert_eq!(molecule.topology.residues[first - 1].name, "CYX");
            let distance = (at(&molecule, i) - at(&molecule, j)).norm();
            eprintln!(
                "{sequence}: S-S {distance:.3} closest {:?}",
                closest(&molecule)
            );
            assert!(
                (0.15..0.3).contains(&distance),
                "{sequence}: SG-SG {distance} nm"
            );
        }
        assert_chiral(&molecule, sequence);
        assert_trans(&molecule, sequence);
        let (heavy, hydrogen) = closest(&molecule);
        assert!(
            heavy > 0.2 && hydrogen > 0.1,
            "{sequence}: {heavy} {hydrogen}"
        );
    }
}

#[test]
fn disulfide_faults_are_explained() {
    let message = |sequence: &str, pairs: &[[usize; 2]]| {
        build(&Sequence::parse(sequence).unwrap(), pairs)
            .unwrap_err()
            .to_string()
    };
    assert!(message("ACE-CYX-NME", &[]).contains("residue 2 of ACE-CYX-NME is CYX"));
    assert!(message("CAC", &[[1, 4]]).contains("no residue 4"));
    assert!(message("CAC", &[[0, 3]]).contains("no residue 0"));
    assert!(message("CAC", &[[1, 2]]).contains("residue 2 of CYS-ALA-CYS is ALA"));
    assert!(message("CAC", &[[1, 1]]).contains("residue 1 occurs twice"));
    assert!(message("CACC", &[[1, 3], [3, 4]]).contains("residue 3 occurs twice"));
}

#[test]
fn building_is_deterministic() {
    let sequence = Sequence::parse("CGGGGC").unwrap();
    assert_eq!(
        build(&sequence, &[[1, 6]]).unwrap(),
        build(&sequence, &[[1, 6]]).unwrap()
    );
}
