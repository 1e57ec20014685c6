//! Merges of whole repositories: tables, VSchemas and rows, played through the workspace and through the program.

mod combine;
mod git;
mod scenario;
