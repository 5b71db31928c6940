//! What is reported of a cassette: what was asked, what was missed, and whether that is all right.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::state::cassette::{MISSES_MAX, Miss, Mode, Running};

/// How many entries that were never asked for are listed. All are counted.
const LISTED_MAX: usize = 1_000;

/// What a recording has written down so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// How many entries stand in the file.
    pub recorded: u64,
    /// How many calls do not.
    pub unrecorded: u64,
    /// Why not.
    pub error: Option<String>,
}

/// What is reported of a cassette that runs. `taken` is what it has written down, if it records, and
/// `last_call` the number of the sandbox's last call.
///
/// The words `total_calls`, `failures`, `failure_details`, `mode` and `passed` are those of the
/// reports that test harnesses read; what they do not know is written as everywhere else.
#[must_use]
pub fn report(running: &Running, taken: Option<&Taken>, last_call: u64) -> Value {
    let started = &running.started;
    let (matched, repeated) = running.matched();
    let total = match started.mode {
        Mode::Playback => matched + running.missed(),
        Mode::Passthrough => running.sent_on(),
        Mode::Record => taken.map_or(0, |taken| taken.recorded + taken.unrecorded),
        Mode::Live => last_call.saturating_sub(started.after),
    };
    let mut report = json!({
        "name": &*started.name,
        "mode": started.mode,
        "total_calls": total,
    });
    let mut failures = running.missed();
    let mut details: Vec<String> = running.misses().map(|miss| told(miss)).collect();
    if started.mode == Mode::Playback {
        let never = running.never_asked().count();
        let listed: Vec<Value> = running
            .never_asked()
            .take(LISTED_MAX)
            .filter_map(|at| entry(running, at))
            .collect();
        if never > 0 {
            failures += never as u64;
            details.extend(listed.iter().map(never_asked));
        }
        report["matched"] = matched.into();
        report["repeated"] = repeated.into();
        report["missed"] = running.missed().into();
        report["unmatched"] = running.misses().map(|miss| json!(**miss)).collect();
        report["neverAskedCount"] = never.into();
        report["neverAsked"] = listed.into();
    }
    if let Some(upstream) = started.sends_to() {
        report["upstream"] = (**upstream).into();
    }
    if let Some(taken) = taken {
        report["recorded"] = taken.recorded.into();
        report["unrecorded"] = taken.unrecorded.into();
        if let Some(error) = &taken.error {
            report["error"] = error.as_str().into();
            failures += taken.unrecorded.max(1);
            details.push(format!(
                "{} calls were not recorded: {error}",
                taken.unrecorded
            ));
        }
    }
    details.truncate(MISSES_MAX);
    report["failures"] = failures.into();
    report["failure_details"] = details.into();
    report["passed"] = (failures == 0).into();
    report
}

/// The report of a recording that ended with the process which made it. How many calls it has is not
/// known here: they stand in its file.
pub(in crate::engine) fn interrupted(running: &Running, last_call: u64) -> Value {
    let why =
        "the server ended while it recorded; the file has the calls that were answered until then";
    let mut report = report(running, None, last_call);
    report["error"] = why.into();
    report["failures"] = 1.into();
    report["failure_details"] = json!([why]);
    report["passed"] = false.into();
    report
}

fn told(miss: &Miss) -> String {
    let Miss {
        call,
        method,
        target,
        reason,
        ..
    } = miss;
    let nearest = miss.nearest.as_ref().map_or(String::new(), |nearest| {
        let (entry, method, target) = (nearest.entry, &nearest.method, &nearest.target);
        format!("; the nearest is entry {entry}, {method} {target}")
    });
    format!("call {call}, {method} {target}: {reason}{nearest}")
}

fn entry(running: &Running, at: usize) -> Option<Value> {
    let entry = running.started.loaded.as_ref()?.entry(at)?;
    Some(json!({
        "entry": at + 1,
        "method": entry.request.method,
        "target": entry.request.target,
        "tool": entry.tool,
    }))
}

fn never_asked(entry: &Value) -> String {
    let text = |member: &str| entry[member].as_str().unwrap_or_default().to_owned();
    let (method, target) = (text("method"), text("target"));
    format!(
        "entry {}, {method} {target}, was never asked for",
        entry["entry"]
    )
}
