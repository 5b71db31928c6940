//! What holds in every ledger at all times, as functions: each invariant looks
//! at accounts, holds and journal entries from another side, and names the
//! first that is out of line.
//!
//! An audit reads the whole ledger. Its sums are exact while the totals of one
//! currency add up to less than the 28 digits of a [`Decimal`].

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Serialize;

use super::Ledger;
use super::account::{Account, AccountId, AccountKind, SpendWindows};
use super::transfer::{Hold, HoldId, HoldState, Phase, Transfer};

/// One invariant and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invariant {
    /// The invariant's name, such as `debits_equal_credits_posted`.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// The first offender and what is wrong with it; empty when all is well.
    pub detail: String,
}

/// Checks one invariant; the error names the first offender.
type Check = fn(&Ledger) -> Result<(), String>;

const INVARIANTS: [(&str, Check); 11] = [
    ("debits_equal_credits_posted", debits_equal_credits_posted),
    ("debits_equal_credits_pending", debits_equal_credits_pending),
    ("wallets_not_below_zero", wallets_not_below_zero),
    ("pending_equals_holds", pending_equals_holds),
    ("balance_equals_replay", balance_equals_replay),
    ("holds_resolved_once", holds_resolved_once),
    (
        "posted_plus_returned_equals_held",
        posted_plus_returned_equals_held,
    ),
    (
        "transfers_within_one_currency",
        transfers_within_one_currency,
    ),
    ("entries_match_transfers", entries_match_transfers),
    ("amounts_fit_currency", amounts_fit_currency),
    ("spent_equals_recount", spent_equals_recount),
];

/// Checks every invariant that a ledger can show on its own.
pub fn audit(ledger: &Ledger) -> Vec<Invariant> {
    INVARIANTS
        .iter()
        .map(|(name, check)| {
            let result = check(ledger);
            Invariant {
                name,
                ok: result.is_ok(),
                detail: result.err().unwrap_or_default(),
            }
        })
        .collect()
}

/// Adds without a panic, whatever a broken ledger holds.
fn add(sum: &mut Decimal, amount: Decimal) {
    *sum = sum.saturating_add(amount);
}

fn debits_equal_credits_posted(ledger: &Ledger) -> Result<(), String> {
    sides_are_equal(ledger, |account| {
        (account.debits_posted, account.credits_posted)
    })
}

fn debits_equal_credits_pending(ledger: &Ledger) -> Result<(), String> {
    sides_are_equal(ledger, |account| {
        (account.debits_pending, account.credits_pending)
    })
}

fn sides_are_equal(
    ledger: &Ledger,
    sides: impl Fn(&Account) -> (Decimal, Decimal),
) -> Result<(), String> {
    let mut sums: BTreeMap<&str, (Decimal, Decimal)> = BTreeMap::new();
    for (id, account) in ledger.accounts() {
        let (debits, credits) = sides(account);
        let sum = sums.entry(&id.currency).or_default();
        add(&mut sum.0, debits);
        add(&mut sum.1, credits);
    }
    match sums.iter().find(|(_, (debits, credits))| debits != credits) {
        Some((currency, (debits, credits))) => Err(format!(
            "{currency}: debits are {debits}, credits are {credits}"
        )),
        None => Ok(()),
    }
}

fn wallets_not_below_zero(ledger: &Ledger) -> Result<(), String> {
    let below = |account: &Account| {
        account.kind == AccountKind::Wallet && account.available() < Decimal::ZERO
    };
    match ledger.accounts().find(|(_, account)| below(account)) {
        Some((id, account)) => Err(format!("{id}: {} is available", account.available())),
        None => Ok(()),
    }
}

fn pending_equals_holds(ledger: &Ledger) -> Result<(), String> {
    let mut held: BTreeMap<&AccountId, (Decimal, Decimal)> = BTreeMap::new();
    for hold in ledger.holds().filter(|h| h.state == HoldState::Pending) {
        add(&mut held.entry(&hold.debit).or_default().0, hold.amount);
        add(&mut held.entry(&hold.credit).or_default().1, hold.amount);
    }
    for (id, account) in ledger.accounts() {
        let pending = (account.debits_pending, account.credits_pending);
        let held = held.remove(id).unwrap_or_default();
        if pending != held {
            return Err(format!(
                "{id}: pending debits and credits are {} and {}, its holds sum to {} and {}",
                pending.0, pending.1, held.0, held.1
            ));
        }
    }
    match held.first_key_value() {
        Some((id, _)) => Err(format!("{id}: has holds but is not open")),
        None => Ok(()),
    }
}

/// The four totals of an account as its entries alone tell them.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    debits_pending: Decimal,
    debits_posted: Decimal,
    credits_pending: Decimal,
    credits_posted: Decimal,
}

fn balance_equals_replay(ledger: &Ledger) -> Result<(), String> {
    for (id, account) in ledger.accounts() {
        let replayed = replay(ledger, id, account);
        let kept = Totals {
            debits_pending: account.debits_pending,
            debits_posted: account.debits_posted,
            credits_pending: account.credits_pending,
            credits_posted: account.credits_posted,
        };
        if kept != replayed {
            return Err(format!(
                "{id}: the account says {kept:?}, its entries say {replayed:?}"
            ));
        }
    }
    Ok(())
}

fn replay(ledger: &Ledger, id: &AccountId, account: &Account) -> Totals {
    let mut totals = Totals::default();
    let mut held: BTreeMap<&HoldId, Decimal> = BTreeMap::new();
    for entry in account.entries.iter().filter_map(|n| ledger.transfer(*n)) {
        let (pending, posted) = if entry.debit == *id {
            (&mut totals.debits_pending, &mut totals.debits_posted)
        } else {
            (&mut totals.credits_pending, &mut totals.credits_posted)
        };
        let reserved = entry.hold.as_ref().and_then(|hold| held.get(hold).copied());
        match (entry.phase, &entry.hold) {
            (Phase::Posted, _) => add(posted, entry.amount),
            (Phase::Pending, hold) => {
                add(pending, entry.amount);
                held.extend(hold.as_ref().map(|hold| (hold, entry.amount)));
            }
            (Phase::PostPending, _) => {
                add(pending, -reserved.unwrap_or_default());
                add(posted, entry.amount);
            }
            (Phase::VoidPending { .. }, _) => add(pending, -reserved.unwrap_or_default()),
        }
    }
    totals
}

/// The journal entries that carry a hold's id.
#[derive(Default)]
struct Life<'a> {
    placed: Vec<&'a Transfer>,
    resolved: Vec<&'a Transfer>,
}

fn lives(ledger: &Ledger) -> BTreeMap<&HoldId, Life<'_>> {
    let mut lives: BTreeMap<&HoldId, Life<'_>> = BTreeMap::new();
    for entry in ledger.transfers() {
        if let Some(hold) = &entry.hold {
            let life = lives.entry(hold).or_default();
            match entry.phase {
                Phase::Posted | Phase::Pending => life.placed.push(entry),
                Phase::PostPending | Phase::VoidPending { .. } => life.resolved.push(entry),
            }
        }
    }
    lives
}

fn holds_resolved_once(ledger: &Ledger) -> Result<(), String> {
    let mut lives = lives(ledger);
    for hold in ledger.holds() {
        let life = lives.remove(&hold.id).unwrap_or_default();
        let placed: Vec<Phase> = life.placed.iter().map(|entry| entry.phase).collect();
        let resolved: Vec<Phase> = life.resolved.iter().map(|entry| entry.phase).collect();
        let expected = match hold.state {
            HoldState::Pending => None,
            HoldState::Posted { .. } => Some(Phase::PostPending),
            HoldState::Voided => Some(Phase::VoidPending { expired: false }),
            HoldState::Expired => Some(Phase::VoidPending { expired: true }),
        };
        if placed != [Phase::Pending] || resolved != expected.as_slice() {
            return Err(format!(
                "hold {}: is {:?}, its entries are {placed:?} and then {resolved:?}",
                hold.id, hold.state
            ));
        }
    }
    match lives.first_key_value() {
        Some((id, _)) => Err(format!("hold {id}: has entries but does not exist")),
        None => Ok(()),
    }
}

fn posted_plus_returned_equals_held(ledger: &Ledger) -> Result<(), String> {
    let lives = lives(ledger);
    for hold in ledger.holds() {
        let (mut held, mut posted) = (Decimal::ZERO, Decimal::ZERO);
        let life = lives.get(&hold.id);
        for entry in life.iter().flat_map(|l| l.placed.iter().chain(&l.resolved)) {
            match entry.phase {
                Phase::Posted | Phase::Pending => add(&mut held, entry.amount),
                Phase::PostPending => add(&mut posted, entry.amount),
                Phase::VoidPending { .. } => {}
            }
        }
        let kept = match hold.state {
            HoldState::Pending => hold.amount,
            _ => Decimal::ZERO,
        };
        let returned = hold.returned();
        let sum = posted.saturating_add(returned).saturating_add(kept);
        if sum != held || returned < Decimal::ZERO {
            return Err(format!(
                "hold {}: of {held} held, {posted} is posted, {returned} returned and {kept} kept",
                hold.id
            ));
        }
    }
    Ok(())
}

fn transfers_within_one_currency(ledger: &Ledger) -> Result<(), String> {
    if let Some((id, account)) = ledger
        .accounts()
        .find(|(id, account)| id.currency != account.currency)
    {
        return Err(format!("{id}: its currency is {}", account.currency));
    }
    let crosses = |debit: &AccountId, credit: &AccountId| debit.currency != credit.currency;
    if let Some(entry) = ledger.transfers().find(|e| crosses(&e.debit, &e.credit)) {
        return Err(describe(entry, "crosses currencies"));
    }
    let hold_crosses = |hold: &&Hold| crosses(&hold.debit, &hold.credit);
    match ledger.holds().find(hold_crosses) {
        Some(hold) => Err(format!(
            "hold {}: crosses currencies, from {} to {}",
            hold.id, hold.debit, hold.credit
        )),
        None => Ok(()),
    }
}

fn describe(entry: &Transfer, what: &str) -> String {
    format!(
        "transfer {}: {what}, from {} to {}",
        entry.number, entry.debit, entry.credit
    )
}

fn entries_match_transfers(ledger: &Ledger) -> Result<(), String> {
    let mut journal: BTreeMap<&AccountId, Vec<u64>> = BTreeMap::new();
    for (position, entry) in (1..).zip(ledger.transfers()) {
        if entry.number != position {
            return Err(describe(entry, "does not follow the number before it"));
        }
        if entry.debit == entry.credit {
            return Err(describe(entry, "pays itself"));
        }
        journal.entry(&entry.debit).or_default().push(entry.number);
        journal.entry(&entry.credit).or_default().push(entry.number);
    }
    for (id, account) in ledger.accounts() {
        let touching = journal.remove(id).unwrap_or_default();
        if !account.entries.iter().eq(&touching) {
            return Err(format!(
                "{id}: its {} entries are not the {} transfers that touch it",
                account.entries.len(),
                touching.len()
            ));
        }
    }
    match journal.first_key_value() {
        Some((id, _)) => Err(format!("{id}: has transfers but is not open")),
        None => Ok(()),
    }
}

fn amounts_fit_currency(ledger: &Ledger) -> Result<(), String> {
    let decimals = |id: &AccountId| ledger.account(id).map_or(0, |account| account.minor_units);
    let fits = |entry: &Transfer| {
        let minor_units = decimals(&entry.debit).min(decimals(&entry.credit));
        entry.amount > Decimal::ZERO && entry.amount.normalize().scale() <= minor_units
    };
    match ledger.transfers().find(|entry| !fits(entry)) {
        Some(entry) => Err(describe(entry, &format!("cannot move {}", entry.amount))),
        None => Ok(()),
    }
}

fn spent_equals_recount(ledger: &Ledger) -> Result<(), String> {
    let mut recounted = recount_spending(ledger);
    for (id, account) in ledger.accounts() {
        let recounted = recounted.remove(id).unwrap_or_default();
        let kept = account.spent.iter();
        if !kept.eq(recounted.iter().filter(|(_, amount)| !amount.is_zero())) {
            return Err(format!(
                "{id}: counts {:?} as spent, its entries say {recounted:?}",
                account.spent
            ));
        }
    }
    Ok(())
}

/// What each account has spent in each window, as the journal alone tells it.
fn recount_spending(ledger: &Ledger) -> BTreeMap<&AccountId, BTreeMap<Arc<str>, Decimal>> {
    let mut spent: BTreeMap<&AccountId, BTreeMap<Arc<str>, Decimal>> = BTreeMap::new();
    let mut placed: BTreeMap<&HoldId, &Transfer> = BTreeMap::new();
    for entry in ledger.transfers().filter(|entry| entry.spends) {
        let origin = entry
            .hold
            .as_ref()
            .and_then(|hold| placed.get(hold))
            .copied();
        let (counted_at, amount) = match (entry.phase, origin) {
            (Phase::Posted | Phase::Pending, _) => (entry.at, entry.amount),
            (Phase::PostPending, Some(origin)) => {
                (origin.at, entry.amount.saturating_sub(origin.amount))
            }
            (Phase::VoidPending { .. }, Some(origin)) => (origin.at, -origin.amount),
            (Phase::PostPending | Phase::VoidPending { .. }, None) => continue,
        };
        if let (Phase::Pending, Some(hold)) = (entry.phase, &entry.hold) {
            placed.insert(hold, entry);
        }
        let windows = SpendWindows::at(counted_at);
        let account = spent.entry(&entry.debit).or_default();
        for window in [windows.day, windows.month] {
            add(account.entry(window).or_default(), amount);
        }
    }
    spent
}
