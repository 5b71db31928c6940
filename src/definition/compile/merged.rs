//! The files of a pack in one.

use std::sync::Arc;

use indexmap::IndexMap;

use super::dataset::Data;
use super::report::{Place, Report};
use super::schema::Schemas;
use crate::definition::model::{self, Cel, Idempotency, Named, OneOrMany, PackFile, RateLimit};
use crate::domain::targets::Targets;

/// The files of a pack, read and checked for their shape.
#[derive(Debug, Default)]
pub struct PackSource {
    /// The pack's name.
    pub name: Arc<str>,
    /// The prefix below which it is served: empty, or `/prefix`.
    pub prefix: String,
    /// The files, with their places.
    pub files: Vec<(PackFile, Place)>,
    /// The tools that its resources stand for, each with its name and the resource's place.
    pub made: Vec<(String, model::Tool, Place)>,
    /// The data files that its collections open with.
    pub data: Data,
    /// Where requests of the server's own may go.
    pub targets: Arc<Targets>,
}

/// All files of a pack in one, each block with its place.
#[derive(Default)]
pub(super) struct Merged<'a> {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) agent: Option<(Cel, Place)>,
    pub(super) forms: Option<model::Forms>,
    pub(super) headers: IndexMap<&'a str, (&'a OneOrMany<String>, Place)>,
    pub(super) doors: Vec<(&'a model::Door, Place)>,
    pub(super) schemas: Schemas,
    pub(super) collections: IndexMap<&'a str, (&'a model::Collection, Place)>,
    pub(super) resources: IndexMap<&'a str, (&'a model::Resource, Place)>,
    pub(super) references: IndexMap<&'a str, (&'a OneOrMany<String>, Place)>,
    pub(super) machines: IndexMap<&'a str, (&'a model::Machine, Place)>,
    pub(super) steps: IndexMap<&'a str, (&'a Vec<model::Step>, Place)>,
    pub(super) ledger: Option<(&'a model::Ledger, Place)>,
    pub(super) shape: Option<(&'a model::Refusals, Place)>,
    pub(super) causes: IndexMap<&'a str, (&'a model::Cause, Place)>,
    pub(super) tools: IndexMap<&'a str, (&'a model::Tool, Place)>,
    pub(super) auth: Option<(&'a model::Auth, Place)>,
    pub(super) rate_limit: Option<(&'a OneOrMany<Named<RateLimit>>, Place)>,
    pub(super) idempotency: Option<(&'a Idempotency, Place)>,
    pub(super) profiles: Vec<(&'a model::Profiles, Place)>,
    pub(super) webhooks: Option<(&'a model::Webhooks, Place)>,
}

impl<'a> Merged<'a> {
    /// Puts the files together; what stands twice is reported.
    pub(super) fn of(source: &'a PackSource, report: &mut Report) -> Self {
        let mut merged = Self::default();
        for (file, place) in &source.files {
            merged.add(file, place, report);
        }
        for (name, tool, place) in &source.made {
            one(&mut merged.tools, name, tool, place.clone(), "tool", report);
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
        let forms = place.at("forms");
        once(&mut self.forms, file.forms, &forms, "forms", report);
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
            &mut self.resources,
            &file.resources,
            &place.at("resources"),
            "resource",
            report,
        );
        for (name, values) in &file.headers {
            let place = place.at("headers").at(name);
            match self.headers.get(name.as_str()) {
                Some((_, first)) => report.twice("header", name, first, &place),
                None => drop(self.headers.insert(name, (values, place))),
            }
        }
        named(
            &mut self.references,
            &file.references,
            &place.at("references"),
            "reference",
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
            &mut self.steps,
            &file.steps,
            &place.at("steps"),
            "steps",
            report,
        );
        named(
            &mut self.tools,
            &file.tools,
            &place.at("tools"),
            "tool",
            report,
        );
        let auth = file.auth.as_ref().map(|auth| (&auth.0, place.at("auth")));
        once(&mut self.auth, auth, &place.at("auth"), "auth", report);
        let limit = file.rate_limit.as_ref();
        let limit = limit.map(|limit| (limit, place.at("rateLimit")));
        once(
            &mut self.rate_limit,
            limit,
            &place.at("rateLimit"),
            "rateLimit",
            report,
        );
        let key = file.idempotency.as_ref();
        let key = key.map(|key| (&key.0, place.at("idempotency")));
        once(
            &mut self.idempotency,
            key,
            &place.at("idempotency"),
            "idempotency",
            report,
        );
        self.profiles.push((&file.profiles, place.at("profiles")));
        let webhooks = file.webhooks.as_ref();
        let webhooks = webhooks.map(|webhooks| (webhooks, place.at("webhooks")));
        let webhooks_place = place.at("webhooks");
        once(
            &mut self.webhooks,
            webhooks,
            &webhooks_place,
            "webhooks",
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
        one(all, name, model, place.at(name), kind, report);
    }
}

fn one<'a, T>(
    all: &mut IndexMap<&'a str, (&'a T, Place)>,
    name: &'a str,
    model: &'a T,
    place: Place,
    kind: &str,
    report: &mut Report,
) {
    check_name(kind, name, &place, report);
    match all.get(name) {
        Some((_, first)) => report.twice(kind, name, first, &place),
        None => drop(all.insert(name, (model, place))),
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
