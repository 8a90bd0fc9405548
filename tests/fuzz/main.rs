//! Bounded fuzzing: thousands of damaged inputs of every kind that a user hands over. None may panic, hang, or take the machine;
//! each is read or refused with a message. Seeds are fixed, so that a failure is one again; `fuzz/` has the same for longer runs.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and tells what it measured"
)]

mod damage;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use damage::Damage;
use saltus::flow::torsion::LeapModel;
use saltus::forcefield::{ForceField, Prmtop, SystemOptions, openmm_system};
use saltus::topology::{inpcrd, pdb, rotatable_bonds};
use saltus::trajectory::Checkpoint;

/// Longest time that one small damaged input may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Files of a folder with an extension, each below 200 kB.
fn corpus(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect();
    files.sort();
    let contents = files.iter().map(|path| fs::read(path).unwrap());
    let small: Vec<Vec<u8>> = contents.filter(|bytes| bytes.len() < 200_000).collect();
    assert!(!small.is_empty(), "{}", folder.display());
    small
}

/// Reads `n` damaged inputs; returns how many were read without an error.
fn survive(name: &str, corpus: &[Vec<u8>], n: u64, read: impl Fn(&[u8]) -> bool) -> u64 {
    let mut n_read = 0;
    for seed in 0..n {
        let bytes = Damage::new(seed).of(corpus);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        let shown = || bytes.escape_ascii().to_string();
        match outcome {
            Ok(was_read) => n_read += u64::from(was_read),
            Err(_) => panic!("{name}, seed {seed}: a panic\n{}", shown()),
        }
        let took = start.elapsed();
        assert!(
            took < PATIENCE,
            "{name}, seed {seed}: {took:?}\n{}",
            shown()
        );
    }
    println!("{name}: {n_read} of {n} damaged inputs read, the others refused");
    n_read
}

#[test]
fn damaged_pdb_files() {
    let mut files = corpus("tests/data/pdb", "pdb");
    files.extend(corpus("tests/data/pdb/cases", "pdb"));
    let n_read = survive("PDB", &files, 3000, |bytes| {
        pdb::read_str(&String::from_utf8_lossy(bytes), "damaged.pdb").is_ok()
    });
    assert!(n_read > 0);
}

#[test]
fn damaged_mmcif_files() {
    let mut files = corpus("tests/data/mmcif", "cif");
    files.extend(corpus("tests/data/mmcif/bad", "cif"));
    let n_read = survive("mmCIF", &files, 3000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let read = pdb::read_str(&text, "damaged.cif").is_ok();
        read | pdb::read_verbatim_str(&text, "damaged.cif").is_ok()
    });
    assert!(n_read > 0);
}

#[test]
fn damaged_force_fields() {
    let files = [SMALL_FORCE_FIELD.as_bytes().to_vec()];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.xml");
    let n_read = survive("XML", &files, 3000, |bytes| {
        fs::write(&path, bytes).unwrap();
        ForceField::from_files(std::slice::from_ref(&path)).is_ok()
    });
    assert!(n_read > 0);
}

#[test]
fn damaged_models() {
    let model = saltus::proposal::random_leap_model(3).to_bytes();
    // The header names sizes, so that is where damage matters most; the numbers behind it are many.
    let head = model[..model.len().min(20_000)].to_vec();
    survive("model", &[model, head], 300, |bytes| {
        LeapModel::from_bytes(bytes).is_ok()
    });
}

#[test]
fn damaged_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.saltus");
    Checkpoint::default().save(&path).unwrap();
    let files = [fs::read(&path).unwrap()];
    survive("checkpoint", &files, 2000, |bytes| {
        fs::write(&path, bytes).unwrap();
        Checkpoint::load(&path).is_ok()
    });
}

#[test]
fn damaged_prmtops() {
    let files = corpus("fuzz/corpus/prmtop", "prmtop");
    let n_read = survive("prmtop", &files, 2000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let prmtop = Prmtop::parse(&text, "damaged.prmtop");
        prmtop.is_ok_and(|prmtop| {
            let _ = rotatable_bonds(prmtop.topology());
            prmtop.system(&SystemOptions::default()).is_ok()
        })
    });
    assert!(n_read > 0);
}

#[test]
fn damaged_coordinates() {
    let mut files = corpus("fuzz/corpus/coordinates", "rst7");
    files.extend(corpus("fuzz/corpus/coordinates", "ncrst"));
    let n_read = survive("coordinates", &files, 3000, |bytes| {
        inpcrd::from_bytes(bytes, "damaged.rst7").is_ok()
    });
    assert!(n_read > 0);
}

#[test]
fn damaged_systems() {
    let files = corpus("fuzz/corpus/system", "xml");
    let n_read = survive("System", &files, 2000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        openmm_system::read_str(&text, "damaged.xml").is_ok()
    });
    assert!(n_read > 0);
}

/// Through the program itself: exit 0 or 2, never a panic (101) or an abort, and a message where it is refused.
#[test]
fn damaged_inputs() {
    let mut files = corpus("examples", "yaml");
    files.extend(corpus("tests/data/config/bad", "yaml"));
    let home = tempfile::tempdir().unwrap();
    fs::copy("examples/peptide.pdb", home.path().join("peptide.pdb")).unwrap();
    survive("YAML", &files, 250, |bytes| {
        fs::write(home.path().join("input.yaml"), bytes).unwrap();
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("saltus");
        command.current_dir(home.path()).timeout(4 * PATIENCE);
        let command = command.args(["run", "input.yaml", "--dry-run", "--quiet"]);
        let output = command.output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 2)),
            "{:?}: {message}",
            output.status
        );
        assert!(
            output.status.success() || message.contains("error"),
            "{message}"
        );
        output.status.success()
    });
}

const SMALL_FORCE_FIELD: &str = r#"<ForceField>
 <AtomTypes>
  <Type name="c" class="C" element="C" mass="12.011"/>
  <Type name="h" class="H" element="H" mass="1.008"/>
 </AtomTypes>
 <Residues>
  <Residue name="MET">
   <Atom name="C" type="c" charge="-0.4"/>
   <Atom name="H1" type="h" charge="0.1"/>
   <Atom name="H2" type="h" charge="0.1"/>
   <Bond atomName1="C" atomName2="H1"/>
   <Bond from="0" to="2"/>
   <ExternalBond atomName="C"/>
  </Residue>
 </Residues>
 <HarmonicBondForce><Bond class1="C" class2="H" length="0.109" k="284512.0"/></HarmonicBondForce>
 <HarmonicAngleForce><Angle class1="H" class2="C" class3="H" angle="1.911" k="292.88"/></HarmonicAngleForce>
 <PeriodicTorsionForce ordering="amber">
  <Proper class1="" class2="C" class3="C" class4="" periodicity1="3" phase1="0.0" k1="0.65"/>
  <Improper class1="C" class2="" class3="" class4="H" periodicity1="2" phase1="3.14159265359" k1="4.6024"/>
 </PeriodicTorsionForce>
 <NonbondedForce coulomb14scale="0.8333333333333334" lj14scale="0.5">
  <UseAttributeFromResidue name="charge"/>
  <Atom type="c" sigma="0.339967" epsilon="0.359824"/>
  <Atom type="h" sigma="0.264953" epsilon="0.0656888"/>
 </NonbondedForce>
</ForceField>
"#;
