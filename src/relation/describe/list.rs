//! Several names in one cell: `a, b`; one with a comma, a blank or a backtick in it is quoted as MySQL quotes names.
//!
//! `parse(print(names)) == names`.

/// Prints names in order.
pub(super) fn print<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names = names.into_iter().map(|name| quoted(name.as_ref()));
    names.collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    let special = |c: char| c == ',' || c == '`' || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.contains(special) {
        format!("`{}`", name.replace('`', "``"))
    } else {
        name.to_owned()
    }
}

/// Reads names back; `None` for a text that [`print`] does not write.
pub(super) fn parse(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if !names.is_empty() {
            rest = rest.strip_prefix(", ")?;
        }
        let (name, after) = match rest.strip_prefix('`') {
            Some(inner) => quoted_name(inner)?,
            None => {
                let (name, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (name.to_owned(), after)
            }
        };
        if rest.starts_with(',') || rest.is_empty() {
            return None;
        }
        names.push(name);
        rest = after;
    }
    Some(names)
}

/// Reads up to the closing backtick; returns the name and what follows.
fn quoted_name(inner: &str) -> Option<(String, &str)> {
    let mut from = 0;
    loop {
        let end = from + inner[from..].find('`')?;
        if inner[end + 1..].starts_with('`') {
            from = end + 2;
        } else {
            return Some((inner[..end].replace("``", "`"), &inner[end + 1..]));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(
            print(["a", "b.c", "d e", "f`g", ""]),
            "a, b.c, `d e`, `f``g`, ``"
        );
        assert_eq!(parse(""), Some(vec![]));
        for bad in [",", "a,b", "a, ", "`a", "`a`b", "a,, b"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_gives_the_names_back(names in proptest::collection::vec("[a-b`, .ü]{0,4}", 0..4)) {
            prop_assert_eq!(parse(&print(&names)), Some(names));
        }
    }
}
