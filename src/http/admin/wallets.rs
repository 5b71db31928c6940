//! Wallets: read and set by hand.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::extract::{Body, NoQuery, Path};
use super::{App, json};
use crate::behaviours::OUTSIDE;
use crate::definition::compiled::{Definitions, LedgerSpec};
use crate::domain::money::format_amount;
use crate::engine::{Stage, stage};
use crate::http::problem::Problem;
use crate::state::SandboxState;
use crate::state::ledger::Account;

/// What a wallet is to have.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBalance {
    /// What is available, in major units, as text: `"50.00"`.
    balance: String,
    /// The currency; the ledger's first, if left out.
    currency: Option<String>,
}

/// All wallets.
#[utoipa::path(get, path = "/__admin/wallets", tag = "ledger", responses((status = 200, description = "`{\"wallets\": [], \"total\": 0}`")))]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let definitions = app.service.definitions();
    let mut wallets: Vec<Value> = Vec::new();
    for pack in &definitions.packs {
        let Some(spec) = pack
            .ledger
            .as_ref()
            .filter(|ledger| ledger.wallets.is_some())
        else {
            continue;
        };
        let accounts = state.ledger.accounts();
        let mut names: Vec<&str> = accounts
            .filter(|(id, _)| *id.pack == *pack.name && is_wallet(spec, &id.name))
            .map(|(id, _)| &*id.name)
            .collect();
        names.dedup();
        wallets.extend(
            names
                .iter()
                .filter_map(|name| shown(&state, &pack.name, spec, name)),
        );
    }
    let total = wallets.len();
    Ok(json(
        StatusCode::OK,
        &json!({ "wallets": wallets, "total": total }),
    ))
}

/// One agent's wallet. Reading opens nothing.
#[utoipa::path(
    get, path = "/__admin/wallets/{agent}", tag = "ledger", params(("agent" = String, Path, description = "The agent, bare or as `pack.agent`")),
    responses((status = 200, description = "`{agent, pack, balance, currency, pending, balances}`"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn get(
    Extension(app): Extension<App>,
    Path(agent): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let wallet = find(&app.service.definitions(), &state, &agent)?;
    Ok(json(StatusCode::OK, &wallet))
}

/// Sets what a wallet has available. The difference is booked against the outside.
#[utoipa::path(
    put, path = "/__admin/wallets/{agent}", tag = "ledger", request_body = NewBalance, params(("agent" = String, Path, description = "The agent, bare or as `pack.agent`")),
    responses((status = 200, description = "The wallet"), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn set(
    Extension(app): Extension<App>,
    Path(agent): Path<String>,
    _: NoQuery,
    Body(new): Body<NewBalance>,
) -> Result<Response, Problem> {
    if agent.is_empty() || agent.rsplit('.').next() == Some(OUTSIDE) {
        return Err(Problem::invalid("agent", format!("{agent:?} is no agent")));
    }
    let stage = Stage::SetWallet {
        agent: agent.clone(),
        balance: new.balance,
        currency: new.currency,
    };
    app.service.stage(&app.sandbox, stage).await?;
    let state = app.service.read(&app.sandbox).await?;
    let wallet = find(&app.service.definitions(), &state, &agent)?;
    Ok(json(StatusCode::OK, &wallet))
}

fn find(definitions: &Definitions, state: &SandboxState, agent: &str) -> Result<Value, Problem> {
    let missing = || Problem::not_found(format!("there is no wallet of {agent:?}"));
    let (pack, name) = stage::wallet_of(definitions, state, agent)?;
    let spec = pack.ledger.as_ref().ok_or_else(missing)?;
    shown(state, &pack.name, spec, name).ok_or_else(missing)
}

/// Accounts that the pack opens itself are its own, not an agent's.
fn is_wallet(spec: &LedgerSpec, name: &str) -> bool {
    name != OUTSIDE && !spec.accounts.iter().any(|own| &*own.name == name)
}

/// A wallet: its first currency, and all of them.
fn shown(state: &SandboxState, pack: &str, spec: &LedgerSpec, agent: &str) -> Option<Value> {
    let accounts: Vec<&Account> = spec
        .currencies
        .iter()
        .filter_map(|currency| {
            let mut named = state.ledger.accounts_named(pack, agent);
            named
                .find(|(id, _)| id.currency == currency.code)
                .map(|(_, account)| account)
        })
        .collect();
    let first = accounts.first()?;
    let money = |account: &Account, amount| format_amount(amount, account.minor_units);
    let balances: Vec<Value> = accounts
        .iter()
        .map(|account| {
            json!({
                "currency": &*account.currency,
                "balance": money(account, account.available()),
                "pending": money(account, account.debits_pending),
                "debitsPosted": money(account, account.debits_posted),
                "debitsPending": money(account, account.debits_pending),
                "creditsPosted": money(account, account.credits_posted),
                "creditsPending": money(account, account.credits_pending),
            })
        })
        .collect();
    Some(json!({
        "agent": agent,
        "pack": pack,
        "balance": money(first, first.available()),
        "currency": &*first.currency,
        "pending": money(first, first.debits_pending),
        "balances": balances,
    }))
}

impl NewBalance {
    /// The balance and its currency.
    pub(super) fn into_parts(self) -> (String, Option<String>) {
        (self.balance, self.currency)
    }
}
