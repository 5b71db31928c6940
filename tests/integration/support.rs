//! A server of a test's own, and what speaks with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The packs that most tests speak with.
const STUBS: [&str; 5] = [
    "--stubs",
    "stubs/crm",
    "stubs/gallery",
    "stubs/greenhelix",
    "stubs/orders",
];

/// A running server; it ends with the test.
pub(crate) struct Server {
    /// The process, unless it is another's.
    child: Option<Child>,
    /// `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    /// Everything that it printed to begin with.
    pub(crate) banner: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Server {
    /// The packs that most tests speak with, at a frozen clock.
    pub(crate) fn start() -> Self {
        Self::with(&["--clock", "frozen@2026-01-01T00:00:00Z"])
    }

    /// A server with these arguments; unless they say which, with the packs that most tests speak with: to
    /// start all that ship takes a build without optimisation most of a second.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let stubs: &[&str] = match arguments.contains(&"--stubs") {
            true => &[],
            false => &STUBS,
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_sparring"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .args(stubs)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut output = BufReader::new(child.stdout.take().expect("an output"));
        let mut first = String::new();
        output.read_line(&mut first).expect("a first line");
        let base = first
            .split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned();
        assert!(
            base.starts_with("http://"),
            "the server did not start: {first:?}"
        );
        let mut banner = first;
        loop {
            let mut line = String::new();
            let read = output.read_line(&mut line).expect("a line");
            banner.push_str(&line);
            if read == 0 || line.trim_start().starts_with("curl") {
                break;
            }
        }
        // Keeps the pipe open: a server that prints more must not meet a closed one.
        std::thread::spawn(move || {
            let mut rest = String::new();
            let _ = output.read_to_string(&mut rest);
        });
        Self {
            child: Some(child),
            base,
            banner,
        }
    }

    /// Another port of a server that runs already, and ends by itself.
    pub(crate) fn at(base: &str) -> Self {
        Self {
            child: None,
            base: base.to_owned(),
            banner: String::new(),
        }
    }

    /// Sends a request; a body that is a JSON string is sent as its text.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let text = body.map(|body| match body {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        self.request(method, path, &[], text.as_deref())
    }

    /// Sends a request with headers and a body as they stand.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.unwrap_or_default().to_owned();
        let answer = agent.run(request.body(body).expect("a request"));
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        Answer {
            status: answer.status().as_u16(),
            headers,
            text: answer.body_mut().read_to_string().expect("a text"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// Calls a tool of the shipped agent-commerce pack.
    pub(crate) fn tool(&self, tool: &str, input: &Value) -> Answer {
        self.post(&format!("/v1/{tool}"), input)
    }

    /// Sends bytes as they are, and reads until the server closes or `patience` is over.
    pub(crate) fn raw(&self, bytes: &[u8], patience: Duration) -> String {
        let address = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(patience)).expect("a time-out");
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Kills it, as a machine does that loses its power.
    pub(crate) fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a process").id()
    }

    /// Waits until the process has ended; whether it ended well.
    pub(crate) fn wait(&mut self) -> bool {
        let child = self.child.as_mut().expect("a process");
        child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    /// The body as JSON, once the status is what was expected.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// Nothing but the status that was expected.
    #[track_caller]
    pub(crate) fn expect_empty(&self, status: u16) {
        assert_eq!((self.status, self.text.as_str()), (status, ""));
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}
