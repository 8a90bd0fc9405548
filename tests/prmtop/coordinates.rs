//! Coordinate files: text with and without velocities and box, NetCDF restarts, and each fault with its message.

use saltus::topology::inpcrd::{self, Coordinates};

use crate::support::Reference;

fn parse(text: &str) -> Coordinates {
    inpcrd::parse(text, "x.rst7").unwrap()
}

fn fault(text: &str) -> String {
    inpcrd::parse(text, "x.rst7").unwrap_err().to_string()
}

/// Three atoms.
const WATER: &str = "title\n    3  0.5000000E+01\n   1.0000000   2.0000000  -3.0000000   4.0000000   5.0000000   6.0000000\n   7.0000000   8.0000000   9.0000000\n";
const BOX: &str = "  30.0000000  30.0000000  30.0000000  90.0000000  90.0000000  90.0000000\n";

#[test]
fn velocities_and_box_are_noticed() {
    let kinds = |text: &str| {
        let found = parse(text);
        for (got, expected) in found.positions[0].iter().zip([0.1, 0.2, -0.3]) {
            assert!((got - expected).abs() < 1e-15);
        }
        assert_eq!(found.positions.len(), 3);
        [found.has_velocities, found.has_box]
    };
    let (_, rows) = WATER.split_at(WATER.find("   1.0").unwrap());
    assert_eq!(kinds(WATER), [false, false]);
    assert_eq!(kinds(&format!("{WATER}{rows}")), [true, false]);
    assert_eq!(kinds(&format!("{WATER}{BOX}\n")), [false, true]);
    assert_eq!(kinds(&format!("{WATER}{rows}{BOX}")), [true, true]);
}

#[test]
fn faults_of_a_text_name_line_and_column() {
    assert_eq!(
        fault("REMARK\nATOM      1\n"),
        "x.rst7:2: expected the number of atoms in the second line of an inpcrd or rst7 file, found 'ATOM      1'; coordinates of another format are written as rst7 by cpptraj (`parm X.prmtop`, `trajin FILE`, `trajout X.rst7 onlyframes 1`)"
    );
    assert_eq!(
        fault(&WATER.replace("   5.0000000 ", "************ ")),
        "x.rst7:3: '************' in columns 49 to 60, expected a coordinate in twelve columns; stars mean that it was too large: bring the molecule to the origin (cpptraj: `autoimage`, `center origin`)"
    );
    assert_eq!(
        fault(&WATER.replace("    3 ", "    4 ")),
        "x.rst7:4: 9 numbers follow the 4 atoms that the second line promises, expected 12 coordinates, as many velocities or none, and 3 or 6 numbers of a box or none; the file is cut or was edited by hand"
    );
}

/// Three times this many atoms are two modulo 2^64.
const WRAPS: &str = "6148914691236517206";

#[test]
fn a_number_of_atoms_beyond_all_bounds_is_refused() {
    let message = fault(&format!("title\n{WRAPS}\n   1.0000000   2.0000000\n"));
    assert!(message.ends_with("expected the number of atoms in the second line of an inpcrd or rst7 file, found '6148914691236517206'; coordinates of another format are written as rst7 by cpptraj (`parm X.prmtop`, `trajin FILE`, `trajout X.rst7 onlyframes 1`)"), "{message}");
}

#[test]
fn coordinates_of_another_molecule() {
    let reference = Reference::read("alanine_dipeptide");
    let topology = reference.parameters().topology().clone();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.rst7");
    let message = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let error = inpcrd::read_molecule(&topology, &path)
            .unwrap_err()
            .to_string();
        error.replace(path.to_str().unwrap(), "x.rst7")
    };
    assert_eq!(
        message(WATER),
        "x.rst7 has 3 atoms, but the prmtop has 22: the two files belong to different molecules, or solvent was stripped from one only"
    );
    let torn = reference.inpcrd.replacen("   2.0000010", "  52.0000010", 1);
    assert_eq!(
        message(&torn),
        "x.rst7: the bond of ACE 1 HH31 and ACE 1 CH3 is 5.001 nm long: either a periodic box cuts the molecule (cpptraj: `autoimage`, or `unwrap`) or the prmtop has another order of atoms"
    );
}

/// A word as classic NetCDF stores it.
fn word(value: u32) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = word(u32::try_from(text.len()).unwrap());
    bytes.extend(text.bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A restart of two atoms as AMBER's convention has it, version 2 of the format.
fn restart() -> Vec<u8> {
    let mut bytes = b"CDF\x02".to_vec();
    bytes.extend(word(0));
    bytes.extend(
        [
            word(10),
            word(2),
            name("spatial"),
            word(3),
            name("atom"),
            word(2),
        ]
        .concat(),
    );
    let text = [name("Conventions"), word(2), name("AMBERRESTART")].concat();
    bytes.extend([word(12), word(1), text].concat());
    let shape = [word(2), word(1), word(0)].concat();
    let units = [word(12), word(1), name("units"), word(2), name("angstrom")].concat();
    let variable = [name("coordinates"), shape, units, word(6), word(48)].concat();
    bytes.extend([word(11), word(1), variable].concat());
    let begin = u64::try_from(bytes.len() + 8).unwrap();
    bytes.extend(begin.to_be_bytes());
    for value in [1.0, 2.0, 3.0, 4.0, 5.0, -6.5_f64] {
        bytes.extend(value.to_be_bytes());
    }
    bytes
}

#[test]
fn netcdf_restarts_are_read_and_their_faults_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.ncrst");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        inpcrd::read(&path)
            .map_err(|error| error.to_string().replace(path.to_str().unwrap(), "x.ncrst"))
    };
    let found = read(&restart()).unwrap();
    assert_eq!([found.has_velocities, found.has_box], [false, false]);
    let expected = [[0.1, 0.2, 0.3], [0.4, 0.5, -0.65]];
    for (got, expected) in found
        .positions
        .as_flattened()
        .iter()
        .zip(expected.as_flattened())
    {
        assert!((got - expected).abs() < 1e-15);
    }
    let whole = restart();
    let message = read(&whole[..whole.len() - 8]).unwrap_err();
    assert_eq!(
        message,
        "x.ncrst: it ends within `coordinates`: the file is cut; cpptraj writes a text in its place (`parm X.prmtop`, `trajin FILE`, `trajout X.rst7`)"
    );
    assert!(
        read(&whole[..60])
            .unwrap_err()
            .contains("it ends within its header")
    );
    assert!(
        read(b"\x89HDF\r\n")
            .unwrap_err()
            .contains("it is NetCDF 4 (HDF5)")
    );
    // No damage makes the reader fail other than by a message.
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x5a;
        let _ = read(&damaged);
    }
}

#[test]
fn a_restart_of_parmed_has_the_positions_of_the_text() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/prmtop/cystine.ncrst"
    );
    let found = inpcrd::read(path.as_ref()).unwrap();
    let expected = parse(&Reference::read("cystine").inpcrd);
    assert_eq!(found.positions.len(), expected.positions.len());
    let pairs = found
        .positions
        .as_flattened()
        .iter()
        .zip(expected.positions.as_flattened());
    // The text has seven decimals of an angstrom; NetCDF holds f64, or f32 in older files.
    for (a, b) in pairs {
        assert!((a - b).abs() < 1e-7, "{a}, {b}");
    }
}
