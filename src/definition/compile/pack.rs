//! A pack: its files as one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value};

use super::dataset::{self, datasets};
use super::expression::{Scope, document, template};
use super::idempotency::OfPack;
use super::merged::{Merged, PackSource};
use super::named::NamedSteps;
use super::profiles::{self, Profiles};
use super::report::{Place, Report};
use super::schema;
use super::{Names, answer, auth, door, ledger, machine, rate_limit, response, tool, webhook};
use crate::definition::compiled::{CollectionSpec, LedgerSpec, Machine, Pack, RefusalSpec, Tool};
use crate::definition::model;
use crate::domain::name::Name;
use crate::domain::time::parse_instant;
use crate::state::unique::UniqueMember;

/// Compiles a pack, and gives what its routes, doors and stubs are found by.
/// `shared` are the files of profiles that all packs may name, before those that Sparring ships.
pub fn pack(
    source: &PackSource,
    shared: &[(model::PackFile, Place)],
    report: &mut Report,
) -> Option<Arc<Pack>> {
    let before = report.diagnostics.len();
    let merged = Merged::of(source, report);
    let names = names(&merged);
    names.named.check(&all_steps(&merged), report);
    check_one_machine_each(&merged, report);
    schema::check_all(&merged.schemas, report);
    if let Some((agent, place)) = &merged.agent {
        Scope::of_call(&names).expression(agent, place, report);
    }
    let profiles = Profiles::of(&merged, shared);
    for (own, place) in &merged.profiles {
        profiles::check(own, place, &profiles, &names, report);
    }
    let scope = Scope::of_call(&names);
    let limits = match &merged.rate_limit {
        Some((model, place)) => {
            let beside = rate_limit::Beside::default();
            rate_limit::limits(Some(model), place, beside, &profiles, &scope, report)
        }
        None => Vec::new(),
    };
    let auth = merged.auth.as_ref();
    let auth = auth.map(|(model, place)| auth::auth(model, place, &names, &profiles, report));
    let key = merged.idempotency.clone();
    let idempotency = OfPack::of(key, &profiles, &scope, report);
    let shared = tool::Shared {
        names: &names,
        schemas: &merged.schemas,
        agent: merged.agent.as_ref(),
        profiles: &profiles,
        limits: &limits,
        other_limits: &[],
        tools: &merged.tools,
        idempotency: &idempotency,
        checked: merged.auth.is_some(),
        refers: !merged.references.is_empty(),
    };
    let by_batch = by_batch(&merged, source);
    let mut tools: IndexMap<Arc<str>, Arc<Tool>> = IndexMap::new();
    let mut all_limits = limits.clone();
    for (name, (model, place)) in &merged.tools {
        let by_door = !merged.doors.is_empty() && !model.internal;
        if !by_door && model.route.is_none() && !by_batch.contains(name) {
            let message = format!("no call reaches tool `{name}`");
            report.error_at_key(place, message, "give it a `route`, or the pack a door");
        }
        let full = Name::new(&source.name, name);
        let shared = tool::Shared {
            other_limits: &all_limits,
            ..shared
        };
        if let Some(tool) = tool::tool(&full, model, &shared, place, report) {
            all_limits.extend(tool.guards.limits.iter().cloned());
            tools.insert(full.name, Arc::new(tool));
        }
    }
    let mut machines = BTreeMap::new();
    for (name, (model, place)) in &merged.machines {
        let full = Name::new(&source.name, name);
        if let Some(machine) = machine::machine(&full, model, &names, place, report) {
            machines.insert(full.name, machine);
        }
    }
    let context = dataset::Context {
        pack: &source.name,
        merged: &merged,
        data: &source.data,
        machines: &machines,
    };
    let bases = datasets(&context, report);
    let mut collections = collections(&merged, &names, &machines, report);
    for (name, base) in bases {
        if let Some(spec) = collections.get_mut(name) {
            spec.base = Some(base);
        }
    }
    let refusals = refusals(&merged, &names, report);
    let ledger: Option<LedgerSpec> = merged
        .ledger
        .as_ref()
        .map(|(model, place)| ledger::ledger(model, place, report));
    let webhooks = webhook::webhooks(source, &merged, &names, &profiles, report);
    let references = references(&merged, report);
    let headers = response::header_table(&merged.headers, &scope, report);
    let doors = door::doors(&merged.doors, report);
    (report.diagnostics.len() == before).then(|| {
        Arc::new(Pack {
            name: source.name.clone(),
            title: merged.title.unwrap_or_else(|| source.name.to_string()),
            description: merged.description.unwrap_or_default().trim().to_owned(),
            prefix: source.prefix.clone(),
            forms: merged.forms.unwrap_or_default(),
            tools,
            doors,
            references,
            headers: headers.unwrap_or_default(),
            collections,
            machines,
            ledger,
            auth: auth.flatten(),
            limits: limits.clone(),
            refusals,
            uses_request: uses_request(source),
            webhooks,
            targets: source.targets.clone(),
        })
    })
}

/// Whether the word `request` stands anywhere in the pack, or a key whose profile may have it: otherwise
/// no call needs it as a value.
fn uses_request(source: &PackSource) -> bool {
    static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\b(request|profile|pagination|rateLimit|batch|idempotency|auth|resources|credential)\b")
            .ok()
    });
    source.files.iter().any(|(_, place)| {
        let text = place.json().to_string();
        WORD.as_ref().is_none_or(|word| word.is_match(&text))
    })
}

pub(super) fn names(merged: &Merged<'_>) -> Names {
    let machine_of = |collection: &str| {
        let over = merged
            .machines
            .iter()
            .find(|(_, (machine, _))| machine.collection == collection);
        over.map(|(name, _)| Arc::from(*name))
    };
    let known = crate::domain::cause::KNOWN_CAUSES
        .iter()
        .map(|cause| cause.name.to_owned());
    let own = merged.causes.keys().map(|name| (*name).to_owned());
    Names {
        schemas: merged.schemas.clone(),
        said: {
            let shape = merged.shape.as_ref();
            let shape = shape.and_then(|(refusals, _)| refusals.shape.as_ref());
            shape.map_or_else(Vec::new, |shape| shape.names.keys().cloned().collect())
        },
        named: NamedSteps::of(merged),
        collections: merged
            .collections
            .keys()
            .map(|name| ((*name).to_owned(), machine_of(name)))
            .collect(),
        machines: merged
            .machines
            .iter()
            .map(|(name, (machine, _))| {
                (
                    (*name).to_owned(),
                    machine.transitions.keys().cloned().collect(),
                )
            })
            .collect(),
        machine_collections: merged
            .machines
            .iter()
            .map(|(name, (machine, _))| ((*name).to_owned(), machine.collection.clone()))
            .collect(),
        causes: known.chain(own).collect(),
        holds: all_steps(merged).into_iter().filter_map(hold_of).collect(),
        bound: all_steps(merged)
            .into_iter()
            .flat_map(names_of)
            .cloned()
            .collect(),
        keys: merged
            .collections
            .iter()
            .map(|(name, (model, _))| ((*name).to_owned(), model.key.clone()))
            .collect(),
        states: merged
            .machines
            .values()
            .map(|(machine, _)| (machine.collection.clone(), machine.field.clone()))
            .collect(),
        makers: merged
            .collections
            .iter()
            .filter(|(_, (model, _))| model.new_key.is_some())
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        currencies: merged.ledger.iter().flat_map(codes).collect(),
        ledger: merged.ledger.is_some(),
        webhooks: merged.webhooks.is_some(),
        wallets: merged
            .ledger
            .as_ref()
            .is_some_and(|(ledger, _)| ledger.wallets.is_some()),
    }
}

/// The tools that do the items of a batch: no call needs to reach them otherwise.
fn by_batch<'a>(merged: &Merged<'a>, source: &'a PackSource) -> BTreeSet<&'a str> {
    let of_tools = merged.tools.values().map(|(tool, _)| tool.batch.as_ref());
    let stubs = source.files.iter().flat_map(|(file, _)| &file.mappings);
    let batches = of_tools.chain(stubs.map(|stub| stub.batch.as_ref()));
    let choices = batches.filter_map(|batch| batch?.0.tool.as_ref());
    choices.flat_map(model::Choice::tools).collect()
}

/// All steps of tools and transitions and those that have a name, those of an `each` too.
fn all_steps<'a>(merged: &Merged<'a>) -> Vec<&'a model::Step> {
    let tools = merged.tools.values().map(|(tool, _)| &tool.steps);
    let machines = merged.machines.values();
    let transitions = machines.flat_map(|(machine, _)| machine.transitions.values());
    let transitions = transitions.flat_map(|alternatives| &alternatives.items);
    let mut all = Vec::new();
    let mut open: Vec<&[model::Step]> = tools.map(Vec::as_slice).collect();
    open.extend(transitions.map(|alternative| alternative.then.as_slice()));
    open.extend(merged.steps.values().map(|(steps, _)| steps.as_slice()));
    while let Some(steps) = open.pop() {
        all.extend(steps);
        open.extend(
            steps
                .iter()
                .filter_map(|step| Some(step.each.as_ref()?.steps.as_slice())),
        );
    }
    all
}

fn codes((ledger, _): &(&model::Ledger, Place)) -> Vec<String> {
    let units = ledger.currencies.units.iter();
    units.map(|(code, _)| code.clone()).collect()
}

fn hold_of(step: &model::Step) -> Option<String> {
    step.hold.as_ref().map(|hold| hold.name.clone())
}

fn names_of(step: &model::Step) -> impl Iterator<Item = &String> {
    let found = step.find.iter().filter_map(|find| find.name.as_ref());
    let bound = step.bind.iter().flat_map(|bound| bound.keys());
    bound.chain(found).chain(step.with.keys())
}

/// Two machines over one collection would each move what the other watches.
fn check_one_machine_each(merged: &Merged<'_>, report: &mut Report) {
    let mut over: IndexMap<&str, &str> = IndexMap::new();
    for (name, (machine, place)) in &merged.machines {
        if let Some(first) = over.insert(&machine.collection, name) {
            let message = format!(
                "machine `{first}` moves the records of `{}` already",
                machine.collection
            );
            report.error(
                &place.at("collection"),
                message,
                "a collection has one machine",
            );
        }
    }
}

fn collections(
    merged: &Merged<'_>,
    names: &Names,
    machines: &BTreeMap<Arc<str>, Machine>,
    report: &mut Report,
) -> BTreeMap<Arc<str>, CollectionSpec> {
    let mut collections = BTreeMap::new();
    for (name, (model, place)) in &merged.collections {
        let new_key = model.new_key.as_ref();
        let new_key = new_key.and_then(|text| {
            template(
                text,
                Some(&Scope::of_call(names)),
                &place.at("newKey"),
                report,
            )
        });
        let machine = names.collections.get(*name).cloned().flatten();
        let spec = machine.as_ref().and_then(|machine| machines.get(machine));
        let mut records: Vec<(Arc<str>, Arc<Value>)> = Vec::new();
        for (at, record) in model.records.iter().enumerate() {
            let place = place.at("records").at(at);
            let Some(key) = record.get(&model.key).and_then(Value::as_str) else {
                let message = format!("the record has no `{}`", model.key);
                report.error(&place, message, "expected a text as its key");
                continue;
            };
            if records.iter().any(|(known, _)| &**known == key) {
                report.error(
                    &place.at(&model.key),
                    format!("the key `{key}` stands twice"),
                    "taken by a record before",
                );
            }
            let mut record = record.clone();
            if let Some(machine) = spec {
                let state = record
                    .entry(machine.field.clone())
                    .or_insert_with(|| machine.initial.as_str().into());
                let state = state.as_str().unwrap_or_default().to_owned();
                if !machine.states.contains(&state) {
                    let known = machine.states.iter().map(String::as_str);
                    report.unknown(&place.at(&machine.field), "state", &state, known);
                }
            }
            if let Some(machine) = spec {
                for (pointer, message) in wrong_instants(&record, machine) {
                    report.error(
                        &place.below(&pointer),
                        message,
                        "expected a date-time of RFC 3339, such as \"2026-01-01T00:00:00Z\"",
                    );
                }
            }
            records.push((key.into(), Arc::new(Value::Object(record))));
        }
        collections.insert(
            Arc::from(*name),
            CollectionSpec {
                noun: noun(name, model, merged),
                key: model.key.clone(),
                new_key,
                base: None,
                unique: model
                    .unique
                    .iter()
                    .map(|name| UniqueMember::new(name))
                    .collect(),
                records,
                machine,
            },
        );
    }
    collections
}

/// Members that hold the key of a record, with the collections that may have it.
fn references(merged: &Merged<'_>, report: &mut Report) -> BTreeMap<Arc<str>, Vec<Arc<str>>> {
    let mut references = BTreeMap::new();
    for (name, (collections, place)) in &merged.references {
        for (at, collection) in collections.items.iter().enumerate() {
            if !merged.collections.contains_key(collection.as_str()) {
                let place = match collections.listed {
                    true => place.at(at),
                    false => place.clone(),
                };
                let known = merged.collections.keys().copied();
                report.unknown(&place, "collection", collection, known);
            }
        }
        let collections = collections.items.iter();
        let collections = collections.map(|name| Arc::from(name.as_str())).collect();
        references.insert(Arc::from(*name), collections);
    }
    references
}

/// What one record is called: as the collection says, or else a resource over it.
fn noun(name: &str, model: &model::Collection, merged: &Merged<'_>) -> String {
    let mut resources = merged.resources.iter();
    let over = resources.find_map(|(resource, (model, _))| {
        let of = model.collection.as_deref().unwrap_or(resource);
        model.noun.as_ref().filter(|_| of == name)
    });
    let noun = model.noun.as_ref().or(over);
    noun.map_or_else(|| name.to_owned(), Clone::clone)
}

/// A record that opens with a time which is none would fail every call that meets its timer: where
/// such times stand, and what is wrong with them.
pub(super) fn wrong_instants(
    record: &Map<String, Value>,
    machine: &Machine,
) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let transitions = machine.transitions.values();
    let alternatives = transitions.flat_map(|transition| &transition.alternatives);
    for at in alternatives.filter_map(|alternative| alternative.at.as_ref()) {
        let members = at.source().trim().strip_prefix("record.");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let Some(members) = members.filter(|members| members.chars().all(plain)) else {
            continue;
        };
        let mut path = members.split('.');
        let top = path.next().and_then(|name| record.get(name));
        let found = path.try_fold(top, |value, name| Some(value?.get(name)));
        let found = found.flatten().filter(|value| !value.is_null());
        let Some(found) = found else { continue };
        if found.as_str().and_then(parse_instant).is_none() {
            let pointer = format!("/{}", members.replace('.', "/"));
            let source = at.source();
            wrong.push((
                pointer,
                format!("{found} is no instant, and `{source}` is to be one"),
            ));
        }
    }
    wrong
}

fn refusals(merged: &Merged<'_>, names: &Names, report: &mut Report) -> RefusalSpec {
    let mut spec = RefusalSpec::default();
    let mut scope = Scope::of_call(names).with("record").of_refusal();
    names.bound.iter().for_each(|name| scope.add(name));
    if let Some((refusals, place)) = &merged.shape
        && let Some(shape) = &refusals.shape
    {
        let names = answer::names(&shape.names, Some(&mut scope), &place.at("let"), report);
        spec.names = names.unwrap_or_default();
        let headers = response::headers(&shape.headers, true, None, &place.at("headers"), report);
        spec.headers = headers.unwrap_or_default();
        let body = shape.json_body.as_ref();
        spec.body = body.and_then(|body| document(body, None, &place.at("jsonBody"), report));
    }
    spec.causes = response::causes(&merged.causes, &scope, false, report);
    spec
}
