//! The shader files, compiled into the program, and the preprocessor that puts a kernel together.
//!
//! One directive: `//#include "folder/file.wgsl"`, each file taken in once. Two names stand for a choice:
//! `shared/placement.wgsl` and `shared/sum.wgsl`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

macro_rules! shader_files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $path)))),*]
    };
}

/// Text of every shader file by its path below `shaders/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShaderSources {
    files: BTreeMap<&'static str, Cow<'static, str>>,
}

impl Default for ShaderSources {
    fn default() -> Self {
        let files = shader_files![
            "shared/types.wgsl",
            "shared/bindings.wgsl",
            "shared/ownership.wgsl",
            "shared/resident.wgsl",
            "shared/tiled.wgsl",
            "shared/math.wgsl",
            "shared/philox.wgsl",
            "shared/sum_f64.wgsl",
            "shared/sum_two_float.wgsl",
            "forcefield/bond.wgsl",
            "forcefield/angle.wgsl",
            "forcefield/torsion_angle.wgsl",
            "forcefield/torsion.wgsl",
            "forcefield/harmonic_torsion.wgsl",
            "forcefield/correction_map.wgsl",
            "forcefield/nonbonded.wgsl",
            "forcefield/generalized_born.wgsl",
            "forcefield/surface_area.wgsl",
            "forcefield/bonded.wgsl",
            "forcefield/evaluate.wgsl",
            "forcefield/energies_and_forces.wgsl",
            "integrator/state.wgsl",
            "integrator/steps.wgsl",
            "integrator/constraints.wgsl",
            "integrator/langevin.wgsl",
            "integrator/trajectory.wgsl",
            "integrator/constant_energy.wgsl",
            "integrator/draw_velocities.wgsl",
            "integrator/apply_constraints.wgsl",
            "proposal/torsion.wgsl",
            "mcmc/metropolis.wgsl",
            "mcmc/torsion_moves.wgsl",
            "mcmc/hmc.wgsl",
            "flow/timewarp/types.wgsl",
            "flow/timewarp/matrix_tile.wgsl",
            "flow/timewarp/linear.wgsl",
            "flow/timewarp/mix.wgsl",
            "flow/timewarp/layer_norm.wgsl",
            "flow/timewarp/attention.wgsl",
            "flow/timewarp/features.wgsl",
            "flow/timewarp/affine.wgsl",
            "flow/network.wgsl",
            "flow/mixture.wgsl",
            "proposal/torsion_leap_features.wgsl",
            "proposal/torsion_leap.wgsl",
            "mcmc/torsion_leaps.wgsl",
        ];
        Self {
            files: files
                .into_iter()
                .map(|(path, text)| (path, Cow::Borrowed(text)))
                .collect(),
        }
    }
}

impl ShaderSources {
    /// The sources with the first occurrence of a text in one file replaced; `None` where it does not occur.
    ///
    /// For tests, which plant an error and look whether it is found.
    #[must_use]
    pub fn replaced(mut self, path: &str, from: &str, to: &str) -> Option<Self> {
        let text = self.files.get_mut(path)?;
        if !text.contains(from) {
            return None;
        }
        *text = Cow::Owned(text.replacen(from, to, 1));
        Some(self)
    }

    /// A file with everything it includes, constants in front. `choices` says which file stands behind a chosen name.
    ///
    /// # Panics
    /// If a file includes one that does not exist, which a test rules out.
    #[must_use]
    pub fn assemble(
        &self,
        path: &str,
        constants: &[(&str, Constant)],
        choices: &[(&str, &str)],
    ) -> String {
        let mut text = String::new();
        for (name, value) in constants {
            let line = match value {
                Constant::Count(value) => writeln!(text, "const {name}: u32 = {value}u;"),
                Constant::Flag(value) => writeln!(text, "const {name}: bool = {value};"),
                Constant::Number(value) => writeln!(text, "const {name}: f32 = {value:e};"),
            };
            line.expect("invariant: a String takes all text");
        }
        self.append(path, choices, &mut BTreeSet::new(), &mut text);
        text
    }

    fn append(
        &self,
        path: &str,
        choices: &[(&str, &str)],
        included: &mut BTreeSet<String>,
        text: &mut String,
    ) {
        let path = choices
            .iter()
            .find(|(name, _)| *name == path)
            .map_or(path, |(_, chosen)| chosen);
        if !included.insert(path.to_owned()) {
            return;
        }
        let file = self
            .files
            .get(path)
            .unwrap_or_else(|| panic!("no shader file {path}"));
        for line in file.lines() {
            match line.trim().strip_prefix("//#include") {
                Some(name) => self.append(name.trim().trim_matches('"'), choices, included, text),
                None => {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
}

/// The value of a constant put in front of a shader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Constant {
    /// A number of things, `u32`.
    Count(usize),
    /// A switch, `bool`.
    Flag(bool),
    /// A number, `f32`.
    Number(f32),
}
