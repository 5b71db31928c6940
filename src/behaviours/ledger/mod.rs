//! The books, as steps of a tool use them: movements, holds, limits and wallets.
//!
//! Every function plans against the draft's ledger and gives effects that cannot fail any more.
//! Money that comes from outside, or goes there, is booked against the pack's account `@outside`,
//! which alone may be negative: so the books always balance.

mod books;

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Refusal, View, field_of};
use crate::definition::compiled::{Amount, HoldEffect, LimitChange, Movement, Pack};
use crate::domain::money::{self, Currency};
use crate::matching::condition::{EvalError, Expression};
use crate::state::ledger::plan::{self, TransferRequest};
use crate::state::ledger::{Account, Hold, HoldId, HoldState, Limits};
use crate::state::{Effect, SandboxState};

use books::Books;

/// The id of the hold that a step named `name` has placed on a record: of the pending one, if there
/// is one, otherwise of the latest.
#[must_use]
pub fn hold_id(view: &View<'_>, collection: &str, key: &str, name: &str) -> HoldId {
    let (first, held) = holds(view, collection, key, name);
    let pending = held.iter().find(|hold| hold.state == HoldState::Pending);
    let latest = held.last().map_or(first, |hold| hold.id.clone());
    pending.map_or(latest, |hold| hold.id.clone())
}

/// The id under which a step named `name` places its next hold on a record. While one is pending it
/// is that one's, and placing it is refused.
#[must_use]
pub fn next_hold_id(view: &View<'_>, collection: &str, key: &str, name: &str) -> HoldId {
    let (first, held) = holds(view, collection, key, name);
    match held.iter().find(|hold| hold.state == HoldState::Pending) {
        Some(pending) => pending.id.clone(),
        None if held.is_empty() => first,
        None => HoldId::new(format!("{first}#{}", held.len() + 1)),
    }
}

/// The id of the first hold of this name, and all that there have been.
fn holds<'a>(view: &View<'a>, collection: &str, key: &str, name: &str) -> (HoldId, Vec<&'a Hold>) {
    let first = format!("{}.{collection}/{key}/{name}", view.pack.name);
    let held = view.state.ledger.holds_below(&first).filter(|hold| {
        let rest = &hold.id.0[first.len()..];
        rest.is_empty() || rest.starts_with('#')
    });
    let mut held: Vec<&Hold> = held.collect();
    // By their numbers: as text, #10 would come before #2.
    held.sort_by_key(|hold| hold.id.0.len());
    (HoldId::new(first), held)
}

/// Opens the wallets of these agents, where they have none, with what a wallet opens with.
///
/// # Errors
/// When a name is no text, or an opening balance cannot be booked.
pub fn open_wallets(view: &View<'_>, agents: &[Expression]) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    for agent in agents {
        if let Some(Value::String(agent)) = view.eval_optional(agent)? {
            books.open_wallet(&agent)?;
        }
    }
    Ok(books.effects)
}

/// Moves an amount at once.
///
/// # Errors
/// `invalid_input`, `insufficient_funds`, `over_limit`.
pub fn transfer(
    view: &View<'_>,
    movement: &Movement,
    reference: Option<&str>,
) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let request = books.request(view, movement, reference)?;
    let planned = plan::transfer(&books.ledger, &request);
    books.finish(planned)
}

/// Reserves an amount under a hold.
///
/// # Errors
/// `invalid_input`, `insufficient_funds`, `over_limit`.
pub fn hold(
    view: &View<'_>,
    id: &HoldId,
    movement: &Movement,
    reference: Option<&str>,
) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let request = books.request(view, movement, reference)?;
    let planned = plan::hold(&books.ledger, id, &request);
    books.finish(planned)
}

/// Lets a hold reach its destination, all of it or an amount.
///
/// # Errors
/// `exceeds_hold`, `hold_resolved`, `invalid_input`.
pub fn post(view: &View<'_>, id: &HoldId, amount: Option<&Amount>) -> Result<Vec<Effect>, Refusal> {
    let books = Books::new(view.pack, view.state)?;
    let amount = match (amount, view.state.ledger.hold(id)) {
        (Some(amount), Some(hold)) => {
            let currency = books.currency_of_code(&hold.debit.currency)?.clone();
            Some(amount_of(view, amount, &currency)?)
        }
        _ => None,
    };
    let planned = plan::post(&books.ledger, id, amount, view.now());
    books.finish(planned)
}

/// Gives a hold back. `expired` says that time did it.
///
/// # Errors
/// `hold_resolved`.
pub fn void(view: &View<'_>, id: &HoldId, expired: bool) -> Result<Vec<Effect>, Refusal> {
    let books = Books::new(view.pack, view.state)?;
    let planned = plan::void(&books.ledger, id, expired, view.now());
    books.finish(planned)
}

/// Gives back what is held on a record that is dropped: nobody could resolve it any more.
///
/// # Errors
/// Never, as the ledger stands: only pending holds are voided.
pub fn free(
    pack: &Arc<Pack>,
    state: &SandboxState,
    collection: &str,
    key: &str,
) -> Result<Vec<Effect>, Refusal> {
    if pack.ledger.is_none() {
        return Ok(Vec::new());
    }
    let mut books = Books::new(pack, state)?;
    let prefix = format!("{}.{collection}/{key}/", pack.name);
    let held: Vec<HoldId> = state
        .ledger
        .holds_below(&prefix)
        .filter(|hold| hold.state == HoldState::Pending)
        .map(|hold| hold.id.clone())
        .collect();
    for id in held {
        let planned = plan::void(&books.ledger, &id, false, state.now);
        books.take(planned)?;
    }
    Ok(books.effects)
}

/// What a transition does to a hold of its record.
///
/// # Errors
/// As [`post`] and [`void`].
pub fn resolve(
    view: &View<'_>,
    effect: &HoldEffect,
    id: impl Fn(&str) -> HoldId,
    expired: bool,
) -> Result<Vec<Effect>, Refusal> {
    match effect {
        HoldEffect::Post(name, amount) => post(view, &id(name), amount.as_ref()),
        HoldEffect::Void(name) => void(view, &id(name), expired),
    }
}

/// Sets how much an account may spend.
///
/// # Errors
/// `invalid_input`, when a limit is no amount.
pub fn set_limits(view: &View<'_>, change: &LimitChange) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let currency = books.currency(view, change.currency.as_ref())?.clone();
    let id = books.account(&view.text(&change.account)?, &currency)?;
    let before = books
        .ledger
        .account(&id)
        .map(|account| account.limits.clone());
    let before = before.unwrap_or_default();
    let limits = Limits {
        per_transaction: limit_of(
            view,
            change.per_transaction.as_ref(),
            before.per_transaction,
            &currency,
        )?,
        daily: limit_of(view, change.daily.as_ref(), before.daily, &currency)?,
        monthly: limit_of(view, change.monthly.as_ref(), before.monthly, &currency)?,
    };
    let planned = plan::set_limits(&books.ledger, &id, &limits);
    books.finish(planned)
}

/// The effects that a sandbox's books open with.
///
/// # Errors
/// When an opening balance cannot be booked, which loading has ruled out.
pub fn opening(pack: &Arc<Pack>, state: &SandboxState) -> Result<Vec<Effect>, Refusal> {
    let Some(spec) = &pack.ledger else {
        return Ok(Vec::new());
    };
    let mut books = Books::new(pack, state)?;
    for account in &spec.accounts {
        books.open(&account.name, &account.currency, account.balance)?;
    }
    Ok(books.effects)
}

/// Sets what is available on a wallet, booked against the outside; opens it, if need be.
///
/// # Errors
/// `invalid_input`, when the currency is unknown or the balance is not an amount.
pub fn set_balance(
    pack: &Arc<Pack>,
    state: &SandboxState,
    agent: &str,
    balance: &str,
    currency: Option<&str>,
) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(pack, state)?;
    let currency = match currency {
        Some(code) => books.currency_of_code(code)?.clone(),
        None => books.default_currency()?.clone(),
    };
    let target = money::parse_balance(balance, &currency)
        .map_err(|error| Refusal::invalid_field("balance", error.to_string()))?;
    let wallet = books.account(agent, &currency)?;
    let outside = books.outside(&currency)?;
    let available = books
        .ledger
        .account(&wallet)
        .map_or(Decimal::ZERO, Account::available);
    let (debit, credit) = if target > available {
        (outside, wallet)
    } else {
        (wallet, outside)
    };
    let amount = (target - available).abs();
    if !amount.is_zero() {
        let request = TransferRequest {
            debit,
            credit,
            amount,
            kind: "adjustment".into(),
            reference: None,
            at: state.now,
            spends: false,
        };
        let planned = plan::transfer(&books.ledger, &request);
        books.take(planned)?;
    }
    Ok(books.effects)
}

fn amount_of(view: &View<'_>, amount: &Amount, currency: &Currency) -> Result<Decimal, Refusal> {
    let text = view.text(amount)?;
    money::parse_amount(&text, currency)
        .map_err(|error| Refusal::invalid_field(field_of(amount.source()), error.to_string()))
}

/// A limit that is named replaces the one before, null lifts it, and one that is not named stays.
fn limit_of(
    view: &View<'_>,
    limit: Option<&Amount>,
    before: Option<Decimal>,
    currency: &Currency,
) -> Result<Option<Decimal>, Refusal> {
    let Some(limit) = limit else {
        return Ok(before);
    };
    let text = match limit.eval(view) {
        Ok(Value::Null) => return Ok(None),
        Err(EvalError::Missing { .. }) => return Ok(before),
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => return Err(Refusal::definition(limit.source(), error)),
    };
    money::parse_balance(&text, currency)
        .map(Some)
        .map_err(|error| Refusal::invalid_field(field_of(limit.source()), error.to_string()))
}
