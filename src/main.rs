//! The program: parse, run, map the result to an exit code; nothing else.
//!
//! Everything is in [`vrev::cli`]. A thread of its own gives deep syntax trees the stack that the limits of `sql` promise.

use std::process::exit;
use std::{panic, thread};

// glibc's allocator grows the memory of a thread by a system call every few kilobytes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of stack of the thread that works; the limits in `vrev::sql` are measured against it.
const STACK: usize = 256 << 20;

fn main() {
    panic::set_hook(Box::new(|info| vrev::cli::report_panic(&info.to_string())));
    // Ending the process from here spares taking the thread and its memory apart.
    let work = || -> () { exit(vrev::cli::main(std::env::args_os())) };
    let ended = thread::Builder::new()
        .name("main".to_owned())
        .stack_size(STACK)
        .spawn(work)
        .map(thread::JoinHandle::join);
    if let Err(error) = ended {
        vrev::cli::report_panic(&format!("cannot start a thread: {error}"));
    }
    // A panic was reported by the hook.
    exit(vrev::cli::internal_failure());
}
