//! What is not taken is refused by class and content, word for word.
//!
//! `SALTUS_BLESS=1 cargo test --test systems` writes the messages anew; read the difference before committing it.

use std::path::Path;

use saltus::forcefield::openmm_system;

use super::support::Reference;

/// A force to put at the end of a System.
fn with_force(system: &str, force: &str) -> String {
    system.replace("</Forces>", &format!("{force}\n</Forces>"))
}

/// Name, reference file, what becomes of its System.
type Case = (&'static str, &'static str, fn(&str) -> String);

const FORCES: [Case; 14] = [
    ("barostat", "chloroethanol", |s| {
        with_force(
            s,
            "<Force type=\"MonteCarloBarostat\" name=\"MonteCarloBarostat\"/>",
        )
    }),
    ("thermostat", "chloroethanol", |s| {
        with_force(s, "<Force type=\"AndersenThermostat\"/>")
    }),
    ("restraint", "chloroethanol", |s| {
        with_force(
            s,
            "<Force type=\"CustomExternalForce\" name=\"restraints\"/>",
        )
    }),
    ("drude", "chloroethanol", |s| {
        with_force(s, "<Force type=\"DrudeForce\"/>")
    }),
    ("bias", "chloroethanol", |s| {
        with_force(s, "<Force type=\"CustomCVForce\"/>")
    }),
    ("torch", "chloroethanol", |s| {
        with_force(s, "<Force type=\"TorchForce\"/>")
    }),
    ("unknown", "chloroethanol", |s| {
        with_force(s, "<Force type=\"CustomCompoundBondForce\"/>")
    }),
    ("periodic", "chloroethanol", |s| {
        s.replacen("usesPeriodic=\"0\"", "usesPeriodic=\"1\"", 1)
    }),
    ("pme", "chloroethanol", |s| {
        s.replace(
            "method=\"0\" name=\"NonbondedForce\"",
            "method=\"4\" name=\"NonbondedForce\"",
        )
    }),
    ("cutoff of the solvent", "amber14_obc2", |s| {
        s.replace(
            "method=\"0\" name=\"CustomGBForce\"",
            "method=\"1\" name=\"CustomGBForce\"",
        )
    }),
    ("virtual site", "chloroethanol", |s| {
        s.replacen("<Particle mass=\"1.008\"/>", "<Particle mass=\"1.008\"><TwoParticleAverageSite p1=\"0\" p2=\"1\" w1=\".5\" w2=\".5\"/></Particle>", 1)
    }),
    ("mass of zero", "chloroethanol", |s| {
        s.replacen("mass=\"35.45\"", "mass=\"0\"", 1)
    }),
    ("offsets", "chloroethanol", |s| {
        s.replace("<ParticleOffsets/>", "<ParticleOffsets><Offset parameter=\"lambda\" particle=\"0\" q=\".1\" sig=\"0\" eps=\"0\"/></ParticleOffsets>")
    }),
    ("no force type", "chloroethanol", |s| {
        with_force(s, "<Force/>")
    }),
];

const EXPRESSIONS: [Case; 13] = [
    ("other born radius", "amber14_obc1", |s| {
        s.replace("2.909125", "2.95")
    }),
    ("other integral", "amber14_obc1", |s| {
        s.replace("0.5*log(L/U)/r", "0.6*log(L/U)/r")
    }),
    ("other neck", "amber14_gbn2", |s| {
        s.replace("neckScale=0.826836", "neckScale=0.83")
    }),
    ("other surface", "amber14_obc1", |s| {
        s.replace("28.3919551", "30")
    }),
    ("other pair energy", "amber14_obc1", |s| {
        s.replace("(4*B1*B2)", "(5*B1*B2)")
    }),
    ("other names", "amber14_obc1", |s| {
        s.replace("<Parameter name=\"sr\"/>", "<Parameter name=\"xx\"/>")
    }),
    ("surface tension", "chloroethanol_native", |s| {
        s.replace("surfaceAreaEnergy=\"2.25936\"", "surfaceAreaEnergy=\"1\"")
    }),
    ("charges of the solvent", "chloroethanol_native", |s| {
        s.replacen("q=\"-.2\" r=", "q=\"-.3\" r=", 1)
    }),
    ("two solvents", "chloroethanol_native", |s| {
        let force = s
            .split("<Force ")
            .find(|text| text.contains("GBSAOBCForce"))
            .unwrap();
        with_force(
            s,
            &format!(
                "<Force {}",
                force.replace("</Forces>", "").replace("</System>", "")
            ),
        )
    }),
    ("torsion", "chloroethanol_split", |s| {
        s.replace(
            "k*min(dtheta, 2*pi-dtheta)^2",
            "k*min(dtheta, 2*pi-dtheta)^4",
        )
    }),
    ("pairs", "chloroethanol_split", |s| {
        s.replace("a/r6^2-b/r6;", "a/r6^2-b/r6+1/r;")
    }),
    ("interpolated table", "chloroethanol_split", |s| {
        s.replace("Discrete2DFunction", "Continuous2DFunction")
    }),
    ("bond", "chloroethanol_split", |s| {
        s.replace(
            "2*epsilon*((sigma/r)^12-(sigma/r)^6)",
            "epsilon*exp(-r/sigma)",
        )
    }),
];

const FILES: [Case; 10] = [
    ("force field", "chloroethanol", |_| {
        "<ForceField/>".to_owned()
    }),
    ("state", "chloroethanol", |_| {
        "<State type=\"State\"/>".to_owned()
    }),
    ("empty", "chloroethanol", |_| String::new()),
    ("not xml", "chloroethanol", |_| "HEADER\n<System".to_owned()),
    ("cut off", "chloroethanol", |s| {
        s[..s.len() / 2].rsplit_once('\n').unwrap().0.to_owned()
    }),
    ("no particles", "chloroethanol", |_| {
        "<System type=\"System\"/>".to_owned()
    }),
    ("index", "chloroethanol", |s| {
        s.replacen("p2=\"1\"", "p2=\"9\"", 1)
    }),
    ("twice", "chloroethanol", |s| {
        s.replacen("p2=\"1\"", "p2=\"0\"", 1)
    }),
    ("charge", "chloroethanol", |s| {
        s.replacen("q=\"-.2\"", "q=\"much\"", 1)
    }),
    ("fewer in a force", "chloroethanol", |s| {
        s.replacen("<Particle eps=\"1.25\" q=\"-.2\" sig=\".34\"/>", "", 1)
    }),
];

fn two_nonbonded_forces(system: &str) -> String {
    let start = system.find("<Force alpha").unwrap();
    let length = system[start..].find("</Force>").unwrap() + "</Force>".len();
    with_force(system, &system[start..start + length])
}

/// Name of the case, what becomes of the PDB file.
type Damaged = (&'static str, fn(&str) -> String);

const PDBS: [Damaged; 5] = [
    ("an atom less", |pdb| {
        pdb.lines()
            .filter(|l| !l.contains(" HO  CEO"))
            .map(|l| format!("{l}\n"))
            .collect()
    }),
    ("another order", |pdb| {
        let mut lines: Vec<&str> = pdb.lines().collect();
        let at = |name: &str| lines.iter().position(|line| line.contains(name)).unwrap();
        let (one, other) = (at(" O1  CEO"), at(" HA  CEO"));
        lines.swap(one, other);
        lines.iter().map(|l| format!("{l}\n")).collect()
    }),
    ("alternate location", |pdb| {
        let line = pdb.lines().find(|l| l.contains(" HO  CEO")).unwrap();
        pdb.replace(
            line,
            &format!("{line}\n{}", line.replace(" HO  CEO", " HO ACEO")),
        )
    }),
    ("element", |pdb| {
        pdb.replacen("          Cl", "          Qq", 1)
    }),
    ("no atoms", |_| "END\n".to_owned()),
];

fn message_of(system: &str, pdb: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let reference = Reference {
        system: system.to_owned(),
        pdb: pdb.to_owned(),
        ..Reference::read("chloroethanol")
    };
    let [xml, pdb] = reference.write(home.path());
    let folder = format!("{}/", home.path().display());
    match openmm_system::read(&xml, &pdb) {
        Ok(_) => "read without a word".to_owned(),
        Err(error) => error.to_string().replace(&folder, ""),
    }
}

fn messages() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let cases = FORCES.iter().chain(&EXPRESSIONS).chain(&FILES);
    let twice: [Case; 1] = [(
        "two nonbonded forces",
        "chloroethanol",
        two_nonbonded_forces,
    )];
    for &(name, file, change) in cases.chain(&twice) {
        let reference = Reference::read(file);
        let changed = change(&reference.system);
        assert_ne!(changed, reference.system, "{name} changes nothing");
        found.push((name.to_owned(), message_of(&changed, &reference.pdb)));
    }
    let reference = Reference::read("chloroethanol");
    for (name, change) in PDBS {
        let changed = change(&reference.pdb);
        assert_ne!(changed, reference.pdb, "{name} changes nothing");
        found.push((name.to_owned(), message_of(&reference.system, &changed)));
    }
    found
}

#[test]
fn every_refusal_has_its_message() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/systems/refusals.txt");
    let got: String = messages()
        .into_iter()
        .map(|(name, message)| format!("[{name}]\n{message}\n\n"))
        .collect();
    assert!(!got.contains("read without a word"), "{got}");
    if std::env::var_os("SALTUS_BLESS").is_some() {
        std::fs::write(&golden, &got).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(got, expected);
}

#[test]
fn damaged_files_never_panic() {
    let reference = Reference::read("chloroethanol_split");
    let text = reference.system.as_bytes();
    for seed in 0..400_usize {
        let mut damaged = text.to_vec();
        for hit in 0..3 {
            let at = (seed * 7919 + hit * 104_729) % damaged.len();
            damaged[at] = b"0919<\"=-.e/^("[(seed + hit) % 13];
        }
        let damaged = String::from_utf8_lossy(&damaged);
        let _ = openmm_system::read_str(&damaged, "damaged.xml");
    }
}
