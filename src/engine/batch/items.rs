//! Items: each is decided as a call of its tool would be, from its input schema to its response.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::behaviours::batch::{
    Entries, Failed, Item, Kind, Model, Outcome, Summary, Told, Tried, facts,
};
use crate::behaviours::preconditions::Conditions;
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{
    BatchSpec, CallWork, Pack, Produce, Stub, Target, ToolWork, Work,
};
use crate::domain::call::Call;
use crate::domain::cause::cause_of_status;
use crate::domain::chance::Chance;
use crate::domain::reply::{Reply, header_words};
use crate::domain::trace::Trace;
use crate::engine::call::{self, Called};
use crate::engine::door::{self, Entered};
use crate::engine::draft::{Draft, Mark};
use crate::engine::rounds::Rounds;
use crate::engine::steps::Run;
use crate::engine::{Matched, brought, respond, unknown};
use crate::matching::condition::Expression;
use crate::matching::seen::Seen;

/// How much of what an item asks for is said again, in characters.
const SHOWN_CHARS_MAX: usize = 128;

/// The items of a batch, and what they are decided with.
pub(super) struct Items<'a> {
    pub(super) called: &'a Called<'a>,
    pub(super) spec: &'a BatchSpec,
    pub(super) pack: &'a Arc<Pack>,
    /// Of it each item has its own.
    pub(super) chance: Chance,
    /// The names of the whole call, which expressions see.
    pub(super) variables: &'a mut Variables,
    /// The names that templates of items see.
    pub(super) model: Model,
    /// The request as items see it.
    pub(super) request: Option<Value>,
    pub(super) draft: &'a mut Draft,
    pub(super) items: Vec<Item>,
}

/// What an item is answered with.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    reply: Reply,
    body: Value,
    /// The key of the record at hand in the end.
    key: Option<Arc<str>>,
    /// A short sentence, if it is refused.
    title: String,
}

impl Tried for Items<'_> {
    type Mark = Mark;
    type Answer = Answer;

    fn mark(&self) -> Mark {
        self.draft.mark()
    }

    fn roll_back(&mut self, mark: Mark) {
        self.draft.roll_back(mark);
    }

    fn decide_one(&mut self, at: usize) -> Result<Answer, Box<Failed<Answer>>> {
        let untried = |refusal| Failed::untried(refusal, Kind::Own);
        let spec = self.spec;
        let work = match &spec.work {
            Work::Tool(work) => work,
            Work::Choice(by, tools) => self.chosen(at, by, tools).map_err(untried)?,
            Work::Call(work) => {
                let call = self.request_of(at, work).map_err(untried)?;
                return self.requested(at, &call);
            }
        };
        let input = self.input(at, work).map_err(untried)?;
        let entered = Entered {
            pack: self.pack,
            named: work.tool.to_string(),
            tool: self.pack.tools.get(&work.tool),
            input: Ok(Value::Null),
            stub: None,
        };
        let mut variables = Map::from_iter([
            ("input".to_owned(), input),
            ("tool".to_owned(), (*work.tool).into()),
        ]);
        if let Some(request) = &self.request {
            variables.insert("request".into(), request.clone());
        }
        // The path's variables are the batch's, and none of the item's.
        let matched = Matched {
            target: self.called.matched.target,
            variables: Vec::new(),
        };
        self.decided(at, (self.called.call, &matched), &entered, variables)
    }

    fn is_fatal(&mut self, at: usize, failed: &Failed<Answer>) -> Result<bool, Refusal> {
        let Some(fatal) = &self.spec.fatal else {
            return Ok(true);
        };
        let answer = match &failed.answer {
            Some(answer) => answer.clone(),
            None => self.refused(at, &failed.refusal),
        };
        let told = told(answer, Some((&failed.refusal, failed.kind)));
        self.model.put(facts(at, self.items[at].clone(), told));
        self.model.test(fatal, &self.view(at))
    }
}

impl Items<'_> {
    /// Tells how all items went.
    ///
    /// # Errors
    /// When a template of an entry fails on one.
    pub(super) fn tell(mut self, outcomes: Vec<Outcome<Answer>>) -> Result<Summary, Refusal> {
        let mut entries = Entries::new(&self.spec.look);
        let mut items = std::mem::take(&mut self.items).into_iter();
        let mut model = std::mem::take(&mut self.model);
        for (at, outcome) in outcomes.into_iter().enumerate() {
            let Some(item) = items.next() else { break };
            let (answer, failed) = match outcome {
                Outcome::Done(answer) => (Some(answer), None),
                Outcome::Failed(failed) => (failed.answer, Some((failed.refusal, failed.kind))),
                Outcome::Skipped => {
                    let message = "it was not tried, for an item before it failed";
                    (None, Some((Refusal::new("not_tried", message), Kind::Own)))
                }
            };
            let failed = failed.as_ref().map(|(refusal, kind)| (refusal, *kind));
            let answer = match (answer, failed) {
                (Some(answer), _) => answer,
                (None, Some((refusal, _))) => self.refused(at, refusal),
                (None, None) => continue,
            };
            entries.tell(&self.view(at), &mut model, item, told(answer, failed))?;
        }
        let order = self.spec.shuffled.then(|| self.chance.named("order"));
        Ok(entries.summary(order))
    }

    fn chance_of(&self, at: usize) -> Chance {
        self.chance.again(u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn view(&self, at: usize) -> View<'_> {
        View {
            pack: self.pack,
            state: self.draft.state(),
            variables: self.variables,
            record: None,
            chance: self.chance_of(at),
        }
    }

    /// Gives something to look at with the item as `item` for templates.
    fn with_item<T>(&mut self, at: usize, look: impl FnOnce(&Self) -> T) -> T {
        let seen = self.items[at].seen.take();
        self.model.put(seen);
        let found = look(self);
        self.items[at].seen = self.model.take();
        found
    }

    fn chosen<'t>(
        &mut self,
        at: usize,
        by: &Expression,
        tools: &'t BTreeMap<String, ToolWork>,
    ) -> Result<&'t ToolWork, Refusal> {
        let seen = self.items[at].seen.take();
        self.variables.insert("item".into(), seen);
        let found = self.view(at).eval_optional(by);
        self.items[at].seen = self.variables.shift_remove("item").unwrap_or_default();
        let chosen = match &found {
            Ok(Some(Value::String(name))) => tools.get(name),
            _ => None,
        };
        chosen.ok_or_else(|| {
            let known: Vec<&str> = tools.keys().map(String::as_str).collect();
            let message = format!("expected an item for one of {}", known.join(", "));
            Refusal::invalid_field("item", message)
        })
    }

    /// What an item's tool is called with: the item itself, where nothing else is said.
    fn input(&mut self, at: usize, work: &ToolWork) -> Result<Value, Refusal> {
        let made = match &work.input {
            Some(document) => {
                self.with_item(at, |items| items.model.fill(document, &items.view(at)))?
            }
            None => Value::Null,
        };
        Ok(match made {
            Value::Null => self.items[at].given().clone(),
            made => made,
        })
    }

    /// Decides about an item. One that is refused, or answered with an error's status, leaves nothing.
    fn decided(
        &mut self,
        at: usize,
        (call, matched): (&Call, &Matched<'_>),
        entered: &Entered<'_>,
        mut variables: Variables,
    ) -> Result<Answer, Box<Failed<Answer>>> {
        if entered
            .tool
            .is_some_and(|tool| matches!(tool.produce, Produce::Batch(_)))
        {
            let refusal = Refusal::invalid_field("item", "an item of a batch cannot be a batch");
            return Err(Failed::untried(refusal, Kind::Own));
        }
        // The whole call's conditions are about its own answer.
        let conditions = match &self.spec.work {
            Work::Call(_) => Conditions::of(call),
            Work::Tool(_) | Work::Choice(..) => Conditions::default(),
        };
        if let Some(credential) = self.variables.get("credential") {
            variables.insert("credential".into(), credential.clone());
        }
        let mut run = Run {
            pack: entered.pack,
            chance: self.chance_of(at),
            variables,
            at_hand: None,
            conditions,
            fired: None,
            steps: 0,
            rounds: Rounds::default(),
            flaws: crate::engine::steps::Flaws::default(),
            late: false,
            begun: false,
            forward: None,
        };
        let own = entered
            .tool
            .and_then(|tool| brought::agent(tool, &run.view(self.draft.state())));
        let agent = own.as_deref().or(self.called.agent);
        if let Some(agent) = agent {
            run.variables.insert("agent".into(), agent.into());
        }
        let called = Called {
            call,
            matched,
            agent,
            ..*self.called
        };
        let mark = self.draft.mark();
        // The batch has one line for all of its items.
        let mut unseen = Trace::default();
        let mut kept = Vec::new();
        let accepted = call::accepted(
            &called,
            entered,
            &mut run,
            self.draft,
            &mut unseen,
            &mut kept,
        );
        let accepted = accepted.map(|(reply, body)| {
            let key = run.at_hand.take().map(|(_, key)| key);
            answered(reply, body).map(|answer| Answer { key, ..answer })
        });
        if !matches!(accepted, Ok(Ok(_))) {
            self.draft.roll_back(mark);
            self.draft.extend(kept);
        }
        accepted.unwrap_or_else(|refusal| {
            let view = run.view(self.draft.state());
            let named = unknown::named(entered);
            let (reply, title) = respond::refusal_titled(&refusal, &view, named);
            Err(Box::new(Failed {
                refusal,
                kind: Kind::Own,
                answer: Some(answer(reply, None, title)),
            }))
        })
    }

    /// What the pack says to a refusal of an item that was not tried, or is undone.
    fn refused(&self, at: usize, refusal: &Refusal) -> Answer {
        let shaped = match refusal.shape {
            Some(_) => refusal.clone(),
            None => refusal.clone().shaped(&self.spec.refusals),
        };
        let nothing = Variables::new();
        let view = View {
            variables: &nothing,
            ..self.view(at)
        };
        let (reply, title) = respond::refusal_titled(&shaped, &view, &self.called_tool());
        answer(reply, None, title)
    }

    fn called_tool(&self) -> String {
        let named = self.variables.get("tool").and_then(Value::as_str);
        named.unwrap_or_default().to_owned()
    }

    /// The request that an item stands for.
    fn request_of(&mut self, at: usize, work: &CallWork) -> Result<Call, Refusal> {
        let (method, url, headers, body) = self.with_item(at, |items| {
            let view = items.view(at);
            let fill = |document: &Option<_>| match document {
                Some(document) => items.model.fill(document, &view),
                None => Ok(Value::Null),
            };
            let method = match &work.method {
                Some(method) => items.model.text(method, &view)?,
                None => String::new(),
            };
            let url = items.model.text(&work.url, &view)?;
            Ok((method, url, fill(&work.headers)?, fill(&work.body)?))
        })?;
        let method = match method.trim() {
            "" => Method::GET,
            method => Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                .map_err(|_| Refusal::invalid_field("method", "expected GET, POST …"))?,
        };
        if url.is_empty() || url.contains("://") || url.starts_with("//") {
            let message = "expected a path below this API";
            return Err(Refusal::invalid_field("url", message));
        }
        let slash = if url.starts_with('/') { "" } else { "/" };
        let target = format!("{}{slash}{url}", self.pack.prefix);
        let mut headers = header_map(&headers);
        let body = match body {
            Value::Null => Bytes::new(),
            Value::String(text) => text.into(),
            body => {
                let json = HeaderValue::from_static("application/json");
                headers.entry(http::header::CONTENT_TYPE).or_insert(json);
                body.to_string().into()
            }
        };
        let whole = self.called.call;
        let base_url = whole.base_url.clone();
        let peer = whole.peer.clone();
        Ok(
            Call::new(whole.number, method, target, headers, body, base_url, peer)
                .within(whole.sandbox()),
        )
    }

    /// Decides about a request that an item stands for, by whatever claims it in this pack.
    fn requested(&mut self, at: usize, call: &Call) -> Result<Answer, Box<Failed<Answer>>> {
        let seen = Seen::new(call, self.draft.state().now);
        let found = self.called.definitions.index.find(&seen);
        let ours = |target: &Target| {
            let pack = target.pack();
            pack.is_some_and(|pack| pack.name == self.pack.name)
        };
        let Some((entry, variables)) = found.filter(|(entry, _)| ours(&entry.target)) else {
            let target: String = call.target.chars().take(SHOWN_CHARS_MAX).collect();
            let message = format!("there is no {} {target}", call.method);
            let refusal = Refusal::new("not_found", message).with("noun", "route");
            return Err(Failed::untried(refusal, Kind::Own));
        };
        let matched = Matched {
            target: &entry.target,
            variables,
        };
        match (door::enter(call, &matched), &entry.target) {
            (_, Target::Stub(stub)) if stub.response.proxy.is_some() => {
                let refusal = Refusal::new("not_found", "an item waits for no other server");
                Err(Failed::untried(refusal, Kind::Own))
            }
            (Some(entered), _) => {
                let variables = brought::variables(call, &matched, &entered);
                self.decided(at, (call, &matched), &entered, variables)
            }
            (None, Target::Stub(stub)) => self.stub(stub, call, &matched),
            (None, _) => {
                let refusal = Refusal::new("not_found", "nothing answers there");
                Err(Failed::untried(refusal, Kind::Own))
            }
        }
    }

    fn stub(
        &self,
        stub: &Stub,
        call: &Call,
        matched: &Matched<'_>,
    ) -> Result<Answer, Box<Failed<Answer>>> {
        let (reply, _) = call::stub_answer(stub, call, matched, self.draft.state());
        answered(reply, None)
    }
}

/// An answer that was accepted: one of an error's status is a failure, too.
fn answered(reply: Reply, body: Option<Value>) -> Result<Answer, Box<Failed<Answer>>> {
    let status = reply.status;
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(answer(reply, body, String::new()));
    }
    let reason = status.canonical_reason().unwrap_or("Error");
    let refusal = Refusal::new(&cause_of_status(status), reason);
    Err(Box::new(Failed {
        refusal,
        kind: Kind::Own,
        answer: Some(answer(reply, body, reason.to_owned())),
    }))
}

fn answer(reply: Reply, body: Option<Value>, title: String) -> Answer {
    let body = body.unwrap_or_else(|| {
        let bytes = reply.body.to_bytes();
        match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => String::from_utf8_lossy(&bytes).into(),
        }
    });
    Answer {
        reply,
        body,
        key: None,
        title,
    }
}

fn told(answer: Answer, failed: Option<(&Refusal, Kind)>) -> Told<'_> {
    let Answer {
        reply,
        body,
        key,
        title,
    } = answer;
    Told {
        status: status(reply.status),
        headers: headers(&reply.headers),
        body,
        key,
        failed,
        title,
    }
}

fn status(status: StatusCode) -> u16 {
    status.as_u16()
}

/// Headers as an object.
fn headers(headers: &HeaderMap) -> Value {
    let mut object = Map::new();
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            object
                .entry(header_words(name))
                .or_insert_with(|| json!(value));
        }
    }
    Value::Object(object)
}

/// An object as headers. What no header can carry is left out.
fn header_map(headers: &Value) -> HeaderMap {
    let members = headers.as_object().into_iter().flatten();
    let pairs = members.filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = match value {
            Value::String(text) => HeaderValue::from_str(text).ok()?,
            value => HeaderValue::from_str(&value.to_string()).ok()?,
        };
        Some((name, value))
    });
    pairs.collect()
}
