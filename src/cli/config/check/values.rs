//! Checks the values of a parsed input file: ranges, names, files; all faults at once. The sampler has a file of its own.

use std::path::Path;

use crate::cli::config::origin::{Contradiction, Origin};
use crate::cli::config::system::{BUILTIN_FORCE_FIELDS, ForceFieldConfig, Solvent};
use crate::cli::config::{
    InputFault, LoadedConfig, Precision, SamplerConfig, UntilConfig, nearest,
};
use crate::cli::device::Device;
use crate::cli::embed::potentials;
use crate::forcefield::ForceField;
use crate::units::plain;

/// Lowest temperature accepted in K: far below, kT drowns in the rounding of energies.
const MIN_TEMPERATURE_KELVIN: f64 = 1.0;
/// Highest temperature accepted in K.
pub(super) const MAX_TEMPERATURE_KELVIN: f64 = 1e4;

/// Effective samples that may be asked for: R-hat means nothing of fewer, and no disk holds the frames of more.
const MIN_ESS: f64 = 100.0;
const MAX_ESS: f64 = 1e8;

/// Hydrogen masses in Da between which the carbon of a methyl group keeps a positive mass.
const HYDROGEN_MASS_RANGE_DA: std::ops::RangeInclusive<f64> = 1.0..=4.5;

impl LoadedConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// All faults found, in the order of the file's sections.
    pub(crate) fn validate(&self) -> Result<(), Vec<InputFault>> {
        let mut checks = self.checks_of_molecule();
        checks.sampler();
        checks.replica_exchange();
        checks.run_and_output();
        checks.verdict()
    }

    /// Checks what concerns the molecule and where it is evaluated: nothing of a run.
    ///
    /// # Errors
    /// All faults found.
    pub(crate) fn validate_molecule(&self) -> Result<(), Vec<InputFault>> {
        self.checks_of_molecule().verdict()
    }

    fn checks_of_molecule(&self) -> Checks<'_> {
        let mut checks = Checks {
            loaded: self,
            faults: Vec::new(),
        };
        checks.molecule();
        checks.force_field();
        checks.solvent_and_masses();
        checks.ensemble();
        checks.sizes();
        checks.device();
        checks.potential();
        checks
    }
}

pub(crate) struct Checks<'a> {
    pub(crate) loaded: &'a LoadedConfig,
    faults: Vec<InputFault>,
}

impl Checks<'_> {
    fn verdict(self) -> Result<(), Vec<InputFault>> {
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(self.faults),
        }
    }

    pub(crate) fn fault(&mut self, path: &str, problem: &str, help: &str) {
        self.faults
            .push(self.loaded.source.fault_at(path, problem, help));
    }

    fn molecule(&mut self) {
        let system = &self.loaded.config.system;
        let origin = match system.origin() {
            Ok(origin) => origin,
            Err(Contradiction {
                path,
                problem,
                help,
            }) => return self.fault(path, problem, help),
        };
        if let Origin::OpenmmSystem { system, .. } = origin {
            self.file("system.openmm_system", system);
        }
        if let Origin::Pdb(pdb) | Origin::OpenmmSystem { pdb, .. } = origin {
            self.file("system.pdb", pdb);
            if !system.bonds.is_empty() {
                self.fault(
                    "system.bonds",
                    "bonds cannot be given for a PDB or mmCIF file, expected them inside it",
                    "remove the key: LINK and CONECT records, in mmCIF _struct_conn, make the bonds",
                );
            }
            if !system.disulfides.is_empty() {
                self.fault(
                    "system.disulfides",
                    "bridges cannot be given for a PDB or mmCIF file, expected them inside it",
                    "remove the key: SSBOND records, in mmCIF _struct_conn, or sulfurs at bonding distance, make the bridges",
                );
            }
        }
        if let Origin::Prmtop {
            prmtop,
            coordinates,
        } = origin
        {
            self.file("system.prmtop", prmtop);
            self.file("system.coordinates", coordinates);
            if !system.bonds.is_empty() {
                self.fault(
                    "system.bonds",
                    "bonds cannot be given for a prmtop, expected them inside it",
                    "remove the key, or make the prmtop with the bond (tleap: `bond x.3.NZ x.7.CG`)",
                );
            }
            if !system.disulfides.is_empty() {
                self.fault(
                    "system.disulfides",
                    "bridges cannot be given for a prmtop, expected them inside it",
                    "remove the key, or make the prmtop with the bridge (tleap: `bond x.2.SG x.5.SG`)",
                );
            }
        }
        let (source, name) = origin.key_of_parameters();
        for (key, instead) in origin.meaningless_keys() {
            let path = format!("system.{key}");
            if self.loaded.source.has(&path) {
                self.fault(
                    &path,
                    &format!("`{key}` is given, but parameters come from `{source}`"),
                    &format!("remove the key: {name} has {instead}"),
                );
            }
        }
    }

    /// A file that has to be there.
    fn file(&mut self, path: &str, file: &Path) {
        let file = self.loaded.resolve(file);
        if !file.is_file() {
            self.fault(
                path,
                &format!("there is no file {}", file.display()),
                "give a path relative to the folder of the YAML file, or an absolute one",
            );
        }
    }

    fn force_field(&mut self) {
        let entries = self.loaded.config.system.force_field.entries().to_vec();
        let path = "system.force_field";
        if entries.is_empty() {
            let help = format!("name one of: {}", BUILTIN_FORCE_FIELDS.join(", "));
            self.fault(path, "the list is empty", &help);
        }
        let is_whole = |entry: &&String| {
            let name = ForceField::canonical_name(entry);
            ForceField::builtin_names().any(|known| known == name)
        };
        let whole: Vec<String> = entries.iter().filter(is_whole).cloned().collect();
        if whole.len() > 1 {
            let problem = format!(
                "{} are whole force fields, expected one",
                whole.join(" and ")
            );
            let help = "keep one of them; phosaa14SB, phosaa19SB and XML files may be added to it";
            self.fault(path, &problem, help);
        }
        for entry in &entries {
            if BUILTIN_FORCE_FIELDS.contains(&entry.as_str()) {
                self.addition(entry, &whole);
            } else if !ForceFieldConfig::is_path(entry) {
                let names = BUILTIN_FORCE_FIELDS;
                let near = nearest(entry, names)
                    .map_or(String::new(), |near| format!("did you mean `{near}`? "));
                let help = format!(
                    "{near}built-in force fields: {}; or give the path of an OpenMM XML file",
                    names.join(", ")
                );
                self.fault(path, &format!("unknown force field `{entry}`"), &help);
            } else if !self.loaded.resolve(entry).is_file() {
                let problem = format!("there is no file {}", self.loaded.resolve(entry).display());
                self.fault(
                    path,
                    &problem,
                    "give a path relative to the folder of the YAML file, or an absolute one",
                );
            }
        }
    }

    /// Refuses a built-in file that adds to a force field where that one is not named.
    fn addition(&mut self, entry: &str, whole: &[String]) {
        let mut additions = ForceField::builtin_additions();
        let Some((_, bases)) = additions.find(|(name, _)| *name == entry) else {
            return;
        };
        let is_base = |name: &String| bases.contains(&ForceField::canonical_name(name));
        if !whole.iter().any(is_base) {
            self.fault(
                "system.force_field",
                &format!("`{entry}` only adds residues to {}", bases.join(" or ")),
                &format!("name both: force_field: [{}, {entry}]", bases[0]),
            );
        }
    }

    fn solvent_and_masses(&mut self) {
        let system = &self.loaded.config.system;
        let salt = system.ionic_strength_molar;
        if !(0.0..=10.0).contains(&salt) {
            self.fault(
                "system.ionic_strength_molar",
                &format!("got {salt}, expected a concentration from 0 to 10 mol/L"),
                "write 0.15 for physiological salt, 0 for none",
            );
        } else if salt > 0.0 && system.solvent == Solvent::Vacuum {
            self.fault(
                "system.ionic_strength_molar",
                &format!("got {salt} mol/L in vacuum, expected an implicit solvent beside it"),
                "choose a solvent, or remove the key",
            );
        }
        for (path, value) in [
            ("system.solute_dielectric", system.solute_dielectric),
            ("system.solvent_dielectric", system.solvent_dielectric),
        ] {
            if !(1.0..=1000.0).contains(&value) {
                self.fault(
                    path,
                    &format!("got {value}, expected a relative permittivity of at least 1"),
                    "write 1 for a solute, 78.5 for water",
                );
            }
        }
        let mass = system.hydrogen_mass_da;
        if !HYDROGEN_MASS_RANGE_DA.contains(&mass) {
            self.fault(
                "system.hydrogen_mass_da",
                &format!("got {mass}, expected 1.008 (no change) to 4.5 Da"),
                "write 3 for time steps of 4 fs: more leaves the carbon of a methyl group without mass",
            );
        }
    }

    fn ensemble(&mut self) {
        let config = &self.loaded.config;
        let temperature = config.temperature_kelvin;
        if !(MIN_TEMPERATURE_KELVIN..=MAX_TEMPERATURE_KELVIN).contains(&temperature) {
            self.fault(
                "temperature_kelvin",
                &format!(
                    "got {}, expected a temperature from 1 to 10000 K",
                    plain(temperature)
                ),
                "write 300 or 310; degrees Celsius plus 273.15 are kelvins",
            );
        }
        if config.replicas == 0 {
            self.fault(
                "replicas",
                "got 0, expected at least 1",
                "write 1 for a single chain; 16 fill the lanes of a modern processor core",
            );
        }
        if config.threads == Some(0) {
            self.fault(
                "threads",
                "got 0, expected at least 1",
                "remove the key to use all cores",
            );
        }
    }

    /// A potential of the calling program is known to it, and evaluated on the host.
    fn potential(&mut self) {
        let config = &self.loaded.config;
        let Some(name) = &config.system.potential else {
            return;
        };
        if !potentials().is_some_and(|host| (host.is_known)(name)) {
            self.fault(
                "system.potential",
                &format!("no potential `{name}` was handed over with this input"),
                "in Python put the object itself into a dict, `\"system\": {..., \"potential\": Mine()}`; elsewhere remove the key, and the force field gives the energy",
            );
        }
        if matches!(Device::parse(&config.device), Some(Device::Gpu(_))) {
            self.fault(
                "device",
                "a GPU was asked for, but `system.potential` is evaluated by the calling program",
                "write `device: cpu`, or remove the potential",
            );
        }
    }

    fn device(&mut self) {
        let device = self.loaded.config.device.as_str();
        let parsed = Device::parse(device);
        if self.loaded.config.precision == Precision::Double
            && matches!(parsed, Some(Device::Gpu(_)))
        {
            self.fault(
                "precision",
                &format!(
                    "got `double`, but the device is `{device}` and a GPU computes forces in f32"
                ),
                "write `device: cpu`, or `precision: mixed`",
            );
        } else if parsed.is_none() {
            let near = nearest(device, ["auto", "cpu", "gpu"])
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            self.fault(
                "device",
                &format!("unknown device `{device}`"),
                &format!("{near}devices: auto, cpu, gpu, gpu:NAME"),
            );
        }
    }

    fn run_and_output(&mut self) {
        let config = &self.loaded.config;
        if config.run.cycles == 0 && !self.loaded.source.has("run.cycles") {
            self.fault(
                "run",
                "run: the required key `cycles` is missing",
                "add it, for example `cycles: 1000`, or the accuracy to reach, `until: {ess: 400}`",
            );
        } else if config.run.cycles == 0 {
            self.fault(
                "run.cycles",
                "got 0, expected at least 1",
                "write the number of cycles to record, such as 1000",
            );
        }
        if config.output.every_cycles == 0 {
            self.fault(
                "output.every_cycles",
                "got 0, expected at least 1",
                "write 1 for a frame after every cycle",
            );
        } else if config.run.cycles > 0 && config.output.every_cycles > config.run.cycles {
            self.fault(
                "output.every_cycles",
                &format!(
                    "got {}, expected at most run.cycles, {}: no frame would be written",
                    config.output.every_cycles, config.run.cycles
                ),
                "write fewer cycles between frames, or more cycles in all",
            );
        }
        self.until();
        let minutes = self.loaded.config.output.checkpoint_minutes;
        if !(minutes > 0.0 && minutes.is_finite()) {
            self.fault(
                "output.checkpoint_minutes",
                &format!("got {minutes}, expected a number over 0"),
                "write 5",
            );
        }
    }

    fn until(&mut self) {
        let Some(until) = &self.loaded.config.run.until else {
            return;
        };
        let UntilConfig {
            ess,
            r_hat,
            max_minutes,
            observe: _,
        } = *until;
        if !(MIN_ESS..=MAX_ESS).contains(&ess) {
            self.fault(
                "run.until.ess",
                &format!("got {ess}, expected {MIN_ESS} to {MAX_ESS:e} effective samples"),
                "write 400 for an ordinary ensemble, 10000 for populations to one per cent",
            );
        }
        if !(r_hat > 1.0 && r_hat <= 1.1) {
            self.fault(
                "run.until.r_hat",
                &format!("got {r_hat}, expected a number over 1 and up to 1.1"),
                "write 1.01",
            );
        }
        if max_minutes.is_some_and(|minutes| !(minutes > 0.0 && minutes.is_finite())) {
            self.fault(
                "run.until.max_minutes",
                "expected a number over 0",
                "write 60, or leave the key out for no limit",
            );
        }
        let is_chosen = self.loaded.config.sampler == SamplerConfig::Auto
            && !self.loaded.source.has("replicas");
        if self.loaded.config.replicas < 2 && !is_chosen {
            self.fault(
                "replicas",
                "got 1, expected at least 2 with `run.until`: one chain cannot tell whether it has seen everything",
                "write `replicas: 16`",
            );
        }
    }
}
