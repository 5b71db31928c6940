//! The web shop: an order machine with a stock that is reserved, and payments that are refunded.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::orders_script::{act, books_are_right, check, order_in, run, serve, stock, till};

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
        let id = order_in(&server, state);
        let path = format!("/orders/{id}");
        let before = server.get(&path).expect(200);
        let pieces = stock(&server, "mug");
        let (refused, possible): (Vec<_>, Vec<_>) = ACTIONS
            .into_iter()
            .zip(outcomes)
            .partition(|(_, outcome)| *outcome == NO);
        for (action, _) in refused {
            let (status, reply) = act(&server, &id, action);
            assert_eq!(status, 409, "{action} in {state}: {reply:#}");
            let transition = if action == "lines" { "change" } else { action };
            let title = format!("Cannot {transition} an order that is {state}");
            assert_eq!(reply["title"], title);
        }
        assert_eq!(server.get(&path).expect(200), before);
        assert_eq!(stock(&server, "mug"), pieces, "{state}");
        for (action, outcome) in possible {
            let id = order_in(&server, state);
            let (status, reply) = act(&server, &id, action);
            assert!(status < 300, "{action} in {state}: {reply:#}");
            assert_eq!(reply["status"], outcome, "{action} in {state}");
            let after = server.get(&format!("/orders/{id}")).expect(200);
            assert_eq!(after, reply, "{action} in {state}");
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

/// The last pieces go to as many orders as there are pieces, whoever asks at once.
#[test]
fn the_last_piece_goes_to_one_of_the_orders_that_race_for_it() {
    const RACERS: usize = 4;
    let server = serve();
    for round in 0..6_usize {
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
