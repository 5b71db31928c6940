//! Stubs that are found by their metadata.

use axum::Extension;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::{App, answer, done, failed, listed, malformed, mistakes, removing, text};
use crate::definition::load;
use crate::domain::call::Call;
use crate::matching::pattern::RequestPattern;

/// The stubs whose metadata fit a content pattern.
#[utoipa::path(
    post, path = "/__admin/mappings/find-by-metadata", tag = "mappings", request_body = Object,
    responses((status = 200, description = "`{\"mappings\": [], \"meta\": {\"total\": 0}}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in crate::http::admin) async fn find_by_metadata(
    Extension(app): Extension<App>,
    body: Bytes,
) -> Response {
    let pattern = match Pattern::of(&body) {
        Ok(pattern) => pattern,
        Err(refused) => return *refused,
    };
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let all = state.overlay.iter().map(|(_, mapping)| &**mapping);
    let found: Vec<&Value> = all.filter(|mapping| pattern.fits(mapping)).collect();
    listed(&found, found.len())
}

/// Drops the stubs whose metadata fit a content pattern.
#[utoipa::path(
    post, path = "/__admin/mappings/remove-by-metadata", tag = "mappings", request_body = Object,
    responses((status = 200, description = "`{}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in crate::http::admin) async fn remove_by_metadata(
    Extension(app): Extension<App>,
    body: Bytes,
) -> Response {
    let removed = app.service.change_stubs(&app.sandbox, |state, _| {
        let pattern = Pattern::of(&body)?;
        let all = state.overlay.iter();
        let found = all.filter(|(_, mapping)| pattern.fits(mapping));
        let ids = found.map(|(id, _)| id.clone()).collect();
        Ok((removing(ids), done()))
    });
    answer(removed.await)
}

/// What metadata must be like: matched as the body of a request is, as the text of a JSON document.
struct Pattern(RequestPattern);

impl Pattern {
    fn of(body: &[u8]) -> Result<Self, Box<Response>> {
        let refused = |detail: String| Box::new(malformed(&detail));
        let text = text(body)?;
        let operator = crate::domain::json::parse_strict(text.as_bytes())
            .map_err(|error| refused(error.to_string()))?;
        let members = operator.as_object();
        if members.is_none_or(serde_json::Map::is_empty) {
            return Err(refused(format!(
                "{operator} is not a valid match operation"
            )));
        }
        let pattern = json!({ "bodyPatterns": [operator] }).to_string();
        load::request_pattern(&pattern)
            .map(Self)
            .map_err(|diagnostics| Box::new(mistakes(&diagnostics)))
    }

    fn fits(&self, mapping: &Value) -> bool {
        let metadata = mapping.get("metadata").unwrap_or(&Value::Null);
        let call = Call::new(
            0,
            Method::POST,
            "/".to_owned(),
            HeaderMap::new(),
            metadata.to_string().into(),
            String::new(),
            "".into(),
        );
        self.0.fits(&call, jiff::Timestamp::UNIX_EPOCH)
    }
}
