//! CPU engine.
