//! The sandbox clock, as testers set it.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{ClockMode, Error};
use crate::definition::compiled::Definitions;
use crate::domain::time::{Clock, Tick, shift};
use crate::engine::draft::Draft;
use crate::engine::{Trace, timers};
use crate::state::{Effect, SandboxState};

/// The clock runs differently: at a time, if that is given.
pub(super) fn set(
    definitions: &Definitions,
    draft: &mut Draft,
    (mode, now): (ClockMode, Option<Timestamp>),
    tick: Tick,
    trace: &mut Trace,
) {
    let clock = clock_of(mode, now, draft.state(), tick);
    run(definitions, draft, clock, tick.wall, trace);
}

/// Time passes.
pub(super) fn advance(
    definitions: &Definitions,
    draft: &mut Draft,
    by_ms: i64,
    tick: Tick,
    trace: &mut Trace,
) -> Result<Value, Error> {
    let clock = draft.state().clock;
    let shown = clock.read(tick.wall);
    if shown
        .checked_add(SignedDuration::from_millis(by_ms))
        .is_err()
    {
        return Err(Error::Invalid {
            field: "by".into(),
            message: "leads out of the calendar, which ends with the year 9999".into(),
        });
    }
    run(definitions, draft, advanced(clock, by_ms), tick.wall, trace);
    Ok(Value::Null)
}

fn clock_of(mode: ClockMode, now: Option<Timestamp>, state: &SandboxState, tick: Tick) -> Clock {
    let shown = now.unwrap_or(tick.now.max(state.now));
    match mode {
        ClockMode::System => Clock::System,
        ClockMode::Frozen => Clock::Frozen { now: shown },
        ClockMode::Offset => Clock::Offset {
            ahead_ms: millis_between(tick.wall, shown),
        },
    }
}

fn advanced(clock: Clock, by_ms: i64) -> Clock {
    match clock {
        Clock::System => Clock::Offset { ahead_ms: by_ms },
        Clock::Frozen { now } => Clock::Frozen {
            now: shift(now, by_ms),
        },
        Clock::Offset { ahead_ms } => Clock::Offset {
            ahead_ms: ahead_ms.saturating_add(by_ms),
        },
    }
}

fn millis_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}

/// Sets the clock. What becomes due on the way fires in its order; on the way back nothing does,
/// and what has fired stays so.
fn run(
    definitions: &Definitions,
    draft: &mut Draft,
    clock: Clock,
    wall: Timestamp,
    trace: &mut Trace,
) {
    let now = clock.read(wall);
    if now > draft.state().now {
        timers::fire_due(definitions, draft, now, trace);
    }
    draft.push(Effect::ClockSet { clock, now });
}
