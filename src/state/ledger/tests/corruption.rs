//! An audit that cannot fail proves nothing: each invariant is broken here on
//! purpose, behind the ledger's back, and must be named.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::super::audit::audit;
use super::super::{
    Account, Hold, HoldId, HoldState, Ledger, LedgerEffect, Phase, SpendWindows, Transfer,
};
use super::script::check;
use super::{account, money};

/// A ledger with something of everything: transfers 1 to 6, of which 2 and 3
/// are H1, 4 and 5 are H2, and 6 is H3.
fn sound() -> Ledger {
    check(
        "at 2026-01-31T12:00:00Z
         open A wallet 2 ok
         open B wallet 2 ok
         open World external 2 ok
         open World:JPY external 0 ok
         transfer World A 100.50 ok
         reserve H1 A B 15 ok
         post H1 10 ok
         reserve H2 A B 5 ok
         void H2 ok
         reserve H3 A B 20 ok",
    )
}

/// Breaks a sound ledger, and demands that exactly these invariants go red,
/// each naming its offender.
#[track_caller]
fn check_broken(expected: &[(&str, &str)], corrupt: impl FnOnce(&mut Ledger)) {
    let mut ledger = sound();
    corrupt(&mut ledger);
    let broken: Vec<_> = audit(&ledger).into_iter().filter(|i| !i.ok).collect();
    let names = broken.iter().map(|i| i.name);
    assert!(
        names.eq(expected.iter().map(|(name, _)| *name)),
        "{broken:#?}"
    );
    for (invariant, (_, offender)) in broken.iter().zip(expected) {
        assert!(
            invariant.detail.starts_with(&format!("{offender}:")),
            "{invariant:#?}"
        );
    }
}

fn edit_account(ledger: &mut Ledger, id: &str, edit: impl FnOnce(&mut Account)) {
    let kept = ledger.accounts.get_mut(&account(id)).expect("an account");
    edit(Arc::make_mut(kept));
}

fn edit_hold(ledger: &mut Ledger, id: &str, edit: impl FnOnce(&mut Hold)) {
    let kept = ledger.holds.get_mut(&HoldId::new(id)).expect("a hold");
    edit(Arc::make_mut(kept));
}

fn edit_transfer(ledger: &mut Ledger, number: u64, edit: impl FnOnce(&mut Transfer)) {
    let kept = ledger.transfers.get_mut(&number).expect("a transfer");
    edit(Arc::make_mut(kept));
}

/// Writes a copy of an entry at the journal's end, as the accounts see it too.
fn repeat_entry(ledger: &mut Ledger, number: u64, edit: impl FnOnce(&mut Transfer)) {
    let mut copy = ledger.transfer(number).expect("a transfer").clone();
    copy.number = ledger.next_transfer_number();
    edit(&mut copy);
    for id in [copy.debit.clone(), copy.credit.clone()] {
        let kept = ledger.accounts.get_mut(&id).expect("an account");
        Arc::make_mut(kept).entries.push_back(copy.number);
    }
    ledger.transfers.insert(copy.number, Arc::new(copy));
}

#[test]
fn money_from_nowhere() {
    check_broken(
        &[
            ("debits_equal_credits_posted", "USD"),
            ("balance_equals_replay", "bank/B/USD"),
        ],
        |ledger| {
            edit_account(ledger, "B", |b| b.credits_posted += Decimal::ONE);
        },
    );
}

#[test]
fn a_reservation_from_nowhere() {
    check_broken(
        &[
            ("debits_equal_credits_pending", "USD"),
            ("pending_equals_holds", "bank/A/USD"),
            ("balance_equals_replay", "bank/A/USD"),
        ],
        |ledger| {
            edit_account(ledger, "A", |a| a.debits_pending += Decimal::ONE);
        },
    );
}

#[test]
fn money_moved_without_an_entry() {
    check_broken(&[("balance_equals_replay", "bank/A/USD")], |ledger| {
        edit_account(ledger, "A", |a| a.debits_posted += Decimal::TEN);
        edit_account(ledger, "B", |b| b.credits_posted += Decimal::TEN);
    });
}

#[test]
fn a_wallet_that_owes() {
    check_broken(&[("wallets_not_below_zero", "bank/B/USD")], |ledger| {
        // An entry that no plan would make, but that all totals agree on.
        let mut transfer = ledger.transfer(1).expect("a transfer").clone();
        transfer.number = ledger.next_transfer_number();
        (transfer.debit, transfer.credit) = (account("B"), account("World"));
        ledger.apply(&LedgerEffect::Transferred { transfer });
    });
}

#[test]
fn a_hold_that_forgets_its_amount() {
    check_broken(
        &[
            ("pending_equals_holds", "bank/A/USD"),
            ("posted_plus_returned_equals_held", "hold H3"),
        ],
        |ledger| {
            edit_hold(ledger, "H3", |hold| hold.amount = money("19"));
        },
    );
}

#[test]
fn a_hold_between_accounts_that_are_not_open() {
    check_broken(
        &[
            ("pending_equals_holds", "bank/Nobody/USD"),
            ("holds_resolved_once", "hold H4"),
            ("posted_plus_returned_equals_held", "hold H4"),
        ],
        |ledger| {
            let mut stray = ledger.hold(&HoldId::new("H3")).expect("a hold").clone();
            stray.id = HoldId::new("H4");
            (stray.debit, stray.credit) = (account("Nobody"), account("Nowhere"));
            ledger.holds.insert(stray.id.clone(), Arc::new(stray));
        },
    );
}

#[test]
fn a_hold_resolved_twice() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/A/USD"),
            ("holds_resolved_once", "hold H1"),
            ("spent_equals_recount", "bank/A/USD"),
        ],
        |ledger| {
            repeat_entry(ledger, 3, |copy| {
                copy.phase = Phase::VoidPending { expired: false };
                copy.amount = money("15");
            });
        },
    );
}

#[test]
fn a_hold_placed_twice() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/A/USD"),
            ("holds_resolved_once", "hold H3"),
            ("posted_plus_returned_equals_held", "hold H3"),
            ("spent_equals_recount", "bank/A/USD"),
        ],
        |ledger| {
            repeat_entry(ledger, 6, |_| {});
        },
    );
}

#[test]
fn a_hold_resolved_another_way_than_its_entry_says() {
    check_broken(&[("holds_resolved_once", "hold H2")], |ledger| {
        edit_hold(ledger, "H2", |hold| hold.state = HoldState::Expired);
    });
}

#[test]
fn an_entry_of_a_hold_that_does_not_exist() {
    check_broken(&[("holds_resolved_once", "hold H2")], |ledger| {
        ledger.holds.remove(&HoldId::new("H2"));
    });
}

#[test]
fn a_hold_that_returns_too_little() {
    check_broken(
        &[("posted_plus_returned_equals_held", "hold H1")],
        |ledger| {
            edit_hold(ledger, "H1", |hold| {
                hold.state = HoldState::Posted {
                    amount: money("11"),
                }
            });
        },
    );
}

#[test]
fn a_hold_that_posts_more_than_it_held() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/A/USD"),
            ("posted_plus_returned_equals_held", "hold H1"),
            ("spent_equals_recount", "bank/A/USD"),
        ],
        |ledger| {
            edit_hold(ledger, "H1", |hold| {
                hold.state = HoldState::Posted {
                    amount: money("16"),
                }
            });
            edit_transfer(ledger, 3, |entry| entry.amount = money("16"));
        },
    );
}

#[test]
fn a_transfer_across_currencies() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/World/USD"),
            ("transfers_within_one_currency", "transfer 1"),
            ("entries_match_transfers", "bank/World/JPY"),
            ("amounts_fit_currency", "transfer 1"),
        ],
        |ledger| {
            edit_transfer(ledger, 1, |entry| entry.debit = account("World:JPY"));
        },
    );
}

#[test]
fn a_hold_across_currencies() {
    check_broken(&[("transfers_within_one_currency", "hold H2")], |ledger| {
        edit_hold(ledger, "H2", |hold| hold.credit = account("World:JPY"));
    });
}

#[test]
fn an_account_in_another_currency_than_its_id() {
    check_broken(
        &[("transfers_within_one_currency", "bank/A/USD")],
        |ledger| {
            edit_account(ledger, "A", |a| a.currency = "EUR".into());
        },
    );
}

#[test]
fn an_entry_that_points_nowhere() {
    check_broken(&[("entries_match_transfers", "bank/A/USD")], |ledger| {
        edit_account(ledger, "A", |a| a.entries.push_back(99));
    });
}

#[test]
fn entries_that_an_account_forgot() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/World/USD"),
            ("entries_match_transfers", "bank/World/USD"),
        ],
        |ledger| {
            edit_account(ledger, "World", |world| world.entries.clear());
        },
    );
}

#[test]
fn a_transfer_of_an_account_that_is_not_open() {
    check_broken(
        &[
            ("debits_equal_credits_posted", "USD"),
            ("entries_match_transfers", "bank/World/USD"),
            ("amounts_fit_currency", "transfer 1"),
        ],
        |ledger| {
            ledger.accounts.remove(&account("World"));
        },
    );
}

#[test]
fn a_transfer_from_an_account_to_itself() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/A/USD"),
            ("entries_match_transfers", "transfer 1"),
        ],
        |ledger| {
            edit_transfer(ledger, 1, |entry| entry.debit = account("A"));
        },
    );
}

#[test]
fn a_gap_in_the_journal() {
    check_broken(
        &[
            ("balance_equals_replay", "bank/A/USD"),
            ("holds_resolved_once", "hold H1"),
            ("posted_plus_returned_equals_held", "hold H1"),
            ("entries_match_transfers", "transfer 4"),
            ("spent_equals_recount", "bank/A/USD"),
        ],
        |ledger| {
            ledger.transfers.remove(&3);
        },
    );
}

#[test]
fn a_transfer_finer_than_its_currency() {
    check_broken(&[("amounts_fit_currency", "transfer 1")], |ledger| {
        edit_account(ledger, "World", |world| world.minor_units = 0);
    });
}

#[test]
fn a_transfer_of_nothing() {
    check_broken(&[("amounts_fit_currency", "transfer 7")], |ledger| {
        repeat_entry(ledger, 1, |copy| copy.amount = Decimal::ZERO);
    });
}

#[test]
fn spending_that_was_not_counted() {
    check_broken(&[("spent_equals_recount", "bank/A/USD")], |ledger| {
        edit_account(ledger, "A", |a| a.spent.clear());
    });
}

#[test]
fn spending_given_back_to_the_wrong_day() {
    check_broken(&[("spent_equals_recount", "bank/A/USD")], |ledger| {
        let tomorrow = "2026-02-01T00:00:00Z".parse().expect("a timestamp");
        edit_account(ledger, "A", |a| {
            a.count_spending(&SpendWindows::at(tomorrow), -Decimal::ONE)
        });
    });
}

#[test]
fn every_invariant_can_fail() {
    let mut ledger = sound();
    edit_account(&mut ledger, "A", |a| {
        a.debits_posted = Decimal::MAX;
        a.debits_pending = Decimal::MAX;
        a.currency = "EUR".into();
        a.entries.clear();
        a.spent.clear();
    });
    edit_hold(&mut ledger, "H2", |hold| hold.state = HoldState::Pending);
    edit_transfer(&mut ledger, 3, |entry| entry.amount = Decimal::ZERO);
    let holding: Vec<_> = audit(&ledger).into_iter().filter(|i| i.ok).collect();
    assert_eq!(holding, [], "these hold in a ledger that is all wrong");
}
