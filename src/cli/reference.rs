//! `docs/cli.md`, generated from the description of the command line; `tests/tidy.rs` compares the two.

use std::fmt::Write as _;

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
