//! PDB files: round trips, other programs' spelling, missing hydrogens, and each fault with its message.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nalgebra::Vector3;
use saltus::topology::{Element, Molecule, PdbError, Sequence, build, chiral_centers, pdb};

fn peptide(sequence: &str, disulfides: &[[usize; 2]]) -> Molecule {
    build(&Sequence::parse(sequence).unwrap(), disulfides).unwrap()
}

fn text_of(molecule: &Molecule) -> String {
    let mut bytes = Vec::new();
    pdb::write(&mut bytes, &molecule.topology, &molecule.positions).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn read(text: &str) -> Molecule {
    pdb::read_str(text, "test.pdb").unwrap_or_else(|error| panic!("{error}"))
}

fn fault(text: &str) -> String {
    pdb::read_str(text, "test.pdb").unwrap_err().to_string()
}

/// Lines for which the atom name passes.
fn keep_atoms(text: &str, keep: impl Fn(&str, &str) -> bool) -> String {
    let kept = text.lines().filter(|line| {
        !line.starts_with("ATOM") && !line.starts_with("CONECT")
            || line.starts_with("ATOM") && keep(line[12..16].trim(), line[17..20].trim())
    });
    kept.collect::<Vec<_>>().join("\n")
}

fn without_hydrogens(text: &str) -> String {
    keep_atoms(text, |name, _| !name.starts_with('H'))
}

fn largest_shift_nm(a: &Molecule, b: &Molecule) -> f64 {
    let distance = |(p, q): (&[f64; 3], &[f64; 3])| (Vector3::from(*p) - Vector3::from(*q)).norm();
    a.positions
        .iter()
        .zip(&b.positions)
        .map(distance)
        .fold(0.0, f64::max)
}

/// The same molecule with its atoms in the order of another one: where atoms are added, they stand by their heavy atoms.
fn in_order_of(molecule: &Molecule, other: &Molecule) -> Molecule {
    let find = |atom: &saltus::topology::Atom| {
        let found = molecule.topology.atom_index(atom.residue_index, &atom.name);
        found.unwrap_or_else(|| panic!("{atom:?}"))
    };
    let order: Vec<usize> = other.topology.atoms.iter().map(find).collect();
    let place = |atom: usize| order.iter().position(|&other| other == atom).unwrap();
    let mut topology = molecule.topology.clone();
    topology.atoms = order
        .iter()
        .map(|&atom| molecule.topology.atoms[atom].clone())
        .collect();
    for bond in &mut topology.bonds {
        *bond = bond.map(place);
        bond.sort_unstable();
    }
    topology.bonds.sort_unstable();
    Molecule {
        topology,
        positions: order.iter().map(|&atom| molecule.positions[atom]).collect(),
    }
}

#[test]
fn round_trips_give_the_same_molecule() {
    for (sequence, disulfides) in [
        ("ACE-ALA-NME", vec![]),
        ("ACDEFGHIKLMNPQRSTVWY", vec![]),
        ("ACE-HID-HIP-ASH-GLH-LYN-CYM-NHE", vec![]),
        ("PRO-GLY-PRO", vec![]),
        ("ACE-CYX-GLY-GLY-CYX-NME", vec![[2, 5]]),
        ("CYS-TYR-PHE-GLN-ASN-CYS-PRO-ARG-GLY-NHE", vec![[1, 6]]),
    ] {
        let molecule = peptide(sequence, &disulfides);
        let again = read(&text_of(&molecule));
        assert_eq!(again.topology, molecule.topology, "{sequence}");
        assert!(largest_shift_nm(&again, &molecule) < 1e-4, "{sequence}");
        assert_eq!(text_of(&again), text_of(&molecule));
    }
}

#[test]
fn columns_follow_the_format() {
    let text = text_of(&peptide("ACE-ARG-NME", &[]));
    let line = text.lines().find(|l| l.contains("HH11")).unwrap();
    assert_eq!(&line[..30], "ATOM     24 HH11 ARG A   2    ");
    assert_eq!(&line[76..78], " H");
    let ca = text.lines().find(|l| l.contains(" CA ")).unwrap();
    assert_eq!(&ca[12..16], " CA ");
    assert!(text.lines().any(|l| l.starts_with("TER ")));
    assert!(text.lines().all(|l| l.len() <= 80));
    assert!(text.ends_with("END\n"));
}

#[test]
fn hydrogens_come_back_where_they_were() {
    for sequence in [
        "ACE-ALA-NME",
        "ACDEFGHIKLMNPQRSTVWY",
        "PRO-GLY-VAL",
        "ACE-PRO-ILE-NHE",
        "ACE-THR-LEU-TRP-NME",
    ] {
        let molecule = peptide(sequence, &[]);
        let again = read(&without_hydrogens(&text_of(&molecule)));
        let again = in_order_of(&again, &molecule);
        assert_eq!(again.topology, molecule.topology, "{sequence}");
        for (index, atom) in molecule.topology.atoms.iter().enumerate() {
            let shift = (Vector3::from(molecule.positions[index])
                - Vector3::from(again.positions[index]))
            .norm();
            let label = molecule.topology.label(index);
            // Hydrogens on atoms that turn freely may stand elsewhere.
            let turns = ["HG", "HG1", "HH"].contains(&atom.name.as_str())
                && ["SER", "THR", "TYR", "CYS"]
                    .contains(&molecule.topology.residues[atom.residue_index].name.as_str());
            assert!(shift < 0.02 || turns, "{sequence} {label} {shift}");
        }
    }
}

#[test]
fn added_hydrogens_have_sane_distances() {
    let molecule = read(&without_hydrogens(&text_of(&peptide(
        "ACDEFGHIKLMNPQRSTVWY",
        &[],
    ))));
    let neighbors = molecule.topology.neighbors();
    for (index, atom) in molecule.topology.atoms.iter().enumerate() {
        if atom.element != Element::HYDROGEN {
            continue;
        }
        for other in (0..molecule.positions.len()).filter(|&other| other != index) {
            let distance = (Vector3::from(molecule.positions[index])
                - Vector3::from(molecule.positions[other]))
            .norm();
            let bonded = neighbors[index].contains(&other);
            assert_eq!(bonded, distance < 0.14, "{} {distance}", {
                molecule.topology.label(index) + " " + &molecule.topology.label(other)
            });
        }
    }
}

#[test]
fn a_missing_hydrogen_takes_the_free_place_of_its_group() {
    let molecule = peptide("ACE-ALA-LYS-GLY-NME", &[]);
    let text = text_of(&molecule);
    for lost in [
        "HB1", "HB2", "HB3", "HZ2", "HE3", "HA2", "HA", "H", "HG3", "H1", "H3",
    ] {
        let again = read(&keep_atoms(&text, |name, _| name != lost));
        if lost == "HZ2" {
            assert_eq!(again.topology.residues[2].name, "LYN");
            continue;
        }
        let again = in_order_of(&again, &molecule);
        assert_eq!(again.topology, molecule.topology, "{lost}");
        assert!(largest_shift_nm(&again, &molecule) < 0.01, "{lost}");
    }
}

#[test]
fn d_residues_keep_their_hand() {
    let mut molecule = peptide("ACE-ALA-ILE-NME", &[]);
    molecule.positions.iter_mut().for_each(|p| p[0] = -p[0]);
    let again = read(&without_hydrogens(&text_of(&molecule)));
    for center in chiral_centers(&again.topology) {
        assert!(center.volume_nm3(&again.positions) < 0.0);
    }
    for [name, residue] in [["HA", "1"], ["HB", "2"]] {
        let again = in_order_of(&again, &molecule);
        let index = again
            .topology
            .atom_index(residue.parse().unwrap(), name)
            .unwrap();
        let shift =
            Vector3::from(again.positions[index]) - Vector3::from(molecule.positions[index]);
        assert!(shift.norm() < 0.02, "{name} {}", shift.norm());
    }
}

#[test]
fn a_missing_oxt_is_built() {
    let molecule = peptide("AG", &[]);
    let again = read(&keep_atoms(&text_of(&molecule), |name, _| name != "OXT"));
    assert_eq!(again.topology, molecule.topology);
    assert!(largest_shift_nm(&again, &molecule) < 0.01);
}

fn rename(text: &str, residue: &str, pairs: &[(&str, &str)]) -> String {
    let rename_line = |line: &str| {
        if !line.starts_with("ATOM") || line[17..20].trim() != residue {
            return line.to_owned();
        }
        let name = line[12..16].trim();
        let new = pairs.iter().find(|(from, _)| *from == name);
        new.map_or(line.to_owned(), |(_, to)| {
            let padded = if to.len() < 4 {
                format!(" {to:<3}")
            } else {
                (*to).to_owned()
            };
            format!("{}{padded}{}", &line[..12], &line[16..])
        })
    };
    text.lines().map(rename_line).collect::<Vec<_>>().join("\n")
}

#[test]
fn spellings_of_other_programs_are_understood() {
    let molecule = peptide("ALA-ILE-LYS-SER-GLY", &[]);
    let mut text = text_of(&molecule);
    text = rename(
        &text,
        "ALA",
        &[
            ("H1", "1H"),
            ("H2", "2H"),
            ("H3", "3H"),
            ("HB1", "1HB"),
            ("HB2", "2HB"),
            ("HB3", "3HB"),
        ],
    );
    text = rename(
        &text,
        "ILE",
        &[
            ("H", "HN"),
            ("CD1", "CD"),
            ("HD11", "HD1"),
            ("HD12", "HD2"),
            ("HD13", "HD3"),
            ("HG12", "1HG1"),
            ("HG13", "2HG1"),
        ],
    );
    text = rename(
        &text,
        "LYS",
        &[
            ("HB2", "HB1"),
            ("HB3", "HB2"),
            ("HG2", "1HG"),
            ("HG3", "2HG"),
        ],
    );
    text = rename(
        &text,
        "SER",
        &[("HG", "HG1"), ("HB2", "2HB"), ("HB3", "1HB")],
    );
    text = rename(
        &text,
        "GLY",
        &[("O", "OT1"), ("OXT", "OT2"), ("HA2", "HA1"), ("HA3", "HA2")],
    );
    let again = in_order_of(&read(&text), &molecule);
    assert_eq!(again.topology, molecule.topology);
    let mut shift_of_swapped = 0;
    for index in 0..molecule.positions.len() {
        let shift =
            Vector3::from(again.positions[index]) - Vector3::from(molecule.positions[index]);
        shift_of_swapped += usize::from(shift.norm() > 1e-3);
    }
    assert_eq!(shift_of_swapped, 2, "only SER's 1HB and 2HB change places");
}

#[test]
fn caps_of_other_programs_are_understood() {
    let molecule = peptide("ACE-ALA-NME", &[]);
    let text = text_of(&molecule);
    let methyl = [("H1", "HH31"), ("H2", "HH32"), ("H3", "HH33"), ("C", "CH3")];
    let amber = rename(&rename(&text, "ACE", &methyl[..3]), "NME", &methyl);
    assert_eq!(read(&amber), read(&text));
    let charmm = rename(
        &text.replace("NME A", "NMA A"),
        "NMA",
        &[("H", "HN"), ("H1", "1HH3"), ("C", "CA")],
    );
    assert_eq!(read(&charmm).topology, molecule.topology);
}

#[test]
fn protonation_follows_the_hydrogens() {
    let names = |text: &str| -> Vec<String> {
        read(text)
            .topology
            .residues
            .iter()
            .map(|r| r.name.clone())
            .collect()
    };
    for (sequence, plain) in [
        ("HID", "HIS"),
        ("HIP", "HIS"),
        ("HIE", "HIS"),
        ("ASH", "ASP"),
        ("GLH", "GLU"),
        ("LYN", "LYS"),
        ("CYM", "CYS"),
    ] {
        let text = text_of(&peptide(&format!("ACE-{sequence}-NME"), &[]));
        let text = text.replace(&format!("{sequence} A"), &format!("{plain} A"));
        assert_eq!(names(&text)[1], sequence);
        let expected = if plain == "HIS" { "HIE" } else { plain };
        assert_eq!(names(&without_hydrogens(&text))[1], expected);
    }
    let ash = text_of(&peptide("ACE-ASH-NME", &[]));
    let other_oxygen = rename(
        &ash,
        "ASH",
        &[("HD2", "HD1"), ("OD1", "OD2"), ("OD2", "OD1")],
    );
    assert_eq!(read(&other_oxygen), read(&ash));
    let charmm = text_of(&peptide("ACE-HID-NME", &[])).replace("HID A", "HSD A");
    assert_eq!(names(&charmm)[1], "HID");
    let terminal = text_of(&peptide("AG", &[])).replace("ALA A", "NALAA");
    assert_eq!(names(&terminal), ["ALA", "GLY"]);
}

#[test]
fn disulfides_are_found_by_ssbond_conect_and_distance() {
    let molecule = peptide("ACE-CYX-GLY-GLY-CYX-NME", &[[2, 5]]);
    let text = text_of(&molecule).replace("CYX A", "CYS A");
    assert_eq!(read(&text).topology, molecule.topology, "CONECT");
    let bare = keep_atoms(&text, |_, _| true);
    assert_eq!(read(&bare).topology, molecule.topology, "distance");
    let ssbond = "SSBOND   1 CYS A    2    CYS A    5                          1555   1555  2.04\n";
    assert_eq!(read(&format!("{ssbond}{bare}")).topology, molecule.topology);
    let wrong = "SSBOND   1 CYS A    2    CYS A    4\n";
    assert!(
        fault(&format!("{wrong}{bare}"))
            .contains("test.pdb:1: SSBOND joins residues 2 (chain A) and 4 (chain A)")
    );
    let alone = text_of(&peptide("ACE-CYS-NME", &[])).replace("CYS A", "CYX A");
    assert!(
        fault(&keep_atoms(&alone, |name, _| name != "HG"))
            .contains("CYX 2 (chain A) is bonded cysteine, but")
    );
}

#[test]
fn a_file_as_from_the_pdb_is_read() {
    let molecule = pdb::read(std::path::Path::new("tests/data/pdb/as_deposited.pdb")).unwrap();
    let names: Vec<&str> = molecule
        .topology
        .residues
        .iter()
        .map(|r| r.name.as_str())
        .collect();
    assert_eq!(names, ["ALA", "HIE", "SER", "GLY", "ALA", "HIP"]);
    let chains: String = molecule.topology.residues.iter().map(|r| r.chain).collect();
    assert_eq!(chains, "AAAABB");
    let numbers: Vec<i32> = molecule
        .topology
        .residues
        .iter()
        .map(|r| r.number)
        .collect();
    assert_eq!(
        numbers,
        [10, 11, 12, 13, 1, 2],
        "11A becomes 12, and 12 becomes 13"
    );
    let og = molecule.topology.atom_index(2, "OG").unwrap();
    let expected = pdb_x("tests/data/pdb/as_deposited.pdb", "BSER");
    assert!(
        (molecule.positions[og][0] - expected).abs() < 1e-9,
        "location B of higher occupancy"
    );
    for center in chiral_centers(&molecule.topology) {
        assert!(center.volume_nm3(&molecule.positions) > 0.0015);
    }
    for &[i, j] in &molecule.topology.bonds {
        let length =
            (Vector3::from(molecule.positions[i]) - Vector3::from(molecule.positions[j])).norm();
        assert!((0.09..0.16).contains(&length), "{length}");
    }
}

/// x in nm of the OG line that holds a text.
fn pdb_x(path: &str, holds: &str) -> f64 {
    let text = std::fs::read_to_string(path).unwrap();
    let line = text
        .lines()
        .find(|l| l.contains(holds) && l.contains(" OG "))
        .unwrap();
    line[30..38].trim().parse::<f64>().unwrap() * 0.1
}

/// Each file in `tests/data/pdb/bad` says in its first line what its message must hold.
#[test]
fn bad_files_are_explained() {
    let mut n_files = 0;
    for entry in std::fs::read_dir("tests/data/pdb/bad").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let expected = first.strip_prefix("REMARK expect: ").unwrap();
        let message = pdb::read(&path).expect_err(expected).to_string();
        for part in expected.split(" | ") {
            assert!(
                message.contains(part),
                "{}: '{message}' lacks '{part}'",
                path.display()
            );
        }
        assert!(
            message.starts_with(&path.display().to_string()),
            "{message}"
        );
        n_files += 1;
    }
    assert_eq!(n_files, 13);
}

#[test]
fn an_absent_file_is_named() {
    let error = pdb::read(std::path::Path::new("no/such.pdb")).unwrap_err();
    assert!(matches!(error, PdbError::Io { .. }));
    assert!(error.to_string().starts_with("no/such.pdb: cannot read it"));
}

#[test]
fn what_does_not_fit_the_format_is_refused() {
    let molecule = peptide("ACE-ALA-NME", &[]);
    let message = |positions: &[[f64; 3]]| {
        pdb::write(&mut Vec::new(), &molecule.topology, positions)
            .unwrap_err()
            .to_string()
    };
    assert!(message(&molecule.positions[1..]).contains("21 positions for 22 atoms"));
    let mut far = molecule.positions.clone();
    far[3][1] = f64::NAN;
    assert!(message(&far).contains("ACE 1 H3"));
    far[3][1] = 1000.0;
    assert!(message(&far).contains("room for"));
}

#[test]
fn lines_of_any_content_never_panic() {
    for text in [
        "",
        "ATOM",
        "ATOM  \u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
        "CONECT    1",
        "SSBOND",
        "TER\nTER\nEND",
        "HETATM",
    ] {
        assert!(pdb::read_str(text, "test.pdb").is_err());
    }
}
