//! Bodies and queries as types: what does not fit is refused with the member at fault.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::domain::call::decode;
use crate::domain::json::parse_strict;
use crate::http::problem::Problem;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

/// A JSON body that need not be there: without one, nothing is said.
pub(super) struct OptionalBody<T>(pub(super) T);

/// The parameters of the query.
pub(super) struct Query<T>(pub(super) T);

/// A query without parameters: one that nobody reads is a mistake of whoever wrote it.
pub(super) struct NoQuery;

/// The variables of the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        typed(parsed(&whole(request).await?)?, "body").map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = whole(request).await?;
        let value = match bytes.trim_ascii().is_empty() {
            true => Value::Object(Map::new()),
            false => parsed(&bytes)?,
        };
        typed(value, "body").map(Self)
    }
}

async fn whole(request: Request) -> Result<Bytes, Problem> {
    // The edge has bounded it already, as the server was told to.
    to_bytes(request.into_body(), usize::MAX)
        .await
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

fn parsed(bytes: &[u8]) -> Result<Value, Problem> {
    parse_strict(bytes).map_err(|error| {
        let detail = format!("the body is not JSON: {error}");
        Problem::new(StatusCode::BAD_REQUEST, detail).field("body")
    })
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut members = Map::new();
        for pair in parts
            .uri
            .query()
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name, true), decode(value, true));
            if members.contains_key(&*name) {
                return Err(Problem::invalid(&name, "is given twice"));
            }
            members.insert(name.into_owned(), value.into_owned().into());
        }
        typed(Value::Object(members), "query").map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let Query(Nothing {}) = Query::from_request_parts(parts, state).await?;
        Ok(Self)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        match path {
            Ok(axum::extract::Path(variables)) => Ok(Self(variables)),
            Err(error) => {
                Err(Problem::new(StatusCode::BAD_REQUEST, error.body_text()).field("path"))
            }
        }
    }
}

fn typed<T: DeserializeOwned>(value: Value, whole: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        // serde names an unknown or missing field only in its message.
        let named = message.split('`').nth(1).filter(|_| {
            message.starts_with("unknown field") || message.starts_with("missing field")
        });
        let field = match (path.as_str(), named) {
            (".", Some(named)) => named.to_owned(),
            (".", None) => whole.to_owned(),
            (path, Some(named)) if path.rsplit('.').next() != Some(named) => {
                format!("{path}.{named}")
            }
            (path, _) => path.to_owned(),
        };
        Problem::invalid(&field, message)
    })
}

/// A number in a query: there everything is text.
pub(super) fn number<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: serde::Deserializer<'de>,
    N: std::str::FromStr,
{
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom(format!("expected a number, found {text:?}")))
}

/// `true` or `false` in a query.
pub(super) fn flag<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<bool>, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom(format!("expected true or false, found {text:?}")))
}
