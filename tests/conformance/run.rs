//! Runs cases on threads with large stacks; a panic is a failed case, not a failed run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::case::{Case, Runner};

/// Bytes of stack for each thread: deep inputs must fail for what they are, not for their depth.
const STACK_BYTES: usize = 256 << 20;

/// Runs the cases, one outcome a case in the same order.
pub(crate) fn all(cases: &[Case], runner: Option<Runner>) -> Vec<Result<(), String>> {
    let Some(runner) = runner else {
        return vec![Err("the suite is not wired".to_owned()); cases.len()];
    };
    let outcomes = Mutex::new(vec![Err("the case did not run".to_owned()); cases.len()]);
    let next = AtomicUsize::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..threads {
            let work = || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { return };
                    let outcome = one(case, runner);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner)[index] = outcome;
                }
            };
            // Where no thread can be made, the cases stay failed: the figures say so.
            let _ = thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, work);
        }
    });
    std::panic::set_hook(hook);
    outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

fn one(case: &Case, runner: Runner) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| runner(case))).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or("without a message")))
    })
}
