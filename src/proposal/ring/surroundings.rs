//! What a proline's ring is redrawn in: which atoms turn about its phi and the peptide bond before it, and the coordinates that
//! the redrawing leaves unchanged, which its density is given.

use super::frame::RingFrame;
use crate::proposal::adaptive::feature::{Feature, sine_cosine};
use crate::proposal::torsion::pivot::Pivot;
use crate::topology::{Element, PuckerRing, Topology};

/// Atoms, angles and torsions around one ring.
#[derive(Debug, Clone)]
pub(crate) struct RingSurroundings {
    /// On CA, outside ring and backbone, and on C.
    around: Vec<usize>,
    /// On N, where nothing comes before it.
    on_nitrogen: Vec<usize>,
    /// phi, and omega of the peptide bond before it, where the molecule has them.
    pub(crate) turning: Option<[Pivot; 2]>,
    /// The angle between what hangs on each carbon; angles and planarity around what comes before N.
    features: Vec<Feature>,
    /// Torsions about the next bonds of the backbone, where there are such: that of O, and psi of what comes before N.
    torsions: [Option<[usize; 4]>; 2],
}

impl RingSurroundings {
    /// Those of a ring whose CA carries `carbonyl`.
    pub(crate) fn new(topology: &Topology, ring: &PuckerRing, carbonyl: usize) -> Self {
        let neighbors = topology.neighbors();
        let [n, ca, cb, _, cd] = ring.atoms;
        let oxygen = topology.atom_index(ring.residue_index, "O");
        let mut around = others(&neighbors, ca, &[n, cb, carbonyl]);
        around.extend(oxygen);
        let on_nitrogen = others(&neighbors, n, &[ca, cd]);
        let before = on_nitrogen
            .iter()
            .copied()
            .find(|&atom| topology.atoms[atom].residue_index != ring.residue_index);
        let turning =
            before.and_then(|before| turning(topology, &neighbors, ring, [carbonyl, before]));
        let mut features = hanging_angles(ring);
        if let Some(before) = before {
            features.extend(around_bond(before, n, &others(&neighbors, before, &[n])));
        }
        let psi_before = before.and_then(|before| {
            let residue = topology.atoms[before].residue_index;
            let [alpha, nitrogen] = ["CA", "N"].map(|name| topology.atom_index(residue, name));
            Some([nitrogen?, alpha?, before, n])
        });
        Self {
            around,
            on_nitrogen,
            turning,
            features,
            torsions: [oxygen.map(|oxygen| [n, ca, carbonyl, oxygen]), psi_before],
        }
    }

    /// The coordinates, seen in the frame of N, CA and C: lengths in nm, functions of angles without unit; `flipped` gives
    /// those of the other isomer of the peptide bond, which differ in one.
    pub(crate) fn values(&self, frame: &RingFrame, positions: &[f64], flipped: bool) -> Vec<f64> {
        let mut values = Vec::new();
        for &atom in &self.around {
            values.extend(&frame.seen(positions, atom));
        }
        if let Some([phi, omega]) = &self.turning {
            // What turns about CA-N and the peptide bond leave.
            let before = frame.seen(positions, phi.atoms[3]);
            values.extend([before.x, before.y.hypot(before.z), before.norm()]);
            let is_cis = is_cis(omega.torsion_rad(positions));
            values.push(f64::from(u8::from(is_cis != flipped)));
        } else {
            for &atom in &self.on_nitrogen {
                values.extend(&frame.seen(positions, atom));
            }
        }
        let atoms = positions.as_chunks().0;
        values.extend(self.features.iter().map(|feature| feature.value(atoms)));
        let circle = |torsion: [usize; 4]| sine_cosine(atoms, torsion);
        let [own, before] = self.torsions.map(|torsion| torsion.map(circle));
        // O stands in the frame already: of its torsion the double angle is new, and how it goes with psi before.
        if let Some((sine, cosine)) = own {
            values.extend([2.0 * sine * cosine, cosine * cosine - sine * sine]);
        }
        if let Some((sine, cosine)) = before {
            values.extend([sine, cosine]);
            if let Some((own_sine, own_cosine)) = own {
                values.extend([own_sine * sine, own_sine * cosine]);
                values.extend([own_cosine * sine, own_cosine * cosine]);
            }
        }
        values
    }
}

/// What is bonded to an atom, without those that are known.
fn others(neighbors: &[Vec<usize>], of: usize, known: &[usize]) -> Vec<usize> {
    let others = neighbors[of].iter().copied();
    others.filter(|atom| !known.contains(atom)).collect()
}

/// phi and omega of a ring with C on its CA and another residue's atom on its N; `None` where turns would tear a ring.
fn turning(
    topology: &Topology,
    neighbors: &[Vec<usize>],
    ring: &PuckerRing,
    [carbonyl, before]: [usize; 2],
) -> Option<[Pivot; 2]> {
    let [n, ca, ..] = ring.atoms;
    let moving = side_of(neighbors, before, n, ca)?;
    let beyond: Vec<usize> = moving.iter().copied().filter(|&a| a != before).collect();
    let bonded = neighbors[before].iter().copied();
    let bonded = bonded.filter(|atom| beyond.contains(atom));
    // omega is that of CA, or of a cap's CH3; O is across.
    let alpha = bonded.min_by_key(|&atom| topology.atoms[atom].element == Element::OXYGEN)?;
    let number = topology.residues[ring.residue_index].number;
    let phi = Pivot {
        name: format!("phi_{number}"),
        atoms: [carbonyl, ca, n, before],
        moving,
    };
    let omega = Pivot {
        name: format!("omega_{number}"),
        atoms: [ca, n, before, alpha],
        moving: beyond,
    };
    Some([phi, omega])
}

/// Angles between what hangs on CB, CG and CD, where two atoms do.
fn hanging_angles(ring: &PuckerRing) -> Vec<Feature> {
    let hanging = [&ring.on_beta, &ring.on_gamma, &ring.on_delta];
    let joints = ring.atoms[2..].iter().zip(hanging);
    let angle = |(&joint, hanging): (&usize, &Vec<usize>)| match hanging[..] {
        [first, .., last] => Some(Feature::Angle([first, joint, last])),
        _ => None,
    };
    joints.filter_map(angle).collect()
}

/// Angles and planarity at `before`, which is bonded to N and to `beyond`.
fn around_bond(before: usize, n: usize, beyond: &[usize]) -> Vec<Feature> {
    let angles = beyond.iter().map(|&atom| [atom, before, n]);
    let mut features: Vec<Feature> = angles.map(Feature::Angle).collect();
    if let [first, second, ..] = *beyond {
        features.push(Feature::OutOfPlane([before, first, second, n]));
    }
    features
}

/// Whether a peptide bond is cis.
fn is_cis(omega: f64) -> bool {
    omega.cos() > 0.0
}

/// All atoms on the side of `from` of its bond to `joint`; `None` where they lead around to `forbidden`.
fn side_of(
    neighbors: &[Vec<usize>],
    from: usize,
    joint: usize,
    forbidden: usize,
) -> Option<Vec<usize>> {
    let (mut found, mut stack) = (vec![from], vec![from]);
    while let Some(atom) = stack.pop() {
        for &next in &neighbors[atom] {
            if next == forbidden || (next == joint && atom != from) {
                return None;
            }
            if next != joint && !found.contains(&next) {
                found.push(next);
                stack.push(next);
            }
        }
    }
    found.sort_unstable();
    Some(found)
}
