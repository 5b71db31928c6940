//! The vendors' own Python SDKs, unmodified, against the packs that ship: whole sessions, in which they
//! page to the end, make things, try again what failed, and raise their own errors.
//!
//! They are installed with pip, and therefore run only when asked for:
//! `cargo test --test sdk -- --ignored`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

const SCRIPTS: &str = "tests/sdk";

/// A server with one of the packs on a port of its own; it ends with the test.
struct Server {
    child: Child,
    base_url: String,
    /// Kept open: a server that prints more must not meet a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Server {
    fn start(pack: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sparring"))
            .args(["--listen", "127.0.0.1:0", "--stubs"])
            .arg(Path::new("stubs").join(pack))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut output = BufReader::new(child.stdout.take().expect("an output"));
        let mut first = String::new();
        output.read_line(&mut first).expect("a first line");
        let at = first.find("http://");
        let at = at.unwrap_or_else(|| panic!("the server did not start: {first:?}"));
        Self {
            child,
            base_url: first[at..].trim_end().to_owned(),
            _output: output,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end; what it said is shown only if it fails.
fn run(command: &mut Command, why: &str) {
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{why}: {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{why}: {command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// The Python of a virtual environment with the SDKs, which is made once, and again when
/// `requirements.txt` is another one.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk-venv");
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        let python = home.join(folder).join("python");
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(SCRIPTS)
            .join("requirements.txt");
        let wanted = fs::read_to_string(&requirements).expect("the list of SDKs");
        let installed = home.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
            return python;
        }
        let make = ["-m", "venv", "--clear"];
        run(
            Command::new("python3").args(make).arg(&home),
            "these tests need python3 with its module venv (Debian: apt install python3-venv)",
        );
        let install = ["-m", "pip", "install", "--quiet", "--requirement"];
        run(
            Command::new(&python).args(install).arg(&requirements),
            "these tests need a package index that pip reaches",
        );
        fs::write(installed, wanted).expect("a note of what is installed");
        python
    })
}

fn check(pack: &str) {
    let python = python();
    let server = Server::start(pack);
    let script = format!("{SCRIPTS}/{pack}_session.py");
    run(
        // What a machine's own settings say must not reach the SDKs.
        Command::new(python)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .args([&script, &server.base_url]),
        "the SDK met something else than it should",
    );
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn stripe() {
    check("stripe");
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn slack() {
    check("slack");
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn github() {
    check("github");
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn notion() {
    check("notion");
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn dynamodb() {
    check("dynamodb");
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn sqs() {
    check("sqs");
}

#[test]
#[ignore = "slow: installs the vendors' SDKs"]
fn openai() {
    check("openai");
}
