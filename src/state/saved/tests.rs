use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use super::*;
use crate::domain::reply::{Body, Chunk, Reply};

fn id(key: &str) -> SavedId {
    SavedId {
        tool: Name::new(&"pack".into(), "pay"),
        scope: "".into(),
        key: key.into(),
    }
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).expect("a time")
}

/// A key with a reply of so many bytes that expires then.
fn saved(until: i64, bytes: usize) -> Saved {
    let mut reply = Reply::empty(StatusCode::OK);
    reply.body = Body::Bytes(vec![b'x'; bytes].into());
    Saved {
        fingerprint: "f".into(),
        at: second(0),
        until: second(until),
        in_flight: None,
        reply: Some(Arc::new(SavedReply::of(&reply))),
    }
}

fn keys(replies: &SavedReplies) -> Vec<&str> {
    assert_eq!(replies.by_id.len(), replies.by_expiry.len());
    let sizes = replies.by_id.iter().map(|(id, saved)| size(id, saved));
    assert_eq!(replies.bytes, sizes.sum::<usize>());
    replies.by_id.keys().map(|id| &*id.key).collect()
}

#[test]
fn expired_keys_are_dropped_as_new_ones_come() {
    let mut replies = SavedReplies::default();
    for (at, key) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let until = 10 + i64::try_from(at).expect("a number");
        replies.put(&id(key), &saved(until, 1), second(0));
    }
    assert!(replies.get(&id("a"), second(9)).is_some());
    assert!(replies.get(&id("a"), second(10)).is_none());
    replies.put(&id("e"), &saved(99, 1), second(12));
    assert_eq!(keys(&replies), ["c", "d", "e"]);
    replies.put(&id("f"), &saved(99, 1), second(12));
    assert_eq!(keys(&replies), ["d", "e", "f"]);
    replies.put(&id("f"), &saved(50, 7), second(12));
    assert_eq!(keys(&replies), ["d", "e", "f"]);
}

#[test]
fn without_room_the_one_that_expires_soonest_goes_but_never_the_new_one() {
    let mut replies = SavedReplies::default();
    let mut put = |keys: usize, bytes: usize, key: &str, until: i64, size: usize| {
        replies.put_within(keys, bytes, &id(key), &saved(until, size), second(0));
        self::keys(&replies).join(" ")
    };
    const MUCH: usize = 1 << 20;
    put(3, MUCH, "a", 30, 1);
    put(3, MUCH, "b", 20, 1);
    put(3, MUCH, "c", 40, 1);
    assert_eq!(put(3, MUCH, "d", 10, 1), "a c d");
    assert_eq!(put(3, MUCH, "e", 5, 1), "a c e");
    // Bytes count too, and one that is too large alone is still remembered.
    assert_eq!(put(9, MUCH, "f", 50, MUCH - 700), "c f");
    assert_eq!(put(9, MUCH, "g", 60, 2 * MUCH), "g");
}

#[test]
fn a_key_in_flight_does_not_expire_and_is_settled_by_its_own_call() {
    let mut replies = SavedReplies::default();
    let in_flight = |call| Saved {
        in_flight: Some(call),
        ..saved(10, 1)
    };
    replies.put(&id("a"), &in_flight(7), second(0));
    replies.put(&id("c"), &saved(50, 1), second(40));
    replies.put(&id("c"), &saved(50, 1), second(40));
    assert!(replies.get(&id("a"), second(99)).is_some());
    replies.settle(&id("a"), 8);
    replies.settle(&id("b"), 7);
    assert!(replies.get(&id("a"), second(99)).is_some());
    replies.settle(&id("a"), 7);
    assert!(replies.get(&id("a"), second(9)).is_some());
    assert!(replies.get(&id("a"), second(99)).is_none());
    // One whose reply is not saved is gone.
    let unsaved = Saved {
        reply: None,
        ..in_flight(8)
    };
    replies.put(&id("b"), &unsaved, second(0));
    replies.settle(&id("b"), 8);
    assert_eq!(keys(&replies), ["a", "c"]);
}

#[test]
fn a_reply_is_the_same_after_it_was_kept_and_written_down() {
    let mut reply = Reply::empty(StatusCode::CREATED);
    reply
        .headers
        .append("set-cookie", HeaderValue::from_static("a=1"));
    reply
        .headers
        .append("set-cookie", HeaderValue::from_static("b=2"));
    let odd = HeaderValue::from_bytes(b"caf\xe9").expect("a value");
    reply.headers.insert("x-odd", odd);
    let bodies = [
        Body::Bytes(Bytes::new()),
        Body::Bytes("{\"amount\":5.00}".into()),
        Body::Bytes(Bytes::from_static(b"\xff\x00\xfe")),
    ];
    for body in bodies {
        reply.body = body;
        let kept = SavedReply::of(&reply);
        assert_eq!(kept.reply(), reply);
        let written = serde_json::to_string(&kept).expect("JSON");
        let read: SavedReply = serde_json::from_str(&written).expect("a reply");
        assert_eq!(read, kept, "{written}");
    }
    // Its delay and its pauses belong to the first time.
    let chunk = |text: &'static str| Chunk {
        after: Duration::from_secs(1),
        bytes: text.into(),
    };
    reply.delay = Duration::from_secs(1);
    reply.body = Body::Chunks(vec![chunk("a"), chunk("b")]);
    let again = SavedReply::of(&reply).reply();
    assert_eq!(
        (again.delay, again.body),
        (Duration::ZERO, Body::Bytes("ab".into()))
    );
}
