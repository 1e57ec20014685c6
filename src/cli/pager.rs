//! Long output through the person's pager, on a terminal only, as git does (git-config, `core.pager`).

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running pager.
#[derive(Debug)]
pub(crate) struct Pager {
    child: Child,
    /// Taken away to tell the pager that nothing more comes.
    input: Option<ChildStdin>,
}

impl Pager {
    /// Starts a pager by its shell command; `None` if it cannot be started, for output must not depend on it.
    pub(crate) fn start(command: &str) -> Option<Self> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command).stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            // As git's FRX: leave when it fits the screen, keep colours, keep the screen. K: an interrupt ends less too,
            // since it ends vrev.
            shell.env("LESS", "FRXK");
        }
        let mut child = shell.spawn().ok()?;
        let input = child.stdin.take();
        Some(Self { child, input })
    }

    /// Waits until the reader has seen enough.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        drop(self.input.take());
        self.child.wait().map(|_| ())
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.input {
            Some(input) => input.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), ChildStdin::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reaches_the_pager() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        let mut pager = Pager::start(&format!("cat > '{}'", path.display())).unwrap();
        pager.write_all(b"commit 1\n").unwrap();
        pager.finish().unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "commit 1\n");
    }

    #[test]
    fn a_pager_that_has_left_is_a_broken_pipe() {
        let mut pager = Pager::start("exit 0").unwrap();
        pager.child.wait().unwrap();
        let error = pager.write_all(&[b'x'; 1 << 20]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
