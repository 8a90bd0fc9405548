//! The networks of the flow, forward and backward.

pub(super) mod affine;
pub(super) mod attention;
pub(super) mod backward;
pub(super) mod gradient;
pub(super) mod initial;
pub(super) mod layout;
pub(super) mod rows;
pub(super) mod transformer;
