//! The binary, run with arguments and an environment of a test's own: what [`Server`] does not let
//! a test say.
//!
//! [`Server`]: crate::support::Server

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a process may take to do what it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a command has said once it has ended.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A server whose environment and standard error are the test's; it ends with the test.
pub(crate) struct Launched {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    /// `127.0.0.1:PORT`, as its first line says.
    pub(crate) address: String,
}

/// A folder of a test's own, which goes with it.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

/// The binary in the project's folder, with no settings from outside.
fn binary(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparring"));
    for (name, _) in std::env::vars() {
        if name.starts_with("SPARRING_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs the binary until it ends by itself.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let output = binary(arguments, environment)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    Said {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Launched {
    /// A server with these arguments and this environment, once it listens.
    pub(crate) fn with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::run(binary(arguments, environment))
    }

    /// The same, of a server that can write files of so many kilobytes and no larger ones.
    pub(crate) fn limited(arguments: &[&str], kilobytes: usize) -> Self {
        let mut shell = Command::new("bash");
        let script = format!("ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
        shell
            .args(["-c", &script, env!("CARGO_BIN_EXE_sparring")])
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        Self::run(shell)
    }

    fn run(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("an output"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("a first line");
        let address = first.trim_end().rsplit("://").next();
        let address = address.unwrap_or_default().to_owned();
        assert!(first.contains("://"), "the server did not start: {first:?}");
        let log = Arc::new(Mutex::new(String::new()));
        let errors = BufReader::new(child.stderr.take().expect("an error output"));
        let written = log.clone();
        let reader = thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                written.lock().expect("a log").push_str(&(line + "\n"));
            }
        });
        Self {
            child,
            stdout,
            log,
            reader: Some(reader),
            address,
        }
    }

    /// What it has said on its standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("a log").clone()
    }

    /// Sends a request without headers of its own; the status and the body of the answer.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .body(body.to_owned())
            .expect("a request");
        let mut answer = agent
            .run(request)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a text");
        (answer.status().as_u16(), text)
    }

    /// The body of a GET as JSON.
    pub(crate) fn get(&self, path: &str) -> serde_json::Value {
        let (_, text) = self.send("GET", path, "");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Asks the process to end.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.is_ok_and(|status| status.success()), "kill -TERM");
    }

    /// Waits until the process has ended: how, and what it said after its first line.
    pub(crate) fn ended(mut self) -> Said {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).expect("an output");
        let status = self.child.wait().expect("an end");
        let reader = self.reader.take().expect("a reader");
        reader.join().expect("a log read to its end");
        Said {
            status,
            stdout,
            stderr: self.log(),
        }
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Folder {
    /// An empty folder; the name is one that no other test uses.
    pub(crate) fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        // What a run that broke off has left behind.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self { path }
    }

    /// A folder with the files of another, without folders in it.
    pub(crate) fn copied(name: &str, from: &str) -> Self {
        let folder = Self::new(name);
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
        for entry in fs::read_dir(from).expect("a folder to copy") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name");
            fs::copy(&path, folder.path.join(name)).expect("a copy");
        }
        folder
    }

    /// Writes a file, and the folders on its way.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        let parent = path.parent().expect("a folder");
        fs::create_dir_all(parent).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Replaces a text in a file, which must have it.
    #[track_caller]
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.path.join(name);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{name} has no {from:?}");
        fs::write(path, text.replace(from, to)).expect("a file");
    }

    /// Its path, as an argument.
    pub(crate) fn argument(&self) -> &str {
        self.path.to_str().expect("a path of text")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Asks again and again, for what happens outside of any sandbox's clock.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "the process under test tells nobody when it has looked at its files"
)]
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut left = PATIENCE;
    while !holds() {
        left = left.checked_sub(PAUSE).unwrap_or_default();
        assert!(!left.is_zero(), "never: {what}");
        thread::sleep(PAUSE);
    }
}
