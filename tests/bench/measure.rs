//! What the benches share: whole processes, timed in turn.

#![allow(dead_code, reason = "each bench uses a part")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Returns the medians of several measurements, taken in turn, so that what the machine does meanwhile meets all of them.
/// The first round is not counted: it warms what each of them reads.
pub(crate) fn medians<const N: usize>(
    rounds: usize,
    mut measures: [&mut dyn FnMut() -> Duration; N],
) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=rounds {
        for (measure, times) in measures.iter_mut().zip(&mut times) {
            let time = measure();
            if round > 0 {
                times.push(time);
            }
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[rounds / 2]
    })
}

pub(crate) fn vrev(root: &Path, arguments: &[&str]) -> Command {
    command(env!("CARGO_BIN_EXE_vrev"), root, arguments)
}

/// Git, signing as somebody, with nothing in the background but what is asked for.
pub(crate) fn git(root: &Path, arguments: &[&str]) -> Command {
    let mut git = command("git", root, &["--no-pager"]);
    for setting in [
        "user.name=bench",
        "user.email=bench@example.org",
        "gc.auto=0",
        "maintenance.auto=false",
    ] {
        git.args(["-c", setting]);
    }
    git.args(arguments);
    git
}

pub(crate) fn command(program: &str, root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    command
}

/// Runs a command, which must succeed, and returns what it prints.
pub(crate) fn said(mut command: Command) -> Vec<u8> {
    let output = command.output().expect("the command runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
    output.stdout
}

/// Runs a command, which must succeed, and returns how long it took.
pub(crate) fn timed(command: Command) -> Duration {
    let start = Instant::now();
    said(command);
    start.elapsed()
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// How many times as long `one` took.
pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
