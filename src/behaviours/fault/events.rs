//! Streams of events as bytes: an event ends with an empty line (WHATWG HTML §9.2).

use std::time::Duration;

use bytes::Bytes;

use crate::domain::reply::{Body, Chunk};

/// Where the events of a stream end, one after the other.
fn ends(stream: &[u8]) -> impl Iterator<Item = usize> {
    let (mut at, mut filled) = (0, false);
    std::iter::from_fn(move || {
        loop {
            let length = stream[at..].iter().position(|byte| *byte == b'\n')?;
            let line = &stream[at..at + length];
            at += length + 1;
            match matches!(line, b"" | b"\r") {
                false => filled = true,
                true if filled => {
                    filled = false;
                    return Some(at);
                }
                true => {}
            }
        }
    })
}

/// Where so many events have ended; where the stream does, if there are fewer.
pub(super) fn end_of(events: usize, stream: &[u8]) -> usize {
    match events.checked_sub(1) {
        None => 0,
        Some(last) => ends(stream).nth(last).unwrap_or(stream.len()),
    }
}

/// A stream whose events come one after the other, and how many pieces that makes; `total` is how long the
/// pauses before them take together.
pub(super) fn spread(stream: &Bytes, total: Duration) -> (Body, usize) {
    let mut ends: Vec<usize> = ends(stream).collect();
    if ends.last() != Some(&stream.len()) {
        ends.push(stream.len());
    }
    let count = ends.len();
    let after = total / u32::try_from(count).unwrap_or(u32::MAX);
    let after = Duration::from_millis(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
    let mut begin = 0;
    let pieces = ends.into_iter().map(|end| {
        let bytes = stream.slice(begin..end);
        begin = end;
        Chunk { after, bytes }
    });
    (Body::Chunks(pieces.collect()), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_with_an_empty_line() {
        let check = |stream: &str, expected: &[usize]| {
            let found: Vec<usize> = ends(stream.as_bytes()).collect();
            assert_eq!(found, expected, "{stream:?}");
        };
        check("", &[]);
        check("data: a\n\ndata: b\n\n", &[9, 18]);
        check("data: a\r\n\r\ndata: b", &[11]);
        check("data: a\ndata: b\n\n", &[17]);
        check("\n\ndata: a\n\n\n\nid: 1\n\n", &[11, 20]);
    }

    #[test]
    fn so_many_events_end_somewhere() {
        let check = |events, expected| {
            let stream = b"data: a\n\ndata: b\n\n: c";
            assert_eq!(end_of(events, stream), expected, "{events}");
        };
        check(0, 0);
        check(1, 9);
        check(2, 18);
        check(3, 21);
        check(usize::MAX, 21);
    }

    #[test]
    fn events_are_spread_over_a_time() {
        let stream = Bytes::from_static(b"data: a\n\ndata: b\n\n: c");
        let (body, count) = spread(&stream, Duration::from_millis(100));
        assert_eq!(count, 3);
        assert_eq!(body.to_bytes(), stream);
        let Body::Chunks(chunks) = body else {
            panic!("{body:?}");
        };
        let parts: Vec<_> = chunks
            .iter()
            .map(|chunk| (chunk.after.as_millis(), &chunk.bytes[..]))
            .collect();
        assert_eq!(
            parts,
            [
                (33, &b"data: a\n\n"[..]),
                (33, b"data: b\n\n"),
                (33, b": c")
            ]
        );
    }
}
