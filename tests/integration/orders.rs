//! The web shop: an order machine with a stock that is reserved, and payments that are refunded.

use std::process::Command;
use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::shop::{PACK, books_are_right, check, on_the_wire, run, serve, stock, till};
use crate::support::Server;

#[test]
fn an_order_goes_to_the_customer_and_back() {
    check(
        "
        POST /orders customer=ada                             => 201 status=cart lines.0=- total=0.00 created_at=2026-01-01T00:00:00Z -> O
        POST /orders/$O/lines sku=mug quantity:=2             => 201 lines.0.unit_price=12.50 lines.0.amount=25.00 total=25.00
        POST /orders/$O/lines sku=tee quantity:=3             => 201 lines.1.amount=59.70 total=84.70
        stock mug 25 0 0
        advance PT1M
        POST /orders/$O/place                                 => 200 status=placed placed_at=2026-01-01T00:01:00Z pay_by=2026-01-01T00:31:00Z
        stock mug 23 2 0
        stock tee 37 3 0
        advance PT1M
        POST /orders/$O/pay amount=84.70 payment_method=pm_card => 200 status=paid paid_at=2026-01-01T00:02:00Z payment_method=pm_card
        till 84.70
        stock mug 23 2 0
        advance PT1H
        POST /orders/$O/ship tracking=DE-4711                 => 200 status=shipped shipped_at=2026-01-01T01:02:00Z tracking=DE-4711
        stock mug 23 0 2
        stock tee 37 0 3
        advance P3D
        POST /orders/$O/return reason=too-small               => 200 status=returned returned_at=2026-01-04T01:02:00Z reason=too-small refunded=84.70
        stock mug 25 0 0
        stock tee 40 0 0
        till 0.00
        GET /orders/$O                                        => 200 status=returned total=84.70 lines.1.sku=tee
        ",
    );
}

#[test]
fn a_cart_is_changed_until_it_is_placed() {
    check(
        "
        POST /orders customer=ada                   => 201 -> O
        POST /orders customer=bob                   => 201 -> P
        POST /orders/$O/lines sku=mug quantity:=1   => 201 -> M:lines.0.line_id
        POST /orders/$O/lines sku=mug quantity:=4   => 201 lines.1.quantity=4 total=62.50
        POST /orders/$O/lines sku=lamp quantity:=1  => 201 total=151.50
        DELETE /orders/$P/lines/$M                  => 404 line_not_found
        DELETE /orders/$O/lines/$M                  => 200 lines.0.quantity=4 lines.2=- total=139.00
        DELETE /orders/$O/lines/$M                  => 404 line_not_found
        POST /orders/$P/place                       => 409 empty_order
        GET /orders/$P                              => 200 status=cart placed_at=-
        POST /orders/$O/place                       => 200 -> L:lines.0.line_id
        DELETE /orders/$O/lines/$L                  => 409 illegal_transition
        GET /orders/$O                              => 200 total=139.00 lines.1.sku=lamp
        stock mug 21 4 0
        ",
    );
}

#[test]
fn all_lines_are_reserved_or_none() {
    check(
        "
        POST /orders customer=ada                  => 201 -> O
        POST /orders/$O/lines sku=mug quantity:=5  => 201
        POST /orders/$O/lines sku=lamp quantity:=2 => 201
        POST /orders/$O/lines sku=tee quantity:=5  => 201
        POST /orders/$O/place                      => 409 out_of_stock sku=lamp available=1
        GET /orders/$O                             => 200 status=cart pay_by=-
        stock mug 25 0 0
        stock tee 40 0 0

        # Two lines of one product are two reservations out of one stock.
        POST /orders customer=ada                  => 201 -> P
        POST /orders/$P/lines sku=mug quantity:=20 => 201
        POST /orders/$P/lines sku=mug quantity:=6  => 201
        POST /orders/$P/place                      => 409 out_of_stock sku=mug available=5
        stock mug 25 0 0

        POST /products/lamp/stock quantity:=1      => 200 stock.available=2
        POST /orders/$O/place                      => 200 status=placed
        stock lamp 0 2 0
        POST /products/mug/stock quantity:=6       => 200
        POST /orders/$P/place                      => 200
        stock mug 0 31 0
        ",
    );
}

#[test]
fn an_order_that_is_not_paid_in_time_gives_its_pieces_back() {
    check(
        "
        POST /orders customer=ada                   => 201 -> O
        POST /orders/$O/lines sku=lamp quantity:=1  => 201
        POST /orders/$O/lines sku=mug quantity:=1   => 201
        POST /orders/$O/place                       => 200
        POST /orders customer=bob                   => 201 -> P
        POST /orders/$P/lines sku=lamp quantity:=1  => 201
        advance PT29M59S
        stock lamp 0 1 0
        POST /orders/$P/place                       => 409 out_of_stock
        advance PT1S
        stock lamp 1 0 0
        stock mug 25 0 0
        GET /orders/$O                              => 200 status=expired expired_at=2026-01-01T00:30:00Z
        POST /orders/$O/pay amount=101.50 payment_method=pm_card => 409 illegal_transition
        POST /orders/$P/place                       => 200 pay_by=2026-01-01T01:00:00Z

        # It expires at its own time, however far the clock is set; a paid one never does.
        POST /orders customer=eve                   => 201 -> Q
        POST /orders/$Q/lines sku=mug quantity:=1   => 201
        POST /orders/$Q/place                       => 200
        POST /orders/$Q/pay amount=12.50 payment_method=pm_card => 200
        advance P30D
        GET /orders/$P                              => 200 status=expired expired_at=2026-01-01T01:00:00Z
        GET /orders/$Q                              => 200 status=paid
        stock lamp 1 0 0
        stock mug 24 1 0
        ",
    );
}

#[test]
fn refunds_are_never_more_than_was_paid() {
    check(
        "
        POST /orders customer=ada                  => 201 -> O
        POST /orders/$O/lines sku=tee quantity:=5  => 201 total=99.50
        POST /orders/$O/place                      => 200
        POST /orders/$O/refund amount=0.01         => 409 illegal_transition
        POST /orders/$O/pay amount=99.50 payment_method=pm_card => 200
        POST /orders/$O/refund amount=99.51        => 409 refund_too_large
        POST /orders/$O/refund amount=0.10         => 200 status=paid refunded=0.10
        POST /orders/$O/refund amount=0.20         => 200 refunded=0.30
        till 99.20
        POST /orders/$O/ship                       => 200
        POST /orders/$O/refund amount=99.21        => 409 refund_too_large
        POST /orders/$O/refund amount=9.20         => 200 status=shipped refunded=9.50
        till 90.00
        POST /orders/$O/return                     => 200 refunded=99.50
        till 0.00
        POST /orders/$O/refund amount=0.01         => 409 illegal_transition

        # What is refunded in full is returned, or cancelled, for nothing more.
        POST /orders customer=ada                  => 201 -> P
        POST /orders/$P/lines sku=mug quantity:=1  => 201
        POST /orders/$P/place                      => 200
        POST /orders/$P/pay amount=12.50 payment_method=pm_card => 200
        POST /orders/$P/refund amount=12.50        => 200 status=paid
        POST /orders/$P/refund amount=0.01         => 409 refund_too_large
        till 0.00
        stock mug 24 1 0
        POST /orders/$P/cancel reason=late         => 200 status=cancelled reason=late refunded=12.50
        stock mug 25 0 0
        till 0.00
        ",
    );
}

#[test]
fn a_payment_is_the_whole_total_or_refused() {
    check(
        "
        POST /orders customer=ada                  => 201 -> O
        POST /orders/$O/lines sku=mug quantity:=2  => 201
        POST /orders/$O/place                      => 200
        POST /orders/$O/pay amount=24.99 payment_method=pm_card     => 422 wrong_amount
        POST /orders/$O/pay amount=25.01 payment_method=pm_card     => 422 wrong_amount
        POST /orders/$O/pay amount=25.00 payment_method=pm_declined => 402 payment_declined
        GET /orders/$O                             => 200 status=placed paid_at=- payment_method=-
        till 0.00
        POST /orders/$O/pay amount=25.00 payment_method=pm_card     => 200
        POST /orders/$O/pay amount=25.00 payment_method=pm_card     => 409 illegal_transition
        till 25.00
        ",
    );
}

/// Brings an order with one mug into a state.
fn order_in(server: &Server, state: &str) -> String {
    let way: &[&str] = match state {
        "cart" => &[],
        "placed" | "expired" => &["place"],
        "paid" => &["place", "pay"],
        "shipped" => &["place", "pay", "ship"],
        "returned" => &["place", "pay", "ship", "return"],
        _ => &["cancel"],
    };
    let made = server
        .post("/orders", &json!({ "customer": "ada" }))
        .expect(201);
    let id = made["order_id"].as_str().expect("an id").to_owned();
    let line = json!({ "sku": "mug", "quantity": 1 });
    server
        .post(&format!("/orders/{id}/lines"), &line)
        .expect(201);
    for step in way {
        act(server, &id, step);
    }
    if state == "expired" {
        server
            .post("/__admin/clock/advance", &json!({ "by": "PT30M" }))
            .expect(200);
    }
    assert_eq!(
        server.get(&format!("/orders/{id}")).expect(200)["status"],
        state
    );
    id
}

fn act(server: &Server, id: &str, action: &str) -> (u16, Value) {
    let body = match action {
        "lines" => json!({ "sku": "tee", "quantity": 1 }),
        "pay" => json!({ "amount": "12.50", "payment_method": "pm_card" }),
        "refund" => json!({ "amount": "1.00" }),
        _ => json!({}),
    };
    let path = format!("/orders/{id}/{action}");
    let answer = server.post(&path, &body);
    (answer.status, on_the_wire(&path, &answer))
}

/// Every action in every state: what it leads to, or 409 and nothing has changed.
#[test]
fn what_is_possible_depends_on_the_state() {
    const ACTIONS: [&str; 7] = [
        "lines", "place", "pay", "refund", "ship", "return", "cancel",
    ];
    const NO: &str = "-";
    let server = serve();
    for (state, outcomes) in [
        ("cart", ["cart", "placed", NO, NO, NO, NO, "cancelled"]),
        ("placed", [NO, NO, "paid", NO, NO, NO, "cancelled"]),
        ("paid", [NO, NO, NO, "paid", "shipped", NO, "cancelled"]),
        ("shipped", [NO, NO, NO, "shipped", NO, "returned", NO]),
        ("returned", [NO; 7]),
        ("cancelled", [NO; 7]),
        ("expired", [NO; 7]),
    ] {
        for (action, outcome) in ACTIONS.into_iter().zip(outcomes) {
            let id = order_in(&server, state);
            let path = format!("/orders/{id}");
            let before = server.get(&path).expect(200);
            let pieces = stock(&server, "mug");
            let (status, reply) = act(&server, &id, action);
            let after = server.get(&path).expect(200);
            if outcome == NO {
                assert_eq!(status, 409, "{action} in {state}: {reply:#}");
                let transition = if action == "lines" { "change" } else { action };
                let title = format!("Cannot {transition} an order that is {state}");
                assert_eq!(reply["title"], title);
                assert_eq!(after, before, "{action} in {state}");
                assert_eq!(stock(&server, "mug"), pieces, "{action} in {state}");
            } else {
                assert!(status < 300, "{action} in {state}: {reply:#}");
                assert_eq!(reply["status"], outcome, "{action} in {state}");
                assert_eq!(after, reply, "{action} in {state}");
            }
            // So that all orders find their mug.
            if !matches!(after["status"].as_str(), Some("shipped" | "returned")) {
                act(&server, &id, "cancel");
            }
        }
    }
    books_are_right(&server);
}

#[test]
fn a_cancelled_order_frees_its_pieces_and_its_money() {
    for (state, till_before) in [("cart", "0.00"), ("placed", "0.00"), ("paid", "12.50")] {
        let server = serve();
        let id = order_in(&server, state);
        assert_eq!(till(&server), till_before, "{state}");
        let (status, order) = act(&server, &id, "cancel");
        assert_eq!((status, &order["status"]), (200, &json!("cancelled")));
        assert_eq!(order["cancelled_at"], "2026-01-01T00:00:00Z");
        assert_eq!(order["refunded"], till_before, "{state}");
        assert_eq!(stock(&server, "mug"), ["25", "0", "0"], "{state}");
        assert_eq!(till(&server), "0.00", "{state}");
        books_are_right(&server);
    }
}

#[test]
fn bad_input_is_refused_and_leaves_nothing() {
    let server = serve();
    let id = order_in(&server, "paid");
    let cart = order_in(&server, "cart");
    let orders = || server.get("/__admin/collections/orders").expect(200);
    let journal = || server.get("/__admin/ledger/transfers").expect(200);
    let before = (orders(), journal());
    let nested = format!(
        "{{\"customer\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (path, body, status, problem, field) in [
        ("/orders", "{}", 422, "invalid_input", "customer"),
        (
            "/orders",
            "{\"customer\":\"\"}",
            422,
            "invalid_input",
            "customer",
        ),
        (
            "/orders",
            "{\"customer\":7}",
            422,
            "invalid_input",
            "customer",
        ),
        ("/orders", "[]", 422, "invalid_input", "body"),
        ("/orders", "{\"customer\":", 400, "malformed_body", ""),
        (
            "/orders",
            "{\"customer\":\"a\",\"customer\":\"b\"}",
            400,
            "malformed_body",
            "",
        ),
        ("/orders", &nested, 400, "malformed_body", ""),
        (
            "/orders/CART/lines",
            "{\"quantity\":1}",
            422,
            "invalid_input",
            "sku",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"mug\"}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"mug\",\"quantity\":0}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"mug\",\"quantity\":-1}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"mug\",\"quantity\":1.5}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"mug\",\"quantity\":1e99}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"mug\",\"quantity\":\"2\"}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"M u g\",\"quantity\":1}",
            422,
            "invalid_input",
            "sku",
        ),
        (
            "/orders/CART/lines",
            "{\"sku\":\"cup\",\"quantity\":1}",
            422,
            "unknown_sku",
            "",
        ),
        (
            "/orders/CART/lines?quantity=two",
            "{\"sku\":\"mug\"}",
            422,
            "invalid_input",
            "quantity",
        ),
        (
            "/orders/ord_0000000000/lines",
            "{\"sku\":\"cup\",\"quantity\":1}",
            404,
            "not_found",
            "",
        ),
        ("/orders/ord_0000000000/place", "", 404, "not_found", ""),
        ("/orders/%00/place", "", 404, "not_found", ""),
        (
            "/products/cup/stock",
            "{\"quantity\":1}",
            404,
            "not_found",
            "",
        ),
        (
            "/products/mug/stock",
            "{\"quantity\":1001}",
            422,
            "invalid_input",
            "quantity",
        ),
        ("/orders/PAID/refund", "{}", 422, "invalid_input", "amount"),
        (
            "/orders/PAID/refund",
            "{\"amount\":5}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/refund",
            "{\"amount\":\"-5.00\"}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/refund",
            "{\"amount\":\"0.00\"}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/refund",
            "{\"amount\":\"1.005\"}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/refund",
            "{\"amount\":\"1e0\"}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/refund",
            "{\"amount\":\"NaN\"}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/refund",
            "{\"amount\":\"9999999999.00\"}",
            422,
            "invalid_input",
            "amount",
        ),
        (
            "/orders/PAID/pay",
            "{\"amount\":\"12.50\"}",
            422,
            "invalid_input",
            "payment_method",
        ),
    ] {
        let path = path.replace("PAID", &id).replace("CART", &cart);
        let answer = server.request("POST", &path, &[], Some(body));
        let shown: String = body.chars().take(60).collect();
        assert_eq!(answer.status, status, "{path} {shown}: {}", answer.text);
        let reply = on_the_wire(&path, &answer);
        let kind = format!("https://shop.example/problems/{problem}");
        assert_eq!(reply["type"], kind, "{path} {shown}");
        let named = reply["errors"][0]["field"].as_str().unwrap_or_default();
        assert_eq!(named, field, "{path} {shown}: {reply:#}");
    }
    assert_eq!((orders(), journal()), before);
    books_are_right(&server);
}

#[test]
fn what_the_path_says_beats_the_query_and_the_query_the_body() {
    let server = serve();
    let kept = run(
        &server,
        "
        POST /orders customer=ada                                          => 201 -> O
        POST /orders customer=bob                                          => 201 -> P
        POST /orders/$O/lines sku=mug quantity:=2                          => 201 lines.0.quantity=2
        POST /orders/$O/lines?quantity=3&sku=tee                           => 201 lines.1.quantity=3 lines.1.sku=tee
        POST /orders/$O/lines?quantity=4 sku=mug quantity:=9               => 201 lines.2.quantity=4
        POST /orders/$O/lines?order_id=$P sku=lamp quantity:=1 order_id=$P => 201 order_id=$O lines.3.sku=lamp
        GET /orders/$P                                                     => 200 lines.0=- total=0.00
        GET /orders?customer=bob                                           => 200 total=1 orders.0.order_id=$P
        GET /orders?limit=1                                                => 200 total=2 orders.0.order_id=$O orders.1=-
        GET /orders?status=placed                                          => 200 total=0
        GET /orders?limit=0                                                => 422 invalid_input
        GET /orders?limit=ten                                              => 422 invalid_input
        GET /orders?status=lost                                            => 422 invalid_input
        GET /orders limit:=1.0                                             => 200 orders.1=-
        GET /orders?customer=%61da                                         => 200 total=1 orders.0.customer=ada
        ",
    );
    assert_ne!(kept["O"], kept["P"]);
}

#[test]
fn what_no_route_claims_is_not_found() {
    let server = serve();
    let id = order_in(&server, "cart");
    for (method, path) in [
        ("GET", format!("/orders/{id}/nothing")),
        ("POST", format!("/orders/{id}/place/now")),
        ("POST", format!("/orders/{id}")),
        ("GET", format!("/orders/{id}/place")),
        ("GET", "/orders/".to_owned()),
        ("DELETE", "/orders".to_owned()),
        ("POST", "/create_order".to_owned()),
    ] {
        let answer = server.send(method, &path, None);
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        on_the_wire(&path, &answer);
    }
    assert_eq!(
        server.get(&format!("/orders/{id}")).expect(200)["status"],
        "cart"
    );
    let unmatched = server.get("/__admin/calls?matched=false").expect(200);
    assert_eq!(unmatched["total"], 7);
}

/// The last pieces go to as many orders as there are pieces, whoever asks at once.
#[test]
fn the_last_piece_goes_to_one_of_the_orders_that_race_for_it() {
    const RACERS: usize = 4;
    let server = serve();
    for round in 0..10_usize {
        let orders: Vec<String> = (0..RACERS)
            .map(|_| {
                let line = "POST /orders customer=ada => 201 -> O
                    POST /orders/$O/lines sku=lamp quantity:=1 => 201";
                run(&server, line)["O"].clone()
            })
            .collect();
        let start = Barrier::new(RACERS);
        let statuses: Vec<u16> = thread::scope(|scope| {
            let place = |id: &String| {
                let path = format!("/orders/{id}/place");
                let (server, start) = (&server, &start);
                scope.spawn(move || {
                    start.wait();
                    server.post(&path, &json!({})).status
                })
            };
            let racing: Vec<_> = orders.iter().map(place).collect();
            let statuses = racing.into_iter().map(|racer| racer.join());
            statuses.map(|status| status.expect("a racer")).collect()
        });
        let won: Vec<usize> = (0..RACERS).filter(|at| statuses[*at] == 200).collect();
        assert_eq!(won.len(), 1, "round {round}: {statuses:?}");
        let lost = statuses.iter().filter(|status| **status == 409).count();
        assert_eq!(lost, RACERS - 1, "round {round}: {statuses:?}");
        assert_eq!(stock(&server, "lamp"), ["0", "1", "0"], "round {round}");
        assert_eq!(act(&server, &orders[won[0]], "cancel").0, 200);
    }
    books_are_right(&server);
}

#[test]
fn the_log_says_whose_order_it_was_and_why_it_was_refused() {
    let server = serve();
    run(
        &server,
        "
        POST /orders customer=ada                  => 201 -> O
        POST /orders/$O/lines sku=lamp quantity:=2 => 201
        POST /orders/$O/place                      => 409 out_of_stock
        ",
    );
    let log = server.get("/__admin/calls?agent=ada").expect(200);
    assert_eq!(log["total"], 3);
    let refused = &log["calls"][2];
    assert_eq!(refused["tool"], "place_order");
    let trace = refused["trace"].to_string();
    assert!(
        trace.contains("each[0].hold") && trace.contains("stock/lamp"),
        "{trace}"
    );
    let effects = refused["effects"].as_array().expect("effects");
    assert!(
        effects
            .iter()
            .all(|effect| effect.get("toolCalled").is_some()),
        "{effects:?}"
    );
}

#[test]
fn a_queued_error_has_the_shops_shape_and_touches_nothing() {
    let server = serve();
    let id = order_in(&server, "cart");
    let error = json!({ "status": 503, "tool": "place_order" });
    server.post("/__admin/errors", &error).expect(201);
    let (status, reply) = act(&server, &id, "place");
    assert_eq!(status, 503);
    assert_eq!(
        reply["type"],
        "https://shop.example/problems/service_unavailable"
    );
    assert_eq!(stock(&server, "mug"), ["25", "0", "0"]);
    assert_eq!(act(&server, &id, "place").0, 200);
}

#[test]
fn a_tester_sets_the_stage() {
    let server = serve();
    let cup = json!({ "sku": "cup", "title": "Tea cup", "price": "7.95" });
    server
        .post("/__admin/collections/products", &cup)
        .expect(201);
    run(
        &server,
        "
        GET /products                             => 200 total=4 products.3.sku=cup products.3.available=0
        POST /orders customer=ada                 => 201 -> O
        POST /orders/$O/lines sku=cup quantity:=3 => 201 total=23.85
        POST /orders/$O/place                     => 409 out_of_stock available=0
        POST /products/cup/stock quantity:=3      => 200 stock.available=3
        POST /orders/$O/place                     => 200
        stock cup 0 3 0
        ",
    );
    server.post("/__admin/reset", &json!({})).expect(200);
    run(
        &server,
        "
        GET /products     => 200 total=3
        GET /orders       => 200 total=0
        stock mug 25 0 0
        ",
    );
}

#[test]
fn a_new_order_says_where_it_is() {
    let mounted = Server::with(&["--stubs", PACK, "--mount", "orders=/shop"]);
    mounted
        .post("/__admin/sandboxes", &json!({ "id": "x1" }))
        .expect(201);
    for prefix in ["/shop", "/s/x1/shop"] {
        let made = mounted.post(&format!("{prefix}/orders"), &json!({ "customer": "ada" }));
        let order = made.expect(201);
        let location = made.header("location").expect("a location");
        let path = location.strip_prefix(&mounted.base).expect("this server");
        let expected = format!(
            "{prefix}/orders/{}",
            order["order_id"].as_str().expect("an id")
        );
        assert_eq!(path, expected);
        assert_eq!(mounted.get(path).expect(200), order);
    }
}

#[test]
fn both_packs_are_served_side_by_side() {
    let checked = Command::new(env!("CARGO_BIN_EXE_sparring"))
        .args(["check", "stubs"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    assert!(said.contains("orders: 14 tools"), "{said}");
    let server = Server::start();
    assert!(
        server.banner.contains("orders · Web shop"),
        "{}",
        server.banner
    );
    let tools = server.get("/__admin/tools").expect(200);
    let tools = tools["tools"].as_array().expect("tools");
    let mut names: Vec<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "a bare name means one tool");

    // An agent's wallet is its account in the pack that has wallets: the shop's accounts are none.
    order_in(&server, "paid");
    assert_eq!(server.get("/__admin/wallets").expect(200)["total"], 0);
    let balance = server
        .tool("get_balance", &json!({ "agent_id": "shop" }))
        .expect(200);
    assert_eq!(balance["balance"], "500.00");
    assert_eq!(
        server.get("/__admin/wallets/shop").expect(200)["pack"],
        "greenhelix"
    );
    assert_eq!(stock(&server, "mug"), ["24", "1", "0"]);
    // Either refuses in its own dialect.
    let unknown = server.tool("get_escrow", &json!({ "escrow_id": "esc_0" }));
    assert_eq!(unknown.expect(404)["type"], "error");
    on_the_wire("/orders/ord_0", &server.get("/orders/ord_0"));
    books_are_right(&server);
}

#[test]
fn the_first_screen_of_the_shop_shows_a_call_that_works() {
    let server = serve();
    let line = server.banner.lines().last().expect("a last line").trim();
    let call = format!("curl -s -X POST {}/orders -d '", server.base);
    let body = line
        .strip_prefix(&call)
        .and_then(|rest| rest.strip_suffix('\''));
    let body = body.unwrap_or_else(|| panic!("another call: {line}"));
    assert_eq!(
        server.request("POST", "/orders", &[], Some(body)).status,
        201
    );
}
