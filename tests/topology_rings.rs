//! Rings, D residues and modified residues: built closed, of the right hand, trans; read back; torsions found by the graph alone.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nalgebra::Vector3;
use saltus::topology::{
    BuildError, CenterKind, CrossLink, Element, Molecule, Sequence, Topology, TorsionKind,
    backbone_torsions, build, build_linked, chiral_centers, named_torsions, pdb, peptide_bonds,
    pucker_rings, rotatable_bonds, torsion_rad,
};
use saltus::{BornModel, ForceField, SystemOptions, reference_energies};

fn peptide(sequence: &str, disulfides: &[[usize; 2]]) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), disulfides)
        .unwrap_or_else(|error| panic!("{sequence}: {error}"))
}

fn distance(molecule: &Molecule, i: usize, j: usize) -> f64 {
    (Vector3::from(molecule.positions[i]) - Vector3::from(molecule.positions[j])).norm()
}

fn energy(molecule: &Molecule) -> f64 {
    let options = SystemOptions {
        solvent: Some(BornModel::Obc1),
        ..SystemOptions::default()
    };
    let force_field = ForceField::builtin("amber14").unwrap();
    let system = force_field.assign(&molecule.topology, &options).unwrap();
    reference_energies(&system, &molecule.positions).0.total()
}

/// Every bond of a sound length, every centre of its hand, every peptide bond trans, no atoms on top of each other.
fn assert_sound(molecule: &Molecule, sequence: &Sequence) {
    let topology = &molecule.topology;
    assert_eq!(topology.mirrored_residues, sequence.mirrored());
    for &[i, j] in &topology.bonds {
        let length = distance(molecule, i, j);
        assert!((0.085..0.215).contains(&length), "{sequence} {length}");
    }
    for center in chiral_centers(topology) {
        let residue = topology.atoms[center.center].residue_index;
        let is_d = center.volume_nm3(&molecule.positions) < 0.0;
        let expected = sequence.mirrored().contains(&residue);
        assert_eq!(
            is_d,
            expected,
            "{sequence} {}",
            topology.label(center.center)
        );
    }
    for bond in peptide_bonds(topology) {
        let omega = torsion_rad(&molecule.positions, bond.atoms).to_degrees();
        assert!(omega.abs() > 135.0, "{sequence} {} {omega}", bond.name);
    }
    let neighbors = topology.neighbors();
    for i in 0..topology.n_atoms() {
        for j in 0..i {
            let near = neighbors[i].contains(&j)
                || neighbors[i].iter().any(|&n| neighbors[j].contains(&n));
            assert!(
                near || distance(molecule, i, j) > 0.14,
                "{sequence} {i} {j}"
            );
        }
    }
}

#[test]
fn rings_are_closed_chiral_trans_and_free_of_clashes() {
    for (text, disulfides) in [
        ("cyclo(GGGGGG)", vec![]),
        ("cyclo(AAAAAA)", vec![]),
        ("cyclo(RGDfV)", vec![]),
        ("cyclo(fPVKLfPVKL)", vec![]),
        ("cyclo(GLPVCGETCVGGTC)", vec![[5, 9]]),
        ("cyclo(CYS-ALA-GLY-DPN-PRO-CYS-LYS-GLY)", vec![[1, 6]]),
        ("cyclo(HYP-GLY-DAL-LEU-DVA-GLY)", vec![]),
    ] {
        let sequence = Sequence::parse(text).unwrap();
        let molecule = peptide(text, &disulfides);
        assert_sound(&molecule, &sequence);
        let n_residues = sequence.names().len();
        let kinds = [TorsionKind::Phi, TorsionKind::Psi, TorsionKind::Omega];
        let backbone = backbone_torsions(&molecule.topology);
        assert_eq!(backbone.len(), 3 * n_residues, "{text}");
        for (index, torsion) in backbone.iter().enumerate() {
            assert_eq!(torsion.kind, kinds[index % 3]);
            assert_eq!(torsion.residue_index, index / 3);
        }
        let turning = rotatable_bonds(&molecule.topology);
        assert!(
            turning.iter().all(|bond| !kinds.contains(&bond.kind)),
            "{text}"
        );
        assert_eq!(molecule, peptide(text, &disulfides), "{text}");
    }
}

#[test]
fn rings_are_read_back_from_what_is_written() {
    for (text, disulfides) in [
        ("cyclo(RGDfV)", vec![]),
        ("cyclo(CYS-ALA-GLY-DPN-PRO-CYS-LYS-GLY)", vec![[1, 6]]),
        ("ACE-HYP-SEP-TPO-PTR-NLE-NHE", vec![]),
    ] {
        let molecule = peptide(text, &disulfides);
        let mut written = Vec::new();
        pdb::write(&mut written, &molecule.topology, &molecule.positions).unwrap();
        let written = String::from_utf8(written).unwrap();
        let again = pdb::read_str(&written, "ring.pdb").unwrap();
        assert_eq!(again.topology, molecule.topology, "{text}");
        let without = |record: &str| {
            let lines = written.lines().filter(|line| !line.starts_with(record));
            lines.collect::<Vec<_>>().join("\n")
        };
        // The distance of a peptide bond tells a ring too.
        let by_distance = pdb::read_str(&without("CONECT"), "ring.pdb").unwrap();
        assert_eq!(by_distance.topology, molecule.topology, "{text}");
        let bare: Vec<&str> = written
            .lines()
            .filter(|line| !line.starts_with("ATOM") || !line.ends_with(" H"))
            .collect();
        let completed = pdb::read_str(&bare.join("\n"), "ring.pdb").unwrap();
        let bonds = |molecule: &Molecule| molecule.topology.bonds.len();
        assert_eq!(bonds(&completed), bonds(&molecule), "{text}");
    }
}

#[test]
fn names_of_d_residues_are_read() {
    let molecule = peptide("ACE-DPN-ALA-NME", &[]);
    let mut written = Vec::new();
    pdb::write(&mut written, &molecule.topology, &molecule.positions).unwrap();
    let renamed = String::from_utf8(written)
        .unwrap()
        .replace("PHE A", "DPN A");
    let again = pdb::read_str(&renamed, "d.pdb").unwrap();
    assert_eq!(again.topology, molecule.topology);
}

/// The mirror image of a peptide of D residues is the peptide of L residues: the same distances and energy.
#[test]
fn a_d_peptide_is_the_mirror_of_its_l_twin() {
    let (left, right) = (
        peptide("ACE-LEU-THR-PRO-TRP-ILE-LYS-NME", &[]),
        peptide("ACE-DLE-DTH-DPR-DTR-DIL-DLY-NME", &[]),
    );
    assert_eq!(left.topology.bonds, right.topology.bonds);
    let mirrored = Molecule {
        topology: right.topology.clone(),
        positions: right
            .positions
            .iter()
            .map(|&[x, y, z]| [-x, y, z])
            .collect(),
    };
    let centers = chiral_centers(&left.topology);
    assert_eq!(centers.len(), 8);
    for center in centers {
        let volumes = [&left, &right].map(|m| center.volume_nm3(&m.positions));
        assert!(volumes[0] > 0.001 && volumes[1] < -0.001, "{volumes:?}");
    }
    assert!((energy(&mirrored) - energy(&right)).abs() < 1e-9);
    for i in 0..left.positions.len() {
        for j in 0..i {
            let apart = distance(&left, i, j) - distance(&right, i, j);
            // The methyl groups of the caps are not mirrored.
            let is_cap = |atom: usize| {
                let residue = left.topology.atoms[atom].residue_index;
                residue == 0 || residue == left.topology.residues.len() - 1
            };
            assert!(
                is_cap(i) || is_cap(j) || apart.abs() < 1e-9,
                "{i} {j} {apart}"
            );
        }
    }
}

#[test]
fn a_ring_that_cannot_be_closed_says_why() {
    let fault = |text: &str| {
        let error = build(&Sequence::parse(text).unwrap(), &[]).unwrap_err();
        error.to_string()
    };
    let message = fault("cyclo(AAA)");
    for part in [
        "cyclo(ALA-ALA-ALA): none of 24 tries",
        "omega_",
        "rings of two and three residues",
        "PDB or mmCIF file",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn modified_residues_have_their_hands_and_rings() {
    let molecule = peptide("ACE-HYP-SEP-TPO-PTR-NLE-NME", &[]);
    let sequence = Sequence::parse("ACE-HYP-SEP-TPO-PTR-NLE-NME").unwrap();
    assert_sound(&molecule, &sequence);
    let topology = &molecule.topology;
    assert_eq!(pucker_rings(topology).len(), 1);
    let at = |residue, name: &str| {
        Vector3::from(molecule.positions[topology.atom_index(residue, name).unwrap()])
    };
    // (4R): the oxygen is trans to the carbonyl carbon across the ring.
    let [cg, oxygen, cd, cb] = ["CG", "OD1", "CD", "CB"].map(|name| at(1, name));
    assert!((oxygen - cg).dot(&(cd - cg).cross(&(cb - cg))) < 0.0);
    let side_chain = |kind| {
        chiral_centers(topology)
            .iter()
            .filter(|c| c.kind == kind)
            .count()
    };
    assert_eq!(side_chain(CenterKind::Backbone), 5);
    let hydroxyproline = peptide("ACE-HYP-ALA-NME", &[]);
    assert!(energy(&hydroxyproline).is_finite());
}

/// Names taken away, the graph still tells backbone and side chains.
#[test]
fn torsions_are_found_without_names() {
    for text in ["ACE-LYS-PRO-ARG-NME", "cyclo(GKAMGL)"] {
        let molecule = peptide(text, &[]);
        let mut nameless = molecule.topology.clone();
        for residue in &mut nameless.residues {
            residue.name = "XYZ".to_owned();
        }
        for (index, atom) in nameless.atoms.iter_mut().enumerate() {
            atom.name = format!("{}{}", atom.element.symbol(), index);
        }
        let atoms = |topology, kinds: &dyn Fn(TorsionKind) -> bool| {
            let mut found: Vec<(String, [usize; 4])> = named_torsions(topology)
                .into_iter()
                .filter(|torsion| kinds(torsion.kind))
                .map(|torsion| (torsion.name, torsion.atoms))
                .collect();
            found.sort();
            found
        };
        let backbone = |kind| {
            matches!(
                kind,
                TorsionKind::Phi | TorsionKind::Psi | TorsionKind::Omega
            )
        };
        assert_eq!(
            atoms(&nameless, &backbone),
            atoms(&molecule.topology, &backbone),
            "{text}"
        );
        // chi of what turns; those of proline's ring and the planar end of arginine are of names only.
        let chi = |kind| matches!(kind, TorsionKind::Chi(1..=3));
        let expected: Vec<_> = atoms(&molecule.topology, &chi)
            .into_iter()
            .filter(|(name, _)| text != "ACE-LYS-PRO-ARG-NME" || !name.ends_with("_3"))
            .collect();
        assert_eq!(atoms(&nameless, &chi), expected, "{text}");
        let axes = |topology| -> Vec<[usize; 2]> {
            let bonds = rotatable_bonds(topology);
            bonds
                .iter()
                .map(|b| [b.atoms[1].min(b.atoms[2]), b.atoms[1].max(b.atoms[2])])
                .collect()
        };
        assert_eq!(axes(&nameless), axes(&molecule.topology), "{text}");
        let tertiary = |topology| -> Vec<bool> {
            peptide_bonds(topology)
                .iter()
                .map(|bond| bond.is_tertiary)
                .collect()
        };
        assert_eq!(tertiary(&nameless), tertiary(&molecule.topology), "{text}");
    }
}

/// Names and atoms of phi, psi and omega.
fn backbone(topology: &Topology) -> Vec<(String, [usize; 4])> {
    let torsions = backbone_torsions(topology).into_iter();
    torsions
        .map(|torsion| (torsion.name, torsion.atoms))
        .collect()
}

/// Where two carbonyls or two nitrogens hang on one carbon, the backbone is between those that other residues are bonded to,
/// whichever comes first in the file.
#[test]
fn of_two_backbones_the_one_in_the_chain_is_taken() {
    let alanine = peptide("ACE-ALA-NME", &[]).topology;
    let expected = backbone(&alanine);
    assert_eq!(expected.len(), 4, "{expected:?}");
    let [n, ha, cb, hb1, hb2, hb3] =
        ["N", "HA", "CB", "HB1", "HB2", "HB3"].map(|name| alanine.atom_index(1, name).unwrap());
    let mut nameless = alanine.clone();
    nameless.residues[1].name = "XYZ".to_owned();
    for index in alanine.residues[1].atoms.clone() {
        nameless.atoms[index].name = format!("X{index}");
    }
    // The amide of aminomalonic acid: C(=O)NH instead of the methyl group, before the backbone's own C.
    let mut amide = nameless.clone();
    amide.atoms[hb1].element = Element::OXYGEN;
    amide.atoms[hb2].element = Element::NITROGEN;
    let of_hb3 = amide.bonds.iter_mut().find(|bond| **bond == [cb, hb3]);
    *of_hb3.unwrap() = [hb2, hb3];
    assert_eq!(backbone(&amide), expected);
    // Two amines on one carbon, and the chain goes on from the second.
    let mut diamine = nameless;
    diamine.atoms[ha].element = Element::NITROGEN;
    let joint = |bond: &&mut [usize; 2]| bond[1] == n && alanine.atoms[bond[0]].residue_index == 0;
    let to_chain = diamine.bonds.iter_mut().find(joint);
    to_chain.unwrap()[1] = ha;
    let swapped = expected.into_iter().map(|(name, atoms)| {
        let atoms = atoms.map(|atom| if atom == n { ha } else { atom });
        (name, atoms)
    });
    assert_eq!(backbone(&diamine), swapped.collect::<Vec<_>>());
}

#[derive(serde::Deserialize)]
struct Foreign {
    terms_kj_per_mol: std::collections::BTreeMap<String, f64>,
    forces_kj_per_mol_per_nm: Vec<[f64; 3]>,
}

fn foreign_field() -> ForceField {
    let files = [
        "data/forcefields/protein.ff14SB.xml",
        "tests/data/foreign/residues.xml",
    ];
    ForceField::from_files(&files.map(std::path::PathBuf::from)).unwrap()
}

/// A PDB file with CONECT and a user's XML are enough for residues of no known kind and for cross-links; energies are OpenMM's.
#[test]
fn foreign_residues_and_lactams_have_the_energies_of_openmm() {
    for name in ["aib", "lactam"] {
        let file = |extension: &str| format!("tests/data/foreign/{name}.{extension}");
        let molecule = pdb::read(file("pdb").as_ref()).unwrap();
        let expected: Foreign =
            serde_json::from_str(&std::fs::read_to_string(file("json")).unwrap()).unwrap();
        let system = foreign_field()
            .assign(&molecule.topology, &SystemOptions::default())
            .unwrap();
        let (terms, forces) = reference_energies(&system, &molecule.positions);
        let got = [
            ("bond", terms.bond),
            ("angle", terms.angle),
            ("torsion", terms.torsion),
            ("nonbonded", terms.nonbonded),
        ];
        for (term, energy) in got {
            let deviation = (energy - expected.terms_kj_per_mol[term]).abs();
            assert!(deviation < 1e-4, "{name} {term} deviates by {deviation:e}");
        }
        let square = |forces: &[[f64; 3]]| forces.as_flattened().iter().map(|f| f * f).sum::<f64>();
        let scale = (square(&expected.forces_kj_per_mol_per_nm) / forces.len() as f64).sqrt();
        let pairs = forces.as_flattened().iter();
        for (got, expected) in pairs.zip(expected.forces_kj_per_mol_per_nm.as_flattened()) {
            assert!(
                (got - expected).abs() < 1e-5 * scale.max(100.0),
                "{name} {got} {expected}"
            );
        }
    }
}

#[test]
fn torsions_of_foreign_residues_and_lactams_are_found() {
    let names = |name: &str| -> Vec<String> {
        let path = format!("tests/data/foreign/{name}.pdb");
        let topology = pdb::read(path.as_ref()).unwrap().topology;
        let bonds = rotatable_bonds(&topology);
        bonds.into_iter().map(|bond| bond.name).collect()
    };
    let aib = names("aib");
    for expected in ["phi_2", "psi_2", "omega_2", "phi_4", "psi_4", "CA-CB1_2"] {
        assert!(aib.contains(&expected.to_owned()), "{expected} of {aib:?}");
    }
    let lactam = names("lactam");
    for closed in ["psi_2", "phi_3", "psi_3", "phi_5", "chi1_2", "chi4_2"] {
        assert!(!lactam.contains(&closed.to_owned()), "{closed}");
    }
    assert!(lactam.contains(&"phi_2".to_owned()) && lactam.contains(&"psi_5".to_owned()));
    let topology = pdb::read("tests/data/foreign/lactam.pdb".as_ref())
        .unwrap()
        .topology;
    let amides: Vec<String> = peptide_bonds(&topology)
        .into_iter()
        .map(|bond| bond.name)
        .collect();
    assert_eq!(
        amides,
        [
            "omega_1", "omega_2", "omega_3", "omega_4", "omega_5", "CG-NZ_5"
        ]
    );
}

#[test]
fn a_residue_without_parameters_is_refused_with_what_is_near() {
    let topology = pdb::read("tests/data/foreign/aib.pdb".as_ref())
        .unwrap()
        .topology;
    let force_field = ForceField::builtin("amber14").unwrap();
    let message = force_field
        .assign(&topology, &SystemOptions::default())
        .unwrap_err()
        .to_string();
    for part in [
        "residue AIB 2",
        "by its atoms the nearest is",
        "OpenMM XML file",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

fn linked(sequence: &str, ends: [&str; 2]) -> Result<Molecule, BuildError> {
    let link = CrossLink {
        ends: ends.map(str::to_owned),
    };
    build_linked(&Sequence::parse(sequence).unwrap(), &[], &[link])
}

/// A lactam from a sequence is that of the PDB file: the same atoms and bonds but for names, parameters from the user's XML.
#[test]
fn a_lactam_is_built_from_a_sequence() {
    let molecule = linked("ACE-LYS-ALA-GLY-ASP-NME", ["LYS 2 NZ", "ASP 5 CG"]).unwrap();
    let sequence = Sequence::parse("ACE-LYS-ALA-GLY-ASP-NME").unwrap();
    assert_sound(&molecule, &sequence);
    let from_file = pdb::read("tests/data/foreign/lactam.pdb".as_ref()).unwrap();
    assert_eq!(molecule.topology.n_atoms(), from_file.topology.n_atoms());
    assert_eq!(
        molecule.topology.bonds.len(),
        from_file.topology.bonds.len()
    );
    let options = SystemOptions::default();
    let system = foreign_field()
        .assign(&molecule.topology, &options)
        .unwrap();
    let expected = foreign_field()
        .assign(&from_file.topology, &options)
        .unwrap();
    let charge = |system: &saltus::System| system.nonbonded.charges.iter().sum::<f64>();
    assert!((charge(&system) - charge(&expected)).abs() < 1e-9);
    assert_eq!(system.angles.len(), expected.angles.len());
    let (terms, _) = reference_energies(&system, &molecule.positions);
    assert!(terms.total() < 5000.0, "{terms:?}");
    let builtin = ForceField::builtin("amber14").unwrap();
    let refused = builtin.assign(&molecule.topology, &options).unwrap_err();
    assert!(refused.to_string().contains("LYS 2"), "{refused}");
}

#[test]
fn bonds_that_cannot_be_made_are_refused() {
    let fault = |ends| {
        linked("ACE-LYS-ALA-GLY-ASP-NME", ends)
            .unwrap_err()
            .to_string()
    };
    for (ends, part) in [
        (["LYS 2 NZ", "ASP 9 CG"], "there is no residue 9"),
        (
            ["LYS 3 NZ", "ASP 5 CG"],
            "residue 3 of ACE-LYS-ALA-GLY-ASP-NME is ALA, not LYS",
        ),
        (["LYS 2 NX", "ASP 5 CG"], "has no atom NX: did you mean N"),
        (
            ["LYS NZ", "ASP 5 CG"],
            "expected the name of a residue, its number from 1 and an atom",
        ),
        (["LYS 2 HZ1", "ASP 5 CG"], "is a hydrogen"),
        (
            ["LYS 2 NZ", "ASP 5 OD1"],
            "has no hydrogen and no hydroxyl group",
        ),
        (["LYS 2 NZ", "LYS 2 CB"], "both atoms are of one residue"),
    ] {
        let message = fault(ends);
        assert!(
            message.starts_with("bond [") && message.contains(part),
            "{message}"
        );
    }
}
