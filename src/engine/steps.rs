//! Steps: runs what a tool does, in order, each on the draft that the ones before have left.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Forward;
use super::arm;
use super::draft::Draft;
use super::rounds::Rounds;
use crate::behaviours::preconditions::Conditions;
use crate::behaviours::{
    Refusal, Variables, View, ledger, machine, query, records, schema, webhooks,
};
use crate::definition::compiled::{Alternative, Machine, Pack, StepSpec, Verb};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::domain::quirk::Quirk;
use crate::domain::trace::Trace;
use crate::matching::condition::Expression;
use crate::state::{Effect, SandboxState};

/// How deep steps may follow from transitions that follow from steps.
const NESTING_MAX: usize = 8;

/// One run of steps: what they see and have at hand.
#[derive(Clone, Debug)]
pub(super) struct Run<'a> {
    /// The pack.
    pub(super) pack: &'a Arc<Pack>,
    /// The only chance.
    pub(super) chance: Chance,
    /// The names at hand.
    pub(super) variables: Variables,
    /// Collection and key of `record`.
    pub(super) at_hand: Option<(Arc<str>, Arc<str>)>,
    /// What the request says about the record that it means.
    pub(super) conditions: Conditions,
    /// The time that was due, if time makes this run and not a caller.
    pub(super) fired: Option<Timestamp>,
    /// Whether what the call asks for has begun: its input was right.
    pub(super) begun: bool,
    /// The call as it is sent on, if its answer comes from elsewhere.
    pub(super) forward: Option<Box<Forward>>,
    /// How many rounds `each` has done, and what they hide and keep.
    pub(super) rounds: Rounds,
    /// How many steps have begun: each has chance of its own.
    pub(super) steps: u32,
    /// What is wrong with its page on purpose.
    pub(super) flaws: Flaws,
    /// Whether something on purpose keeps the reply back for a while: until then the call is under way.
    pub(super) late: bool,
}

/// What is wrong with a page on purpose.
#[derive(Clone, Debug, Default)]
pub(super) struct Flaws {
    /// What profiles can get wrong themselves.
    pub(super) quirk: Quirk,
    /// Nothing says whether more follows.
    pub(super) forgets_more: bool,
}

impl Run<'_> {
    /// What behaviours see on this run.
    pub(super) fn view<'s>(&'s self, state: &'s SandboxState) -> View<'s> {
        View {
            pack: self.pack,
            state,
            variables: &self.variables,
            record: None,
            chance: self.chance.again(self.steps),
        }
    }

    /// Runs steps; the first that refuses ends it.
    ///
    /// # Errors
    /// That step's refusal.
    pub(super) fn all(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        steps: &[StepSpec],
        nesting: usize,
    ) -> Result<(), Refusal> {
        if nesting > NESTING_MAX {
            return Err(Refusal::definition(
                "then",
                "transitions follow each other without an end",
            ));
        }
        for step in steps {
            self.steps += 1;
            let wanted = match &step.when {
                Some(condition) => self.view(draft.state()).test(condition)?,
                None => true,
            };
            if !wanted {
                self.passed_over(&step.verb);
                trace.note(&*step.label, "skipped", Value::Null);
                continue;
            }
            match self.one(draft, trace, &step.verb, nesting) {
                Ok(detail) => trace.note(&*step.label, "ok", detail),
                Err(refusal) => {
                    let detail = json!({ "cause": &*refusal.cause, "message": refusal.message });
                    trace.note(&*step.label, "refused", detail);
                    return Err(refusal);
                }
            }
        }
        Ok(())
    }

    /// Runs one verb; gives what the trace says of it.
    fn one(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        verb: &Verb,
        nesting: usize,
    ) -> Result<Value, Refusal> {
        let view = self.view(draft.state());
        match verb {
            Verb::Let(name, expression) => {
                let value = view.eval(expression)?;
                self.call_it(name, value);
                Ok(Value::Null)
            }
            Verb::Query(name, spec) => {
                let value = query::run(&view, spec)?;
                self.call_it(name, value);
                Ok(Value::Null)
            }
            Verb::Require {
                that,
                cause,
                message,
            } => {
                if view.test(that)? {
                    return Ok(Value::Null);
                }
                let said = match message {
                    Some(template) => view.render(template)?,
                    None => format!("{} does not hold", that.source()),
                };
                Err(Refusal::new(cause, said))
            }
            Verb::Find {
                collection,
                key,
                name,
                cause,
            } => {
                let (key, record) = records::find(&view, collection, key, cause)?;
                self.call_it("record", (*record).clone());
                if let Some(name) = name {
                    self.call_it(name, (*record).clone());
                }
                let detail = json!({ "key": &*key });
                self.at_hand = Some((collection.clone(), key));
                Ok(detail)
            }
            Verb::Precondition { required, of } => {
                let record = match of {
                    None => view.record().cloned(),
                    Some((collection, key)) => records::get(&view, collection, key)?,
                };
                self.conditions.check(record.as_ref(), *required)
            }
            Verb::Create {
                collection,
                from,
                record,
                replace,
            } => {
                let from = from.as_ref();
                let (key, record) = records::create(&view, collection, from, record, *replace)?;
                let detail = json!({ "key": &*key });
                if *replace {
                    // Nothing remains of a record that was there before.
                    let freed = ledger::free(self.pack, draft.state(), collection, &key)?;
                    draft.extend(freed);
                    arm::disarm(draft, self.pack, collection, &key);
                }
                self.at_hand = Some((collection.clone(), key));
                self.put(draft, &record)?;
                Ok(detail)
            }
            Verb::Update(change) => {
                let (collection, _) = self.record_at_hand()?;
                let record = records::change(&view, &collection, change)?;
                if let Some(schema) = &change.schema {
                    let tool = self.variables.get("tool").and_then(Value::as_str);
                    schema::check_input(self.pack, tool.unwrap_or_default(), schema, &record)?;
                }
                self.put(draft, &record)?;
                Ok(Value::Null)
            }
            Verb::Delete { collection, key } => {
                let (key, effect) = records::delete(&view, collection, key)?;
                let freed = ledger::free(self.pack, draft.state(), collection, &key)?;
                draft.extend(freed);
                arm::disarm(draft, self.pack, collection, &key);
                draft.push(effect);
                self.let_go(collection, &key);
                Ok(json!({ "key": &*key }))
            }
            Verb::Increment {
                collection,
                key,
                fields,
            } => {
                let effect = records::increment(&view, collection, key, fields)?;
                draft.push(effect);
                self.read_again(draft);
                Ok(Value::Null)
            }
            Verb::Each(each) => self.each(draft, trace, each, nesting),
            Verb::Named { name, with, steps } => {
                self.named(draft, trace, with, steps, nesting)?;
                Ok(json!({ "steps": &**name }))
            }
            Verb::Transition {
                machine,
                transition,
            } => self.transition(draft, trace, machine, transition, nesting),
            Verb::Transfer(movement) => {
                let effects = ledger::transfer(&view, movement, self.reference())?;
                draft.extend(effects);
                Ok(Value::Null)
            }
            Verb::Hold(name, movement) => {
                let (collection, key) = self.record_at_hand()?;
                let id = ledger::next_hold_id(&view, &collection, &key, name);
                let effects = ledger::hold(&view, &id, movement, self.reference())?;
                draft.extend(effects);
                Ok(json!({ "hold": id.to_string() }))
            }
            Verb::Post(name, amount) => {
                let id = self.hold_id(&view, name)?;
                let effects = ledger::post(&view, &id, amount.as_ref())?;
                draft.extend(effects);
                Ok(json!({ "hold": id.to_string() }))
            }
            Verb::Void(name) => {
                let id = self.hold_id(&view, name)?;
                let effects = ledger::void(&view, &id, self.fired.is_some())?;
                draft.extend(effects);
                Ok(json!({ "hold": id.to_string() }))
            }
            Verb::Limits(change) => {
                let effects = ledger::set_limits(&view, change)?;
                draft.extend(effects);
                Ok(Value::Null)
            }
            Verb::Emit(emit) => {
                let emitted = webhooks::emit(&view, emit, self.at_hand.as_ref())?;
                draft.extend(emitted.effects);
                Ok(emitted.detail)
            }
        }
    }

    /// Runs steps that have a name, with the names that they are given.
    fn named(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        with: &[(Arc<str>, Expression)],
        steps: &[StepSpec],
        nesting: usize,
    ) -> Result<(), Refusal> {
        let view = self.view(draft.state());
        let given: Result<Vec<_>, Refusal> = with
            .iter()
            .map(|(name, value)| Ok((name.to_string(), view.eval(value)?)))
            .collect();
        let given = given?;
        self.apart(draft, |run, draft| {
            for (name, value) in given {
                run.call_it(&name, value);
            }
            run.all(draft, trace, steps, nesting)
        })
    }

    /// A record that is dropped is at hand no longer.
    fn let_go(&mut self, collection: &str, key: &str) {
        let is_it = |(name, at): &(Arc<str>, Arc<str>)| &**name == collection && &**at == key;
        if self.at_hand.as_ref().is_some_and(is_it) {
            self.at_hand = None;
            self.forget("record");
        }
    }

    /// The record at hand may have been changed by way of another look at it.
    pub(super) fn read_again(&mut self, draft: &Draft) {
        let Some((collection, key)) = &self.at_hand else {
            return;
        };
        let name = Name::new(&self.pack.name, collection);
        match draft.state().record(&name, key) {
            Some(record) => self.call_it("record", (*record).clone()),
            None => {
                self.at_hand = None;
                self.forget("record");
            }
        }
    }

    fn transition(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        machine: &str,
        transition: &str,
        nesting: usize,
    ) -> Result<Value, Refusal> {
        let unknown = || Refusal::definition(machine, "there is no such machine or transition");
        let spec = self.pack.machines.get(machine).ok_or_else(unknown)?;
        let transition = spec.transitions.get(transition).ok_or_else(unknown)?;
        let (collection, _) = self.record_at_hand()?;
        if collection != spec.collection {
            let message = format!(
                "`record` is one of {collection}, and not of {}",
                spec.collection
            );
            return Err(Refusal::definition(machine, message));
        }
        let view = self.view(draft.state());
        let before = machine::state_of(spec, view.record()).to_owned();
        let alternative = machine::choose(&view, spec, transition, self.fired.is_some())?;
        self.moved(draft, trace, spec, alternative, nesting + 1)?;
        Ok(json!({ "from": before, "to": alternative.to }))
    }

    /// Makes a transition that was chosen.
    ///
    /// # Errors
    /// What the books or a following step refuses.
    pub(super) fn make_transition(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        machine: &Machine,
        alternative: &Alternative,
    ) -> Result<(), Refusal> {
        self.moved(draft, trace, machine, alternative, 0)
    }

    fn moved(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        machine: &Machine,
        alternative: &Alternative,
        nesting: usize,
    ) -> Result<(), Refusal> {
        let (collection, key) = self.record_at_hand()?;
        for effect in &alternative.holds {
            let view = self.view(draft.state());
            let id = |name: &str| ledger::hold_id(&view, &collection, &key, name);
            let effects = ledger::resolve(&view, effect, id, self.fired.is_some())?;
            draft.extend(effects);
        }
        for movement in &alternative.transfers {
            let effects = ledger::transfer(&self.view(draft.state()), movement, Some(&key))?;
            draft.extend(effects);
        }
        let mut record = records::update(&self.view(draft.state()), &alternative.set)?;
        if let Some(members) = Arc::make_mut(&mut record).as_object_mut() {
            members.insert(machine.field.clone(), alternative.to.as_str().into());
        }
        self.put(draft, &record)?;
        self.all(draft, trace, &alternative.then, nesting)
    }

    /// Stores the record at hand and arms what will happen to it by itself.
    fn put(&mut self, draft: &mut Draft, record: &Arc<Value>) -> Result<(), Refusal> {
        let (collection, key) = self.record_at_hand()?;
        records::check_unique(&self.view(draft.state()), &collection, &key, record)?;
        self.call_it("record", (**record).clone());
        draft.push(Effect::RecordPut {
            collection: Name::new(&self.pack.name, &collection),
            key: key.clone(),
            record: record.clone(),
        });
        let chance = self.chance;
        arm::arm(
            draft,
            self.pack,
            &collection,
            &key,
            record,
            chance,
            self.fired,
        )
    }

    fn record_at_hand(&self) -> Result<(Arc<str>, Arc<str>), Refusal> {
        self.at_hand
            .clone()
            .ok_or_else(|| Refusal::definition("record", "no step has found or made a record"))
    }

    fn reference(&self) -> Option<&str> {
        self.at_hand.as_ref().map(|(_, key)| &**key)
    }

    fn hold_id(
        &self,
        view: &View<'_>,
        name: &str,
    ) -> Result<crate::state::ledger::HoldId, Refusal> {
        let (collection, key) = self.record_at_hand()?;
        Ok(ledger::hold_id(view, &collection, &key, name))
    }
}
