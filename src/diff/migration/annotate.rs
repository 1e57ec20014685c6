//! The text of a definition before and after, as one text whose lines are marked as removed, added or unchanged.
//!
//! Lines are marked for what a diff is about, not for what looks different: a column that only moves is removed at one
//! place and added at the other. Source: Vitess `go/vt/schemadiff/annotations.go`.

use std::collections::BTreeSet;

/// What happens to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unchanged,
    Added,
    Removed,
}

/// The parts of two definitions that a diff removes and adds, as texts of theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    removed: Vec<String>,
    added: Vec<String>,
}

impl Annotations {
    pub(super) fn remove(&mut self, text: String) {
        self.removed.push(text);
    }

    pub(super) fn add(&mut self, text: String) {
        self.added.push(text);
    }

    pub(super) fn replace(&mut self, from: String, to: String) {
        self.remove(from);
        self.add(to);
    }
}

/// Returns the unified text of `from` and `to`, either of which may be absent; without annotations every line of theirs
/// is removed and added.
pub(super) fn unified(
    from: Option<&str>,
    to: Option<&str>,
    annotations: Option<&Annotations>,
) -> String {
    let (removed, added) = match annotations {
        Some(annotations) => (
            from.map(|text| marked(text, Mark::Removed, &annotations.removed)),
            to.map(|text| marked(text, Mark::Added, &annotations.added)),
        ),
        None => (
            from.map(|text| all(text, Mark::Removed)),
            to.map(|text| all(text, Mark::Added)),
        ),
    };
    let lines = woven(&removed.unwrap_or_default(), &added.unwrap_or_default());
    let changed = lines.iter().any(|(mark, _)| *mark != Mark::Unchanged);
    let shown = lines.iter().map(|(mark, line)| match mark {
        Mark::Added => format!("+{line}"),
        Mark::Removed => format!("-{line}"),
        Mark::Unchanged if changed => format!(" {line}"),
        Mark::Unchanged => (*line).to_owned(),
    });
    shown.collect::<Vec<_>>().join("\n")
}

type Line<'a> = (Mark, &'a str);

fn all(text: &str, mark: Mark) -> Vec<Line<'_>> {
    text.split('\n').map(|line| (mark, line)).collect()
}

/// Marks the lines of a text that the parts stand on; each line of a part marks one line.
fn marked<'a>(text: &'a str, mark: Mark, parts: &[String]) -> Vec<Line<'a>> {
    let mut wanted: BTreeSet<&str> = parts
        .iter()
        .flat_map(|part| part.split('\n'))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let found = spellings(line.trim()).find(|spelling| wanted.contains(spelling));
            match found {
                Some(spelling) => {
                    wanted.remove(spelling);
                    (mark, line)
                }
                None => (Mark::Unchanged, line),
            }
        })
        .collect()
}

/// The parts that may stand on a line: bare, after the parenthesis that ends the columns, between partitions.
fn spellings(line: &str) -> impl Iterator<Item = &str> {
    let comma = line.strip_suffix(',');
    let close = line.strip_suffix(')');
    let after = line.strip_prefix(") ");
    let open = line.strip_prefix('(');
    let candidates = [
        Some(line),
        comma,
        close,
        after,
        after.and_then(|rest| rest.strip_suffix(',')),
        open.and_then(|rest| rest.strip_suffix(')')),
        open.and_then(|rest| rest.strip_suffix(',')),
    ];
    candidates.into_iter().flatten()
}

/// Weaves both texts into one: what is removed comes before what is added, what neither marks is one line.
fn woven<'a>(from: &[Line<'a>], to: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut lines = Vec::with_capacity(from.len() + to.len());
    let (mut at, mut with) = (0, 0);
    while at < from.len() || with < to.len() {
        match (from.get(at), to.get(with)) {
            (Some(line), _) if line.0 == Mark::Removed => {
                lines.push(*line);
                at += 1;
            }
            (_, Some(line)) if line.0 == Mark::Added => {
                lines.push(*line);
                with += 1;
            }
            (line, other) => {
                let (_, text) = line.or(other).expect("one of the texts has a line left");
                lines.push((Mark::Unchanged, text));
                at += 1;
                with += 1;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_marked_for_the_parts_they_hold() {
        let mut annotations = Annotations::default();
        annotations.replace("`i` int".into(), "`i` bigint".into());
        annotations.add("ENGINE InnoDB".into());
        let (from, to) = (
            "CREATE TABLE `t` (\n\t`i` int,\n\tKEY `k` (`i`)\n)",
            "CREATE TABLE `t` (\n\t`i` bigint,\n\tKEY `k` (`i`)\n) ENGINE InnoDB",
        );
        assert_eq!(
            unified(Some(from), Some(to), Some(&annotations)),
            " CREATE TABLE `t` (\n-\t`i` int,\n+\t`i` bigint,\n \tKEY `k` (`i`)\n+) ENGINE InnoDB\n )"
        );
        assert_eq!(unified(Some("a\nb"), None, None), "-a\n-b");
        assert_eq!(unified(Some("a"), Some("b"), None), "-a\n+b");
        assert_eq!(
            unified(Some("a"), Some("a"), Some(&Annotations::default())),
            "a"
        );
    }
}
