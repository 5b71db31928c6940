//! What a rule is for: names become tools and stubs, and those at which it can never happen are dropped,
//! with a warning.

use std::sync::Arc;

use super::{Around, Rules};
use crate::definition::compile::report::{Place, Report};
use crate::definition::compiled::{FaultSite, Pack, Stub, Tool};
use crate::definition::model::FaultRule;
use crate::domain::name::Name;
use crate::state::faults::Rule;

/// Where a rule stands, and so what it is for where it says nothing.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    /// In no pack: what it names must be there.
    Anywhere,
    /// In a plan for whatever is served: what it names may be missing.
    Lenient,
    /// In a pack, whose names go before those of others.
    Pack(&'a Arc<Pack>),
    /// At a tool of a pack.
    Tool(&'a Arc<Pack>, &'a Arc<Tool>),
    /// At a stub.
    Stub(&'a Stub),
}

impl<'a> At<'a> {
    /// The pack that it stands in.
    pub(super) fn pack(self) -> Option<&'a Arc<str>> {
        match self {
            Self::Pack(pack) | Self::Tool(pack, _) => Some(&pack.name),
            Self::Stub(stub) => stub.pack.as_ref().map(|pack| &pack.name),
            Self::Anywhere | Self::Lenient => None,
        }
    }

    /// Whether what is named may be missing.
    pub(super) fn is_lenient(self) -> bool {
        matches!(self, Self::Lenient)
    }
}

/// What a rule is for, resolved.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) tools: Vec<Name>,
    pub(super) stubs: Vec<Arc<str>>,
    pub(super) idle: bool,
    pub(super) warnings: Vec<Arc<str>>,
}

/// Something that a rule is for.
enum Meant<'a> {
    Tool(&'a Pack, &'a Tool),
    Stub(&'a Stub),
}

/// What a rule is for; nothing, where something that it names is not there.
pub(super) fn targets(
    model: &FaultRule,
    at: At<'_>,
    rule: &Rule,
    around: Around<'_>,
    place: &Place,
    into: &mut Rules,
    report: &mut Report,
) -> Option<Targets> {
    let mut targets = Targets::default();
    let mut meant = Vec::new();
    for (index, name) in model.tools.iter().enumerate() {
        let place = place.at("tools").at(index);
        let recorded = around.recorded.tools.iter();
        let mut recorded =
            recorded.filter(|tool| *tool.name == **name || tool.to_string() == *name);
        if let Some(tool) = recorded.next() {
            targets.tools.push(tool.clone());
            continue;
        }
        let found = tools_named(name, at, around);
        if found.is_empty() && at.is_lenient() {
            let warning = format!("no tool {name} is served: the rule goes without it");
            targets.warnings.push(warning.into());
        } else if found.is_empty() {
            let tools = around.packs.iter().flat_map(|pack| pack.tools.keys());
            report.unknown(&place, "tool", name, tools.map(|name| &**name));
        } else if found.len() > 1 && !at.is_lenient() {
            let could: Vec<String> = found.iter().map(|(_, it)| it.name.to_string()).collect();
            let message = format!("`{name}` could mean {}", could.join(" or "));
            report.error(&place, message, "name its pack");
            into.ambiguous.push((name.clone(), could));
        }
        meant.extend(
            found
                .into_iter()
                .map(|(pack, tool)| Meant::Tool(pack, tool)),
        );
    }
    for (index, name) in model.stubs.iter().enumerate() {
        let mut endpoints = around.recorded.endpoints.iter();
        if let Some(endpoint) = endpoints.find(|endpoint| ***endpoint == **name) {
            targets.stubs.push(endpoint.clone());
            continue;
        }
        let found = stubs_named(name, around);
        if found.is_empty() && !at.is_lenient() {
            let place = place.at("stubs").at(index);
            let names = around.stubs.iter().filter_map(|stub| stub.name.as_deref());
            report.unknown(&place, "stub", name, names);
        }
        meant.extend(found.into_iter().map(Meant::Stub));
    }
    let names_nothing = model.tools.is_empty() && model.stubs.is_empty();
    match at {
        At::Tool(pack, tool) => meant.push(Meant::Tool(pack, tool)),
        At::Stub(stub) => meant.push(Meant::Stub(stub)),
        At::Pack(pack) if names_nothing => {
            meant.extend(pack.tools.values().map(|tool| Meant::Tool(pack, tool)));
            let of_pack = |stub: &&Arc<Stub>| {
                let owner = stub.pack.as_ref();
                owner.is_some_and(|owner| owner.name == pack.name)
            };
            let stubs = around.stubs.iter().filter(of_pack);
            meant.extend(stubs.map(|stub| Meant::Stub(stub)));
            keep(&meant, rule, &mut targets, false);
            return Some(targets);
        }
        _ if names_nothing => {
            warn_of_nowhere(rule, around, &mut targets);
            return Some(targets);
        }
        _ => {}
    }
    let recorded = !targets.tools.is_empty() || !targets.stubs.is_empty();
    if meant.is_empty() {
        return recorded.then_some(targets);
    }
    keep(&meant, rule, &mut targets, true);
    Some(targets)
}

/// The tools of this name: those of the own pack before others.
fn tools_named<'a>(name: &str, at: At<'_>, around: Around<'a>) -> Vec<(&'a Pack, &'a Tool)> {
    let all = around.packs.iter().flat_map(|pack| {
        let tools = pack.tools.values();
        tools.map(move |tool| (&**pack, &**tool))
    });
    let is_meant = |tool: &Tool| *tool.name.name == *name || tool.name.to_string() == name;
    let mut found: Vec<_> = all.filter(|(_, tool)| is_meant(tool)).collect();
    let own = at.pack();
    if found.iter().any(|(pack, _)| Some(&pack.name) == own) {
        found.retain(|(pack, _)| Some(&pack.name) == own);
    }
    found
}

/// The stub of this id, or all of this name.
fn stubs_named<'a>(name: &str, around: Around<'a>) -> Vec<&'a Stub> {
    let stubs = around.stubs.iter().map(|stub| &**stub);
    let by_id: Vec<_> = stubs.clone().filter(|stub| *stub.id == *name).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    let canonical = uuid::Uuid::try_parse(name).map(|id| id.to_string());
    stubs
        .filter(|stub| stub.name.as_deref() == Some(name) || canonical.as_deref() == Ok(&*stub.id))
        .collect()
}

/// Keeps what the rule can happen at, and warns of the rest, if each of it was named.
fn keep(meant: &[Meant<'_>], rule: &Rule, targets: &mut Targets, named: bool) {
    for one in meant {
        let (site, called) = site(one);
        if let Some(why) = site.misfit(rule) {
            if named {
                targets.warnings.push(warning(rule, &called, why));
            }
            continue;
        }
        match one {
            Meant::Tool(_, tool) => targets.tools.push(tool.name.clone()),
            Meant::Stub(stub) => targets.stubs.push(stub.id.clone()),
        }
    }
    targets.tools.sort();
    targets.tools.dedup();
    targets.stubs.sort();
    targets.stubs.dedup();
    targets.idle = targets.tools.is_empty() && targets.stubs.is_empty();
    if targets.idle && !named {
        targets.warnings.push(nowhere(rule));
    }
}

/// Warns where a rule for everything can happen at nothing that is there now.
fn warn_of_nowhere(rule: &Rule, around: Around<'_>, targets: &mut Targets) {
    let packs = around.packs.iter();
    let tools = packs.flat_map(|pack| pack.tools.values().map(|tool| Meant::Tool(pack, tool)));
    let stubs = around.stubs.iter().map(|stub| Meant::Stub(stub));
    let mut all = tools.chain(stubs).peekable();
    let something = all.peek().is_some();
    if something && all.all(|one| site(&one).0.misfit(rule).is_some()) {
        targets.warnings.push(nowhere(rule));
    }
}

fn site<'a>(meant: &'a Meant<'a>) -> (FaultSite<'a>, String) {
    match meant {
        Meant::Tool(pack, tool) => (FaultSite::Tool(tool, Some(pack)), tool.name.to_string()),
        Meant::Stub(stub) => {
            let called = stub.name.as_ref().unwrap_or(&stub.id);
            let site = match &stub.tool {
                Some(tool) => FaultSite::Tool(tool, stub.pack.as_deref()),
                None => FaultSite::Stub(stub),
            };
            (site, format!("stub {called}"))
        }
    }
}

fn warning(rule: &Rule, called: &str, why: &str) -> Arc<str> {
    format!("{} never happens at {called}: {why}", rule.mode.name()).into()
}

fn nowhere(rule: &Rule) -> Arc<str> {
    format!(
        "{} never happens: there is nothing at which it could",
        rule.mode.name()
    )
    .into()
}
