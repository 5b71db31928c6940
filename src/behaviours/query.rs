//! Queries: what a tool looks up in the sandbox.

pub mod selection;

use std::cmp::Reverse;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::{OUTSIDE, Refusal, View, account_id};
use crate::definition::compiled::{ListQuery, QuerySpec, SortKey};
use crate::domain::money::format_amount;
use crate::domain::order::{SortValue, decimal};
use crate::matching::condition::Expression;
use crate::render::Document;
use crate::state::collection::Collection;
use crate::state::ledger::{Account, Phase, SpendWindows, Transfer};

/// How many records or entries a query gives at the most, whatever its limit says.
pub const ITEMS_MAX: usize = 10_000;

/// What a query finds.
///
/// # Errors
/// When an expression of it fails.
pub fn run(view: &View<'_>, query: &QuerySpec) -> Result<Value, Refusal> {
    match query {
        QuerySpec::List(list) => records(view, list),
        QuerySpec::Pick { of, fields } => {
            let value = view.eval(of)?;
            Ok(match names(view, fields.as_ref())? {
                Some(names) => picked(&value, &names),
                None => value,
            })
        }
        QuerySpec::Document { document, over } => laid(view, document, over.as_ref()),
        QuerySpec::Transfers {
            account,
            currency,
            limit,
        } => {
            let name = view.text(account)?;
            let currency = currency.as_ref().map(|code| view.text(code)).transpose()?;
            let limit = limit_of(view, limit.as_ref())?;
            Ok(transfers(view, &name, currency.as_deref(), limit))
        }
        QuerySpec::Account { account, currency } => {
            let name = view.text(account)?;
            let currency = currency.as_ref().map(|code| view.text(code)).transpose()?;
            wallet(view, &name, currency.as_deref())
        }
    }
}

/// What a document makes, laid over an object, if there is one.
fn laid(view: &View<'_>, document: &Document, over: Option<&Expression>) -> Result<Value, Refusal> {
    let made = view.fill(document)?;
    let Some(over) = over else {
        return Ok(made);
    };
    match (view.eval_optional(over)?, made) {
        (None, made) => Ok(made),
        (Some(Value::Object(mut members)), Value::Object(made)) => {
            members.extend(made);
            Ok(Value::Object(members))
        }
        // A document that is laid over something is an object: it is checked when it loads.
        (Some(_), _) => Err(Refusal::definition(over.source(), "this gives no object")),
    }
}

fn records(view: &View<'_>, query: &ListQuery) -> Result<Value, Refusal> {
    let Some(collection) = view.state.collections.get(&view.name(&query.collection)) else {
        return Ok(json!({ "items": [], "total": 0, "sum": zero_sums(query) }));
    };
    if query.order.is_empty() && query.sums.is_empty() {
        return first_records(view, query, collection);
    }
    let mut found: Vec<(Vec<SortValue>, Arc<Value>)> = Vec::new();
    for (_, record) in collection.iter() {
        let of = view.of(&record);
        let wanted = query
            .filter
            .as_ref()
            .map_or(Ok(true), |filter| of.test(filter))?;
        if wanted {
            let keys = sort_keys(&of, &query.order)?;
            found.push((keys, record));
        }
    }
    // A stable sort: the order of their making decides among equals.
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let limit = limit_of(view, query.limit.as_ref())?;
    let names = names(view, query.fields.as_ref())?;
    let items = found.iter().take(limit);
    let items: Vec<Value> = items
        .map(|(_, record)| shown(record, names.as_deref()))
        .collect();
    let matching: Vec<&Value> = found.iter().map(|(_, record)| &**record).collect();
    let sums = sums(view, query, &matching)?;
    Ok(json!({ "items": items, "total": found.len(), "sum": sums }))
}

/// What the record or value that `view` looks at is sorted by.
fn sort_keys(view: &View<'_>, order: &[SortKey]) -> Result<Vec<SortValue>, Refusal> {
    let keys = order.iter().map(|key| {
        let value = SortValue::of(&view.eval(&key.by)?);
        Ok(if key.descending {
            value.reversed()
        } else {
            value
        })
    });
    keys.collect()
}

/// The members that an expression names; nothing, if it names none: then all are meant.
fn names(view: &View<'_>, fields: Option<&Expression>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(fields) = fields else {
        return Ok(None);
    };
    let names: Vec<String> = match view.eval_optional(fields)? {
        None => return Ok(None),
        Some(Value::String(text)) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        Some(other) => {
            let message = format!("expected names of members, found {other}");
            return Err(Refusal::definition(fields.source(), message));
        }
    };
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    Ok((!names.is_empty()).then_some(names))
}

/// An object with only these members, or a list of such objects. Anything else stays as it is.
fn picked(value: &Value, names: &[String]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| shown(item, Some(names))).collect(),
        other => shown(other, Some(names)),
    }
}

/// A value with only these members, where they are named.
fn shown(value: &Value, names: Option<&[String]>) -> Value {
    match (value, names) {
        (Value::Object(members), Some(names)) => {
            let wanted = members.iter().filter(|(name, _)| names.contains(name));
            let wanted = wanted.map(|(name, member)| (name.clone(), member.clone()));
            Value::Object(wanted.collect())
        }
        _ => value.clone(),
    }
}

/// What needs no more than the first records held: a collection may have a million.
fn first_records(
    view: &View<'_>,
    query: &ListQuery,
    collection: &Collection,
) -> Result<Value, Refusal> {
    let limit = limit_of(view, query.limit.as_ref())?;
    let names = names(view, query.fields.as_ref())?;
    let items = |records: &mut dyn Iterator<Item = Arc<Value>>| -> Vec<Value> {
        let shown = records.map(|record| shown(&record, names.as_deref()));
        shown.collect()
    };
    let Some(filter) = &query.filter else {
        let items = items(&mut collection.iter().map(|(_, record)| record).take(limit));
        return Ok(json!({ "items": items, "total": collection.len(), "sum": {} }));
    };
    let mut first = Vec::new();
    let mut total = 0_usize;
    for (_, record) in collection.iter() {
        if view.of(&record).test(filter)? {
            total += 1;
            if first.len() < limit {
                first.push(record);
            }
        }
    }
    let items = items(&mut first.into_iter());
    Ok(json!({ "items": items, "total": total, "sum": {} }))
}

fn zero_sums(query: &ListQuery) -> Map<String, Value> {
    query
        .sums
        .iter()
        .map(|(name, _)| (name.clone(), json!(0.0)))
        .collect()
}

fn sums(
    view: &View<'_>,
    query: &ListQuery,
    records: &[&Value],
) -> Result<Map<String, Value>, Refusal> {
    let mut sums = Map::new();
    for (name, expression) in &query.sums {
        let mut sum = Decimal::ZERO;
        for record in records {
            let value = view.of(record).eval(expression)?;
            let added = decimal(&value).and_then(|value| sum.checked_add(value));
            sum = added.ok_or_else(|| {
                Refusal::definition(expression.source(), format!("{value} cannot be added up"))
            })?;
        }
        let text = sum.normalize().to_string();
        // A sum is a number with a fraction, so that conditions can calculate with it.
        let text = if text.contains('.') {
            text
        } else {
            format!("{text}.0")
        };
        sums.insert(
            name.clone(),
            serde_json::from_str(&text).unwrap_or(Value::Null),
        );
    }
    Ok(sums)
}

fn limit_of(view: &View<'_>, limit: Option<&Expression>) -> Result<usize, Refusal> {
    Ok(asked_limit(view, limit)?.min(ITEMS_MAX))
}

/// The limit that an expression gives, however large; none, if there is no expression.
fn asked_limit(view: &View<'_>, limit: Option<&Expression>) -> Result<usize, Refusal> {
    let Some(limit) = limit else {
        return Ok(usize::MAX);
    };
    let value = view.eval(limit)?;
    // A schema's integer may be spelled 10.0.
    let whole = decimal(&value).filter(Decimal::is_integer);
    let wanted = whole.and_then(|number| number.to_u64());
    let wanted = wanted.ok_or_else(|| {
        Refusal::definition(
            limit.source(),
            format!("expected a number of items, found {value}"),
        )
    })?;
    Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
}

fn transfers(view: &View<'_>, name: &str, currency: Option<&str>, limit: usize) -> Value {
    let mut entries: Vec<(&Account, &str, &Transfer)> = view
        .state
        .ledger
        .accounts_named(&view.pack.name, name)
        .filter(|(id, _)| currency.is_none_or(|code| &*id.currency == code))
        .flat_map(|(id, account)| {
            let latest = view.state.ledger.transfers_of(id).take(ITEMS_MAX);
            latest.map(move |transfer| (account, &*id.name, transfer))
        })
        .collect();
    let total: usize = view
        .state
        .ledger
        .accounts_named(&view.pack.name, name)
        .filter(|(id, _)| currency.is_none_or(|code| &*id.currency == code))
        .map(|(_, account)| account.entries.len())
        .sum();
    entries.sort_by_key(|(.., transfer)| Reverse(transfer.number));
    let items: Vec<Value> = entries
        .into_iter()
        .take(limit)
        .map(|(account, name, transfer)| entry(account, name, transfer))
        .collect();
    json!({ "items": items, "total": total })
}

/// A journal entry as the owner of one of its accounts sees it.
fn entry(account: &Account, owner: &str, transfer: &Transfer) -> Value {
    let leaves = &*transfer.debit.name == owner;
    let other = if leaves {
        &transfer.credit
    } else {
        &transfer.debit
    };
    let counterparty = if &*other.name == OUTSIDE {
        "external"
    } else {
        &*other.name
    };
    let status = match transfer.phase {
        Phase::Posted => "posted",
        Phase::Pending => "pending",
        Phase::PostPending => "captured",
        Phase::VoidPending { expired: false } => "voided",
        Phase::VoidPending { expired: true } => "expired",
    };
    json!({
        "id": format!("txn_{:06}", transfer.number),
        "type": &*transfer.kind,
        "amount": format_amount(transfer.amount, account.minor_units),
        "currency": &*account.currency,
        "direction": if leaves { "debit" } else { "credit" },
        "counterparty": counterparty,
        "status": status,
        "reference": transfer.reference.as_deref(),
        "at": transfer.at.to_string(),
    })
}

fn wallet(view: &View<'_>, name: &str, currency: Option<&str>) -> Result<Value, Refusal> {
    let Some(spec) = &view.pack.ledger else {
        return Err(Refusal::definition(
            &view.pack.name,
            "the pack declares no ledger",
        ));
    };
    let unit = match currency {
        Some(code) => spec.currency(code),
        None => spec.currencies.first(),
    };
    let Some(unit) = unit else {
        let code = currency.unwrap_or_default();
        return Err(Refusal::invalid_field(
            "currency",
            format!("unknown currency {code:?}"),
        ));
    };
    let account = view
        .state
        .ledger
        .account(&account_id(view.pack, name, &unit.code));
    let text = |amount: Decimal| Value::String(format_amount(amount, unit.minor_units));
    let Some(account) = account else {
        let zero = text(Decimal::ZERO);
        return Ok(json!({
            "available": zero, "balance": zero, "pending": zero, "currency": &*unit.code,
            "limits": {}, "spent": { "daily": zero, "monthly": zero }, "remaining": {},
        }));
    };
    let windows = SpendWindows::at(view.now());
    let today = account.spent_on(&windows.day);
    let this_month = account.spent_in(&windows.month);
    let cap = |cap: Option<Decimal>| cap.map_or(Value::Null, text);
    let remaining = |cap: Option<Decimal>, spent: Decimal| {
        cap.map_or(Value::Null, |cap| text((cap - spent).max(Decimal::ZERO)))
    };
    Ok(json!({
        "available": text(account.available()),
        "balance": text(account.balance()),
        "pending": text(account.debits_pending),
        "currency": &*unit.code,
        "limits": {
            "perTransaction": cap(account.limits.per_transaction),
            "daily": cap(account.limits.daily),
            "monthly": cap(account.limits.monthly),
        },
        "spent": { "daily": text(today), "monthly": text(this_month) },
        "remaining": {
            "daily": remaining(account.limits.daily, today),
            "monthly": remaining(account.limits.monthly, this_month),
        },
        "openedAt": account.opened_at.to_string(),
    }))
}
