//! Faults of a stub that is no tool.

use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Pending, alter, note, replace, shape};
use crate::behaviours::fault::choose::{Asked, choose};
use crate::behaviours::fault::replace::Shape;
use crate::behaviours::{Variables, View};
use crate::definition::compiled::{Pack, Stub};
use crate::domain::call::Call;
use crate::domain::chance::Chance;
use crate::domain::fault::{Phase, Surface};
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::engine::draft::Draft;
use crate::engine::{Forward, Matched, brought};
use crate::state::Effect;
use crate::state::faults::Site;

/// Lets the faults of a stub happen to its reply, and counts the call, if there are rules for it.
pub(in crate::engine) fn at_stub(
    stub: &Stub,
    call: &Call,
    matched: &Matched<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
    clean: Reply,
    forward: &mut Option<Box<Forward>>,
) -> Reply {
    if !draft.state().faults.concern_stub(&stub.id) {
        return clean;
    }
    let pack = stub
        .pack
        .clone()
        .unwrap_or_else(|| Arc::new(Pack::nameless()));
    let seen = OnceCell::new();
    let before = draft.state().clone();
    let calls = before.faults.stub_calls(&stub.id);
    let view = || View {
        pack: &pack,
        state: &before,
        variables: seen.get_or_init(|| names(call, matched, calls.all + 1)),
        record: None,
        chance: Chance::new(before.seed, &stub.id, call.number),
    };
    let asked = Asked {
        site: Site::Stub(&stub.id),
        before: calls,
        agent: None,
        page: &|| None,
        item: None,
    };
    let found = choose(&before, &asked, Surface::Reply, &view);
    let mut chosen = note::settled(found, trace);
    chosen.sort_by_key(|chosen| chosen.planned.rule.mode.phase());
    let subject = note::Subject {
        call: Some(call.number),
        tool: None,
        stub: Some(&stub.id),
        agent: None,
    };
    let refused = clean.status.is_client_error() || clean.status.is_server_error();
    let mut reply = clean.clone();
    let mut waiting = Vec::new();
    for chosen in chosen {
        let rule = &chosen.planned.rule;
        if forward.is_some() && rule.commits() {
            waiting.push(chosen);
            continue;
        }
        let injected = match rule.mode.phase() {
            Phase::Decide => None,
            Phase::Replace => {
                let mut shape = |shape: Shape<'_>| shape::of_stub(shape, &before);
                replace(rule, &reply, &mut shape, &chosen.chance)
            }
            Phase::Alter | Phase::Wire => alter(rule, &reply, &chosen.chance),
        };
        let Some(injected) = injected else {
            note::passed_over(rule, trace);
            continue;
        };
        reply = injected.reply;
        if !rule.commits() {
            *forward = None;
        }
        note::happened(&chosen, &subject, &clean, injected.detail, draft, trace);
    }
    if let Some(forward) = forward {
        forward.faults = Pending::new(waiting, subject);
    }
    draft.push(Effect::StubCalled {
        stub: stub.id.clone(),
        refused,
    });
    reply
}

/// What expressions of rules see of a call of a stub.
fn names(call: &Call, matched: &Matched<'_>, nth: u64) -> Variables {
    let input = call.json().cloned().unwrap_or_else(|| json!({}));
    Variables::from_iter([
        ("input".to_owned(), input),
        ("request".to_owned(), brought::request(call, Some(matched))),
        ("call".to_owned(), nth.into()),
        ("tool".to_owned(), Value::Null),
        ("agent".to_owned(), Value::Null),
    ])
}
