//! Entries: what a batch's reply says of each item, and of all of them.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::items::Item;
use super::model::Model;
use super::modes::Kind;
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::BatchLook;
use crate::domain::cause::broader;
use crate::domain::chance::Chance;

/// How many failed items the trace tells of.
const TRACED_MAX: usize = 50;

/// What became of an item, as its entry tells it.
#[derive(Debug)]
pub struct Told<'a> {
    /// The status that it would have been answered with alone.
    pub status: u16,
    /// The headers, by name.
    pub headers: Value,
    /// The body.
    pub body: Value,
    /// The key of the record that it made or found.
    pub key: Option<Arc<str>>,
    /// Why it was not done, if it was not.
    pub failed: Option<(&'a Refusal, Kind)>,
    /// A short sentence for the cause.
    pub title: String,
}

/// The entries of a batch, as they come.
#[derive(Debug)]
pub struct Entries<'s> {
    look: &'s BatchLook,
    entries: Vec<(State, Value)>,
    undone: Vec<bool>,
    errors: Vec<(usize, Value)>,
    groups: Map<String, Value>,
    traced: Vec<Value>,
    injected: usize,
}

/// How an item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    Failed,
    Skipped,
}

/// What a batch came to.
#[derive(Debug)]
pub struct Summary {
    /// What templates see as `batch`.
    pub facts: Value,
    /// How many items were done.
    pub done: usize,
    /// How many there were.
    pub total: usize,
    /// How many failures were made up.
    pub injected: usize,
    /// What the trace tells.
    pub trace: Value,
}

impl<'s> Entries<'s> {
    /// No entries yet.
    #[must_use]
    pub fn new(look: &'s BatchLook) -> Self {
        Self {
            look,
            entries: Vec::new(),
            undone: Vec::new(),
            errors: Vec::new(),
            groups: Map::new(),
            traced: Vec::new(),
            injected: 0,
        }
    }

    /// Tells of the next item. `view` has the chance of this item.
    ///
    /// # Errors
    /// When a template fails on it.
    pub fn tell(
        &mut self,
        view: &View<'_>,
        model: &mut Model,
        item: Item,
        told: Told<'_>,
    ) -> Result<(), Refusal> {
        let at = self.entries.len();
        let state = match told.failed {
            None => State::Done,
            Some((refusal, _)) if &*refusal.cause == "not_tried" => State::Skipped,
            Some(_) => State::Failed,
        };
        if let Some((refusal, kind)) = told.failed {
            self.note(at, refusal, kind, &item);
        }
        let undone = matches!(told.failed, Some((_, Kind::Undone)));
        model.put(facts(at, item, told));
        for (name, expression) in &self.look.facts {
            // Any item may come, and no fact is worth the reply about all the others.
            if let Ok(Some(value)) = model.eval(expression, view) {
                model.add(name, value);
            }
        }
        self.code(view, model)?;
        let document = match state {
            State::Done => self.look.succeeded.as_ref(),
            State::Failed => self.look.failed.as_ref(),
            State::Skipped => self.look.skipped.as_ref().or(self.look.failed.as_ref()),
        };
        let entry = match document {
            Some(document) => model.fill(document, view)?,
            None => plain(model.item(), state),
        };
        let under = match &self.look.under {
            Some(under) => model.eval(under, view).unwrap_or_default(),
            None => None,
        };
        let entry = match under {
            Some(Value::String(name)) => Value::Object(Map::from_iter([(name, entry)])),
            _ => entry,
        };
        if let (Some(error), State::Failed) = (&self.look.error, state) {
            self.errors.push((at, model.fill(error, view)?));
        }
        self.entries.push((state, entry));
        self.undone.push(undone);
        Ok(())
    }

    fn note(&mut self, at: usize, refusal: &Refusal, kind: Kind, item: &Item) {
        if kind == Kind::Injected {
            self.injected += 1;
        }
        if let Some(group) = &item.group {
            let group = self.groups.entry(&**group).or_insert_with(|| json!([]));
            if let Value::Array(group) = group {
                group.push(item.given().clone());
            }
        }
        if self.traced.len() < TRACED_MAX {
            self.traced.push(json!({
                "item": at + 1,
                "cause": &*refusal.cause,
                "message": refusal.message,
            }));
        }
    }

    /// Gives the item at hand what stands for its cause.
    fn code(&self, view: &View<'_>, model: &mut Model) -> Result<(), Refusal> {
        let Some(cause) = model.item()["cause"].as_str() else {
            return Ok(());
        };
        let codes = &self.look.codes;
        let close = codes.get(cause);
        let broader = || broader(cause).and_then(|cause| codes.get(cause));
        let code = match close.or_else(broader).or_else(|| codes.get("default")) {
            Some(code) => model.fill(code, view)?,
            None => cause.into(),
        };
        model.add("code", code);
        Ok(())
    }

    /// All entries, and what there is to say of them together. They are shuffled by `chance`, if they
    /// are to be.
    #[must_use]
    pub fn summary(self, chance: Option<Chance>) -> Summary {
        let total = self.entries.len();
        let count = |state| {
            let entries = self.entries.iter();
            entries.filter(|(found, _)| *found == state).count()
        };
        let (done, failed, skipped) = (
            count(State::Done),
            count(State::Failed),
            count(State::Skipped),
        );
        let order = order(total, chance);
        let some = |wanted: &dyn Fn(usize) -> bool| -> Vec<Value> {
            let places = order.iter().filter(|at| wanted(**at));
            places.map(|at| self.entries[*at].1.clone()).collect()
        };
        let is = |at: usize, state| self.entries[at].0 == state;
        let not_done = some(&|at| is(at, State::Failed));
        let mut own_first = some(&|at| is(at, State::Failed) && !self.undone[at]);
        own_first.extend(some(&|at| is(at, State::Failed) && self.undone[at]));
        let errors: Vec<Value> = self.errors.into_iter().map(|(_, error)| error).collect();
        let succeeded = some(&|at| is(at, State::Done));
        let skipped_entries = some(&|at| is(at, State::Skipped));
        let entries = some(&|_| true);
        let mut facts = json!({
            "count": { "total": total, "succeeded": done, "failed": failed, "skipped": skipped },
            "ok": done == total,
            "hasFailed": done != total,
            "took": 0,
        });
        if failed > 0 {
            facts["ifFailed"] = json!({ "count": failed, "errors": errors });
            facts["ifFailed"]["entries"] = not_done.clone().into();
            facts["ifFailed"]["ownFirst"] = own_first.into();
        }
        if done > 0 {
            facts["ifSucceeded"] = json!({ "count": done, "entries": succeeded });
        }
        facts["entries"] = entries.into();
        facts["succeeded"] = succeeded.into();
        facts["failed"] = not_done.into();
        facts["skipped"] = skipped_entries.into();
        facts["errors"] = errors.into();
        facts["groups"] = Value::Object(self.groups);
        let mut trace = json!({
            "total": total,
            "succeeded": done,
            "failed": failed,
            "skipped": skipped,
        });
        let untold = (failed + skipped).saturating_sub(self.traced.len());
        if !self.traced.is_empty() {
            trace["items"] = self.traced.into();
        }
        if untold > 0 {
            trace["more"] = untold.into();
        }
        Summary {
            facts,
            done,
            total,
            injected: self.injected,
            trace,
        }
    }
}

/// What stands for `item` once it is decided.
#[must_use]
pub fn facts(at: usize, item: Item, told: Told<'_>) -> Value {
    let mut facts = match item.seen {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let mut set = |name: &str, value: Value| drop(facts.insert(name.to_owned(), value));
    set("index", at.into());
    set("number", (at + 1).into());
    set("ok", told.failed.is_none().into());
    set("status", told.status.into());
    set("headers", told.headers);
    set("body", told.body);
    if let Some(group) = &item.group {
        set("group", (**group).into());
    }
    if let Some(id) = &item.id {
        set("id", (**id).into());
    }
    if let Some(key) = &told.key {
        set("recordKey", (**key).into());
    }
    let Some((refusal, kind)) = told.failed else {
        return Value::Object(facts);
    };
    set("cause", (*refusal.cause).into());
    set("title", told.title.into());
    set("message", refusal.message.as_str().into());
    set("injected", (kind == Kind::Injected).into());
    for name in ["errors", "violations"] {
        match refusal.details.get(name) {
            Some(errors) => drop(facts.insert(name.into(), errors.clone())),
            None => drop(facts.shift_remove(name)),
        }
    }
    Value::Object(facts)
}

/// The entry where the definition says nothing of it.
fn plain(item: &Value, state: State) -> Value {
    match state {
        State::Done => item["body"].clone(),
        State::Failed | State::Skipped => json!({
            "index": item["index"],
            "cause": item["code"],
            "message": item["message"],
        }),
    }
}

/// The places in the order of the reply.
fn order(total: usize, chance: Option<Chance>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..total).collect();
    let Some(chance) = chance else {
        return order;
    };
    for at in (1..total).rev() {
        let draw = chance.draw("order", u32::try_from(at).unwrap_or(u32::MAX));
        let other = usize::try_from(draw % (at as u64 + 1)).unwrap_or(0);
        order.swap(at, other);
    }
    order
}
