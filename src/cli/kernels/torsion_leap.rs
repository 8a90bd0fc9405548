//! From the settings of `torsion_leap` to its proposal: finds the model, and warns where it was trained on something else.

use crate::cli::config::{
    BUILTIN_MODEL, InputFault, LeapBlockConfig, LoadedConfig, TorsionLeapConfig,
};
use crate::flow::torsion::{LeapModel, ModelCard};
use crate::gpu::TorsionLeaps;
use crate::proposal::{
    LeapBlock, LeapError, Proposal, TorsionLeapProposal, TunedLeapProposal, builtin_leap_model,
};
use crate::topology::Topology;
use std::path::Path;

/// How far in K a temperature may lie outside of those trained on before that earns a warning.
const MARGIN_KELVIN: f64 = 15.0;

/// The proposal with its model; `seed` is for one that goes on learning.
///
/// # Errors
/// A fault that points at the model's path, or at the kernel which this molecule forbids.
pub(super) fn proposal(
    loaded: &LoadedConfig,
    topology: &Topology,
    path: &str,
    leap: &TorsionLeapConfig,
    seed: impl FnOnce() -> u64,
) -> Result<Box<dyn Proposal>, InputFault> {
    let model = model(loaded, path, &leap.model)?;
    warn_of_other_physics(loaded, &model.card);
    let fault = |error: LeapError| loaded.source.fault_at(path, &error.to_string(), "");
    if leap.fine_tune {
        let block = leap.block.map(block);
        let tuned =
            TunedLeapProposal::new(topology, model, block, leap.repeats, seed()).map_err(fault)?;
        warn_of_fallback(path, tuned.leap());
        return Ok(Box::new(tuned));
    }
    let plain = plain(topology, &model, leap).map_err(fault)?;
    warn_of_fallback(path, &plain);
    Ok(Box::new(plain))
}

/// The leaps as the device draws them; `None` where the host has to, because the model does not know all residues.
pub(crate) fn device_leaps(
    loaded: &LoadedConfig,
    topology: &Topology,
    leap: &TorsionLeapConfig,
) -> Option<TorsionLeaps> {
    let model = model(loaded, "", &leap.model).ok()?;
    let proposal = plain(topology, &model, leap).ok()?;
    TorsionLeaps::new(&proposal, &model)
}

fn plain(
    topology: &Topology,
    model: &LeapModel,
    leap: &TorsionLeapConfig,
) -> Result<TorsionLeapProposal, LeapError> {
    TorsionLeapProposal::new(topology, model, leap.block.map(block))
}

fn block(block: LeapBlockConfig) -> LeapBlock {
    match block {
        LeapBlockConfig::Backbone => LeapBlock::Backbone,
        LeapBlockConfig::SideChain => LeapBlock::SideChain,
        LeapBlockConfig::Residue => LeapBlock::Residue,
        LeapBlockConfig::Neighbors => LeapBlock::Neighbors,
        LeapBlockConfig::Molecule => LeapBlock::Molecule,
    }
}

fn warn_of_fallback(path: &str, proposal: &TorsionLeapProposal) {
    if !proposal.fallback_residues().is_empty() {
        log::warn!(
            "{path}: the model does not know {}: `adaptive_torsion` draws their torsions and learns them during equilibration",
            proposal.fallback_residues().join(", ")
        );
    }
}

/// The model that `torsion_leap.model` names: one that ships, or a file.
///
/// # Errors
/// A fault that points at the path.
pub(crate) fn model(
    loaded: &LoadedConfig,
    path: &str,
    name: &str,
) -> Result<LeapModel, InputFault> {
    if name == BUILTIN_MODEL {
        return Ok(builtin_leap_model(
            &force_field(loaded),
            loaded.config.system.solvent.name(),
        ));
    }
    let file = loaded.resolve(name);
    let fault = |problem: String, help: &str| {
        let place = format!("{path}.model");
        loaded.source.fault_at(&place, &problem, help)
    };
    read_model(&file).map_err(|error| fault(error, MODEL_HELP))
}

const MODEL_HELP: &str = "give the path of a file that `saltus train` wrote, relative to this file, or write `model: builtin`";

/// A model from its file.
///
/// # Errors
/// A message that names the file.
pub(crate) fn read_model(file: &Path) -> Result<LeapModel, String> {
    let bytes = std::fs::read(file)
        .map_err(|error| format!("cannot read the model {}: {error}", file.display()))?;
    LeapModel::from_bytes(&bytes)
        .map_err(|error| format!("the model {} is unusable: {error}", file.display()))
}

fn force_field(loaded: &LoadedConfig) -> String {
    loaded.config.system.force_field.entries().join(" + ")
}

/// A model of other physics is exact all the same, only slower.
pub(crate) fn warn_of_other_physics(loaded: &LoadedConfig, card: &ModelCard) {
    let own = [
        force_field(loaded),
        loaded.config.system.solvent.name().to_owned(),
    ];
    let trained = [card.force_field.clone(), card.solvent.clone()];
    if own != trained {
        log::warn!(
            "`torsion_leap`: its model was trained on {} with {}, this run has {} with {}: exact all the same, but fewer leaps are accepted",
            trained[0],
            trained[1],
            own[0],
            own[1]
        );
    }
    let config = &loaded.config;
    let mut kelvins = vec![config.temperature_kelvin];
    kelvins.extend(
        config
            .ladder()
            .iter()
            .flat_map(|ladder| ladder.temperatures_kelvin().to_vec()),
    );
    let [low, high] = [
        card.temperatures_kelvin.first(),
        card.temperatures_kelvin.last(),
    ];
    if let (Some(low), Some(high)) = (low, high) {
        let outside =
            |kelvin: &&f64| **kelvin < low - MARGIN_KELVIN || **kelvin > high + MARGIN_KELVIN;
        if let Some(kelvin) = kelvins.iter().find(outside) {
            log::warn!(
                "`torsion_leap`: its model was trained from {low} to {high} K, this run has {kelvin:.0} K: exact all the same, but fewer leaps are accepted there"
            );
        }
    }
}
