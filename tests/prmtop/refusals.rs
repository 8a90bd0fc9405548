//! Every refusal of a prmtop with its message: file and line, what was found, what was expected, what to do.

use saltus::forcefield::{Prmtop, SystemOptions};

use crate::support::{Reference, options};

fn dipeptide() -> String {
    Reference::read("alanine_dipeptide").prmtop
}

fn fault(text: &str) -> String {
    match Prmtop::parse(text, "x.prmtop") {
        Err(error) => error.to_string(),
        Ok(_) => panic!("nothing was refused"),
    }
}

/// The dipeptide with its section of that flag changed, from the line of %FLAG to the one before the next.
fn with(flag: &str, change: impl Fn(&str) -> String) -> String {
    let text = dipeptide();
    let start = text.find(&format!("%FLAG {flag} ")).unwrap();
    let length = text[start + 1..]
        .find("%FLAG")
        .map_or(text.len() - start, |n| n + 1);
    let section = &text[start..start + length];
    let changed = change(section);
    assert_ne!(section, changed, "{flag}");
    format!("{}{changed}{}", &text[..start], &text[start + length..])
}

/// The dipeptide with one entry of eight columns in POINTERS replaced, from 0.
fn with_pointer(entry: usize, value: usize) -> String {
    with("POINTERS", |section| {
        let mut lines: Vec<String> = section.lines().map(str::to_owned).collect();
        let (line, column) = (2 + entry / 10, 8 * (entry % 10));
        lines[line].replace_range(column..column + 8, &format!("{value:8}"));
        lines.join("\n") + "\n"
    })
}

/// Wide formats have room for counts whose triple wraps around to the two entries that are there.
#[test]
fn counts_beyond_32_bits_are_refused() {
    let pointers = "%FLAG POINTERS\n%FORMAT(1I20)\n";
    let rewritten = with("POINTERS", |section| {
        let mut numbers: Vec<&str> = section
            .lines()
            .skip(2)
            .flat_map(str::split_whitespace)
            .collect();
        numbers[2] = "6148914691236517206";
        let lines = numbers.iter().map(|number| format!("{number:>20}\n"));
        lines.fold(pointers.to_owned(), |text, line| text + &line)
    });
    let (before, bonds) = rewritten.split_once("%FLAG BONDS_INC_HYDROGEN").unwrap();
    let (_, after) = bonds.split_once("%FLAG").unwrap();
    let list = "%FLAG BONDS_INC_HYDROGEN\n%FORMAT(10I8)\n       0       3\n%FLAG";
    let message = fault(&format!("{before}{list}{after}"));
    assert!(
        message.contains("'6148914691236517206' where a whole number of 32 bits is expected"),
        "{message}"
    );
}

fn line_of(text: &str, wanted: &str) -> usize {
    text.lines().position(|line| line.contains(wanted)).unwrap() + 1
}

#[test]
fn files_that_are_no_prmtop() {
    assert_eq!(
        fault("ACE\n    22     7    12\n"),
        "x.prmtop:1: expected '%VERSION' or '%FLAG' at the start of a prmtop, found 'ACE'; a file of AMBER 6 and before, which has no %FLAG lines, is brought into the new format by ParmEd (load it, `outparm new.prmtop`) or made anew by tleap"
    );
    assert_eq!(
        fault("%VERSION  V1\n%FLOG A\n"),
        "x.prmtop:2: expected %FLAG, %FORMAT, %COMMENT or data, found '%FLOG A'"
    );
    assert_eq!(
        fault("%VERSION  V1\n    1\n"),
        "x.prmtop:2: data before the first %FLAG"
    );
    assert_eq!(
        fault("%VERSION  V1\n%FLAG A\n    1\n"),
        "x.prmtop:3: data of %FLAG A before its %FORMAT"
    );
    assert_eq!(
        fault("%VERSION  V1\n%FLAG A\n%FORMAT 10I8\n"),
        "x.prmtop:3: %FORMAT 10I8: expected brackets and a Fortran format, as in %FORMAT(10I8)"
    );
    assert_eq!(
        fault("%VERSION  V1\n%FLAG A\n%FORMAT(2I4)\n   1   2   3\n"),
        "x.prmtop:4: 12 characters in a line of %FLAG A, but its %FORMAT(2I4) allows 2 entries of 4"
    );
    assert_eq!(
        fault("%VERSION  V1\n%FLAG A\n%FLAG A\n"),
        "x.prmtop:3: a second %FLAG A, the first is in line 2; delete one of them"
    );
    assert_eq!(
        Prmtop::read("nowhere/x.prmtop".as_ref())
            .unwrap_err()
            .to_string(),
        "nowhere/x.prmtop: cannot read the prmtop: No such file or directory (os error 2)"
    );
}

#[test]
fn sections_that_are_missing_cut_or_in_another_format() {
    assert_eq!(
        fault(&with("CHARGE", |_| String::new())),
        "x.prmtop: there is no %FLAG CHARGE, which every molecule needs; write the file anew with tleap (`saveamberparm`) or ParmEd (`outparm`)"
    );
    let cut = with("CHARGE", |section| {
        let lines: Vec<&str> = section.lines().collect();
        lines[..lines.len() - 1].join("\n") + "\n"
    });
    let line = line_of(&cut, "%FLAG CHARGE");
    assert_eq!(
        fault(&cut),
        format!(
            "x.prmtop:{line}: %FLAG CHARGE has 20 entries, expected 22 (one for each of NATOM in %FLAG POINTERS); the file is cut or was edited by hand"
        )
    );
    let format = with("CHARGE", |section| section.replace("5E16.8", "4I20"));
    assert_eq!(
        fault(&format),
        format!("x.prmtop:{line}: %FLAG CHARGE has %FORMAT(4I20), expected numbers, as in 5E16.8")
    );
    let number = with("CHARGE", |section| {
        section.replace("2.04636429E+00", "2.0x636429E+00")
    });
    assert_eq!(
        fault(&number),
        format!(
            "x.prmtop:{}: %FLAG CHARGE, entry 1: '2.0x636429E+00' where a finite number is expected",
            line + 2
        )
    );
    assert_eq!(
        fault(&with_pointer(0, 0)),
        "x.prmtop:7: %FLAG POINTERS, entry 1: '0' where at least 1 is expected"
    );
    let mass = with("MASS", |section| {
        section.replacen("1.20100000E+01", "0.00000000E+00", 1)
    });
    let message = fault(&mass);
    assert!(
        message.ends_with(
            "%FLAG MASS, entry 2: '0.00000000E+00' where a mass from 0.1 to 1000 Da is expected"
        ),
        "{message}"
    );
}

#[test]
fn indices_that_point_nowhere() {
    let bond = with("BONDS_INC_HYDROGEN", |section| {
        let lines: Vec<&str> = section.lines().collect();
        format!(
            "{}\n{}\n{:8}{}\n{}\n",
            lines[0],
            lines[1],
            67,
            &lines[2][8..],
            lines[3..].join("\n")
        )
    });
    let line = line_of(&bond, "%FLAG BONDS_INC") + 2;
    assert_eq!(
        fault(&bond),
        format!(
            "x.prmtop:{line}: %FLAG BONDS_INC_HYDROGEN, entry 1: '67' where a pointer to an atom, a multiple of 3 from 0 to 63, is expected"
        )
    );
    let kind = with("ATOM_TYPE_INDEX", |section| {
        section.replacen("       1", "       9", 1)
    });
    let line = line_of(&kind, "%FLAG ATOM_TYPE_INDEX") + 2;
    assert_eq!(
        fault(&kind),
        format!(
            "x.prmtop:{line}: %FLAG ATOM_TYPE_INDEX, entry 1: '9' where the number of a Lennard-Jones type, from 1 to 7, is expected"
        )
    );
    let periodicity = with("DIHEDRAL_PERIODICITY", |section| {
        section.replacen("2.00000000E+00", "2.50000000E+00", 1)
    });
    let message = fault(&periodicity);
    assert!(
        message.contains("'2.50000000E+00' where a whole number from 1 to 12 is expected"),
        "{message}"
    );
}

#[test]
fn physics_that_is_not_taken() {
    assert_eq!(
        fault(&with_pointer(30, 2)),
        "x.prmtop:5: NUMEXTRA is 2: extra points, which is not supported; take a force field whose charges sit on atoms"
    );
    assert_eq!(
        fault(&with_pointer(20, 1)),
        "x.prmtop:5: IFPERT is not 0: a perturbation between two molecules, which is not supported; make the prmtop of one end state"
    );
    assert_eq!(
        fault(&with_pointer(29, 1)),
        "x.prmtop:5: IFCAP is not 0: a cap of water around the molecule, which is not supported; strip the water (cpptraj: `parmstrip :WAT`) and name an implicit solvent"
    );
    let add = |section: &str| dipeptide() + section;
    let polarisable = add("%FLAG IPOL\n%FORMAT(1I8)\n       1\n");
    let line = line_of(&polarisable, "%FLAG IPOL");
    assert_eq!(
        fault(&polarisable),
        format!(
            "x.prmtop:{line}: IPOL is not 0: a polarisable force field, which is not supported; take a force field with fixed charges"
        )
    );
    assert_eq!(
        fault(&add("%FLAG POLARIZABILITY\n%FORMAT(5E16.8)\n")),
        format!(
            "x.prmtop:{line}: %FLAG POLARIZABILITY holds a polarisable force field, which is not supported; take a force field with fixed charges"
        )
    );
    let ions = add("%FLAG LENNARD_JONES_CCOEF\n%FORMAT(5E16.8)\n  1.00000000E+00\n");
    assert_eq!(
        fault(&ions),
        format!(
            "x.prmtop:{}: %FLAG LENNARD_JONES_CCOEF, entry 1: '1.00000000E+00' where 0, as a 12-6-4 interaction of an ion is not supported (take 12-6 parameters of the ion), is expected",
            line + 2
        )
    );
    let numbers = add(&format!(
        "%FLAG ATOMIC_NUMBER\n%FORMAT(10I8)\n{}\n",
        format!("{:8}", 0).repeat(10)
    ));
    let message = fault(&numbers);
    assert!(message.contains("has 10 entries, expected 22"), "{message}");
}

#[test]
fn a_box_is_refused_with_solvent_and_left_out_without() {
    assert!(Prmtop::parse(&with_pointer(27, 1), "x.prmtop").is_ok());
    // The last residue as water.
    let solvated = with_pointer(27, 1).replace("ACE ALA NME", "ACE ALA WAT");
    assert_eq!(
        fault(&solvated),
        "x.prmtop:5: IFBOX is 1: a periodic box with 1 residues of water and ions, the first WAT 3; periodic boxes are not supported; strip the solvent from both files (cpptraj: `parm X.prmtop`, `trajin X.inpcrd`, `autoimage`, `strip :WAT,Na+,Cl- parmout dry.prmtop`, `trajout dry.rst7`; ParmEd: `strip :WAT,Na+,Cl-`, `outparm dry.prmtop dry.rst7`) and name an implicit solvent"
    );
}

#[test]
fn elements_that_mass_and_name_do_not_tell() {
    let heavy = with("MASS", |section| {
        section.replacen("1.00800000E+00", "3.02400000E+00", 1)
    });
    let line = line_of(&heavy, "%FLAG MASS");
    assert_eq!(
        fault(&heavy),
        format!(
            "x.prmtop:{line}: atom 1 (HH31) of 3.024 Da: mass and name do not tell its element; add %FLAG ATOMIC_NUMBER (ParmEd: `addAtomicNumber`, `outparm`), or undo a hydrogen mass repartitioning (`HMassRepartition 1.008`)"
        )
    );
}

#[test]
fn pairs_that_would_count_twice() {
    let excluded = with("EXCLUDED_ATOMS_LIST", |section| {
        // The first atom sees the seventh, at the end of its dihedral, fully: 0 is a place without an atom.
        section.replacen("       7", "       0", 1)
    });
    let message = fault(&excluded);
    assert!(
        message.contains("the 1-4 pair of ") && message.contains("would count twice: %FLAG EXCLUDED_ATOMS_LIST does not hold it; make the third atom of the dihedral"),
        "{message}"
    );
}

#[test]
fn a_solvent_without_radii() {
    let text = with("RADII", |_| String::new());
    let parameters = Prmtop::parse(&text, "x.prmtop").unwrap();
    assert!(parameters.system(&SystemOptions::default()).is_ok());
    assert_eq!(
        parameters.system(&options("obc2")).unwrap_err().to_string(),
        "x.prmtop: there is no %FLAG RADII and %FLAG SCREEN, which an implicit solvent needs; add them (ParmEd: `changeRadii mbondi2`, `outparm`), or take `solvent: vacuum`"
    );
}
