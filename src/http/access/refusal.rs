//! Why a request is not let in, and how that is said.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};

use super::path;
use crate::access::Need;
use crate::domain::name::{SandboxId, SandboxIdError};
use crate::http::problem::Problem;

/// Why a request is not let in.
#[derive(Debug)]
pub(in crate::http) enum Refused {
    /// It brings no token, or one that nobody has.
    Unknown {
        /// Whether it brings one.
        shown: bool,
    },
    /// To whoever asks there is no such sandbox.
    NoSandbox(SandboxId),
    /// The same, of one that a path names.
    NoSandboxOf(String),
    /// It names no sandbox, and must.
    Unnamed,
    /// The name that it gives is none.
    BadName(String),
    /// Whoever asks may not do that.
    Role(Need),
    /// There is no such route.
    NoRoute(Box<Problem>),
    /// There were too many.
    TooMany {
        /// How many there may be in a second.
        per_second: NonZeroU32,
        /// When the next one will be let in.
        again_in: Duration,
    },
}

/// What is answered to whoever names a sandbox that does not exist, to them.
pub(in crate::http) fn no_such_sandbox(id: &SandboxId) -> Problem {
    let detail = format!("there is no sandbox {id}; only admin calls create one");
    Problem::new(StatusCode::NOT_FOUND, detail)
}

impl Refused {
    /// There is no route of this path.
    pub(super) fn no_route(target: &str) -> Self {
        Self::NoRoute(Problem::no_route(path(target)).into())
    }

    /// The route has no such method.
    pub(super) fn no_method(method: &Method, target: &str) -> Self {
        Self::NoRoute(Problem::no_method(method, path(target)).into())
    }

    fn problem(self) -> Problem {
        match self {
            Self::Unknown { shown } => {
                let detail = match shown {
                    false => {
                        "a token is needed: send Authorization: Bearer TOKEN, or Sparring-Token: TOKEN"
                    }
                    true => "nobody has this token",
                };
                Problem::new(StatusCode::UNAUTHORIZED, detail)
            }
            Self::NoSandbox(id) => no_such_sandbox(&id),
            Self::NoSandboxOf(text) => Problem::not_found(format!("there is no sandbox {text}")),
            Self::Unnamed => Problem::not_found(
                "this token has several sandboxes: name one by the prefix /s/{id} or the header Sparring-Sandbox",
            ),
            Self::BadName(text) => {
                let detail = format!("the header Sparring-Sandbox is {text:?}; {SandboxIdError}");
                Problem::new(StatusCode::BAD_REQUEST, detail).field("Sparring-Sandbox")
            }
            Self::Role(need) => {
                let detail = format!("this needs {}", need.in_words());
                Problem::new(StatusCode::FORBIDDEN, detail)
            }
            Self::NoRoute(problem) => *problem,
            Self::TooMany { per_second, .. } => {
                let detail =
                    format!("the quota callsPerSecond is {per_second}: this call was not let in");
                Problem::of_quota("callsPerSecond", StatusCode::TOO_MANY_REQUESTS, detail)
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        // RFC 6750, §3: whoever has sent nothing is told no error.
        let challenge = match &self {
            Self::Unknown { shown: false } => Some("Bearer realm=\"sparring\""),
            Self::Unknown { shown: true } => {
                Some("Bearer realm=\"sparring\", error=\"invalid_token\"")
            }
            Self::Role(_) => Some("Bearer realm=\"sparring\", error=\"insufficient_scope\""),
            _ => None,
        };
        let again_in = match &self {
            Self::TooMany { again_in, .. } => Some(*again_in),
            _ => None,
        };
        let mut response = self.problem().into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(again_in) = again_in {
            let seconds = again_in.as_secs() + u64::from(again_in.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
