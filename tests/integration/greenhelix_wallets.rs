//! Wallets: when they open, with what, and what moves in and out of them.

use serde_json::{Value, json};

use crate::greenhelix_script::{check, run, serve};
use crate::support::Server;

#[test]
fn free_credits_come_once() {
    check(
        "
        wallet alice none
        get_balance agent_id=alice => 200 agent_id=alice balance=500.00 currency=USD
        get_balance agent_id=alice => 200 balance=500.00
        create_wallet agent_id=alice => 200 agent_id=alice balance=500.00 currency=USD
        withdraw agent_id=alice amount=500.00 => 200 withdrawn=500.00 balance=0.00
        # A wallet that is empty is still open: nothing is given again.
        get_balance agent_id=alice => 200 balance=0.00
        create_wallet agent_id=alice => 200 balance=0.00
        create_escrow payer=bob payee=alice amount=1.00 => 200 status=pending
        get_balance agent_id=alice => 200 balance=0.00

        # What the tester has opened is not given credits either.
        fund carol 7.00
        get_balance agent_id=carol => 200 balance=7.00
        fund alice 12.34
        get_balance agent_id=alice => 200 balance=12.34
        ",
    );
}

/// Tools that name an agent for the first time, and the agents that they name.
#[test]
fn every_accepted_call_opens_the_wallets_of_those_it_names() {
    let cases = [
        ("create_wallet agent_id=a1", "a1", "500.00"),
        ("get_balance agent_id=a2", "a2", "500.00"),
        ("deposit agent_id=a3 amount=10.00", "a3", "510.00"),
        ("withdraw agent_id=a4 amount=10.00", "a4", "490.00"),
        ("get_transactions agent_id=a5", "a5", "500.00"),
        (
            "create_escrow payer=a6 payee=b6 amount=1.00",
            "a6",
            "499.00",
        ),
        (
            "create_escrow payer=a7 payee=b7 amount=1.00",
            "b7",
            "500.00",
        ),
        (
            "create_intent payer=a8 payee=b8 amount=1.00",
            "a8",
            "499.00",
        ),
        (
            "create_intent payer=a9 payee=b9 amount=1.00",
            "b9",
            "500.00",
        ),
        (
            "set_budget_cap agent_id=c1 daily_limit=5.00",
            "c1",
            "500.00",
        ),
        ("get_budget_status agent_id=c2", "c2", "500.00"),
        ("register_service agent_id=c3 name=x", "c3", "500.00"),
        ("search_services agent_id=c4", "c4", "500.00"),
        ("create_listing agent_id=c5 title=x", "c5", "500.00"),
        ("list_escrows agent_id=c6", "c6", "500.00"),
    ];
    let mut script = String::new();
    for (call, agent, balance) in cases {
        script += &format!("wallet {agent} none\n{call} => 200\nwallet {agent} {balance}\n");
    }
    check(&script);
    check(
        "
        create_listing agent_id=maker title=lamp => 200 -> L
        wallet taker none
        accept_listing listing_id=$L agent_id=taker => 200
        wallet taker 500.00

        create_escrow payer=alice payee=bob amount=1.00 => 200 -> E
        wallet reader none
        get_escrow escrow_id=$E agent_id=reader => 200
        wallet reader 500.00
        ",
    );
}

#[test]
fn refused_calls_open_nothing() {
    let server = serve();
    let calls = [
        "create_escrow payer=a payee=b amount=500.01 => 402",
        "create_escrow payer=a payee=b amount=0.00 => 422",
        "create_escrow payer=a payee=a amount=1.00 => 422 title~payer title~payee",
        "create_intent payer=a payee=a amount=1.00 => 422 title~payer title~payee",
        "create_escrow payer=a payee=b amount=1.00 currency=ZZZ => 422",
        "create_escrow payer=a payee=b amount=1.00 conditions.delivery_by=2025-12-31T00:00:00Z => 422",
        "create_intent payer=a payee=b amount=500.01 => 402",
        "withdraw agent_id=a amount=500.01 => 402",
        "deposit agent_id=a amount=-5 => 422",
        "get_balance agent_id=a currency=ZZZ => 422",
        "set_budget_cap agent_id=a => 422",
        "release_escrow escrow_id=esc_000000000000 agent_id=a => 404",
        "get_escrow escrow_id=esc_000000000000 agent_id=a => 404",
        "accept_listing listing_id=lst_000000000000 agent_id=a => 404",
        "capture_intent intent_id=int_000000000000 agent_id=a => 404",
        "no_such_tool agent_id=a => 404",
    ];
    run(&server, &calls.join("\n"));
    nobody_is_known(&server);
    // Nor does an answer that the tester has put in line, be it an error or a success.
    let queue = |body: &Value| server.post("/__admin/errors", body).expect(201);
    queue(&json!({ "status": 503, "tool": "get_balance" }));
    run(&server, "get_balance agent_id=a => 503");
    queue(&json!({ "status": 200, "body": { "balance": "9.00" } }));
    run(&server, "get_balance agent_id=a => 200 balance=9.00");
    nobody_is_known(&server);
}

#[test]
fn admin_reads_open_nothing() {
    let server = serve();
    for path in [
        "/__admin/wallets",
        "/__admin/ledger/audit",
        "/__admin/collections",
        "/__admin/collections/escrows",
        "/__admin/calls?agent=alice",
        "/__admin/tools",
        "/__admin/clock",
    ] {
        server.get(path).expect(200);
    }
    server.get("/__admin/wallets/alice").expect(404);
    nobody_is_known(&server);
}

#[track_caller]
fn nobody_is_known(server: &Server) {
    let wallets = server.get("/__admin/wallets").expect(200);
    assert_eq!(wallets["total"], 0, "{wallets:#}");
    let transfers = server.get("/__admin/ledger/transfers").expect(200);
    assert_eq!(transfers["total"], 0, "{transfers:#}");
}

#[test]
fn money_moves_in_and_out() {
    check(
        "
        deposit agent_id=alice amount=0.01 => 200 agent_id=alice deposited=0.01 balance=500.01 currency=USD
        deposit agent_id=alice amount=99.99 currency=USD => 200 deposited=99.99 balance=600.00
        withdraw agent_id=alice amount=600.01 => 402 title~`Insufficient funds`
        wallet alice 600.00
        withdraw agent_id=alice amount=100.50 => 200 agent_id=alice withdrawn=100.50 balance=499.50 currency=USD
        # What an escrow holds is not there to be withdrawn.
        create_escrow payer=alice payee=bob amount=499.00 => 200
        withdraw agent_id=alice amount=0.51 => 402
        withdraw agent_id=alice amount=0.50 => 200 balance=0.00
        ",
    );
}

#[test]
fn each_currency_is_kept_apart() {
    check(
        "
        get_balance agent_id=alice currency=EUR => 200 balance=0.00 currency=EUR
        get_balance agent_id=alice => 200 balance=500.00 currency=USD
        deposit agent_id=alice amount=20.00 currency=EUR => 200 balance=20.00 currency=EUR
        withdraw agent_id=alice amount=20.01 currency=EUR => 402
        create_escrow payer=alice payee=bob amount=15.00 currency=EUR => 200 currency=EUR -> E
        get_balance agent_id=alice currency=EUR => 200 balance=5.00
        get_balance agent_id=alice => 200 balance=500.00
        release_escrow escrow_id=$E agent_id=alice => 200
        get_balance agent_id=bob currency=EUR => 200 balance=15.00
        get_balance agent_id=bob => 200 balance=500.00
        ",
    );
}

#[test]
fn transactions_tell_what_moved_newest_first() {
    check(
        "
        get_transactions agent_id=alice => 200 agent_id=alice total=1 transactions.0.type=opening transactions.0.amount=500.00 transactions.0.direction=credit
        clock 2026-01-01T01:00:00Z
        deposit agent_id=alice amount=5.00 => 200
        withdraw agent_id=alice amount=3.00 => 200
        create_escrow payer=alice payee=bob amount=2.00 => 200 -> E
        get_transactions agent_id=alice => 200 total=4 transactions.0.type=escrow transactions.0.status=pending transactions.0.reference=$E transactions.1.type=withdrawal transactions.2.type=deposit transactions.3.type=opening
        get_transactions agent_id=alice => 200 transactions.0.amount=2.00 transactions.0.direction=debit transactions.0.counterparty=bob transactions.0.currency=USD transactions.0.at=2026-01-01T01:00:00Z
        get_transactions agent_id=alice => 200 transactions.1.amount=3.00 transactions.1.direction=debit transactions.2.amount=5.00 transactions.2.direction=credit
        get_transactions agent_id=alice limit:=2 => 200 total=4 transactions.1.type=withdrawal transactions.2=-
        release_escrow escrow_id=$E agent_id=alice => 200
        get_transactions agent_id=bob => 200 transactions.0.type=escrow transactions.0.amount=2.00 transactions.0.direction=credit transactions.0.counterparty=alice
        # Nobody else's.
        get_transactions agent_id=carol => 200 total=1 transactions.0.type=opening
        get_transactions agent_id=alice limit:=0 => 422 errors.0.field=limit
        ",
    );
}
