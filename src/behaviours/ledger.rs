//! The books, as steps of a tool use them: movements, holds, limits and wallets.
//!
//! Every function plans against the draft's ledger and gives effects that cannot fail any more.
//! Money that comes from outside, or goes there, is booked against the pack's account `@outside`,
//! which alone may be negative: so the books always balance.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{OUTSIDE, Refusal, View, account_id, field_of};
use crate::definition::compiled::{
    Amount, HoldEffect, Key, LedgerSpec, LimitChange, Movement, Pack,
};
use crate::domain::money::{self, Currency};
use crate::matching::condition::{EvalError, Expression};
use crate::state::ledger::plan::{self, OpenRequest, TransferRequest};
use crate::state::ledger::{
    AccountId, AccountKind, HoldId, HoldState, Ledger, LedgerEffect, LedgerRefusal, Limits,
};
use crate::state::{Effect, SandboxState};

/// The id of the hold that a step named `name` placed on a record.
#[must_use]
pub fn hold_id(view: &View<'_>, collection: &str, key: &str, name: &str) -> HoldId {
    HoldId::new(format!("{}.{collection}/{key}/{name}", view.pack.name))
}

/// Opens the wallets of these agents, where they have none, with what a wallet opens with.
///
/// # Errors
/// When a name is no text, or an opening balance cannot be booked.
pub fn open_wallets(view: &View<'_>, agents: &[Expression]) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    for agent in agents {
        if let Some(Value::String(agent)) = view.eval_optional(agent)? {
            books.open_wallet(&agent)?;
        }
    }
    Ok(books.effects)
}

/// Moves an amount at once.
///
/// # Errors
/// `invalid_input`, `insufficient_funds`, `over_limit`.
pub fn transfer(
    view: &View<'_>,
    movement: &Movement,
    reference: Option<&str>,
) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let request = books.request(view, movement, reference)?;
    let planned = plan::transfer(&books.ledger, &request);
    books.take(planned)?;
    Ok(books.effects)
}

/// Reserves an amount under a hold.
///
/// # Errors
/// `invalid_input`, `insufficient_funds`, `over_limit`.
pub fn hold(
    view: &View<'_>,
    id: &HoldId,
    movement: &Movement,
    reference: Option<&str>,
) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let request = books.request(view, movement, reference)?;
    let planned = plan::hold(&books.ledger, id, &request);
    books.take(planned)?;
    Ok(books.effects)
}

/// Lets a hold reach its destination, all of it or an amount.
///
/// # Errors
/// `exceeds_hold`, `hold_resolved`, `invalid_input`.
pub fn post(view: &View<'_>, id: &HoldId, amount: Option<&Amount>) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let amount = match (amount, view.state.ledger.hold(id)) {
        (Some(amount), Some(hold)) => {
            let currency = books.currency_of_code(&hold.debit.currency)?.clone();
            Some(amount_of(view, amount, &currency)?)
        }
        _ => None,
    };
    let planned = plan::post(&books.ledger, id, amount, view.now());
    books.take(planned)?;
    Ok(books.effects)
}

/// Gives a hold back. `expired` says that time did it.
///
/// # Errors
/// `hold_resolved`.
pub fn void(view: &View<'_>, id: &HoldId, expired: bool) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let planned = plan::void(&books.ledger, id, expired, view.now());
    books.take(planned)?;
    Ok(books.effects)
}

/// Gives back what is held on a record that is dropped: nobody could resolve it any more.
///
/// # Errors
/// Never, as the ledger stands: only pending holds are voided.
pub fn free(
    pack: &Arc<Pack>,
    state: &SandboxState,
    collection: &str,
    key: &str,
) -> Result<Vec<Effect>, Refusal> {
    if pack.ledger.is_none() {
        return Ok(Vec::new());
    }
    let mut books = Books::new(pack, state)?;
    let prefix = format!("{}.{collection}/{key}/", pack.name);
    let held: Vec<HoldId> = state
        .ledger
        .holds_below(&prefix)
        .filter(|hold| hold.state == HoldState::Pending)
        .map(|hold| hold.id.clone())
        .collect();
    for id in held {
        let planned = plan::void(&books.ledger, &id, false, state.now);
        books.take(planned)?;
    }
    Ok(books.effects)
}

/// What a transition does to a hold of its record.
///
/// # Errors
/// As [`post`] and [`void`].
pub fn resolve(
    view: &View<'_>,
    effect: &HoldEffect,
    id: impl Fn(&str) -> HoldId,
    expired: bool,
) -> Result<Vec<Effect>, Refusal> {
    match effect {
        HoldEffect::Post(name, amount) => post(view, &id(name), amount.as_ref()),
        HoldEffect::Void(name) => void(view, &id(name), expired),
    }
}

/// Sets how much an account may spend.
///
/// # Errors
/// `invalid_input`, when a limit is no amount.
pub fn set_limits(view: &View<'_>, change: &LimitChange) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(view.pack, view.state)?;
    let currency = books.currency(view, change.currency.as_ref())?.clone();
    let id = books.account(&view.text(&change.account)?, &currency)?;
    let before = books
        .ledger
        .account(&id)
        .map(|account| account.limits.clone());
    let before = before.unwrap_or_default();
    let limits = Limits {
        per_transaction: limit_of(
            view,
            change.per_transaction.as_ref(),
            before.per_transaction,
            &currency,
        )?,
        daily: limit_of(view, change.daily.as_ref(), before.daily, &currency)?,
        monthly: limit_of(view, change.monthly.as_ref(), before.monthly, &currency)?,
    };
    let planned = plan::set_limits(&books.ledger, &id, &limits);
    books.take(planned)?;
    Ok(books.effects)
}

/// The effects that a sandbox's books open with.
///
/// # Errors
/// When an opening balance cannot be booked, which loading has ruled out.
pub fn opening(pack: &Arc<Pack>, state: &SandboxState) -> Result<Vec<Effect>, Refusal> {
    let Some(spec) = &pack.ledger else {
        return Ok(Vec::new());
    };
    let mut books = Books::new(pack, state)?;
    for account in &spec.accounts {
        books.open(&account.name, &account.currency, account.balance)?;
    }
    Ok(books.effects)
}

/// Sets what is available on a wallet, booked against the outside; opens it, if need be.
///
/// # Errors
/// `invalid_input`, when the currency is unknown or the balance is not an amount.
pub fn set_balance(
    pack: &Arc<Pack>,
    state: &SandboxState,
    agent: &str,
    balance: &str,
    currency: Option<&str>,
) -> Result<Vec<Effect>, Refusal> {
    let mut books = Books::new(pack, state)?;
    let currency = match currency {
        Some(code) => books.currency_of_code(code)?.clone(),
        None => books.default_currency()?.clone(),
    };
    let target = money::parse_balance(balance, &currency)
        .map_err(|error| Refusal::invalid_field("balance", error.to_string()))?;
    let wallet = books.account(agent, &currency)?;
    let outside = books.outside(&currency)?;
    let available = books
        .ledger
        .account(&wallet)
        .map_or(Decimal::ZERO, crate::state::ledger::Account::available);
    let (debit, credit) = if target > available {
        (outside, wallet)
    } else {
        (wallet, outside)
    };
    let amount = (target - available).abs();
    if !amount.is_zero() {
        let request = TransferRequest {
            debit,
            credit,
            amount,
            kind: "adjustment".into(),
            reference: None,
            at: state.now,
            spends: false,
        };
        let planned = plan::transfer(&books.ledger, &request);
        books.take(planned)?;
    }
    Ok(books.effects)
}

/// The ledger with what this behaviour has planned so far, and its effects.
struct Books<'a> {
    pack: &'a Arc<Pack>,
    spec: &'a LedgerSpec,
    now: jiff::Timestamp,
    ledger: Ledger,
    effects: Vec<Effect>,
}

impl<'a> Books<'a> {
    fn new(pack: &'a Arc<Pack>, state: &SandboxState) -> Result<Self, Refusal> {
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
    fn take(&mut self, planned: Result<LedgerEffect, LedgerRefusal>) -> Result<(), Refusal> {
        let effect = planned.map_err(|refused| refusal(&refused))?;
        self.ledger.apply(&effect);
        self.effects.push(Effect::Ledger(effect));
        Ok(())
    }

    fn default_currency(&self) -> Result<&'a Currency, Refusal> {
        self.spec
            .currencies
            .first()
            .ok_or_else(|| Refusal::definition(&self.pack.name, "the ledger has no currency"))
    }

    fn currency_of_code(&self, code: &str) -> Result<&'a Currency, Refusal> {
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

    fn currency(
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
    fn account(&mut self, name: &str, currency: &Currency) -> Result<AccountId, Refusal> {
        self.ensure(name, currency, AccountKind::Wallet)
    }

    fn outside(&mut self, currency: &Currency) -> Result<AccountId, Refusal> {
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
    fn open(&mut self, name: &str, currency: &Currency, balance: Decimal) -> Result<(), Refusal> {
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

    fn open_wallet(&mut self, agent: &str) -> Result<(), Refusal> {
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

    fn request(
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

fn amount_of(view: &View<'_>, amount: &Amount, currency: &Currency) -> Result<Decimal, Refusal> {
    let text = view.text(amount)?;
    money::parse_amount(&text, currency)
        .map_err(|error| Refusal::invalid_field(field_of(amount.source()), error.to_string()))
}

/// A limit that is named replaces the one before, null lifts it, and one that is not named stays.
fn limit_of(
    view: &View<'_>,
    limit: Option<&Amount>,
    before: Option<Decimal>,
    currency: &Currency,
) -> Result<Option<Decimal>, Refusal> {
    let Some(limit) = limit else {
        return Ok(before);
    };
    let text = match limit.eval(view) {
        Ok(Value::Null) => return Ok(None),
        Err(EvalError::Missing { .. }) => return Ok(before),
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => return Err(Refusal::definition(limit.source(), error)),
    };
    money::parse_balance(&text, currency)
        .map(Some)
        .map_err(|error| Refusal::invalid_field(field_of(limit.source()), error.to_string()))
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
