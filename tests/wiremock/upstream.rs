//! What stands behind a proxy, and hears webhooks: it tells what it was asked, and keeps it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// How long is waited for a webhook.
const PATIENCE: Duration = Duration::from_secs(3);

/// Headers that say who the client is, and not what it was told to send.
const HEADERS_OF_CLIENTS: &[&str] = &[
    "connection",
    "content-length",
    "transfer-encoding",
    "user-agent",
    "accept-encoding",
];

/// Everything that came in below `/hook`.
type Inbox = Arc<(Mutex<Vec<Value>>, Condvar)>;

/// Starts a server that ends with the process; `127.0.0.1:PORT`.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let inbox = Inbox::default();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let inbox = inbox.clone();
            std::thread::spawn(move || serve(stream, &inbox));
        }
    });
    address
}

fn serve(stream: TcpStream, inbox: &Inbox) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let asked = read(&mut reader)?;
        let answer = answer(&asked, inbox);
        writer.write_all(answer.as_bytes()).ok()?;
    }
}

/// Reads one request as JSON.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Value> {
    let line = |reader: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        let read = reader.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    };
    let first = line(reader)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut headers, mut length, mut chunked) = (Vec::new(), 0, false);
    loop {
        let header = line(reader)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        match &*name {
            "content-length" => length = value.parse().ok()?,
            "transfer-encoding" => chunked = true,
            _ => {}
        }
        if !HEADERS_OF_CLIENTS.contains(&&*name) {
            headers.push(format!("{name}: {value}"));
        }
    }
    headers.sort();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    while chunked {
        let size = usize::from_str_radix(&line(reader)?, 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(&chunk[..size]);
        chunked = size > 0;
    }
    let body = String::from_utf8_lossy(&body);
    Some(json!({"method": method, "target": target, "headers": headers, "body": body}))
}

fn answer(asked: &Value, inbox: &Inbox) -> String {
    let target = asked["target"].as_str().unwrap_or_default();
    let (kept, came) = &**inbox;
    let (status, kind, body) = if target.starts_with("/hook") {
        kept.lock().expect("the inbox").push(asked.clone());
        came.notify_all();
        ("200 OK", "text/plain", "heard".to_owned())
    } else if let Some(wanted) = target.strip_prefix("/heard/") {
        let wanted: usize = wanted.parse().unwrap_or(1);
        let inbox = kept.lock().expect("the inbox");
        let waited = came.wait_timeout_while(inbox, PATIENCE, |inbox| inbox.len() < wanted);
        let (mut inbox, _) = waited.expect("the inbox");
        let heard = Value::from(std::mem::take(&mut *inbox));
        ("200 OK", "application/json", heard.to_string())
    } else if target.starts_with("/text") {
        ("200 OK", "text/plain", "a text".to_owned())
    } else if target.starts_with("/teapot") {
        ("418 Short and stout", "text/plain", "tea".to_owned())
    } else if target.starts_with("/empty") {
        return "HTTP/1.1 204 No Content\r\nX-Upstream: yes\r\n\r\n".into();
    } else {
        ("200 OK", "application/json", asked.to_string())
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nX-Upstream: yes\r\nSet-Cookie: a=1\r\n\
         Set-Cookie: b=2\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
