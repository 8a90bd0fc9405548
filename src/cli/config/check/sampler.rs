//! Checks the sampler list, kernels within kernels, and the temperature ladder. Everything else is checked elsewhere.

use crate::mcmc::LadderError;

use super::size::MOST_IN_CYCLE;
use super::values::{Checks, MAX_TEMPERATURE_KELVIN, plain};
use crate::cli::config::kernels::{HmcConfig, TorsionDrawConfig};
use crate::cli::config::replica_exchange::{LadderForm, WrittenTemperatures};
use crate::cli::config::sampler::MixturePart;
use crate::cli::config::system::Constraints;
use crate::cli::config::{KernelConfig, ProposalsConfig, ReplicaExchangeConfig};

/// Shortest time step accepted, in fs: shorter ones drown in the rounding of positions.
const MIN_TIMESTEP_FS: f64 = 0.001;

/// Highest friction accepted, per ps: velocities of every step are drawn anew long before.
const MAX_FRICTION_PER_PS: f64 = 1e6;

/// Longest time step accepted, in fs: half a period of the fastest angle motions left once bonds to hydrogen are rigid.
const MAX_TIMESTEP_FS: f64 = 5.0;

/// Longest time step in fs that does not earn a warning while bonds to hydrogen vibrate (period 10 fs).
const MAX_FLEXIBLE_TIMESTEP_FS: f64 = 1.5;

/// Most temperatures of a ladder.
const MAX_RUNGS: usize = 1000;

const EMPTY: &str = "the list is empty, expected at least one kernel";

impl Checks<'_> {
    pub(crate) fn sampler(&mut self) {
        let sampler = &self.loaded.config.sampler;
        if sampler.is_empty() {
            self.fault(
                "sampler",
                EMPTY,
                "add `- langevin: {steps: 100, timestep_fs: 1.0, friction_per_ps: 1.0}`",
            );
        }
        for (index, kernel) in sampler.iter().enumerate() {
            self.kernel(&format!("sampler[{index}]"), kernel);
        }
        self.warn_without_adaptation();
    }

    /// `path` is that of the entry, above the kernel's name.
    fn kernel(&mut self, path: &str, kernel: &KernelConfig) {
        let path = format!("{path}.{}", kernel.name());
        match kernel {
            KernelConfig::Langevin(langevin) => {
                self.steps(&path, langevin.steps);
                self.timestep(&path, langevin.timestep_fs);
                self.warn_of_long_timestep(&path, langevin.timestep_fs);
                self.friction(&path, langevin.friction_per_ps);
            }
            KernelConfig::VelocityVerlet(verlet) => {
                self.steps(&path, verlet.steps);
                self.timestep(&path, verlet.timestep_fs);
                self.warn_of_long_timestep(&path, verlet.timestep_fs);
            }
            KernelConfig::Hmc(hmc) => {
                self.steps(&path, hmc.steps);
                self.whole_steps(&path, hmc);
                self.timestep(&path, hmc.timestep_fs);
                self.target_acceptance(&path, hmc.adapt, hmc.target_acceptance);
                self.repeats(&path, hmc.repeats);
            }
            KernelConfig::Mala(mala) => {
                self.timestep(&path, mala.timestep_fs);
                self.target_acceptance(&path, mala.adapt, mala.target_acceptance);
                self.repeats(&path, mala.repeats);
                self.flexible_bonds(&path);
            }
            KernelConfig::Torsion(torsion) => self.repeats(&path, torsion.repeats),
            KernelConfig::Concerted(concerted) => self.repeats(&path, concerted.repeats),
            KernelConfig::Pucker(pucker) | KernelConfig::AdaptivePucker(pucker) => {
                self.repeats(&path, pucker.repeats)
            }
            KernelConfig::AdaptiveTorsion(adaptive) => self.repeats(&path, adaptive.repeats),
            KernelConfig::Timewarp(timewarp) => self.timewarp(&path, timewarp),
            KernelConfig::TorsionLeap(leap) => {
                self.repeats(&path, leap.repeats);
                self.fine_tune(&path, leap.fine_tune);
            }
            KernelConfig::Mixture(parts) => self.mixture(&path, parts),
            KernelConfig::Sequence(kernels) => self.sequence(&path, kernels),
        }
    }

    fn fine_tune(&mut self, path: &str, fine_tune: bool) {
        if fine_tune && self.loaded.config.run.equilibration_cycles == 0 {
            self.fault(
                &format!("{path}.fine_tune"),
                "the model learns while the replicas equilibrate, but `run.equilibration_cycles` is 0",
                "equilibrate for some hundred cycles, or leave `fine_tune` out",
            );
        }
    }

    fn mixture(&mut self, path: &str, parts: &[MixturePart]) {
        if parts.is_empty() {
            let help = "list kernels: `- mixture: [{weight: 1, kernel: {hmc: {steps: 10, timestep_fs: 1.0}}}]`";
            self.fault(path, EMPTY, help);
        }
        for (index, part) in parts.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if !(part.weight > 0.0 && part.weight.is_finite()) {
                self.fault(
                    &format!("{path}.weight"),
                    &format!("got {}, expected a finite number over 0", part.weight),
                    "leave the kernel out of the mixture instead of giving it no weight; weights need not sum to 1",
                );
            }
            self.kernel(&format!("{path}.kernel"), &part.kernel);
        }
    }

    fn sequence(&mut self, path: &str, kernels: &[KernelConfig]) {
        if kernels.is_empty() {
            self.fault(path, EMPTY, "list kernels as in `sampler`, or remove it");
        }
        for (index, kernel) in kernels.iter().enumerate() {
            self.kernel(&format!("{path}[{index}]"), kernel);
        }
    }

    /// Trajectories are whole steps of their splitting.
    fn whole_steps(&mut self, path: &str, hmc: &HmcConfig) {
        let n_stages = hmc.integrator.splitting().n_stages();
        let over = hmc.steps % n_stages;
        if over > 0 {
            let (below, above) = (hmc.steps - over, hmc.steps - over + n_stages);
            let help = match below {
                0 => format!("write {above}"),
                _ => format!("write {below} or {above}"),
            };
            self.fault(
                &format!("{path}.steps"),
                &format!(
                    "got {}, expected a multiple of {n_stages} with this `integrator`",
                    hmc.steps
                ),
                &help,
            );
        }
    }

    fn steps(&mut self, path: &str, steps: u64) {
        if steps == 0 {
            self.fault(
                &format!("{path}.steps"),
                "got 0, expected at least 1",
                "write 100, or remove the kernel",
            );
        }
        self.at_most_in_cycle(&format!("{path}.steps"), steps);
    }

    fn at_most_in_cycle(&mut self, path: &str, count: u64) {
        if count > MOST_IN_CYCLE {
            self.fault(
                path,
                &format!("got {count}, expected at most {MOST_IN_CYCLE} in one cycle"),
                "nothing is written and nothing stops within a cycle: write less here and more `run.cycles`",
            );
        }
    }

    pub(crate) fn repeats(&mut self, path: &str, repeats: u64) {
        if repeats == 0 {
            self.fault(
                &format!("{path}.repeats"),
                "got 0, expected at least 1",
                "write 1, or remove the kernel",
            );
        }
        self.at_most_in_cycle(&format!("{path}.repeats"), repeats);
    }

    fn timestep(&mut self, path: &str, timestep_fs: f64) {
        if !(MIN_TIMESTEP_FS..=MAX_TIMESTEP_FS).contains(&timestep_fs) {
            self.fault(
                &format!("{path}.timestep_fs"),
                &format!("got {}, expected a time step from 0.001 to 5 fs", plain(timestep_fs)),
                "1 fs suits flexible bonds, 2 fs `constraints: h-bonds`, 4 fs `constraints: h-bonds` with `hydrogen_mass_da: 3`",
            );
        }
    }

    /// For kernels without an acceptance test: the others pay for a long step with rejections, which they show.
    fn warn_of_long_timestep(&self, path: &str, timestep_fs: f64) {
        let is_flexible = self.loaded.config.system.constraints == Constraints::None;
        if is_flexible && timestep_fs > MAX_FLEXIBLE_TIMESTEP_FS && timestep_fs <= MAX_TIMESTEP_FS {
            log::warn!(
                "{path}.timestep_fs is {timestep_fs} while bonds to hydrogen vibrate: expect a large time-step error; set `constraints: h-bonds` or take 1 fs"
            );
        }
    }

    fn friction(&mut self, path: &str, friction_per_ps: f64) {
        if !(0.0..=MAX_FRICTION_PER_PS).contains(&friction_per_ps) {
            self.fault(
                &format!("{path}.friction_per_ps"),
                &format!(
                    "got {}, expected a friction from 0 to 1000000 per ps",
                    plain(friction_per_ps)
                ),
                "write 1.0; without friction there is no thermostat",
            );
        }
    }

    fn target_acceptance(&mut self, path: &str, adapt: bool, target: Option<f64>) {
        if target.is_some() && !adapt {
            self.fault(
                &format!("{path}.target_acceptance"),
                "a target is given, but nothing is tuned to it",
                "add `adapt: true`, or remove the key",
            );
        }
    }

    pub(crate) fn flexible_bonds(&mut self, path: &str) {
        if self.loaded.config.system.constraints != Constraints::None {
            self.fault(
                path,
                "rigid bonds are beyond this kernel",
                "write `constraints: none`, or take `hmc`, which keeps bonds rigid",
            );
        }
    }

    fn warn_without_adaptation(&self) {
        let config = &self.loaded.config;
        let mut names = Vec::new();
        if config.run.equilibration_cycles == 0 {
            for kernel in &config.sampler {
                name_adapting(kernel, &mut names);
            }
            let tuned = |exchange: &ReplicaExchangeConfig| exchange.tuned;
            if config.replica_exchange.as_ref().is_some_and(tuned) {
                names.push("replica_exchange");
            }
        }
        if !names.is_empty() {
            log::warn!(
                "`run.equilibration_cycles` is 0, so `{}` cannot learn and stays as it starts; give it some hundred cycles",
                names.join("`, `")
            );
        }
    }

    pub(crate) fn replica_exchange(&mut self) {
        let Some(exchange) = &self.loaded.config.replica_exchange else {
            return;
        };
        let Some(form) = exchange.form() else {
            self.fault(
                "replica_exchange",
                "there is no clear ladder, expected `temperatures_kelvin`, or `min_kelvin`, `max_kelvin` and `count`",
                "write `{temperatures_kelvin: [310, 350, 400]}` or `{min_kelvin: 310, max_kelvin: 600, count: 8}`",
            );
            return;
        };
        if let LadderForm::Geometric { count, .. } = form
            && !(2..=MAX_RUNGS).contains(&count)
        {
            self.fault(
                "replica_exchange.count",
                &format!("got {count}, expected 2 to {MAX_RUNGS} temperatures"),
                "write 8 for a peptide of a few residues",
            );
            return;
        }
        match form.ladder() {
            Err(error) => self.no_ladder(form, &error),
            Ok(ladder) => self.ladder(exchange, ladder.temperatures_kelvin()),
        }
    }

    fn no_ladder(&mut self, form: LadderForm<'_>, error: &LadderError) {
        let (path, help) = match (form, error) {
            (LadderForm::Geometric { .. }, LadderError::Order { .. }) => (
                "replica_exchange.max_kelvin".to_owned(),
                "write a `max_kelvin` above `min_kelvin`",
            ),
            (LadderForm::Geometric { .. }, LadderError::Temperature { rung: 0, .. }) => (
                "replica_exchange.min_kelvin".to_owned(),
                "write temperatures in kelvin, such as 310",
            ),
            (LadderForm::Geometric { .. }, _) => (
                "replica_exchange.max_kelvin".to_owned(),
                "write temperatures in kelvin, such as 600",
            ),
            (
                LadderForm::Given(_),
                LadderError::Order { rung, .. } | LadderError::Temperature { rung, .. },
            ) => (
                format!("replica_exchange.temperatures_kelvin[{rung}]"),
                "write for example [310, 350, 400]",
            ),
            (LadderForm::Given(_), _) => (
                "replica_exchange.temperatures_kelvin".to_owned(),
                "write for example [310, 350, 400], or remove `replica_exchange`",
            ),
        };
        self.fault(&path, &error.to_string(), help);
    }

    fn ladder(&mut self, exchange: &ReplicaExchangeConfig, temperatures_kelvin: &[f64]) {
        let last = temperatures_kelvin.len() - 1;
        let highest = temperatures_kelvin[last];
        if highest > MAX_TEMPERATURE_KELVIN {
            self.fault(
                "replica_exchange",
                &format!("the highest temperature is {highest}, expected at most {MAX_TEMPERATURE_KELVIN} K"),
                "peptides cross their barriers at 600 K",
            );
        }
        let target = self.loaded.config.temperature_kelvin;
        let rung = temperatures_kelvin.iter().position(|&t| t == target);
        let Some(rung) = rung else {
            let ladder: Vec<String> = temperatures_kelvin.iter().map(shown).collect();
            self.fault(
                "replica_exchange",
                &format!(
                    "no temperature of the ladder ({} K) is `temperature_kelvin`, {target} K, at which the samples are wanted",
                    ladder.join(", ")
                ),
                &format!("add {target} to the ladder, or set `temperature_kelvin` to one of its temperatures"),
            );
            return;
        };
        if exchange.tuned && rung != 0 && rung != last {
            self.fault(
                "replica_exchange.tuned",
                &format!("tuning moves all temperatures but the ends, and `temperature_kelvin`, {target} K, is none of these"),
                "let the ladder begin or end at `temperature_kelvin`, or remove `tuned`",
            );
        }
        if exchange.tuned && exchange.write == WrittenTemperatures::All {
            self.fault(
                "replica_exchange.write",
                "all temperatures are to be written while tuning still moves them, expected fixed ones",
                "run once with `tuned` alone, and give the ladder that its summary shows as `temperatures_kelvin`",
            );
        }
    }
}

/// A temperature with two decimals at most.
fn shown(temperature_kelvin: &f64) -> String {
    ((temperature_kelvin * 100.0).round() / 100.0).to_string()
}

/// Adds the names of all kernels that learn in the adaptation phase.
fn name_adapting(kernel: &KernelConfig, names: &mut Vec<&'static str>) {
    let adapts = match kernel {
        KernelConfig::Langevin(_)
        | KernelConfig::VelocityVerlet(_)
        | KernelConfig::Pucker(_)
        | KernelConfig::TorsionLeap(_) => false,
        KernelConfig::Hmc(hmc) => hmc.adapt,
        KernelConfig::Mala(mala) => mala.adapt,
        KernelConfig::Torsion(torsion) => torsion.proposal == TorsionDrawConfig::Normal,
        KernelConfig::Concerted(_)
        | KernelConfig::AdaptivePucker(_)
        | KernelConfig::AdaptiveTorsion(_) => true,
        KernelConfig::Timewarp(timewarp) => timewarp.proposals == ProposalsConfig::Adaptive,
        KernelConfig::Mixture(parts) => {
            parts.iter().for_each(|p| name_adapting(&p.kernel, names));
            false
        }
        KernelConfig::Sequence(kernels) => {
            kernels.iter().for_each(|k| name_adapting(k, names));
            false
        }
    };
    if adapts && !names.contains(&kernel.name()) {
        names.push(kernel.name());
    }
}
