//! What is told of a page: the facts that templates see.

use serde_json::{Map, Value, json};

use super::listing::Row;
use super::request::{At, two_way};
use super::token::Position;
use super::window::{Cut, Window};
use super::{Links, Making, Page};
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::PositionSpec;
use crate::definition::model::{PositionKind, Relation, Total};

/// Where other pages are: each with what says so, and how it is written.
#[derive(Default)]
struct Ways<'a> {
    next: Option<(&'a PositionSpec, Value)>,
    previous: Option<(&'a PositionSpec, Value)>,
    last: Option<(&'a PositionSpec, Value)>,
    first: Option<(&'a PositionSpec, Value)>,
}

/// The call's path below the prefix of its pack: what a client puts behind the base that it was given.
fn path_below<'a>(making: &Making<'a, '_>) -> &'a str {
    let path = making.subject.call.path();
    path.strip_prefix(making.view.pack.prefix.as_str())
        .unwrap_or(path)
}

/// Tells a page.
pub(super) fn told(
    making: &Making<'_, '_>,
    window: &Window,
    cut: &Cut,
    number: u64,
    total: Option<u64>,
    left: Option<u64>,
) -> Result<Page, Refusal> {
    let (spec, asked) = (making.spec, making.asked);
    let pages = total.map(|total| total.div_ceil(asked.size.max(1)));
    let ways = ways(making, cut, number, pages)?;
    let cursors = cursors(making, cut, number)?;
    let items = items(making, &cut.rows, &cursors)?;
    let links = Links {
        call: making.subject.call,
        spec,
        placed_in_path: asked.after.is_some()
            && spec.after.as_ref().is_some_and(|after| after.in_path),
        most: left,
    };
    let to = |way: &Option<(&PositionSpec, Value)>| {
        let (spec, value) = way.as_ref()?;
        links.to(Some((spec, value)))
    };
    let all = [
        ("self", Some(making.subject.call.target.clone())),
        ("next", to(&ways.next)),
        ("previous", to(&ways.previous)),
        ("first", to(&ways.first).or_else(|| links.to(None))),
        ("last", to(&ways.last)),
    ];
    let (absolute, paths) = links.told(&all);
    let link = header(making, &absolute, number, pages);
    let size = match window.backward {
        true => window.size,
        false => asked.size,
    };
    let shown_total = shown_total(making, total, number);
    // Which page it is that begins behind a key, nobody has counted.
    let counted = !matches!(
        asked.after.as_ref().or(asked.before.as_ref()),
        Some(At::Key(_))
    );
    let why = json!({
        "collection": &*spec.collection,
        "page": counted.then_some(number),
        "size": size,
        "rows": cut.rows.len(),
        "scanned": cut.scanned,
        "direction": if window.backward { "backward" } else { "forward" },
        "position": if cut.offset.is_some() { "offset" } else { "row" },
        "more": cut.more,
    });
    let edges: Vec<Value> = match spec.cursors {
        true => cursors
            .iter()
            .zip(&items)
            .map(|(cursor, item)| json!({ "cursor": cursor, "node": item }))
            .collect(),
        false => Vec::new(),
    };
    let record = |row: Option<&Row>| row.map_or(Value::Null, |row| (*row.record).clone());
    let mut facts = Map::new();
    let mut tell = |name: &str, value: Value| drop(facts.insert(name.to_owned(), value));
    tell("first", record(cut.rows.first()));
    tell("last", record(cut.rows.last()));
    tell("count", cut.rows.len().into());
    tell("items", items.into());
    tell("size", size.into());
    tell(
        "requested",
        asked.requested.clone().unwrap_or_else(|| size.into()),
    );
    tell("scanned", cut.scanned.into());
    tell("hasMore", cut.more.into());
    tell("hasNext", cut.has_next.into());
    tell("hasPrevious", cut.has_previous.into());
    tell("number", number.into());
    tell("edges", edges.into());
    // A page that a quirk has emptied leads on from where it was.
    let emptied = cut.rows.is_empty() && window.size > 0 && cut.more;
    let onward = |way: &Option<(&PositionSpec, Value)>, forward: bool| {
        let way = way
            .as_ref()
            .filter(|_| emptied && window.backward != forward);
        way.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let start = cursors.first().cloned();
    let end = cursors.last().cloned();
    tell(
        "startCursor",
        start.unwrap_or_else(|| onward(&ways.previous, false)),
    );
    tell("endCursor", end.unwrap_or_else(|| onward(&ways.next, true)));
    tell("links", absolute);
    tell("paths", paths);
    tell("path", path_below(making).into());
    if let Some(offset) = cut.offset {
        tell("offset", offset.into());
        let count = u64::try_from(cut.rows.len()).unwrap_or(u64::MAX);
        tell("nextOffset", offset.saturating_add(count).into());
    }
    if let (Some(total), true) = (shown_total, spec.total != Total::None) {
        tell("total", total.into());
    }
    if let Some(pages) = pages {
        tell("pages", pages.into());
    }
    if let Some((_, next)) = ways.next {
        tell("next", next);
    }
    if let Some((_, previous)) = ways.previous {
        tell("previous", previous);
    }
    Ok(Page { facts, link, why })
}

fn ways<'a>(
    making: &Making<'a, '_>,
    cut: &Cut,
    number: u64,
    pages: Option<u64>,
) -> Result<Ways<'a>, Refusal> {
    let spec = making.spec;
    let mut ways = Ways::default();
    let Some(after) = &spec.after else {
        return Ok(ways);
    };
    if let (Some(next), true) = (&cut.next, cut.has_next) {
        // Who counts pages does not know how many rows there were: those that a page lacks are lost.
        let rows = number.saturating_mul(making.asked.size.max(1));
        let counted = (Position::Rows(rows), String::new());
        let next = match after.kind {
            PositionKind::Page => &counted,
            PositionKind::Key | PositionKind::Offset | PositionKind::Token => next,
        };
        let next = making.written(after, next, number.saturating_add(1), false)?;
        ways.next = next.map(|next| (after, cut_off(next, making.quirk.malformed_next)));
    }
    if let (Some(previous), true) = (&cut.previous, cut.has_previous) {
        let before = number.saturating_sub(1).max(1);
        if let Some(spec) = &spec.before {
            let back = two_way(making.spec);
            let written = making.written(spec, previous, before, back)?;
            ways.previous = written.map(|written| (spec, written));
        } else if let (Position::Rows(rows), false) =
            (&previous.0, after.kind == PositionKind::Token)
        {
            let size = making.asked.size.max(1);
            // Behind the end, the page before is the last one that has rows.
            let end = pages.map_or(u64::MAX, |pages| pages.saturating_mul(size));
            let rows = (*rows).min(end).saturating_sub(size);
            let position = (Position::Rows(rows), String::new());
            let written = making.written(after, &position, before, false)?;
            ways.previous = written.map(|written| (after, written));
        }
    }
    if matches!(after.kind, PositionKind::Page | PositionKind::Offset) {
        let position = (Position::Rows(0), String::new());
        let written = making.written(after, &position, 1, false)?;
        ways.first = written.map(|written| (after, written));
    }
    if let (Some(pages), true) = (pages, cut.offset.is_some()) {
        let rows = pages.saturating_sub(1).saturating_mul(making.asked.size);
        let position = (Position::Rows(rows), String::new());
        let written = making.written(after, &position, pages, false)?;
        ways.last = written.map(|written| (after, written));
    }
    Ok(ways)
}

fn cut_off(value: Value, off: bool) -> Value {
    match value {
        Value::String(text) if off => {
            let half = text.chars().count().div_ceil(2);
            text.chars().take(half).collect::<String>().into()
        }
        other => other,
    }
}

/// Each row's own cursor, where somebody shows it.
fn cursors(making: &Making<'_, '_>, cut: &Cut, number: u64) -> Result<Vec<Value>, Refusal> {
    let mut cursors = Vec::new();
    let (Some(after), true) = (&making.spec.after, making.spec.cursors) else {
        return Ok(cursors);
    };
    for (at, row) in (1..).zip(&cut.rows) {
        let position = match cut.offset {
            Some(offset) => Position::Rows(offset.saturating_add(at)),
            None => Position::Behind(row.spot.values.clone(), row.spot.age),
        };
        let position = (position, row.key.to_string());
        let written = making.written(after, &position, number.saturating_add(1), false)?;
        cursors.push(written.unwrap_or_default());
    }
    Ok(cursors)
}

/// The rows as they look on the wire.
fn items(making: &Making<'_, '_>, rows: &[Row], cursors: &[Value]) -> Result<Vec<Value>, Refusal> {
    let spec = making.spec;
    let fields = spec.fields.as_ref();
    let fields = fields
        .and_then(|name| making.asked.input.get(name)?.as_str())
        .filter(|fields| !fields.trim().is_empty());
    let mut variables = making.view.variables.clone();
    let mut items = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let mut item = match &spec.item {
            None => (*row.record).clone(),
            Some(item) => {
                add_facts(making, row, &mut variables);
                if let Some(cursor) = cursors.get(at) {
                    variables.insert("cursor".into(), cursor.clone());
                }
                let seen = View {
                    variables: &variables,
                    record: Some(&*row.record),
                    ..*making.view
                };
                seen.fill(item)?
            }
        };
        if let (Some(fields), Value::Object(members)) = (fields, &mut item) {
            members.retain(|name, _| fields.split(',').any(|field| field.trim() == name));
        }
        items.push(item);
    }
    Ok(items)
}

/// Gives the names of the facts to what they are of a row.
fn add_facts(making: &Making<'_, '_>, row: &Row, variables: &mut Variables) {
    for (name, _) in &making.spec.facts {
        variables.shift_remove(name);
    }
    for (name, fact) in &making.spec.facts {
        let seen = View {
            variables,
            record: Some(&*row.record),
            ..*making.view
        };
        // One that fails on this record is left out.
        if let Ok(Some(value)) = seen.eval_optional(fact) {
            variables.insert(name.clone(), value);
        }
    }
}

fn shown_total(making: &Making<'_, '_>, total: Option<u64>, number: u64) -> Option<u64> {
    let total = total?;
    let total = match making.spec.total {
        Total::Estimate => rounded(total),
        Total::Exact | Total::None => total,
    };
    let drift = making.quirk.total_drift.unwrap_or(0);
    let pages = i64::try_from(number.saturating_sub(1)).unwrap_or(i64::MAX);
    Some(total.saturating_add_signed(drift.saturating_mul(pages)))
}

/// The first two digits of a number, and zeros.
fn rounded(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number / unit * unit
}

/// The `Link` header.
fn header(
    making: &Making<'_, '_>,
    links: &Value,
    number: u64,
    pages: Option<u64>,
) -> Option<String> {
    let link = |relation: Relation| match relation {
        Relation::Prev => links.get("previous"),
        Relation::Next => links.get("next"),
        // A page that is the first, or the last, does not link to itself.
        Relation::First => links.get("first").filter(|_| number > 1),
        Relation::Last => links
            .get("last")
            .filter(|_| pages.is_some_and(|pages| pages > 0 && pages != number)),
    };
    let shape = &making.spec.shape;
    let parts: Vec<String> = shape
        .link
        .iter()
        .filter_map(|(relation, name)| {
            let url = link(*relation)?.as_str()?;
            Some(format!("<{url}>; rel=\"{name}\""))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
