//! The referee: WireMock itself, as its makers publish it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

/// The npm package that holds the jar.
const PACKAGE: &str = "wiremock@3.13.2";
/// What its jar is.
const JAR_SHA256: &str = "d097b19bd483c5038479b13a5c71e9faf8f2f5106584f0c120a7770ab0bdb367";
/// Where the package has it.
const JAR_IN_PACKAGE: &str = "package/build/wiremock-standalone-3.13.2.jar";

/// A running WireMock; it ends with the test.
pub(crate) struct Referee {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) authority: String,
}

impl Referee {
    /// Starts one on a free port, with an empty root of its own.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let root = scratch().join(format!("root-{number}"));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a folder for WireMock");
        let mut child = Command::new(java())
            .arg("-Xmx512m")
            .arg("-jar")
            .arg(jar())
            .args(["--port", "0", "--root-dir"])
            .arg(&root)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Java starts");
        let mut output = BufReader::new(child.stdout.take().expect("an output"));
        let mut said = String::new();
        let port = loop {
            let read = output.read_line(&mut said).expect("a line");
            let last = said.lines().last().unwrap_or_default();
            if let Some(port) = last.strip_prefix("port:") {
                break port.trim().to_owned();
            }
            assert!(read > 0, "WireMock did not start: {said}");
        };
        // Keeps the pipe open, and empty.
        std::thread::spawn(move || {
            let _ = output.read_to_end(&mut Vec::new());
        });
        Self {
            child,
            authority: format!("127.0.0.1:{port}"),
        }
    }
}

impl Drop for Referee {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for what these tests fetch and write.
pub(crate) fn scratch() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wiremock");
    fs::create_dir_all(&folder).expect("a folder below the target folder");
    folder
}

/// Java, of the age that WireMock asks for.
fn java() -> &'static Path {
    static JAVA: OnceLock<PathBuf> = OnceLock::new();
    JAVA.get_or_init(|| {
        let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
        let java = home.unwrap_or_else(|| PathBuf::from("java"));
        let wanted = "these tests run the real WireMock, which needs Java 17 or newer \
                      (Debian: apt install openjdk-17-jre-headless)";
        let output = Command::new(&java).arg("-version").output();
        let output = output.unwrap_or_else(|error| panic!("{wanted}: {}: {error}", java.display()));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let age = said.split('"').nth(1).and_then(|version| {
            let major = version.split(['.', '-', '+']).next()?;
            major.parse::<u32>().ok()
        });
        assert!(age.is_some_and(|age| age >= 17), "{wanted}; found: {said}");
        java
    })
}

/// The jar: the one that `SPARRING_WIREMOCK_JAR` names, or that of the npm package, fetched once.
fn jar() -> &'static Path {
    static JAR: OnceLock<PathBuf> = OnceLock::new();
    JAR.get_or_init(|| {
        if let Some(named) = std::env::var_os("SPARRING_WIREMOCK_JAR") {
            let named = PathBuf::from(named);
            assert!(named.is_file(), "SPARRING_WIREMOCK_JAR: no file {named:?}");
            return named;
        }
        let jar = scratch().join(JAR_IN_PACKAGE);
        if !is_the_jar(&jar) {
            fetch();
            assert!(is_the_jar(&jar), "{PACKAGE} holds another jar than it did");
        }
        jar
    })
}

fn is_the_jar(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else {
        return false;
    };
    let digest = Sha256::digest(&bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex == JAR_SHA256
}

fn fetch() {
    let or_else = "or name WireMock 3.13.2's standalone jar in SPARRING_WIREMOCK_JAR";
    let output = Command::new("npm")
        .args(["pack", "--silent", PACKAGE])
        .current_dir(scratch())
        .stdin(Stdio::null())
        .output();
    let output = output.unwrap_or_else(|error| {
        panic!("WireMock comes from npm: install it (Debian: apt install npm), {or_else}: {error}")
    });
    assert!(
        output.status.success(),
        "npm pack {PACKAGE}: {}; it needs a registry that npm reaches, {or_else}",
        String::from_utf8_lossy(&output.stderr)
    );
    let archive = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let unpacked = Command::new("tar")
        .args(["-xzf", &archive])
        .current_dir(scratch())
        .status();
    let unpacked = unpacked.expect("the package is unpacked with tar");
    assert!(unpacked.success(), "tar -xzf {archive}");
}
