//! Why the ledger refuses: one precise variant for each cause, so that a pack
//! can give each its own look on the wire.

use std::fmt;

use rust_decimal::Decimal;

use super::account::{AccountId, LimitKind};
use super::transfer::HoldId;
use crate::domain::money::MINOR_UNITS_MAX;

/// Why a request changes nothing. Amounts are in major units, with the decimals
/// of their currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerRefusal {
    /// No account of this id is open.
    UnknownAccount {
        /// The account that was named.
        account: AccountId,
    },
    /// An account of this id is open already.
    AccountExists {
        /// The account that was to be opened.
        account: AccountId,
    },
    /// An account cannot have a currency with so many decimals.
    CurrencyTooFine {
        /// The decimals that were asked for.
        minor_units: u32,
    },
    /// Both sides are one account.
    SameAccount {
        /// That account.
        account: AccountId,
    },
    /// The two sides have different currencies.
    CurrencyMismatch {
        /// The account that would pay.
        debit: AccountId,
        /// The account that would be paid.
        credit: AccountId,
    },
    /// The amount is zero or less.
    NotPositive {
        /// The amount that was asked for.
        asked: Decimal,
    },
    /// The amount or cap has more decimals than the currency.
    TooPrecise {
        /// The amount that was asked for.
        asked: Decimal,
        /// The decimals that both accounts have.
        minor_units: u32,
    },
    /// A cap on spending is below zero.
    NegativeLimit {
        /// Which cap.
        limit: LimitKind,
        /// What it was to become.
        cap: Decimal,
    },
    /// The amount would exceed a cap on spending of the account that pays.
    OverLimit {
        /// Which cap; the narrowest that is exceeded.
        limit: LimitKind,
        /// How much it allows.
        cap: Decimal,
        /// How much is spent in its window already.
        spent: Decimal,
        /// The amount that was asked for.
        asked: Decimal,
    },
    /// The wallet that pays has less than the amount available.
    InsufficientFunds {
        /// The account that would pay.
        account: AccountId,
        /// What it has, less what is reserved.
        available: Decimal,
        /// The amount that was asked for.
        needed: Decimal,
    },
    /// A total of an account would leave the range in which sums are exact.
    BalanceTooLarge {
        /// The account whose total it is.
        account: AccountId,
        /// The largest that a total may become.
        max: Decimal,
    },
    /// A hold of this id exists already, in whatever state.
    HoldExists {
        /// The hold that was to be placed.
        hold: HoldId,
    },
    /// There never was a hold of this id.
    HoldNotFound {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The hold was resolved before: its money was taken.
    HoldAlreadyPosted {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The hold was resolved before: somebody cancelled it.
    HoldAlreadyVoided {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The hold was resolved before: its time ran out.
    HoldExpired {
        /// The hold that was named.
        hold: HoldId,
    },
    /// More was to be posted than is held.
    ExceedsHold {
        /// How much is held.
        held: Decimal,
        /// How much was to be posted.
        asked: Decimal,
    },
}

impl fmt::Display for LedgerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use LedgerRefusal as R;
        match self {
            R::UnknownAccount { account } => write!(f, "there is no account {account}"),
            R::AccountExists { account } => write!(f, "account {account} exists already"),
            R::CurrencyTooFine { minor_units } => write!(
                f,
                "a currency may have at most {MINOR_UNITS_MAX} decimals, not {minor_units}"
            ),
            R::SameAccount { account } => {
                write!(f, "account {account} cannot pay itself")
            }
            R::CurrencyMismatch { debit, credit } => {
                write!(f, "{debit} and {credit} have different currencies")
            }
            R::NotPositive { asked } => {
                write!(f, "the amount must be more than zero, not {asked}")
            }
            R::TooPrecise { asked, minor_units } => write!(
                f,
                "{asked} has more than the {minor_units} decimals of the currency"
            ),
            R::NegativeLimit { limit, cap } => {
                write!(f, "the {limit} limit must not be below zero, but is {cap}")
            }
            R::OverLimit {
                limit: LimitKind::PerTransaction,
                cap,
                asked,
                ..
            } => write!(f, "{asked} is over the per-transaction limit of {cap}"),
            R::OverLimit {
                limit,
                cap,
                spent,
                asked,
            } => write!(
                f,
                "{asked} is over the {limit} limit of {cap}, of which {spent} is spent"
            ),
            R::InsufficientFunds {
                account,
                available,
                needed,
            } => write!(
                f,
                "account {account} has {available} available and needs {needed}"
            ),
            R::BalanceTooLarge { account, max } => {
                write!(f, "a total of account {account} would exceed {max}")
            }
            R::HoldExists { hold } => write!(f, "hold {hold} exists already"),
            R::HoldNotFound { hold } => write!(f, "there is no hold {hold}"),
            R::HoldAlreadyPosted { hold } => write!(f, "hold {hold} is posted already"),
            R::HoldAlreadyVoided { hold } => write!(f, "hold {hold} is voided already"),
            R::HoldExpired { hold } => write!(f, "hold {hold} has expired"),
            R::ExceedsHold { held, asked } => {
                write!(f, "{asked} is more than the {held} that is held")
            }
        }
    }
}

impl std::error::Error for LedgerRefusal {}
