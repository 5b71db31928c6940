//! Tests of the ledger: tables in its own words, random sequences against a
//! naive model, and broken ledgers that the audit must find.

mod corruption;
mod model;
mod properties;
mod script;
mod table;

use rust_decimal::Decimal;

use super::audit::audit;
use super::{AccountId, Ledger, LedgerRefusal, LimitKind};

/// A decimal from its text.
#[track_caller]
fn money(text: &str) -> Decimal {
    Decimal::from_str_exact(text).expect("a decimal")
}

/// The account that a test calls `A` (in dollars) or `A:JPY`.
fn account(text: &str) -> AccountId {
    let (name, currency) = text.split_once(':').unwrap_or((text, "USD"));
    AccountId::new("bank", name, currency)
}

/// Fails with the names and details of the invariants that do not hold.
#[track_caller]
fn assert_sound(ledger: &Ledger, after: &str) {
    let broken: Vec<_> = audit(ledger).into_iter().filter(|i| !i.ok).collect();
    assert!(broken.is_empty(), "after {after}: {broken:#?}");
}

/// The word that tests use for a refusal.
fn word(refusal: &LedgerRefusal) -> &'static str {
    use LedgerRefusal as R;
    match refusal {
        R::UnknownAccount { .. } => "unknown_account",
        R::AccountExists { .. } => "account_exists",
        R::CurrencyTooFine { .. } => "currency_too_fine",
        R::SameAccount { .. } => "same_account",
        R::CurrencyMismatch { .. } => "currency_mismatch",
        R::NotPositive { .. } => "not_positive",
        R::TooPrecise { .. } => "too_precise",
        R::NegativeLimit { .. } => "negative_limit",
        R::OverLimit { limit, .. } => match limit {
            LimitKind::PerTransaction => "over_transaction_limit",
            LimitKind::Daily => "over_daily_limit",
            LimitKind::Monthly => "over_monthly_limit",
        },
        R::InsufficientFunds { .. } => "insufficient_funds",
        R::BalanceTooLarge { .. } => "balance_too_large",
        R::HoldExists { .. } => "hold_exists",
        R::HoldNotFound { .. } => "hold_not_found",
        R::HoldAlreadyPosted { .. } => "hold_already_posted",
        R::HoldAlreadyVoided { .. } => "hold_already_voided",
        R::HoldExpired { .. } => "hold_expired",
        R::ExceedsHold { .. } => "exceeds_hold",
    }
}
