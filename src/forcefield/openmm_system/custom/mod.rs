//! Custom forces, recognised by the values of their expressions.

pub(super) mod bond;
pub(super) mod nonbonded;
pub(super) mod torsion;
