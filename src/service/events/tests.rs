//! Events, heard by listeners that are quick, slow, or come back.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::*;

/// What is told of the `number`th thing.
fn told(number: usize) -> Told {
    Told {
        kind: Kind::Reset,
        data: number.to_string().into(),
    }
}

/// All that a listener is told without waiting: the events' data, `gap N`, `end`.
fn heard(listener: &mut Listener) -> Vec<String> {
    let mut heard = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(item) = pin!(listener.next()).poll(&mut context) {
        heard.push(match item {
            Item::Told(_, told) => told.data.to_string(),
            Item::Gap(_, Some(lost)) => format!("gap {lost}"),
            Item::Gap(_, None) => "gap".to_owned(),
            Item::End(End::Deleted) => "deleted".to_owned(),
            Item::End(End::Stopped) => "stopped".to_owned(),
        });
        if heard.last().is_some_and(|last| last.ends_with("ed")) {
            break;
        }
    }
    heard
}

fn numbers(from: usize, to: usize) -> Vec<String> {
    (from..=to).map(|number| number.to_string()).collect()
}

fn listen(events: &Arc<Events>, resume: Option<Resume>) -> Listener {
    events.listen(resume).expect("room to listen")
}

#[test]
fn nothing_is_kept_until_somebody_listens() {
    let events = Arc::new(Events::default());
    assert!(!events.listened());
    let mut one = listen(&events, None);
    assert!(events.listened());
    events.tell([told(1), told(2)]);
    let mut other = listen(&events, None);
    events.tell([told(3)]);
    assert_eq!(heard(&mut one), ["1", "2", "3"]);
    assert_eq!(heard(&mut other), ["3"]);
    assert_eq!(heard(&mut one), Vec::<String>::new());
}

#[test]
fn who_comes_back_goes_on_where_it_was() {
    let events = Arc::new(Events::default());
    let mut first = listen(&events, None);
    let start = first.at();
    events.tell((1..=5).map(told));
    let (mut at, mut seen) = (start, 0);
    while seen < 2 {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Item::Told(here, _)) = pin!(first.next()).poll(&mut context) else {
            panic!("something was told");
        };
        (at, seen) = (here, seen + 1);
    }
    assert_eq!(first.at(), at);
    drop(first);
    events.tell([told(6)]);
    let same = at.to_string().parse();
    assert_eq!(same, Ok(at));
    assert_eq!(heard(&mut listen(&events, Some(at))), numbers(3, 6));
    assert_eq!(heard(&mut listen(&events, Some(start))), numbers(1, 6));
    assert_eq!(heard(&mut listen(&events, None)), Vec::<String>::new());
}

#[test]
fn a_slow_listener_is_told_how_much_it_has_missed() {
    let events = Arc::new(Events::default());
    let mut slow = listen(&events, None);
    let start = slow.at();
    events.tell([told(1)]);
    assert_eq!(heard(&mut slow), ["1"]);
    let all = KEPT_MAX + 10;
    events.tell((2..=all + 1).map(told));
    let mut expected = vec!["gap 10".to_owned()];
    expected.extend(numbers(12, all + 1));
    assert_eq!(heard(&mut slow), expected);
    expected[0] = "gap 11".to_owned();
    assert_eq!(heard(&mut listen(&events, Some(start))), expected);
}

#[test]
fn the_number_of_another_ring_is_a_gap_of_unknown_size() {
    let events = Arc::new(Events::default());
    let mut one = listen(&events, None);
    let at = one.at();
    events.tell([told(1)]);
    for strange in [
        "0-1".parse().expect("an id"),
        format!("{at}9").parse().expect("an id"),
    ] {
        assert_eq!(heard(&mut listen(&events, Some(strange))), ["gap", "1"]);
    }
    assert_eq!(heard(&mut one), ["1"]);
    for wrong in ["", "1", "-", "x-1", "1-x", "1-1-1", "1--1"] {
        assert!(wrong.parse::<Resume>().is_err(), "{wrong:?}");
    }
}

#[test]
fn an_end_comes_after_all_that_was_told() {
    let events = Arc::new(Events::default());
    let mut one = listen(&events, None);
    events.tell([told(1)]);
    events.end(End::Deleted);
    events.end(End::Stopped);
    assert_eq!(heard(&mut one), ["1", "deleted"]);
    assert_eq!(heard(&mut listen(&events, None)), ["deleted"]);
}

#[test]
fn only_so_many_may_listen_at_a_time() {
    let events = Arc::new(Events::default());
    let mut all: Vec<Listener> = (0..LISTENERS_MAX).map(|_| listen(&events, None)).collect();
    assert_eq!(events.listen(None).err(), Some(TooMany));
    all.pop();
    assert!(events.listen(None).is_ok());
}

#[test]
fn what_nobody_comes_back_for_is_forgotten() {
    let events = Arc::new(Events::default());
    drop(listen(&events, None));
    events.tell([told(1)]);
    assert!(events.listened(), "somebody may come back");
    assert!(events.ring().is_forgotten(0));
    assert!(!events.ring().is_forgotten(KEPT_MICROS));
    let mut ring = events.ring();
    let began = ring.began;
    ring.clear();
    ring.begin(0);
    assert!(ring.began > began, "no number means what it has meant");
}
