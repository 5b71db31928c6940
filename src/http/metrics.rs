//! Metrics as an answer: below `/__admin`, and at `/metrics`, where monitors look first.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::domain::call::{Call, address};
use crate::service::{MetricsFormat, Service};

/// Where monitors look first.
const PATH: &str = "/metrics";

/// Whether a call may ask for metrics: it does, if no stub claims it.
pub(super) fn is_asked_for(method: &Method, target: &str) -> bool {
    let path = target.split('?').next();
    path == Some(PATH) && matches!(*method, Method::GET | Method::HEAD)
}

/// A request that may ask for metrics, as the call that it may be instead. It has no number: if it is
/// none, nobody is told of it.
pub(super) fn asked(head: &Parts, target: &str, base_url: String, peer: &Arc<str>) -> Call {
    Call::new(
        0,
        head.method.clone(),
        target.to_owned(),
        head.headers.clone(),
        bytes::Bytes::new(),
        base_url,
        address(peer).into(),
    )
}

/// All metrics, in the form that the reader wants.
pub(super) fn answer(service: &Service, headers: &HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = MetricsFormat::accepted(accept.unwrap_or_default());
    let headers = [(CONTENT_TYPE, format.media_type()), (VARY, "accept")];
    (headers, service.metrics_text(format)).into_response()
}
