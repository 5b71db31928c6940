use super::delivery::{Endpoint, Event, Origin, Payload, Sender, WaitsFor};
use super::*;

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).expect("a time")
}

/// Plays a script, and compares what can be sent first with `next` lines: `id@second`, or `-`.
///
/// `queue ID ENDPOINT AT`, `hold ID ENDPOINT AT`, `drop ID`, `send ID`, `ok ID`, `retry ID AT`,
/// `release ID AT`, `disable ENDPOINT`, `status ID WORD`.
fn check(script: &str) {
    let mut webhooks = Webhooks::default();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<i64>().expect("a number");
        let id = || u64::try_from(number(1)).expect("an id");
        match words[0] {
            "queue" | "hold" => {
                let mut delivery = pending(id(), words[2], number(3));
                delivery.waits_for = (words[0] == "hold").then_some(WaitsFor::NextDelivery);
                webhooks.apply(&WebhookEffect::DeliveryQueued(Box::new(delivery)));
            }
            "send" => webhooks.apply(&WebhookEffect::DeliverySent {
                id: id(),
                at: second(0),
            }),
            "ok" => attempted(&mut webhooks, id(), 200, Status::Delivered, None),
            "retry" => attempted(&mut webhooks, id(), 500, Status::Pending, Some(number(2))),
            "release" => webhooks.apply(&WebhookEffect::DeliveryReleased {
                id: id(),
                at: second(number(2)),
            }),
            "disable" => webhooks.apply(&WebhookEffect::EndpointDisabled {
                endpoint: words[1].into(),
                url: "http://localhost/".into(),
                at: second(0),
            }),
            "status" => {
                let status = webhooks.delivery(id()).expect("a delivery").status;
                assert_eq!(format!("{status:?}"), words[2], "{line}");
            }
            "held" => {
                let held = webhooks.held(words[1]).count();
                assert_eq!(held.to_string(), words[2], "{line}");
            }
            "next" => {
                let next = webhooks.next();
                let shown = next.map(|(at, one)| format!("{}@{}", one.id, at.as_second()));
                assert_eq!(
                    shown.as_deref().unwrap_or("-"),
                    words[1],
                    "{line}\n{script}"
                );
            }
            other => panic!("{other}"),
        }
    }
}

fn pending(id: u64, endpoint: &str, at: i64) -> Delivery {
    Delivery {
        id,
        event: Event {
            id: "evt".into(),
            kind: "a.b".into(),
            at: second(0),
            subject: None,
        },
        endpoint: Endpoint {
            id: endpoint.into(),
            url: "http://localhost/".into(),
            origin: Origin::Declared(0),
        },
        sender: Sender::Pack("pack".into()),
        payload: Payload::Text("{}".into()),
        status: Status::Pending,
        next_attempt_at: Some(second(at)),
        waits_for: None,
        flaw: None,
        attempts: Vec::new(),
        trace: None,
    }
}

fn attempted(webhooks: &mut Webhooks, id: u64, status: u16, now: Status, next: Option<i64>) {
    webhooks.apply(&WebhookEffect::DeliveryAttempted {
        id,
        outcome: Outcome::Status(status),
        status: now,
        next_attempt_at: next.map(second),
    });
}

#[test]
fn one_endpoint_is_sent_one_after_the_other() {
    check(
        "
        queue 1 a 5
        queue 2 a 5
        queue 3 b 6
        next 1@5
        send 1
        next 3@6
        send 3
        next -
        ok 1
        next 2@5
        send 2
        ok 3
        ok 2
        next -
        status 2 Delivered
        ",
    );
}

#[test]
fn a_retry_that_is_pending_blocks_nothing() {
    check(
        "
        queue 1 a 0
        queue 2 a 0
        send 1
        retry 1 9
        next 2@0
        send 2
        ok 2
        next 1@9
        send 1
        ok 1
        next -
        ",
    );
}

#[test]
fn what_is_held_back_is_let_go_or_goes_at_its_time() {
    check(
        "
        hold 1 a 60
        held a 1
        next 1@60
        queue 2 a 3
        release 1 3
        held a 0
        next 2@3
        send 2
        ok 2
        next 1@3
        ",
    );
}

#[test]
fn an_endpoint_that_is_disabled_is_sent_nothing_more() {
    check(
        "
        queue 1 a 0
        queue 2 a 0
        hold 3 a 0
        queue 4 b 1
        send 1
        ok 1
        disable a
        status 1 Delivered
        status 2 Disabled
        status 3 Disabled
        held a 0
        next 4@1
        release 2 0
        next 2@0
        ",
    );
}

#[test]
fn the_oldest_that_are_over_are_forgotten_first() {
    let mut webhooks = Webhooks::default();
    let max = DELIVERIES_MAX as u64;
    for id in 1..=max {
        let delivery = pending(id, "a", 0);
        webhooks.apply(&WebhookEffect::DeliveryQueued(Box::new(delivery)));
    }
    for id in [3, 2] {
        attempted(&mut webhooks, id, 200, Status::Delivered, None);
    }
    for (id, forgotten) in [(max + 1, 2), (max + 2, 3), (max + 3, 1)] {
        let delivery = pending(id, "a", 0);
        webhooks.apply(&WebhookEffect::DeliveryQueued(Box::new(delivery)));
        assert!(webhooks.delivery(forgotten).is_none(), "{forgotten}");
        assert_eq!(webhooks.deliveries().count(), DELIVERIES_MAX);
    }
    assert_eq!(webhooks.next().map(|(_, one)| one.id), Some(4));
}

#[test]
fn bodies_are_bounded_and_those_of_what_is_over_go_first() {
    let mut webhooks = Webhooks::default();
    let body: Arc<str> = "x".repeat(BODIES_BYTES_MAX / 4).into();
    let mut queue = |id: u64, over: &[u64]| {
        let mut delivery = pending(id, "a", 0);
        delivery.payload = Payload::Text(body.clone());
        webhooks.apply(&WebhookEffect::DeliveryQueued(Box::new(delivery)));
        for id in over {
            attempted(&mut webhooks, *id, 200, Status::Delivered, None);
        }
        let left = webhooks.deliveries().filter(|one| one.payload.kept() > 0);
        let left: Vec<u64> = left.map(|one| one.id).collect();
        let failed = webhooks.deliveries();
        let failed = failed.filter(|one| one.status == Status::Failed);
        (left, failed.map(|one| one.id).collect::<Vec<u64>>())
    };
    queue(1, &[]);
    queue(2, &[]);
    queue(3, &[3]);
    assert_eq!(queue(4, &[2]), (vec![1, 2, 3, 4], vec![]));
    assert_eq!(queue(5, &[]), (vec![1, 3, 4, 5], vec![]));
    assert_eq!(queue(6, &[]), (vec![1, 4, 5, 6], vec![]));
    // Nothing is over any more: what is to be sent first is not.
    assert_eq!(queue(7, &[]), (vec![4, 5, 6, 7], vec![1]));
    assert_eq!(webhooks.next().map(|(_, one)| one.id), Some(4));
}
