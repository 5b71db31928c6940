//! Collections: records read and staged by hand.

use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::extract::{self, Body, Path, Query};
use super::{App, json};
use crate::domain::name::Name;
use crate::engine::{Stage, stage};
use crate::http::problem::Problem;

/// How many records a page has, unless the reader says otherwise; and at the most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 10_000;

/// Which records.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// How many at the most: 1 to 10000, 100 if left out.
    #[serde(default, deserialize_with = "extract::number")]
    limit: Option<usize>,
    /// How many to pass over.
    #[serde(default, deserialize_with = "extract::number")]
    offset: Option<usize>,
    /// The key of the record behind which to begin: the last one of the page before.
    after: Option<String>,
}

/// All collections, with how many records each has.
#[utoipa::path(get, path = "/__admin/collections", tag = "collections", responses((status = 200, description = "`{\"collections\": [{name, pack, key, machine, records}]}`")))]
pub(super) async fn list(Extension(app): Extension<App>) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let definitions = app.service.definitions();
    let collections: Vec<Value> = definitions
        .packs
        .iter()
        .flat_map(|pack| {
            pack.collections
                .iter()
                .map(move |(name, spec)| (pack, name, spec))
        })
        .map(|(pack, name, spec)| {
            let records = state.collections.get(&Name::new(&pack.name, name));
            json!({
                "name": &**name,
                "pack": &*pack.name,
                "key": spec.key,
                "machine": spec.machine.as_deref(),
                "records": records.map_or(0, |records| records.len()),
            })
        })
        .collect();
    Ok(json(StatusCode::OK, &json!({ "collections": collections })))
}

/// Records, the oldest first.
#[utoipa::path(
    get, path = "/__admin/collections/{name}", tag = "collections", params(("name" = String, Path, description = "The collection, bare or as `pack.collection`"), Filter),
    responses((status = 200, description = "`{\"records\": [], \"total\": 0}`"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn records(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("expected 1 to {LIMIT_MAX}, found {limit}"),
        ));
    }
    let collection = stage::collection_of(&app.service.definitions(), &name)?;
    let state = app.service.read(&app.sandbox).await?;
    let records = state.collections.get(&collection);
    let mut page: Vec<Arc<Value>> = Vec::new();
    if let Some(records) = records {
        let age = filter.after.as_deref().map(|key| {
            let unknown = || format!("there is no record {key:?} in {collection}");
            let age = records.age_of(key);
            age.ok_or_else(|| Problem::invalid("after", unknown()))
        });
        let listed = records.after(age.transpose()?);
        let listed = listed.skip(filter.offset.unwrap_or(0)).take(limit);
        page.extend(listed.map(|(_, _, record)| record));
    }
    let total = records.map_or(0, |records| records.len());
    Ok(json(
        StatusCode::OK,
        &json!({ "records": page, "total": total }),
    ))
}

/// Makes records: one as an object, or several as a list. All of them, or none.
#[utoipa::path(
    post, path = "/__admin/collections/{name}", tag = "collections", request_body = Object, params(("name" = String, Path, description = "The collection, bare or as `pack.collection`")),
    responses((status = 201, description = "The record, or `{\"records\": []}`"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn add(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    Body(body): Body<Value>,
) -> Result<Response, Problem> {
    let (records, listed) = match body {
        Value::Array(records) => (records, true),
        record => (vec![record], false),
    };
    let mut put = put_records(&app, name, None, records).await?;
    let answer = if listed {
        json!({ "records": put })
    } else {
        put.pop().unwrap_or_default()
    };
    Ok(json(StatusCode::CREATED, &answer))
}

async fn put_records(
    app: &App,
    collection: String,
    key: Option<String>,
    records: Vec<Value>,
) -> Result<Vec<Value>, Problem> {
    let stage = Stage::PutRecords {
        collection,
        key,
        records,
    };
    match app.service.stage(&app.sandbox, stage).await? {
        Value::Array(put) => Ok(put),
        _ => Ok(Vec::new()),
    }
}

/// Drops all records of a collection.
#[utoipa::path(
    delete, path = "/__admin/collections/{name}", tag = "collections", params(("name" = String, Path, description = "The collection, bare or as `pack.collection`")),
    responses((status = 200, description = "`{\"deleted\": 0}`"), (status = 404, body = Problem))
)]
pub(super) async fn clear(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let cleared = app
        .service
        .stage(&app.sandbox, Stage::ClearCollection(name))
        .await?;
    Ok(json(StatusCode::OK, &cleared))
}

/// One record.
#[utoipa::path(
    get, path = "/__admin/collections/{name}/{key}", tag = "collections", params(("name" = String, Path, description = "The collection"), ("key" = String, Path, description = "The record's key")),
    responses((status = 200, description = "The record"), (status = 404, body = Problem))
)]
pub(super) async fn get(
    Extension(app): Extension<App>,
    Path((name, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let collection = stage::collection_of(&app.service.definitions(), &name)?;
    let state = app.service.read(&app.sandbox).await?;
    let record = state.record(&collection, &key);
    let record = record
        .ok_or_else(|| Problem::not_found(format!("there is no record {key:?} in {collection}")))?;
    Ok(json(StatusCode::OK, &record))
}

/// Makes or replaces a record.
#[utoipa::path(
    put, path = "/__admin/collections/{name}/{key}", tag = "collections", request_body = Object, params(("name" = String, Path, description = "The collection"), ("key" = String, Path, description = "The record's key")),
    responses((status = 200, description = "The record"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn put(
    Extension(app): Extension<App>,
    Path((name, key)): Path<(String, String)>,
    Body(record): Body<Value>,
) -> Result<Response, Problem> {
    let mut put = put_records(&app, name, Some(key), vec![record]).await?;
    Ok(json(StatusCode::OK, &put.pop().unwrap_or_default()))
}

/// Drops a record.
#[utoipa::path(
    delete, path = "/__admin/collections/{name}/{key}", tag = "collections", params(("name" = String, Path, description = "The collection"), ("key" = String, Path, description = "The record's key")),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn delete(
    Extension(app): Extension<App>,
    Path((name, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let stage = Stage::DeleteRecord {
        collection: name,
        key,
    };
    app.service.stage(&app.sandbox, stage).await?;
    Ok(json(StatusCode::OK, &json!({})))
}
