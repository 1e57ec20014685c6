//! How far a long work is, on stderr where a person looks at it.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use super::error::say;
use crate::history::Progress;

/// Work shorter than this is not spoken of.
const PATIENCE: Duration = Duration::from_millis(300);
/// Between two words.
const PAUSE: Duration = Duration::from_millis(100);

/// Returns what tells, on one line of a terminal, how far the history's index is.
pub(crate) fn indexing() -> impl FnMut(Progress) {
    let terminal = std::io::stderr().is_terminal();
    let start = Instant::now();
    let mut told: Option<Instant> = None;
    move |Progress { done, total }| {
        if !terminal {
            return;
        }
        let ended = done == total;
        if ended && told.is_some() {
            say(&format!("\rindexed the history of {total} commits\x1b[K\n"));
            told = None;
        } else if !ended
            && start.elapsed() > PATIENCE
            && told.is_none_or(|told| told.elapsed() > PAUSE)
        {
            say(&format!(
                "\rindexing the history: {done} of {total} commits\x1b[K"
            ));
            told = Some(Instant::now());
        }
    }
}
