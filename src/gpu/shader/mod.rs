//! From WGSL files to pipelines, and the structs that host and device share.

pub(super) mod kernels;
pub mod layout;
pub(super) mod pipeline;
pub(super) mod sources;
