//! Journal entries and holds. An entry never changes once it is written; a hold
//! is the current state of a pending entry, and its life can be read from the
//! entries that carry its id.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::account::{AccountId, SpendWindows};

/// Which hold: an id that the caller chooses, unique within the ledger for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HoldId(pub Arc<str>);

impl HoldId {
    /// The id of this text.
    pub fn new(id: impl Into<Arc<str>>) -> HoldId {
        HoldId(id.into())
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a journal entry does to the totals of its two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Moves the amount at once.
    Posted,
    /// Reserves the amount for a hold.
    Pending,
    /// Resolves a hold by moving the amount, which may be less than was held;
    /// the rest is free again.
    PostPending,
    /// Resolves a hold by freeing all of it; the amount is what was held.
    VoidPending {
        /// Whether time ran out, rather than somebody cancelling.
        expired: bool,
    },
}

/// One immutable journal entry: an amount from the debit to the credit account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// The entry's number in this ledger: 1 is the first, none is used twice.
    pub number: u64,
    /// The account that pays.
    pub debit: AccountId,
    /// The account that is paid.
    pub credit: AccountId,
    /// How much, in major units; more than zero.
    pub amount: Decimal,
    /// The caller's label, such as `deposit`. What resolves a hold has the
    /// hold's label.
    pub kind: Arc<str>,
    /// Free text of the caller, such as the id of a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Arc<str>>,
    /// The hold that the entry places or resolves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// When it happened.
    pub at: Timestamp,
    /// What the entry does to totals.
    pub phase: Phase,
    /// Whether it counts against the debit account's limits.
    pub spends: bool,
}

/// Where a hold is in its life. All states but the first are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HoldState {
    /// The amount is reserved.
    Pending,
    /// An amount was taken and the rest is free.
    Posted {
        /// How much was taken, in major units.
        amount: Decimal,
    },
    /// Somebody cancelled, and all of it is free.
    Voided,
    /// Time ran out, and all of it is free.
    Expired,
}

/// Money that is reserved on one account for another until it is posted, voided
/// or expired: once, and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The hold's id.
    pub id: HoldId,
    /// The account that pays.
    pub debit: AccountId,
    /// The account that is paid.
    pub credit: AccountId,
    /// How much was reserved, in major units.
    pub amount: Decimal,
    /// The caller's label.
    pub kind: Arc<str>,
    /// Free text of the caller, such as the id of a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Arc<str>>,
    /// Where the hold is in its life.
    pub state: HoldState,
    /// The windows in which the amount was counted as spent, if it was. What is
    /// not taken in the end is given back to these, whenever that happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spends: Option<SpendWindows>,
}

impl Hold {
    /// What was given back when the hold was resolved: the part that was not
    /// posted. Zero while the hold is pending.
    pub fn returned(&self) -> Decimal {
        match self.state {
            HoldState::Pending => Decimal::ZERO,
            HoldState::Posted { amount } => self.amount.saturating_sub(amount),
            HoldState::Voided | HoldState::Expired => self.amount,
        }
    }
}
