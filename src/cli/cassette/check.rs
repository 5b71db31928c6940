//! `sparring cassette check`: the requests of a cassette, asked again of the live API.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use sparring::cassette::{Drift, Entry, REDACTED, Request, Response, called, drift};
use sparring::domain::name::SandboxId;
use sparring::domain::reply::{Body, Reply};
use sparring::domain::targets::Targets;
use sparring::engine::{Forward, Unreached};
use sparring::http::{Client, Proxying, Trust};
use sparring::service::Upstream;

use super::args::Check;
use super::diff::safe;
use super::unpack::unpacked;
use super::{DIFFERS, complain, files, print};

/// The largest reply that is taken.
const REPLY_BYTES_MAX: usize = 64 << 20;

/// Headers of a connection, and those that the client sets itself: of a recording they say nothing to
/// another server. Packed replies are not asked for, so that they can be compared.
const NOT_SENT: [HeaderName; 10] = [
    HOST,
    CONTENT_LENGTH,
    ACCEPT_ENCODING,
    http::header::CONNECTION,
    http::header::TRANSFER_ENCODING,
    http::header::UPGRADE,
    http::header::TE,
    http::header::TRAILER,
    http::header::EXPECT,
    http::header::PROXY_AUTHORIZATION,
];

/// What a recorded target may hold, and no URL may.
const NOT_IN_URLS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What became of the entries.
#[derive(Default)]
struct Report {
    asked: usize,
    skipped: usize,
    /// How many requests were sent without the secrets that they once held.
    redacted: usize,
    drifted: Vec<(usize, Arc<Entry>, Vec<Drift>)>,
}

/// Sends the requests of a cassette to a live API, and tells how its replies have drifted.
pub(super) fn run(arguments: &Check) -> Result<ExitCode, String> {
    let (cassette, _) = files::read(&arguments.file, arguments.size.bounds())?;
    let base = base(&arguments.against)?;
    let client = client(arguments, &base)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let sandbox = SandboxId::default_sandbox();
    let mut report = Report::default();
    for (number, entry) in (1..).zip(&cassette.entries) {
        let is_read = ["GET", "HEAD", "OPTIONS"].contains(&entry.request.method.as_str());
        // Of a call that got no reply there is nothing to compare.
        if (arguments.only_reads && !is_read) || entry.response.lost.is_some() {
            report.skipped += 1;
            continue;
        }
        report.redacted += usize::from(is_redacted(&entry.request));
        let forward = forward(arguments, &base, &entry.request)?;
        let reply = runtime.block_on(client.forward(&sandbox, forward));
        let reply = reply.map_err(|error| {
            let why = unreached(&error, arguments.timeout);
            format!("entry {number} ({}): {base}: {why}", called(entry))
        })?;
        report.asked += 1;
        let (recorded, live) = (unpacked(entry.response.clone()), unpacked(response(reply)));
        let found = drift(&recorded, &live, arguments.values);
        if !found.is_empty() {
            report.drifted.push((number, entry.clone(), found));
        }
    }
    if report.asked == 0 {
        complain("note: no entry was asked");
    }
    if report.redacted > 0 {
        let count = report.redacted;
        complain(&format!(
            "note: {REDACTED} stands in {count} of the requests: the API may refuse them"
        ));
    }
    let text = match arguments.json {
        true => format!("{:#}\n", report.json()),
        false => report.text(),
    };
    Ok(print(
        &text,
        match report.drifted.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(DIFFERS),
        },
    ))
}

/// The URL before the targets: without a slash at its end.
fn base(url: &str) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("--against {url}: the URL {why}"));
    match url.parse::<http::Uri>() {
        Ok(uri) if uri.query().is_some() => wrong("has a query"),
        Ok(uri) if uri.authority().is_none() => wrong("is not an absolute one"),
        Ok(_) => Ok(url.trim_end_matches('/').to_owned()),
        Err(_) => wrong("is not an absolute one"),
    }
}

/// A client that reaches the API and nothing else.
fn client(arguments: &Check, base: &str) -> Result<Client, String> {
    let uri: http::Uri = base.parse().map_err(|_| "the URL is none".to_owned())?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let usual = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let listed = match uri.port_u16() {
        Some(_) => authority,
        None => format!("{authority}:{usual}"),
    };
    let targets: Targets = listed
        .parse()
        .map_err(|error| format!("--against {base}: {error}"))?;
    if let Err(sparring::domain::targets::TargetError::NoUrl(why)) = targets.check_url(base) {
        return Err(format!("--against {base}: the URL {why}"));
    }
    let mut trust = Trust::default();
    if let Some(file) = &arguments.ca {
        trust = trust.and(file).map_err(|error| error.to_string())?;
    }
    if arguments.insecure {
        trust = trust.anyone();
    }
    let proxying = Proxying {
        targets: Arc::new(targets),
        timeout: arguments.timeout,
        body_bytes: REPLY_BYTES_MAX,
        preserve_host: false,
        preserve_user_agent: true,
    };
    // Nothing listens here: no address is the client's own.
    let own = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Ok(Client::new(&[own], proxying, &trust))
}

fn forward(arguments: &Check, base: &str, request: &Request) -> Result<Forward, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let bytes: Vec<u8> = value.chars().map(|letter| letter as u8).collect();
        let parsed = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(&bytes),
        );
        let (Ok(name), Ok(parsed)) = parsed else {
            continue;
        };
        if !NOT_SENT.contains(&name) && !value.contains(REDACTED) {
            headers.append(name, parsed);
        }
    }
    for (name, value) in &arguments.header {
        headers.insert(name, value.clone());
    }
    let method = Method::from_bytes(request.method.as_bytes());
    Ok(Forward {
        method: method.map_err(|error| error.to_string())?,
        url: format!(
            "{base}{}",
            utf8_percent_encode(&request.target, NOT_IN_URLS)
        ),
        headers,
        host: None,
        body: request.body.clone(),
        dribble: None,
        faults: Default::default(),
        within: None,
    })
}

/// Whether a secret is missing that no header of the arguments can bring.
fn is_redacted(request: &Request) -> bool {
    let mut parts = request.body.windows(REDACTED.len());
    request.target.contains(REDACTED) || parts.any(|part| part == REDACTED.as_bytes())
}

fn unreached(error: &Unreached, limit: Duration) -> String {
    match error {
        Unreached::Denied(why) | Unreached::Tls(why) => why.clone(),
        Unreached::TimedOut(_) => {
            format!("no answer within {} s: see --timeout", limit.as_secs_f32())
        }
        Unreached::Network(why) => why.clone(),
    }
}

fn response(reply: Reply) -> Response {
    let headers = reply.headers.iter().map(|(name, value)| {
        let value = value.as_bytes().iter().copied().map(char::from);
        (name.as_str().to_owned(), value.collect())
    });
    Response {
        status: reply.status.as_u16(),
        headers: headers.collect(),
        body: match reply.body {
            Body::Bytes(bytes) => bytes,
            _ => bytes::Bytes::new(),
        },
        ..Response::default()
    }
}

impl Report {
    fn text(&self) -> String {
        let mut text = String::new();
        for (number, entry, drifts) in &self.drifted {
            text.push_str(&format!("entry {number}  {}\n", called(entry)));
            for drift in drifts {
                text.push_str(&format!("    {drift}\n"));
            }
        }
        let Self { asked, skipped, .. } = self;
        let drifted = self.drifted.len();
        text.push_str(&format!("{asked} asked, {drifted} drifted"));
        if *skipped > 0 {
            text.push_str(&format!(", {skipped} skipped"));
        }
        text.push('\n');
        safe(&text)
    }

    fn json(&self) -> Value {
        let drifted = self.drifted.iter().map(|(number, entry, drifts)| {
            json!({
                "entry": number,
                "tool": entry.tool,
                "method": entry.request.method,
                "target": entry.request.target,
                "drift": drifts,
            })
        });
        json!({
            "asked": self.asked,
            "skipped": self.skipped,
            "drifted": self.drifted.len(),
            "entries": drifted.collect::<Vec<Value>>(),
        })
    }
}
