//! An answer that is a page of a list.

use http::header::LINK;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::arm;
use super::draft::Draft;
use super::respond;
use super::steps::Run;
use crate::behaviours::pagination::{self, Chosen, Page, Subject};
use crate::behaviours::{Refusal, View, ledger};
use crate::definition::compiled::{PageShape, PageSpec, Tool};
use crate::domain::quirk::Quirk;
use crate::domain::reply::{Body, Reply};
use crate::domain::trace::Trace;
use crate::state::Effect;

/// Answers with a page. What `kept` gets stays, even if the call is refused.
///
/// # Errors
/// As the profile refuses what it does not take, and when an expression or a template fails.
pub(super) fn answer(
    tool: &Tool,
    spec: &PageSpec,
    subject: &Subject<'_>,
    run: &mut Run<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
    kept: &mut Vec<Effect>,
) -> Result<(Reply, Option<Value>), Refusal> {
    let spec = pagination::holding(&run.view(draft.state()), spec);
    let Chosen { mut quirk, effects } =
        pagination::choose(&run.view(draft.state()), spec, subject)?;
    pagination::add(&mut quirk, run.flaws.quirk.clone());
    kept.extend(effects.iter().cloned());
    draft.extend(effects);
    let stirred = pagination::stir(&run.view(draft.state()), spec, &quirk)?;
    for (key, record) in stirred.made {
        draft.push(Effect::RecordPut {
            collection: run.view(draft.state()).name(&spec.collection),
            key: key.clone(),
            record: record.clone(),
        });
        let chance = run.chance;
        arm::arm(
            draft,
            run.pack,
            &spec.collection,
            &key,
            &record,
            chance,
            None,
        )?;
    }
    for key in &stirred.dropped {
        let freed = ledger::free(run.pack, draft.state(), &spec.collection, key)?;
        draft.extend(freed);
        arm::disarm(draft, run.pack, &spec.collection, key);
        draft.push(Effect::RecordDeleted {
            collection: run.view(draft.state()).name(&spec.collection),
            key: key.clone(),
        });
    }
    if quirk != Quirk::default() {
        trace.note("pagination", "quirk", json!(quirk));
    }
    let made = pagination::page(&run.view(draft.state()), spec, subject, &quirk)?;
    trace.note("pagination", "ok", made.why.clone());
    let (mut reply, mut document) = shown(tool, spec, &made, run, draft)?;
    omit(&mut reply, &mut document, &quirk.omit);
    if run.flaws.forgets_more {
        forget_more(spec, &made, run, draft, &mut reply, &mut document)?;
    }
    Ok((reply, document))
}

/// Leaves out whatever tells whether more follows: what would differ, were it the other way round; and
/// where that is nothing in the body, the links.
fn forget_more(
    spec: &PageSpec,
    page: &Page,
    run: &Run<'_>,
    draft: &Draft,
    reply: &mut Reply,
    document: &mut Option<Value>,
) -> Result<(), Refusal> {
    let turned = |more: bool| {
        let mut variables = run.variables.clone();
        let mut facts = page.facts.clone();
        facts.insert("hasMore".into(), more.into());
        variables.insert("page".into(), facts.clone().into());
        let view = View {
            variables: &variables,
            ..run.view(draft.state())
        };
        body(&spec.shape, &facts, &view)
    };
    let (more, end) = (turned(true)?, turned(false)?);
    let mut telling = Vec::new();
    differing(&more, &end, "", &mut telling);
    match telling.is_empty() {
        true => drop(reply.headers.remove(LINK)),
        false => omit(reply, document, &telling),
    }
    Ok(())
}

/// The members that two documents do not have in common, as JSON pointers.
fn differing(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    let (Value::Object(members), Value::Object(others)) = (one, other) else {
        return;
    };
    let names = members
        .keys()
        .chain(others.keys().filter(|name| !members.contains_key(*name)));
    for name in names {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        match (members.get(name), others.get(name)) {
            (Some(one), Some(other)) if one == other => {}
            (Some(one @ Value::Object(_)), Some(other @ Value::Object(_))) => {
                differing(one, other, &pointer, found);
            }
            _ => found.push(pointer),
        }
    }
}

/// The page as the profile shows it, or as the tool's own response does.
fn shown(
    tool: &Tool,
    spec: &PageSpec,
    page: &Page,
    run: &mut Run<'_>,
    draft: &Draft,
) -> Result<(Reply, Option<Value>), Refusal> {
    run.variables
        .insert("page".into(), page.facts.clone().into());
    let body = body(&spec.shape, &page.facts, &run.view(draft.state()))?;
    let (mut reply, document) = match spec.responds {
        false => (Reply::json(StatusCode::OK, &body), Some(body)),
        true => {
            if let Some(Value::Object(facts)) = run.variables.get_mut("page") {
                facts.insert("body".into(), body);
            }
            respond::answer(&tool.response, &run.view(draft.state()))?
        }
    };
    respond::headers(&mut reply, &spec.shape.headers, &run.view(draft.state()))?;
    if let Some(link) = &page.link {
        let value = HeaderValue::from_str(link);
        let value = value.map_err(|error| Refusal::definition("link", error))?;
        reply.headers.insert(LINK, value);
    }
    Ok((reply, document))
}

fn body(shape: &PageShape, facts: &Map<String, Value>, view: &View<'_>) -> Result<Value, Refusal> {
    let mut body = view.fill(&shape.body)?;
    let is = |name: &str| facts.get(name) == Some(&Value::Bool(true));
    let laid = [
        if is("hasMore") {
            &shape.more
        } else {
            &shape.end
        },
        if is("hasPrevious") {
            &shape.back
        } else {
            &shape.start
        },
    ];
    for document in laid.into_iter().flatten() {
        if let (Value::Object(body), Value::Object(members)) = (&mut body, view.fill(document)?) {
            respond::merge(body, &members);
        }
    }
    for (when, document) in &shape.also {
        if view.test(when)?
            && let (Value::Object(body), Value::Object(members)) = (&mut body, view.fill(document)?)
        {
            respond::merge(body, &members);
        }
    }
    Ok(body)
}

/// Leaves out what a quirk wants left out.
fn omit(reply: &mut Reply, document: &mut Option<Value>, names: &[String]) {
    for name in names {
        reply.headers.remove(name.as_str());
        if let Some(document) = document {
            let (parent, member) = match name.rsplit_once('/') {
                Some((parent, member)) => (parent, member.replace("~1", "/").replace("~0", "~")),
                None => ("", name.clone()),
            };
            if let Some(Value::Object(members)) = document.pointer_mut(parent) {
                members.shift_remove(&member);
            }
        }
    }
    if let (Some(document), false) = (document, names.is_empty()) {
        reply.body = Body::Bytes(document.to_string().into());
    }
}
