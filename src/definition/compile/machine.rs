//! State machines.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Names;
use super::expression::{Scope, members};
use super::record::check_key;
use super::report::{Place, Report};
use super::step::{Context, check_hold, movement, steps};
use crate::definition::compiled::{Alternative, HoldEffect, Machine, Movement, Transition};
use crate::definition::model;
use crate::domain::name::Name;

/// Compiles a machine.
pub(super) fn machine(
    name: &Name,
    model: &model::Machine,
    names: &Names,
    place: &Place,
    report: &mut Report,
) -> Option<Machine> {
    if !names.collections.contains_key(&model.collection) {
        let known = names.collections.keys().map(String::as_str);
        report.unknown(
            &place.at("collection"),
            "collection",
            &model.collection,
            known,
        );
    }
    let states = states(model, place, report);
    let mut transitions = IndexMap::new();
    let mut whole = true;
    for (transition, alternatives) in &model.transitions {
        let place = place.at("transitions").at(transition);
        let mut compiled = Vec::new();
        for (at, alternative) in alternatives.items.iter().enumerate() {
            let place = if alternatives.listed {
                place.at(at)
            } else {
                place.clone()
            };
            check_states(alternative, &states, &place, report);
            let label = format!("{}.{transition}", name.name);
            match self::alternative(alternative, &label, model, names, &place, report) {
                Some(alternative) => compiled.push(alternative),
                None => whole = false,
            }
        }
        let key: Arc<str> = transition.as_str().into();
        transitions.insert(
            key.clone(),
            Transition {
                name: key,
                alternatives: compiled,
            },
        );
    }
    whole.then(|| Machine {
        name: name.clone(),
        collection: model.collection.as_str().into(),
        field: model.field.clone(),
        initial: model.initial.clone(),
        states,
        transitions,
    })
}

/// The states that are declared; without a declaration, `initial` and every `to`.
fn states(model: &model::Machine, place: &Place, report: &mut Report) -> Vec<String> {
    if let Some(states) = &model.states {
        if !states.contains(&model.initial) {
            let known = states.iter().map(String::as_str);
            report.unknown(&place.at("initial"), "state", &model.initial, known);
        }
        return states.clone();
    }
    let mut states = vec![model.initial.clone()];
    for alternative in model
        .transitions
        .values()
        .flat_map(|alternatives| &alternatives.items)
    {
        if !states.contains(&alternative.to) {
            states.push(alternative.to.clone());
        }
    }
    states
}

fn check_states(
    alternative: &model::Alternative,
    states: &[String],
    place: &Place,
    report: &mut Report,
) {
    let known = || states.iter().map(String::as_str);
    for (at, from) in alternative.from.items.iter().enumerate() {
        if !states.contains(from) {
            let place = place.at("from");
            let place = if alternative.from.listed {
                place.at(at)
            } else {
                place
            };
            report.unknown(&place, "state", from, known());
        }
    }
    if !states.contains(&alternative.to) {
        report.unknown(&place.at("to"), "state", &alternative.to, known());
    }
}

fn alternative(
    model: &model::Alternative,
    label: &str,
    machine: &model::Machine,
    names: &Names,
    place: &Place,
    report: &mut Report,
) -> Option<Alternative> {
    let scope = Scope::of_call(names).with("record");
    let seen = names
        .bound
        .iter()
        .fold(scope.clone(), |scope, name| scope.with(name));
    let by = scope.optional(model.by.as_ref(), &place.at("by"), report);
    let when = scope.optional(model.when.as_ref(), &place.at("when"), report);
    // A timer is set before any call, so its instant can come only from the record.
    let at = Scope::of_record(names).optional(model.at.as_ref(), &place.at("at"), report);
    let set = members(&model.set, &seen, &place.at("set"), report);
    if let Some(state) = model.set.get(&machine.field) {
        let message = format!(
            "`{}` holds the state and cannot be set to {state}",
            machine.field
        );
        report.error_at_key(
            &place.at("set").at(&machine.field),
            message,
            "the state is set by `to`",
        );
    }
    check_key(
        &model.set,
        &machine.collection,
        names,
        &place.at("set"),
        report,
    );
    let effects = model.ledger.as_ref();
    let (holds, transfers) = match effects {
        None => (Vec::new(), Vec::new()),
        Some(effects) => ledger(effects, &scope, names, &place.at("ledger"), report)?,
    };
    let mut context = Context {
        names,
        scope: seen,
        collection: Some(machine.collection.clone()),
        label: format!("{label}.then"),
        open: Vec::new(),
    };
    let then = steps(&model.then, &mut context, &place.at("then"), report)?;
    Some(Alternative {
        from: model.from.items.clone(),
        to: model.to.clone(),
        by,
        when,
        at,
        holds,
        transfers,
        set: set?,
        then,
    })
}

fn ledger(
    model: &model::LedgerEffects,
    scope: &Scope,
    names: &Names,
    place: &Place,
    report: &mut Report,
) -> Option<(Vec<HoldEffect>, Vec<Movement>)> {
    if !names.ledger {
        report.error_at_key(
            place,
            "the pack has no ledger",
            "declare `ledger:` with its currencies",
        );
    }
    let amount = scope.optional(model.amount.as_ref(), &place.at("amount"), report);
    if model.amount.is_some() && model.post.is_none() {
        report.error_at_key(
            &place.at("amount"),
            "`amount` is how much of a hold is posted",
            "there is no `post`",
        );
    }
    let mut holds = Vec::new();
    for (key, name) in [("post", &model.post), ("void", &model.void)] {
        if let Some(name) = name {
            check_hold(name, names, &place.at(key), report);
        }
    }
    if let Some(name) = &model.post {
        holds.push(HoldEffect::Post(name.clone(), amount));
    }
    if let Some(name) = &model.void {
        holds.push(HoldEffect::Void(name.clone()));
    }
    let mut transfers = Vec::new();
    if let Some(listed) = &model.transfer {
        for (at, transfer) in listed.items.iter().enumerate() {
            let place = place.at("transfer");
            let place = if listed.listed { place.at(at) } else { place };
            transfers.push(movement(transfer, scope, names, &place, report)?);
        }
    }
    Some((holds, transfers))
}
