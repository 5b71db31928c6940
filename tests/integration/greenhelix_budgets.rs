//! Budget caps: what counts, against which window, and what is given back.

use crate::greenhelix_script::check;

/// The three ways by which money leaves under a cap.
const WAYS_OUT: [(&str, &str); 3] = [
    ("create_escrow", "payer=alice payee=bob"),
    ("create_intent", "payer=alice payee=bob"),
    ("withdraw", "agent_id=alice"),
];

#[test]
fn every_way_out_counts_against_every_cap() {
    for (tool, parties) in WAYS_OUT {
        check(&format!(
                "
                set_budget_cap agent_id=alice per_transaction_limit=10.00 daily_limit=25.00 monthly_limit=40.00 currency=USD => 200 agent_id=alice currency=USD per_transaction_limit=10.00 daily_limit=25.00 monthly_limit=40.00
                {tool} {parties} amount=10.01 => 402 title~`Budget cap exceeded` title~10.00
                {tool} {parties} amount=10.00 => 200
                {tool} {parties} amount=10.00 => 200
                get_budget_status agent_id=alice => 200 daily_spent=20.00 monthly_spent=20.00 daily_remaining=5.00 monthly_remaining=20.00 per_transaction_limit=10.00
                {tool} {parties} amount=5.01 => 402 title~`Budget cap exceeded`
                {tool} {parties} amount=5.00 => 200
                {tool} {parties} amount=0.01 => 402
                wallet alice 475.00
                # The last millisecond of the day, then the next day; the month goes on.
                clock 2026-01-01T23:59:59.999Z
                {tool} {parties} amount=0.01 => 402
                clock 2026-01-02T00:00:00Z
                get_budget_status agent_id=alice => 200 daily_spent=0.00 monthly_spent=25.00 daily_remaining=25.00 monthly_remaining=15.00
                {tool} {parties} amount=10.00 => 200
                {tool} {parties} amount=5.01 => 402
                {tool} {parties} amount=5.00 => 200
                clock 2026-01-03T00:00:00Z
                {tool} {parties} amount=0.01 => 402
                clock 2026-01-31T23:59:59Z
                {tool} {parties} amount=0.01 => 402
                # The next month.
                clock 2026-02-01T00:00:00Z
                get_budget_status agent_id=alice => 200 daily_spent=0.00 monthly_spent=0.00 monthly_remaining=40.00
                {tool} {parties} amount=10.00 => 200
                wallet alice 450.00
                "
        ));
    }
}

#[test]
fn the_ways_out_share_one_budget_and_nothing_else_counts() {
    check(
        "
        set_budget_cap agent_id=alice daily_limit=30.00 => 200 daily_limit=30.00 monthly_limit=null per_transaction_limit=null
        create_escrow payer=alice payee=bob amount=10.00 => 200
        create_intent payer=alice payee=bob amount=10.00 => 200
        withdraw agent_id=alice amount=10.00 => 200
        withdraw agent_id=alice amount=0.01 => 402
        # What comes in makes no room, and what others spend takes none.
        deposit agent_id=alice amount=100.00 => 200
        withdraw agent_id=alice amount=0.01 => 402
        create_escrow payer=bob payee=alice amount=200.00 => 200 -> E
        release_escrow escrow_id=$E agent_id=bob => 200
        get_budget_status agent_id=alice => 200 daily_spent=30.00 daily_remaining=0.00 monthly_spent=30.00 monthly_remaining=null
        get_budget_status agent_id=bob => 200 daily_spent=200.00 daily_limit=null daily_remaining=null
        ",
    );
}

#[test]
fn what_goes_back_is_given_back_to_the_budget() {
    check(
        "
        set_budget_cap agent_id=alice daily_limit=20.00 monthly_limit=20.00 => 200
        create_escrow payer=alice payee=bob amount=20.00 => 200 -> CANCELLED
        create_escrow payer=alice payee=bob amount=0.01 => 402
        cancel_escrow escrow_id=$CANCELLED agent_id=bob => 200
        get_budget_status agent_id=alice => 200 daily_spent=0.00 monthly_spent=0.00 daily_remaining=20.00

        create_escrow payer=alice payee=bob amount=20.00 conditions.delivery_by=2026-01-01T01:00:00Z => 200
        withdraw agent_id=alice amount=0.01 => 402
        advance PT1H
        get_budget_status agent_id=alice => 200 daily_spent=0.00 monthly_spent=0.00

        create_escrow payer=alice payee=bob amount=20.00 => 200 -> DISPUTED
        open_dispute escrow_id=$DISPUTED agent_id=bob => 200
        get_budget_status agent_id=alice => 200 daily_spent=20.00
        resolve_dispute escrow_id=$DISPUTED agent_id=bob resolution=refund => 200
        get_budget_status agent_id=alice => 200 daily_spent=0.00

        create_intent payer=alice payee=bob amount=20.00 => 200 -> VOIDED
        refund_intent intent_id=$VOIDED => 200
        get_budget_status agent_id=alice => 200 daily_spent=0.00 monthly_spent=0.00

        create_intent payer=alice payee=bob amount=20.00 => 200 -> PART
        capture_intent intent_id=$PART amount=7.50 => 200
        get_budget_status agent_id=alice => 200 daily_spent=7.50 monthly_spent=7.50 daily_remaining=12.50
        create_escrow payer=alice payee=bob amount=12.51 => 402
        create_escrow payer=alice payee=bob amount=12.50 => 200 -> RELEASED
        # What was paid stays spent.
        release_escrow escrow_id=$RELEASED agent_id=alice => 200
        get_budget_status agent_id=alice => 200 daily_spent=20.00 monthly_spent=20.00
        ",
    );
}

#[test]
fn what_goes_back_is_given_back_to_the_window_in_which_it_was_spent() {
    check(
        "
        clock 2026-01-31T12:00:00Z
        set_budget_cap agent_id=alice daily_limit=20.00 monthly_limit=50.00 => 200
        create_escrow payer=alice payee=bob amount=15.00 => 200 -> E
        create_escrow payer=alice payee=bob amount=5.00 conditions.delivery_by=2026-02-01T06:00:00Z => 200
        clock 2026-02-01T00:00:00Z
        create_escrow payer=alice payee=bob amount=20.00 => 200
        # A void in February gives January its money back, and February none.
        cancel_escrow escrow_id=$E agent_id=alice => 200
        clock 2026-02-01T06:00:00Z
        get_budget_status agent_id=alice => 200 daily_spent=20.00 monthly_spent=20.00 daily_remaining=0.00
        create_escrow payer=alice payee=bob amount=0.01 => 402
        wallet alice 480.00
        clock 2026-01-31T13:00:00Z
        get_budget_status agent_id=alice => 200 daily_spent=0.00 monthly_spent=0.00
        ",
    );
}

#[test]
fn a_cap_that_is_left_out_stays_and_null_lifts_it() {
    check(
        "
        set_budget_cap agent_id=alice per_transaction_limit=1.00 daily_limit=5.00 monthly_limit=50.00 => 200
        set_budget_cap agent_id=alice daily_limit=6.00 => 200 per_transaction_limit=1.00 daily_limit=6.00 monthly_limit=50.00
        set_budget_cap agent_id=alice per_transaction_limit:=null => 200 per_transaction_limit=null daily_limit=6.00
        withdraw agent_id=alice amount=6.00 => 200
        # A cap below what is spent allows no more; a cap of nothing allows nothing.
        set_budget_cap agent_id=alice daily_limit=2.00 => 200
        get_budget_status agent_id=alice => 200 daily_spent=6.00 daily_remaining=0.00
        withdraw agent_id=alice amount=0.01 => 402
        set_budget_cap agent_id=alice daily_limit:=null monthly_limit=0.00 => 200 daily_limit=null monthly_limit=0.00
        withdraw agent_id=alice amount=0.01 => 402
        set_budget_cap agent_id=alice monthly_limit:=null => 200
        withdraw agent_id=alice amount=494.00 => 200 balance=0.00
        get_budget_status agent_id=alice => 200 per_transaction_limit=null daily_limit=null monthly_limit=null daily_remaining=null
        set_budget_cap agent_id=alice => 422 title~per_transaction_limit title~daily_limit title~monthly_limit
        set_budget_cap daily_limit=1.00 => 422 errors.0.field=agent_id
        ",
    );
}

#[test]
fn caps_are_per_currency() {
    check(
        "
        deposit agent_id=alice amount=100.00 currency=EUR => 200
        set_budget_cap agent_id=alice daily_limit=5.00 currency=EUR => 200 currency=EUR daily_limit=5.00
        get_budget_status agent_id=alice => 200 currency=USD daily_limit=null
        withdraw agent_id=alice amount=5.01 currency=EUR => 402
        withdraw agent_id=alice amount=5.01 => 200
        withdraw agent_id=alice amount=5.00 currency=EUR => 200
        get_budget_status agent_id=alice currency=EUR => 200 daily_spent=5.00 daily_remaining=0.00
        get_budget_status agent_id=alice => 200 daily_spent=5.01
        ",
    );
}
