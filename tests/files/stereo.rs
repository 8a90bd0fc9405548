//! Hands and isomers compared: what minimising must not change.

use nalgebra::{Rotation3, Unit, Vector3};

use crate::support::peptide;
use saltus::topology::{Molecule, Stereo};

const SEQUENCE: &str = "ACE-ALA-ILE-GLY-NME";

#[test]
fn a_structure_agrees_with_itself_and_not_with_its_mirror_image() {
    let Molecule {
        topology,
        positions,
    } = peptide(SEQUENCE, &[]);
    let stereo = Stereo::of(&topology, &positions);
    assert!(stereo.undecided(&topology).is_empty());
    assert!(stereo.changes(&stereo, &topology).is_empty());
    let mirrored: Vec<[f64; 3]> = positions.iter().map(|&[x, y, z]| [-x, y, z]).collect();
    let changes = stereo.changes(&Stereo::of(&topology, &mirrored), &topology);
    assert_eq!(
        changes,
        [
            "ALA 2 CA was of natural hand (L), is mirrored (D)",
            "ILE 3 CA was of natural hand (L), is mirrored (D)",
            "ILE 3 CB was of natural hand (L), is mirrored (D)",
        ]
    );
}

#[test]
fn a_turned_peptide_bond_is_named() {
    let Molecule {
        topology,
        positions,
    } = peptide(SEQUENCE, &[]);
    let stereo = Stereo::of(&topology, &positions);
    let n_moved = topology.residues[3].atoms.start;
    let [axis_start, axis_end] =
        [(2, "C"), (3, "N")].map(|(residue, name)| topology.atom_index(residue, name).unwrap());
    let turned = |degrees: f64| {
        let from = Vector3::from(positions[axis_start]);
        let axis = Unit::new_normalize(Vector3::from(positions[axis_end]) - from);
        let rotation = Rotation3::from_axis_angle(&axis, degrees.to_radians());
        let mut moved = positions.clone();
        for position in &mut moved[n_moved..] {
            *position = (rotation * (Vector3::from(*position) - from) + from).into();
        }
        Stereo::of(&topology, &moved)
    };
    assert_eq!(
        stereo.changes(&turned(180.0), &topology),
        ["the peptide bond ILE 3 C - GLY 4 N was trans, is cis"]
    );
    assert!(stereo.changes(&turned(40.0), &topology).is_empty());
    assert_eq!(
        turned(90.0).undecided(&topology),
        ["the peptide bond ILE 3 C - GLY 4 N is neither cis nor trans"]
    );
}
