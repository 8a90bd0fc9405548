//! A window: three residues whose six torsions close it, what is drawn between them, and where everything is once it is closed.

use super::bars::{Bar, Closure, Ends, closures};
use super::contact::Contacts;
use super::density::{Residue, TorsionDensity};
use crate::proposal::torsion::motion::{Axis, Motion};
use crate::proposal::torsion::stretch::{Run, Stretch, axis};
use crate::topology::{PeptideBond, Topology, TorsionKind};
use crate::vector::{Point, torsion};
use nalgebra::{Matrix6, Unit};

/// Residues between the closing ones that are drawn anew.
pub(super) const GAPS: [[usize; 2]; 4] = [[0, 0], [1, 0], [0, 1], [1, 1]];
/// How much more often bonds before prolines and N-methylated residues are flipped than others.
const TERTIARY_TIMES: usize = 4;
/// How near a closure must be to where the chain is to be the same, nm.
const SAME_NM: f64 = 1e-6;
/// Moves with everything that is outside the window.
const STILL: usize = usize::MAX;

/// A residue between the closing ones.
#[derive(Debug, Clone)]
pub(super) struct Driver {
    pub(super) residue: Residue,
    /// Places of its torsions in the window, as many as its quartets.
    pub(super) torsions: Vec<usize>,
}

/// The window.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) stretch: Stretch,
    pub(super) drivers: Vec<Driver>,
    /// Places of the peptide bonds that have two isomers, those with two likely ones more often.
    pub(super) isomers: Vec<usize>,
    pub(super) closing: [Residue; 3],
    /// Places of phi of the closing residues; psi follows each.
    hinges: [usize; 3],
    contacts: Contacts,
}

/// A closed window, drawn or as it is.
#[derive(Debug, Clone)]
pub(super) struct Closed {
    /// Motion of every part.
    pub(super) motions: Vec<Motion>,
    /// ln of the density of the closing residues' torsions.
    pub(super) log_density: f64,
    /// ln of what the closure is chosen by: that density over |det J|.
    pub(super) log_weight: f64,
    /// CA of the second closing residue and the atoms beside the hinges.
    points: [Point; 5],
}

impl Closed {
    /// Whether nothing has moved.
    fn is_same(&self, points: &[Point; 5]) -> bool {
        let pairs = self.points.iter().zip(points);
        pairs
            .into_iter()
            .all(|(one, other)| (one - other).norm() < SAME_NM)
    }
}

/// Positions of one replica about the middle of a window.
pub(super) struct Frame {
    pub(super) origin: Point,
    points: Vec<Point>,
}

impl Window {
    /// All windows of a run of backbone with so many residues drawn in each gap.
    pub(super) fn all(
        topology: &Topology,
        neighbors: &[Vec<usize>],
        run: &Run,
        isomers: &[PeptideBond],
        kind: &dyn Fn(usize) -> usize,
    ) -> Vec<Self> {
        let mut found = Vec::new();
        for first in 0..run.torsions.len() {
            for gaps in GAPS {
                let window = Places::find(run, first, gaps)
                    .and_then(|places| Self::new(topology, neighbors, run, &places, isomers, kind));
                found.extend(window);
            }
        }
        found
    }

    fn new(
        topology: &Topology,
        neighbors: &[Vec<usize>],
        run: &Run,
        places: &Places,
        isomers: &[PeptideBond],
        kind: &dyn Fn(usize) -> usize,
    ) -> Option<Self> {
        let torsions = run.torsions_from(places.first, places.n_torsions);
        let stretch = Stretch::new(neighbors, torsions)?;
        let mut parts = vec![STILL; topology.n_atoms()];
        for (part, atoms) in stretch.parts.iter().enumerate() {
            atoms.iter().for_each(|&atom| parts[atom] = part);
        }
        let residue = |torsions: &[usize]| {
            let torsions: Vec<_> = torsions.iter().map(|&k| &stretch.torsions[k]).collect();
            let residue_index = torsions[0].residue_index;
            Residue::new(residue_index, kind(residue_index), &torsions)
        };
        let closing = places.hinges.map(|hinge| residue(&[hinge, hinge + 1]));
        let drivers = places.drivers.iter().map(|torsions| Driver {
            residue: residue(torsions),
            torsions: torsions.clone(),
        });
        let times = |place: usize| {
            let torsion = &stretch.torsions[place];
            let [i, j] = axis(torsion.atoms);
            let is_it = |bond: &&PeptideBond| [[i, j], [j, i]].contains(&axis(bond.atoms));
            let bond = isomers.iter().find(is_it);
            bond.map_or(0, |bond| if bond.is_tertiary { TERTIARY_TIMES } else { 1 })
        };
        let repeated = |place: usize| std::iter::repeat_n(place, times(place));
        Some(Self {
            drivers: drivers.collect(),
            isomers: (0..places.n_torsions).flat_map(repeated).collect(),
            hinges: places.hinges,
            contacts: Contacts::new(topology, neighbors, &parts),
            closing,
            stretch,
        })
    }

    /// Names of its torsions: what closes, and what is drawn.
    pub(super) fn names(&self) -> [Vec<&str>; 2] {
        let name = |&place: &usize| self.stretch.torsions[place].name.as_str();
        let closing: Vec<usize> = self
            .hinges
            .iter()
            .flat_map(|&hinge| [hinge, hinge + 1])
            .collect();
        let drawn = self.drivers.iter().flat_map(|driver| &driver.torsions);
        [
            closing.iter().map(name).collect(),
            drawn.map(name).collect(),
        ]
    }

    /// Torsions of the drivers at positions `[n_atoms][3]`, rad.
    pub(super) fn drawn_torsions(&self, atoms: &[[f64; 3]]) -> Vec<[f64; 2]> {
        let drivers = self.drivers.iter();
        drivers
            .map(|driver| driver.residue.torsions_rad(atoms))
            .collect()
    }

    /// Positions `[n_atoms][3]` about the middle.
    pub(super) fn frame(&self, atoms: &[[f64; 3]]) -> Frame {
        let origin = Point::from(atoms[self.stretch.middle()]);
        Frame {
            origin,
            points: atoms
                .iter()
                .map(|&atom| Point::from(atom) - origin)
                .collect(),
        }
    }

    /// All ways to close the window once its torsions have turned by so many rad, without those in which atoms clash.
    pub(super) fn closed(
        &self,
        frame: &Frame,
        turns_rad: &[f64],
        densities: &[TorsionDensity],
        scratch: &mut Vec<Point>,
    ) -> Vec<Closed> {
        let points = &frame.points;
        let [a, b, c] = self.hinges.map(|hinge| {
            self.stretch.torsions[hinge].atoms[1..]
                .iter()
                .map(|&atom| points[atom])
                .collect::<Vec<_>>()
        });
        // N, CA and C of the closing residues.
        let (a, b, c) = ([a[0], a[1], a[2]], [b[0], b[1], b[2]], [c[0], c[1], c[2]]);
        let inner = [
            self.turned(points, turns_rad, self.hinges[0], self.hinges[1]),
            self.turned(points, turns_rad, self.hinges[1], self.hinges[2]),
        ];
        // As the first hinge of each bar sees its last nitrogen and the next hinge.
        let far = |bar: usize, point: Point| {
            inner[bar]
                .last()
                .map_or(point, |motion| motion.apply(point))
        };
        let (nitrogen_b, alpha_b) = (far(0, b[0]), far(0, b[1]));
        let (nitrogen_c, alpha_c) = (far(1, c[0]), far(1, c[1]));
        let bars = [
            Bar::new([a[1], alpha_b], a[2], nitrogen_b),
            Bar::new([b[1], alpha_c], b[2], nitrogen_c),
        ];
        let cosine = |[n, alpha, carbonyl]: [Point; 3]| {
            (n - alpha).normalize().dot(&(carbonyl - alpha).normalize())
        };
        let ends = Ends {
            hinges: [a[1], c[1]],
            bonds: [(a[0] - a[1]).normalize(), (c[2] - c[1]).normalize()],
            cosines: [a, b, c].map(cosine),
        };
        let mut found = Vec::new();
        for closure in closures(&ends, [&bars[0], &bars[1]]) {
            let Closure {
                hinge,
                atoms: [[c_a, n_b], [c_b, n_c]],
            } = closure;
            let first = Motion::between([a[1], a[2], alpha_b], [a[1], c_a, hinge]);
            let second = Motion::between([b[1], b[2], alpha_c], [hinge, c_b, c[1]]);
            let mut motions = vec![Motion::between([a[1], a[0], a[2]], [a[1], a[0], c_a])];
            motions.extend(inner[0].iter().map(|motion| first.compose(motion)));
            motions.push(Motion::between([b[1], b[0], b[2]], [hinge, n_b, c_b]));
            motions.extend(inner[1].iter().map(|motion| second.compose(motion)));
            motions.push(Motion::between([c[1], c[2], c[0]], [c[1], c[2], n_c]));
            scratch.clone_from(points);
            for (part, motion) in self.stretch.parts.iter().zip(&motions) {
                part.iter()
                    .for_each(|&atom| scratch[atom] = motion.apply(points[atom]));
            }
            if self.contacts.clash(scratch) {
                continue;
            }
            let log_density: f64 = self
                .closing
                .iter()
                .map(|residue| log_density(residue, scratch, densities))
                .sum();
            let axes = [
                (a[0], a[1]),
                (a[1], c_a),
                (n_b, hinge),
                (hinge, c_b),
                (n_c, c[1]),
                (c[1], c[2]),
            ];
            found.push(Closed {
                motions,
                log_density,
                log_weight: log_density - log_volume(axes),
                points: [hinge, c_a, n_b, c_b, n_c],
            });
        }
        found
    }

    /// Motions of the parts of a bar under turns of the torsions within it, seen from the part after its first hinge.
    fn turned(&self, points: &[Point], turns_rad: &[f64], from: usize, to: usize) -> Vec<Motion> {
        let mut motion = Motion::identity();
        let mut motions = vec![motion];
        let torsions = self.stretch.torsions.iter().zip(turns_rad);
        for (torsion, &turn_rad) in torsions.take(to).skip(from + 2) {
            let [_, start, end, _] = torsion.atoms;
            motion = motion.after(&Axis::between(points[start], points[end]), turn_rad);
            motions.push(motion);
        }
        motions
    }

    /// Which of the closures is the chain as it is.
    pub(super) fn current(&self, frame: &Frame, closed: &[Closed]) -> Option<usize> {
        let [a, b, c] = self.hinges.map(|hinge| self.stretch.torsions[hinge].atoms);
        let atoms = [b[2], a[3], b[1], b[3], c[1]];
        let points = atoms.map(|atom| frame.points[atom]);
        closed.iter().position(|closed| closed.is_same(&points))
    }
}

fn log_density(residue: &Residue, points: &[Point], densities: &[TorsionDensity]) -> f64 {
    let measure = |quartet: &[usize; 4]| {
        let [a, b, c, d] = quartet.map(|atom| points[atom]);
        torsion(a, b, c, d)
    };
    let torsions: Vec<f64> = residue.quartets.iter().map(measure).collect();
    densities[residue.kind].log_density(&torsions)
}

/// ln |det J| of six bonds, from one end to another: how fast the end moves as they turn.
fn log_volume(bonds: [(Point, Point); 6]) -> f64 {
    let columns = bonds.map(|(from, to)| {
        let direction = Unit::new_normalize(to - from);
        Axis {
            point: to,
            direction,
        }
        .screw(1.0)
    });
    Matrix6::from_columns(&columns).determinant().abs().ln()
}

/// Where the torsions of a window are.
struct Places {
    first: usize,
    n_torsions: usize,
    hinges: [usize; 3],
    drivers: Vec<Vec<usize>>,
}

impl Places {
    /// The window that begins with a closing residue's phi at `first` of a run; none where the chain does not allow it.
    fn find(run: &Run, first: usize, gaps: [usize; 2]) -> Option<Self> {
        let n = run.torsions.len();
        let at = |place: usize| {
            let place = first + place;
            (place < n || (run.is_ring && place < first + n)).then(|| &run.torsions[place % n])
        };
        let is = |place: usize, kind| at(place).is_some_and(|torsion| torsion.kind == kind);
        let closes = |place: usize| {
            is(place, TorsionKind::Phi)
                && is(place + 1, TorsionKind::Psi)
                && at(place).map(|phi| phi.residue_index)
                    == at(place + 1).map(|psi| psi.residue_index)
        };
        let (mut place, mut hinges, mut drivers) = (0, Vec::new(), Vec::new());
        for gap in [gaps[0], gaps[1], 0] {
            if !closes(place) {
                return None;
            }
            hinges.push(place);
            place += 2;
            if hinges.len() == 3 {
                break;
            }
            for _ in 0..gap {
                is(place, TorsionKind::Omega).then(|| place += 1)?;
                // Proline's phi does not turn.
                let turning = if is(place, TorsionKind::Phi) { 2 } else { 1 };
                is(place + turning - 1, TorsionKind::Psi).then_some(())?;
                drivers.push((place..place + turning).collect());
                place += turning;
            }
            is(place, TorsionKind::Omega).then(|| place += 1)?;
        }
        Some(Self {
            first,
            n_torsions: place,
            hinges: [hinges[0], hinges[1], hinges[2]],
            drivers,
        })
    }
}
