//! The suite `vschema`.

use crate::case::Case;

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    Err(format!("no runner for {}", case.file))
}
