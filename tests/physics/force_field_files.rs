//! Users' own force-field files: what is read, and the message for every fault.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;

use saltus::forcefield::{BornModel, ForceField, ForceFieldError, SystemOptions};
use saltus::topology::{Atom, Element, Residue, Sequence, Topology, build};

/// Hydrogen peroxide: four atoms, all kinds of terms. The comments mark lines that the tests replace.
const PEROXIDE: &str = r#"<ForceField>
 <AtomTypes>
  <Type name="o" class="O" element="O" mass="16.0"/>
  <Type name="h" class="H" element="H" mass="1.0"/>
 </AtomTypes>
 <Residues>
  <Residue name="HPO">
   <Atom name="H1" type="h"/>
   <Atom name="O1" type="o"/>
   <Atom name="O2" type="o"/>
   <Atom name="H2" type="h"/>
   <Bond from="0" to="1"/>
   <Bond atomName1="O1" atomName2="O2"/>
   <Bond from="2" to="3"/>
  </Residue>
 </Residues>
 <HarmonicBondForce>
  <Bond class1="O" class2="O" length="0.14" k="1000"/>
  <Bond class1="O" type2="h" length="0.1" k="2000"/>
  <Bond class1="O" type2="h" length="0.2" k="3000"/>
  <Bond class1="absent" class2="O" length="0.2" k="3000"/>
 </HarmonicBondForce>
 <HarmonicAngleForce>
  <Angle class1="O" class2="" class3="H" angle="1.8" k="300"/>
 </HarmonicAngleForce>
 <PeriodicTorsionForce>
  <Proper class1="" class2="O" class3="O" class4="" periodicity1="3" phase1="0" k1="9"/>
  <Proper class1="H" class2="O" class3="O" class4="H" periodicity1="1" phase1="0" k1="2" periodicity2="2" phase2="3" k2="4"/>
 </PeriodicTorsionForce>
 <NonbondedForce coulomb14scale="0.5" lj14scale="0.25">
  <Atom class="O" charge="-1" sigma="0.3" epsilon="0.4"/>
  <Atom type="o" charge="-0.4" sigma="0.3" epsilon="0.4"/>
  <Atom type="h" charge="0.4" sigma="0.1" epsilon="0.1"/>
 </NonbondedForce>
</ForceField>
"#;

fn read(text: &str) -> Result<ForceField, ForceFieldError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.xml");
    std::fs::write(&path, text).unwrap();
    ForceField::from_files(&[path])
}

/// The message for a file in which one piece of text was replaced, from the file's name on.
fn message(from: &str, to: &str) -> String {
    assert!(PEROXIDE.contains(from), "{from}");
    let message = read(&PEROXIDE.replacen(from, to, 1))
        .unwrap_err()
        .to_string();
    message[message.find("own.xml").unwrap_or(0)..].to_owned()
}

fn peroxide() -> Topology {
    topology(
        "HPO",
        &[("H1", "H"), ("O1", "O"), ("O2", "O"), ("H2", "H")],
        &[[0, 1], [1, 2], [2, 3]],
    )
}

fn topology(residue: &str, atoms: &[(&str, &str)], bonds: &[[usize; 2]]) -> Topology {
    Topology {
        atoms: atoms
            .iter()
            .map(|(name, symbol)| Atom {
                name: (*name).to_owned(),
                element: Element::from_symbol(symbol).unwrap(),
                residue_index: 0,
            })
            .collect(),
        residues: vec![Residue {
            name: residue.to_owned(),
            chain: 'A',
            number: 1,
            atoms: 0..atoms.len(),
        }],
        bonds: bonds.to_vec(),
        ..Topology::default()
    }
}

fn assign_error(topology: &Topology, options: &SystemOptions) -> String {
    let force_field = read(PEROXIDE).unwrap();
    force_field
        .assign(topology, options)
        .unwrap_err()
        .to_string()
}

#[test]
fn definitions_follow_the_precedence_of_openmm() {
    let system = read(PEROXIDE)
        .unwrap()
        .assign(&peroxide(), &SystemOptions::default())
        .unwrap();
    // The first of two equal bond definitions, the torsion without wildcards, the last of two nonbonded definitions.
    let lengths: Vec<f64> = system.bonds.iter().map(|bond| bond.length_nm).collect();
    assert_eq!(lengths, [0.1, 0.14, 0.1]);
    let periodicities: Vec<u32> = system
        .torsions
        .iter()
        .map(|term| term.periodicity)
        .collect();
    assert_eq!(periodicities, [1, 2]);
    assert_eq!(system.nonbonded.charges, [0.4, -0.4, -0.4, 0.4]);
    assert_eq!(system.angles.len(), 2);
    let one_four = system
        .nonbonded
        .exceptions
        .iter()
        .find(|e| e.atoms == [0, 3])
        .unwrap();
    assert!((one_four.charge_product - 0.08).abs() < 1e-15);
    assert!((one_four.epsilon_kj_per_mol - 0.025).abs() < 1e-15);
    assert_eq!(system.nonbonded.exceptions.len(), 6);
}

#[test]
fn pairs_in_a_small_ring_are_excluded_by_their_shortest_path() {
    // Cyclobutane's ring: opposite atoms are two bonds apart both ways, no pair is 1-4.
    let text = PEROXIDE.replace("to=\"1\"", "to=\"3\"").replace(
        "<Bond from=\"2\" to=\"3\"/>",
        "<Bond from=\"2\" to=\"3\"/>\n<Bond from=\"0\" to=\"1\"/>",
    );
    let mut ring = peroxide();
    ring.bonds = vec![[0, 1], [0, 3], [1, 2], [2, 3]];
    let text = text
        .replace("type2=\"h\"", "type2=\"\"")
        .replace("class1=\"O\" class2=\"O\"", "class1=\"\" class2=\"\"");
    let text = text.replace(
        "class1=\"O\" class2=\"\" class3=\"H\"",
        "class1=\"\" class2=\"\" class3=\"\"",
    );
    let system = read(&text)
        .unwrap()
        .assign(&ring, &SystemOptions::default())
        .unwrap();
    assert_eq!(system.nonbonded.exceptions.len(), 6);
    assert!(
        system
            .nonbonded
            .exceptions
            .iter()
            .all(|e| e.charge_product == 0.0)
    );
}

#[test]
fn included_files_and_several_files_make_one_force_field() {
    let folder = tempfile::tempdir().unwrap();
    let (types, rest) = PEROXIDE.split_once(" <Residues>").unwrap();
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    std::fs::write(
        folder.path().join("parts/types.xml"),
        format!("{types}</ForceField>"),
    )
    .unwrap();
    let main = format!("<ForceField>\n <Include file=\"parts/types.xml\"/>\n <Residues>{rest}");
    let path = folder.path().join("main.xml");
    std::fs::write(&path, main).unwrap();
    let together = ForceField::from_files(std::slice::from_ref(&path)).unwrap();
    let options = SystemOptions::default();
    assert_eq!(
        together.assign(&peroxide(), &options).unwrap(),
        read(PEROXIDE)
            .unwrap()
            .assign(&peroxide(), &options)
            .unwrap()
    );
    std::fs::remove_file(folder.path().join("parts/types.xml")).unwrap();
    let message = ForceField::from_files(&[path]).unwrap_err().to_string();
    assert!(
        message.contains("types.xml (included at ") && message.contains("main.xml:2)"),
        "{message}"
    );
}

#[test]
fn a_template_with_a_higher_override_level_wins() {
    let second =
        "</Residue>\n<Residue name=\"HPO\" override=\"1\"><Atom name=\"X\" type=\"o\"/></Residue>";
    let force_field = read(&PEROXIDE.replacen("</Residue>", second, 1)).unwrap();
    let lone = topology("HPO", &[("X", "O")], &[]);
    assert!(force_field.assign(&lone, &SystemOptions::default()).is_ok());
    assert!(
        force_field
            .assign(&peroxide(), &SystemOptions::default())
            .is_err()
    );
    let message = message("</Residue>", &second.replace(" override=\"1\"", ""));
    assert_eq!(
        message,
        "own.xml:16: residue template HPO (override level 0) was already defined differently; keep one of the definitions"
    );
}

#[test]
fn every_fault_of_a_file_is_named_with_its_line() {
    let cases = [
        (
            "type=\"h\"/>\n   <Atom name=\"O1\"",
            "type=\"hh\"/>\n   <Atom name=\"O1\"",
            "own.xml:8: atom H1 of residue HPO has type 'hh', which no <AtomTypes> section defines; the nearest is 'h'; add the type or load the file that has it",
        ),
        (
            "k=\"1000\"",
            "k=\"1e3x\"",
            "own.xml:18: <Bond> has k=\"1e3x\", expected a finite number",
        ),
        (
            "length=\"0.14\"",
            "length=\"nan\"",
            "own.xml:18: <Bond> has length=\"nan\", expected a finite number",
        ),
        (
            "length=\"0.14\"",
            "len=\"0.14\"",
            "own.xml:18: <Bond> has no attribute 'length', which it needs",
        ),
        (
            "class1=\"O\" class2=\"O\" length",
            "class2=\"O\" length",
            "own.xml:18: <Bond> has no attribute 'type1' or 'class1', which it needs",
        ),
        (
            "class1=\"O\" class2=\"O\" length",
            "class1=\"O\" type1=\"o\" class2=\"O\" length",
            "own.xml:18: <Bond> has both class1 and type1; keep one",
        ),
        (
            "atomName2=\"O2\"",
            "atomName2=\"O3\"",
            "own.xml:13: residue template HPO has no atom O3; the nearest is 'O1'",
        ),
        (
            "to=\"3\"",
            "to=\"4\"",
            "own.xml:14: residue template HPO has no atom with index 4",
        ),
        (
            "periodicity1=\"3\"",
            "periodicity1=\"0\"",
            "own.xml:27: <Proper> has periodicity1=\"0\", expected an integer from 1",
        ),
        (
            "<PeriodicTorsionForce>",
            "<PeriodicTorsionForce ordering=\"gromos\">",
            "own.xml:26: <PeriodicTorsionForce> has ordering=\"gromos\", expected default, charmm, amber or smirnoff",
        ),
        (
            "</NonbondedForce>",
            "</NonbondedForce>\n<Patches/>",
            "own.xml:35: section <Patches> is not supported; supported are AtomTypes, Residues, HarmonicBondForce, HarmonicAngleForce, PeriodicTorsionForce, CMAPTorsionForce and NonbondedForce",
        ),
        (
            "</NonbondedForce>",
            "</NonbondedForce>\n<CMAPTorsionForce>\n<Map>1 2 3 4\n5 6 7 8 9 10</Map></CMAPTorsionForce>",
            "own.xml:36: <Map> has 10 values, expected as many along both torsions: a square number from 9",
        ),
        (
            "</NonbondedForce>",
            "</NonbondedForce>\n<CMAPTorsionForce><Map/></CMAPTorsionForce>",
            "own.xml:35: <Map> has 0 values, expected as many along both torsions: a square number from 9",
        ),
        (
            "</NonbondedForce>",
            "</NonbondedForce>\n<CMAPTorsionForce>\n<Map>1 2 3 4 5 6 7 8 NaN</Map></CMAPTorsionForce>",
            "own.xml:36: <Map> has the value \"NaN\", expected an energy from -1e6 to 1e6 kJ/mol",
        ),
        (
            "</NonbondedForce>",
            "</NonbondedForce>\n<CMAPTorsionForce><Map>1 2 3 4 5 6 7 8 9</Map>\n<Torsion map=\"1\" type1=\"\" type2=\"\" type3=\"\" type4=\"\" type5=\"\"/></CMAPTorsionForce>",
            "own.xml:36: <Torsion> has map=\"1\", but the section has 1 maps, which count from 0",
        ),
        (
            "</NonbondedForce>",
            "</NonbondedForce>\n<CMAPTorsionForce><Map>1 2 3 4 5 6 7 8 9</Map>\n<Torsion map=\"0\" type1=\"\" type2=\"\" type3=\"\" type4=\"\"/></CMAPTorsionForce>",
            "own.xml:36: <Torsion> has no attribute 'type5' or 'class5', which it needs",
        ),
        (
            "<Type name=\"h\"",
            "<Type name=\"o\"",
            "own.xml:4: atom type o was already defined differently; keep one of the definitions",
        ),
        (
            "<Bond from=\"0\" to=\"1\"/>",
            "<VirtualSite/>",
            "own.xml:12: section <VirtualSite> is not supported in a residue template; remove the template",
        ),
        (
            "<Atom class=\"O\"",
            "<UseAttributeFromResidue name=\"charge\"/><Atom class=\"O\"",
            "own.xml:31: <Atom> has 'charge', which <UseAttributeFromResidue> says stands in the residue templates",
        ),
        (
            "</ForceField>",
            "",
            "own.xml:36: the file ends before </ForceField>: is it cut off?",
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(message(from, to), expected);
    }
    let system = read("<System/>").unwrap_err().to_string();
    assert!(system.ends_with("own.xml:1: the root element is <System>, expected <ForceField>: is this an OpenMM force-field file?"), "{system}");
    let absent = ForceField::from_files(&[PathBuf::from("absent.xml")])
        .unwrap_err()
        .to_string();
    assert!(
        absent.starts_with("cannot read force-field file absent.xml: "),
        "{absent}"
    );
}

#[test]
fn molecules_that_do_not_fit_are_explained() {
    let options = SystemOptions::default();
    let misnamed = topology("HPP", &[("H1", "H"), ("O1", "O")], &[[0, 1]]);
    assert_eq!(
        assign_error(&misnamed, &options),
        "residue HPP 1: the force field has no template for it; the nearest is 'HPO'; by its atoms the nearest is 'HPO'; \
         give its parameters in an OpenMM XML file beside those of the others (force_field: [...])"
    );
    let incomplete = topology(
        "HPO",
        &[
            ("H1", "H"),
            ("O1", "O"),
            ("O2", "O"),
            ("X", "H"),
            ("Y", "H"),
        ],
        &[[0, 1]],
    );
    assert_eq!(
        assign_error(&incomplete, &options),
        "residue HPO 1 matches no template of the force field; compared with the closest one, HPO: missing atoms H2; extra atoms X, Y"
    );
    let mut unbonded = peroxide();
    unbonded.bonds.pop();
    assert_eq!(
        assign_error(&unbonded, &options),
        "residue HPO 1 matches no template of the force field; compared with the closest one, HPO: O2 has 1 bonds in the residue, expected 2; H2 has 0 bonds in the residue, expected 1"
    );
}

/// ff14SB has neutral lysine inside chains alone; files of other programs end with it.
#[test]
fn a_protonation_state_that_no_end_has_is_told_with_what_to_do() {
    let force_field = ForceField::builtin("amber14").unwrap();
    for (sequence, expected) in [
        (
            "ALA-LYN",
            "; it has no C-terminal LYN: cap that end with NME or NHE, or name another protonation state",
        ),
        (
            "GLH-ALA",
            "; it has no N-terminal GLH: cap that end with ACE, or name another protonation state",
        ),
    ] {
        let sequence = Sequence::parse(sequence).unwrap();
        let molecule = build(&sequence, &[]).unwrap();
        let error = force_field.assign(&molecule.topology, &SystemOptions::default());
        let message = error.unwrap_err().to_string();
        assert!(message.ends_with(expected), "{message}");
    }
}

#[test]
fn missing_parameters_name_atoms_and_types() {
    let no_bond = PEROXIDE.replace(
        "class1=\"O\" class2=\"O\" length",
        "class1=\"H\" class2=\"H\" length",
    );
    let error = |text: &str| {
        let force_field = read(text).unwrap();
        force_field
            .assign(&peroxide(), &SystemOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(&no_bond),
        "the force field has no bond parameters for HPO 1 O1 - HPO 1 O2 (types o (class O) - o (class O)); add a definition for these types or classes, or give the molecule with the parameters of another program, as a prmtop (tleap) or a serialized System"
    );
    let no_charge = PEROXIDE.replace("<Atom type=\"h\" charge", "<Atom type=\"o\" charge");
    assert_eq!(
        error(&no_charge),
        "the force field has no nonbonded parameters for HPO 1 H1 (types h (class H)); add a definition for these types or classes, or give the molecule with the parameters of another program, as a prmtop (tleap) or a serialized System"
    );
}

#[test]
fn options_that_a_molecule_cannot_have_are_refused() {
    let heavy = SystemOptions {
        hydrogen_mass_da: 16.0,
        ..SystemOptions::default()
    };
    assert_eq!(
        assign_error(&peroxide(), &heavy),
        "hydrogen_mass_da 16 leaves HPO 1 O1 with 1.000 Da, too little to stay the slower atom; the largest possible value for this molecule is about 15.00"
    );
    let silicon = PEROXIDE.replace("element=\"O\"", "element=\"Si\"");
    let mut molecule = peroxide();
    for atom in &mut molecule.atoms[1..3] {
        atom.element = Element::from_symbol("Si").unwrap();
    }
    let options = SystemOptions {
        solvent: Some(BornModel::Gbn),
        ..SystemOptions::default()
    };
    let message = read(&silicon)
        .unwrap()
        .assign(&molecule, &options)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "atom HPO 1 O1 has a Born radius of 0.210 nm, but the neck tables of GBn and GBn2 cover 0.1 to 0.2 nm; take hct, obc1 or obc2, or a prmtop with the radii these models are made for (ParmEd: `changeRadii bondi` for gbn, `changeRadii mbondi3` for gbn2)"
    );
}
