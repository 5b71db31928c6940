//! A plain HTTP/1.1 client on a socket: it sends exactly what a case says, and tells exactly what
//! came back, also where that is no HTTP.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the connection is a new one, which is closed afterwards.
    pub(crate) fresh: bool,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How the exchange ended, if not with a whole answer: `closed`, `reset`, `garbage`, `silence`.
    pub(crate) ending: String,
}

impl Answer {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A client of one server, with a connection that is kept.
#[derive(Debug)]
pub(crate) struct Client {
    /// `127.0.0.1:PORT`.
    pub(crate) authority: String,
    kept: Option<Connection>,
}

impl Client {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            kept: None,
        }
    }

    /// Sends a request below a prefix of the path.
    ///
    /// Cookies and foreign hosts go over a connection of their own: on one that is kept, WireMock's
    /// web server takes a header for an earlier one that differs in case only. A kept connection that the server has closed in
    /// the meantime is replaced once.
    pub(crate) fn send(&mut self, prefix: &str, request: &Request) -> Answer {
        let bytes = self.bytes(prefix, request);
        let head = request.method == "HEAD";
        let remembered = |name: &str| ["cookie", "host"].contains(&&*name.to_ascii_lowercase());
        let fresh = request.fresh || request.headers.iter().any(|(name, _)| remembered(name));
        if !fresh && let Some(mut kept) = self.kept.take() {
            let answer = kept.exchange(&bytes, head);
            if !(answer.ending == "closed" || answer.ending == "reset") || answer.status != 0 {
                self.keep(kept, &answer);
                return answer;
            }
        }
        let mut connection = match Connection::open(&self.authority) {
            Ok(connection) => connection,
            Err(error) => panic!("{}: {error}", self.authority),
        };
        let answer = connection.exchange(&bytes, head);
        if !fresh {
            self.keep(connection, &answer);
        }
        answer
    }

    fn keep(&mut self, connection: Connection, answer: &Answer) {
        let closes = answer
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if answer.ending.is_empty() && !closes && connection.unread.is_empty() {
            self.kept = Some(connection);
        }
    }

    fn bytes(&self, prefix: &str, request: &Request) -> Vec<u8> {
        let Request {
            method,
            target,
            headers,
            body,
            ..
        } = request;
        let mut head = format!("{method} {prefix}{target} HTTP/1.1\r\n");
        let says = |name: &str| {
            headers
                .iter()
                .any(|(found, _)| found.eq_ignore_ascii_case(name))
        };
        if !says("host") {
            head.push_str(&format!("Host: {}\r\n", self.authority));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !says("content-length") && (!body.is_empty() || matches!(&**method, "POST" | "PUT")) {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

/// A connection, and what was read from it and not yet used.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    fn open(authority: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            unread: Vec::new(),
        })
    }

    fn exchange(&mut self, bytes: &[u8], head: bool) -> Answer {
        let mut answer = Answer::default();
        // The server may answer, and close, before it has read everything.
        let _ = self.stream.write_all(bytes);
        if let Err(ending) = self.read(&mut answer, head) {
            answer.ending = ending;
            let _ = self.stream.shutdown(Shutdown::Both);
        }
        answer
    }

    /// Reads one answer; `Err` says how it ended instead.
    fn read(&mut self, answer: &mut Answer, head: bool) -> Result<(), String> {
        let end = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                break at;
            }
            if let Err(ending) = self.more() {
                answer.body = std::mem::take(&mut self.unread);
                return Err(ending);
            }
        };
        let text = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        self.unread.drain(..end + 4);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let mut words = first.splitn(3, ' ');
        let version = words.next().unwrap_or_default();
        let status = words.next().and_then(|status| status.parse().ok());
        let (true, Some(status)) = (version.starts_with("HTTP/1."), status) else {
            answer.body = text.into_bytes();
            return Err("garbage".into());
        };
        answer.status = status;
        answer.reason = words.next().unwrap_or_default().to_owned();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.trim().to_owned();
            answer.headers.push((name.to_owned(), value));
        }
        if status == 100 {
            *answer = Answer::default();
            return self.read(answer, head);
        }
        if head || status == 204 || status == 304 {
            return Ok(());
        }
        let chunked = answer
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        if chunked {
            return self.chunks(&mut answer.body);
        }
        match answer.header("content-length").map(str::parse::<usize>) {
            Some(Ok(length)) => {
                let whole = self.at_least(length);
                let there = length.min(self.unread.len());
                answer.body = self.unread.drain(..there).collect();
                whole
            }
            Some(Err(_)) => Err("garbage".into()),
            None => {
                let ending = loop {
                    if let Err(ending) = self.more() {
                        break ending;
                    }
                };
                answer.body = std::mem::take(&mut self.unread);
                Err(ending)
            }
        }
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> Result<(), String> {
        loop {
            let end = loop {
                if let Some(at) = find(&self.unread, b"\r\n") {
                    break at;
                }
                if let Err(ending) = self.more() {
                    body.append(&mut self.unread);
                    return Err(ending);
                }
            };
            let size = String::from_utf8_lossy(&self.unread[..end]).into_owned();
            let Ok(size) = usize::from_str_radix(size.trim(), 16) else {
                while self.more().is_ok() {}
                body.append(&mut self.unread);
                return Err("garbage".into());
            };
            self.unread.drain(..end + 2);
            let whole = self.at_least(size + 2);
            let there = size.min(self.unread.len());
            body.extend(self.unread.drain(..there));
            whole?;
            self.unread.drain(..2);
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn at_least(&mut self, length: usize) -> Result<(), String> {
        while self.unread.len() < length {
            self.more()?;
        }
        Ok(())
    }

    fn more(&mut self) -> Result<(), String> {
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) => Err("closed".into()),
            Ok(read) => {
                self.unread.extend_from_slice(&piece[..read]);
                Ok(())
            }
            Err(error) => Err(match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "reset".into(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => "silence".into(),
                other => other.to_string(),
            }),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|found| found == wanted)
}
