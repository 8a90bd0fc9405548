//! Stretches of backbone: bonds that turn, in order, and the rigid parts between them.

use super::motion::Motion;
use crate::topology::{NamedTorsion, Topology, TorsionKind, backbone_torsions, graph};
use nalgebra::Vector3;

/// Backbone torsions in order, each on the part that the one before it ends on.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) torsions: Vec<NamedTorsion>,
    /// Whether the first follows the last.
    pub(crate) is_ring: bool,
}

/// Bonds of a ring below which none of its bonds turns: a macrocycle of four residues has twelve.
const SMALLEST_FLEXIBLE_RING: usize = 9;

pub(crate) fn axis(atoms: [usize; 4]) -> [usize; 2] {
    [atoms[1], atoms[2]]
}

/// Backbone torsions that can turn, alone or with others of a large ring, chain by chain in order.
pub(crate) fn runs(topology: &Topology, neighbors: &[Vec<usize>]) -> Vec<Run> {
    let turns = |torsion: &NamedTorsion| {
        graph::smallest_ring(neighbors, axis(torsion.atoms))
            .is_none_or(|n_bonds| n_bonds >= SMALLEST_FLEXIBLE_RING)
    };
    let mut torsions = backbone_torsions(topology);
    torsions.retain(turns);
    torsions.sort_by_key(|torsion| (torsion.residue_index, torsion.kind == TorsionKind::Omega));
    let mut runs: Vec<Run> = Vec::new();
    for torsion in torsions {
        let follows = |run: &&mut Run| {
            let last = run.torsions.last().expect("invariant: no run is empty");
            are_joined(neighbors, last, &torsion)
        };
        match runs.last_mut().filter(follows) {
            Some(run) => run.torsions.push(torsion),
            None => runs.push(Run {
                torsions: vec![torsion],
                is_ring: false,
            }),
        }
    }
    for run in &mut runs {
        let ends = [run.torsions.last(), run.torsions.first()];
        if let ([Some(last), Some(first)], true) = (ends, run.torsions.len() > 2) {
            run.is_ring = are_joined(neighbors, last, first);
        }
    }
    runs
}

/// Whether the part behind one bond is the part before another once both are cut.
fn are_joined(neighbors: &[Vec<usize>], first: &NamedTorsion, second: &NamedTorsion) -> bool {
    let pieces = graph::pieces(neighbors, &[axis(first.atoms), axis(second.atoms)]);
    pieces[first.atoms[2]] == pieces[second.atoms[1]]
}

impl Run {
    /// Where a stretch of so many torsions may begin: anywhere in a ring.
    pub(crate) fn starts(&self, n_torsions: usize) -> std::ops::Range<usize> {
        match self.torsions.len().checked_sub(n_torsions) {
            None => 0..0,
            Some(_) if self.is_ring => 0..self.torsions.len(),
            Some(rest) => 0..rest + 1,
        }
    }

    /// So many torsions from one on, around the ring where it is one.
    pub(crate) fn torsions_from(&self, first: usize, n_torsions: usize) -> Vec<NamedTorsion> {
        let places = first..first + n_torsions;
        let torsions = places.map(|place| self.torsions[place % self.torsions.len()].clone());
        torsions.collect()
    }
}

/// Consecutive backbone bonds, from the part that precedes them to the part that follows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) torsions: Vec<NamedTorsion>,
    /// Atoms between each bond and the next, `[n - 1]`; they move.
    pub(crate) parts: Vec<Vec<usize>>,
}

impl Stretch {
    /// The stretch of these torsions; none where a cross-link ties the parts between its bonds to each other or to the rest.
    pub(crate) fn new(neighbors: &[Vec<usize>], torsions: Vec<NamedTorsion>) -> Option<Self> {
        let cut: Vec<[usize; 2]> = torsions.iter().map(|torsion| axis(torsion.atoms)).collect();
        let pieces = graph::pieces(neighbors, &cut);
        let last = torsions.len() - 1;
        let still = [pieces[cut[0][0]], pieces[cut[last][1]]];
        let mut taken = Vec::new();
        for (bond, next) in cut.iter().zip(&cut[1..]) {
            let part = pieces[bond[1]];
            if part != pieces[next[0]] || still.contains(&part) || taken.contains(&part) {
                return None;
            }
            taken.push(part);
        }
        let members = |part: usize| {
            (0..pieces.len())
                .filter(|&atom| pieces[atom] == part)
                .collect()
        };
        Some(Self {
            parts: taken.into_iter().map(members).collect(),
            torsions,
        })
    }

    /// An atom in the middle, for coordinates that are small.
    pub(crate) fn middle(&self) -> usize {
        self.torsions[self.torsions.len() / 2].atoms[2]
    }

    /// Moves every part by its motion about an origin, velocities with it.
    pub(crate) fn carry(
        &self,
        motions: &[Motion],
        origin: Vector3<f64>,
        (atoms, velocities): (&mut [[f64; 3]], &mut [[f64; 3]]),
    ) {
        for (part, motion) in self.parts.iter().zip(motions) {
            for &atom in part {
                let moved = origin + motion.apply(Vector3::from(atoms[atom]) - origin);
                atoms[atom] = moved.into();
                velocities[atom] = motion.turn(Vector3::from(velocities[atom])).into();
            }
        }
    }
}
