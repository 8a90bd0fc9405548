//! Analysis against ArviZ, deeptime, MDTraj and SciPy on committed data (tests/scripts/make_analysis_references.py).
//! Every comparison runs a second time on planted errors and must notice them.

mod bad_input;
mod chains;
mod ensembles;
mod geometry;
mod observables;
mod reference;
mod tica;
