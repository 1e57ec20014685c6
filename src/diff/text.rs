//! Line diff of canonical text, in the form that `git diff` and `patch` read.

use similar::{ChangeTag, TextDiff};

/// Lines of context around a change, as git shows them.
const CONTEXT: usize = 3;

/// Returns the unified diff of two versions of a file; empty if they are equal. An absent version is `/dev/null`.
///
/// Labels are paths without prefix: `keyspaces/customer/tables/corder.sql`.
pub fn unified(from: Option<(&str, &str)>, to: Option<(&str, &str)>) -> String {
    let label = |prefix: char, side: Option<(&str, &str)>| match side {
        Some((path, _)) => format!("{prefix}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let text =
        |side: Option<(&'_ str, &'_ str)>| side.map_or(String::new(), |(_, text)| text.to_owned());
    let (from_text, to_text) = (text(from), text(to));
    let diff = TextDiff::from_lines(&from_text, &to_text);
    let mut unified = diff.unified_diff();
    unified
        .context_radius(CONTEXT)
        .header(&label('a', from), &label('b', to))
        .to_string()
}

/// Returns the lines of two texts in one order, each with ` `, `-` or `+` for both, the first, the second alone; without
/// line ends.
pub fn lines(from: &str, to: &str) -> Vec<(char, String)> {
    let diff = TextDiff::from_lines(from, to);
    let line = |change: similar::Change<&str>| {
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let text = change.value().trim_end_matches('\n').to_owned();
        (sign, text)
    };
    diff.iter_all_changes().map(line).collect()
}

/// Returns two texts as one, in the form of `git diff --word-diff`: what both begin and end with, and between them what
/// differs as `[-from-]{+to+}`.
pub fn in_place(from: &str, to: &str) -> String {
    let same = |one: char, other: char| one == other;
    let start: usize = from
        .chars()
        .zip(to.chars())
        .take_while(|(one, other)| same(*one, *other))
        .map(|(one, _)| one.len_utf8())
        .sum();
    let (from_rest, to_rest) = (&from[start..], &to[start..]);
    let end: usize = from_rest
        .chars()
        .rev()
        .zip(to_rest.chars().rev())
        .take_while(|(one, other)| same(*one, *other))
        .map(|(one, _)| one.len_utf8())
        .sum();
    let (gone, tail) = from_rest.split_at(from_rest.len() - end);
    let new = &to_rest[..to_rest.len() - end];
    let mark = |open: &str, text: &str, close: &str| match text {
        "" => String::new(),
        text => format!("{open}{text}{close}"),
    };
    let (gone, new) = (mark("[-", gone, "-]"), mark("{+", new, "+}"));
    format!("{}{gone}{new}{tail}", &from[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_stand_in_their_context() {
        let from = "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` int DEFAULT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB\n";
        let to = from.replace(
            "  `b` int DEFAULT NULL,\n",
            "  `b` bigint DEFAULT NULL,\n  `c` int DEFAULT NULL,\n",
        );
        let expected = concat!(
            "--- a/t.sql\n+++ b/t.sql\n@@ -1,5 +1,6 @@\n CREATE TABLE `t` (\n   `a` int NOT NULL,\n",
            "-  `b` int DEFAULT NULL,\n+  `b` bigint DEFAULT NULL,\n+  `c` int DEFAULT NULL,\n",
            "   PRIMARY KEY (`a`)\n ) ENGINE=InnoDB\n"
        );
        assert_eq!(
            unified(Some(("t.sql", from)), Some(("t.sql", &to))),
            expected
        );
        assert_eq!(unified(Some(("t.sql", from)), Some(("t.sql", from))), "");
    }

    #[test]
    fn cells_are_compared_by_lines_and_by_what_differs() {
        let told: Vec<String> = lines("a\nb\nc", "a\nB\nc")
            .into_iter()
            .map(|(sign, line)| format!("{sign}{line}"))
            .collect();
        assert_eq!(told, [" a", "-b", "+B", " c"]);
        assert_eq!(in_place("value", "valued"), "value{+d+}");
        assert_eq!(in_place("größer", "grüner"), "gr[-öß-]{+ün+}er");
        assert_eq!(in_place("aa", "a"), "a[-a-]");
        assert_eq!(in_place("", "x"), "{+x+}");
    }

    #[test]
    fn an_absent_side_is_dev_null() {
        assert_eq!(
            unified(None, Some(("t.sql", "x\n"))),
            "--- /dev/null\n+++ b/t.sql\n@@ -0,0 +1 @@\n+x\n"
        );
        assert_eq!(
            unified(Some(("t.sql", "x\n")), None),
            "--- a/t.sql\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        );
    }

    #[test]
    fn a_missing_line_end_is_told() {
        let text = unified(Some(("t", "x")), Some(("t", "x\n")));
        assert!(text.contains("\\ No newline at end of file"), "{text}");
    }
}
