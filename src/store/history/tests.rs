//! Scripts of commits, and how the sandbox was as of each call.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

/// What happens to a sandbox.
#[derive(Clone, Debug)]
enum Step {
    /// A call of a tool, which moves the scenario to this state.
    Call(u64, u32),
    /// A call that keeps nothing for stale reads.
    Noted(u64, u32),
    /// A change without a call.
    Admin(u32),
    /// A commit without effects.
    Nothing,
    /// Another state takes the place: as it was after so many steps.
    Replace(usize),
}
use Step::{Admin, Call, Noted, Nothing, Replace};

fn beginning() -> SandboxState {
    SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
}

fn moved(to: u32) -> Effect {
    Effect::ScenarioMoved {
        scenario: "where".into(),
        to: to.to_string().into(),
    }
}

/// A sandbox, its history, and how it was after each step.
struct Played {
    history: History,
    states: Vec<SandboxState>,
}

fn play(steps: &[Step], bounds: Bounds) -> Played {
    let mut states = vec![beginning()];
    let mut history = History::new(&states[0], bounds);
    for step in steps {
        let mut state = states.last().expect("a state").clone();
        let effects: Vec<Effect> = match step {
            Call(call, to) => vec![Effect::CallBegan { call: *call }, moved(*to)],
            Noted(call, to) => vec![moved(*to), Effect::CallNoted { call: *call }],
            Admin(to) => vec![moved(*to)],
            Nothing => Vec::new(),
            Replace(step) => {
                let calls = state.calls;
                let before = states[step % states.len()].clone();
                state = SandboxState { calls, ..before };
                history.replace(&state);
                states.push(state);
                continue;
            }
        };
        for effect in &effects {
            state.apply(effect);
        }
        history.push(&effects.into(), &state);
        states.push(state);
    }
    Played { history, states }
}

fn whereabouts(state: &SandboxState) -> u32 {
    state.scenarios.state("where").parse().unwrap_or(0)
}

const NARROW: Bounds = Bounds {
    commits: 4,
    bytes: usize::MAX,
};

/// Where the scenario was as of each of these calls, or which is the oldest.
fn check(steps: &[Step], bounds: Bounds, expected: &[(u64, Result<u32, u64>)]) {
    let played = play(steps, bounds);
    for (call, expected) in expected {
        let found = played.history.as_of(*call);
        let found = found.map(|state| whereabouts(&state));
        let expected = expected.map_err(|oldest| Error::Forgotten { oldest });
        assert_eq!(found, expected, "as of {call}: {steps:?}");
    }
}

#[test]
fn as_of_a_call_it_is_right_after_its_commit() {
    let wide = Bounds::default();
    check(&[], wide, &[(0, Ok(0)), (7, Ok(0))]);
    check(
        &[Call(1, 10), Call(2, 20), Noted(3, 30)],
        wide,
        &[(0, Ok(0)), (1, Ok(10)), (2, Ok(20)), (3, Ok(30))],
    );
    // A tester's change comes after the call before it.
    check(
        &[
            Admin(5),
            Call(1, 10),
            Admin(15),
            Nothing,
            Call(2, 20),
            Admin(25),
        ],
        wide,
        &[(0, Ok(0)), (1, Ok(10)), (2, Ok(20)), (9, Ok(20))],
    );
    // Call 2 has changed nothing.
    check(
        &[Call(1, 10), Admin(15), Call(3, 30)],
        wide,
        &[(1, Ok(10)), (2, Ok(10)), (3, Ok(30))],
    );
}

#[test]
fn calls_that_overlap_stand_in_the_order_of_their_commits() {
    check(
        &[Call(3, 30), Call(1, 10), Call(4, 40)],
        Bounds::default(),
        // Of the calls before 2, none is missing.
        &[
            (0, Ok(0)),
            (1, Ok(10)),
            (2, Ok(10)),
            (3, Ok(30)),
            (4, Ok(40)),
        ],
    );
}

#[test]
fn a_state_put_in_its_place_undoes_no_history() {
    let set_back = [Call(1, 10), Call(2, 20), Replace(1), Admin(11), Call(3, 30)];
    check(
        &set_back,
        Bounds::default(),
        &[(0, Ok(0)), (1, Ok(10)), (2, Ok(20)), (3, Ok(30))],
    );
    let played = play(&set_back[..3], Bounds::default());
    assert_eq!(whereabouts(&played.states[3]), 10);
}

#[test]
fn the_oldest_are_forgotten_and_the_first_that_is_not_is_told() {
    let calls: Vec<Step> = (1..=10).map(|call| Call(call, 10 * call as u32)).collect();
    check(
        &calls,
        NARROW,
        &[
            (0, Err(6)),
            (5, Err(6)),
            (6, Ok(60)),
            (7, Ok(70)),
            (10, Ok(100)),
        ],
    );
    // Nobody can say any more how it was right after call 1, for only its end is kept.
    let mut admin = vec![Call(1, 10)];
    admin.extend((11..=20).map(Admin));
    check(&admin, NARROW, &[(1, Err(2))]);
    admin.push(Call(5, 50));
    check(&admin, NARROW, &[(1, Err(5)), (4, Err(5)), (5, Ok(50))]);
    // A sandbox that goes on has no history from before.
    let mut goes_on = beginning();
    goes_on.apply(&Effect::CallBegan { call: 7 });
    let history = History::new(&goes_on, NARROW);
    assert_eq!(history.as_of(6).err(), Some(Error::Forgotten { oldest: 7 }));
    assert!(history.as_of(7).is_ok());
}

#[test]
fn what_takes_too_much_is_forgotten() {
    let text = "x".repeat(1 << 10);
    let mut state = beginning();
    let bounds = Bounds {
        commits: usize::MAX,
        bytes: 16 << 10,
    };
    let mut history = History::new(&state, bounds);
    for call in 1..=100 {
        let put = Effect::FilePut {
            name: "file".into(),
            content: bytes::Bytes::from(text.clone()).into(),
        };
        let effects: Arc<[Effect]> = [Effect::CallBegan { call }, put].into();
        effects.iter().for_each(|effect| state.apply(effect));
        history.push(&effects, &state);
        assert!(history.bytes <= bounds.bytes, "{} bytes", history.bytes);
    }
    let oldest = history.oldest();
    assert!((87..=95).contains(&oldest), "{oldest}");
}

#[test]
fn a_state_that_is_put_back_again_and_again_is_bounded_too() {
    let mut steps: Vec<Step> = (1..=300).map(|call| Call(call, call as u32)).collect();
    steps.extend((0..1000).map(|_| Replace(300)));
    let played = play(&steps, Bounds::default());
    let held = played.history.parts.len();
    assert!(held < 100, "{held} states with all that they remember");
}

#[test]
fn what_reads_may_be_stale_by_is_whole_again() {
    let steps: Vec<Step> = (1..=1200).map(|call| Call(call, call as u32)).collect();
    let played = play(&steps, Bounds::default());
    for call in [1, 255, 256, 257, 300, 511, 512, 513, 900, 1200] {
        let state = played.history.as_of(call).expect("a state");
        assert_eq!(state.past.len() as u64, call.min(256), "as of {call}");
        let oldest = state.past.calls_ago(256).expect("a state");
        assert_eq!(u64::from(whereabouts(oldest)), call.saturating_sub(256));
        assert!(oldest.past.is_empty(), "what is remembered remembers");
    }
    // Kept every so often, and without what they remember themselves.
    let parts = &played.history.parts;
    assert!(parts.iter().all(|part| part.from.past.is_empty()));
    assert_eq!(parts.len(), 1 + 1200 / PART);
}

/// How the sandbox was as of a call, by looking at all that was.
fn model(steps: &[Step], states: &[SandboxState], call: u64) -> SandboxState {
    let call_of = |step: &Step| match step {
        Call(call, _) | Noted(call, _) => Some(*call),
        _ => None,
    };
    let own = steps.iter().position(|step| call_of(step) == Some(call));
    let before = || {
        let smaller = |step: &Step| call_of(step).is_some_and(|other| other < call);
        steps.iter().rposition(smaller)
    };
    let at = own.or_else(before).map_or(0, |step| step + 1);
    states[at].clone()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..10u8, any::<u32>(), any::<usize>());
    proptest::collection::vec(step, 0..60).prop_flat_map(|steps| {
        let numbers: Vec<u64> = (1..=2 * steps.len() as u64).collect();
        Just(numbers).prop_shuffle().prop_map(move |mut numbers| {
            // Mostly in their order, as calls that overlap are.
            for few in numbers.chunks_mut(4) {
                few.sort_by_key(|number| number / 3);
            }
            numbers.sort_by_key(|number| number / 4);
            let steps = steps.iter().zip(&numbers);
            let steps = steps.map(|((kind, to, back), number)| match kind {
                0 => Admin(*to),
                1 => Nothing,
                2 => Replace(*back),
                3 => Noted(*number, *to),
                _ => Call(*number, *to),
            });
            steps.collect()
        })
    })
}

proptest! {
    #[test]
    fn as_of_any_call_it_is_as_it_was(steps in steps(), commits in 1..80usize) {
        let bytes = usize::MAX;
        let played = play(&steps, Bounds { commits, bytes });
        let oldest = played.history.oldest();
        prop_assert!(played.history.commits <= commits.max(1));
        for call in 0..130 {
            let first = &played.history.parts[0];
            let no_call_is_kept = played.history.calls().next().is_none()
                && first.right_after != Some(played.history.before);
            let expected = match no_call_is_kept {
                true => first.from.clone(),
                false => model(&steps, &played.states, call),
            };
            match played.history.as_of(call) {
                Ok(found) if commits > steps.len() => {
                    prop_assert_eq!(format!("{found:?}"), format!("{expected:?}"));
                }
                Ok(found) => {
                    prop_assert_eq!(whereabouts(&found), whereabouts(&expected));
                    prop_assert_eq!(found.calls, expected.calls);
                }
                Err(Error::Forgotten { oldest: told }) => {
                    prop_assert!(told == oldest && call < oldest && commits <= steps.len());
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
