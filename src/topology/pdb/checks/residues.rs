//! The residues of a file: all of known kinds, caps at the ends of chains.

use crate::topology::pdb::error::PdbError;
use crate::topology::pdb::names::residue_name;
use crate::topology::pdb::record::RawResidue;
use crate::topology::pdb::source::Source;
use crate::topology::residue_library::ResidueLibrary;

/// What a residue is whose spelling leads nowhere, else the known name that is spelt most like it.
fn what_it_is(name: &str) -> String {
    let known = match name {
        "MSE" => {
            "it is selenomethionine, made for the crystal: call it MET, and its SE SD (element S), to simulate methionine."
        }
        "NEP" | "H1D" | "H2D" | "H1E" | "H2E" => {
            "it is phosphohistidine, whose angles at phosphorus have no parameters in the shipped phosaa files: give it as a prmtop made by tleap with leaprc.phosaa14SB."
        }
        _ => {
            let nearest = ResidueLibrary::get().nearest_name(name);
            return format!("did you mean {nearest}?");
        }
    };
    known.to_owned()
}

/// Every residue known, caps at the ends.
pub(in crate::topology::pdb) fn check_residues(
    residues: &[RawResidue],
    file: Source<'_>,
) -> Result<(), PdbError> {
    let unknown = |residue: &&RawResidue| !residue.as_is && residue_name(&residue.name).is_none();
    if let Some(first) = residues.iter().find(unknown) {
        let mut others: Vec<String> = residues
            .iter()
            .filter(unknown)
            .filter(|residue| residue.name != first.name)
            .map(|residue| residue.label())
            .collect();
        others.dedup();
        return Err(PdbError::UnknownResidue {
            file: file.to_string(),
            line: first.line(),
            residue: first.label().into(),
            hint: what_it_is(&first.name).into(),
            all_bonds: file.words.all_bonds,
            others: match others.is_empty() {
                true => "".into(),
                false => format!("; also unknown: {}", others.join(", ")).into(),
            },
        });
    }
    let misplaced = residues.iter().find(|residue| {
        let name = residue_name(&residue.name);
        (name == Some("ACE") && (!residue.first || residue.last))
            || (matches!(name, Some("NME" | "NHE")) && (!residue.last || residue.first))
    });
    misplaced.map_or(Ok(()), |residue| {
        Err(PdbError::MisplacedCap {
            separate: file.words.separate,
            file: file.to_string(),
            line: residue.line(),
            residue: residue.label(),
        })
    })
}
