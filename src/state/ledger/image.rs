//! The books in an image: accounts, then the numbers of their journal entries in stretches, then holds
//! and journal entries.

use std::sync::Arc;

use super::{Account, AccountId, Hold, Ledger, Transfer};
use crate::state::image::Writer;

/// How many numbers of journal entries stand in one row.
const ENTRIES_PER_ROW: usize = 10_000;

impl Ledger {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.rows("accounts", self.accounts.iter());
        for (id, account) in &self.accounts {
            let mut entries = account.entries.clone();
            while !entries.is_empty() {
                let rest = entries.split_off(entries.len().min(ENTRIES_PER_ROW));
                out.row("entries", &(id, &entries));
                entries = rest;
            }
        }
        out.rows("holds", self.holds.values());
        out.rows("transfers", self.transfers.values());
    }

    pub(in crate::state) fn restore_account(&mut self, id: AccountId, account: Account) {
        self.accounts.insert(id, Arc::new(account));
    }

    /// Whether there is such an account.
    pub(in crate::state) fn restore_entries(&mut self, id: &AccountId, entries: Vec<u64>) -> bool {
        let account = self.accounts.get_mut(id);
        let more = |account: &mut Arc<Account>| Arc::make_mut(account).entries.extend(entries);
        account.map(more).is_some()
    }

    pub(in crate::state) fn restore_hold(&mut self, hold: Hold) {
        self.holds.insert(hold.id.clone(), Arc::new(hold));
    }

    pub(in crate::state) fn restore_transfer(&mut self, transfer: Transfer) {
        self.transfers.insert(transfer.number, Arc::new(transfer));
    }
}
