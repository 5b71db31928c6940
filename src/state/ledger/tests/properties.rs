//! Random sequences of requests: the ledger agrees with a naive model on every
//! outcome and every figure, keeps its invariants after each step, and is the
//! fold of its effects.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::{
    AccountKind, HoldId, Ledger, LedgerEffect, LedgerRefusal, Limits, OpenRequest, TransferRequest,
    plan,
};
use super::model::{ACCOUNTS, Caps, Model, Op};
use super::{account, assert_sound, word};

/// Hours after the step before, and what is asked for then.
type Step = (i64, Op);

/// A run starts with most accounts open and the wallets funded, so that it does
/// not spend its steps on refusals.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let accounts = 0..ACCOUNTS.len();
    let amount = prop_oneof![8 => 1i64..=2_000, 1 => -2i64..=0];
    let cap = || prop::option::of(prop_oneof![8 => 0i64..=4_000, 1 => Just(-1i64)]);
    let sides = prop_oneof![
        6 => prop::sample::select(vec![(0, 1), (1, 0), (2, 0), (0, 2), (4, 3), (3, 4)]),
        1 => (accounts.clone(), accounts.clone()),
    ];
    let holds = 0usize..6;
    let op = prop_oneof![
        1 => accounts.clone().prop_map(Op::Open),
        2 => (accounts, [cap(), cap(), cap()]).prop_map(|(a, caps)| Op::Limits(a, caps)),
        6 => (sides.clone(), amount.clone(), any::<bool>())
            .prop_map(|((d, c), amount, spends)| Op::Transfer(d, c, amount, spends)),
        6 => (holds.clone(), sides, amount.clone(), any::<bool>())
            .prop_map(|(h, (d, c), amount, spends)| Op::Hold(h, d, c, amount, spends)),
        4 => (holds.clone(), prop::option::of(amount)).prop_map(|(h, a)| Op::Post(h, a)),
        3 => (holds, any::<bool>()).prop_map(|(h, expired)| Op::Void(h, expired)),
    ];
    let opened = prop::collection::vec(prop::bool::weighted(0.9), ACCOUNTS.len());
    let random = prop::collection::vec((0i64..40, op), 1..60);
    (opened, random).prop_map(|(opened, random)| {
        let opens = (0..ACCOUNTS.len()).filter(|i| opened[*i]).map(Op::Open);
        let funds = [(2, 0), (2, 1), (4, 3)].map(|(d, c)| Op::Transfer(d, c, 5_000, false));
        let start = opens.chain(funds).map(|op| (0, op));
        start.chain(random).collect()
    })
}

fn decimal(account: usize, minor: i64) -> Decimal {
    Decimal::new(minor, ACCOUNTS[account].1)
}

fn hold_id(hold: usize) -> HoldId {
    HoldId::new(format!("H{hold}"))
}

fn request(
    debit: usize,
    credit: usize,
    amount: i64,
    at: Timestamp,
    spends: bool,
) -> TransferRequest {
    TransferRequest {
        debit: account(ACCOUNTS[debit].0),
        credit: account(ACCOUNTS[credit].0),
        amount: decimal(debit, amount),
        kind: "payment".into(),
        reference: None,
        at,
        spends,
    }
}

fn limits(account: usize, caps: Caps) -> Limits {
    let [per_transaction, daily, monthly] = caps.map(|cap| cap.map(|cap| decimal(account, cap)));
    Limits {
        per_transaction,
        daily,
        monthly,
    }
}

fn planned(ledger: &Ledger, op: &Op, at: Timestamp) -> Result<LedgerEffect, LedgerRefusal> {
    match *op {
        Op::Open(index) => {
            let (name, minor_units, wallet) = ACCOUNTS[index];
            let kind = if wallet {
                AccountKind::Wallet
            } else {
                AccountKind::External
            };
            let request = OpenRequest {
                account: account(name),
                minor_units,
                kind,
                limits: Limits::default(),
                at,
            };
            plan::open(ledger, &request)
        }
        Op::Limits(index, caps) => {
            plan::set_limits(ledger, &account(ACCOUNTS[index].0), &limits(index, caps))
        }
        Op::Transfer(debit, credit, amount, spends) => {
            plan::transfer(ledger, &request(debit, credit, amount, at, spends))
        }
        Op::Hold(hold, debit, credit, amount, spends) => {
            let request = request(debit, credit, amount, at, spends);
            plan::hold(ledger, &hold_id(hold), &request)
        }
        Op::Post(hold, amount) => {
            let id = hold_id(hold);
            // The amount is in minor units of whatever currency the hold has.
            let scale = ledger.hold(&id).map_or(0, |hold| hold.amount.scale());
            plan::post(ledger, &id, amount.map(|a| Decimal::new(a, scale)), at)
        }
        Op::Void(hold, expired) => plan::void(ledger, &hold_id(hold), expired, at),
    }
}

/// The times of a run's steps.
fn timed(steps: &[Step]) -> impl Iterator<Item = (Timestamp, &Op)> {
    let start: Timestamp = "2026-01-29T00:00:00Z".parse().expect("a timestamp");
    steps.iter().scan(start, |at, (hours, op)| {
        *at += SignedDuration::from_hours(*hours);
        Some((*at, op))
    })
}

/// Runs the steps, and returns where they end and the effects they had.
fn run(steps: &[Step]) -> (Ledger, Vec<LedgerEffect>) {
    let mut ledger = Ledger::default();
    let mut effects = Vec::new();
    for (at, op) in timed(steps) {
        if let Ok(effect) = planned(&ledger, op, at) {
            ledger.apply(&effect);
            effects.push(effect);
        }
    }
    (ledger, effects)
}

fn fold(effects: &[LedgerEffect]) -> Ledger {
    let mut ledger = Ledger::default();
    for effect in effects {
        ledger.apply(effect);
    }
    ledger
}

/// Compares every figure of the open accounts, as of a time.
fn assert_same_figures(ledger: &Ledger, model: &Model, at: Timestamp) {
    let today = TimeZone::UTC.to_datetime(at).date();
    let month = today.first_of_month();
    for index in model.open() {
        let kept = ledger.account(&account(ACCOUNTS[index].0)).expect("open");
        let found = [
            kept.balance(),
            kept.available(),
            kept.spent_on(&today.strftime("%Y-%m-%d").to_string()),
            kept.spent_in(&today.strftime("%Y-%m").to_string()),
        ];
        let expected = [
            model.balance(index),
            model.available(index),
            model.spent(index, |day| day == today),
            model.spent(index, |day| day.first_of_month() == month),
        ];
        let expected = expected.map(|minor| decimal(index, minor));
        assert_eq!(found, expected, "{}", ACCOUNTS[index].0);
    }
    assert_eq!(ledger.accounts().count(), model.open().count());
}

proptest! {
    // A case is some sixty steps, each audited: a hundred cases are enough.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn agrees_with_a_naive_model_at_every_step(steps in steps()) {
        let mut ledger = Ledger::default();
        let mut model = Model::default();
        for (at, op) in timed(&steps) {
            let entries = ledger.transfers().count();
            let planned = planned(&ledger, op, at);
            let outcome = planned.as_ref().map(|_| ()).map_err(word);
            prop_assert_eq!(outcome, model.perform(op, at), "{:?}: {:?}", op, planned);
            if let Ok(effect) = planned {
                ledger.apply(&effect);
            } else {
                prop_assert_eq!(ledger.transfers().count(), entries);
            }
            assert_same_figures(&ledger, &model, at);
            assert_sound(&ledger, &format!("{op:?}"));
        }
    }

    #[test]
    fn money_is_conserved(steps in steps()) {
        let (ledger, _) = run(&steps);
        for currency in ["USD", "JPY"] {
            let accounts = ledger.accounts().filter(|(id, _)| &*id.currency == currency);
            let sum: Decimal = accounts.map(|(_, account)| account.balance()).sum();
            prop_assert_eq!(sum, Decimal::ZERO, "{}", currency);
        }
    }

    #[test]
    fn is_the_fold_of_its_effects_even_through_json(steps in steps()) {
        let (ledger, effects) = run(&steps);
        let text = serde_json::to_string(&effects).expect("JSON");
        let read: Vec<LedgerEffect> = serde_json::from_str(&text).expect("effects");
        prop_assert_eq!(&read, &effects);
        let folded = fold(&read);
        prop_assert_eq!(&folded, &ledger);
        // Equal decimals may differ in spelling; equal ledgers must not.
        prop_assert_eq!(format!("{folded:?}"), format!("{ledger:?}"));
    }

    #[test]
    fn a_fork_is_unmoved_by_what_its_origin_does(steps in steps(), at in any::<prop::sample::Index>()) {
        let (_, effects) = run(&steps);
        let (before, after) = effects.split_at(at.index(effects.len() + 1));
        let mut origin = fold(before);
        let fork = origin.clone();
        for effect in after {
            origin.apply(effect);
        }
        prop_assert_eq!(&fork, &fold(before));
        prop_assert_eq!(&origin, &fold(&effects));
    }
}
