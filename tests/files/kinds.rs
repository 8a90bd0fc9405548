//! Bonds that a file's molecule has and its records do not, or the other way round; boxes; hands.

use nalgebra::Vector3;

use crate::support::{
    atom_name, edit_atoms, energy, fault, moved, peptide, read, residues, rewrite, says, text_of,
    try_read,
};
use saltus::proposal::{TorsionLeapProposal, builtin_leap_model};
use saltus::topology::{Molecule, Stereo};

/// The last residue's chain letter replaced, TER and CONECT gone.
fn with_letter(text: &str, number: i32, letter: char) -> String {
    edit_atoms(text, |line| {
        let own: i32 = line[22..26].trim().parse().unwrap();
        Some(if own >= number {
            format!("{}{letter}{}", &line[..21], &line[22..])
        } else {
            line.to_owned()
        })
    })
}

#[test]
fn a_new_chain_letter_at_a_peptide_bond_begins_no_chain() {
    let molecule = peptide("ACE-ALA-ALA-NME", &[]);
    let (again, said) = read(&with_letter(&text_of(&molecule), 3, 'B'));
    assert_eq!(again.topology.bonds, molecule.topology.bonds);
    assert!(says(&said, &["peptide bond", "chain letter"]), "{said:?}");
    let chains: String = again.topology.residues.iter().map(|r| r.chain).collect();
    assert_eq!(chains, "AABB");
    assert_eq!(read(&text_of(&again)).0, again);
}

/// Puts two atoms of a text at a distance in angstrom by moving one of them.
fn at_distance(molecule: &Molecule, fixed: [&str; 2], mover: [&str; 2], distance: f64) -> String {
    let find = |[number, name]: [&str; 2]| {
        let residue = number.parse::<usize>().unwrap() - 1;
        molecule.topology.atom_index(residue, name).unwrap()
    };
    let [fixed, mover] = [find(fixed), find(mover)];
    let from = Vector3::from(molecule.positions[fixed]);
    let center: Vector3<f64> = molecule.positions.iter().map(|&p| Vector3::from(p)).sum();
    let away = (from - center / molecule.positions.len() as f64).normalize();
    let shift = from + 0.1 * distance * away - Vector3::from(molecule.positions[mover]);
    // The mover's whole residue goes with it, as a chain of its own.
    let residue = molecule.topology.atoms[mover].residue_index;
    let mut positions = molecule.positions.clone();
    for atom in molecule.topology.residues[residue].atoms.clone() {
        positions[atom] = (Vector3::from(positions[atom]) + shift).into();
    }
    text_of(&Molecule {
        topology: molecule.topology.clone(),
        positions,
    })
}

/// A second peptide, far larger bonds excluded, is carried to where one of its atoms is 0.14 nm from an atom of the first.
#[test]
fn heavy_atoms_at_bonding_distance_are_refused() {
    let other = peptide("D", &[]);
    for (sequence, residue, name, mover) in [
        ("ACE-LYS-NME", 1, "NZ", "CG"),
        ("ACE-CYS-NME", 1, "SG", "CB"),
        ("ACE-ALA-NME", 0, "CH3", "N"),
    ] {
        let host = peptide(sequence, &[]);
        let at = |molecule: &Molecule, residue, name: &str| {
            let atom = molecule.topology.atom_index(residue, name).unwrap();
            Vector3::from(molecule.positions[atom])
        };
        let gap = Vector3::new(0.0, 0.0, 0.14);
        let shift = at(&host, residue, name) + gap - at(&other, 0, mover);
        let second = edit_atoms(&text_of(&other), |line| {
            let line = format!("{}B{}", &line[..21], &line[22..]);
            Some(moved(&line, (10.0 * shift).into()))
        });
        let first = edit_atoms(&text_of(&host), |line| Some(line.to_owned()));
        let message = fault(&format!("{first}TER\n{second}"));
        for part in ["nm apart, the length of a bond", "thioethers", "ASP 1"] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn link_records_of_bonds_that_are_not_known_are_refused_and_others_said() {
    let text = edit_atoms(&text_of(&peptide("AKAAD", &[])), |line| {
        Some(line.to_owned())
    });
    let link = |first: &str, second: &str| {
        format!("LINK        {first}               {second}    1555   1555  1.33\n")
    };
    let lactam = link(" NZ  LYS A   2 ", " CG  ASP A   5 ");
    // Without hydrogens nobody knows what the bond leaves of them.
    let heavy = edit_atoms(&text, |line| {
        (!atom_name(line).starts_with('H')).then(|| line.to_owned())
    });
    let message = fault(&(lactam.clone() + &heavy));
    for part in ["LINK bonds", "LYS 2 NZ", "ASP 5 CG", "head-to-tail rings"] {
        assert!(message.contains(part), "{message}");
    }
    // With them the bond is made, and is too long here.
    let message = fault(&(lactam + &text));
    assert!(
        message.contains("LYS 2 NZ and ASP 5 CG are bonded but"),
        "{message}"
    );
    let ring = link(" N   ALA A   1 ", " C   ASP A   5 ");
    assert!(fault(&(ring + &text)).contains("ALA 1 N to ASP 5 C"));
    let peptide_bond = link(" C   ALA A   1 ", " N   LYS A   2 ");
    assert!(try_read(&(peptide_bond + &text)).0.is_ok());
    let metal = link(" NZ  LYS A   2 ", "ZN    ZN A 101 ");
    let (_, said) = read(&(metal + &text));
    assert!(says(&said, &["LINK", "101", "ignored"]), "{said:?}");
}

#[test]
fn chains_whose_ends_are_at_bonding_distance_are_refused() {
    // Ends within bonding distance: the last residue is carried to the first one's nitrogen.
    let molecule = peptide("GG", &[]);
    let text = at_distance(&molecule, ["1", "N"], ["2", "C"], 1.35);
    let text = edit_atoms(&text, |line| {
        (atom_name(line) != "OXT").then(|| line.to_owned())
    });
    let (first, second): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line[22..26].trim() == "1");
    let text = first.join("\n") + "\nTER\n" + &second.join("\n");
    let message = fault(&text);
    assert!(message.contains("GLY 1 N and GLY 2"), "{message}");
    assert!(message.contains("head-to-tail rings"), "{message}");
}

#[test]
fn molecules_are_made_whole_in_skewed_boxes() {
    let molecule = peptide("ACE-LYS-TRP-NME", &[]);
    let whole = text_of(&molecule);
    let expected = energy(&read(&whole).0);
    // Edges of 35 angstrom at 70, 80 and 100 degrees: atoms go by whole lattice vectors, as wrapping atom by atom does.
    let (alpha, beta, gamma) = (70f64.to_radians(), 80f64.to_radians(), 100f64.to_radians());
    let across = (alpha.cos() - beta.cos() * gamma.cos()) / gamma.sin();
    let up = (1.0 - beta.cos().powi(2) - across * across).sqrt();
    let lattice = [
        [35.0, 0.0, 0.0],
        [35.0 * gamma.cos(), 35.0 * gamma.sin(), 0.0],
        [35.0 * beta.cos(), 35.0 * across, 35.0 * up],
    ];
    let mut count = 0;
    let cut: String = whole
        .lines()
        .filter(|line| line.starts_with("ATOM"))
        .map(|line| {
            count += 1;
            let by = [0, 1, 2].map(|axis| {
                (0..3)
                    .map(|vector| {
                        f64::from(count * (vector + 1) % 3 - 1) * lattice[vector as usize][axis]
                    })
                    .sum::<f64>()
            });
            moved(line, by) + "\n"
        })
        .collect();
    let cell = "CRYST1   35.000   35.000   35.000  70.00  80.00 100.00 P 1           1\n";
    let (again, said) = read(&format!("{cell}{cut}"));
    assert!(says(&said, &["made whole"]), "{said:?}");
    let whole = energy(&again);
    assert!((whole - expected).abs() < 0.5, "{whole} {expected}");
    let message = fault(&format!("{}{cut}", cell.replace("35.000", "40.000")));
    assert!(message.contains("periodic box"), "{message}");
}

#[test]
fn coordinates_in_nanometres_are_recognised() {
    let text = edit_atoms(&text_of(&peptide("ACE-ALA-NME", &[])), |line| {
        let at = |start: usize| line[start..start + 8].trim().parse::<f64>().unwrap() * 0.1;
        Some(format!(
            "{}{:8.3}{:8.3}{:8.3}{}",
            &line[..30],
            at(30),
            at(38),
            at(46),
            &line[54..]
        ))
    });
    let message = fault(&text);
    assert!(message.contains("in angstrom"), "{message}");
}

#[test]
fn a_second_chain_of_the_same_letter_and_numbers_gets_its_own() {
    let molecule = peptide("ACE-ALA-NME", &[]);
    let one = edit_atoms(&text_of(&molecule), |line| Some(line.to_owned()));
    let two = edit_atoms(&one, |line| Some(moved(line, [0.0, 0.0, 20.0])));
    let (both, said) = read(&format!("{one}TER\n{two}TER\n"));
    let chains: String = both.topology.residues.iter().map(|r| r.chain).collect();
    assert_eq!(chains, "AAABBB");
    assert!(says(&said, &["called chain B"]), "{said:?}");
    assert_eq!(read(&text_of(&both)).0, both);
    // The same atoms in the same places are no second chain.
    let message = fault(&format!("{one}TER\n{one}TER\n"));
    assert!(message.contains("more such pairs"), "{message}");
}

/// Programs go on beyond residue 9999 in hexadecimal or with letters (hybrid-36), which concerns the waters of a box.
#[test]
fn waters_may_be_numbered_in_any_way() {
    let molecule = peptide("ACE-ALA-NME", &[]);
    let text = edit_atoms(&text_of(&molecule), |line| Some(line.to_owned()));
    let water = |number: &str| {
        format!(
            "HETATM  900  O   HOH W{number:>4}      10.000  50.000  50.000  1.00 30.00           O\n"
        )
    };
    let (read, said) = read(&format!(
        "{text}{}{}{}",
        water("A000"),
        water("271a"),
        water("")
    ));
    assert_eq!(read.topology, molecule.topology);
    assert!(says(&said, &["3 water atoms"]), "{said:?}");
    let message = fault(&text.replacen("ALA A   2", "ALA AA000", 1));
    assert!(message.contains("'A000', expected a number"), "{message}");
}

/// Metals that records bond to the atoms around them are ions all the same, and what they are bound to is not cross-linked.
#[test]
fn an_ion_is_refused_whatever_bonds_it_has() {
    let text = text_of(&peptide("ACE-ASP-NME", &[])).replace("END\n", "");
    let serial = |name: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("ATOM") && atom_name(line) == name);
        line.unwrap()[6..11].to_owned()
    };
    let calcium =
        "HETATM  900 CA    CA A 201      10.000  50.000  50.000  1.00 30.00          CA\n";
    let bonds = format!("CONECT  900{}{}\n", serial("OD1"), serial("OD2"));
    let message = fault(&format!("{text}{calcium}{bonds}"));
    assert!(
        message.contains("unknown residue 'CA 201 (chain A)'"),
        "{message}"
    );
    assert!(message.contains("ions"), "{message}");
}

#[test]
fn residues_whose_spelling_leads_nowhere_are_told_what_they_are() {
    let text = text_of(&peptide("ACE-MET-NME", &[]));
    let message = fault(&text.replace("MET A", "MSE A"));
    assert!(
        message.contains("'MSE 2 (chain A)': it is selenomethionine"),
        "{message}"
    );
    let message = fault(&text.replace("MET A", "NEP A"));
    assert!(
        message.contains("phosphohistidine") && message.contains("tleap"),
        "{message}"
    );
}

/// Models of a reduced protein keep the hydrogens of cysteines that their records bridge.
#[test]
fn a_bridged_cysteine_with_a_hydrogen_on_its_sulfur_is_refused_by_name() {
    let bridged = peptide("ACE-CYX-GLY-GLY-CYX-NME", &[[2, 5]]);
    let text = edit_atoms(&text_of(&bridged), |line| {
        Some(line.replace("CYX A", "CYS A"))
    });
    let sulfur = text.lines().find(|line| atom_name(line) == "SG").unwrap();
    let hydrogen = moved(&rewrite(sulfur, "CYS", "HG", 2), [0.0, 0.0, 1.3])
        .replace("           S", "           H");
    let record = "SSBOND   1 CYS A    2    CYS A    5                          1555   1555  2.04\n";
    let message = fault(&format!(
        "{record}{}",
        text.replacen(sulfur, &format!("{sulfur}\n{hydrogen}"), 1)
    ));
    assert!(
        message.contains("unknown atom 'HG'") && message.contains("remove the hydrogen if it is"),
        "{message}"
    );
}

/// A side chain that ends too early has a hydrogen more at its end, which is not what is wrong.
#[test]
fn a_lost_heavy_atom_is_named_rather_than_the_hydrogen_in_its_place() {
    let text = edit_atoms(&text_of(&peptide("ACE-CYS-NME", &[])), |line| {
        let name = match (&line[17..20], atom_name(line)) {
            ("CYS", "HG") => return None,
            ("CYS", "SG") => "HB1",
            (_, name) => name,
        };
        Some(rewrite(
            line,
            &line[17..20],
            name,
            line[22..26].trim().parse().unwrap(),
        ))
    });
    let message = fault(&text.replace("           S\n", "           H\n"));
    assert!(
        message.contains("CYS 2 (chain A) lacks the heavy atoms SG"),
        "{message}"
    );
}

#[test]
fn d_residues_are_said_and_marked() {
    let mut molecule = peptide("ACE-ALA-ILE-GLY-NME", &[]);
    molecule.positions.iter_mut().for_each(|p| p[0] = -p[0]);
    let (mirrored, said) = read(&text_of(&molecule));
    assert_eq!(mirrored.topology.mirrored_residues, [1, 2]);
    assert!(says(&said, &["ALA 2, ILE 3 are D residues"]), "{said:?}");
    assert!(!says(&said, &["allo"]), "{said:?}");
    let (natural, said) = read(&text_of(&peptide("ACE-ALA-ILE-GLY-NME", &[])));
    assert!(natural.topology.mirrored_residues.is_empty());
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(residues(&natural)[2], "ILE 3");
    let stereo = Stereo::of(&natural.topology, &natural.positions);
    assert!(stereo.undecided(&natural.topology).is_empty());
}

/// The densities of a name are those of the L residue, which fit no D residue.
#[test]
fn leaps_take_a_d_residue_for_one_that_the_model_does_not_know() {
    let mut molecule = peptide("ACE-ALA-ALA-NME", &[]);
    let model = builtin_leap_model("amber14", "obc1");
    let unknown = |molecule: &Molecule| {
        let topology = &read(&text_of(molecule)).0.topology;
        let proposal = TorsionLeapProposal::new(topology, &model, None).unwrap();
        proposal.fallback_residues().to_vec()
    };
    assert!(unknown(&molecule).is_empty());
    molecule.positions.iter_mut().for_each(|p| p[0] = -p[0]);
    assert_eq!(unknown(&molecule), ["D-ALA 2", "D-ALA 3"]);
}
