//! The web shop on the wire: how it reads requests, how it refuses, and what it looks like from outside.

use serde_json::json;

use crate::launch::{Folder, run as command};
use crate::orders_script::{
    PACK, PROBLEMS, act, books_are_right, on_the_wire, order_in, run, serve, stock,
};
use crate::support::Server;

/// A path, a body, and what must come: the status, the problem, and the member that is named. `CART`
/// and `PAID` are orders in these states, `NESTED` is a body of 10,000 levels.
const BAD_INPUT: &str = r#"
    /orders | {}                                               | 422 invalid_input customer
    /orders | {"customer":""}                                  | 422 invalid_input customer
    /orders | {"customer":7}                                   | 422 invalid_input customer
    /orders | []                                               | 422 invalid_input body
    /orders | {"customer":                                     | 400 malformed_body
    /orders | {"customer":"a","customer":"b"}                  | 400 malformed_body
    /orders | NESTED                                           | 400 malformed_body
    /orders/CART/lines | {"quantity":1}                        | 422 invalid_input sku
    /orders/CART/lines | {"sku":"mug"}                         | 422 invalid_input quantity
    /orders/CART/lines | {"sku":"mug","quantity":0}            | 422 invalid_input quantity
    /orders/CART/lines | {"sku":"mug","quantity":-1}           | 422 invalid_input quantity
    /orders/CART/lines | {"sku":"mug","quantity":1.5}          | 422 invalid_input quantity
    /orders/CART/lines | {"sku":"mug","quantity":1e99}         | 422 invalid_input quantity
    /orders/CART/lines | {"sku":"mug","quantity":"2"}          | 422 invalid_input quantity
    /orders/CART/lines | {"sku":"M u g","quantity":1}          | 422 invalid_input sku
    /orders/CART/lines | {"sku":"cup","quantity":1}            | 422 unknown_sku
    /orders/CART/lines?quantity=two | {"sku":"mug"}            | 422 invalid_input quantity
    /orders/CART/lines?quantity=1e0 | {"sku":"mug"}            | 422 invalid_input quantity
    /orders/ord_0000000000/lines | {"sku":"cup","quantity":1}  | 404 not_found
    /orders/ord_0000000000/place |                             | 404 not_found
    /orders/%00/place |                                        | 404 not_found
    /products/cup/stock | {"quantity":1}                       | 404 not_found
    /products/mug/stock | {"quantity":1001}                    | 422 invalid_input quantity
    /orders/PAID/refund | {}                                   | 422 invalid_input amount
    /orders/PAID/refund | {"amount":5}                         | 422 invalid_input amount
    /orders/PAID/refund | {"amount":"-5.00"}                   | 422 invalid_input amount
    /orders/PAID/refund | {"amount":"0.00"}                    | 422 invalid_input amount
    /orders/PAID/refund | {"amount":"1.005"}                   | 422 invalid_input amount
    /orders/PAID/refund | {"amount":"1e0"}                     | 422 invalid_input amount
    /orders/PAID/refund | {"amount":"NaN"}                     | 422 invalid_input amount
    /orders/PAID/refund | {"amount":"9999999999.00"}           | 422 invalid_input amount
    /orders/PAID/pay | {"amount":"12.50"}                      | 422 invalid_input payment_method
    /orders/PAID/pay | {"amount":"12.50","payment_method":"x"} | 422 invalid_input payment_method
"#;

#[test]
fn bad_input_is_refused_and_leaves_nothing() {
    let server = serve();
    let (paid, cart) = (order_in(&server, "paid"), order_in(&server, "cart"));
    let nested = format!(
        "{{\"customer\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let records = || {
        ["orders", "lines", "products"].map(|name| {
            server
                .get(&format!("/__admin/collections/{name}"))
                .expect(200)
        })
    };
    let journal = || server.get("/__admin/ledger/transfers").expect(200);
    let before = (records(), journal());
    for line in BAD_INPUT.lines().filter(|line| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [path, body, expected] = parts[..] else {
            panic!("not a path, a body and what must come: {line}");
        };
        let path = path.replace("PAID", &paid).replace("CART", &cart);
        let body = body.replace("NESTED", &nested);
        let answer = server.request("POST", &path, &[], Some(&body));
        let reply = on_the_wire(&path, &answer);
        let problem = reply["type"]
            .as_str()
            .and_then(|kind| kind.strip_prefix(PROBLEMS));
        let field = reply["errors"][0]["field"].as_str().unwrap_or_default();
        let found = format!("{} {} {field}", answer.status, problem.unwrap_or_default());
        assert_eq!(found.trim(), expected, "{line}: {reply:#}");
    }
    assert_eq!((records(), journal()), before);
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
    let said = command(&["check", "stubs"], &[]);
    assert!(said.status.success(), "{}", said.stderr);
    assert!(said.stdout.contains("orders: 14 tools"), "{}", said.stdout);
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

/// The pack says a step once and uses it again by its anchor.
#[test]
fn a_mistake_at_an_anchor_is_told_once() {
    let folder = Folder::copied("orders-anchor", PACK);
    folder.edit(
        "orders.yaml",
        "void: { hold: stock }",
        "void: { hold: stok }",
    );
    let said = command(&["check", folder.argument()], &[]);
    assert!(
        said.stderr.contains("unknown hold `stok`"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("\n1 mistake\n"), "{}", said.stderr);
}
