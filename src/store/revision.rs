//! What a user may type to name a revision: whatever git accepts (gitrevisions(7)), and `WORKING` and `STAGED`.

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::object::{RawId, kind_name};
use super::{CommitId, Error, Revision, Store};

/// Two revisions to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The older side: of `a...b` the merge base.
    pub from: Revision,
    /// The newer side.
    pub to: Revision,
}

impl Store {
    /// Returns the revision that `spec` names: `HEAD~2`, `main@{yesterday}`, `@{-1}`, a tag, an abbreviated id, `:/text`,
    /// `WORKING`, `STAGED`. Tags are followed to their commit.
    ///
    /// # Errors
    /// When it names nothing, something ambiguous, or no commit.
    pub fn resolve(&self, spec: &str) -> Result<Revision, Error> {
        if spec.eq_ignore_ascii_case("working") {
            return Ok(Revision::Working);
        }
        if spec.eq_ignore_ascii_case("staged") {
            return Ok(Revision::Staged);
        }
        self.resolve_commit(spec).map(Revision::Commit)
    }

    /// Returns the commit that `spec` names, as [`Store::resolve`] does; `WORKING` and `STAGED` name none.
    ///
    /// # Errors
    /// When it names nothing, something ambiguous, or no commit.
    pub fn resolve_commit(&self, spec: &str) -> Result<CommitId, Error> {
        let unknown = |source: Option<gix::Error>| Error::UnknownRevision {
            spec: spec.to_owned(),
            source: source
                .map(|source| Box::new(source) as Box<dyn std::error::Error + Send + Sync>),
        };
        // Git would take these as options, as a path in the index, or as nothing.
        if spec.is_empty() || spec.starts_with('-') || spec.contains('\0') {
            return Err(unknown(None));
        }
        let parsed = self
            .repo
            .rev_parse(spec.as_bytes().as_bstr())
            .or_else(|error| match head_in_any_case(spec) {
                Some(spec) => self.repo.rev_parse(spec.as_bytes().as_bstr()),
                None => Err(error),
            })
            .map_err(|source| match self.shallow.is_empty() {
                false if spec.contains(['~', '^']) => Error::TooShallow {
                    what: spec.to_owned(),
                },
                _ => unknown(Some(source)),
            })?;
        let gix::revision::plumbing::Spec::Include(id) = parsed.detach() else {
            return Err(Error::NotACommit {
                spec: spec.to_owned(),
                kind: "range",
            });
        };
        let mut raw: RawId = CommitId::from_git(&id).0;
        for _ in 0..super::refs::PEEL_LIMIT {
            let (kind, data) = self.any_object(&raw)?;
            match kind {
                Kind::Commit => return Ok(CommitId(raw)),
                Kind::Tag => raw = super::tag::tag_target(&raw, &data)?,
                other => {
                    return Err(Error::NotACommit {
                        spec: spec.to_owned(),
                        kind: kind_name(other),
                    });
                }
            }
        }
        Err(unknown(None))
    }

    /// Returns the sides of `a..b` or `a...b` (from their merge base to `b`); a missing side is `HEAD`. `None` if `spec`
    /// is no range.
    ///
    /// # Errors
    /// When a side names no revision, or `a...b` have no common ancestor.
    pub fn resolve_range(&self, spec: &str) -> Result<Option<Range>, Error> {
        let side = |text: &str| self.resolve(if text.is_empty() { "HEAD" } else { text });
        if let Some((from, to)) = split_range(spec, "...") {
            let (from, to) = (side(from)?, side(to)?);
            let base = match (from, to) {
                (Revision::Commit(from), Revision::Commit(to)) => self.merge_base(from, to)?,
                _ => None,
            };
            return match base {
                Some(base) => Ok(Some(Range {
                    from: Revision::Commit(base),
                    to,
                })),
                None => Err(Error::UnknownRevision {
                    spec: spec.to_owned(),
                    source: None,
                }),
            };
        }
        match split_range(spec, "..") {
            Some((from, to)) => Ok(Some(Range {
                from: side(from)?,
                to: side(to)?,
            })),
            None => Ok(None),
        }
    }
}

/// Returns a revision with `HEAD` in capitals, as `WORKING` and `STAGED` are known in any case too; `None` where it is
/// about something else. Only asked for what names nothing as it is written.
fn head_in_any_case(spec: &str) -> Option<String> {
    let (word, rest) = spec.split_at_checked(4)?;
    let ends = rest.is_empty() || rest.starts_with(['~', '^', '@']);
    (ends && word != "HEAD" && word.eq_ignore_ascii_case("head")).then(|| format!("HEAD{rest}"))
}

/// Splits at the dots of a range, which are not those inside `@{…}`, `^{…}` or `:/…`.
fn split_range<'a>(spec: &'a str, dots: &str) -> Option<(&'a str, &'a str)> {
    if spec.starts_with(":/") {
        return None;
    }
    let mut depth = 0_usize;
    for (at, c) in spec.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '.' if depth == 0 && spec[at..].starts_with(dots) => {
                return Some((&spec[..at], &spec[at + dots.len()..]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_split_outside_braces() {
        assert_eq!(split_range("a..b", ".."), Some(("a", "b")));
        assert_eq!(split_range("a...b", "..."), Some(("a", "b")));
        assert_eq!(split_range("..b", ".."), Some(("", "b")));
        assert_eq!(split_range("main@{1..2}", ".."), None);
        assert_eq!(
            split_range("main@{1.day.ago}..x", ".."),
            Some(("main@{1.day.ago}", "x"))
        );
        assert_eq!(split_range(":/fix..this", ".."), None);
        assert_eq!(split_range("v1.2", ".."), None);
    }
}
