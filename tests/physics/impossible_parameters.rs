//! Parameters that no atom, bond or angle can have are refused with the line of the force-field file, or with the atom.

use saltus::forcefield::{ForceField, ForceFieldError, SystemOptions};
use saltus::topology::{Atom, Element, Residue, Topology};

/// Water as a chain of three atoms: one definition of every kind a line, so that each can be spoilt.
const WATER: &str = r#"<ForceField>
 <AtomTypes>
  <Type name="o" class="O" element="O" mass="16.0"/>
  <Type name="h" class="H" element="H" mass="1.0"/>
  <Type name="site" class="M" mass="0"/>
 </AtomTypes>
 <Residues>
  <Residue name="HOH">
   <Atom name="O" type="o"/>
   <Atom name="H1" type="h"/>
   <Atom name="H2" type="h"/>
   <Bond from="0" to="1"/>
   <Bond from="0" to="2"/>
  </Residue>
 </Residues>
 <HarmonicBondForce>
  <Bond class1="O" class2="H" length="0.0957" k="462750.4"/>
 </HarmonicBondForce>
 <HarmonicAngleForce>
  <Angle class1="H" class2="O" class3="H" angle="1.8242" k="836.8"/>
 </HarmonicAngleForce>
 <PeriodicTorsionForce>
  <Proper class1="H" class2="O" class3="O" class4="H" periodicity1="3" phase1="0" k1="9"/>
 </PeriodicTorsionForce>
 <NonbondedForce coulomb14scale="0.8333" lj14scale="0.5">
  <Atom type="o" charge="-0.834" sigma="0.315" epsilon="0.636"/>
  <Atom type="h" charge="0.417" sigma="1" epsilon="0"/>
 </NonbondedForce>
</ForceField>
"#;

fn read(text: &str) -> Result<ForceField, ForceFieldError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.xml");
    std::fs::write(&path, text).unwrap();
    ForceField::from_files(&[path])
}

fn water() -> Topology {
    let atom = |name: &str, symbol| Atom {
        name: name.to_owned(),
        element: Element::from_symbol(symbol).unwrap(),
        residue_index: 0,
    };
    Topology {
        mirrored_residues: Default::default(),
        atoms: vec![atom("O", "O"), atom("H1", "H"), atom("H2", "H")],
        residues: vec![Residue {
            name: "HOH".to_owned(),
            chain: 'A',
            number: 1,
            atoms: 0..3,
        }],
        bonds: vec![[0, 1], [0, 2]],
    }
}

fn message(from: &str, to: &str) -> String {
    assert!(WATER.contains(from), "{from}");
    let outcome = read(&WATER.replacen(from, to, 1))
        .and_then(|force_field| force_field.assign(&water(), &SystemOptions::default()));
    let message = outcome.map(|_| ()).expect_err(to).to_string();
    message[message.find("own.xml").unwrap_or(0)..].to_owned()
}

#[test]
fn a_sound_file_with_a_massless_site_that_no_atom_is_passes() {
    let system = read(WATER)
        .unwrap()
        .assign(&water(), &SystemOptions::default())
        .unwrap();
    assert_eq!(system.masses_da, [16.0, 1.0, 1.0]);
}

#[test]
fn masses_that_no_atom_has_are_refused_with_the_atom() {
    for mass in ["0", "-16.0", "1e-300", "1e300"] {
        let message = message("mass=\"16.0\"", &format!("mass=\"{mass}\""));
        assert!(
            message.starts_with("atom HOH 1 O has a mass of ")
                && message.ends_with(
                    " Da, expected a mass from 0.1 to 1000 Da; correct the <Type> of its type o (class O)"
                ),
            "{message}"
        );
    }
}

#[test]
fn definitions_that_make_no_sense_are_refused_with_their_line() {
    let bond = "a length from 0.01 to 10 nm";
    let angle = "an angle from 0 to 3.1416 rad (not in degrees)";
    let charge = "a charge from -100 to 100 e";
    let cases = [
        (
            17,
            "Bond",
            "length",
            "0.0957",
            vec!["-0.0957", "0", "1e-300", "1e300"],
            bond,
        ),
        (
            17,
            "Bond",
            "k",
            "462750.4",
            vec!["-462750.4", "1e300"],
            "a force constant from 0 to 1e9 kJ/mol/nm^2",
        ),
        (
            20,
            "Angle",
            "angle",
            "1.8242",
            vec!["-1.8242", "104.52"],
            angle,
        ),
        (
            20,
            "Angle",
            "k",
            "836.8",
            vec!["-836.8", "1e300"],
            "a force constant from 0 to 1e7 kJ/mol/rad^2",
        ),
        (
            23,
            "Proper",
            "phase1",
            "0",
            vec!["180"],
            "a phase from -12.566 to 12.566 rad (not in degrees)",
        ),
        (
            23,
            "Proper",
            "k1",
            "9",
            vec!["1e300", "-1e300"],
            "an amplitude from -1e6 to 1e6 kJ/mol",
        ),
        (
            25,
            "NonbondedForce",
            "coulomb14scale",
            "0.8333",
            vec!["-0.8333", "1e300"],
            "a factor from 0 to 10",
        ),
        (
            26,
            "Atom",
            "charge",
            "-0.834",
            vec!["1e300", "-1e300"],
            charge,
        ),
        (
            26,
            "Atom",
            "sigma",
            "0.315",
            vec!["-0.315", "1e300"],
            "a radius from 0 to 10 nm",
        ),
        (
            26,
            "Atom",
            "epsilon",
            "0.636",
            vec!["-0.636", "1e300"],
            "a depth from 0 to 1e4 kJ/mol",
        ),
    ];
    for (line, tag, attribute, sound, spoilt, expected) in cases {
        for value in spoilt {
            assert_eq!(
                message(
                    &format!(" {attribute}=\"{sound}\""),
                    &format!(" {attribute}=\"{value}\"")
                ),
                format!("own.xml:{line}: <{tag}> has {attribute}=\"{value}\", expected {expected}")
            );
        }
    }
}

#[test]
fn charges_on_templates_are_held_to_the_same_limits() {
    let in_template = WATER
        .replace(
            "<Atom type=\"o\" charge",
            "<UseAttributeFromResidue name=\"charge\"/><Atom type=\"o\" q",
        )
        .replace("<Atom type=\"h\" charge", "<Atom type=\"h\" q")
        .replace(
            "name=\"O\" type=\"o\"",
            "name=\"O\" type=\"o\" charge=\"1e300\"",
        );
    let message = read(&in_template).unwrap_err().to_string();
    assert!(
        message.ends_with(
            "own.xml:9: <Atom> has charge=\"1e300\", expected a charge from -100 to 100 e"
        ),
        "{message}"
    );
}
