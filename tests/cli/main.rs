//! The program from the outside: what a command prints, says and ends with. One module per verb.
//!
//! Every test has a folder, a home, an identity and a clock of its own ([`sandbox`]), so that commit ids are stable.
//! Snapshots hold whole transcripts; `INSTA_UPDATE=always cargo test --test cli` rewrites them, and a person reads the
//! difference before it is committed. Meaning is tested lower down, where tests are faster; here it is the wiring.

mod bad_input;
mod bisect;
mod branches;
mod check;
mod commit;
mod conflicts;
mod constraints;
mod descriptor;
mod diff;
mod frame;
mod git;
mod history;
mod import;
mod interactive;
mod log;
mod merge;
mod plan;
mod quickstart;
mod rebase;
mod remotes;
mod rename;
mod rollback;
mod sandbox;
mod sql;
mod stash;
mod tables;
mod unmerged;
mod upkeep;
