//! Checks the sampler list, kernels within kernels, and the temperature ladder. Everything else is checked elsewhere.

use std::path::Path;

use super::values::{Checks, MAX_TEMPERATURE_KELVIN};
use crate::cli::config::replica_exchange::{LadderForm, WrittenTemperatures};
use crate::cli::config::{Constraints, LoadedConfig, Origin, ReplicaExchangeConfig, SamplerConfig};
use crate::mcmc::{EMPTY, LadderError};
use crate::proposal::{EntryChecks, EntryError};

/// Most temperatures of a ladder.
const MAX_RUNGS: usize = 1000;

impl LoadedConfig {
    /// Whether some bonds are rigid, by the settings or by the System of another program.
    pub(crate) fn has_rigid_bonds(&self) -> bool {
        match self.config.system.origin() {
            Ok(Origin::OpenmmSystem { system, .. }) => {
                // Faults of the file are told when it is read.
                let text = std::fs::read_to_string(self.resolve(system)).unwrap_or_default();
                text.contains("<Constraint ")
            }
            _ => self.config.system.constraints != Constraints::None,
        }
    }
}

impl Checks<'_> {
    pub(crate) fn sampler(&mut self) {
        let sampler = &self.loaded.config.sampler;
        if sampler.is_empty() && *sampler != SamplerConfig::Auto {
            self.fault(
                "sampler",
                EMPTY,
                "add `- langevin: {steps: 100, timestep_fs: 1.0, friction_per_ps: 1.0}`",
            );
        }
        let resolve = |path: &Path| self.loaded.resolve(path);
        let mut checks = EntryChecks {
            has_rigid_bonds: self.loaded.has_rigid_bonds(),
            equilibration_cycles: self.loaded.config.run.equilibration_cycles,
            resolve: &resolve,
            path: "sampler".to_owned(),
            faults: Vec::new(),
        };
        for (index, kernel) in sampler.iter().enumerate() {
            checks.within(&format!("[{index}]"), |checks| kernel.check(checks));
        }
        for EntryError {
            place,
            problem,
            help,
        } in checks.faults
        {
            self.fault(&place, &problem, &help);
        }
        self.warn_without_adaptation();
    }

    fn warn_without_adaptation(&self) {
        let config = &self.loaded.config;
        let mut names = Vec::new();
        if config.run.equilibration_cycles == 0 {
            for kernel in config.sampler.iter() {
                kernel.name_adapting(&mut names);
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
