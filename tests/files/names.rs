//! Names of other programs, and what is chosen where a file does not say.

use crate::support::{
    atom_name, data, edit_atoms, energy, peptide, read, residues, rewrite, says, text_of,
};
use saltus::topology::Molecule;

/// Atom lines with names replaced where `rename` gives another one.
fn renamed(text: &str, rename: impl Fn(&str, &str) -> Option<String>) -> String {
    edit_atoms(text, |line| {
        let residue = line[17..20].trim().to_owned();
        let number = line[22..26].trim().parse().unwrap();
        Some(match rename(&residue, atom_name(line)) {
            Some(name) => rewrite(line, &residue, &name, number),
            None => line.to_owned(),
        })
    })
}

/// The same atoms, bonds and positions, whatever the order of equal hydrogens.
fn assert_same(again: &Molecule, molecule: &Molecule) {
    assert_eq!(residues(again), residues(molecule));
    assert_eq!(again.topology.n_atoms(), molecule.topology.n_atoms());
    let (a, b) = (energy(again), energy(molecule));
    assert!((a - b).abs() < 0.05, "{a} {b}");
}

#[test]
fn hydrogens_of_any_name_are_known_by_their_places() {
    let molecule = read(&text_of(&peptide("PRO-HIP-ASH-LYS-TRP-CYS-ARG-GLU", &[]))).0;
    let text = text_of(&molecule);
    let mut count = 0;
    let counted: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("ATOM"))
        .map(|line| {
            let number = line[22..26].trim().parse().unwrap();
            let residue = line[17..20].replace("HIP", "HIS").replace("ASH", "ASP");
            if !atom_name(line).starts_with('H') {
                return rewrite(line, &residue, atom_name(line), number);
            }
            count += 1;
            rewrite(line, &residue, &format!("H{count:02}"), number)
        })
        .collect();
    let (again, _) = read(&counted.join("\n"));
    assert_same(&again, &molecule);
}

#[test]
fn the_amine_of_a_terminal_proline_may_be_called_h_and_h2() {
    let molecule = read(&text_of(&peptide("PRO-GLY-ALA", &[]))).0;
    for [first, second] in [
        ["H", "H2"],
        ["H1", "H2"],
        ["HN1", "HN2"],
        ["HT1", "HT2"],
        ["H2", "H3"],
    ] {
        let text = renamed(&text_of(&molecule), |residue, name| match (residue, name) {
            ("PRO", "H2") => Some(first.to_owned()),
            ("PRO", "H3") => Some(second.to_owned()),
            _ => None,
        });
        let (again, said) = read(&text);
        assert_same(&again, &molecule);
        assert!(said.is_empty(), "{said:?}");
    }
}

#[test]
fn residue_names_of_gromacs_are_known() {
    for (name, ours) in [
        ("LYSH", "LYS"),
        ("HISA", "HID"),
        ("HISB", "HIE"),
        ("HISH", "HIP"),
        ("HIS1", "HID"),
    ] {
        let molecule = peptide(&format!("ACE-{ours}-NME"), &[]);
        let text = edit_atoms(&text_of(&molecule), |line| {
            Some(line.replace(&format!("{ours} A"), &format!("{name}A")))
        });
        assert_eq!(residues(&read(&text).0)[1], format!("{ours} 2"), "{name}");
    }
}

/// CHARMM's patches ACE and CT3 (or CT2) are atoms of the residues they cap.
#[test]
fn caps_inside_the_residue_they_cap_become_residues() {
    for (cap, pairs) in [
        (
            "NME",
            vec![
                ("N", "NT"),
                ("H", "HNT"),
                ("C", "CAT"),
                ("H1", "HT1"),
                ("H2", "HT2"),
                ("H3", "HT3"),
            ],
        ),
        ("NHE", vec![("N", "NT"), ("HN1", "HT1"), ("HN2", "HT2")]),
    ] {
        let molecule = read(&text_of(&peptide(&format!("ACE-ALA-{cap}"), &[]))).0;
        let acetyl = [
            ("CH3", "CAY"),
            ("H1", "HY1"),
            ("H2", "HY2"),
            ("H3", "HY3"),
            ("C", "CY"),
            ("O", "OY"),
        ];
        let text = edit_atoms(&text_of(&molecule), |line| {
            let name = atom_name(line);
            let pairs = match &line[17..20] {
                "ACE" => &acetyl[..],
                "ALA" => &[("H", "HN")][..],
                _ => &pairs[..],
            };
            let name = pairs
                .iter()
                .find(|(ours, _)| *ours == name)
                .map_or(name, |(_, theirs)| theirs);
            Some(rewrite(line, "ALA", name, 1))
        });
        let (again, _) = read(&text);
        let names: Vec<&str> = again.topology.residues.iter().map(|r| &*r.name).collect();
        assert_eq!(names, ["ACE", "ALA", cap]);
        assert_eq!(again.topology.bonds.len(), molecule.topology.bonds.len());
        assert!((energy(&again) - energy(&molecule)).abs() < 0.05);
        assert_eq!(read(&text_of(&again)).0, again);
    }
}

#[test]
fn hydrogens_at_the_end_of_the_file_go_home() {
    let molecule = read(&data("openmm/start.pdb")).0;
    let text = text_of(&molecule);
    let atoms = || text.lines().filter(|line| line.starts_with("ATOM"));
    let heavy = atoms().filter(|line| !atom_name(line).starts_with('H'));
    let hydrogens = atoms().filter(|line| atom_name(line).starts_with('H'));
    let lines: Vec<&str> = heavy.chain(hydrogens).collect();
    let (again, said) = read(&lines.join("\n"));
    assert_eq!(residues(&again), residues(&molecule));
    assert_eq!(again.topology.n_atoms(), molecule.topology.n_atoms());
    assert!(
        says(&said, &["apart from the rest of their residue"]),
        "{said:?}"
    );
    assert!(!says(&said, &["lacks"]), "{said:?}");
}

#[test]
fn what_is_chosen_is_said() {
    let text = text_of(&peptide("ALA-HIE-CYS-LYS", &[])).replace("HIE A", "HIS A");
    let without = |residue: &str, name: &str| {
        edit_atoms(&text, |line| {
            let lost = &line[17..20] == residue && atom_name(line) == name;
            (!lost).then(|| line.to_owned())
        })
    };
    let (_, said) = read(&without("", ""));
    assert!(said.is_empty(), "{said:?}");
    let (_, said) = read(&without("HIS", "HE2"));
    assert!(says(&said, &["HIS 2 (chain A)", "HIE"]), "{said:?}");
    assert!(says(&said, &["1 atoms that the file lacks"]), "{said:?}");
    let (_, said) = read(&without("ALA", "H3"));
    assert!(says(&said, &["N terminus of ALA 1", "NH3+"]), "{said:?}");
    let (_, said) = read(&without("CYS", "HG"));
    assert!(says(&said, &["CYS 3 (chain A) as CYM"]), "{said:?}");
    let (_, said) = read(&without("LYS", "HZ1"));
    assert!(says(&said, &["LYS 4 (chain A) as LYN"]), "{said:?}");
}

#[test]
fn an_acid_end_becomes_a_charged_one_and_is_said() {
    let molecule = read(&text_of(&peptide("AG", &[]))).0;
    let text = text_of(&molecule);
    let oxt = text
        .lines()
        .find(|line| atom_name_of(line) == "OXT")
        .unwrap();
    let proton = crate::support::moved(&rewrite(oxt, "GLY", "HXT", 2), [0.6, 0.5, 0.55]);
    let (again, said) = read(&edit_atoms(&text, |line| {
        Some(if line == oxt {
            format!("{line}\n{proton}")
        } else {
            line.to_owned()
        })
    }));
    assert_eq!(again, molecule);
    assert!(says(&said, &["C terminus of GLY 2", "COO-"]), "{said:?}");
}

fn atom_name_of(line: &str) -> &str {
    line.get(12..16).unwrap_or("").trim()
}
