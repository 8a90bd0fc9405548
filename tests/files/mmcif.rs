//! mmCIF files: the molecule of the PDB file that says the same, by the writers of other programs and by one of this test.
//!
//! `SALTUS_BLESS=1 cargo test --release --test files -- mmcif` writes the messages of `tests/data/mmcif/bad` anew; read the difference before
//! committing it.

use std::fs;
use std::mem::discriminant;
use std::path::{Path, PathBuf};

use crate::support::{data, energy, evaluate, fault, peptide, read, says, text_of, try_read};
use saltus::topology::{Molecule, pdb};

fn tests_data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn cif(name: &str) -> String {
    fs::read_to_string(tests_data("mmcif").join(format!("{name}.cif"))).unwrap()
}

/// The categories of a PDB text, `auth_` items as there, `label_` items as if each TER or letter began a new asymmetric unit.
pub(crate) fn as_mmcif(pdb: &str) -> String {
    let field = |line: &str, from: usize, to: usize| {
        let text = line.get(from - 1..to.min(line.len())).unwrap_or("").trim();
        match text {
            "" => "?".to_owned(),
            _ if text.contains(['\'', '"']) => format!("\"{text}\""),
            _ => text.to_owned(),
        }
    };
    let (mut atoms, mut bonds, mut other) = (String::new(), String::new(), String::new());
    let (mut model, mut unit, mut label) = (1, 0, 0);
    let mut before: Option<(String, String)> = None;
    for (row, line) in pdb.lines().enumerate() {
        match line.get(..6).unwrap_or(line).trim_end() {
            "ATOM" | "HETATM" => {
                let here = (field(line, 22, 22), field(line, 23, 27));
                if before.as_ref().is_some_and(|before| before.0 != here.0) {
                    unit += 1;
                }
                label += usize::from(before.as_ref().is_none_or(|before| *before != here));
                before = Some(here);
                atoms += &format!(
                    "{} {row} {} {} {} {} U{unit} {label} {} {} {} {} {} {} {} {model}\n",
                    field(line, 1, 6),
                    field(line, 77, 78),
                    field(line, 13, 16),
                    field(line, 17, 17).replace('?', "."),
                    field(line, 18, 21),
                    field(line, 27, 27),
                    field(line, 31, 38),
                    field(line, 39, 46),
                    field(line, 47, 54),
                    field(line, 55, 60),
                    field(line, 23, 26),
                    field(line, 22, 22),
                );
            }
            "TER" => unit += 1,
            "END" | "ENDMDL" => model += 1,
            "SSBOND" => {
                bonds += &format!(
                    "disulf {} {} {} SG 1_{} {} {} {} SG 1_{}\n",
                    field(line, 16, 16),
                    field(line, 18, 21),
                    field(line, 22, 22),
                    field(line, 60, 65),
                    field(line, 30, 30),
                    field(line, 32, 35),
                    field(line, 36, 36),
                    field(line, 67, 72),
                );
            }
            "LINK" => {
                bonds += &format!(
                    "covale {} {} {} {} 1_{} {} {} {} {} 1_{}\n",
                    field(line, 22, 22),
                    field(line, 23, 26),
                    field(line, 27, 27),
                    field(line, 13, 16),
                    field(line, 60, 65),
                    field(line, 52, 52),
                    field(line, 53, 56),
                    field(line, 57, 57),
                    field(line, 43, 46),
                    field(line, 67, 72),
                );
            }
            "CRYST1" => {
                let items = ["length_a", "length_b", "length_c"];
                let items = items
                    .into_iter()
                    .chain(["angle_alpha", "angle_beta", "angle_gamma"]);
                let ranges = [(7, 15), (16, 24), (25, 33), (34, 40), (41, 47), (48, 54)];
                for (item, (from, to)) in items.zip(ranges) {
                    other += &format!("_cell.{item} {}\n", field(line, from, to));
                }
            }
            _ => {}
        }
    }
    let names = |category: &str, items: &[&str]| -> String {
        let lines = items.iter().map(|item| format!("_{category}.{item}\n"));
        format!("loop_\n{}", lines.collect::<String>())
    };
    if !bonds.is_empty() {
        let partner = |n: usize| {
            [
                format!("ptnr{n}_auth_asym_id"),
                format!("ptnr{n}_auth_seq_id"),
                format!("pdbx_ptnr{n}_PDB_ins_code"),
                format!("ptnr{n}_label_atom_id"),
                format!("ptnr{n}_symmetry"),
            ]
        };
        let items: Vec<String> = partner(1).into_iter().chain(partner(2)).collect();
        let mut all = vec!["conn_type_id"];
        all.extend(items.iter().map(String::as_str));
        other += &(names("struct_conn", &all) + &bonds);
    }
    let items = names(
        "atom_site",
        &[
            "group_PDB",
            "id",
            "type_symbol",
            "label_atom_id",
            "label_alt_id",
            "label_comp_id",
            "label_asym_id",
            "label_seq_id",
            "pdbx_PDB_ins_code",
            "Cartn_x",
            "Cartn_y",
            "Cartn_z",
            "occupancy",
            "auth_seq_id",
            "auth_asym_id",
            "pdbx_PDB_model_num",
        ],
    );
    format!("data_TEST\n{other}#\n{items}{atoms}")
}

/// The same atoms, residues and bonds, and the same bits in the positions.
fn assert_same(one: &Molecule, other: &Molecule) {
    assert_eq!(one.topology, other.topology);
    let bits = |molecule: &Molecule| -> Vec<[u64; 3]> {
        let positions = molecule.positions.iter();
        positions.map(|point| point.map(f64::to_bits)).collect()
    };
    assert_eq!(bits(one), bits(other));
}

#[test]
fn files_of_other_programs_are_the_molecules_of_their_pdb_files() {
    for (name, source) in [
        ("as_deposited", "pdb/as_deposited.pdb"),
        ("peptide", "../../examples/peptide.pdb"),
        ("scrambled", "pdb/openmm/scrambled.pdb"),
        ("aib", "foreign/aib.pdb"),
        ("aib-components", "foreign/aib.pdb"),
        ("lactam", "foreign/lactam.pdb"),
    ] {
        let expected = pdb::read(&tests_data(source)).unwrap();
        let got = pdb::read(&tests_data("mmcif").join(format!("{name}.cif"))).unwrap();
        assert_eq!(got.topology, expected.topology, "{name}");
        assert_same(&got, &expected);
    }
    let [(pdb, forces), (cif, cif_forces)] =
        [data("openmm/scrambled.pdb"), cif("scrambled")].map(|text| evaluate(&read(&text).0));
    assert_eq!(pdb.total().to_bits(), cif.total().to_bits());
    assert_eq!(forces, cif_forces);
}

/// Every PDB file of the tests, read or refused: alternate locations, insertion codes, several models, chain ends, boxes, disulfides.
#[test]
fn what_is_read_or_refused_as_pdb_is_so_as_mmcif() {
    let mut n_files = 0;
    for folder in ["pdb", "pdb/cases", "pdb/openmm", "pdb/bad"] {
        for entry in fs::read_dir(tests_data(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            // Of a text without atoms, with columns that are cut, or with a bond by CONECT there is no such mmCIF file.
            let odd = ["no_atoms.pdb", "short_line.pdb", "cyclic.pdb"];
            if !name.ends_with(".pdb") || odd.contains(&name.as_str()) {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let ((pdb, pdb_said), (cif, cif_said)) = (try_read(&text), try_read(&as_mmcif(&text)));
            match (pdb, cif) {
                (Ok(pdb), Ok(cif)) => assert_same(&pdb, &cif),
                (Err(pdb), Err(cif)) => {
                    assert_eq!(discriminant(&pdb), discriminant(&cif), "{name}")
                }
                (pdb, cif) => panic!("{name}: {pdb:?}\n{cif:?}"),
            }
            // Frames that END divides are models in mmCIF, which are told the same way.
            assert_eq!(
                pdb_said.len(),
                cif_said.len(),
                "{name}: {pdb_said:?} {cif_said:?}"
            );
            n_files += 1;
        }
    }
    assert_eq!(n_files, 20);
}

#[test]
fn disulfides_rings_and_cross_links_come_from_struct_conn() {
    let molecule = peptide("ACE-CYX-GLY-GLY-CYX-NME", &[[2, 5]]);
    let text = text_of(&molecule).replace("CYX A", "CYS A");
    let record = "SSBOND   1 CYS A    2    CYS A    5                          1555   1555  2.04\n";
    let atoms = crate::support::edit_atoms(&text, |line| Some(line.to_owned()));
    let (bonded, said) = read(&as_mmcif(&format!("{record}{atoms}")));
    assert_eq!(bonded.topology, molecule.topology);
    assert!(said.is_empty(), "{said:?}");
    let other_image = record.replace("1555   1555", "1555   3655");
    let (_, said) = read(&as_mmcif(&format!("{other_image}{atoms}")));
    assert!(
        says(&said, &["_struct_conn to a crystal neighbour"]),
        "{said:?}"
    );
    let ring = peptide("cyclo(AGAGAG)", &[]);
    let atoms = crate::support::edit_atoms(&text_of(&ring), |line| Some(line.to_owned()));
    let (by_distance, said) = read(&as_mmcif(&atoms));
    assert_eq!(by_distance.topology, ring.topology);
    assert!(says(&said, &["covalent bond in _struct_conn"]), "{said:?}");
    let link = "LINK         N   ALA A   1                 C   GLY A   6     1555   1555  1.33\n";
    let (closed, said) = read(&as_mmcif(&format!("{link}{atoms}")));
    assert_eq!(closed.topology, ring.topology);
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn bonds_to_metals_and_to_what_is_not_there_are_said() {
    let text = as_mmcif(&text_of(&peptide("ACE-HIS-NME", &[])));
    let rows = "loop_\n_struct_conn.conn_type_id\n_struct_conn.ptnr1_auth_asym_id\n_struct_conn.ptnr1_auth_seq_id\n_struct_conn.ptnr1_label_atom_id\n\
        _struct_conn.ptnr2_auth_asym_id\n_struct_conn.ptnr2_auth_seq_id\n_struct_conn.ptnr2_label_atom_id\n\
        metalc A 2 ND1 B 1 ZN\nhydrog A 2 N A 1 O\ncovale A 2 NE2 C 9 C1\n";
    let (_, said) = read(&format!("{text}{rows}"));
    assert!(says(&said, &["1 bonds to metals"]), "{said:?}");
    assert!(
        says(
            &said,
            &["_struct_conn from NE2 of 2 (chain A) to C1 of 9", "ignored"]
        ),
        "{said:?}"
    );
    assert_eq!(said.len(), 2, "{said:?}");
}

/// Files of programs that write fewer items: `label_` names alone, no occupancy, no element, values in any order and layout.
#[test]
fn the_label_items_stand_in_where_there_are_no_others() {
    let molecule = peptide("ACE-CYX-GLY-CYX-NME", &[[2, 4]]);
    let mut text = "# a comment\nDATA_x\n_entry.id 'x y'\nloop_\n_ATOM_SITE.label_atom_id\n_atom_site.Cartn_z\n_atom_site.cartn_Y\n_atom_site.Cartn_x\n\
        _atom_site.label_comp_id\n_atom_site.label_seq_id\n_atom_site.label_asym_id\n"
        .to_owned();
    for (atom, [x, y, z]) in molecule.topology.atoms.iter().zip(&molecule.positions) {
        let residue = &molecule.topology.residues[atom.residue_index];
        let [x, y, z] = [x, y, z].map(|value| 10.0 * value);
        text += &format!(
            "\"{}\"\n{z} {y}(3)\n{x} {} {} AB\n",
            atom.name, residue.name, residue.number
        );
    }
    text += "loop_\n_struct_conn.conn_type_id\n_struct_conn.ptnr1_label_asym_id\n_struct_conn.ptnr1_label_seq_id\n_struct_conn.ptnr1_label_atom_id\n\
        _struct_conn.ptnr2_label_asym_id\n_struct_conn.ptnr2_label_seq_id\n_struct_conn.ptnr2_label_atom_id\ndisulf AB 2 SG AB 4 SG\n";
    let (again, said) = read(&text);
    assert_eq!(again.topology, molecule.topology);
    assert!(says(&said, &["AB A"]), "{said:?}");
    assert!((energy(&again) - energy(&molecule)).abs() < 1e-6);
    // What is of no polymer has no label number.
    let ion = "\"ZN\"\n0.0 0.0\n99.0 ZN . Z\n";
    let message = fault(&text.replace("loop_\n_struct_conn", &format!("{ion}loop_\n_struct_conn")));
    assert!(
        message.contains("unknown residue 'ZN 0 (chain Z)'"),
        "{message}"
    );
}

#[test]
fn a_file_is_recognised_by_its_text() {
    let pdb = text_of(&peptide("ACE-ALA-NME", &[]));
    let molecule = read(&pdb).0;
    for text in [
        as_mmcif(&pdb),
        format!(
            "\u{feff}\r\n# by a program\r\n{}",
            as_mmcif(&pdb).replace('\n', "\r\n")
        ),
        format!("{}\ndata_second\n_entry.id second\n", as_mmcif(&pdb)),
    ] {
        assert_same(&read(&text).0, &molecule);
    }
    let (_, said) = read(&format!("{0}{0}", as_mmcif(&pdb)));
    assert!(says(&said, &["second data block"]), "{said:?}");
    assert!(fault("data_x\n").contains("no atoms of a peptide"));
    assert!(fault("END\n").contains("PDB or mmCIF"));
}

/// As a serialized System wants it: every atom where it stands, and of its bonds those that the file states within residues.
#[test]
fn files_are_taken_as_they_are_for_molecules_of_other_programs() {
    for (name, source) in [
        ("scrambled", "pdb/openmm/scrambled.pdb"),
        ("lactam", "foreign/lactam.pdb"),
    ] {
        let pdb = pdb::read_verbatim(&tests_data(source)).unwrap();
        let cif = pdb::read_verbatim(&tests_data("mmcif").join(format!("{name}.cif"))).unwrap();
        assert_eq!(cif.topology.atoms.len(), pdb.topology.atoms.len());
        assert_eq!(cif.positions, pdb.positions);
        let places = |molecule: &Molecule| -> Vec<(char, i32)> {
            let residues = molecule.topology.residues.iter();
            residues
                .map(|residue| (residue.chain, residue.number))
                .collect()
        };
        assert_eq!(places(&cif), places(&pdb));
        let stated = |bond: &[usize; 2]| pdb.topology.bonds.contains(bond);
        assert!(cif.topology.bonds.iter().all(stated), "{name}");
        assert_eq!(cif.topology.bonds.is_empty(), name == "scrambled");
    }
}

#[test]
fn packed_files_are_told_from_text() {
    let home = tempfile::tempdir().unwrap();
    for (name, bytes, expected) in [
        (
            "a.cif.gz",
            b"\x1f\x8b\x08\x00\x00".as_slice(),
            "packed by gzip",
        ),
        ("a.bcif", b"\x83\xa7encoder\xa5mol*".as_slice(), "BinaryCIF"),
    ] {
        let path = home.path().join(name);
        fs::write(&path, bytes).unwrap();
        for read in [pdb::read, pdb::read_verbatim] {
            let message = read(&path).unwrap_err().to_string();
            assert!(
                message.contains(expected) && message.contains(name),
                "{message}"
            );
        }
    }
}

/// Whole messages, beside the files.
#[test]
fn bad_mmcif_files_are_explained() {
    let bless = std::env::var_os("SALTUS_BLESS").is_some();
    let mut n_files = 0;
    for entry in fs::read_dir(tests_data("mmcif/bad")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "cif") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let message = pdb::read_str(&text, name).expect_err(name).to_string();
        let verbatim = path.with_extension("txt");
        if bless {
            fs::write(&verbatim, format!("{message}\n")).unwrap();
        }
        let expected = fs::read_to_string(&verbatim).unwrap_or_default();
        assert_eq!(format!("{message}\n"), expected, "{name}");
        n_files += 1;
    }
    assert_eq!(n_files, 29);
}

/// The program: the same numbers, files and analysis from either format.
#[test]
fn commands_take_mmcif_as_they_take_pdb() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
        command.env_remove("RUST_LOG").current_dir(home.path());
        command
            .args(arguments)
            .assert()
            .success()
            .get_output()
            .stdout
            .clone()
    };
    let settings = "temperature_kelvin: 300\nreplicas: 1\nseed: 3\nthreads: 1\ndevice: cpu\nsampler:\n  - langevin: {steps: 5, timestep_fs: 1.0}\n\
        run: {cycles: 20, equilibration_cycles: 0}\noutput: {every_cycles: 1}\n";
    fs::write(home.path().join("start.pdb"), data("openmm/start.pdb")).unwrap();
    let text = as_mmcif(&data("openmm/start.pdb"));
    fs::write(home.path().join("start.cif"), text).unwrap();
    for kind in ["pdb", "cif"] {
        let text = format!("system: {{pdb: start.{kind}, minimize: false}}\n{settings}");
        fs::write(home.path().join(format!("{kind}.yaml")), text).unwrap();
    }
    let [pdb, cif] =
        ["pdb.yaml", "cif.yaml"].map(|input| run(&["energy", input, "--json", "--forces"]));
    assert_eq!(pdb, cif);
    let frames = ["pdb", "cif"].map(|kind| {
        run(&["run", &format!("{kind}.yaml"), "--quiet", "--output", kind]);
        let trajectory = format!("{kind}/trajectory_0000.h5");
        run(&["export", &trajectory, "-o", &format!("{kind}-frames.pdb")]);
        let report = run(&["analyze", &trajectory, "--json"]);
        assert!(report.starts_with(b"{"));
        fs::read_to_string(home.path().join(format!("{kind}-frames.pdb"))).unwrap()
    });
    assert_eq!(frames[0], frames[1]);
    let [pdb, cif] =
        ["pdb", "cif"].map(|kind| fs::read(home.path().join(kind).join("topology.pdb")).unwrap());
    assert_eq!(pdb, cif);
}
