//! A catalog's files: the only place that knows which path holds what, and in which text.
//!
//! Reading takes any subset of the files and gives a catalog of what they say: one table's file alone is enough to
//! compare that table between two revisions. A file need not be canonical to be read; what is written is canonical, and
//! reading it gives the same catalog back. All errors of the files are collected, sorted by path. The layout is described in
//! `docs/format.md`.

mod config;
mod layout;
mod locate;
mod read;
mod write;

pub use config::{Config, ConfigError, FORMAT, Named, Policy, Severity, Suppression};
pub use layout::{PathError, Place, RuleFile, decode, encode};
pub use locate::position_of;
pub(super) use locate::{json_name, position};
pub use read::{each, each_on, read};
pub(super) use read::{locate, read_with_texts};
pub use write::{canonical_text, places, text, write};

#[cfg(test)]
mod tests;
