//! Wallets and the books over the admin API.

use serde_json::{Value, json};

use crate::desk::{Universe, desk, each};
use crate::support::Server;

fn set(
    sandbox: &Universe<'_>,
    agent: &str,
    balance: &str,
    currency: &str,
) -> crate::support::Answer {
    let body = json!({ "balance": balance, "currency": currency });
    sandbox.put(&format!("/__admin/wallets/{agent}"), &body)
}

fn balanced(sandbox: &Universe<'_>) {
    let audit = sandbox.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit}");
    let invariants = audit["invariants"].as_array().expect("a list");
    assert!(!invariants.is_empty());
    for invariant in invariants {
        assert_eq!(invariant["ok"], true, "{invariant}");
        assert!(
            invariant["name"]
                .as_str()
                .is_some_and(|name| !name.is_empty()),
            "{invariant}"
        );
    }
}

fn transfers(sandbox: &Universe<'_>) -> u64 {
    let listed = sandbox.get("/__admin/ledger/transfers").expect(200);
    listed["total"].as_u64().expect("a number")
}

#[test]
fn a_balance_is_set_and_booked() {
    let server = desk();
    let sandbox = server.universe();
    let wallet = set(&sandbox, "ann", "50.00", "USD").expect(200);
    assert_eq!(
        (&wallet["agent"], &wallet["balance"], &wallet["currency"]),
        (&json!("ann"), &json!("50.00"), &json!("USD"))
    );
    assert_eq!(sandbox.get("/__admin/wallets/ann").expect(200), wallet);
    balanced(&sandbox);
    for balance in ["50.00", "7.25", "0.00", "1234567890.12"] {
        set(&sandbox, "ann", balance, "USD").expect(200);
        assert_eq!(sandbox.balance("ann").as_deref(), Some(balance));
        balanced(&sandbox);
    }
    // Every change has an entry against the outside; no change has none.
    let before = transfers(&sandbox);
    set(&sandbox, "ann", "1234567890.12", "USD").expect(200);
    assert_eq!(transfers(&sandbox), before);
    set(&sandbox, "ann", "1.00", "USD").expect(200);
    assert_eq!(transfers(&sandbox), before + 1);
    let listed = sandbox
        .get("/__admin/ledger/transfers?account=ann")
        .expect(200);
    let last = listed["transfers"]
        .as_array()
        .and_then(|all| all.last())
        .expect("an entry");
    assert_eq!(
        (&last["amount"], &last["currency"]),
        (&json!("1234567889.12"), &json!("USD"))
    );
    // Tools see it, and a wallet that is set has had its opening.
    let paid = sandbox.call(
        "pay",
        &json!({ "agent": "ann", "to": "bob", "amount": "1.00" }),
    );
    assert_eq!(paid.expect(200)["balance"], "0.00");
    assert_eq!(sandbox.balance("bob").as_deref(), Some("11.00"));
    let more = sandbox.call(
        "pay",
        &json!({ "agent": "ann", "to": "bob", "amount": "0.01" }),
    );
    assert_eq!(more.status, 402, "{}", more.text);
}

#[test]
fn currencies_are_apart() {
    let server = desk();
    let sandbox = server.universe();
    set(&sandbox, "ann", "5.00", "EUR").expect(200);
    set(&sandbox, "ann", "3.00", "USD").expect(200);
    let wallet = sandbox.get("/__admin/wallets/ann").expect(200);
    let balances = &wallet["balances"];
    let pairs: Vec<(String, String)> = each(balances, "currency")
        .into_iter()
        .zip(each(balances, "balance"))
        .collect();
    assert_eq!(
        pairs,
        [("USD".into(), "3.00".into()), ("EUR".into(), "5.00".into())]
    );
    // The pack's first currency, where none is given.
    let plain = sandbox
        .put("/__admin/wallets/bob", &json!({ "balance": "2.00" }))
        .expect(200);
    assert_eq!(plain["currency"], "USD");
    balanced(&sandbox);
}

#[test]
fn reading_and_refusing_open_nothing() {
    let server = desk();
    let sandbox = server.universe();
    let none = json!({ "wallets": [], "total": 0 });
    assert_eq!(sandbox.get("/__admin/wallets").expect(200), none);
    let answer = sandbox.get("/__admin/wallets/ann");
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    sandbox
        .call(
            "pay",
            &json!({ "agent": "ann", "to": "bob", "amount": "99.00" }),
        )
        .expect(402);
    assert_eq!(sandbox.get("/__admin/wallets").expect(200), none);
    sandbox
        .call(
            "pay",
            &json!({ "agent": "ann", "to": "bob", "amount": "1.00" }),
        )
        .expect(200);
    let listed = sandbox.get("/__admin/wallets").expect(200);
    assert_eq!(each(&listed["wallets"], "agent"), ["ann", "bob"]);
    assert_eq!(each(&listed["wallets"], "balance"), ["9.00", "11.00"]);
    assert_eq!(listed["total"], 2);
}

#[test]
fn what_is_no_balance_is_refused_and_leaves_no_trace_in_the_books() {
    let server = desk();
    let sandbox = server.universe();
    set(&sandbox, "ann", "5.00", "USD").expect(200);
    let before = sandbox.get("/__admin/ledger/transfers").expect(200);
    for balance in [
        "-5.00",
        "1.005",
        "1e3",
        "NaN",
        "abc",
        "",
        " 1.00",
        "1,00",
        "+1.00",
        "99999999999999999999999999999999",
    ] {
        for agent in ["ann", "zoe"] {
            let answer = set(&sandbox, agent, balance, "USD");
            let problem = answer.expect(422);
            assert_eq!(
                problem["errors"][0]["field"], "balance",
                "{balance}: {problem}"
            );
        }
    }
    for (body, field) in [
        (json!({}), "balance"),
        (json!({ "balance": 5 }), "balance"),
        (json!({ "balance": null }), "balance"),
        (json!({ "balance": "5.00", "currency": "ABC" }), "currency"),
        (json!({ "balance": "5.00", "currency": 1 }), "currency"),
        (json!({ "balance": "5.00", "curency": "USD" }), "curency"),
        (json!([]), "body"),
    ] {
        let answer = sandbox.put("/__admin/wallets/ann", &body);
        let problem = answer.expect(422);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    assert_eq!(sandbox.get("/__admin/ledger/transfers").expect(200), before);
    assert_eq!(sandbox.balance("ann").as_deref(), Some("5.00"));
    assert_eq!(sandbox.balance("zoe"), None);
    balanced(&sandbox);
}

#[test]
fn what_is_held_is_not_in_the_balance_that_is_set() {
    let server = Server::with(&[
        "--stubs",
        "stubs/greenhelix",
        "--clock",
        "frozen@2026-01-01T00:00:00Z",
    ]);
    let sandbox = server.universe();
    let escrow = json!({ "payer": "ann", "payee": "bob", "amount": "100.00", "currency": "USD" });
    let made = server.tool("create_escrow", &escrow).expect(200);
    assert_eq!(sandbox.balance("ann").as_deref(), Some("400.00"));
    let wallet = set(&sandbox, "ann", "50.00", "USD").expect(200);
    assert_eq!(
        (&wallet["balance"], &wallet["pending"]),
        (&json!("50.00"), &json!("100.00"))
    );
    balanced(&sandbox);
    let release = json!({ "escrow_id": made["escrow_id"], "agent_id": "ann" });
    server.tool("release_escrow", &release).expect(200);
    assert_eq!(sandbox.balance("ann").as_deref(), Some("50.00"));
    assert_eq!(sandbox.balance("bob").as_deref(), Some("600.00"));
    balanced(&sandbox);
}

#[test]
fn the_books_are_read_in_pages() {
    let server = desk();
    let sandbox = server.universe();
    for cents in 1..=5 {
        let pay = json!({ "agent": "ann", "to": "bob", "amount": format!("0.0{cents}") });
        sandbox.call("pay", &pay).expect(200);
    }
    let all = sandbox.get("/__admin/ledger/transfers").expect(200);
    // Two openings and five payments, each an entry of two different accounts.
    assert_eq!((&all["total"], &all["next"]), (&json!(7), &Value::Null));
    for transfer in all["transfers"].as_array().expect("a list") {
        assert_ne!(transfer["debit"], transfer["credit"], "{transfer}");
    }
    let mut amounts = Vec::new();
    let mut query = "limit=3".to_owned();
    loop {
        let page = sandbox
            .get(&format!("/__admin/ledger/transfers?{query}"))
            .expect(200);
        assert_eq!(page["total"], 7);
        amounts.extend(each(&page["transfers"], "amount"));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        query = format!("limit=3&cursor={next}");
    }
    assert_eq!(
        amounts,
        ["10.00", "10.00", "0.01", "0.02", "0.03", "0.04", "0.05"]
    );
    let of = |account: &str| {
        let path = format!("/__admin/ledger/transfers?account={account}");
        sandbox.get(&path).expect(200)["total"].clone()
    };
    assert_eq!(
        (of("ann"), of("bob"), of("zoe")),
        (json!(6), json!(6), json!(0))
    );
    for query in ["limit=0", "limit=x", "cursor=x", "acount=ann"] {
        let answer = sandbox.get(&format!("/__admin/ledger/transfers?{query}"));
        let field = query.split('=').next().expect("a name");
        assert!((400..500).contains(&answer.status), "{query}");
        assert_eq!(
            answer.json()["errors"][0]["field"],
            field,
            "{query}: {}",
            answer.text
        );
    }
}
