//! The books: entries, and whether they are right.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::extract::{self, NoQuery, Query};
use super::{App, json};
use crate::domain::money::format_amount;
use crate::http::problem::Problem;
use crate::state::SandboxState;
use crate::state::ledger::{Transfer, audit};

/// How many entries a page has, unless the reader says otherwise; and at the most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only entries that touch an account of this name.
    account: Option<String>,
    /// How many at the most: 1 to 1000, 100 if left out.
    #[serde(default, deserialize_with = "extract::number")]
    limit: Option<usize>,
    /// The `next` of the page before.
    #[serde(default, deserialize_with = "extract::number")]
    cursor: Option<u64>,
}

/// The entries of the books, the oldest first.
#[utoipa::path(
    get, path = "/__admin/ledger/transfers", tag = "ledger", params(Filter),
    responses((status = 200, description = "`{\"transfers\": [], \"total\": 0, \"next\": null}`"), (status = 422, body = Problem))
)]
pub(super) async fn transfers(
    Extension(app): Extension<App>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("expected 1 to {LIMIT_MAX}, found {limit}"),
        ));
    }
    let state = app.service.read(&app.sandbox).await?;
    let wanted = |transfer: &&Transfer| {
        filter
            .account
            .as_ref()
            .is_none_or(|name| *transfer.debit.name == **name || *transfer.credit.name == **name)
    };
    let total = state.ledger.transfers().filter(wanted).count();
    let after = filter.cursor.unwrap_or(0);
    let mut page: Vec<&Transfer> = state
        .ledger
        .transfers()
        .filter(wanted)
        .filter(|transfer| transfer.number > after)
        .take(limit + 1)
        .collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page
        .last()
        .filter(|_| more)
        .map(|transfer| transfer.number.to_string());
    let shown: Vec<Value> = page
        .iter()
        .map(|transfer| shown(&state, transfer))
        .collect();
    Ok(json(
        StatusCode::OK,
        &json!({ "transfers": shown, "total": total, "next": next }),
    ))
}

fn shown(state: &SandboxState, transfer: &Transfer) -> Value {
    let decimals = state
        .ledger
        .account(&transfer.debit)
        .map_or(0, |account| account.minor_units);
    let mut shown = serde_json::to_value(transfer).unwrap_or_default();
    shown["amount"] = format_amount(transfer.amount, decimals).into();
    shown["currency"] = (*transfer.debit.currency).into();
    shown
}

/// Every invariant of the books, checked now.
#[utoipa::path(get, path = "/__admin/ledger/audit", tag = "ledger", responses((status = 200, description = "`{\"ok\": true, \"invariants\": [{name, ok, detail}]}`")))]
pub(super) async fn audit(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let checked = tokio::task::spawn_blocking(move || audit::audit(&state.ledger)).await;
    let invariants = checked.map_err(|error| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the audit failed: {error}"),
        )
    })?;
    let ok = invariants.iter().all(|invariant| invariant.ok);
    Ok(json(
        StatusCode::OK,
        &json!({ "ok": ok, "invariants": invariants }),
    ))
}
