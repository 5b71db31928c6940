//! Faults on purpose, at a call: which rules happen is known before it is decided, and what they do is
//! done when the clean decision is there. A fault that leaves nothing done takes back what the call has
//! done; what is in the log of it stays.

mod again;
mod items;
mod note;
mod shape;
mod stub;
mod upstream;
mod webhooks;

use std::cell::OnceCell;

use serde_json::{Value, json};

use super::brought;
use super::call::Called;
use super::door::Entered;
use super::draft::{Draft, Mark};
use super::steps::Run;
use crate::behaviours::fault::choose::{Asked, Chosen, choose};
use crate::behaviours::fault::replace::{Shape, replace};
use crate::behaviours::fault::{Injected, alter::alter};
use crate::behaviours::{Variables, View, pagination};
use crate::definition::compiled::Produce;
use crate::domain::fault::{LostAs, Mode, Phase, Surface};
use crate::domain::reply::Reply;
use crate::domain::trace::{FAULT, INJECTED, Trace};
use crate::state::faults::{Calls, Site};
use crate::state::ledger::LedgerEffect;
use crate::state::past::Past;
use crate::state::{Effect, SandboxState};

pub(super) use items::strike as strike_items;
pub(super) use stub::{Flat, at_cassette, at_stub, count};
pub(super) use upstream::came;
pub use upstream::{Pending, Upstream};

/// A call at which rules happen, and all that deciding about it anew takes.
pub(super) struct Victim<'a> {
    /// What happens, in the order in which it is carried out.
    chosen: Vec<Chosen>,
    /// What happens to the events that the call tells.
    webhooks: Vec<Chosen>,
    /// The run before its first step.
    first: Run<'a>,
    /// How things stood before the call.
    mark: Mark,
    /// How much was told of it by then.
    told: usize,
    /// How things stood before the calls before it.
    past: Past,
}

/// What the faults have left of a call.
pub(super) struct Befallen {
    /// What it is answered with.
    pub(super) reply: Reply,
    /// Whether what it asked for was not done.
    pub(super) undone: bool,
}

/// What fault rules name a call of a tool by. A stub that does as a tool does is named as a stub.
pub(super) fn site<'a>(entered: &Entered<'a>) -> Option<Site<'a>> {
    match entered.stub {
        Some(stub) => Some(Site::Stub(&stub.id)),
        None => entered.tool.map(|tool| Site::Tool(&tool.name)),
    }
}

/// The rules that happen at a call of a tool; nothing, if none does.
pub(super) fn at_tool<'a>(
    called: &Called<'_>,
    entered: &Entered<'a>,
    run: &Run<'a>,
    draft: &Draft,
    past: &Past,
    trace: &mut Trace,
) -> Option<Victim<'a>> {
    let site = called.site?;
    let state = draft.state();
    state.faults.concerning(site).next()?;
    let before = match site {
        Site::Stub(stub) => state.faults.stub_calls(stub),
        Site::Tool(name) => Calls {
            all: called.nth - 1,
            refused: state.tool_refusals.get(name).copied().unwrap_or(0),
        },
    };
    let page = || page_of(called, entered, run, state);
    let asked = Asked {
        site,
        before,
        agent: called.agent,
        page: &page,
        item: None,
    };
    let seen = OnceCell::new();
    let view = || View {
        variables: seen.get_or_init(|| names(called, entered, run)),
        ..run.view(state)
    };
    let found = choose(state, &asked, &[Surface::Reply, Surface::Webhooks], &view);
    if found.is_empty() {
        return None;
    }
    let settled = note::settled(found, trace).into_iter();
    let (mut chosen, webhooks): (Vec<Chosen>, Vec<Chosen>) =
        settled.partition(|chosen| chosen.planned.rule.surface == Surface::Reply);
    if chosen.is_empty() && webhooks.is_empty() {
        return None;
    }
    chosen.sort_by_key(|chosen| chosen.planned.rule.mode.phase());
    Some(Victim {
        chosen,
        webhooks,
        first: run.clone(),
        mark: draft.mark(),
        told: trace.0.len(),
        past: past.clone(),
    })
}

/// What expressions of rules see of a call of a tool.
fn names(called: &Called<'_>, entered: &Entered<'_>, run: &Run<'_>) -> Variables {
    let mut names = run.variables.clone();
    if !names.contains_key("request") {
        let matched = entered.stub.map(|_| called.matched);
        names.insert(
            "request".into(),
            brought::request(called.call, matched, &entered.pack.prefix),
        );
    }
    names.insert("call".into(), called.nth.into());
    names
}

/// The number of the page that a call asks for; nothing, if it gets none.
fn page_of(
    called: &Called<'_>,
    entered: &Entered<'_>,
    run: &Run<'_>,
    state: &SandboxState,
) -> Option<u64> {
    let tool = entered.tool?;
    let Produce::Page(spec) = &tool.produce else {
        return None;
    };
    let input = run.variables.get("input").unwrap_or(&Value::Null);
    let given = pagination::given_names(input, &called.matched.variables);
    let subject = pagination::Subject {
        call: called.call,
        tool: &tool.name,
        given: &given,
    };
    let view = run.view(state);
    let spec = pagination::holding(&view, spec);
    pagination::number(&view, spec, &subject).ok()
}

impl<'a> Victim<'a> {
    /// Whether the reply of what is done may be kept back for a while.
    pub(super) fn holds_back(&self) -> bool {
        self.chosen.iter().any(|chosen| {
            let rule = &chosen.planned.rule;
            let silent = rule.with.lost_as == Some(LostAs::Timeout);
            let late = match rule.mode {
                Mode::Latency | Mode::Timeout => true,
                Mode::LostReply => silent,
                _ => false,
            };
            late && rule.commits()
        })
    }

    /// Lets the faults happen; gives the reply, and whether what was asked is done. `clean` is what the call
    /// was answered with, and `run` and `draft` are as that has left them.
    pub(super) fn befall(
        &self,
        called: &Called<'_>,
        entered: &Entered<'a>,
        run: &mut Run<'a>,
        draft: &mut Draft,
        trace: &mut Trace,
        clean: &Reply,
    ) -> Befallen {
        let subject = note::Subject::of(called);
        let mut events = Vec::new();
        let mut reply = clean.clone();
        let mut undone = false;
        let mut waiting = Vec::new();
        for chosen in &self.chosen {
            let rule = &chosen.planned.rule;
            if run.forward.is_some() && rule.commits() {
                // The reply that it is about is still to come.
                waiting.push(chosen.clone());
                continue;
            }
            let injected = match rule.mode.phase() {
                Phase::Decide => {
                    again::decide(self, chosen, called, entered, run, draft, trace, &reply)
                }
                Phase::Replace => {
                    let mut shape =
                        |shape: Shape<'_>| shape::of_tool(shape, run, draft.state(), entered);
                    replace(rule, &reply, &mut shape, &chosen.chance)
                }
                Phase::Alter | Phase::Wire => alter(rule, &reply, &chosen.chance),
            };
            match injected {
                None => note::passed_over(rule, trace),
                Some(Injected {
                    reply: made,
                    detail,
                }) => {
                    reply = made;
                    undone |= !rule.commits();
                    events.push((chosen, detail));
                }
            }
        }
        if undone {
            draft.roll_back(self.mark.clone());
            self.forget_items(trace);
            run.forward = None;
        } else {
            for chosen in &self.webhooks {
                match webhooks::befall(chosen, draft, &self.mark) {
                    Some(detail) => events.push((chosen, detail)),
                    None => note::passed_over(&chosen.planned.rule, trace),
                }
            }
        }
        if let Some(forward) = &mut run.forward {
            forward.faults = Pending::new(waiting, subject, draft);
        }
        for (chosen, detail) in events {
            note::happened(chosen, &subject, clean, detail, draft, trace);
        }
        Befallen { reply, undone }
    }

    /// Takes out of the log what went wrong with single items: none of them is done.
    fn forget_items(&self, trace: &mut Trace) {
        let (mut at, begun) = (0, self.told);
        trace.0.retain(|line| {
            at += 1;
            at <= begun || line.step != FAULT || line.outcome != INJECTED
        });
    }
}

/// Whether effects change anything but counters, and what the call itself is.
fn writes(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| match effect {
        Effect::RecordPut { .. }
        | Effect::RecordDeleted { .. }
        | Effect::CollectionFilled { .. }
        | Effect::TimerSet { .. }
        | Effect::Webhook(_) => true,
        Effect::Ledger(change) => !matches!(change, LedgerEffect::AccountOpened { .. }),
        _ => false,
    })
}

/// The detail of a fault that decided a call anew.
fn detail(name: &str, value: impl Into<Value>) -> Value {
    json!({ name: value.into() })
}
