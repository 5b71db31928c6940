//! Effects on the ledger, and their carrying out. An effect was checked when it
//! was planned: nothing here decides, refuses or fails.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Ledger;
use super::account::{Account, AccountId, AccountKind, Limits, SpendWindows};
use super::transfer::{Hold, Transfer};

/// One change of the ledger, as data: all that [`Ledger::apply`] needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LedgerEffect {
    /// An account begins, with nothing in it.
    AccountOpened {
        /// The new account.
        account: AccountId,
        /// Decimals of its currency's smallest unit.
        minor_units: u32,
        /// Whether it may go below zero.
        kind: AccountKind,
        /// The caps on its spending.
        limits: Limits,
        /// When it was opened.
        at: Timestamp,
    },
    /// Money moved at once.
    Transferred {
        /// The journal entry.
        transfer: Transfer,
    },
    /// Money was reserved.
    HoldPlaced {
        /// The new hold.
        hold: Hold,
        /// The journal entry.
        transfer: Transfer,
    },
    /// Reserved money was taken, perhaps in part.
    HoldPosted {
        /// The hold as it is from now on.
        hold: Hold,
        /// The journal entry.
        transfer: Transfer,
    },
    /// Reserved money was freed.
    HoldVoided {
        /// The hold as it is from now on.
        hold: Hold,
        /// The journal entry.
        transfer: Transfer,
    },
    /// An account's caps were replaced.
    LimitsSet {
        /// The account.
        account: AccountId,
        /// All of its caps.
        limits: Limits,
    },
}

impl Ledger {
    /// Carries out one effect. It takes the logarithm of the ledger's size, and
    /// cannot fail: an effect that [`plan`](super::plan) made on this very
    /// ledger always fits it, and of any other effect the parts that name
    /// missing accounts do nothing.
    pub fn apply(&mut self, effect: &LedgerEffect) {
        match effect {
            LedgerEffect::AccountOpened {
                account,
                minor_units,
                kind,
                limits,
                at,
            } => {
                let opened = new_account(&account.currency, *minor_units, *kind, limits, *at);
                self.accounts.insert(account.clone(), Arc::new(opened));
            }
            LedgerEffect::LimitsSet { account, limits } => {
                self.change(account, |account| account.limits = limits.clone());
            }
            LedgerEffect::Transferred { transfer } => self.apply_transfer(transfer),
            LedgerEffect::HoldPlaced { hold, transfer } => self.apply_hold_placed(hold, transfer),
            LedgerEffect::HoldPosted { hold, transfer } => {
                self.apply_hold_resolved(hold, transfer, transfer.amount);
            }
            LedgerEffect::HoldVoided { hold, transfer } => {
                self.apply_hold_resolved(hold, transfer, Decimal::ZERO);
            }
        }
    }

    fn apply_transfer(&mut self, transfer: &Transfer) {
        self.record(transfer);
        self.change(&transfer.debit, |debit| {
            increase(&mut debit.debits_posted, transfer.amount);
            if transfer.spends {
                debit.count_spending(&SpendWindows::at(transfer.at), transfer.amount);
            }
        });
        self.change(&transfer.credit, |credit| {
            increase(&mut credit.credits_posted, transfer.amount);
        });
    }

    fn apply_hold_placed(&mut self, hold: &Hold, transfer: &Transfer) {
        self.record(transfer);
        self.holds.insert(hold.id.clone(), Arc::new(hold.clone()));
        self.change(&hold.debit, |debit| {
            increase(&mut debit.debits_pending, hold.amount);
            if let Some(windows) = &hold.spends {
                debit.count_spending(windows, hold.amount);
            }
        });
        self.change(&hold.credit, |credit| {
            increase(&mut credit.credits_pending, hold.amount);
        });
    }

    /// Frees the whole hold, of which `posted` moves and the rest returns.
    fn apply_hold_resolved(&mut self, hold: &Hold, transfer: &Transfer, posted: Decimal) {
        self.record(transfer);
        self.holds.insert(hold.id.clone(), Arc::new(hold.clone()));
        self.change(&hold.debit, |debit| {
            increase(&mut debit.debits_pending, -hold.amount);
            increase(&mut debit.debits_posted, posted);
            if let Some(windows) = &hold.spends {
                debit.count_spending(windows, -hold.returned());
            }
        });
        self.change(&hold.credit, |credit| {
            increase(&mut credit.credits_pending, -hold.amount);
            increase(&mut credit.credits_posted, posted);
        });
    }

    /// Writes an entry into the journal and into the history of both accounts.
    fn record(&mut self, transfer: &Transfer) {
        self.transfers
            .insert(transfer.number, Arc::new(transfer.clone()));
        for side in [&transfer.debit, &transfer.credit] {
            self.change(side, |account| account.entries.push_back(transfer.number));
        }
    }

    fn change(&mut self, id: &AccountId, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(id) {
            change(Arc::make_mut(account));
        }
    }
}

fn new_account(
    currency: &Arc<str>,
    minor_units: u32,
    kind: AccountKind,
    limits: &Limits,
    at: Timestamp,
) -> Account {
    Account {
        currency: Arc::clone(currency),
        minor_units,
        kind,
        debits_pending: Decimal::ZERO,
        debits_posted: Decimal::ZERO,
        credits_pending: Decimal::ZERO,
        credits_posted: Decimal::ZERO,
        limits: limits.clone(),
        spent: imbl::OrdMap::new(),
        entries: imbl::Vector::new(),
        opened_at: at,
    }
}

/// Planned totals stay far within range; saturation only keeps a foreign effect
/// from a panic.
fn increase(total: &mut Decimal, by: Decimal) {
    *total = total.saturating_add(by);
}
