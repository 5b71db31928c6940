//! HTTP/2, frame by frame: for what no client library would send.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Server;

/// Longer than this no frame may take, or the test is lost.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// A frame that has arrived.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A connection that has said hello.
pub(crate) struct Http2 {
    stream: TcpStream,
}

impl Http2 {
    pub(crate) fn connect(server: &Server) -> Self {
        let address = server.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time-out for reading");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a time-out for writing");
        let hello = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            &*frame(SETTINGS, 0, 0, &[]),
            // However many answers are not read yet, there is room for the next.
            &*frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes()),
        ];
        stream.write_all(&hello.concat()).expect("it is sent");
        Self { stream }
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next frame that is not about the connection itself.
    pub(crate) fn frame(&mut self) -> io::Result<Frame> {
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head)?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            self.stream.read_exact(&mut payload)?;
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
            if matches!(kind, SETTINGS | PING | WINDOW_UPDATE) {
                if kind != WINDOW_UPDATE && flags & ACK == 0 {
                    let answer = if kind == PING { &*payload } else { &[] };
                    self.send(&frame(kind, ACK, 0, answer))?;
                }
                continue;
            }
            return Ok(Frame {
                kind,
                flags,
                stream,
                payload,
            });
        }
    }

    /// Reads until the server has ended the connection; whether it has, and did not only fall silent.
    pub(crate) fn is_ended(&mut self) -> bool {
        loop {
            match self.frame() {
                Ok(frame) if frame.kind == GOAWAY => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
    }
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The head of a GET as HPACK has it.
pub(crate) fn head(path: &str) -> Vec<u8> {
    // `:method: GET` and `:scheme: http` stand in HPACK's table; `:path` and `:authority` by name.
    let mut head = vec![0x82, 0x86, 0x04];
    head.extend(text(path));
    head.push(0x01);
    head.extend(text("test"));
    head
}

/// A header whose name is in no table.
pub(crate) fn header(name: &str, value: &str) -> Vec<u8> {
    [&[0], &*text(name), &*text(value)].concat()
}

fn text(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut bytes = match length {
        0..127 => vec![u8::try_from(length).expect("it is short")],
        _ => {
            let mut bytes = vec![127];
            let mut rest = length - 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).expect("seven bits") | 128);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).expect("seven bits"));
            bytes
        }
    };
    bytes.extend(text.as_bytes());
    bytes
}

/// A whole GET on a stream.
pub(crate) fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(path))
}
