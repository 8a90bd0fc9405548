//! The replicas that one thread advances together: their memory, and how it is filled from and emptied into the host's arrays.

use super::parameters::Parameters;
use super::{Machine, Want, atom_lanes, replica_lanes};
use crate::integrator::whole_nanometres;
use crate::lane::Lane;

/// Memory of one group, `[n_slots][3]` vectors each.
#[derive(Debug, Clone)]
pub(super) struct Group<L: Lane> {
    /// First replica of the group.
    pub(super) first_replica: usize,
    /// Replicas in the group: up to `LANES` with replicas in the lanes, 1 with atoms in the lanes.
    pub(super) n_replicas: usize,
    pub(super) layout: Layout<L>,
    pub(super) position: Vec<[L; 3]>,
    pub(super) position_low: Vec<[L; 3]>,
    pub(super) velocity: Vec<[L; 3]>,
    pub(super) force: Vec<[L; 3]>,
    /// Positions before a drift, for the constraint solver.
    pub(super) before: Vec<[L; 3]>,
    /// Partial energy sums, one a lane.
    pub(super) energies: Vec<f64>,
    /// What was taken off the positions of every replica in the lanes, in nm.
    origins: Vec<[f64; 3]>,
    /// Not 0 in the lanes of replicas that no longer meet their constraints; with atoms in the lanes the first counts.
    pub(super) failed: L,
}

/// What the lanes hold, with the scratch memory of that evaluation.
#[derive(Debug, Clone)]
pub(super) enum Layout<L: Lane> {
    Replicas(replica_lanes::Scratch<L>),
    Atoms(atom_lanes::Scratch<L>),
}

impl<L: Lane> Group<L> {
    pub(super) fn replicas(
        parameters: &Parameters<L>,
        first_replica: usize,
        n_replicas: usize,
    ) -> Self {
        let layout = Layout::Replicas(replica_lanes::Scratch::new(parameters));
        Self::new(layout, parameters.n_atoms, first_replica, n_replicas)
    }

    pub(super) fn atoms(machine: &Machine<L>, first_replica: usize) -> Self {
        let layout = Layout::Atoms(atom_lanes::Scratch::new(&machine.blocks));
        Self::new(
            layout,
            machine.parameters.n_atoms.div_ceil(L::LANES),
            first_replica,
            1,
        )
    }

    fn new(layout: Layout<L>, n_slots: usize, first_replica: usize, n_replicas: usize) -> Self {
        let zero = vec![[L::splat(0.0); 3]; n_slots];
        Self {
            first_replica,
            n_replicas,
            layout,
            position: zero.clone(),
            position_low: zero.clone(),
            velocity: zero.clone(),
            force: zero.clone(),
            before: zero,
            energies: vec![0.0; L::LANES],
            origins: Vec::new(),
            failed: L::splat(0.0),
        }
    }

    /// Slot and lane of an atom of the group's replica number `replica`.
    fn place(&self, replica: usize, atom: usize) -> (usize, usize) {
        match self.layout {
            Layout::Replicas(_) => (atom, replica),
            Layout::Atoms(_) => (atom / L::LANES, atom % L::LANES),
        }
    }

    /// (replica, atom) of a lane; lanes without a replica of their own repeat the last, lanes without an atom give `None`.
    pub(super) fn owner(&self, slot: usize, lane: usize, n_atoms: usize) -> (usize, Option<usize>) {
        match self.layout {
            Layout::Replicas(_) => (lane.min(self.n_replicas - 1), Some(slot)),
            Layout::Atoms(_) => {
                let atom = slot * L::LANES + lane;
                (0, (atom < n_atoms).then_some(atom))
            }
        }
    }

    /// A vector for every slot from a function of (replica of the group, atom).
    pub(super) fn per_slot(
        &self,
        n_atoms: usize,
        padding: f64,
        value: impl Fn(usize, usize) -> f64,
    ) -> Vec<L> {
        (0..self.position.len())
            .map(|slot| {
                L::from_fn(|lane| match self.owner(slot, lane, n_atoms) {
                    (replica, Some(atom)) => value(replica, atom),
                    (_, None) => padding,
                })
            })
            .collect()
    }

    /// Reads positions `[n_replicas, n_atoms, 3]` of the whole batch about whole nanometres near each replica, rounded to
    /// the lanes' element.
    pub(super) fn load_positions(&mut self, positions: &[f64], n_atoms: usize) {
        if let Layout::Atoms(_) = self.layout {
            pad(&mut self.position, n_atoms, |lane| {
                atom_lanes::PADDING_NM * lane
            });
        }
        let places = self.places(n_atoms);
        let origin = |&source: &usize| whole_nanometres(&positions[source..source + n_atoms * 3]);
        self.origins = places.sources.iter().map(origin).collect();
        fill::<L>(
            &mut self.position,
            &places,
            positions,
            |value, copy, axis| value - self.origins[copy][axis],
        );
    }

    /// Reads what rounding took from the positions; before dynamics, which carries it along.
    pub(super) fn load_positions_low(&mut self, positions: &[f64], n_atoms: usize) {
        let places = self.places(n_atoms);
        self.still_padding(n_atoms, |group| &mut group.position_low);
        let low = |value: f64, copy: usize, axis: usize| {
            let value = value - self.origins[copy][axis];
            value - L::scalar(value).into()
        };
        fill::<L>(&mut self.position_low, &places, positions, low);
    }

    /// Nothing that an earlier trajectory left in the padding may last: where that blew up, it would be in every force from then on.
    fn still_padding(&mut self, n_atoms: usize, of: impl Fn(&mut Self) -> &mut Vec<[L; 3]>) {
        if let Layout::Atoms(_) = self.layout {
            pad(of(self), n_atoms, |_| 0.0);
        }
    }

    /// Reads velocities `[n_replicas, n_atoms, 3]` of the whole batch.
    pub(super) fn load_velocities(&mut self, velocities: &[f64], n_atoms: usize) {
        let places = self.places(n_atoms);
        self.still_padding(n_atoms, |group| &mut group.velocity);
        fill::<L>(&mut self.velocity, &places, velocities, |value, _, _| value);
    }

    /// Where each replica's atoms go; lanes beyond the last replica repeat it, so that they stay finite.
    fn places(&self, n_atoms: usize) -> Places {
        let n_copies = match self.layout {
            Layout::Replicas(_) => L::LANES,
            Layout::Atoms(_) => 1,
        };
        let sources = (0..n_copies)
            .map(|copy| (self.first_replica + copy.min(self.n_replicas - 1)) * n_atoms * 3)
            .collect();
        Places {
            sources,
            n_atoms,
            atoms_in_lanes: matches!(self.layout, Layout::Atoms(_)),
        }
    }

    /// Writes this group's part `[n_replicas of the group, n_atoms, 3]` of the positions.
    pub(super) fn store_positions(&self, positions: &mut [f64], n_atoms: usize) {
        self.store(positions, n_atoms, |replica, slot, axis, lane| {
            let about_origin =
                self.position[slot][axis].lane(lane) + self.position_low[slot][axis].lane(lane);
            about_origin + self.origins[replica][axis]
        });
    }

    /// Writes this group's part of the velocities.
    pub(super) fn store_velocities(&self, velocities: &mut [f64], n_atoms: usize) {
        self.store(velocities, n_atoms, |_, slot, axis, lane| {
            self.velocity[slot][axis].lane(lane)
        });
    }

    /// Writes this group's part of the forces.
    pub(super) fn store_forces(&self, forces: &mut [f64], n_atoms: usize) {
        self.store(forces, n_atoms, |_, slot, axis, lane| {
            self.force[slot][axis].lane(lane)
        });
    }

    fn store(
        &self,
        target: &mut [f64],
        n_atoms: usize,
        value: impl Fn(usize, usize, usize, usize) -> f64,
    ) {
        for replica in 0..self.n_replicas {
            for atom in 0..n_atoms {
                let (slot, lane) = self.place(replica, atom);
                for axis in 0..3 {
                    target[(replica * n_atoms + atom) * 3 + axis] =
                        value(replica, slot, axis, lane);
                }
            }
        }
    }

    /// Evaluates energies (kept in `energies`) or forces (kept in `force`) or both at the current positions.
    pub(super) fn evaluate<W: Want>(&mut self, machine: &Machine<L>) {
        self.energies.fill(0.0);
        let (position, force, energies) = (&mut self.position, &mut self.force, &mut self.energies);
        match &mut self.layout {
            Layout::Replicas(scratch) => {
                replica_lanes::evaluate::<L, W>(
                    &machine.parameters,
                    scratch,
                    position,
                    force,
                    energies,
                );
            }
            Layout::Atoms(scratch) => {
                atom_lanes::evaluate::<L, W>(
                    &machine.parameters,
                    &machine.blocks,
                    scratch,
                    position,
                    force,
                    energies,
                );
            }
        }
    }

    /// Energy of one replica of the group after [`Group::evaluate`].
    pub(super) fn energy(&self, replica: usize) -> f64 {
        match self.layout {
            Layout::Replicas(_) => self.energies[replica],
            Layout::Atoms(_) => self.energies.iter().sum(),
        }
    }
}

/// How host arrays map onto lanes.
struct Places {
    /// Start of each source replica in the host array.
    sources: Vec<usize>,
    n_atoms: usize,
    atoms_in_lanes: bool,
}

/// Copies host values into lanes through a conversion of value, number of the source, axis.
fn fill<L: Lane>(
    target: &mut [[L; 3]],
    places: &Places,
    values: &[f64],
    convert: impl Fn(f64, usize, usize) -> f64,
) {
    let scalars = L::scalars_mut(target.as_flattened_mut());
    for (copy, &source) in places.sources.iter().enumerate() {
        let (atoms, _) = values[source..source + places.n_atoms * 3].as_chunks::<3>();
        for (atom, x) in atoms.iter().enumerate() {
            let start = if places.atoms_in_lanes {
                atom / L::LANES * 3 * L::LANES + atom % L::LANES
            } else {
                atom * 3 * L::LANES + copy
            };
            for (axis, &value) in x.iter().enumerate() {
                scalars[start + axis * L::LANES] = L::scalar(convert(value, copy, axis));
            }
        }
    }
}

/// Sets the atoms that pad the last block, from the number of their lane counted from 1: positions far from everything and from
/// each other.
#[expect(clippy::cast_precision_loss, reason = "a lane number is small")]
fn pad<L: Lane>(values: &mut [[L; 3]], n_atoms: usize, value: impl Fn(f64) -> f64) {
    let used = n_atoms % L::LANES;
    if let Some(last) = values.last_mut().filter(|_| used > 0) {
        for component in last {
            for lane in used..L::LANES {
                component.set_lane(lane, value((lane + 1) as f64));
            }
        }
    }
}
