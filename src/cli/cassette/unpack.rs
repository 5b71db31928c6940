//! Replies as they were before they were packed, so that two can be compared.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use sparring::cassette::Response;

/// The largest body that is unpacked.
const BODY_BYTES_MAX: u64 = 64 << 20;

/// The reply with its body unpacked; one that cannot be stays as it is.
pub(super) fn unpacked(mut response: Response) -> Response {
    let says = response.header("content-encoding");
    if says.is_some_and(|says| says.to_ascii_lowercase().contains("gzip")) {
        let mut plain = Vec::new();
        let mut decoder = MultiGzDecoder::new(&response.body[..]).take(BODY_BYTES_MAX);
        if decoder.read_to_end(&mut plain).is_ok() {
            response.body = plain.into();
        }
    }
    response
}
