//! The store against plain git: what one writes the other reads, and both say the same about it.
//!
//! Every test works in a temporary folder and asks the `git` of the machine as oracle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chunk;
mod commits;
mod concurrency;
mod git;
mod names;
mod revert;
mod working_set;
mod worktree;
