//! An image gives back what was written.

pub(crate) mod effects;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::state::Effect;

fn empty() -> SandboxState {
    SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
}

fn folded(effects: &[Effect]) -> SandboxState {
    let mut state = empty();
    effects.iter().for_each(|effect| state.apply(effect));
    state
}

fn parts(state: &SandboxState) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    write(state, &mut |part| parts.push(part));
    parts
}

fn read(parts: &[Vec<u8>]) -> Result<SandboxState, ImageError> {
    let mut reader = Reader::new();
    parts.iter().try_for_each(|part| reader.take(part))?;
    reader.finish()
}

fn lines(parts: &[Vec<u8>]) -> Vec<String> {
    let text = |part: &Vec<u8>| String::from_utf8_lossy(part).into_owned();
    parts.iter().map(text).collect()
}

/// The image of a state, of the state that is read from it, and of both after more effects.
fn check(state: &SandboxState, then: &[Effect]) {
    let written = parts(state);
    let mut restored = read(&written).expect("an image");
    assert_eq!(lines(&parts(&restored)), lines(&written));
    assert_eq!(fingerprint(&restored), fingerprint(state));
    // What no image tells, such as an index, is there, too.
    let all = |state: &SandboxState| format!("{:?}", state.without_past());
    assert_eq!(all(&restored), all(state));
    let mut state = state.clone();
    for effect in then {
        state.apply(effect);
        restored.apply(effect);
    }
    assert_eq!(lines(&parts(&restored)), lines(&parts(&state)));
}

/// What is compiled wants its stack.
fn on_a_large_stack(check: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let done = thread.spawn(check).expect("a thread").join();
    if let Err(panic) = done {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_state_that_uses_everything_is_read_as_it_was() {
    on_a_large_stack(|| {
        let effects = effects::all();
        let state = folded(&effects);
        let kinds: Vec<String> = lines(&parts(&state))
            .iter()
            .map(|part| part.split('"').nth(1).unwrap_or_default().to_owned())
            .collect();
        // None of the kinds of rows is left out of what is tried.
        assert_eq!(kinds, part::KINDS);
        check(&state, &effects);
        check(&empty(), &effects);
    });
}

#[test]
fn an_effect_that_was_written_down_is_the_same_effect() {
    on_a_large_stack(|| {
        let effects = effects::all();
        let again: Vec<Effect> = effects
            .iter()
            .map(|effect| {
                let text = serde_json::to_vec(effect).expect("JSON");
                from_json(&text).expect("an effect")
            })
            .collect();
        assert_eq!(again, effects);
        assert_eq!(
            lines(&parts(&folded(&again))),
            lines(&parts(&folded(&effects)))
        );
    });
}

#[test]
fn a_large_state_comes_in_parts_of_their_size() {
    let record = Arc::new(serde_json::json!({ "text": "x".repeat(200) }));
    let collection = crate::domain::name::Name::new(&"shop".into(), "orders");
    let mut state = empty();
    for at in 0..20_000 {
        state.apply(&Effect::RecordPut {
            collection: collection.clone(),
            key: format!("k{at}").into(),
            record: record.clone(),
        });
    }
    state.apply(&Effect::FilePut {
        name: "large".into(),
        content: bytes::Bytes::from(vec![0xff; 3 * PART_BYTES]).into(),
    });
    let parts = parts(&state);
    let largest = parts.iter().map(Vec::len).max();
    assert!(
        largest.is_some_and(|largest| largest < 2 * PART_BYTES),
        "{largest:?}"
    );
    assert!(parts.len() > 8, "{}", parts.len());
    check(&state, &[]);
}

#[test]
fn what_is_lost_or_changed_is_found() {
    on_a_large_stack(|| {
        let parts = parts(&folded(&effects::all()));
        assert_eq!(
            read(&parts[..parts.len() - 1]).err(),
            Some(ImageError::Incomplete)
        );
        assert_eq!(read(&[]).err(), Some(ImageError::Incomplete));
        for at in 0..parts.len() - 1 {
            let mut less = parts.clone();
            less.remove(at);
            assert!(read(&less).is_err(), "without part {at}");
            let mut swapped = parts.clone();
            swapped.swap(at, at + 1);
            assert!(read(&swapped).is_err(), "part {at} behind the next");
        }
        let other = br#"[0,{"version":[2]}]"#.to_vec();
        assert_eq!(read(&[other]).err(), Some(ImageError::Version(2)));
        let mut more = parts.clone();
        more.push(parts[1].clone());
        assert!(read(&more).is_err());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_effects_give_a_state_that_is_read_as_it_was(
        picks in prop::collection::vec(any::<Index>(), 0..120),
        then in prop::collection::vec(any::<Index>(), 0..40),
    ) {
        on_a_large_stack(move || {
            let all = effects::all();
            let picked = |picks: &[Index]| -> Vec<Effect> {
                picks.iter().map(|pick| pick.get(&all).clone()).collect()
            };
            check(&folded(&picked(&picks)), &picked(&then));
        });
    }

    #[test]
    fn a_garbled_part_is_refused_and_never_a_panic(
        at: Index,
        byte: Index,
        to: u8,
        cut: bool,
    ) {
        on_a_large_stack(move || {
            static PARTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
            let parts = PARTS.get_or_init(|| parts(&folded(&effects::all())));
            let mut parts = parts.clone();
            let at = at.index(parts.len());
            let byte = byte.index(parts[at].len());
            if cut {
                parts[at].truncate(byte);
            } else if parts[at][byte] == to {
                return;
            } else {
                parts[at][byte] = to;
            }
            assert!(read(&parts).is_err());
        });
    }
}
