//! The program: parse, run, map the result to an exit code; nothing else.
//!
//! Everything is in [`vrev::cli`]. A thread of its own gives deep syntax trees the stack that the limits of `sql` promise.

use std::panic;
use std::process::ExitCode;
use std::thread;

/// Bytes of stack of the thread that works; the limits in `vrev::sql` are measured against it.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| vrev::cli::report_panic(&info.to_string())));
    let work = || vrev::cli::main(std::env::args_os());
    let ended = thread::Builder::new()
        .name("main".to_owned())
        .stack_size(STACK)
        .spawn(work)
        .map(thread::JoinHandle::join);
    match ended {
        Ok(Ok(code)) => code,
        // The hook has reported it.
        Ok(Err(_)) => vrev::cli::internal_failure(),
        Err(error) => {
            vrev::cli::report_panic(&format!("cannot start a thread: {error}"));
            vrev::cli::internal_failure()
        }
    }
}
