//! PDB and mmCIF files as people have them: what is made of them, what is said of it, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod cases;
mod kinds;
mod mmcif;
mod names;
mod order;
mod program;
mod stereo;
mod support;
