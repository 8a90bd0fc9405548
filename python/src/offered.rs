//! Objects of Python that an input names: proposals in its sampler list, a potential in its system.

use std::cell::RefCell;
use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyDict;

thread_local! {
    /// Those of the input that this thread reads, as `Asked` objects, by their names in it.
    static OFFERED: RefCell<HashMap<String, Py<PyAny>>> = RefCell::new(HashMap::new());
}

/// Makes objects known to the input that is read next on this thread, as long as the answer lives.
pub(crate) fn offer(objects: &Bound<'_, PyDict>) -> PyResult<Offer> {
    let named = objects
        .iter()
        .map(|(name, object)| Ok((name.extract()?, object.unbind())));
    OFFERED.set(named.collect::<PyResult<_>>()?);
    Ok(Offer)
}

/// Objects that are known; they are forgotten when it is dropped.
pub(crate) struct Offer;

impl Drop for Offer {
    fn drop(&mut self) {
        OFFERED.take();
    }
}

/// The object of that name.
pub(crate) fn object(py: Python<'_>, name: &str) -> Option<Py<PyAny>> {
    OFFERED.with_borrow(|offered| offered.get(name).map(|object| object.clone_ref(py)))
}
