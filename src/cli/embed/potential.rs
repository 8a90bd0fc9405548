//! Potentials that a host program hands over, and an input names: `system: {potential: NAME}`.

use std::sync::OnceLock;

use crate::integrator::Engine;
use crate::topology::Topology;

/// Makes the engine over a potential of that name, for a molecule with these masses in Da; or a message.
pub type EngineMaker = fn(&str, &Topology, &[f64]) -> Result<Box<dyn Engine>, String>;

/// What a host program answers about its potentials.
#[derive(Debug, Clone, Copy)]
pub struct Potentials {
    /// Whether there is one of that name.
    pub is_known: fn(&str) -> bool,
    /// The engine over one that is known.
    pub engine: EngineMaker,
}

static HANDED_OVER: OnceLock<Potentials> = OnceLock::new();

/// Lets inputs name the potentials of this program, once.
///
/// # Errors
/// A message where that was done before.
pub fn register_potentials(potentials: Potentials) -> Result<(), String> {
    let taken = HANDED_OVER.set(potentials);
    taken.map_err(|_| "potentials are registered once".to_owned())
}

/// Those of the host, if it has any.
pub(crate) fn potentials() -> Option<&'static Potentials> {
    HANDED_OVER.get()
}
