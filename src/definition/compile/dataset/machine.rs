//! What a machine over a collection asks of the rows that it opens with.

use std::sync::Arc;

use serde_json::Value;

use super::super::pack::wrong_instants;
use super::super::report::{Place, Report};
use super::read::FileRow;
use super::told::Told;
use crate::definition::compiled::Machine;
use crate::definition::source::Source;
use crate::state::dataset::fake::Kind;

/// How many rows can have timers: each is armed when a sandbox opens.
const ARMED_ROWS_MAX: u64 = 20_000;

/// Rows of a file have a state that the machine knows, the initial one if they bring none, and
/// instants where it waits for one.
pub(super) fn fit_rows(
    machine: &Machine,
    rows: &mut [FileRow],
    source: &Arc<Source>,
    from: &Place,
    report: &mut Report,
) {
    check_timers(machine, rows.len() as u64, from, report);
    let mut told = Told::new(source, from, report);
    for row in rows {
        let state = row.members.entry(machine.field.as_str());
        let state = state.or_insert_with(|| machine.initial.as_str().into());
        let known = |state: &str| machine.states.iter().any(|known| known == state);
        if !state.as_str().is_some_and(known) {
            let message = format!("unknown state {state}");
            let label = format!("expected one of {}", machine.states.join(", "));
            told.error(row.span.clone(), message, label);
        }
        for (_, message) in wrong_instants(&row.members, machine) {
            let label = "expected a date-time of RFC 3339, such as \"2026-01-01T00:00:00Z\"";
            told.error(row.span.clone(), message, label);
        }
    }
}

/// Generated rows have a state, the initial one if they declare none, and no other than the machine
/// knows.
pub(super) fn fit_fields(
    machine: &Machine,
    fields: &mut Vec<(Arc<str>, Kind)>,
    count: u64,
    place: &Place,
    report: &mut Report,
) {
    check_timers(machine, count, &place.at("count"), report);
    let Some((name, kind)) = fields.iter().find(|(name, _)| **name == *machine.field) else {
        let initial = Value::String(machine.initial.clone());
        fields.push((machine.field.as_str().into(), Kind::Value(initial)));
        return;
    };
    let place = place.at("fields").at(name);
    let states: Vec<&Value> = match kind {
        Kind::Value(state) => vec![state],
        Kind::OneOf { choices } => choices.iter().map(|(state, _)| state).collect(),
        _ => {
            let message = format!("`{name}` is the state of machine `{}`", machine.name.name);
            let label = "expected `value` or `oneOf`, with states of the machine";
            report.error(&place, message, label);
            return;
        }
    };
    for state in states {
        let state = state
            .as_str()
            .map_or_else(|| state.to_string(), str::to_owned);
        if !machine.states.contains(&state) {
            let known = machine.states.iter().map(String::as_str);
            report.unknown(&place, "state", &state, known);
        }
    }
}

fn check_timers(machine: &Machine, rows: u64, place: &Place, report: &mut Report) {
    if machine.has_timers() && rows > ARMED_ROWS_MAX {
        let message = format!(
            "machine `{}` would have to watch {rows} rows",
            machine.name.name
        );
        let label = format!("with `at`, expected at most {ARMED_ROWS_MAX} rows");
        report.error(place, message, label);
    }
}
