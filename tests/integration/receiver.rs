//! A receiver of webhooks on a free loopback port.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// How long something that is to come may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a receiver does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// It answers with this status.
    Answer(u16),
    /// It sends the head of an answer with this status, and never its body.
    Begin(u16),
    /// It reads, and never answers.
    Hang,
}

/// A request that came.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A receiver; it answers 200 unless it is told otherwise.
pub(crate) struct Receiver {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    came: mpsc::Receiver<Told>,
    script: Arc<Mutex<VecDeque<Does>>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, came) = mpsc::channel();
        let script = Arc::new(Mutex::new(VecDeque::new()));
        let steps = script.clone();
        std::thread::spawn(move || {
            // Kept open: a connection that is dropped would be an answer of a kind.
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(told) = read(&stream) else { continue };
                let does = steps.lock().expect("a script").pop_front();
                match does.unwrap_or(Does::Answer(200)) {
                    Does::Answer(status) => {
                        let head = format!(
                            "HTTP/1.1 {status} Because\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
                        );
                        let _ = stream.write_all(head.as_bytes());
                    }
                    Does::Begin(status) => {
                        let head =
                            format!("HTTP/1.1 {status} Because\r\ncontent-length: 2\r\n\r\n");
                        let _ = stream.write_all(head.as_bytes());
                        hanging.push(stream);
                    }
                    Does::Hang => hanging.push(stream),
                }
                if sender.send(told).is_err() {
                    return;
                }
            }
        });
        Self { url, came, script }
    }

    /// What it does with the next requests.
    pub(crate) fn then(&self, does: &[Does]) {
        self.script.lock().expect("a script").extend(does);
    }

    /// The next request.
    #[track_caller]
    pub(crate) fn next(&self) -> Told {
        match self.came.recv_timeout(PATIENCE) {
            Ok(told) => told,
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    /// That nothing has come that was not asked for. What the server has sent before it answered the
    /// last request on its state is here by now.
    #[track_caller]
    pub(crate) fn nothing(&self) {
        match self.came.recv_timeout(Duration::from_millis(30)) {
            Err(RecvTimeoutError::Timeout) => {}
            other => panic!("{other:?}"),
        }
    }
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn read(stream: &TcpStream) -> Option<Told> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let told = |name: &str| {
        let found = headers.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.parse().ok())
    };
    let mut body = vec![0; told("content-length").unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Told {
        method,
        path,
        headers,
        body,
    })
}
