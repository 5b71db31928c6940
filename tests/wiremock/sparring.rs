//! Our own server, as its users start it: with an empty WireMock root.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::referee::scratch;

/// A running server; it ends with the test.
pub(crate) struct Sparring {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) authority: String,
}

impl Sparring {
    /// Starts one on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let root = scratch().join(format!("sparring-{number}"));
        let _ = fs::remove_dir_all(&root);
        for folder in ["mappings", "__files"] {
            fs::create_dir_all(root.join(folder)).expect("a folder of an empty root");
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_sparring"))
            .args(["serve", "--listen", "127.0.0.1:0", "--stubs"])
            .arg(&root)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut output = BufReader::new(child.stdout.take().expect("an output"));
        let mut first = String::new();
        output.read_line(&mut first).expect("a first line");
        let (_, authority) = first
            .trim()
            .rsplit_once("http://")
            .unwrap_or_else(|| panic!("the server did not start: {first:?}"));
        let authority = authority.to_owned();
        // Keeps the pipe open, and empty.
        std::thread::spawn(move || {
            let _ = output.read_to_end(&mut Vec::new());
        });
        Self { child, authority }
    }
}

impl Drop for Sparring {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
