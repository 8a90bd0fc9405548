//! Finds where a foreign or own file keeps each quantity, and in which unit.

use std::path::Path;

use super::layout::STEP;
use super::unit_names::Quantity;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::store::Store;

/// What is said of a dataset with neither `unit` nor `units`.
const NO_UNIT: &str = "no unit at all";

/// A per-frame dataset of an open file with the factor to internal units.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Path of the dataset.
    pub(crate) path: String,
    /// Factor to the internal unit.
    pub(crate) factor: f64,
    /// H5MD's fixed-interval form: value of frame i is `offset + i * value`.
    pub(crate) interval: Option<(f64, f64)>,
}

/// Finds datasets under MDTraj's names, else under H5MD's.
pub(crate) struct Finder<'a> {
    store: &'a Store,
    path: &'a Path,
    /// H5MD's particle group with positions, if there is one.
    particles: Option<String>,
}

impl<'a> Finder<'a> {
    /// Decides which of the two conventions a file follows.
    pub(crate) fn new(store: &'a Store, path: &'a Path) -> Result<Self, TrajectoryError> {
        let particles = store
            .members("/particles")
            .into_iter()
            .map(|name| format!("/particles/{name}"))
            .find(|group| store.exists(&format!("{group}/position/value")));
        let is_mdtraj = store.exists("/coordinates");
        if !is_mdtraj && particles.is_none() {
            return Err(TrajectoryError::Foreign {
                path: path.to_path_buf(),
                got: store.members("/").join(", "),
            });
        }
        Ok(Self {
            store,
            path,
            particles,
        })
    }

    /// As [`Finder::find`], for a dataset that must be there.
    pub(crate) fn required(
        &self,
        root: Option<&str>,
        element: &str,
        quantity: Quantity,
    ) -> Result<Source, TrajectoryError> {
        self.find(root, element, quantity)?
            .ok_or_else(|| TrajectoryError::Foreign {
                path: self.path.to_path_buf(),
                got: self.store.members("/").join(", "),
            })
    }

    /// A dataset named `root` at the root or `element` in the particle group.
    pub(crate) fn find(
        &self,
        root: Option<&str>,
        element: &str,
        quantity: Quantity,
    ) -> Result<Option<Source>, TrajectoryError> {
        let element = self
            .particles
            .as_ref()
            .map(|group| format!("{group}/{element}"));
        self.first_of(root, element, Some(quantity))
    }

    /// A dataset named `root` at the root or lying at `path`. Without any unit it is left out: MDAnalysis writes observables
    /// so, and frames are worth reading without them.
    pub(crate) fn observable(
        &self,
        root: Option<&str>,
        path: &str,
        quantity: Quantity,
    ) -> Result<Option<Source>, TrajectoryError> {
        match self.first_of(root, Some(path.to_owned()), Some(quantity)) {
            Err(TrajectoryError::Unit { got, .. }) if got == NO_UNIT => Ok(None),
            found => found,
        }
    }

    /// Step counts.
    pub(crate) fn steps(&self) -> Result<Option<Source>, TrajectoryError> {
        let own = STEP
            .path
            .rsplit_once("position/")
            .map_or("step", |(_, name)| name);
        let element = self
            .particles
            .as_ref()
            .map(|group| format!("{group}/position/{own}"));
        self.first_of(None, element, None)
    }

    fn first_of(
        &self,
        root: Option<&str>,
        element: Option<String>,
        quantity: Option<Quantity>,
    ) -> Result<Option<Source>, TrajectoryError> {
        let root = root.map(|name| format!("/{name}"));
        let mut candidates = root.into_iter().chain(element);
        let Some(path) = candidates.find(|candidate| self.store.exists(candidate)) else {
            return Ok(None);
        };
        let factor = match quantity {
            Some(quantity) => self.factor(&path, quantity)?,
            None => 1.0,
        };
        let interval = match self.store.shape(&path)?.is_empty() {
            true => {
                let offset = self.store.number(&path, "offset").unwrap_or(0.0);
                Some((self.store.read_scalar(&path)?, offset))
            }
            false => None,
        };
        Ok(Some(Source {
            path,
            factor,
            interval,
        }))
    }

    /// Factor of a dataset's `units` (MDTraj) and `unit` (H5MD); where it has both, they must agree.
    fn factor(&self, dataset: &str, quantity: Quantity) -> Result<f64, TrajectoryError> {
        let fault = |got: String| TrajectoryError::Unit {
            path: self.path.to_path_buf(),
            dataset: dataset.to_owned(),
            got,
            expected: quantity.expected(),
        };
        let names = ["units", "unit"].map(|name| self.store.text(dataset, name));
        let mut factors = Vec::new();
        for name in names.iter().flatten() {
            let factor = quantity.factor(name);
            factors.push(factor.ok_or_else(|| fault(format!("`{name}`")))?);
        }
        match factors[..] {
            [] => Err(fault(NO_UNIT.to_owned())),
            [factor] => Ok(factor),
            [first, second, ..] if first == second => Ok(first),
            _ => Err(fault(format!("two units at once, {names:?}"))),
        }
    }
}
