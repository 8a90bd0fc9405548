//! Files that were read wrongly, each for its kind. Values by OpenMM's Reference platform on the molecule the file means.

use crate::support::{data, energy, fault, peptide, read, residues, says, text_of};
use saltus::topology::{Molecule, chiral_centers};

/// What was read is written and read again: the same residues, each with a number of its own.
fn survives_a_round_trip(molecule: &Molecule) {
    let again = read(&text_of(molecule)).0;
    assert_eq!(again.topology, molecule.topology);
    let mut places: Vec<(char, i32)> = molecule
        .topology
        .residues
        .iter()
        .map(|residue| (residue.chain, residue.number))
        .collect();
    places.sort_unstable();
    let n_residues = places.len();
    places.dedup();
    assert_eq!(places.len(), n_residues, "{places:?}");
}

#[test]
fn a_ter_inside_a_peptide_bond_ends_no_chain() {
    let (molecule, said) = read(&data("cases/ter-in-chain.pdb"));
    assert!((energy(&molecule) + 139.292_757).abs() < 1e-4);
    assert!(says(&said, &["peptide bond", "TER", "0.13"]), "{said:?}");
    survives_a_round_trip(&molecule);
}

#[test]
fn a_molecule_cut_by_its_box_is_made_whole() {
    let text = data("cases/pbc-flips.pdb");
    let (molecule, said) = read(&text);
    assert!(says(&said, &["CRYST1", "made whole"]), "{said:?}");
    assert!((energy(&molecule) + 143.371_772).abs() < 1e-4);
    for center in chiral_centers(&molecule.topology) {
        assert!(center.volume_nm3(&molecule.positions) > 0.0015);
    }
    survives_a_round_trip(&molecule);
    let message = fault(&text.replace("CRYST1", "REMARK"));
    for part in ["are bonded but", "nm apart", "CRYST1", "made whole"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn the_first_of_frames_divided_by_end_is_read() {
    let (molecule, said) = read(&data("cases/vmd-two-frames.pdb"));
    assert_eq!(molecule.topology.n_atoms(), 22);
    assert!((energy(&molecule) + 143.371_772).abs() < 1e-4);
    assert!(says(&said, &["first frame", "END"]), "{said:?}");
}

#[test]
fn insertion_codes_become_numbers_of_their_own() {
    let (molecule, said) = read(&data("cases/thrombin-like.pdb"));
    let numbers: Vec<i32> = molecule
        .topology
        .residues
        .iter()
        .map(|r| r.number)
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert!(says(&said, &["insertion codes"]), "{said:?}");
    survives_a_round_trip(&molecule);
}

#[test]
fn caps_may_share_the_number_of_their_neighbour() {
    let (molecule, _) = read(&data("cases/same-number-caps.pdb"));
    assert_eq!(residues(&molecule), ["ACE 1", "ALA 2", "NME 3"]);
    assert_eq!(molecule.topology.bonds.len(), 21);
    assert!((energy(&molecule) + 143.371_772).abs() < 1e-4);
    survives_a_round_trip(&molecule);
}

#[test]
fn a_disulfide_to_what_is_not_in_the_file_is_ignored() {
    let (molecule, said) = read(&data("cases/ssbond-other-chain.pdb"));
    assert!(says(&said, &["SSBOND", "chain B", "ignored"]), "{said:?}");
    // The record tells why the sulfur has no hydrogen: it gets one, and no charge.
    assert_eq!(molecule.topology.residues[1].name, "CYS");
    assert!(molecule.topology.atom_index(1, "HG").is_some());
}

#[test]
fn a_byte_order_mark_costs_no_atom() {
    let text = text_of(&peptide("ACE-ALA-NME", &[]));
    let (plain, _) = read(&text);
    assert_eq!(read(&format!("\u{feff}{text}")).0, plain);
}
