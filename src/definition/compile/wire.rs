//! What of a response is not its content: the status, the phrase after it, and what it waits for.

use std::time::Duration;

use http::{HeaderName, StatusCode};

use super::report::{Place, Report};
use super::response::Kind;
use crate::definition::compiled::{Dribble, HeaderSpec};
use crate::definition::model::{ChunkedDribbleDelay, Response};
use crate::domain::delay::Delays;
use crate::domain::reply::header_value;

/// In how many pieces a body may come. More would be less than a kilobyte each of the largest body.
const CHUNKS_MAX: usize = 16 << 10;

/// Compiles a status code that a pack chooses.
pub(super) fn status(code: u16, place: &Place, report: &mut Report) -> Option<StatusCode> {
    final_status(i64::from(code), 599, place, report)
}

/// Compiles a response's status code. A stub's may be any that has three digits and ends a call, and
/// as in WireMock one below 1 is as if there were none.
pub(super) fn response_status(
    code: Option<i64>,
    kind: Kind<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<StatusCode> {
    match (code, kind) {
        (None, _) | (Some(..=0), Kind::Stub) => Some(StatusCode::OK),
        (Some(code), Kind::Stub) => final_status(code, 999, place, report),
        (Some(code), Kind::Tool(_)) => final_status(code, 599, place, report),
    }
}

fn final_status(code: i64, last: i64, place: &Place, report: &mut Report) -> Option<StatusCode> {
    let known = u16::try_from(code).ok().map(StatusCode::from_u16);
    match known {
        Some(Ok(status)) if (200..=last).contains(&code) => Some(status),
        _ => {
            report.error(
                place,
                format!("{code} is not a status of a final response"),
                format!("expected 200 to {last}"),
            );
            None
        }
    }
}

/// What an answer waits for. Less than nothing is nothing, as in WireMock.
pub(super) fn delays(model: &Response) -> Delays {
    let millis = |millis: i64| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    Delays {
        fixed: model.fixed_delay_milliseconds.map(millis),
        drawn: model.delay_distribution,
    }
}

/// How a body comes in pieces.
pub(super) fn dribble(model: &ChunkedDribbleDelay) -> Dribble {
    let chunks = usize::try_from(model.number_of_chunks).unwrap_or(1);
    Dribble {
        chunks: chunks.clamp(1, CHUNKS_MAX),
        total: Duration::from_millis(model.total_duration.into()),
    }
}

/// The headers by which WireMock tells which mapping has answered.
pub(super) fn matched_stub(id: &str, name: Option<&str>) -> impl Iterator<Item = HeaderSpec> {
    let ascii = |name: &str| name.replace(|letter: char| !letter.is_ascii(), "?");
    let told = [
        ("matched-stub-id", header_value(id)),
        (
            "matched-stub-name",
            name.and_then(|name| header_value(&ascii(name))),
        ),
    ];
    told.into_iter()
        .filter_map(|(name, value)| Some(HeaderSpec::Static(HeaderName::from_static(name), value?)))
}
