//! How pages look: their bodies, headers and links.

use serde_json::{Map, Value};

use super::super::expression::{Scope, document};
use super::super::report::{Place, Report, optional};
use super::super::response;
use super::{Context, Layered};
use crate::definition::compiled::PageShape;
use crate::definition::model::{Pagination, Relation};
use crate::render::{Document, Escape};

/// The member's name that stands for what `items` says.
const ITEMS: &str = "$items";

/// Compiles what pages look like.
pub(super) fn shape(
    layers: &Layered<'_>,
    context: &Context<'_, '_>,
    report: &mut Report,
) -> Option<PageShape> {
    let scope = context.scope.with("page");
    let items = layers.find("items", |layer| layer.items.as_deref());
    let items = items.map_or("items", |(items, _)| items);
    let body = match layers.find("body", |layer| layer.body.as_ref()) {
        Some((body, at)) => shown(body, items, &scope, &at, report),
        None => {
            let plain = serde_json::json!({ items: "{{page.items}}", "next": "{{page.next}}" });
            Document::compile(&plain, Escape::None).ok()
        }
    };
    let mut laid = |key: &str, get: fn(&Pagination) -> Option<&Map<String, Value>>| {
        let found = layers.find(key, get);
        optional(found.map(|(members, at)| {
            shown(&Value::Object(members.clone()), items, &scope, &at, report)
        }))
    };
    let more = laid("more", |layer| layer.more.as_ref());
    let end = laid("end", |layer| layer.end.as_ref());
    let back = laid("back", |layer| layer.back.as_ref());
    let start = laid("start", |layer| layer.start.as_ref());
    let mut also = Vec::new();
    if let Some((models, at)) = layers.find("also", |layer| layer.also.as_ref()) {
        for (nth, model) in models.iter().enumerate() {
            let at = at.at(nth);
            let when = scope.expression(&model.when, &at.at("when"), report);
            let members = Value::Object(model.body.clone());
            let members = shown(&members, items, &scope, &at.at("body"), report);
            also.push((when?, members?));
        }
    }
    let headers = layers.table("headers", |layer| &layer.headers);
    let headers = response::header_table(&headers, &scope, report);
    let keeps = layers.find("linkKeeps", |layer| layer.link_keeps.as_ref());
    Some(PageShape {
        body: body?,
        more: more?,
        end: end?,
        back: back?,
        start: start?,
        also,
        headers: headers?,
        link: link(layers),
        link_keeps: keeps.map(|(keeps, _)| keeps.clone()),
    })
}

fn link(layers: &Layered<'_>) -> Vec<(Relation, String)> {
    let relations = layers.find("link", |layer| layer.link.as_ref());
    let relations = relations.map_or(&[][..], |(relations, _)| relations);
    let names = layers.table("linkNames", |layer| &layer.link_names);
    let mut link = Vec::new();
    for relation in relations {
        let own = match relation {
            Relation::Prev => "prev",
            Relation::Next => "next",
            Relation::Last => "last",
            Relation::First => "first",
        };
        let name = names.get(own).map_or(own, |(name, _)| name.as_str());
        link.push((*relation, name.to_owned()));
    }
    link
}

/// A document of a page. It is checked as it stands in the file, and compiled as it is meant.
fn shown(
    value: &Value,
    items: &str,
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<Document> {
    document(value, Some(scope), place, report)?;
    Document::compile(&renamed(value, items), Escape::None).ok()
}

/// A document in which the members called `$items` are called as `items` says.
fn renamed(value: &Value, items: &str) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| {
                    let name = if name == ITEMS { items } else { name.as_str() };
                    (name.to_owned(), renamed(member, items))
                })
                .collect(),
        ),
        other => other.clone(),
    }
}
