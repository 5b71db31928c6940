//! A pack: its files as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::expression::{Scope, document, template};
use super::report::{Place, Report};
use super::schema::{self, Schemas};
use super::{Names, ledger, machine, response, tool};
use crate::definition::compiled::{
    CauseSpec, CollectionSpec, Definitions, Door, Files, LedgerSpec, Machine, Pack, RefusalSpec,
    Stub, Target, Tool,
};
use crate::definition::model::{self, Cel, PackFile};
use crate::domain::name::Name;
use crate::matching::index::Entry;
use crate::matching::pattern::{PathTemplate, RequestPattern, UrlPattern};

/// The priority of doors and routes: after any stub that does not say otherwise, and the more
/// variables they have the later.
const ROUTE_PRIORITY: u32 = 10;

/// The files of a pack, read and checked for their shape.
#[derive(Debug)]
pub struct PackSource {
    /// The pack's name.
    pub name: Arc<str>,
    /// The prefix below which it is served: empty, or `/prefix`.
    pub prefix: String,
    /// The files, with their places.
    pub files: Vec<(PackFile, Place)>,
}

/// Compiles a pack, and gives what its routes, doors and stubs are found by.
pub fn pack(source: &PackSource, report: &mut Report) -> Option<Arc<Pack>> {
    let before = report.diagnostics.len();
    let merged = Merged::of(source, report);
    let names = names(&merged);
    check_one_machine_each(&merged, report);
    schema::check_all(&merged.schemas, report);
    if let Some((agent, place)) = &merged.agent {
        Scope::of_call().expression(agent, place, report);
    }
    let shared = tool::Shared {
        names: &names,
        schemas: &merged.schemas,
        agent: merged.agent.as_ref(),
    };
    let mut tools: IndexMap<Arc<str>, Arc<Tool>> = IndexMap::new();
    for (name, (model, place)) in &merged.tools {
        let full = Name::new(&source.name, name);
        if let Some(tool) = tool::tool(&full, model, &shared, place, report) {
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
    let collections = collections(&merged, &names, &machines, report);
    let refusals = refusals(&merged, report);
    let ledger: Option<LedgerSpec> = merged
        .ledger
        .as_ref()
        .map(|(model, place)| ledger::ledger(model, place, report));
    let doors = doors(&merged, report);
    (report.diagnostics.len() == before).then(|| {
        Arc::new(Pack {
            name: source.name.clone(),
            title: merged.title.unwrap_or_else(|| source.name.to_string()),
            description: merged.description.unwrap_or_default().trim().to_owned(),
            prefix: source.prefix.clone(),
            tools,
            doors,
            collections,
            machines,
            ledger,
            refusals,
        })
    })
}

/// What the routes of a pack's tools and its doors are found by.
fn routes(pack: &Arc<Pack>, source: &PackSource, report: &mut Report) -> Vec<Entry<Target>> {
    let mut entries = Vec::new();
    for (file, place) in &source.files {
        for (at, door) in file.doors.iter().enumerate() {
            let place = place.at("doors").at(at).at("route");
            let Some((pattern, variables)) = route(&door.route, pack, &place, report) else {
                continue;
            };
            let compiled = Door {
                route: door.route.clone(),
                envelope: door.envelope,
            };
            entries.push(entry(
                pattern,
                variables,
                Target::Door(pack.clone(), compiled),
            ));
        }
        for (name, model) in &file.tools {
            let place = place.at("tools").at(name).at("route");
            let (Some(text), Some(tool)) = (&model.route, pack.tools.get(name.as_str())) else {
                continue;
            };
            if let Some((pattern, variables)) = route(text, pack, &place, report) {
                entries.push(entry(
                    pattern,
                    variables,
                    Target::Route(pack.clone(), tool.clone()),
                ));
            }
        }
    }
    entries
}

fn entry(pattern: RequestPattern, variables: u32, target: Target) -> Entry<Target> {
    Entry {
        pattern,
        priority: ROUTE_PRIORITY + variables,
        age: 0,
        target,
    }
}

/// `METHOD /path/{variable}`, and how many variables it has.
fn route(
    text: &str,
    pack: &Pack,
    place: &Place,
    report: &mut Report,
) -> Option<(RequestPattern, u32)> {
    let Some((method, path)) = text.split_once(' ') else {
        report.error(
            place,
            format!("`{text}` is not a route"),
            "expected a method and a path: POST /v1/{tool}",
        );
        return None;
    };
    let Ok(method) = http::Method::from_bytes(method.as_bytes()) else {
        report.error(
            place,
            format!("`{method}` is not a method"),
            "expected GET, POST …",
        );
        return None;
    };
    match PathTemplate::parse(path.trim()) {
        Ok(template) => {
            let template = template.below(&pack.prefix);
            let variables = u32::try_from(template.variables().count()).unwrap_or(u32::MAX);
            let url = if variables == 0 {
                UrlPattern::Path(template.to_string())
            } else {
                UrlPattern::Template(template)
            };
            let pattern = RequestPattern {
                method: Some(method),
                url,
                ..RequestPattern::default()
            };
            Some((pattern, variables))
        }
        Err(message) => {
            report.error(place, message, "in this route");
            None
        }
    }
}

/// All files of a pack in one, each block with its place.
#[derive(Default)]
struct Merged<'a> {
    title: Option<String>,
    description: Option<String>,
    agent: Option<(Cel, Place)>,
    doors: Vec<(&'a model::Door, Place)>,
    schemas: Schemas,
    collections: IndexMap<&'a str, (&'a model::Collection, Place)>,
    machines: IndexMap<&'a str, (&'a model::Machine, Place)>,
    ledger: Option<(&'a model::Ledger, Place)>,
    shape: Option<(&'a model::Refusals, Place)>,
    causes: IndexMap<&'a str, (&'a model::Cause, Place)>,
    tools: IndexMap<&'a str, (&'a model::Tool, Place)>,
}

impl<'a> Merged<'a> {
    fn of(source: &'a PackSource, report: &mut Report) -> Self {
        let mut merged = Self::default();
        for (file, place) in &source.files {
            merged.add(file, place, report);
        }
        merged
    }

    fn add(&mut self, file: &'a PackFile, place: &Place, report: &mut Report) {
        once(
            &mut self.title,
            file.title.clone(),
            &place.at("title"),
            "title",
            report,
        );
        once(
            &mut self.description,
            file.description.clone(),
            &place.at("description"),
            "description",
            report,
        );
        let agent = file.agent.clone().map(|agent| (agent, place.at("agent")));
        once(&mut self.agent, agent, &place.at("agent"), "agent", report);
        let ledger = file
            .ledger
            .as_ref()
            .map(|ledger| (ledger, place.at("ledger")));
        once(
            &mut self.ledger,
            ledger,
            &place.at("ledger"),
            "ledger",
            report,
        );
        let doors = file.doors.iter().enumerate();
        self.doors
            .extend(doors.map(|(at, door)| (door, place.at("doors").at(at))));
        let schemas = file.schemas.iter();
        let schemas = schemas.map(|(name, schema)| (name.clone(), schema.clone()));
        for (name, schema) in schemas {
            let place = place.at("schemas").at(&name);
            match self.schemas.get(&name) {
                Some((_, first)) => report.twice("schema", &name, first, &place),
                None => drop(self.schemas.insert(name, (schema, place))),
            }
        }
        named(
            &mut self.collections,
            &file.collections,
            &place.at("collections"),
            "collection",
            report,
        );
        named(
            &mut self.machines,
            &file.machines,
            &place.at("machines"),
            "machine",
            report,
        );
        named(
            &mut self.tools,
            &file.tools,
            &place.at("tools"),
            "tool",
            report,
        );
        if let Some(refusals) = &file.refusals {
            let place = place.at("refusals");
            let shape = refusals
                .shape
                .as_ref()
                .map(|_| (refusals, place.at("shape")));
            once(&mut self.shape, shape, &place.at("shape"), "shape", report);
            named(
                &mut self.causes,
                &refusals.causes,
                &place.at("causes"),
                "cause",
                report,
            );
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: Option<T>, place: &Place, key: &str, report: &mut Report) {
    if value.is_some() {
        if slot.is_some() {
            let message = format!("`{key}` is given by two files of the pack");
            report.error_at_key(place, message, "given before");
        }
        *slot = value;
    }
}

fn named<'a, T>(
    all: &mut IndexMap<&'a str, (&'a T, Place)>,
    file: &'a IndexMap<String, T>,
    place: &Place,
    kind: &str,
    report: &mut Report,
) {
    for (name, model) in file {
        let place = place.at(name);
        check_name(kind, name, &place, report);
        match all.get(name.as_str()) {
            Some((_, first)) => report.twice(kind, name, first, &place),
            None => drop(all.insert(name, (model, place))),
        }
    }
}

/// A name must not have what separates names: `pack.name` and `machine.transition`.
fn check_name(kind: &str, name: &str, place: &Place, report: &mut Report) {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(plain) {
        let message = format!("`{name}` is no name for a {kind}");
        report.error_at_key(place, message, "expected letters, digits, _ and -");
    }
}

fn names(merged: &Merged<'_>) -> Names {
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
        ledger: merged.ledger.is_some(),
        wallets: merged
            .ledger
            .as_ref()
            .is_some_and(|(ledger, _)| ledger.wallets.is_some()),
    }
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
        let new_key = new_key.and_then(|text| template(text, &place.at("newKey"), report));
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
            records.push((key.into(), Arc::new(Value::Object(record))));
        }
        collections.insert(
            Arc::from(*name),
            CollectionSpec {
                noun: model.noun.clone().unwrap_or_else(|| (*name).to_owned()),
                key: model.key.clone(),
                new_key,
                records,
                machine,
            },
        );
    }
    collections
}

fn refusals(merged: &Merged<'_>, report: &mut Report) -> RefusalSpec {
    let mut spec = RefusalSpec::default();
    if let Some((refusals, place)) = &merged.shape
        && let Some(shape) = &refusals.shape
    {
        let headers = response::headers(&shape.headers, true, &place.at("headers"), report);
        spec.headers = headers.unwrap_or_default();
        let body = shape.json_body.as_ref();
        spec.body = body.and_then(|body| document(body, &place.at("jsonBody"), report));
    }
    for (name, (model, place)) in &merged.causes {
        let status = model.status;
        let status = status.and_then(|code| response::status(code, &place.at("status"), report));
        let title = model.title.as_ref();
        let body = model.json_body.as_ref();
        let headers = response::headers(&model.headers, true, &place.at("headers"), report);
        let cause = CauseSpec {
            status,
            title: title.and_then(|text| template(text, &place.at("title"), report)),
            headers: headers.unwrap_or_default(),
            body: body.and_then(|body| document(body, &place.at("jsonBody"), report)),
        };
        spec.causes.insert(Arc::from(*name), cause);
    }
    spec
}

fn doors(merged: &Merged<'_>, report: &mut Report) -> Vec<Door> {
    let mut doors = Vec::new();
    for (door, place) in &merged.doors {
        let names_tool = door.route.contains("{tool}");
        if !names_tool && door.envelope != model::Envelope::Required {
            let message = "neither the path nor an envelope names the tool";
            report.error(
                &place.at("route"),
                message,
                "expected {tool} in it, or `envelope: required`",
            );
        }
        doors.push(Door {
            route: door.route.clone(),
            envelope: door.envelope,
        });
    }
    doors
}

/// All packs, and what calls are matched by.
pub fn definitions(
    packs: Vec<(Arc<Pack>, PackSource)>,
    stubs: &[Arc<Stub>],
    mappings: Vec<Arc<Stub>>,
    files: Files,
    report: &mut Report,
) -> Definitions {
    let mut entries = Vec::new();
    for (pack, source) in &packs {
        entries.extend(routes(pack, source, report));
    }
    for (age, stub) in stubs.iter().enumerate() {
        entries.push(Entry {
            pattern: stub.pattern.clone(),
            priority: stub.priority,
            age: age as u64,
            target: Target::Stub(stub.clone()),
        });
    }
    Definitions {
        packs: packs.into_iter().map(|(pack, _)| pack).collect(),
        index: crate::matching::index::Index::new(entries),
        mappings,
        files: Arc::new(files),
    }
}
