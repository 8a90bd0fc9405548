//! Integrators on one group of replicas: the sequence of elementary steps around force evaluations. No threads here.

use super::group::{Group, Layout};
use super::{Forces, Machine};
use crate::integrator::{
    Diverged, EngineError, LangevinSettings, NoiseSlots, RigidBond, Splitting, constrain_positions,
    constrain_velocities, steps,
};
use crate::lane::{AtomField, Lane, ReplicaField, dot, scale, vectorized};
use crate::rng::{self, Stream};
use crate::units::thermal_energy_kj_per_mol;

/// Force beyond which a replica counts as blown up, kJ mol⁻¹ nm⁻¹: a thousand times what thermal motion reaches.
const WORST_FORCE: f64 = 1.0e7;

/// Time step that scales the tolerance of velocity constraints where no step is taken, ps.
const PROJECTION_TIMESTEP_PS: f64 = 0.002;

impl<L: Lane> Group<L> {
    /// Langevin middle scheme (Zhang et al., doi:10.1021/acs.jpca.9b02771, as OpenMM's `LangevinMiddleIntegrator`):
    /// full kick, half drift, thermostat, half drift; constraints after the kick and at the end.
    pub(super) fn langevin(
        &mut self,
        machine: &Machine<L>,
        settings: &LangevinSettings,
        first_step: u64,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        let timestep = settings.timestep_ps;
        let slots = self.noise_slots(machine, &settings.temperatures_kelvin);
        let kicks = self.timestep_over_mass(machine, timestep);
        let damping = (-settings.friction_per_ps * timestep).exp();
        let mix = [
            L::splat(damping),
            L::splat((1.0 - damping * damping).sqrt()),
        ];
        let key = rng::key(settings.seed);
        let rigid = !machine.rigid_bonds.is_empty();
        self.failed = L::splat(0.0);
        for step in first_step..first_step + n_steps {
            self.evaluate::<Forces>(machine);
            self.check_forces(machine, step)?;
            kick::<L>(self, &kicks);
            if rigid {
                self.before.copy_from_slice(&self.position);
                self.rattle(machine, timestep, step)?;
            }
            drift_and_thermostat::<L>(self, &slots, mix, timestep, step, key);
            if rigid {
                self.shake(machine, timestep, step)?;
            }
        }
        Ok(())
    }

    /// Newtonian dynamics by a splitting, with RATTLE (Andersen, doi:10.1016/0021-9991(83)90014-1) at every stage.
    pub(super) fn constant_energy(
        &mut self,
        machine: &Machine<L>,
        splitting: Splitting,
        timestep: f64,
        n_steps: u64,
    ) -> Result<(), EngineError> {
        let stages = splitting.stages().iter().map(|stage| {
            let before = self.timestep_over_mass(machine, stage.kick_before * timestep);
            let after = self.timestep_over_mass(machine, stage.kick_after * timestep);
            (before, stage.drift * timestep, after)
        });
        let stages: Vec<_> = stages.collect();
        let rigid = !machine.rigid_bonds.is_empty();
        self.failed = L::splat(0.0);
        let mut failure = Ok(());
        self.evaluate::<Forces>(machine);
        for (step, (kick_before, drift, kick_after)) in (0..n_steps).zip(stages.iter().cycle()) {
            self.before.copy_from_slice(&self.position);
            kick_and_drift::<L>(self, kick_before, *drift);
            if rigid {
                failure = failure.and(self.shake(machine, *drift, step));
            }
            self.evaluate::<Forces>(machine);
            kick::<L>(self, kick_after);
            if rigid {
                failure = failure.and(self.rattle(machine, *drift, step));
            }
            if failure.is_err() && self.has_failed_altogether() {
                break;
            }
        }
        self.spoil_failed();
        failure?;
        // At the end alone: what once was not finite never is again, and callers want every replica to get there.
        Ok(self.check_forces(machine, n_steps)?)
    }

    /// Whether no replica meets its constraints any more.
    fn has_failed_altogether(&self) -> bool {
        (0..self.n_replicas).all(|replica| self.has_failed(replica))
    }

    /// Whether a replica of the group no longer meets its constraints.
    fn has_failed(&self, replica: usize) -> bool {
        self.failed.lane(replica) > 0.0
    }

    /// Takes failed replicas out of any reckoning: their positions are no numbers from here on.
    fn spoil_failed(&mut self) {
        for replica in 0..self.n_replicas {
            if !self.has_failed(replica) {
                continue;
            }
            let all = match self.layout {
                Layout::Replicas(_) => replica..replica + 1,
                Layout::Atoms(_) => 0..L::LANES,
            };
            for component in self.position.as_flattened_mut() {
                all.clone()
                    .for_each(|lane| component.set_lane(lane, f64::NAN));
            }
        }
    }

    /// Maxwell-Boltzmann velocities; projecting them removes what the constraints forbid and nothing else.
    pub(super) fn draw_velocities(
        &mut self,
        machine: &Machine<L>,
        temperatures_kelvin: &[f64],
        seed: u64,
        draw: u64,
    ) -> Result<(), EngineError> {
        let slots = self.noise_slots(machine, temperatures_kelvin);
        self.failed = L::splat(0.0);
        fill_velocities::<L>(&mut self.velocity, &slots, draw, rng::key(seed));
        if machine.rigid_bonds.is_empty() {
            Ok(())
        } else {
            self.rattle(machine, PROJECTION_TIMESTEP_PS, draw)
        }
    }

    /// Positions onto the constraints, velocities along them.
    pub(super) fn apply_constraints(
        &mut self,
        machine: &Machine<L>,
        step: u64,
    ) -> Result<(), EngineError> {
        self.before.copy_from_slice(&self.position);
        self.failed = L::splat(0.0);
        // No time passes, so positions move without changing velocities.
        self.shake(machine, 0.0, step)?;
        self.rattle(machine, PROJECTION_TIMESTEP_PS, step)
    }

    fn noise_slots(&self, machine: &Machine<L>, temperatures_kelvin: &[f64]) -> NoiseSlots<L> {
        let n_atoms = machine.parameters.n_atoms;
        let number = |select: &dyn Fn(usize, usize) -> usize| -> Vec<L::Words> {
            (0..self.position.len())
                .map(|slot| {
                    L::words(|lane| {
                        let (replica, atom) = self.owner(slot, lane, n_atoms);
                        u32::try_from(select(replica, atom.unwrap_or(n_atoms))).unwrap_or(u32::MAX)
                    })
                })
                .collect()
        };
        NoiseSlots {
            atoms: number(&|_, atom| atom),
            replicas: number(&|replica, _| self.first_replica + replica),
            widths: self.per_slot(n_atoms, 0.0, |replica, atom| {
                let temperature = temperatures_kelvin[self.first_replica + replica];
                (thermal_energy_kj_per_mol(temperature) / machine.masses_da[atom]).sqrt()
            }),
        }
    }

    fn timestep_over_mass(&self, machine: &Machine<L>, timestep: f64) -> Vec<L> {
        self.per_slot(machine.parameters.n_atoms, 0.0, |_, atom| {
            timestep / machine.masses_da[atom]
        })
    }

    fn shake(&mut self, machine: &Machine<L>, timestep: f64, step: u64) -> Result<(), EngineError> {
        match shake::<L>(self, &machine.rigid_bonds, timestep) {
            true => Ok(()),
            false => Err(self.constraints_failed(step)),
        }
    }

    fn rattle(
        &mut self,
        machine: &Machine<L>,
        timestep: f64,
        step: u64,
    ) -> Result<(), EngineError> {
        match rattle::<L>(self, &machine.rigid_bonds, timestep) {
            true => Ok(()),
            false => Err(self.constraints_failed(step)),
        }
    }

    fn constraints_failed(&self, step: u64) -> EngineError {
        let failed = (0..self.n_replicas).find(|&replica| self.has_failed(replica));
        EngineError::Constraints {
            replica: self.first_replica + failed.unwrap_or(0),
            step,
        }
    }

    /// Stops a replica whose forces left the range of physics; a comparison with NaN fails, so NaN is caught too.
    fn check_forces(&self, machine: &Machine<L>, step: u64) -> Result<(), Diverged> {
        let limit = WORST_FORCE * WORST_FORCE;
        let sound = all_below::<L>(&self.force, limit);
        if sound {
            Ok(())
        } else {
            Err(self.worst(machine, step))
        }
    }

    /// The replica and atom with the largest force; NaN counts as largest.
    fn worst(&self, machine: &Machine<L>, step: u64) -> Diverged {
        let n_atoms = machine.parameters.n_atoms;
        let mut worst = Diverged {
            replica: 0,
            step,
            atom_index: 0,
            worst_force_kj_per_mol_nm: 0.0,
        };
        let mut worst_square = -1.0;
        for (slot, force) in self.force.iter().enumerate() {
            for lane in 0..L::LANES {
                let (replica, Some(atom)) = self.owner(slot, lane, n_atoms) else {
                    continue;
                };
                let square: f64 = force
                    .iter()
                    .map(|component| component.lane(lane).powi(2))
                    .sum();
                let rank = if square.is_nan() {
                    f64::INFINITY
                } else {
                    square
                };
                if rank > worst_square {
                    worst_square = rank;
                    worst.replica = self.first_replica + replica;
                    worst.atom_index = atom;
                    worst.worst_force_kj_per_mol_nm = square.sqrt();
                }
            }
        }
        worst
    }
}

vectorized! {
    fn kick<L: Lane>(
        group: &mut Group<L>,
        kicks: &[L],
    ) -> () {
        steps::kick(&mut group.velocity, &group.force, kicks);
    }
}

vectorized! {
    fn kick_and_drift<L: Lane>(
        group: &mut Group<L>,
        kicks: &[L],
        timestep: f64,
    ) -> () {
        steps::kick(&mut group.velocity, &group.force, kicks);
        let timestep = L::splat(timestep);
        steps::drift(
            &mut group.position,
            &mut group.position_low,
            &group.velocity,
            timestep,
        );
    }
}

vectorized! {
    fn drift_and_thermostat<L: Lane>(
        group: &mut Group<L>,
        slots: &NoiseSlots<L>,
        mix: [L; 2],
        timestep: f64,
        step: u64,
        key: [u32; 2],
    ) -> () {
        let half = L::splat(0.5 * timestep);
        steps::drift(
            &mut group.position,
            &mut group.position_low,
            &group.velocity,
            half,
        );
        steps::thermostat(&mut group.velocity, slots, mix, step, key);
        steps::drift(
            &mut group.position,
            &mut group.position_low,
            &group.velocity,
            half,
        );
    }
}

vectorized! {
    fn fill_velocities<L: Lane>(
        velocity: &mut [[L; 3]],
        slots: &NoiseSlots<L>,
        draw: u64,
        key: [u32; 2],
    ) -> () {
        for (slot, v) in velocity.iter_mut().enumerate() {
            let deviates = steps::normals(slots, slot, draw, Stream::Velocities, key);
            *v = scale(deviates, slots.widths[slot]);
        }
    }
}

vectorized! {
    fn all_below<L: Lane>(
        force: &[[L; 3]],
        square_limit: f64,
    ) -> bool {
        force
            .iter()
            .all(|force| L::all(dot(*force, *force).less_than(L::splat(square_limit))))
    }
}

vectorized! {
    fn shake<L: Lane>(
        group: &mut Group<L>,
        bonds: &[RigidBond],
        timestep: f64,
    ) -> bool {
        let (before, position) = (&mut group.before, &mut group.position);
        let (low, velocity) = (&mut group.position_low, &mut group.velocity);
        let failed = &mut group.failed;
        match group.layout {
            Layout::Replicas(_) => constrain_positions::<L, _>(
                bonds,
                &ReplicaField(before),
                &mut ReplicaField(position),
                &mut ReplicaField(low),
                &mut ReplicaField(velocity),
                timestep,
                failed,
            ),
            Layout::Atoms(_) => constrain_positions::<L::Scalar, _>(
                bonds,
                &AtomField::new(before),
                &mut AtomField::new(position),
                &mut AtomField::new(low),
                &mut AtomField::new(velocity),
                timestep,
                &mut L::scalars_mut(std::slice::from_mut(failed))[0],
            ),
        }
    }
}

vectorized! {
    fn rattle<L: Lane>(
        group: &mut Group<L>,
        bonds: &[RigidBond],
        timestep: f64,
    ) -> bool {
        let (position, velocity) = (&mut group.position, &mut group.velocity);
        let failed = &mut group.failed;
        match group.layout {
            Layout::Replicas(_) => constrain_velocities::<L, _>(
                bonds,
                &ReplicaField(position),
                &mut ReplicaField(velocity),
                timestep,
                failed,
            ),
            Layout::Atoms(_) => constrain_velocities::<L::Scalar, _>(
                bonds,
                &AtomField::new(position),
                &mut AtomField::new(velocity),
                timestep,
                &mut L::scalars_mut(std::slice::from_mut(failed))[0],
            ),
        }
    }
}
