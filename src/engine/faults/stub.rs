//! Faults of what nobody decides on: the answer of a stub that is no tool, and an entry of a cassette.

use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Pending, alter, note, replace, shape, webhooks};
use crate::behaviours::fault::choose::{Asked, choose};
use crate::behaviours::fault::flat;
use crate::behaviours::fault::replace::Shape;
use crate::behaviours::{Variables, View};
use crate::definition::compiled::{Pack, Stub};
use crate::domain::call::Call;
use crate::domain::chance::Chance;
use crate::domain::fault::{Phase, Surface};
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::engine::draft::{Draft, Mark};
use crate::engine::{Forward, Matched, brought};
use crate::state::Effect;
use crate::state::faults::{Calls, Site};

/// What is answered by something that decides nothing.
pub(in crate::engine) struct Flat<'a> {
    /// What rules name it by.
    pub(in crate::engine) site: Site<'a>,
    /// The call.
    pub(in crate::engine) call: &'a Call,
    /// What it is for, if that was looked for.
    pub(in crate::engine) matched: Option<&'a Matched<'a>>,
    /// The pack whose names expressions see.
    pub(in crate::engine) pack: Option<&'a Arc<Pack>>,
    /// How things stood before anything was done.
    pub(in crate::engine) mark: &'a Mark,
}

/// Lets the faults of a stub happen to its reply, and counts the call, if there are rules for it.
pub(in crate::engine) fn at_stub(
    flat: &Flat<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
    clean: Reply,
    forward: &mut Option<Box<Forward>>,
) -> Reply {
    match concerns(flat.site, draft) {
        true => flat.befall(draft, trace, &clean, forward).0,
        false => clean,
    }
}

/// Whether there are rules for something. Stubs are counted then, even while the rules are paused.
fn concerns(site: Site<'_>, draft: &Draft) -> bool {
    let faults = &draft.state().faults;
    match site {
        Site::Stub(stub) => faults.concern_stub(stub),
        Site::Tool(_) => faults.concerning(site).next().is_some(),
    }
}

/// Counts a call of a stub that does as a tool does, if there are rules for it.
pub(in crate::engine) fn count(stub: &Stub, refused: bool, draft: &mut Draft) {
    if draft.state().faults.concern_stub(&stub.id) {
        draft.push(Effect::StubCalled {
            stub: stub.id.clone(),
            refused,
        });
    }
}

/// Lets the faults happen to an answer of a cassette, and counts the call: of a tool, or else of a method
/// and path, which rules name as they would a stub. Gives the reply, and whether what was asked is done.
pub(in crate::engine) fn at_cassette(
    tool: Option<&Name>,
    call: &Call,
    mark: &Mark,
    draft: &mut Draft,
    trace: &mut Trace,
    clean: Reply,
    forward: &mut Option<Box<Forward>>,
) -> (Reply, bool) {
    let refused = clean.status.is_client_error() || clean.status.is_server_error();
    let endpoint: Arc<str>;
    let site = match tool {
        Some(tool) => Site::Tool(tool),
        None if draft.state().faults.iter().next().is_none() => return (clean, true),
        None => {
            endpoint = format!("{} {}", call.method, call.path()).into();
            Site::Stub(&endpoint)
        }
    };
    let flat = Flat {
        site,
        call,
        matched: None,
        pack: None,
        mark,
    };
    let answered = match concerns(site, draft) {
        true => flat.befall(draft, trace, &clean, forward),
        false => (clean, true),
    };
    if let Some(tool) = tool {
        draft.push(Effect::ToolCalled {
            tool: tool.clone(),
            agent: None,
            refused,
        });
    }
    answered
}

impl Flat<'_> {
    /// The reply, and whether what was asked is done.
    fn befall(
        &self,
        draft: &mut Draft,
        trace: &mut Trace,
        clean: &Reply,
        forward: &mut Option<Box<Forward>>,
    ) -> (Reply, bool) {
        let before = draft.state().clone();
        let counted = |counts: &imbl::OrdMap<Name, u64>, tool| counts.get(tool).copied();
        let calls = match self.site {
            Site::Stub(stub) => before.faults.stub_calls(stub),
            Site::Tool(tool) => Calls {
                all: counted(&before.tool_calls, tool).unwrap_or(0),
                refused: counted(&before.tool_refusals, tool).unwrap_or(0),
            },
        };
        let nameless = Arc::new(Pack::nameless());
        let seen = OnceCell::new();
        let view = || View {
            pack: self.pack.unwrap_or(&nameless),
            state: &before,
            variables: seen.get_or_init(|| self.names(calls.all + 1)),
            record: None,
            chance: Chance::new(before.seed, "fault", self.call.number),
        };
        let asked = Asked {
            site: self.site,
            before: calls,
            agent: None,
            page: &|| None,
            item: None,
        };
        let found = choose(&before, &asked, &[Surface::Reply], &view);
        let mut chosen = note::settled(found, trace);
        chosen.sort_by_key(|chosen| chosen.planned.rule.mode.phase());
        let (tool, stub) = match self.site {
            Site::Tool(tool) => (Some(tool), None),
            Site::Stub(stub) => (None, Some(stub)),
        };
        let subject = note::Subject {
            call: Some(self.call.number),
            tool,
            stub,
            agent: None,
        };
        let refused = clean.status.is_client_error() || clean.status.is_server_error();
        let mut reply = clean.clone();
        let (mut waiting, mut events, mut undone) = (Vec::new(), Vec::new(), false);
        let mut shape = |shape: Shape<'_>| shape::of_stub(shape, &before);
        for chosen in chosen {
            let rule = &chosen.planned.rule;
            if forward.is_some() && rule.commits() {
                waiting.push(chosen);
                continue;
            }
            let injected = match rule.mode.phase() {
                Phase::Decide => flat::change(rule, &reply, &mut shape),
                Phase::Replace => replace(rule, &reply, &mut shape, &chosen.chance),
                Phase::Alter | Phase::Wire => alter(rule, &reply, &chosen.chance),
            };
            let Some(injected) = injected else {
                note::passed_over(rule, trace);
                continue;
            };
            reply = injected.reply;
            undone |= !rule.commits();
            events.push((chosen, injected.detail));
        }
        if undone {
            draft.roll_back(self.mark.clone());
            *forward = None;
        } else {
            let found = choose(&before, &asked, &[Surface::Webhooks], &view);
            for chosen in note::settled(found, trace) {
                match webhooks::befall(&chosen, draft, self.mark) {
                    Some(detail) => events.push((chosen, detail)),
                    None => note::passed_over(&chosen.planned.rule, trace),
                }
            }
        }
        for (chosen, detail) in events {
            note::happened(&chosen, &subject, clean, detail, draft, trace);
        }
        if let Some(forward) = forward {
            forward.faults = Pending::new(waiting, subject, draft);
        }
        if let Some(stub) = stub {
            draft.push(Effect::StubCalled {
                stub: stub.clone(),
                refused,
            });
        }
        (reply, !undone)
    }

    /// What expressions of rules see.
    fn names(&self, nth: u64) -> Variables {
        let input = self.call.json().cloned().unwrap_or_else(|| json!({}));
        let prefix = self.pack.map_or("", |pack| &pack.prefix);
        let tool = match self.site {
            Site::Tool(tool) => (*tool.name).into(),
            Site::Stub(_) => Value::Null,
        };
        Variables::from_iter([
            ("input".to_owned(), input),
            (
                "request".to_owned(),
                brought::request(self.call, self.matched, prefix),
            ),
            ("call".to_owned(), nth.into()),
            ("tool".to_owned(), tool),
            ("agent".to_owned(), Value::Null),
        ])
    }
}
