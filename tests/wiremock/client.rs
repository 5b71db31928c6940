//! The unmodified Python package `wiremock`, in a virtual environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::referee::scratch;

const SCRIPT: &str = "tests/wiremock/client.py";
const REQUIREMENTS: &str = "tests/wiremock/requirements.txt";

/// Runs the suite against a server; what it said is shown only if it fails.
pub(crate) fn check(base: &str, server: &str) {
    run(
        Command::new(python())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // What a machine's own settings say must not reach the client.
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .args([SCRIPT, base, server]),
        "the client met something else than it should",
    );
}

/// The Python of the environment, which is made once, and again when the requirements are others.
fn python() -> PathBuf {
    let home = scratch().join("venv");
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = home.join(folder).join("python");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements).expect("the list of packages");
    let installed = home.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return python;
    }
    run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home),
        "this test needs python3 with its module venv (Debian: apt install python3-venv)",
    );
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&requirements),
        "this test needs a package index that pip reaches",
    );
    fs::write(installed, wanted).expect("a note of what is installed");
    python
}

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
