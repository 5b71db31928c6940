//! Steps: one verb each, with the names that the steps before have given.

use std::sync::Arc;

use super::Names;
use super::expression::{PERHAPS, Scope, template};
use super::ledger::check_currency;
use super::named::named;
use super::query::query;
use super::record;
use super::report::{Place, Report};
use super::webhook::emit;
use crate::definition::compiled::{LimitChange, Movement, StepSpec, Verb};
use crate::definition::model::{Cel, LetValue, Step, Transfer};

/// Names that no step gives to anything else.
pub(super) const TAKEN: [&str; 6] = ["input", "record", "request", "tool", "agent", "now"];

/// What a step may use: the pack's names, and what the steps before it have left.
#[derive(Clone, Debug)]
pub(super) struct Context<'a> {
    /// What the pack declares.
    pub(super) names: &'a Names,
    /// The names in scope.
    pub(super) scope: Scope,
    /// The collection of the record at hand, if there is one.
    pub(super) collection: Option<String>,
    /// What the trace calls the list of steps.
    pub(super) label: String,
    /// The named steps that these are done by, the outermost first.
    pub(super) open: Vec<String>,
}

/// Compiles steps in their order.
pub(super) fn steps(
    models: &[Step],
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<StepSpec>> {
    let mut compiled = Vec::new();
    let mut whole = true;
    for (at, model) in models.iter().enumerate() {
        let place = place.at(at);
        match step(model, at, context, &place, report) {
            Some(steps) => compiled.extend(steps),
            None => whole = false,
        }
    }
    whole.then_some(compiled)
}

/// Compiles one step: several, where `let` gives several names.
fn step(
    model: &Step,
    at: usize,
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<StepSpec>> {
    let verbs = model.verbs();
    let verb = match verbs.as_slice() {
        [verb] => *verb,
        [] => {
            report.error(
                place,
                "the step does nothing",
                "expected one verb, such as `create` or `require`",
            );
            return None;
        }
        [first, second, ..] => {
            let message = format!("a step has one verb, not `{first}` and `{second}`");
            report.error_at_key(&place.at(second), message, "make it a step of its own");
            return None;
        }
    };
    let when = match &model.when {
        None => None,
        Some(cel) => Some(context.scope.expression(cel, &place.at("when"), report)),
    };
    if model.named.is_none() && !model.with.is_empty() {
        let message = "only steps that have a name are given names";
        report.error_at_key(&place.at("with"), message, "expected `do` beside it");
        return None;
    }
    let place = place.at(verb);
    if let Some(bound) = &model.bind {
        if model.when.is_some() {
            report.error_at_key(
                &place,
                "a `let` cannot depend on `when`",
                "use a conditional expression: a ? b : c",
            );
            return None;
        }
        let mut steps = Some(Vec::new());
        for (name, value) in bound {
            let verb = bind(name, value, context, &place.at(name), report);
            context.scope.add(name);
            let label = format!("{}[{at}].let.{name}", context.label);
            steps = steps.zip(verb).map(|(mut steps, verb)| {
                steps.push(StepSpec {
                    label: label.into(),
                    when: None,
                    verb,
                });
                steps
            });
        }
        return steps;
    }
    let label: Arc<str> = format!("{}[{at}].{verb}", context.label).into();
    let verb = records(model, at, context, &place, report)
        .or_else(|| ledger(model, context, &place, report))
        .or_else(|| emit(model.emit.as_ref()?, context, &place, report))?;
    let when = match when {
        None => None,
        Some(when) => Some(when?),
    };
    Some(vec![StepSpec { label, when, verb }])
}

/// The verbs that work on records. Nothing, if the step has another verb or a mistake.
fn records(
    model: &Step,
    at: usize,
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    if let Some(require) = &model.require {
        check_cause(&require.cause, context.names, &place.at("else"), report);
        let message = require.message.as_ref();
        let message =
            message.map(|text| template(text, Some(&context.scope), &place.at("message"), report));
        let that = context
            .scope
            .expression(&require.that, &place.at("that"), report);
        return Some(Verb::Require {
            that: that?,
            cause: require.cause.as_str().into(),
            message: message.map_or(Some(None), |template| template.map(Some))?,
        });
    }
    if let Some(precondition) = &model.precondition {
        return record::precondition(precondition, context, place, report);
    }
    if let Some(find) = &model.find {
        let found = record::find(find, model.when.is_some(), context, place, report);
        after(model, context, &find.collection);
        return found;
    }
    if let Some(create) = &model.create {
        let made = record::create(create, context, place, report);
        after(model, context, &create.collection);
        return made;
    }
    if let Some(update) = &model.update {
        return record::update(update, context, place, report);
    }
    if let Some(delete) = &model.delete {
        let known = check_collection(&delete.collection, context, &place.at("in"), report);
        let scope = &context.scope;
        let key = scope.expression(&delete.key, &place.at("key"), report);
        known.then_some(())?;
        return Some(Verb::Delete {
            collection: delete.collection.as_str().into(),
            key: key?,
        });
    }
    if let Some(increment) = &model.increment {
        let known = check_collection(&increment.collection, context, &place.at("in"), report);
        let scope = &context.scope;
        let key = scope.expression(&increment.key, &place.at("key"), report);
        known.then_some(())?;
        return Some(Verb::Increment {
            collection: increment.collection.as_str().into(),
            key: key?,
            fields: increment
                .fields
                .iter()
                .map(|(field, by)| (field.clone(), *by))
                .collect(),
        });
    }
    if let Some(each) = &model.each {
        return super::each::each(each, at, context, place, report);
    }
    if let Some(name) = &model.named {
        return named(name, &model.with, context, place, report);
    }
    let transition = model.transition.as_ref()?;
    self::transition(transition, context, place, report)
}

/// The verbs that work on the books.
fn ledger(
    model: &Step,
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let touches = model.transfer.is_some()
        || model.hold.is_some()
        || model.post.is_some()
        || model.void.is_some()
        || model.limits.is_some();
    if touches && !context.names.ledger {
        report.error_at_key(
            place,
            "the pack has no ledger",
            "declare `ledger:` with its currencies",
        );
        return None;
    }
    if let Some(transfer) = &model.transfer {
        return movement(transfer, &context.scope, context.names, place, report)
            .map(Verb::Transfer);
    }
    if let Some(hold) = &model.hold {
        need_record(context, place, report)?;
        let transfer = Transfer {
            kind: hold.kind.clone(),
            from: hold.from.clone(),
            to: hold.to.clone(),
            amount: hold.amount.clone(),
            currency: hold.currency.clone(),
            spends: hold.spends,
        };
        let movement = movement(&transfer, &context.scope, context.names, place, report)?;
        return Some(Verb::Hold(hold.name.clone(), movement));
    }
    if let Some(post) = &model.post {
        need_record(context, place, report)?;
        let amount = context
            .scope
            .optional(post.amount.as_ref(), &place.at("amount"), report);
        check_hold(&post.hold, context.names, &place.at("hold"), report);
        return Some(Verb::Post(post.hold.clone(), amount));
    }
    if let Some(void) = &model.void {
        need_record(context, place, report)?;
        check_hold(&void.hold, context.names, &place.at("hold"), report);
        return Some(Verb::Void(void.hold.clone()));
    }
    let limits = model.limits.as_ref()?;
    check_currency(
        limits.currency.as_ref(),
        context.names,
        &place.at("currency"),
        report,
    );
    let scope = &context.scope;
    let optional = |cel: &Option<Cel>, key: &str, report: &mut Report| {
        scope.optional(cel.as_ref(), &place.at(key), report)
    };
    Some(Verb::Limits(LimitChange {
        account: scope.expression(&limits.account, &place.at("account"), report)?,
        currency: optional(&limits.currency, "currency", report),
        per_transaction: optional(&limits.per_transaction, "perTransaction", report),
        daily: optional(&limits.daily, "daily", report),
        monthly: optional(&limits.monthly, "monthly", report),
    }))
}

/// Compiles an amount between two accounts.
pub(super) fn movement(
    model: &Transfer,
    scope: &Scope,
    names: &Names,
    place: &Place,
    report: &mut Report,
) -> Option<Movement> {
    if model.from.is_none() && model.to.is_none() {
        report.error(
            place,
            "money that comes from outside and goes there moves nowhere",
            "expected `from`, `to`, or both",
        );
        return None;
    }
    if !names.ledger {
        return None;
    }
    let from = scope.optional(model.from.as_ref(), &place.at("from"), report);
    let to = scope.optional(model.to.as_ref(), &place.at("to"), report);
    let currency = scope.optional(model.currency.as_ref(), &place.at("currency"), report);
    check_currency(
        model.currency.as_ref(),
        names,
        &place.at("currency"),
        report,
    );
    Some(Movement {
        kind: model.kind.as_str().into(),
        from,
        to,
        amount: scope.expression(&model.amount, &place.at("amount"), report)?,
        currency,
        spends: model.spends,
    })
}

fn transition(
    text: &str,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let Some((machine, transition)) = text.split_once('.') else {
        report.error(
            place,
            format!("`{text}` names no transition"),
            "expected machine.transition",
        );
        return None;
    };
    let Some(transitions) = context.names.machines.get(machine) else {
        let known = context.names.machines.keys().map(String::as_str);
        report.unknown(place, "machine", machine, known);
        return None;
    };
    if !transitions.iter().any(|known| known == transition) {
        let known = transitions.iter().map(String::as_str);
        report.unknown(place, "transition", transition, known);
        return None;
    }
    need_record(context, place, report)?;
    let moves = context.names.machine_collections.get(machine);
    if context.collection.as_ref() != moves {
        let message = format!(
            "machine `{machine}` moves records of `{}`, and `record` is one of `{}`",
            moves.map_or("", String::as_str),
            context.collection.as_deref().unwrap_or_default(),
        );
        report.error(place, message, "find a record of that collection first");
        return None;
    }
    Some(Verb::Transition {
        machine: machine.into(),
        transition: transition.into(),
    })
}

fn bind(
    name: &str,
    value: &LetValue,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    check_free(name, place, report)?;
    match value {
        LetValue::Expression(cel) => {
            let expression = context.scope.expression(cel, place, report)?;
            Some(Verb::Let(name.into(), expression))
        }
        LetValue::Query(query) => {
            let spec = self::query(query, context, place, report)?;
            Some(Verb::Query(name.into(), spec))
        }
    }
}

/// A name that the author gives, at its key, must have no meaning yet.
pub(super) fn check_free(name: &str, place: &Place, report: &mut Report) -> Option<()> {
    if TAKEN.contains(&name) {
        let message = format!("`{name}` has a meaning already");
        report.error_at_key(place, message, "choose another name");
        return None;
    }
    Some(())
}

/// What `find` and `create` leave. A step that may be passed over leaves no record that the steps
/// behind it could count on, unless there was one of the same collection before.
fn after(model: &Step, context: &mut Context<'_>, collection: &str) {
    if model.when.is_none() {
        hold_record(context, collection);
    } else if context.collection.as_deref() != Some(collection) {
        context.collection = None;
        context.scope.perhaps = true;
    }
}

pub(super) fn hold_record(context: &mut Context<'_>, collection: &str) {
    context.scope.add("record");
    context.scope.perhaps = false;
    context.collection = Some(collection.to_owned());
}

pub(super) fn need_record(context: &Context<'_>, place: &Place, report: &mut Report) -> Option<()> {
    if context.collection.is_none() {
        let label = match context.scope.perhaps {
            true => PERHAPS,
            false => "`find` or `create` one before",
        };
        report.error_at_key(place, "there is no record yet", label);
        return None;
    }
    Some(())
}

pub(super) fn check_collection(
    name: &str,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> bool {
    let known = context.names.collections.contains_key(name);
    if !known {
        let names = context.names.collections.keys().map(String::as_str);
        report.unknown(place, "collection", name, names);
    }
    known
}

/// A hold that nothing places can never be resolved.
pub(super) fn check_hold(name: &str, names: &Names, place: &Place, report: &mut Report) {
    if !names.holds.contains(name) {
        report.unknown(place, "hold", name, names.holds.iter().map(String::as_str));
    }
}

pub(super) fn check_cause(cause: &str, names: &Names, place: &Place, report: &mut Report) {
    if !names.causes.contains(cause) {
        report.unknown(
            place,
            "cause",
            cause,
            names.causes.iter().map(String::as_str),
        );
    }
}
