//! Where everything lies inside a trajectory file, in which units, and how foreign files differ.

pub(super) mod header;
pub(super) mod layout;
pub(super) mod preamble;
pub(super) mod probe;
pub(super) mod sources;
pub(super) mod topology_json;
pub(super) mod unit_names;
