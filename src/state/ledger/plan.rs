//! Planning: every check of the ledger, and no change. What is planned has
//! passed all checks, so after this point it must succeed.
//!
//! Checks run from what is wrong with the request to what the state forbids:
//! accounts, currencies, amount, then limits (what may be spent), then funds
//! (what there is), then the range of totals.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::account::{Account, AccountId, AccountKind, LimitKind, Limits, SpendWindows};
use super::apply::LedgerEffect;
use super::refusal::LedgerRefusal;
use super::transfer::{Hold, HoldId, HoldState, Phase, Transfer};
use super::{Ledger, TOTAL_MAX};
use crate::domain::money::MINOR_UNITS_MAX;

/// A wish to open an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// The new account; its currency is part of its id.
    pub account: AccountId,
    /// Decimals of the currency's smallest unit, at most [`MINOR_UNITS_MAX`].
    pub minor_units: u32,
    /// Whether the account may go below zero.
    pub kind: AccountKind,
    /// The caps on its spending.
    pub limits: Limits,
    /// Now.
    pub at: Timestamp,
}

/// A wish to move money, at once or by way of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    /// The account that pays.
    pub debit: AccountId,
    /// The account that is paid.
    pub credit: AccountId,
    /// How much, in major units.
    pub amount: Decimal,
    /// The caller's label, such as `deposit`.
    pub kind: Arc<str>,
    /// Free text of the caller, such as the id of a record.
    pub reference: Option<Arc<str>>,
    /// Now. Its UTC day and month are the windows that the limits look at.
    pub at: Timestamp,
    /// Whether the amount counts against the limits of the account that pays.
    pub spends: bool,
}

/// Plans to open an empty account.
pub fn open(ledger: &Ledger, request: &OpenRequest) -> Result<LedgerEffect, LedgerRefusal> {
    let account = request.account.clone();
    if ledger.account(&account).is_some() {
        return Err(LedgerRefusal::AccountExists { account });
    }
    let minor_units = request.minor_units;
    if minor_units > MINOR_UNITS_MAX {
        return Err(LedgerRefusal::CurrencyTooFine { minor_units });
    }
    Ok(LedgerEffect::AccountOpened {
        account,
        minor_units,
        kind: request.kind,
        limits: checked_limits(&request.limits, minor_units)?,
        at: request.at,
    })
}

/// Plans to replace all caps of an account. What is spent already stays spent,
/// and may exceed a new cap.
pub fn set_limits(
    ledger: &Ledger,
    account: &AccountId,
    limits: &Limits,
) -> Result<LedgerEffect, LedgerRefusal> {
    let minor_units = existing(ledger, account)?.minor_units;
    Ok(LedgerEffect::LimitsSet {
        account: account.clone(),
        limits: checked_limits(limits, minor_units)?,
    })
}

/// Plans to move money at once.
pub fn transfer(ledger: &Ledger, request: &TransferRequest) -> Result<LedgerEffect, LedgerRefusal> {
    let amount = checked_amount(ledger, request)?;
    Ok(LedgerEffect::Transferred {
        transfer: entry(ledger, request, amount, None, Phase::Posted),
    })
}

/// Plans to reserve money. A hold is refused exactly when the transfer would
/// be, so that posting it later never lacks funds.
pub fn hold(
    ledger: &Ledger,
    id: &HoldId,
    request: &TransferRequest,
) -> Result<LedgerEffect, LedgerRefusal> {
    if ledger.hold(id).is_some() {
        return Err(LedgerRefusal::HoldExists { hold: id.clone() });
    }
    let amount = checked_amount(ledger, request)?;
    Ok(LedgerEffect::HoldPlaced {
        hold: Hold {
            id: id.clone(),
            debit: request.debit.clone(),
            credit: request.credit.clone(),
            amount,
            kind: Arc::clone(&request.kind),
            reference: request.reference.clone(),
            state: HoldState::Pending,
            spends: request.spends.then(|| SpendWindows::at(request.at)),
        },
        transfer: entry(ledger, request, amount, Some(id.clone()), Phase::Pending),
    })
}

/// Plans to take the money of a pending hold: all of it, or `amount` of it, and
/// the rest returns.
pub fn post(
    ledger: &Ledger,
    id: &HoldId,
    amount: Option<Decimal>,
    at: Timestamp,
) -> Result<LedgerEffect, LedgerRefusal> {
    let held = pending(ledger, id)?;
    let amount = match amount {
        None => held.amount,
        Some(asked) => {
            let debit = existing(ledger, &held.debit)?;
            let credit = existing(ledger, &held.credit)?;
            let asked = checked_precision(asked, debit.minor_units.min(credit.minor_units))?;
            if asked > held.amount {
                return Err(LedgerRefusal::ExceedsHold {
                    held: held.amount,
                    asked,
                });
            }
            asked
        }
    };
    Ok(LedgerEffect::HoldPosted {
        hold: Hold {
            state: HoldState::Posted { amount },
            ..held.clone()
        },
        transfer: resolution(ledger, held, amount, at, Phase::PostPending),
    })
}

/// Plans to free all of a pending hold. `expired` says that time ran out: when
/// that is, the caller knows, for the ledger has no clock.
pub fn void(
    ledger: &Ledger,
    id: &HoldId,
    expired: bool,
    at: Timestamp,
) -> Result<LedgerEffect, LedgerRefusal> {
    let held = pending(ledger, id)?;
    let state = if expired {
        HoldState::Expired
    } else {
        HoldState::Voided
    };
    Ok(LedgerEffect::HoldVoided {
        hold: Hold {
            state,
            ..held.clone()
        },
        transfer: resolution(
            ledger,
            held,
            held.amount,
            at,
            Phase::VoidPending { expired },
        ),
    })
}

fn existing<'a>(ledger: &'a Ledger, id: &AccountId) -> Result<&'a Account, LedgerRefusal> {
    ledger
        .account(id)
        .ok_or_else(|| LedgerRefusal::UnknownAccount {
            account: id.clone(),
        })
}

fn pending<'a>(ledger: &'a Ledger, id: &HoldId) -> Result<&'a Hold, LedgerRefusal> {
    let hold = id.clone();
    let Some(held) = ledger.hold(id) else {
        return Err(LedgerRefusal::HoldNotFound { hold });
    };
    match held.state {
        HoldState::Pending => Ok(held),
        HoldState::Posted { .. } => Err(LedgerRefusal::HoldAlreadyPosted { hold }),
        HoldState::Voided => Err(LedgerRefusal::HoldAlreadyVoided { hold }),
        HoldState::Expired => Err(LedgerRefusal::HoldExpired { hold }),
    }
}

/// Runs every check of a transfer or hold; the amount comes back with exactly
/// the decimals of its currency.
fn checked_amount(ledger: &Ledger, request: &TransferRequest) -> Result<Decimal, LedgerRefusal> {
    if request.debit == request.credit {
        return Err(LedgerRefusal::SameAccount {
            account: request.debit.clone(),
        });
    }
    let debit = existing(ledger, &request.debit)?;
    let credit = existing(ledger, &request.credit)?;
    if debit.currency != credit.currency {
        return Err(LedgerRefusal::CurrencyMismatch {
            debit: request.debit.clone(),
            credit: request.credit.clone(),
        });
    }
    // Two packs may give one code different decimals; only what both sides can
    // hold may move.
    let minor_units = debit.minor_units.min(credit.minor_units);
    let amount = checked_precision(request.amount, minor_units)?;
    if request.spends {
        check_limits(debit, request.at, amount)?;
    }
    if debit.kind == AccountKind::Wallet && amount > debit.available() {
        return Err(LedgerRefusal::InsufficientFunds {
            account: request.debit.clone(),
            available: with_decimals(debit.available(), debit.minor_units),
            needed: amount,
        });
    }
    // Pending totals count too, so that posting a hold stays within range.
    let debits = [debit.debits_posted, debit.debits_pending, amount];
    check_total(&request.debit, debits)?;
    let credits = [credit.credits_posted, credit.credits_pending, amount];
    check_total(&request.credit, credits)?;
    Ok(amount)
}

fn checked_precision(asked: Decimal, minor_units: u32) -> Result<Decimal, LedgerRefusal> {
    if asked <= Decimal::ZERO {
        return Err(LedgerRefusal::NotPositive { asked });
    }
    checked_decimals(asked, minor_units)
}

/// Refuses more decimals than the currency has; trailing zeros do not count.
fn checked_decimals(asked: Decimal, minor_units: u32) -> Result<Decimal, LedgerRefusal> {
    if asked.normalize().scale() > minor_units {
        return Err(LedgerRefusal::TooPrecise { asked, minor_units });
    }
    Ok(with_decimals(asked, minor_units))
}

/// Spells a decimal that has at most `minor_units` decimals with exactly as
/// many, so that equal amounts have equal bytes.
fn with_decimals(amount: Decimal, minor_units: u32) -> Decimal {
    let mut amount = amount.normalize();
    amount.rescale(minor_units);
    amount
}

fn checked_limits(limits: &Limits, minor_units: u32) -> Result<Limits, LedgerRefusal> {
    if let Some((limit, cap)) = limits.set().find(|(_, cap)| *cap < Decimal::ZERO) {
        return Err(LedgerRefusal::NegativeLimit { limit, cap });
    }
    let checked = |cap: Option<Decimal>| {
        cap.map(|cap| checked_decimals(cap, minor_units))
            .transpose()
    };
    Ok(Limits {
        per_transaction: checked(limits.per_transaction)?,
        daily: checked(limits.daily)?,
        monthly: checked(limits.monthly)?,
    })
}

fn check_limits(debit: &Account, at: Timestamp, asked: Decimal) -> Result<(), LedgerRefusal> {
    if debit.limits == Limits::default() {
        return Ok(());
    }
    let windows = SpendWindows::at(at);
    for (limit, cap) in debit.limits.set() {
        let spent = match limit {
            LimitKind::PerTransaction => Decimal::ZERO,
            LimitKind::Daily => debit.spent_on(&windows.day),
            LimitKind::Monthly => debit.spent_in(&windows.month),
        };
        if spent.saturating_add(asked) > cap {
            return Err(LedgerRefusal::OverLimit {
                limit,
                cap,
                spent: with_decimals(spent, debit.minor_units),
                asked,
            });
        }
    }
    Ok(())
}

fn check_total(account: &AccountId, parts: [Decimal; 3]) -> Result<(), LedgerRefusal> {
    let total = parts
        .into_iter()
        .fold(Decimal::ZERO, Decimal::saturating_add);
    if total > TOTAL_MAX {
        return Err(LedgerRefusal::BalanceTooLarge {
            account: account.clone(),
            max: TOTAL_MAX,
        });
    }
    Ok(())
}

fn entry(
    ledger: &Ledger,
    request: &TransferRequest,
    amount: Decimal,
    hold: Option<HoldId>,
    phase: Phase,
) -> Transfer {
    Transfer {
        number: ledger.next_transfer_number(),
        debit: request.debit.clone(),
        credit: request.credit.clone(),
        amount,
        kind: Arc::clone(&request.kind),
        reference: request.reference.clone(),
        hold,
        at: request.at,
        phase,
        spends: request.spends,
    }
}

fn resolution(
    ledger: &Ledger,
    held: &Hold,
    amount: Decimal,
    at: Timestamp,
    phase: Phase,
) -> Transfer {
    Transfer {
        number: ledger.next_transfer_number(),
        debit: held.debit.clone(),
        credit: held.credit.clone(),
        amount,
        kind: Arc::clone(&held.kind),
        reference: held.reference.clone(),
        hold: Some(held.id.clone()),
        at,
        phase,
        spends: held.spends.is_some(),
    }
}
