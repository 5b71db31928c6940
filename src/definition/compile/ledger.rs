//! The books: currencies and opening balances.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Names;
use super::expression::literal;
use super::report::{Place, Report};
use crate::definition::compiled::{LedgerSpec, OpeningAccount};
use crate::definition::model::{Cel, Ledger};
use crate::domain::money::{self, Currency};
use crate::state::ledger::OUTSIDE;

/// Compiles a pack's ledger.
pub(super) fn ledger(model: &Ledger, place: &Place, report: &mut Report) -> LedgerSpec {
    let currencies = currencies(model, &place.at("currencies"), report);
    let wallets = model.wallets.as_ref().map(|wallets| {
        let place = place.at("wallets").at("opening");
        balances(&wallets.opening, &currencies, &place, report)
            .into_iter()
            .map(|(currency, balance)| (currency.code, balance))
            .collect()
    });
    let mut accounts = Vec::new();
    for (name, opening) in &model.accounts {
        let place = place.at("accounts").at(name);
        if name.is_empty() || name == OUTSIDE {
            let message = format!("`{name}` cannot be opened");
            report.error_at_key(
                &place,
                message,
                "expected the name of an account of one's own",
            );
        }
        for (currency, balance) in balances(opening, &currencies, &place, report) {
            accounts.push(OpeningAccount {
                name: name.as_str().into(),
                currency,
                balance,
            });
        }
    }
    LedgerSpec {
        currencies,
        wallets,
        accounts,
    }
}

fn currencies(model: &Ledger, place: &Place, report: &mut Report) -> Vec<Currency> {
    let mut currencies: Vec<Currency> = Vec::new();
    for (at, (code, decimals)) in model.currencies.units.iter().enumerate() {
        let currency = match decimals {
            Some(minor_units) => Some(Currency {
                code: Arc::from(code.as_str()),
                minor_units: *minor_units,
            }),
            None => Currency::iso(code),
        };
        match currency {
            Some(currency) if currencies.iter().any(|known| known.code == currency.code) => {
                report.error(
                    &place.at(at),
                    format!("currency `{code}` is declared twice"),
                    "again here",
                );
            }
            Some(currency) => currencies.push(currency),
            None => report.error(
                &place.at(at),
                format!("`{code}` is not a currency of ISO 4217"),
                "give its decimals: { CODE: 2 }",
            ),
        }
    }
    currencies
}

fn balances(
    amounts: &BTreeMap<String, String>,
    currencies: &[Currency],
    place: &Place,
    report: &mut Report,
) -> Vec<(Currency, Decimal)> {
    let mut balances = Vec::new();
    for (code, amount) in amounts {
        let place = place.at(code);
        let Some(currency) = currencies.iter().find(|known| *known.code == **code) else {
            let known = currencies.iter().map(|currency| &*currency.code);
            report.unknown(&place, "currency", code, known);
            continue;
        };
        match money::parse_balance(amount, currency) {
            Ok(balance) => balances.push((currency.clone(), balance)),
            Err(error) => report.error(
                &place,
                error.to_string(),
                "expected an amount such as \"25.00\"",
            ),
        }
    }
    balances
}

/// A literal that is no currency of the ledger's.
pub(super) fn check_currency(cel: Option<&Cel>, names: &Names, place: &Place, report: &mut Report) {
    let Some(code) = cel.and_then(literal) else {
        return;
    };
    if names.ledger && !names.currencies.iter().any(|known| known == code) {
        let known = names.currencies.iter().map(String::as_str);
        report.unknown(place, "currency", code, known);
    }
}
