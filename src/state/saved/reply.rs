//! A reply as it is kept: everything that goes on the wire, as text where it is text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::reply::{Body, Reply};

/// What a header takes beside its texts, about, in bytes.
const HEADER_BYTES: usize = 64;

/// A reply that was sent, without its delay: it can be sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedReply {
    status: u16,
    headers: Vec<(String, Bytes64)>,
    body: Bytes64,
}

/// Bytes that are written as text where they are UTF-8, and as base64 where they are not.
#[derive(Clone, Debug, PartialEq)]
pub struct Bytes64(pub Bytes);

impl SavedReply {
    /// A reply as it is kept.
    #[must_use]
    pub fn of(reply: &Reply) -> Self {
        let kept = |bytes: &[u8]| Bytes64(Bytes::copy_from_slice(bytes));
        let headers = reply.headers.iter();
        Self {
            status: reply.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), kept(value.as_bytes())))
                .collect(),
            // A body that is made for one call is not shared with anything larger.
            body: Bytes64(reply.body.to_bytes()),
        }
    }

    /// The reply again, without a delay.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let status = StatusCode::from_u16(self.status);
        let mut reply = Reply::empty(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        for (name, value) in &self.headers {
            // What was a header is one again, so nothing is left out here.
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_bytes(&value.0),
            ) {
                reply.headers.append(name, value);
            }
        }
        reply.body = Body::Bytes(self.body.0.clone());
        reply
    }

    /// The status that is answered again.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| name.len() + value.0.len() + HEADER_BYTES);
        headers.sum::<usize>() + self.body.0.len()
    }
}

impl From<Bytes> for Bytes64 {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl Serialize for Bytes64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => (text, "").serialize(serializer),
            Err(_) => ("", STANDARD.encode(&self.0)).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (text, encoded) = <(String, String)>::deserialize(deserializer)?;
        if encoded.is_empty() {
            return Ok(Self(text.into()));
        }
        let bytes = STANDARD.decode(encoded).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}
