//! Colour by meaning: one table from what a piece of text is to how it looks. Nothing depends on it.
//!
//! Colour is on for a terminal unless `NO_COLOR` (<https://no-color.org>) is set to anything but the empty string or
//! `TERM` is `dumb`; `--color` overrules both.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A row, object or line of the to-side only.
    Added,
    /// A row, object or line of the from-side only.
    Removed,
    /// A changed object.
    Modified,
    /// The from-value of a changed cell.
    CellFrom,
    /// The to-value of a changed cell.
    CellTo,
    /// A key column's name.
    Key,
    /// The name of a relation that follows.
    Heading,
    /// A commit's id.
    Commit,
    /// `HEAD` and the branch that is checked out.
    Head,
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// The label of an error.
    Error,
    /// The label of a cause.
    Cause,
    /// The label of a hint, and commands that may be typed next.
    Hint,
    /// A command as a person would type it.
    Command,
    /// What is there but seldom read.
    Faint,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Palette {
    on: bool,
}

impl Palette {
    /// Paints nothing.
    pub(crate) const PLAIN: Self = Self { on: false };
    /// Paints.
    #[cfg(test)]
    pub(crate) const COLORED: Self = Self { on: true };

    /// Decides for a stream. `forbidden` tells that the environment asks for plain text.
    pub(crate) fn choose(when: When, is_terminal: bool, forbidden: bool) -> Self {
        let on = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && !forbidden,
        };
        Self { on }
    }

    /// Returns the text in the colour of its meaning.
    pub(crate) fn paint(self, meaning: Meaning, text: &str) -> String {
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        let code = code(meaning);
        // A colour must not leak over line ends into a pager's margin, so every line is painted for itself.
        let line = |line: &str| {
            if line.is_empty() {
                String::new()
            } else {
                format!("\x1b[{code}m{line}\x1b[0m")
            }
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

/// The table: parameters of ECMA-48's SGR.
fn code(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Added | Meaning::Branch => "32",
        Meaning::Removed => "31",
        Meaning::Modified | Meaning::Commit => "33",
        Meaning::CellFrom => "1;31",
        Meaning::CellTo => "1;32",
        Meaning::Key | Meaning::Heading | Meaning::Command => "1",
        Meaning::Head => "1;36",
        Meaning::Tag => "1;33",
        Meaning::Error => "1;31",
        Meaning::Cause => "31",
        Meaning::Hint => "36",
        Meaning::Faint => "2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_unless_told_otherwise() {
        for (when, terminal, forbidden, on) in [
            (When::Auto, true, false, true),
            (When::Auto, true, true, false),
            (When::Auto, false, false, false),
            (When::Always, false, true, true),
            (When::Never, true, false, false),
        ] {
            assert_eq!(
                Palette::choose(when, terminal, forbidden).on,
                on,
                "{when:?} {terminal} {forbidden}"
            );
        }
    }

    #[test]
    fn every_line_is_painted_for_itself() {
        assert_eq!(
            Palette::COLORED.paint(Meaning::Added, "a\n\nb"),
            "\x1b[32ma\x1b[0m\n\n\x1b[32mb\x1b[0m"
        );
        assert_eq!(Palette::PLAIN.paint(Meaning::Added, "a"), "a");
    }
}
