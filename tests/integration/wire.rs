//! One connection, byte for byte: for tests that race, pipeline, break off, or talk nonsense.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Answer, Server};

/// Longer than this no answer may take, or the test is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection, and what has arrived on it and was not read yet.
pub(crate) struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Wire {
    pub(crate) fn connect(server: &Server) -> Self {
        let address = server.base.trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("a connection");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time-out for reading");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a time-out for writing");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub(crate) fn end(&mut self) {
        // A server that has closed already has nothing to be told.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Sends a whole request and reads its answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request)?;
        self.answer()
    }

    /// Reads the next answer. An interim one, such as 100, is an answer of its own.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let end = loop {
            match find(&self.received, b"\r\n\r\n") {
                Some(at) => break at,
                None => self.more()?,
            }
        };
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        self.received.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1."))
            .and_then(|line| line.get(2..5)?.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no status line: {head:?}")))?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            text: String::new(),
        };
        let body = self.body(&answer)?;
        answer.text = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }

    /// Whether the server has closed, with nothing more to say.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.received.is_empty() && self.more().is_err()
    }

    fn body(&mut self, answer: &Answer) -> io::Result<Vec<u8>> {
        if answer.status < 200 || matches!(answer.status, 204 | 304) {
            return Ok(Vec::new());
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            return self.chunks();
        }
        let length = answer.header("content-length").map(str::parse);
        match length {
            Some(Ok(length)) => self.take(length),
            Some(Err(error)) => Err(io::Error::other(error)),
            None => {
                while self.more().is_ok() {}
                Ok(std::mem::take(&mut self.received))
            }
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                match find(&self.received, b"\r\n") {
                    Some(at) => break at,
                    None => self.more()?,
                }
            };
            let size = String::from_utf8_lossy(&self.received[..end]).into_owned();
            let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
            self.received.drain(..end + 2);
            let chunk = self.take(size + 2)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.received.len() < length {
            self.more()?;
        }
        Ok(self.received.drain(..length).collect())
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.received.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    }
}

/// A `POST` of JSON, ready to be sent on a connection that stays open.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{request}\r\n{body}").into_bytes()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
