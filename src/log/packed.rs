//! Texts of a call in one piece of memory: what was received pins the buffers that it was read into,
//! and a log keeps thousands of calls.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Some texts, headers and a body: each with its length before it.
#[derive(Debug)]
pub(super) struct Packed(Box<[u8]>);

/// What a length takes.
const LENGTH: usize = size_of::<u32>();

impl Packed {
    /// A copy of all of it.
    pub(super) fn of<const N: usize>(texts: [&str; N], headers: &HeaderMap, body: &[u8]) -> Self {
        let texts_size = texts.iter().map(|text| LENGTH + text.len()).sum::<usize>();
        let headers_size = headers
            .iter()
            .map(|(name, value)| 2 * LENGTH + name.as_str().len() + value.len())
            .sum::<usize>();
        let size = texts_size + LENGTH + headers_size + LENGTH + body.len();
        let mut bytes = Vec::with_capacity(size);
        for text in texts {
            push(&mut bytes, text.as_bytes());
        }
        push_length(&mut bytes, headers.len());
        for (name, value) in headers {
            push(&mut bytes, name.as_str().as_bytes());
            push(&mut bytes, value.as_bytes());
        }
        push(&mut bytes, body);
        Self(bytes.into_boxed_slice())
    }

    /// All of it, as it was.
    pub(super) fn open<const N: usize>(&self) -> ([String; N], HeaderMap, Bytes) {
        let mut rest = &*self.0;
        let texts = std::array::from_fn(|_| String::from_utf8_lossy(take(&mut rest)).into_owned());
        let mut headers = HeaderMap::new();
        for _ in 0..take_length(&mut rest) {
            let (name, value) = (take(&mut rest), take(&mut rest));
            // What was a header is one again, so nothing is left out here.
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
            {
                headers.append(name, value);
            }
        }
        (texts, headers, Bytes::copy_from_slice(take(&mut rest)))
    }

    /// The values of one header, behind so many texts.
    pub(super) fn header<const N: usize>(&self, wanted: &str) -> Vec<&[u8]> {
        let mut rest = &*self.0;
        for _ in 0..N {
            take(&mut rest);
        }
        let mut values = Vec::new();
        for _ in 0..take_length(&mut rest) {
            let (name, value) = (take(&mut rest), take(&mut rest));
            if name == wanted.as_bytes() {
                values.push(value);
            }
        }
        values
    }

    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

fn push(bytes: &mut Vec<u8>, text: &[u8]) {
    push_length(bytes, text.len());
    bytes.extend_from_slice(text);
}

fn push_length(bytes: &mut Vec<u8>, length: usize) {
    // Bodies and heads are bounded far below this.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
}

fn take<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = take_length(rest).min(rest.len());
    let (text, after) = rest.split_at(length);
    *rest = after;
    text
}

fn take_length(rest: &mut &[u8]) -> usize {
    let Some((length, after)) = rest.split_first_chunk::<LENGTH>() else {
        return 0;
    };
    *rest = after;
    usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_there_again() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("a", "1"), ("b", ""), ("a", "2")] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        headers.append("c", HeaderValue::from_bytes(b"\xff").expect("a value"));
        for (texts, headers, body) in [
            (["/x?y=ä", ""], headers, &b"\0body\xff"[..]),
            (["", "z"], HeaderMap::new(), b""),
        ] {
            let packed = Packed::of(texts, &headers, body);
            let opened = packed.open();
            assert_eq!(
                opened,
                (
                    texts.map(str::to_owned),
                    headers,
                    Bytes::copy_from_slice(body)
                )
            );
        }
    }
}
