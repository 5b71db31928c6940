//! The language of the table tests. One step a line; a step that asks for a
//! change ends in `ok` or the word of the refusal that it expects.
//!
//! ```text
//! at 2026-01-31T12:00:00Z              time, until the next `at`
//! open A wallet 2 ok                   minor units; `A` is A/USD, `A:JPY` is A/JPY
//! limits A - 50 100 ok                 per transaction, daily, monthly
//! transfer A B 15.00 ok                `spend` does the same against the limits
//! hold H1 A B 15.00 ok                 `reserve` does the same against the limits
//! post H1 all ok                       or an amount
//! void H1 ok                           `expire` does the same when time ran out
//! account A 85.00 70.00                balance and available
//! spent A 2026-01 15.00                in a day or a month
//! ```

use jiff::Timestamp;

use super::super::{
    AccountKind, HoldId, Ledger, LedgerEffect, LedgerRefusal, Limits, OpenRequest, TransferRequest,
    plan,
};
use super::{account, assert_sound, money, word};

/// Runs a script from an empty ledger, auditing after every step, and returns
/// where it ends.
#[track_caller]
pub(super) fn check(script: &str) -> Ledger {
    let mut ledger = Ledger::default();
    run(&mut ledger, script);
    ledger
}

/// Runs a script on a ledger, and returns the effects of its steps.
#[track_caller]
pub(super) fn run(ledger: &mut Ledger, script: &str) -> Vec<LedgerEffect> {
    let mut at = Timestamp::UNIX_EPOCH;
    let mut effects = Vec::new();
    for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["at", time] => at = time.parse().expect("a timestamp"),
            ["account", id, balance, available] => {
                let account = ledger.account(&account(id)).expect(line);
                let found = (account.balance(), account.available());
                assert_eq!(found, (money(balance), money(available)), "{line}");
            }
            ["spent", id, window, amount] => {
                let account = ledger.account(&account(id)).expect(line);
                assert_eq!(account.spent_on(window), money(amount), "{line}");
            }
            [.., expected] => {
                let planned = step(ledger, &words, at);
                let outcome = planned.as_ref().map_or_else(word, |_| "ok");
                assert_eq!(outcome, expected, "{line}: {planned:?}");
                if let Ok(effect) = planned {
                    ledger.apply(&effect);
                    effects.push(effect);
                }
                assert_sound(ledger, line);
            }
            [] => {}
        }
    }
    effects
}

fn step(ledger: &Ledger, words: &[&str], at: Timestamp) -> Result<LedgerEffect, LedgerRefusal> {
    match *words {
        ["open", id, kind, minor_units, _] => plan::open(
            ledger,
            &OpenRequest {
                account: account(id),
                minor_units: minor_units.parse().expect("a number"),
                kind: match kind {
                    "wallet" => AccountKind::Wallet,
                    "external" => AccountKind::External,
                    _ => panic!("no kind of account: {kind}"),
                },
                limits: Limits::default(),
                at,
            },
        ),
        ["limits", id, per_transaction, daily, monthly, _] => {
            let cap = |text: &str| (text != "-").then(|| money(text));
            let limits = Limits {
                per_transaction: cap(per_transaction),
                daily: cap(daily),
                monthly: cap(monthly),
            };
            plan::set_limits(ledger, &account(id), &limits)
        }
        ["transfer", debit, credit, amount, _] => {
            plan::transfer(ledger, &request(debit, credit, amount, at, false))
        }
        ["spend", debit, credit, amount, _] => {
            plan::transfer(ledger, &request(debit, credit, amount, at, true))
        }
        ["hold", id, debit, credit, amount, _] => plan::hold(
            ledger,
            &HoldId::new(id),
            &request(debit, credit, amount, at, false),
        ),
        ["reserve", id, debit, credit, amount, _] => plan::hold(
            ledger,
            &HoldId::new(id),
            &request(debit, credit, amount, at, true),
        ),
        ["post", id, amount, _] => {
            let amount = (amount != "all").then(|| money(amount));
            plan::post(ledger, &HoldId::new(id), amount, at)
        }
        ["void", id, _] => plan::void(ledger, &HoldId::new(id), false, at),
        ["expire", id, _] => plan::void(ledger, &HoldId::new(id), true, at),
        _ => panic!("no such step: {words:?}"),
    }
}

/// A request between two accounts as scripts name them.
pub(super) fn request(
    debit: &str,
    credit: &str,
    amount: &str,
    at: Timestamp,
    spends: bool,
) -> TransferRequest {
    TransferRequest {
        debit: account(debit),
        credit: account(credit),
        amount: money(amount),
        kind: "payment".into(),
        reference: Some("order-1".into()),
        at,
        spends,
    }
}
