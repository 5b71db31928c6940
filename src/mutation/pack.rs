//! Targets out of packs: what their tools do, and what they answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields;
use super::target::{Aim, Paged, Target};
use crate::definition::compiled::{
    BodySpec, Definitions, HoldEffect, Pack, Produce, StepSpec, Stub, Tool, Transition, Verb,
};
use crate::domain::quirk::LeadsBy;

/// The tools of these packs, or of all of them, in the order of the files; then the stubs of WireMock
/// roots, where all are wanted.
#[must_use]
pub fn targets_of_packs(definitions: &Definitions, packs: Option<&[String]>) -> Vec<Target> {
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for name in definitions.packs.iter().flat_map(|pack| pack.tools.keys()) {
        *holders.entry(name).or_default() += 1;
    }
    let wanted =
        |pack: &Pack| packs.is_none_or(|packs| packs.iter().any(|name| **name == *pack.name));
    let packs_wanted = definitions.packs.iter().filter(|pack| wanted(pack));
    let tools = packs_wanted.flat_map(|pack| {
        pack.tools.values().map(|tool| {
            // A bare name is enough, where one pack has it.
            let alone = holders.get(&*tool.name.name) == Some(&1);
            let name = match alone {
                true => tool.name.name.to_string(),
                false => tool.name.to_string(),
            };
            of_tool(pack, tool, name)
        })
    });
    let stubs = definitions.mappings.iter().filter(|_| packs.is_none());
    tools.chain(stubs.map(|stub| of_stub(stub))).collect()
}

fn of_tool(pack: &Pack, tool: &Tool, name: String) -> Target {
    let mut target = Target {
        aim: Aim::Tool(name.clone()),
        name,
        limited: !tool.guards.limits.is_empty() || !pack.limits.is_empty(),
        checked: pack.auth.is_some() && tool.guards.auth.as_ref().is_none_or(|rule| !rule.public),
        keyed: tool.guards.idempotency.is_some(),
        ..Target::default()
    };
    look_at(pack, &tool.steps, &mut target);
    match &tool.produce {
        Produce::Response => {}
        Produce::Page(page) => {
            target.reads = true;
            let ways = page.ways();
            let by_cursor = ways.iter().any(|way| *way != LeadsBy::Number);
            target.paged = Some(Paged { by_cursor });
            let (fields, lists) = fields::of_outline(&page.shape.body.outline());
            (target.fields, target.lists) = (fields, lists);
        }
        Produce::Batch(batch) => {
            target.batch = true;
            // What does the items may change something: whatever they do, it is done many times.
            target.writes = true;
            if let Some(body) = &batch.look.body {
                (target.fields, target.lists) = fields::of_outline(&body.outline());
            }
        }
    }
    let schema = tool
        .output
        .as_ref()
        .map(|output| fields::of_schema(&output.schema));
    let outline = match &tool.response.otherwise.body {
        BodySpec::Document(document) => Some(fields::of_outline(&document.outline())),
        BodySpec::Static(bytes) => {
            let body = serde_json::from_slice(bytes).ok();
            body.map(|body: Value| fields::of_sample(&body))
        }
        BodySpec::Template(_) | BodySpec::File(_) => None,
    };
    for found in [schema, outline].into_iter().flatten() {
        let known = (
            std::mem::take(&mut target.fields),
            std::mem::take(&mut target.lists),
        );
        (target.fields, target.lists) = fields::joined(known, found);
    }
    let given = tool
        .input
        .schema
        .get("properties")
        .and_then(Value::as_object);
    for field in &mut target.fields {
        field.echoed = given.is_some_and(|given| given.contains_key(&field.path));
    }
    if target.paged.is_some() && target.lists.is_empty() {
        // A page is a list of rows, wherever they stand.
        target.lists.push(String::new());
    }
    target
}

/// What steps do, as far as a caller depends on it.
fn look_at(pack: &Pack, steps: &[StepSpec], target: &mut Target) {
    for step in steps {
        match &step.verb {
            Verb::Let(..) | Verb::Require { .. } | Verb::Precondition { .. } => {}
            Verb::Query(..) | Verb::Find { .. } => target.reads = true,
            Verb::Create { .. } | Verb::Update(_) | Verb::Delete { .. } => target.writes = true,
            Verb::Increment { .. } | Verb::Limits(_) => target.writes = true,
            Verb::Each(each) => look_at(pack, &each.steps, target),
            Verb::Named { steps, .. } => look_at(pack, steps, target),
            Verb::Transition {
                machine,
                transition,
            } => {
                target.writes = true;
                let machine = pack.machines.get(machine);
                let transition = machine.and_then(|machine| machine.transitions.get(transition));
                if let Some(transition) = transition {
                    look_at_transition(pack, transition, target);
                }
            }
            Verb::Transfer(_) | Verb::Hold(..) | Verb::Post(..) | Verb::Void(_) => {
                (target.writes, target.moves_money) = (true, true);
            }
            Verb::Emit(_) => target.tells = true,
        }
    }
}

fn look_at_transition(pack: &Pack, transition: &Transition, target: &mut Target) {
    for way in &transition.alternatives {
        let pays = |hold: &HoldEffect| matches!(hold, HoldEffect::Post(..) | HoldEffect::Void(_));
        target.moves_money |= !way.transfers.is_empty() || way.holds.iter().any(pays);
        look_at(pack, &way.then, target);
    }
}

/// A stub that answers by itself.
fn of_stub(stub: &Stub) -> Target {
    let source = &stub.source;
    let request = &source["request"];
    let method = request["method"].as_str().unwrap_or("ANY");
    let urls = [
        "url",
        "urlPath",
        "urlPathTemplate",
        "urlPattern",
        "urlPathPattern",
    ];
    let url = urls.iter().find_map(|key| request[key].as_str());
    let name = match (&stub.name, url) {
        (Some(name), _) => name.to_string(),
        (None, Some(url)) => format!("{method} {url}"),
        (None, None) => stub.id.to_string(),
    };
    let mut target = Target {
        name,
        aim: Aim::Stub(stub.id.to_string()),
        writes: !matches!(method, "GET" | "HEAD" | "OPTIONS" | "ANY"),
        reads: method == "GET",
        ..Target::default()
    };
    if let BodySpec::Static(bytes) = &stub.response.body
        && let Ok(body) = serde_json::from_slice::<Value>(bytes)
    {
        let status = stub.response.status.as_u16();
        target.observe(super::Sample {
            method,
            status,
            body: Some(&body),
        });
    }
    target
}
