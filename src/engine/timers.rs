//! Due timers: what time does to records, before anything else is decided.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::draft::Draft;
use super::rounds::Rounds;
use super::steps;
use crate::behaviours::preconditions::Conditions;
use crate::behaviours::{Refusal, Variables, machine};
use crate::definition::compiled::Definitions;
use crate::domain::chance::Chance;
use crate::domain::trace::Trace;
use crate::state::Effect;
use crate::state::timers::Timer;

/// How many timers one decision lets fire; the rest stay due, and the next decision goes on.
const FIRINGS_MAX: usize = 100_000;

/// Lets everything happen that is due by `now`, in its order and at its own time; then it is `now`.
pub(super) fn fire_due(
    definitions: &Definitions,
    draft: &mut Draft,
    now: Timestamp,
    trace: &mut Trace,
) {
    let now = now.max(draft.state().now);
    for fired in 0.. {
        let Some((due, timer)) = due_by(draft, now) else {
            break;
        };
        if fired == FIRINGS_MAX {
            let detail = json!({ "because": format!("more than {FIRINGS_MAX} were due at once") });
            trace.note("timers", "postponed", detail);
            break;
        }
        if due > draft.state().now {
            draft.push(Effect::TimePassed { to: due });
        }
        fire(definitions, draft, &timer, due, trace);
    }
    if now > draft.state().now {
        draft.push(Effect::TimePassed { to: now });
    }
}

fn due_by(draft: &Draft, now: Timestamp) -> Option<(Timestamp, Timer)> {
    let (due, timer) = draft.state().timers.next()?;
    (due <= now).then(|| (due, timer.clone()))
}

fn fire(
    definitions: &Definitions,
    draft: &mut Draft,
    timer: &Timer,
    due: Timestamp,
    trace: &mut Trace,
) {
    // Taken first, whatever comes of it: a timer that cannot fire must not stay due for ever.
    draft.push(Effect::TimerTaken {
        timer: timer.clone(),
        at: due,
    });
    let mark = draft.mark();
    let outcome = attempt(definitions, draft, timer, due);
    let mut detail = json!({
        "machine": timer.machine.to_string(),
        "transition": &*timer.transition,
        "key": &*timer.key,
        "due": due.to_string(),
    });
    let outcome = match outcome {
        Ok(true) => "fired",
        Ok(false) => {
            draft.roll_back(mark);
            "skipped"
        }
        Err(refusal) => {
            draft.roll_back(mark);
            detail["because"] = refusal.message.into();
            "failed"
        }
    };
    trace.note("timers", outcome, detail);
}

fn attempt(
    definitions: &Definitions,
    draft: &mut Draft,
    timer: &Timer,
    due: Timestamp,
) -> Result<bool, Refusal> {
    let Some(pack) = definitions.pack(&timer.machine.pack) else {
        return Ok(false);
    };
    let Some(spec) = pack.machines.get(&*timer.machine.name) else {
        return Ok(false);
    };
    let collection = crate::domain::name::Name::new(&pack.name, &spec.collection);
    let Some(record) = draft.state().record(&collection, &timer.key) else {
        return Ok(false);
    };
    let Some(transition) = spec.transitions.get(&*timer.transition) else {
        return Ok(false);
    };
    let mut run = steps::Run {
        pack,
        chance: Chance::new(
            draft.state().seed,
            &format!("{} {} {}", timer.machine, timer.transition, timer.key),
            due.as_millisecond().unsigned_abs(),
        ),
        variables: variables(&record),
        at_hand: Some((spec.collection.clone(), timer.key.clone())),
        conditions: Conditions::default(),
        fired: Some(due),
        begun: true,
        forward: None,
        rounds: Rounds::default(),
        flaws: super::steps::Flaws::default(),
        late: false,
        steps: 0,
    };
    let chosen = {
        let view = run.view(draft.state());
        machine::choose_by_time(&view, spec, transition, timer.alternative)?
    };
    let Some(alternative) = chosen else {
        return Ok(false);
    };
    run.make_transition(draft, &mut Trace::default(), spec, alternative)?;
    Ok(true)
}

fn variables(record: &Arc<Value>) -> Variables {
    Variables::from_iter([
        ("input".to_owned(), json!({})),
        ("record".to_owned(), (**record).clone()),
    ])
}
