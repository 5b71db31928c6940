//! A page of mappings.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::{CODE_MALFORMED, error};
use crate::domain::call::decode;

/// A page of mappings.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::admin) struct Page {
    /// How many at the most.
    limit: Option<usize>,
    /// How many to pass over.
    offset: Option<usize>,
}

impl Page {
    /// The page that a query asks for. What else stands in it means nothing, as in WireMock.
    pub(super) fn of(query: &str) -> Result<Self, Box<Response>> {
        let mut page = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "offset" => page.offset = Some(number(name, value)?),
                "limit" => page.limit = Some(number(name, value)?),
                _ => {}
            }
        }
        Ok(page)
    }

    pub(super) fn offset(&self) -> usize {
        self.offset.unwrap_or(0)
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }
}

fn number(name: &str, value: &str) -> Result<usize, Box<Response>> {
    let value = decode(value, true);
    value.parse().map_err(|_| {
        let detail = format!("{name}: expected a number that is 0 or more, found {value:?}");
        let title = "Invalid query parameter";
        let status = StatusCode::BAD_REQUEST;
        Box::new(error(status, CODE_MALFORMED, title, None, Some(&detail)))
    })
}
