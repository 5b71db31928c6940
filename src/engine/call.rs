//! A call, from what is due before it to what it is answered with: the fixed order.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::asked::Asked;
use super::brought::{agent, identity, variables};
use super::door::{self, Entered};
use super::draft::{Draft, numbered};
use super::faults::Victim;
use super::guards::{self, Passed};
use super::refused::refused;
use super::rounds::Rounds;
use super::steps::{Flaws, Run};
use super::unknown::{named, unknown_tool};
use super::{
    Decision, Forward, Matched, batch, cassette, conditional, expanded, faults, misfits, page,
    proxy, respond, scenario, timers,
};
use crate::behaviours::auth::Identity;
use crate::behaviours::pagination;
use crate::behaviours::preconditions::Conditions;
use crate::behaviours::rate_limit::Subject;
use crate::behaviours::{
    Refusal, Step, StubView, Variables, View, error_queue, ledger, schema, webhooks,
};
use crate::definition::compiled::{Definitions, Pack, Produce, ScopeRule, Stub, Target};
use crate::domain::call::Call;
use crate::domain::chance::Chance;
use crate::domain::reply::Reply;
use crate::domain::time::Tick;
use crate::domain::trace::Trace;
use crate::state::faults::Site;
use crate::state::{Effect, SandboxState};

/// A call, as what decides about it sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called<'a> {
    /// All that there is.
    pub(super) definitions: &'a Definitions,
    /// The call.
    pub(super) call: &'a Call,
    /// What it is for.
    pub(super) matched: &'a Matched<'a>,
    /// Whose it is, or why that cannot be told.
    pub(super) identity: Result<&'a Identity, &'a Refusal>,
    /// Whom it is made for.
    pub(super) agent: Option<&'a str>,
    /// The how-manieth call of its tool it is.
    pub(super) nth: u64,
    /// What fault rules name it by.
    pub(super) site: Option<Site<'a>>,
}

/// The longest agent that is remembered, in bytes: its activity is kept as long as the sandbox, and
/// an agent is known before anything has looked at the input.
const AGENT_BYTES_MAX: usize = 256;

/// What is asked for where nothing is said.
static ANY_CREDENTIAL: ScopeRule = ScopeRule {
    scopes: Vec::new(),
    public: false,
    optional: false,
};

/// Decides about one call.
pub(super) fn decide(
    definitions: &Definitions,
    state: &SandboxState,
    call: &Call,
    claims: &[Matched<'_>],
    tick: Tick,
) -> Decision {
    let mut draft = Draft::new(state);
    let mut trace = Trace::default();
    timers::fire_due(definitions, &mut draft, tick.now, &mut trace);
    if let Some(running) = cassette::deciding(state) {
        return cassette::decide(running, call, draft, trace);
    }
    let claim = claims
        .iter()
        .position(|matched| scenario::holds(draft.state(), matched.target));
    let Some(at) = claim else {
        return Decision {
            effects: draft.into_effects().into(),
            trace,
            ..Decision::default()
        };
    };
    let matched = &claims[at];
    let decision = match door::enter(call, matched) {
        Some(entered) => tool_call(definitions, call, matched, &entered, draft, trace),
        None => stub_call(call, matched, draft, trace),
    };
    Decision {
        claimed: Some(at),
        ..decision
    }
}

fn tool_call(
    definitions: &Definitions,
    call: &Call,
    matched: &Matched<'_>,
    entered: &Entered<'_>,
    mut draft: Draft,
    mut trace: Trace,
) -> Decision {
    let past = draft.state().past.clone();
    draft.push(Effect::CallBegan { call: call.number });
    let pack = entered.pack;
    let name = entered.tool.map(|tool| tool.name.clone());
    let nth = name
        .as_ref()
        .and_then(|name| draft.state().tool_calls.get(name))
        .copied()
        .unwrap_or(0)
        + 1;
    let mut run = Run {
        pack,
        chance: Chance::new(
            draft.state().seed,
            &format!("{}.{}", pack.name, named(entered)),
            nth,
        ),
        variables: variables(call, matched, entered),
        at_hand: None,
        conditions: Conditions::of(call),
        fired: None,
        begun: false,
        forward: None,
        steps: 0,
        rounds: Rounds::default(),
        flaws: Flaws::default(),
        late: false,
    };
    let identity = identity(call, &run, draft.state());
    if pack.auth.is_some() || pack.uses_request {
        let shown = identity.as_ref().map(Identity::shown);
        run.variables
            .insert("credential".into(), shown.unwrap_or_default());
    }
    let agent = entered
        .tool
        .and_then(|tool| agent(tool, &run.view(draft.state())));
    if let Some(agent) = &agent {
        run.variables.insert("agent".into(), (**agent).into());
    }
    let agent = agent.filter(|agent| agent.len() <= AGENT_BYTES_MAX);
    let mut undone = false;
    let queue = {
        let view = run.view(draft.state());
        let shape = |status| respond::queued(status, &view, named(entered));
        error_queue::decide(draft.state(), name.as_ref(), shape)
    };
    let mut reply = match queue {
        Step::Answer(reply, effects) => {
            note_queued(&reply, &mut trace);
            draft.extend(effects);
            reply
        }
        Step::Continue(effects) => {
            if !effects.is_empty() {
                trace.note("errorQueue", "passed", Value::Null);
            }
            draft.extend(effects);
            let called = Called {
                definitions,
                call,
                matched,
                identity: identity.as_ref(),
                agent: agent.as_deref(),
                nth,
                site: faults::site(entered),
            };
            let (run, draft, trace) = (&mut run, &mut draft, &mut trace);
            let victim = faults::at_tool(&called, entered, run, draft, &past, trace);
            run.late = victim.as_ref().is_some_and(Victim::holds_back);
            let clean = answered(&called, entered, run, draft, trace);
            match victim {
                None => clean,
                Some(victim) => {
                    let befallen = victim.befall(&called, entered, run, draft, trace, &clean);
                    undone = befallen.undone;
                    befallen.reply
                }
            }
        }
    };
    if entered.stub.is_none() {
        respond::pack_headers(&mut reply, &run.view(draft.state()), &mut trace);
    }
    if let Some(tool) = &name {
        draft.push(Effect::ToolCalled {
            tool: tool.clone(),
            agent: agent.clone(),
            refused: is_error(reply.status),
        });
    }
    if let Some(stub) = entered.stub {
        if !undone {
            served(stub, call, matched, &mut draft, &mut trace);
        }
        faults::count(stub, is_error(reply.status), &mut draft);
    }
    Decision {
        reply: Some(reply),
        forward: run.forward.take(),
        in_flight: draft.state().in_flight.contains_key(&call.number),
        effects: draft.into_effects().into(),
        trace,
        tool: name.filter(|_| entered.stub.is_none()),
        agent,
        ..Decision::default()
    }
}

/// The tool's answer, or the pack's refusal. A refusal leaves nothing of what the steps did.
pub(super) fn answered(
    called: &Called<'_>,
    entered: &Entered<'_>,
    run: &mut Run<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
) -> Reply {
    if let Some(tool) = entered.tool
        && let Some(refusal) = misfits::refusal(draft.state(), entered.pack, tool)
    {
        return refused(&refusal, entered, run, draft, trace);
    }
    let mut passed = Passed::default();
    let rule = match entered.tool {
        Some(tool) => tool.guards.auth.as_ref(),
        // A stranger does not learn which tools there are.
        None => Some(&ANY_CREDENTIAL),
    };
    let admitted = guards::admit(rule, called.identity, run, draft, trace);
    let guarded = admitted.and_then(|()| match entered.tool {
        Some(tool) => {
            let subject = Subject {
                call: called.call,
                tool: &tool.name.name,
                credential: called
                    .identity
                    .ok()
                    .and_then(|identity| identity.key.as_deref()),
                agent: called.agent,
            };
            guards::pass(tool, &subject, run, draft, trace, &mut passed)
        }
        None => Ok(None),
    });
    let mark = draft.mark();
    let mut kept = Vec::new();
    let decided = guarded.and_then(|again| match again {
        Some(reply) => Ok(reply),
        None => accepted(called, entered, run, draft, trace, &mut kept).map(|(reply, _)| reply),
    });
    let mut reply = decided.unwrap_or_else(|refusal| {
        draft.roll_back(mark);
        draft.extend(kept);
        refused(&refusal, entered, run, draft, trace)
    });
    passed.revoke(reply.status, draft, trace);
    passed.keep(called.call.number, &reply, run, draft, trace);
    passed.tell(&mut reply, &run.view(draft.state()), trace);
    reply
}

/// What a call is answered with whose input is looked at, and its body as JSON where it was made as JSON.
/// What `kept` gets stays, even if the call is refused.
pub(super) fn accepted(
    called: &Called<'_>,
    entered: &Entered<'_>,
    run: &mut Run<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
    kept: &mut Vec<Effect>,
) -> Result<(Reply, Option<Value>), Refusal> {
    if let Err(refusal) = &entered.input {
        return Err(batch::shaped(entered.tool, refusal.clone()));
    }
    let Some(tool) = entered.tool else {
        let message = unknown_tool(entered.pack, &entered.named);
        return Err(Refusal::new("unknown_tool", message));
    };
    let given = match tool.produce {
        Produce::Page(_) => {
            let input = run.variables.get("input").unwrap_or(&Value::Null);
            pagination::given_names(input, &called.matched.variables)
        }
        Produce::Response | Produce::Batch(_) => Arc::default(),
    };
    // An item of a batch meets this here.
    if let Some(refusal) = misfits::refusal(draft.state(), entered.pack, tool) {
        return Err(batch::shaped(entered.tool, refusal));
    }
    // The input is among the names at hand; nothing has changed it yet.
    let input = run.variables.get("input").unwrap_or(&Value::Null);
    match schema::check_input(entered.pack, &tool.name.name, &tool.input, input) {
        Ok(()) => trace.note("inputSchema", "ok", Value::Null),
        Err(refusal) => {
            let errors = refusal.details.get("errors").cloned().unwrap_or_default();
            trace.note("inputSchema", "refused", errors);
            return Err(batch::shaped(entered.tool, refusal));
        }
    }
    run.begun = true;
    if tool.defaults
        && let Some(input) = run.variables.get_mut("input")
    {
        schema::fill(&tool.input.schema, input);
    }
    if !tool.opens.is_empty() {
        let effects = ledger::open_wallets(&run.view(draft.state()), &tool.opens)?;
        draft.extend(effects);
    }
    run.all(draft, trace, &tool.steps, 0)?;
    // A stub has only this one.
    let own = &tool.response.otherwise;
    let made = match &tool.produce {
        Produce::Response if entered.stub.is_some() => {
            let view = StubView {
                model: &Asked::new(called.call, called.matched, &own.parameters),
                state: draft.state(),
                chance: run.chance,
            };
            respond::response(own, &view)?
        }
        Produce::Response => respond::answer(&tool.response, &run.view(draft.state()))?,
        Produce::Page(spec) => {
            let subject = pagination::Subject {
                call: called.call,
                tool: &tool.name,
                given: &given,
            };
            page::answer(tool, spec, &subject, run, draft, trace, kept)?
        }
        Produce::Batch(spec) => {
            batch::produce(called, spec, &tool.response, run, draft, trace, kept)?
        }
    };
    let (mut reply, document) = expanded::answer(tool, made, run, draft, trace)?;
    if own.proxy.is_some() {
        // Only a stub sends calls on.
        let view = StubView {
            model: &Asked::new(called.call, called.matched, &own.parameters),
            state: draft.state(),
            chance: run.chance,
        };
        run.forward = proxy::forward(own, called.call, &view)?;
    }
    respond::note(&reply, run.forward.as_deref(), trace);
    if let (Some(output), Some(document)) = (&tool.output, &document) {
        let violations = schema::violations(output, document);
        if !violations.is_empty() {
            trace.note("replySchema", "violated", violations.into());
        }
    }
    conditional::tag(tool.etag, &mut reply, run, draft, trace);
    Ok((reply, document))
}

/// Notes that the tester's hand has answered.
fn note_queued(reply: &Reply, trace: &mut Trace) {
    let status = json!({ "status": reply.status.as_u16() });
    trace.note("errorQueue", "answered", status);
}

fn stub_call(call: &Call, matched: &Matched<'_>, mut draft: Draft, mut trace: Trace) -> Decision {
    let queue = {
        let variables = Variables::new();
        let shape = |status| match matched.target.pack() {
            None => respond::queued_without_pack(status),
            Some(pack) => {
                let view = View {
                    pack,
                    state: draft.state(),
                    variables: &variables,
                    record: None,
                    chance: Chance::new(draft.state().seed, &pack.name, call.number),
                };
                respond::queued(status, &view, "")
            }
        };
        error_queue::decide(draft.state(), None, shape)
    };
    let mut forward = None;
    let reply = match queue {
        Step::Answer(reply, effects) => {
            note_queued(&reply, &mut trace);
            draft.extend(effects);
            reply
        }
        Step::Continue(effects) => {
            draft.extend(effects);
            let mark = draft.mark();
            match matched.target {
                Target::Stub(stub) => {
                    let (reply, sent_on) = stub_answer(stub, call, matched, draft.state());
                    if !trace.0.is_empty() || !stub.listeners.is_empty() || sent_on.is_some() {
                        respond::note(&reply, sent_on.as_deref(), &mut trace);
                    }
                    forward = sent_on;
                    let (draft, trace, forward) = (&mut draft, &mut trace, &mut forward);
                    served(stub, call, matched, draft, trace);
                    let flat = faults::Flat {
                        site: Site::Stub(&stub.id),
                        call,
                        matched: Some(matched),
                        pack: stub.pack.as_ref(),
                        mark: &mark,
                    };
                    faults::at_stub(&flat, draft, trace, reply, forward)
                }
                Target::Door(..) | Target::Route(..) => Reply::empty(StatusCode::NOT_FOUND),
            }
        }
    };
    Decision {
        reply: Some(reply),
        forward,
        effects: numbered(draft.into_effects(), call.number),
        trace,
        ..Decision::default()
    }
}

/// What follows when a stub has answered: its scenario goes on, and its listeners are told.
fn served(stub: &Stub, call: &Call, matched: &Matched<'_>, draft: &mut Draft, trace: &mut Trace) {
    if let Some(moved) = scenario::goes_on(draft.state(), stub) {
        draft.push(moved);
    }
    tell_listeners(stub, call, matched, draft, trace);
}

/// Queues what a stub sends when it has answered.
fn tell_listeners(
    stub: &Stub,
    call: &Call,
    matched: &Matched<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
) {
    if stub.listeners.is_empty() {
        return;
    }
    let nowhere = Arc::new(Pack::nameless());
    let view = View {
        pack: stub.pack.as_ref().unwrap_or(&nowhere),
        state: draft.state(),
        variables: &Variables::new(),
        record: None,
        chance: Chance::new(draft.state().seed, &stub.id, call.number),
    };
    let asked = |parameters| Asked::new(call, matched, parameters);
    let (effects, told) = webhooks::queue_listeners(&view, &stub.id, &stub.listeners, asked);
    draft.extend(effects);
    trace.note("serveEventListeners", "ok", told.into());
}

/// What a stub answers, or what is sent on and what is laid over its answer. It needs of the state
/// only its clock and seed.
pub(super) fn stub_answer(
    stub: &Stub,
    call: &Call,
    matched: &Matched<'_>,
    state: &SandboxState,
) -> (Reply, Option<Box<Forward>>) {
    let view = StubView {
        model: &Asked::new(call, matched, &stub.response.parameters),
        state,
        chance: Chance::new(state.seed, &stub.id, call.number),
    };
    let made = respond::response(&stub.response, &view)
        .and_then(|(reply, _)| Ok((reply, proxy::forward(&stub.response, call, &view)?)));
    match made {
        Ok(made) => made,
        Err(refusal) => {
            let mut reply = Reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
            reply.set_header("content-type", "text/plain");
            reply.body = crate::domain::reply::Body::Bytes(refusal.message.into());
            (reply, None)
        }
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}
