//! What every verb shares: help, wrong usage, settings, colour, pipes, exit codes.

use std::process::Stdio;

use crate::sandbox::Sandbox;

#[test]
fn help_lists_the_verbs() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.vrev(&["--help"]).transcript());
}

#[test]
fn wrong_usage_ends_with_2() {
    let sandbox = Sandbox::new();
    sandbox.vrev(&["frobnicate"]);
    sandbox.vrev(&["log", "--frobnicate"]);
    sandbox.vrev(&["log", "-n", "many"]);
    sandbox.vrev(&["--color", "sometimes", "status"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn without_a_verb_help_is_an_error() {
    let run = Sandbox::new().run(&[]);
    assert_eq!(run.code, 2);
    assert!(
        run.stdout.is_empty() && run.stderr.contains("Usage: vrev"),
        "{run:?}"
    );
}

#[test]
fn the_version_is_the_crates() {
    let run = Sandbox::new().run(&["--version"]);
    assert_eq!(
        run.stdout,
        concat!("vrev ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn outside_a_repository() {
    let sandbox = Sandbox::new();
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["-C", "no/such/folder", "log"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_wrong_settings_file_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "../home/.config/vrev/config.toml",
        "pager = 'less'\ncolour = 'never'\n",
    );
    insta::assert_snapshot!(sandbox.vrev(&["status"]).transcript());
}

#[test]
fn colour_is_asked_for_or_not_there() {
    let sandbox = Sandbox::new();
    assert!(
        sandbox
            .run(&["--color", "always", "status"])
            .stderr
            .starts_with("\u{1b}[1;31merror:\u{1b}[0m")
    );
    let plain = sandbox.run(&["status"]);
    assert!(plain.stderr.starts_with("error: "), "{plain:?}");
}

#[test]
fn completions_are_scripts() {
    let sandbox = Sandbox::new();
    for (shell, sign) in [
        ("bash", "complete -F _vrev"),
        ("zsh", "#compdef vrev"),
        ("fish", "complete -c vrev"),
    ] {
        let run = sandbox.run(&["completions", shell]);
        assert_eq!(run.code, 0, "{shell}: {}", run.stderr);
        assert!(run.stdout.contains(sign), "{shell}");
        assert!(run.stdout.contains("rollback"), "{shell} knows the verbs");
    }
    assert_eq!(sandbox.run(&["completions", "csh"]).code, 2);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_vrev"));
    let mut child = command
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
