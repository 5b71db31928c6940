//! Errors in WireMock's shape: `{"errors": [{code, source, title, detail}]}`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::definition::source::{self, Diagnostic};
use crate::engine::stage;
use crate::http::admin::json;
use crate::http::problem::QUOTA_HEADER;
use crate::service::StageError;

/// WireMock's code of what cannot be read.
pub(in crate::http::admin) const CODE_MALFORMED: u32 = 10;

/// WireMock's code of an id that is in use.
const CODE_DUPLICATE: u32 = 109;

const CODE_NOT_FOUND: u32 = 50;

/// The code of what a quota refuses, which WireMock does not know.
const CODE_REFUSED: u32 = 30;

const MALFORMED: &str = "Error parsing JSON";

/// One error, with a JSON pointer to where it lies.
pub(in crate::http::admin) fn error(
    status: StatusCode,
    code: u32,
    title: &str,
    source: Option<&str>,
    detail: Option<&str>,
) -> Response {
    let mut error = Map::from_iter([("code".to_owned(), code.into())]);
    if let Some(source) = source {
        error.insert("source".into(), json!({ "pointer": source }));
    }
    error.insert("title".into(), title.into());
    if let Some(detail) = detail {
        error.insert("detail".into(), detail.into());
    }
    json(status, &json!({ "errors": [error] }))
}

/// A body that is not what it must be, as a whole.
pub(in crate::http::admin) fn malformed(detail: &str) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    error(status, CODE_MALFORMED, MALFORMED, Some("/"), Some(detail))
}

/// What is not there: WireMock says nothing more.
pub(in crate::http::admin) fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// An id in a path that is none.
pub(in crate::http::admin) fn no_uuid(id: &str) -> Response {
    let title = format!("{id} is not a valid UUID");
    error(StatusCode::BAD_REQUEST, CODE_MALFORMED, &title, None, None)
}

/// A new stub with an id that another has.
pub(super) fn duplicate(id: &str) -> Response {
    let detail =
        format!("ID of the provided stub mapping '{id}' is already taken by another stub mapping");
    error(
        StatusCode::UNPROCESSABLE_ENTITY,
        CODE_DUPLICATE,
        "Duplicate stub mapping ID",
        None,
        Some(&detail),
    )
}

/// A change that could not be made.
pub(in crate::http::admin) fn failed(problem: &StageError) -> Response {
    let title = problem.to_string();
    if matches!(problem, StageError::Unsaved(_)) {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return error(status, CODE_MALFORMED, &title, None, None);
    }
    if let StageError::Stage(stage::Error::Quota { quota, .. }) = problem {
        let mut refused = error(StatusCode::FORBIDDEN, CODE_REFUSED, &title, None, None);
        let quota = HeaderValue::from_static(quota);
        refused.headers_mut().insert(QUOTA_HEADER, quota);
        return refused;
    }
    error(StatusCode::NOT_FOUND, CODE_NOT_FOUND, &title, None, None)
}

/// All mistakes of a body, each as an error with its place: a JSON pointer, as in WireMock; for what is
/// no JSON, line and column. None is an empty body's.
pub(in crate::http::admin) fn mistakes(diagnostics: &[Diagnostic]) -> Response {
    let Some(first) = diagnostics.first() else {
        return malformed("the body is empty");
    };
    let document = source::parse(first.source.clone()).ok();
    let errors: Vec<Value> = diagnostics
        .iter()
        .map(|mistake| {
            let mut detail = mistake.message.clone();
            if let Some(help) = &mistake.help {
                detail.push_str("; ");
                detail.push_str(help);
            }
            let source = match &document {
                Some(document) => {
                    let pointer = document.pointer_at(mistake.span.start);
                    let root = pointer.is_empty();
                    json!({ "pointer": if root { "/" } else { &pointer } })
                }
                None => {
                    let (line, column) = mistake.line_column();
                    detail = format!("line {line}, column {column}: {detail}");
                    json!({})
                }
            };
            json!({ "code": CODE_MALFORMED, "source": source, "title": MALFORMED, "detail": detail })
        })
        .collect();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    json(status, &json!({ "errors": errors }))
}

/// The text of a body.
pub(in crate::http::admin) fn text(body: &[u8]) -> Result<&str, Box<Response>> {
    std::str::from_utf8(body).map_err(|_| Box::new(malformed("the body is not UTF-8")))
}
