//! Fault rules.

mod bounds;
mod declared;
mod plan;
mod shipped;
mod target;

use std::sync::Arc;

use serde_json::Value;

use super::expression::Scope;
use super::report::{Place, Report};
use crate::definition::compiled::{Definitions, Pack, Stub};
use crate::definition::model::FaultRule;
use crate::domain::cause::KNOWN_CAUSES;
use crate::domain::fault::{Surface, When};
use crate::domain::name::Name;
use crate::matching::condition::Expression;
use crate::state::faults::{RULE_NAMES, Rule};

pub use declared::{Declared, of_stub};
pub use plan::plan;
pub use shipped::{Preset, presets};
pub use target::At;

/// What rules may name.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// All packs.
    pub packs: &'a [Arc<Pack>],
    /// All stubs: of packs, of WireMock roots, of a sandbox.
    pub stubs: &'a [Arc<Stub>],
    /// What the cassette has that runs.
    pub recorded: &'a Recorded,
}

/// What a cassette has that rules may name.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Its tools.
    pub tools: Vec<Name>,
    /// Its methods and paths, where no tool is known: `GET /v1/contacts`. Rules name them as stubs.
    pub endpoints: Vec<Arc<str>>,
}

impl<'a> Around<'a> {
    /// What rules may name that are for the whole server, beside the stubs of a sandbox.
    #[must_use]
    pub fn of(
        definitions: &'a Definitions,
        stubs: &'a [Arc<Stub>],
        recorded: &'a Recorded,
    ) -> Self {
        Self {
            packs: &definitions.packs,
            stubs,
            recorded,
        }
    }
}

/// Rules, and the names in them that could mean several things.
#[derive(Debug, Default)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// What was named that is there more than once, and what it could mean.
    pub ambiguous: Vec<(String, Vec<String>)>,
}

/// The most members of a list in a rule.
const LISTED_MAX: usize = 1_000;

/// Compiles a rule. It has no id yet if it brings none, and its moments are resolved when it is put.
pub fn rule(
    model: &FaultRule,
    at: At<'_>,
    around: Around<'_>,
    place: &Place,
    into: &mut Rules,
    report: &mut Report,
) {
    let before = report.diagnostics.len();
    check_id(model.id.as_deref(), place, report);
    check_lists(model, place, report);
    bounds::check(model, place, report);
    check_cause(model, around, place, report);
    let surface = model.surface.unwrap_or_else(|| model.mode.surface());
    if !model.mode.shows(surface) {
        let message = format!(
            "`{}` does not show in {}",
            model.mode.name(),
            surface.name()
        );
        let surfaces = Surface::ALL
            .into_iter()
            .filter(|one| model.mode.shows(*one));
        let names: Vec<&str> = surfaces.map(Surface::name).collect();
        let label = format!("expected {}", names.join(" or "));
        report.error(&place.at("surface"), message, label);
    }
    let when = place.at("when");
    let condition = model.when.condition.as_ref();
    let condition = condition.and_then(|source| expression(source, &when.at("condition"), report));
    let machine = machine(&model.when, at, around, &when.at("machine"), report);
    let rule = Rule {
        id: model.id.as_deref().unwrap_or_default().into(),
        mode: model.mode,
        tools: Vec::new(),
        stubs: Vec::new(),
        agents: model
            .agents
            .iter()
            .map(|agent| agent.as_str().into())
            .collect(),
        when: model.when.clone(),
        from: None,
        until: None,
        states: None,
        key: None,
        condition,
        surface,
        times: model.times,
        with: model.with.clone(),
        idle: false,
        warnings: Vec::new(),
        owner: None,
        shown: Arc::new(place.json().clone()),
    };
    let targets = target::targets(model, at, &rule, around, place, into, report);
    if report.diagnostics.len() > before {
        return;
    }
    let (Some(targets), Machine::Known(machine)) = (targets, machine) else {
        // A plan that is for other packs too goes without it.
        return;
    };
    let (states, key) = machine.map_or((None, None), |found| (Some(found.states), found.key));
    into.rules.push(Rule {
        tools: targets.tools,
        stubs: targets.stubs,
        idle: targets.idle,
        warnings: targets.warnings,
        states,
        key,
        ..rule
    });
}

/// An id must fit into a path.
fn check_id(id: Option<&str>, place: &Place, report: &mut Report) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let reserved = ["events", "pause", "presets", "resume"];
    let Some(id) = id else { return };
    let place = place.at("id");
    if id.is_empty() || id.len() > 64 || !id.chars().all(allowed) || matches!(id, "." | "..") {
        let message = "is no id of a rule";
        report.error(
            &place,
            message,
            "expected 1 to 64 characters out of A-Z a-z 0-9 . _ -",
        );
    } else if reserved.contains(&id) {
        let message = format!("`{id}` cannot be an id: it is a route beside the rules");
        report.error(&place, message, "expected another");
    }
}

fn check_lists(model: &FaultRule, place: &Place, report: &mut Report) {
    for (name, length) in [
        ("tools", model.tools.len()),
        ("stubs", model.stubs.len()),
        ("agents", model.agents.len()),
    ] {
        if length > LISTED_MAX {
            let message = format!("{length} are too many");
            report.error(&place.at(name), message, "expected at most 1000");
        }
    }
}

/// A cause that nobody knows would be answered as some error or other.
fn check_cause(model: &FaultRule, around: Around<'_>, place: &Place, report: &mut Report) {
    let Some(cause) = &model.with.cause else {
        return;
    };
    let own = around
        .packs
        .iter()
        .flat_map(|pack| pack.refusals.causes.keys());
    let known = KNOWN_CAUSES.iter().map(|known| known.name);
    let known: Vec<&str> = own.map(|name| &**name).chain(known).collect();
    if !known.contains(&cause.as_str()) {
        report.unknown(&place.at("with").at("cause"), "cause", cause, known);
    }
}

fn expression(source: &str, place: &Place, report: &mut Report) -> Option<Expression> {
    let scope = Scope::of_names(&RULE_NAMES);
    match Expression::compile(source, &RULE_NAMES) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let label = scope.listed();
            report.error_within(place, source, error.offset, error.to_string(), label);
            None
        }
    }
}

/// The machine of a rule.
enum Machine {
    /// It is this one, if the rule has one.
    Known(Option<Found>),
    /// There is none of this name.
    Unknown,
}

/// A machine that must have a record in a state.
struct Found {
    states: (Name, Arc<str>),
    key: Option<Expression>,
}

fn machine(
    when: &When,
    at: At<'_>,
    around: Around<'_>,
    place: &Place,
    report: &mut Report,
) -> Machine {
    let Some(wanted) = &when.machine else {
        return Machine::Known(None);
    };
    let all = || {
        let packs = around.packs.iter();
        packs.flat_map(|pack| pack.machines.values().map(move |machine| (pack, machine)))
    };
    let own = at.pack();
    let bare = |name: &Name| *name.name == *wanted.name;
    let mut found: Vec<_> = all()
        .filter(|(_, machine)| bare(&machine.name) || machine.name.to_string() == wanted.name)
        .collect();
    if found
        .iter()
        .any(|(_, machine)| Some(&machine.name.pack) == own)
    {
        found.retain(|(_, machine)| Some(&machine.name.pack) == own);
    }
    let place_of_name = place.at("name");
    if found.len() > 1 && !at.is_lenient() {
        let could: Vec<String> = found.iter().map(|(_, it)| it.name.to_string()).collect();
        let message = format!("`{}` could mean {}", wanted.name, could.join(" or "));
        report.error(&place_of_name, message, "name its pack");
        return Machine::Unknown;
    }
    let Some((pack, machine)) = found.first() else {
        if !at.is_lenient() {
            let known: Vec<&str> = all().map(|(_, machine)| &*machine.name.name).collect();
            report.unknown(&place_of_name, "machine", &wanted.name, known);
        }
        return Machine::Unknown;
    };
    if !machine.states.contains(&wanted.state) {
        let known = machine.states.iter().map(String::as_str);
        report.unknown(&place.at("state"), "state", &wanted.state, known);
    }
    let key = wanted.key.as_ref();
    Machine::Known(Some(Found {
        states: (
            Name::new(&pack.name, &machine.collection),
            machine.field.as_str().into(),
        ),
        key: key.and_then(|key| expression(key, &place.at("key"), report)),
    }))
}

/// What a rule was given as, with another id.
#[must_use]
pub fn named(shown: &Value, id: &str) -> Value {
    let mut members = serde_json::Map::from_iter([("id".to_owned(), Value::from(id))]);
    for (name, value) in shown.as_object().into_iter().flatten() {
        if name != "id" {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members)
}

/// The rule under an id.
fn with_id(rule: Rule, id: &str) -> Rule {
    Rule {
        shown: Arc::new(named(&rule.shown, id)),
        id: id.into(),
        ..rule
    }
}
