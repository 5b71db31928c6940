//! Problems: how the admin API says no (RFC 9457). The one place where errors become HTTP.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::definition::source::{self, Diagnostic};
use crate::domain::reply::Reply;
use crate::engine::stage;
use crate::service::StageError;
use crate::store;

/// The media type of problems.
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Names the quota that stands against a request: simulated APIs answer 403 and 429, too.
pub(super) const QUOTA_HEADER: HeaderName = HeaderName::from_static("sparring-quota");

/// A problem (RFC 9457), with the members at fault.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The status code.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// Which members are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The quota that stands against it; the header `Sparring-Quota` names it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<&'static str>,
    /// What a name that is not enough could mean.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub candidates: Box<[String]>,
}

/// A member at fault.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// The member, as `clock.mode`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Problem {
    /// A problem with this status.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            quota: None,
            candidates: Box::default(),
        }
    }

    /// A member is at fault.
    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let detail = format!("{field}: {message}");
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        problem.errors.push(FieldError {
            field: field.to_owned(),
            message,
        });
        problem
    }

    /// Something is not there.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The admin API has no such route.
    #[must_use]
    pub(super) fn no_route(path: &str) -> Self {
        Self::not_found(format!("there is no admin route {path}; see /__admin/docs"))
    }

    /// A route of the admin API has no such method.
    #[must_use]
    pub(super) fn no_method(method: &Method, path: &str) -> Self {
        let detail = format!("{path} has no {method}; see /__admin/docs");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// A quota stands against it.
    #[must_use]
    pub(super) fn of_quota(quota: &'static str, status: StatusCode, detail: String) -> Self {
        Self {
            quota: Some(quota),
            ..Self::new(status, detail)
        }
    }

    /// The same problem, with the member at fault.
    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.errors.push(FieldError {
            field: field.to_owned(),
            message: self.detail.clone(),
        });
        self
    }
}

impl Problem {
    /// The same problem of a part of a larger document: what is not there is a mistake of that, then.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        if self.errors.is_empty() {
            let message = self.detail.clone();
            self = self.field(place);
            self.errors[0].message = message;
        } else {
            for error in &mut self.errors {
                error.field = match error.field.as_str() {
                    "body" => place.to_owned(),
                    field => format!("{place}.{field}"),
                };
            }
        }
        if self.status == StatusCode::NOT_FOUND.as_u16() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY.as_u16();
            let title = StatusCode::UNPROCESSABLE_ENTITY.canonical_reason();
            self.title = title.unwrap_or("Error");
        }
        let first = &self.errors[0];
        self.detail = format!("{}: {}", first.field, first.message);
        self
    }

    /// All mistakes of a body, each with the member at fault. None is an empty body's.
    #[must_use]
    pub fn of_mistakes(mistakes: &[Diagnostic]) -> Self {
        let Some(first) = mistakes.first() else {
            return Self::invalid("body", "is empty");
        };
        let Ok(document) = source::parse(first.source.clone()) else {
            let (line, column) = first.line_column();
            let detail = format!(
                "the body is not JSON: line {line}, column {column}: {}",
                first.message
            );
            return Self::new(StatusCode::BAD_REQUEST, detail).field("body");
        };
        let errors: Vec<FieldError> = mistakes
            .iter()
            .map(|mistake| FieldError {
                field: member(&document.pointer_at(mistake.span.start)),
                message: in_words(mistake),
            })
            .collect();
        let detail = format!("{}: {}", errors[0].field, errors[0].message);
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    /// The problem as a reply: to a call that is logged like any other.
    pub(super) fn into_reply(self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let document = serde_json::to_value(&self).unwrap_or(Value::Null);
        let mut reply = Reply::json(status, &document);
        reply.headers.insert(CONTENT_TYPE, PROBLEM);
        if let Some(quota) = self.quota {
            let quota = HeaderValue::from_static(quota);
            reply.headers.insert(QUOTA_HEADER, quota);
        }
        reply
    }
}

/// A JSON pointer as a member: `/faults/0/when/page` is `faults[0].when.page`.
fn member(pointer: &str) -> String {
    let mut member = String::new();
    for token in pointer.split('/').skip(1) {
        if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()) {
            member.push_str(&format!("[{token}]"));
        } else {
            if !member.is_empty() {
                member.push('.');
            }
            member.push_str(&token.replace("~1", "/").replace("~0", "~"));
        }
    }
    match member.is_empty() {
        true => "body".to_owned(),
        false => member,
    }
}

/// What is wrong, what was expected, and what was most likely meant.
fn in_words(mistake: &Diagnostic) -> String {
    let mut words = mistake.message.clone();
    let more = [Some(&mistake.label), mistake.help.as_ref()];
    for more in more.into_iter().flatten() {
        if !more.is_empty() && !words.contains(more.as_str()) {
            words.push_str("; ");
            words.push_str(more);
        }
    }
    words
}

impl From<stage::Error> for Problem {
    fn from(error: stage::Error) -> Self {
        let detail = error.to_string();
        match error {
            stage::Error::NotFound(_) => Self::not_found(detail),
            stage::Error::Unknown { field, .. } => Self::not_found(detail).field(&field),
            stage::Error::Taken { field, message } => {
                Self::new(StatusCode::CONFLICT, message).field(&field)
            }
            stage::Error::Quota { quota, .. } => {
                Self::of_quota(quota, StatusCode::FORBIDDEN, detail)
            }
            stage::Error::Conflict(_) => Self::new(StatusCode::CONFLICT, detail),
            stage::Error::Invalid { field, message } => Self::invalid(&field, message),
            stage::Error::Ambiguous { candidates, .. } => Self {
                candidates: candidates.into(),
                ..Self::new(StatusCode::CONFLICT, detail)
            },
        }
    }
}

impl From<StageError> for Problem {
    fn from(error: StageError) -> Self {
        let detail = error.to_string();
        match error {
            StageError::Stage(error) => error.into(),
            StageError::Unsaved(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail),
            StageError::Store(error) => error.into(),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        let detail = error.to_string();
        match error {
            store::Error::NoSuchSandbox | store::Error::NoSuchSnapshot => Self::not_found(detail),
            store::Error::SandboxExists | store::Error::SnapshotExists => {
                Self::new(StatusCode::CONFLICT, detail).field("id")
            }
            store::Error::Forgotten { .. } => Self::new(StatusCode::GONE, detail),
            store::Error::Unavailable(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_value(&self)
            .unwrap_or(Value::Null)
            .to_string();
        let mut response = (status, [(CONTENT_TYPE, PROBLEM)], body).into_response();
        if let Some(quota) = self.quota {
            let headers = response.headers_mut();
            headers.insert(QUOTA_HEADER, HeaderValue::from_static(quota));
        }
        response
    }
}
