//! The ledger with what a step has planned so far, and how it refuses.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::super::{OUTSIDE, Refusal, View, account_id};
use super::amount_of;
use crate::definition::compiled::{Key, LedgerSpec, Movement, Pack};
use crate::domain::money::Currency;
use crate::matching::condition::Expression;
use crate::state::ledger::plan::{self, OpenRequest, TransferRequest};
use crate::state::ledger::{AccountId, AccountKind, Ledger, LedgerEffect, LedgerRefusal, Limits};
use crate::state::{Effect, SandboxState};

/// The ledger with what this behaviour has planned so far, and its effects.
pub(super) struct Books<'a> {
    pack: &'a Arc<Pack>,
    spec: &'a LedgerSpec,
    now: jiff::Timestamp,
    pub(super) ledger: Ledger,
    pub(super) effects: Vec<Effect>,
}

impl<'a> Books<'a> {
    pub(super) fn new(pack: &'a Arc<Pack>, state: &SandboxState) -> Result<Self, Refusal> {
        let spec = pack
            .ledger
            .as_ref()
            .ok_or_else(|| Refusal::definition(&pack.name, "the pack declares no ledger"))?;
        Ok(Self {
            pack,
            spec,
            now: state.now,
            ledger: state.ledger.clone(),
            effects: Vec::new(),
        })
    }

    /// Takes in what was planned, or says why it was refused.
    pub(super) fn take(
        &mut self,
        planned: Result<LedgerEffect, LedgerRefusal>,
    ) -> Result<(), Refusal> {
        let effect = planned.map_err(|refused| refusal(&refused))?;
        self.ledger.apply(&effect);
        self.effects.push(Effect::Ledger(effect));
        Ok(())
    }

    /// All effects, with what was planned last. That is not taken in here: nothing is planned upon it
    /// any more, and whoever gets the effects applies them.
    pub(super) fn finish(
        mut self,
        planned: Result<LedgerEffect, LedgerRefusal>,
    ) -> Result<Vec<Effect>, Refusal> {
        let effect = planned.map_err(|refused| refusal(&refused))?;
        self.effects.push(Effect::Ledger(effect));
        Ok(self.effects)
    }

    pub(super) fn default_currency(&self) -> Result<&'a Currency, Refusal> {
        self.spec
            .currencies
            .first()
            .ok_or_else(|| Refusal::definition(&self.pack.name, "the ledger has no currency"))
    }

    pub(super) fn currency_of_code(&self, code: &str) -> Result<&'a Currency, Refusal> {
        self.spec.currency(code).ok_or_else(|| {
            let known: Vec<_> = self
                .spec
                .currencies
                .iter()
                .map(|unit| &*unit.code)
                .collect();
            let message = format!("unknown currency {code:?}; there are {}", known.join(", "));
            Refusal::invalid_field("currency", message)
        })
    }

    pub(super) fn currency(
        &self,
        view: &View<'_>,
        expression: Option<&Expression>,
    ) -> Result<&'a Currency, Refusal> {
        match expression {
            None => self.default_currency(),
            Some(expression) => self.currency_of_code(&view.text(expression)?),
        }
    }

    /// An account, opened empty if it is not there.
    pub(super) fn account(
        &mut self,
        name: &str,
        currency: &Currency,
    ) -> Result<AccountId, Refusal> {
        self.ensure(name, currency, AccountKind::Wallet)
    }

    pub(super) fn outside(&mut self, currency: &Currency) -> Result<AccountId, Refusal> {
        self.ensure(OUTSIDE, currency, AccountKind::External)
    }

    fn ensure(
        &mut self,
        name: &str,
        currency: &Currency,
        kind: AccountKind,
    ) -> Result<AccountId, Refusal> {
        if name.is_empty() || (name == OUTSIDE && kind == AccountKind::Wallet) {
            return Err(Refusal::new(
                "invalid_input",
                format!("{name:?} is no name of an account"),
            ));
        }
        let account = account_id(self.pack, name, &currency.code);
        if self.ledger.account(&account).is_none() {
            let request = OpenRequest {
                account: account.clone(),
                minor_units: currency.minor_units,
                kind,
                limits: Limits::default(),
                at: self.now,
            };
            let planned = plan::open(&self.ledger, &request);
            self.take(planned)?;
        }
        Ok(account)
    }

    /// Opens an account with something on it.
    pub(super) fn open(
        &mut self,
        name: &str,
        currency: &Currency,
        balance: Decimal,
    ) -> Result<(), Refusal> {
        let credit = self.account(name, currency)?;
        if balance.is_zero() {
            return Ok(());
        }
        let debit = self.outside(currency)?;
        let request = TransferRequest {
            debit,
            credit,
            amount: balance,
            kind: "opening".into(),
            reference: None,
            at: self.now,
            spends: false,
        };
        let planned = plan::transfer(&self.ledger, &request);
        self.take(planned)
    }

    pub(super) fn open_wallet(&mut self, agent: &str) -> Result<(), Refusal> {
        let known = self
            .ledger
            .accounts_named(&self.pack.name, agent)
            .next()
            .is_some();
        let Some(wallets) = self.spec.wallets.as_ref().filter(|_| !known) else {
            return Ok(());
        };
        let default = self.default_currency()?;
        if !wallets.contains_key(&default.code) {
            self.account(agent, default)?;
        }
        for (code, balance) in wallets {
            let currency = self.currency_of_code(code)?;
            self.open(agent, currency, *balance)?;
        }
        Ok(())
    }

    pub(super) fn request(
        &mut self,
        view: &View<'_>,
        movement: &Movement,
        reference: Option<&str>,
    ) -> Result<TransferRequest, Refusal> {
        let currency = self.currency(view, movement.currency.as_ref())?;
        let amount = amount_of(view, &movement.amount, currency)?;
        let debit = self.side(view, movement.from.as_ref(), currency)?;
        let credit = self.side(view, movement.to.as_ref(), currency)?;
        Ok(TransferRequest {
            debit,
            credit,
            amount,
            kind: movement.kind.clone(),
            reference: reference.map(Into::into),
            at: view.now(),
            spends: movement.spends,
        })
    }

    fn side(
        &mut self,
        view: &View<'_>,
        name: Option<&Key>,
        currency: &Currency,
    ) -> Result<AccountId, Refusal> {
        match name {
            None => self.outside(currency),
            Some(name) => self.account(&view.text(name)?, currency),
        }
    }
}

/// A refusal of the ledger under the name by which packs know it.
fn refusal(refusal: &LedgerRefusal) -> Refusal {
    use LedgerRefusal as L;
    let cause = match refusal {
        L::InsufficientFunds { .. } => "insufficient_funds",
        L::OverLimit { .. } => "over_limit",
        L::ExceedsHold { .. } => "exceeds_hold",
        L::HoldAlreadyPosted { .. }
        | L::HoldAlreadyVoided { .. }
        | L::HoldExpired { .. }
        | L::HoldExists { .. } => "hold_resolved",
        L::HoldNotFound { .. } | L::UnknownAccount { .. } => "not_found",
        L::AccountExists { .. } => "already_exists",
        L::SameAccount { .. }
        | L::CurrencyMismatch { .. }
        | L::NotPositive { .. }
        | L::TooPrecise { .. }
        | L::NegativeLimit { .. }
        | L::BalanceTooLarge { .. } => "invalid_input",
        L::CurrencyTooFine { .. } => "definition_error",
    };
    let made = Refusal::new(cause, refusal.to_string());
    match refusal {
        L::InsufficientFunds {
            available, needed, ..
        } => made
            .with("available", available.to_string())
            .with("needed", needed.to_string()),
        L::OverLimit {
            limit,
            cap,
            spent,
            asked,
        } => made
            .with("limit", limit.to_string())
            .with("cap", cap.to_string())
            .with("spent", spent.to_string())
            .with("asked", asked.to_string()),
        L::HoldNotFound { .. } => made.with("noun", "hold"),
        L::UnknownAccount { .. } => made.with("noun", "account"),
        _ => made,
    }
}
