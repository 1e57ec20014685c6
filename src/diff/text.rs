//! Line diff of canonical text, in the form that `git diff` and `patch` read.

use similar::TextDiff;

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
