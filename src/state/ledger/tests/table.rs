//! What the ledger does and refuses, case by case.

use jiff::Timestamp;

use super::super::{
    AccountId, HoldId, Ledger, LedgerEffect, LedgerRefusal, LimitKind, Phase, SpendWindows,
    TOTAL_MAX, plan,
};
use super::script::{check, request, run};
use super::{account, money};

/// Two wallets and the world, in dollars; A has 100.
const OPENED: &str = "
    at 2026-01-31T12:00:00Z
    open A wallet 2 ok
    open B wallet 2 ok
    open World external 2 ok
    transfer World A 100 ok
";

#[track_caller]
fn check_opened(script: &str) -> Ledger {
    check(&format!("{OPENED}at 2026-01-31T12:00:00Z\n{script}"))
}

#[test]
fn transfers_move_money() {
    check_opened(
        "account A 100 100
         transfer A B 30.25 ok
         account A 69.75 69.75
         account B 30.25 30.25
         account World -100 -100
         transfer A B 69.76 insufficient_funds
         transfer A B 69.75 ok
         transfer A B 0.01 insufficient_funds
         transfer B World 100 ok
         account World 0 0",
    );
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    check_opened(
        "open A wallet 2 account_exists
         open A external 2 account_exists
         open Fine wallet 9 ok
         open Finer wallet 10 currency_too_fine
         transfer A A 1 same_account
         transfer A Nobody 1 unknown_account
         transfer Nobody A 1 unknown_account
         transfer Nobody Nobody 1 same_account
         hold H1 A Nobody 1 unknown_account
         limits Nobody - - - unknown_account
         transfer A B 0 not_positive
         transfer A B -1 not_positive
         transfer A B 0.001 too_precise
         transfer A B 1.50000 ok
         transfer World A -1000 not_positive",
    );
}

#[test]
fn currencies_do_not_mix() {
    check_opened(
        "open A:JPY wallet 0 ok
         open World:JPY external 0 ok
         transfer A A:JPY 1 currency_mismatch
         hold H1 A World:JPY 1 currency_mismatch
         transfer World:JPY A:JPY 0.5 too_precise
         transfer World:JPY A:JPY 1500 ok
         account A:JPY 1500 1500
         account A 100 100",
    );
}

#[test]
fn packs_that_disagree_on_minor_units_move_what_both_can_hold() {
    check_opened(
        "open Coarse wallet 0 ok
         transfer A Coarse 0.50 too_precise
         transfer A Coarse 2.00 ok
         hold H1 Coarse A 2 ok
         post H1 0.50 too_precise
         post H1 1.00 ok",
    );
}

#[test]
fn a_hold_reserves_and_is_posted_in_part() {
    check_opened(
        "hold H1 A B 15.00 ok
         account A 100 85
         account B 0 0
         transfer A B 85.01 insufficient_funds
         hold H2 A B 85.01 insufficient_funds
         hold H1 A B 1 hold_exists
         post H1 15.01 exceeds_hold
         post H1 0 not_positive
         post H1 -1 not_positive
         post H1 0.001 too_precise
         post H1 10.00 ok
         account A 90 90
         account B 10 10
         void H1 hold_already_posted
         expire H1 hold_already_posted
         post H1 all hold_already_posted
         hold H1 A B 1 hold_exists
         hold H2 A B 15 ok
         post H2 15 ok
         account A 75 75",
    );
}

#[test]
fn a_hold_resolves_once_however_it_does() {
    check_opened(
        "hold Posted A B 10 ok
         post Posted all ok
         hold Voided A B 10 ok
         void Voided ok
         hold Expired A B 10 ok
         expire Expired ok
         account A 90 90
         post Posted all hold_already_posted
         post Voided all hold_already_voided
         void Voided hold_already_voided
         post Expired all hold_expired
         void Expired hold_expired
         expire Expired hold_expired
         post Never all hold_not_found
         void Never hold_not_found",
    );
}

#[test]
fn reserved_money_is_not_yet_the_payees() {
    check_opened(
        "hold H1 A B 40 ok
         transfer B World 1 insufficient_funds
         post H1 all ok
         transfer B World 40 ok",
    );
}

#[test]
fn limits_count_what_spends() {
    check_opened(
        "limits A 40 50 60 ok
         spend A B 40.01 over_transaction_limit
         spend A B 40 ok
         spend A B 10.01 over_daily_limit
         spend A B 10 ok
         spent A 2026-01-31 50
         spent A 2026-01 50
         transfer A World 5 ok
         spent A 2026-01 50
         at 2026-01-30T23:59:59Z
         spend A B 10.01 over_monthly_limit
         spend A B 10 ok
         spent A 2026-01-30 10
         at 2026-02-01T00:00:00Z
         spend A B 1 ok
         spent A 2026-01 60
         spent A 2026-02 1",
    );
}

#[test]
fn limits_are_checked_before_funds_and_can_be_lifted() {
    check_opened(
        "limits A - 0 - ok
         spend A B 1000 over_daily_limit
         reserve H1 A B 1 over_daily_limit
         limits A - - - ok
         spend A B 1000 insufficient_funds
         limits A -1 - - negative_limit
         limits A - -0.01 - negative_limit
         limits A - - 0.001 too_precise",
    );
}

#[test]
fn a_resolved_hold_gives_spending_back_to_the_day_it_was_counted_in() {
    check_opened(
        "limits A - 50 - ok
         reserve H1 A B 30 ok
         reserve H2 A B 20 ok
         spend A B 1 over_daily_limit
         at 2026-02-01T09:00:00Z
         spend A B 7 ok
         post H1 25 ok
         spent A 2026-01-31 45
         spent A 2026-01 45
         spent A 2026-02-01 7
         expire H2 ok
         spent A 2026-01-31 25
         spent A 2026-01 25
         spent A 2026-02 7",
    );
}

#[test]
fn totals_stay_within_range() {
    let mut ledger = check_opened("");
    let most = TOTAL_MAX.to_string();
    run(
        &mut ledger,
        &format!(
            "open Bank external 2 ok
             open Vault wallet 2 ok
             transfer World Vault {most} balance_too_large
             hold H1 Bank Vault {most} ok
             hold H2 Bank A 0.01 balance_too_large
             hold H2 World Vault 0.01 balance_too_large
             transfer World Vault 0.01 balance_too_large
             post H1 all ok
             transfer World Vault 0.01 balance_too_large
             transfer Vault Bank {most} ok
             transfer World Vault 0.01 balance_too_large
             transfer World Bank 79228162514264337593543950335 balance_too_large"
        ),
    );
}

#[test]
fn a_refusal_says_what_it_takes_to_succeed() {
    let at: Timestamp = "2026-01-31T12:00:00Z".parse().expect("a timestamp");
    let ledger = check_opened("limits A - 50 - ok\nreserve H1 A B 30 ok");
    let over = plan::transfer(&ledger, &request("A", "B", "20.5", at, true));
    assert_eq!(
        over,
        Err(LedgerRefusal::OverLimit {
            limit: LimitKind::Daily,
            cap: money("50"),
            spent: money("30"),
            asked: money("20.5"),
        })
    );
    let short = plan::transfer(&ledger, &request("A", "B", "70.5", at, false));
    assert_eq!(
        short,
        Err(LedgerRefusal::InsufficientFunds {
            account: account("A"),
            available: money("70"),
            needed: money("70.5"),
        })
    );
    let text = |refused: Result<LedgerEffect, LedgerRefusal>| refused.map_err(|r| r.to_string());
    assert_eq!(
        text(over).unwrap_err(),
        "20.50 is over the daily limit of 50.00, of which 30.00 is spent"
    );
    assert_eq!(
        text(short).unwrap_err(),
        "account bank/A/USD has 70.00 available and needs 70.50"
    );
}

#[test]
fn a_holds_life_can_be_read_from_its_entries() {
    let ledger = check_opened("hold H1 A B 15 ok\npost H1 10 ok\nhold H2 A B 5 ok\nexpire H2 ok");
    let life = |hold: &str| -> Vec<(u64, Phase, String)> {
        let id = HoldId::new(hold);
        let entries = ledger.transfers().filter(|t| t.hold.as_ref() == Some(&id));
        entries
            .map(|t| (t.number, t.phase, t.amount.to_string()))
            .collect()
    };
    assert_eq!(
        life("H1"),
        [
            (2, Phase::Pending, "15.00".to_string()),
            (3, Phase::PostPending, "10.00".to_string()),
        ]
    );
    assert_eq!(
        life("H2"),
        [
            (4, Phase::Pending, "5.00".to_string()),
            (5, Phase::VoidPending { expired: true }, "5.00".to_string()),
        ]
    );
    let resolved = ledger.transfer(3).expect("an entry");
    assert!(!resolved.spends, "the hold did not spend");
    assert_eq!(&*resolved.kind, "payment");
    assert_eq!(resolved.reference.as_deref(), Some("order-1"));
    let hold = ledger.hold(&HoldId::new("H1")).expect("a hold");
    assert_eq!(hold.returned(), money("5"));
}

#[test]
fn reads_find_what_they_name() {
    let ledger = check_opened(
        "open A:JPY wallet 0 ok
         open A:EUR wallet 2 ok
         open AA wallet 2 ok
         transfer A B 1 ok
         transfer World B 2 ok
         transfer B A 3 ok",
    );
    let named: Vec<String> = ledger
        .accounts_named("bank", "A")
        .map(|(id, _)| id.to_string())
        .collect();
    assert_eq!(named, ["bank/A/EUR", "bank/A/JPY", "bank/A/USD"]);
    assert_eq!(ledger.accounts_named("ban", "A").count(), 0);
    assert_eq!(ledger.accounts().count(), 6);
    let numbers =
        |id: &AccountId| -> Vec<u64> { ledger.transfers_of(id).map(|t| t.number).collect() };
    assert_eq!(numbers(&account("A")), [4, 2, 1]);
    assert_eq!(numbers(&account("B")), [4, 3, 2]);
    assert_eq!(numbers(&account("Nobody")), [0u64; 0]);
    let range =
        |from, to| -> Vec<u64> { ledger.transfers_in(from..=to).map(|t| t.number).collect() };
    assert_eq!(range(2, 3), [2, 3]);
    assert_eq!(range(0, u64::MAX), [1, 2, 3, 4]);
    assert_eq!(range(3, 2), [0u64; 0]);
}

#[test]
fn windows_are_utc_days_and_months() {
    for (instant, day, month) in [
        ("2026-01-31T23:59:59.999Z", "2026-01-31", "2026-01"),
        ("2026-02-01T00:30:00+01:00", "2026-01-31", "2026-01"),
        ("0001-01-01T00:00:00Z", "0001-01-01", "0001-01"),
        ("-000001-12-31T00:00:00Z", "-000001-12-31", "-000001-12"),
    ] {
        let windows = SpendWindows::at(instant.parse().expect("a timestamp"));
        assert_eq!((&*windows.day, &*windows.month), (day, month), "{instant}");
    }
}

#[test]
fn effects_have_a_stable_spelling() {
    let mut ledger = Ledger::default();
    let effects = run(
        &mut ledger,
        "open A wallet 2 ok
         open World external 2 ok
         limits World 5000 - - ok
         reserve H1 World A 7.5 ok
         post H1 5 ok",
    );
    let spelled: Vec<String> = effects
        .iter()
        .map(|effect| serde_json::to_string(effect).expect("JSON"))
        .collect();
    let world = r#"{"pack":"bank","name":"World","currency":"USD"}"#;
    let a = r#"{"pack":"bank","name":"A","currency":"USD"}"#;
    let sides = format!(r#""debit":{world},"credit":{a}"#);
    let said = r#""kind":"payment","reference":"order-1""#;
    let windows = r#""spends":{"day":"1970-01-01","month":"1970-01"}"#;
    let at = r#""at":"1970-01-01T00:00:00Z""#;
    assert_eq!(
        spelled,
        [
            format!(
                r#"{{"accountOpened":{{"account":{a},"minorUnits":2,"kind":"wallet","limits":{{}},{at}}}}}"#
            ),
            format!(
                r#"{{"accountOpened":{{"account":{world},"minorUnits":2,"kind":"external","limits":{{}},{at}}}}}"#
            ),
            format!(
                r#"{{"limitsSet":{{"account":{world},"limits":{{"perTransaction":"5000.00"}}}}}}"#
            ),
            format!(
                r#"{{"holdPlaced":{{"hold":{{"id":"H1",{sides},"amount":"7.50",{said},"state":"pending",{windows}}},"transfer":{{"number":1,{sides},"amount":"7.50",{said},"hold":"H1",{at},"phase":"pending","spends":true}}}}}}"#
            ),
            format!(
                r#"{{"holdPosted":{{"hold":{{"id":"H1",{sides},"amount":"7.50",{said},"state":{{"posted":{{"amount":"5.00"}}}},{windows}}},"transfer":{{"number":2,{sides},"amount":"5.00",{said},"hold":"H1",{at},"phase":"postPending","spends":true}}}}}}"#
            ),
        ]
    );
}

#[test]
fn applying_a_foreign_effect_never_panics() {
    let mut donor = Ledger::default();
    let effects = run(
        &mut donor,
        "open A wallet 2 ok
         open World external 2 ok
         reserve H1 World A 7.5 ok
         post H1 5 ok
         reserve H2 World A 1 ok
         void H2 ok
         spend World A 1 ok",
    );
    let mut stranger = Ledger::default();
    for effect in effects.iter().rev().chain(&effects) {
        let mut effect = effect.clone();
        if let LedgerEffect::Transferred { transfer } = &mut effect {
            transfer.amount = rust_decimal::Decimal::MAX;
            transfer.number = u64::MAX;
        }
        stranger.apply(&effect);
        stranger.apply(&effect);
    }
    super::audit(&stranger);
    assert_eq!(stranger.next_transfer_number(), u64::MAX);
}
