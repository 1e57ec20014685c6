//! What the checks of mirror rules share: a rule that Vitess keeps an error for, told with that error.

use super::{Findings, Spot, Subject};
use crate::catalog::files::RuleFile;
use crate::catalog::vschema::LookupError;

/// Adds a finding for each mirror rule that is refused for a reason that `is` accepts.
pub(super) fn refused(
    subject: &Subject<'_>,
    findings: &mut Findings<'_>,
    is: impl Fn(&LookupError) -> bool,
) {
    for (from, to, _) in &subject.catalog.rules.mirror {
        if let Some(Err(error)) = subject.vschema.mirror_rule(from)
            && is(error)
        {
            findings.add(
                Spot::rule(RuleFile::Mirror, from),
                format!("`{from}` cannot be mirrored to `{to}`: {error}"),
                "correct the rule, or remove it",
            );
        }
    }
}
