//! `docs/cli.md` and `docs/checks.md`, generated from the description of the command line and from the checks themselves;
//! `tests/tidy.rs` compares them.

use std::fmt::Write as _;

use crate::catalog::files::Severity;
use crate::review;

/// Returns the text of `docs/cli.md`: every verb with its `--help`.
pub fn reference() -> String {
    let mut command = super::description().term_width(100);
    command.build();
    let mut text = String::from(
        "# Command line\n\n\
         Generated from the program's own help: `UPDATE_CASES=1 cargo test --test tidy` writes it anew.\n\n\
         Exit codes: 0 done; 1 the answer is no (differences with `--exit-code`, findings, something refused); 2 could not be done.\n",
    );
    section(&mut text, &mut command, "vrev");
    let names: Vec<String> = command
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned())
        .collect();
    for name in names {
        if let Some(verb) = command.find_subcommand_mut(&name) {
            section(&mut text, verb, &format!("vrev {name}"));
        }
    }
    text
}

/// Returns the text of `docs/checks.md`: every check with its explanation.
pub fn checks() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         What `vrev check` finds, as `vrev explain-check` tells it. Generated: `UPDATE_CASES=1 cargo test --test tidy` writes it anew.\n\n\
         An error marked *kept from commits* is one that `vrev commit` refuses to bring in. What is *no catalog* is always an error and \
         cannot be suppressed; everything else takes another severity under `[checks]` of `vrev.toml`, and can be suppressed there \
         for an object, with a reason.\n",
    );
    for explained in review::rules() {
        let kind = match (explained.configurable, explained.blocks) {
            (true, true) if explained.severity == Severity::Error => ", kept from commits",
            (true, _) => "",
            (false, true) => ", no catalog",
            (false, false) => ", of the settings",
        };
        let rule = explained.rule;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n## {}\n\n*{}{kind}*: {}.\n\n{}\n\nWhat to do: {}\n\n```text\n{}\n```\n",
            explained.id,
            explained.severity.name(),
            rule.what,
            rule.why,
            rule.fix,
            rule.example
        );
    }
    text
}

fn section(text: &mut String, command: &mut clap::Command, title: &str) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n## {title}\n\n```text\n{}\n```\n",
        help.join("\n").trim_end()
    );
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_verb_has_a_section() {
        let text = super::reference();
        for verb in super::super::description().get_subcommands() {
            let name = verb.get_name();
            assert!(text.contains(&format!("\n## vrev {name}\n")), "{name}");
        }
        assert!(!text.contains('\u{1b}'), "no colours in a document");
    }
}
