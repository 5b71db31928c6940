//! The ledger: double entry, two-phase, exact decimals, per currency; the model
//! of TigerBeetle.
//!
//! A change is made in two steps. A function of [`plan`] checks everything and
//! either refuses with one precise [`LedgerRefusal`] or returns a
//! [`LedgerEffect`]; after that point the change must succeed, and
//! [`Ledger::apply`] only carries it out. What holds at all times is written
//! down in [`audit`], as functions that tests and the audit route call.
//!
//! - [`account`] holds accounts, their limits and what they have spent.
//! - [`transfer`] holds journal entries and holds.
//! - [`plan`] decides, [`refusal`] says no, [`apply`] changes.
//!
//! What never lives here: a clock (every request brings its time, and a hold
//! expires because a caller voids it as expired), rounding, and the wire
//! spelling of refusals.

pub mod account;
pub mod apply;
pub mod audit;
mod image;
pub mod plan;
pub mod refusal;
pub mod transfer;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::sync::Arc;

use imbl::OrdMap;
use rust_decimal::Decimal;

use super::diff::each;

pub use account::{Account, AccountId, AccountKind, LimitKind, Limits, SpendWindows};
pub use apply::LedgerEffect;
pub use plan::{OpenRequest, TransferRequest};
pub use refusal::LedgerRefusal;
pub use transfer::{Hold, HoldId, HoldState, Phase, Transfer};

/// The account that stands for the world outside a pack: money comes from there and goes there.
pub const OUTSIDE: &str = "@outside";

/// The largest that any total of an account may become, in major units: 10^18.
///
/// The bound keeps every sum of totals within the digits in which [`Decimal`]
/// is exact.
pub const TOTAL_MAX: Decimal = Decimal::from_parts(0xA764_0000, 0x0DE0_B6B3, 0, false, 0);

/// All accounts, holds and journal entries of one sandbox. A clone shares
/// everything with its original until one of them changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    accounts: OrdMap<AccountId, Arc<Account>>,
    holds: OrdMap<HoldId, Arc<Hold>>,
    transfers: OrdMap<u64, Arc<Transfer>>,
}

impl Ledger {
    /// The account of this id, if it has been opened.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.get(id).map(Arc::as_ref)
    }

    /// Every account, by pack, name and currency.
    pub fn accounts(&self) -> impl DoubleEndedIterator<Item = (&AccountId, &Account)> {
        self.accounts
            .iter()
            .map(|(id, account)| (id, account.as_ref()))
    }

    /// Tells each account that is not the same there as here.
    pub(in crate::state) fn compare(
        &self,
        other: &Ledger,
        mut tell: impl FnMut(&AccountId, Option<&Account>, Option<&Account>),
    ) {
        each(&self.accounts, &other.accounts, |id, before, after| {
            tell(id, before.map(Arc::as_ref), after.map(Arc::as_ref));
        });
    }

    /// The accounts of one name in a pack, one for each of its currencies, by
    /// currency.
    pub fn accounts_named<'a>(
        &'a self,
        pack: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a AccountId, &'a Account)> {
        self.accounts
            .range(AccountId::new(pack, name, "")..)
            .take_while(move |(id, _)| *id.pack == *pack && *id.name == *name)
            .map(|(id, account)| (id, account.as_ref()))
    }

    /// The hold of this id, in whatever state it is.
    pub fn hold(&self, id: &HoldId) -> Option<&Hold> {
        self.holds.get(id).map(Arc::as_ref)
    }

    /// The holds whose ids begin with `prefix`.
    pub fn holds_below<'a, 'p>(
        &'a self,
        prefix: &'p str,
    ) -> impl Iterator<Item = &'a Hold> + use<'a, 'p> {
        let from = HoldId::new(prefix);
        let after = self.holds.range(from..).map(|(_, hold)| hold.as_ref());
        after.take_while(move |hold| hold.id.0.starts_with(prefix))
    }

    /// Every hold, by id.
    pub fn holds(&self) -> impl DoubleEndedIterator<Item = &Hold> {
        self.holds.values().map(Arc::as_ref)
    }

    /// The journal entry of this number.
    pub fn transfer(&self, number: u64) -> Option<&Transfer> {
        self.transfers.get(&number).map(Arc::as_ref)
    }

    /// Every journal entry, oldest first.
    pub fn transfers(&self) -> impl DoubleEndedIterator<Item = &Transfer> {
        self.transfers.values().map(Arc::as_ref)
    }

    /// The journal entries of these numbers, oldest first; none when the range
    /// is empty.
    pub fn transfers_in(
        &self,
        numbers: RangeInclusive<u64>,
    ) -> impl DoubleEndedIterator<Item = &Transfer> {
        self.transfers
            .range(numbers)
            .map(|(_, transfer)| transfer.as_ref())
    }

    /// The journal entries that touch an account, newest first; none for an
    /// account that is not open.
    pub fn transfers_of(&self, id: &AccountId) -> impl Iterator<Item = &Transfer> {
        self.account(id)
            .into_iter()
            .flat_map(|account| account.entries.iter().rev())
            .filter_map(|number| self.transfer(*number))
    }

    /// The number that the next journal entry takes. Entries are never removed,
    /// so numbers are never used again.
    pub fn next_transfer_number(&self) -> u64 {
        self.transfers
            .get_max()
            .map_or(1, |(number, _)| number.saturating_add(1))
    }
}
