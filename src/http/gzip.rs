//! Gzip: bodies of calls are unpacked before anybody sees them, and answers are packed for callers who
//! ask, where WireMock (Jetty) does it.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use tokio::task::spawn_blocking;

use super::body::Unread;
use crate::domain::reply::{Body, Reply};

/// What a packed body begins with.
const MAGIC: &[u8] = b"\x1f\x8b";

/// The shortest body that is packed: a shorter one would become longer.
const PACKED_BYTES_MIN: usize = 32;

/// The longest body that is packed at once: a longer one would keep other calls waiting.
const AT_ONCE_BYTES_MAX: usize = 128 << 10;

/// The methods whose answers are packed.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// Types that are packed already, or that are read while they come.
const UNPACKABLE: [&str; 9] = [
    "application/brotli",
    "application/bzip2",
    "application/compress",
    "application/gzip",
    "application/x-bzip2",
    "application/x-rar-compressed",
    "application/x-xz",
    "application/zip",
    "text/event-stream",
];

/// A body as it was before it was packed: as its headers say, or where it looks like it, as in
/// WireMock. What only looks like it, and is not, stays as it is.
pub(super) fn unpacked(headers: &HeaderMap, body: Bytes, max: usize) -> Result<Bytes, Unread> {
    if !is_packed(headers, &body) {
        return Ok(body);
    }
    match unpack(&body, max) {
        Err(Unread::NotGzip) if !says_packed(headers) => Ok(body),
        unpacked => unpacked,
    }
}

/// Whether a body is to be unpacked.
pub(super) fn is_packed(headers: &HeaderMap, body: &[u8]) -> bool {
    !body.is_empty() && (body.starts_with(MAGIC) || says_packed(headers))
}

fn says_packed(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings.any(|encoding| {
        let encoding = encoding.as_bytes().to_ascii_lowercase();
        encoding.windows(4).any(|word| word == b"gzip")
    })
}

/// Unpacks one member after the other; what follows the last is nothing, as in Java.
fn unpack(mut packed: &[u8], max: usize) -> Result<Bytes, Unread> {
    let mut plain = Vec::new();
    loop {
        // One byte more than is taken tells that there is more.
        let room = (max - plain.len()).saturating_add(1);
        let room = u64::try_from(room).unwrap_or(u64::MAX);
        let read = GzDecoder::new(&mut packed)
            .take(room)
            .read_to_end(&mut plain);
        if plain.len() > max {
            return Err(Unread::TooLarge);
        }
        if read.is_err() {
            return Err(Unread::NotGzip);
        }
        if !packed.starts_with(MAGIC) {
            return Ok(plain.into());
        }
    }
}

/// Whether what answers this call may be packed.
pub(super) fn is_wanted(method: &Method, headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT_ENCODING).iter().peekable();
    accepted.peek().is_some()
        && METHODS.contains(method)
        && accepted
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(accepts)
}

/// Whether one of the encodings that a caller accepts is this: `gzip;q=0` says that it is not.
fn accepts(encoding: &str) -> bool {
    let (name, parameters) = encoding.split_once(';').unwrap_or((encoding, ""));
    let weight = parameters.trim().strip_prefix("q=");
    let refused = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0));
    name.trim().eq_ignore_ascii_case("gzip") && !refused
}

/// Packs the body of a reply, if it is one that is packed.
pub(super) async fn pack(reply: &mut Reply) {
    let Body::Bytes(plain) = &reply.body else {
        return;
    };
    let length = plain.len();
    if length < PACKED_BYTES_MIN || !is_packable(reply) {
        return;
    }
    let (plain, kept) = (plain.clone(), reply.kept.clone());
    let pack = move || match kept {
        Some(kept) => kept.packed(&plain, packed),
        None => packed(&plain),
    };
    let packed = match length > AT_ONCE_BYTES_MAX {
        false => pack(),
        true => match spawn_blocking(pack).await {
            Ok(packed) => packed,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        },
    };
    reply.body = Body::Bytes(packed);
    let gzip = HeaderValue::from_static("gzip");
    reply.headers.insert(CONTENT_ENCODING, gzip);
}

/// Whether it is a success with a body of a type that packing makes shorter.
fn is_packable(reply: &Reply) -> bool {
    let status = reply.status.as_u16();
    if !(200..300).contains(&status) || [204, 205].contains(&status) {
        return false;
    }
    if reply.headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let declared = reply.headers.get(CONTENT_TYPE);
    let declared = declared.and_then(|declared| declared.to_str().ok());
    let declared = declared.and_then(|declared| declared.split(';').next());
    let media = declared.unwrap_or_default().trim().to_ascii_lowercase();
    let is_medium = ["image/", "audio/", "video/"]
        .iter()
        .any(|kind| media.starts_with(kind));
    !(UNPACKABLE.contains(&&*media) || is_medium && media != "image/svg+xml")
}

pub(super) fn packed(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(plain);
    let packed = written.and_then(|()| encoder.finish());
    packed.expect("memory takes everything").into()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        let name = http::HeaderName::from_static(name);
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn a_body_is_unpacked_as_its_headers_say_or_as_it_looks() {
        let check = |encodings: &[&'static str], body: &[u8], expected: Result<&[u8], Unread>| {
            let headers = headers("content-encoding", encodings);
            let found = unpacked(&headers, Bytes::copy_from_slice(body), 1000);
            assert_eq!(
                found.as_deref(),
                expected.as_ref().copied(),
                "{encodings:?}"
            );
        };
        let hello = packed(b"hello");
        let twice = [&*hello, &*hello].concat();
        check(&["gzip"], &hello, Ok(b"hello"));
        check(&["x-gzip"], &hello, Ok(b"hello"));
        check(&["GZIP, br"], &hello, Ok(b"hello"));
        check(&["br", "gzip"], &hello, Ok(b"hello"));
        check(&[], &hello, Ok(b"hello"));
        check(&["gzip"], &twice, Ok(b"hellohello"));
        check(&["gzip"], &[&*hello, b"xx"].concat(), Ok(b"hello"));
        check(&["gzip"], b"", Ok(b""));
        check(&["gzip"], b"hello", Err(Unread::NotGzip));
        check(&["gzip"], &hello[..hello.len() - 3], Err(Unread::NotGzip));
        check(&["deflate"], b"hello", Ok(b"hello"));
        check(&[], b"\x1f\x8bzz", Ok(b"\x1f\x8bzz"));
        check(&["gzip"], &packed(&[b'a'; 1000]), Ok(&[b'a'; 1000]));
        check(&["gzip"], &packed(&[b'a'; 1001]), Err(Unread::TooLarge));
        let bomb = packed(&vec![0; 50 << 20]);
        check(&[], &bomb, Err(Unread::TooLarge));
    }

    #[test]
    fn answers_are_packed_for_those_who_ask() {
        let check = |method: Method, accepted: &[&'static str], expected| {
            let headers = headers("accept-encoding", accepted);
            assert_eq!(
                is_wanted(&method, &headers),
                expected,
                "{method} {accepted:?}"
            );
        };
        check(Method::GET, &["gzip"], true);
        check(Method::DELETE, &["deflate, GZIP;q=0.5"], true);
        check(Method::POST, &["br", "gzip"], true);
        check(Method::GET, &[], false);
        check(Method::GET, &["gzip;q=0"], false);
        check(Method::GET, &["gzip; q=0.0, identity"], false);
        check(Method::GET, &["*"], false);
        check(Method::HEAD, &["gzip"], false);
        check(Method::OPTIONS, &["gzip"], false);
    }

    #[test]
    fn successes_are_packed_that_become_shorter() {
        let check = |status: u16, name: &'static str, value: &'static str, expected| {
            let status = StatusCode::from_u16(status).expect("a status");
            let mut reply = Reply::empty(status);
            reply.headers = headers(name, &[value]);
            assert_eq!(is_packable(&reply), expected, "{status} {name}: {value}");
        };
        check(200, "content-type", "text/plain", true);
        check(206, "content-type", "application/octet-stream", true);
        check(200, "content-type", "image/svg+xml", true);
        check(200, "content-type", "image/jpeg; q=1", false);
        check(200, "content-type", "video/mp4", false);
        check(200, "content-type", "Application/GZIP", false);
        check(200, "content-type", "text/event-stream", false);
        check(200, "content-encoding", "identity", false);
        check(200, "x-any", "thing", true);
        for status in [204, 205, 304, 404, 500] {
            check(status, "x-any", "thing", false);
        }
    }
}
