//! Why a case of the suite fails, told from how it fails: a decision of vrev's, or the piece that is missing.

/// Parts of a failure, and the reason that follows; the first that is found counts.
const REASONS: &[(&str, &str)] = &[];

/// Returns the reason; for a failure of no known kind, its first words.
pub(crate) fn reason(failure: &str) -> String {
    let known = REASONS.iter().find(|(part, _)| failure.contains(part));
    known.map_or_else(
        || failure.chars().take(120).collect(),
        |(_, reason)| (*reason).to_owned(),
    )
}
