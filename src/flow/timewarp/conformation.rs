//! Where a flow starts from, and where to.

/// A conformation to start from.
#[derive(Debug, Clone, Copy)]
pub struct Conformation<'a> {
    /// Index of every atom's element in the vocabulary, `[n_atoms]`.
    pub elements: &'a [usize],
    /// Positions x in nm, `[n_atoms, 3]`.
    pub positions: &'a [f64],
    /// Auxiliary variables of x, `[n_atoms, 3]`; not needed where the model ignores them.
    pub auxiliaries: Option<&'a [f64]>,
}

/// Where to, in data space or in latent space, from one of the conformations of a [`Condition`](super::Condition).
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Which conformation the flow is conditioned on.
    pub state: usize,
    /// Positions y in nm, or the latents of y - x; `[n_atoms, 3]`.
    pub positions: &'a [f64],
    /// Auxiliary variables of y, or their latents; `[n_atoms, 3]`.
    pub auxiliaries: &'a [f64],
}
