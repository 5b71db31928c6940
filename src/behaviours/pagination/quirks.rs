//! Which quirks a page has, and what they do before it is made.

use std::sync::Arc;

use serde_json::Value;

use super::listing::Listing;
use super::{Subject, number};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{CollectionSpec, PageSpec};
use crate::domain::quirk::Quirk;
use crate::state::Effect;
use crate::state::collection::Collection;
use crate::state::unique::{UniqueMember, value_of};

/// How many records one quirk makes or drops at the most.
const ROWS_MAX: usize = 1_000;

/// The quirks of one page, as one.
#[derive(Debug, Default)]
pub struct Chosen {
    /// All of them together.
    pub quirk: Quirk,
    /// That they are used up: it remains even if the call is refused.
    pub effects: Vec<Effect>,
}

/// What quirks do before a page is made.
#[derive(Debug, Default)]
pub struct Stirred {
    /// Records that are made, with their keys.
    pub made: Vec<(Arc<str>, Arc<Value>)>,
    /// The keys of records that are dropped.
    pub dropped: Vec<Arc<str>>,
}

/// Chooses what concerns this page: all that the pack declares, and the first in line of those that a
/// tester has queued.
///
/// # Errors
/// When the number of the page must be known, and the call is one that is refused.
pub fn choose(view: &View<'_>, spec: &PageSpec, subject: &Subject<'_>) -> Result<Chosen, Refusal> {
    let queue = &view.state.quirks;
    let mut chosen = Chosen::default();
    let queued = || queue.iter().filter(|entry| entry.concerns(subject.tool));
    if spec.quirks.is_empty() && queued().next().is_none() {
        return Ok(chosen);
    }
    let by_number = spec
        .quirks
        .iter()
        .any(|quirk| quirk.on_page.is_some() || quirk.empty_page)
        || queued().any(|entry| entry.quirk.on_page.is_some());
    let number = match by_number {
        true => number(view, spec, subject)?,
        false => 1,
    };
    let here = |quirk: &Quirk| quirk.on_page.is_none_or(|page| page == number);
    for (at, quirk) in spec.quirks.iter().enumerate() {
        let left = match quirk.times {
            Some(times) => queue.used(subject.tool, at) < times,
            None => true,
        };
        if !left || !here(quirk) {
            continue;
        }
        let mut quirk = quirk.clone();
        if quirk.times.is_some() {
            let tool = subject.tool.clone();
            chosen.effects.push(Effect::QuirkUsed { tool, at });
        } else if quirk.on_page.is_none() && number % 2 == 1 {
            // Pages without a row and without an end would lead nowhere: every other one has rows.
            quirk.empty_page = false;
        }
        add(&mut chosen.quirk, quirk);
    }
    if let Some(entry) = queued().find(|entry| here(&entry.quirk)) {
        chosen.effects.push(Effect::QuirkTaken { id: entry.id });
        add(&mut chosen.quirk, entry.quirk.clone());
    }
    Ok(chosen)
}

/// Adds the flaws of one quirk to those of another.
pub fn add(to: &mut Quirk, other: Quirk) {
    to.short_page = other.short_page.or(to.short_page);
    to.empty_page |= other.empty_page;
    to.turns |= other.turns;
    to.omit.extend(other.omit);
    to.total_drift = other.total_drift.or(to.total_drift);
    to.insert_rows = other.insert_rows.or(to.insert_rows);
    to.delete_rows = other.delete_rows.or(to.delete_rows);
    to.expire_token |= other.expire_token;
    to.clamp_size = other.clamp_size.or(to.clamp_size);
    to.malformed_next |= other.malformed_next;
}

/// What the quirks of a page do before it is made.
///
/// # Errors
/// When a filter of the list fails.
pub fn stir(view: &View<'_>, spec: &PageSpec, quirk: &Quirk) -> Result<Stirred, Refusal> {
    let mut stirred = Stirred::default();
    let rows = |rows: Option<u64>| {
        usize::try_from(rows.unwrap_or(0))
            .unwrap_or(ROWS_MAX)
            .min(ROWS_MAX)
    };
    let delete = rows(quirk.delete_rows);
    if delete > 0 {
        let listing = Listing::new(*view, spec)?;
        for row in listing.after(None) {
            let row = row?;
            if row.wanted {
                stirred.dropped.push(row.key);
            }
            if stirred.dropped.len() == delete {
                break;
            }
        }
    }
    let name = view.name(&spec.collection);
    let collection = view.state.collections.get(&name);
    let insert = rows(quirk.insert_rows);
    if let Some(collection) = collection.filter(|_| insert > 0)
        && let Some((_, key, record)) = collection.before(None).next()
    {
        let spec = view.pack.collections.get(&spec.collection);
        let copies = (collection.made()..).map(|number| copy(spec, &key, &record, number));
        let free = copies.filter(|(key, copy)| is_free(collection, spec, key, copy));
        stirred.made.extend(free.take(insert));
    }
    Ok(stirred)
}

/// A copy of a record under a key of its own, whose unique members are its own, too.
fn copy(
    spec: Option<&CollectionSpec>,
    key: &str,
    record: &Value,
    number: u64,
) -> (Arc<str>, Arc<Value>) {
    let key: Arc<str> = format!("{key}-{number}").into();
    let mut copy = record.clone();
    if let (Value::Object(members), Some(spec)) = (&mut copy, spec) {
        for UniqueMember { name, .. } in spec.unique.iter() {
            match members.get_mut(&**name) {
                Some(Value::String(text)) => *text = numbered(text, number),
                _ => drop(members.shift_remove(&**name)),
            }
        }
        members.insert(spec.key.clone(), (*key).into());
    }
    (key, Arc::new(copy))
}

/// A text with a number at its end, or before the `@` of an address.
fn numbered(text: &str, number: u64) -> String {
    match text.rsplit_once('@') {
        Some((name, host)) => format!("{name}-{number}@{host}"),
        None => format!("{text}-{number}"),
    }
}

fn is_free(
    collection: &Collection,
    spec: Option<&CollectionSpec>,
    key: &str,
    record: &Value,
) -> bool {
    let mut unique = spec.iter().flat_map(|spec| spec.unique.iter());
    let taken = |member: &UniqueMember| {
        let value = value_of(record, &member.name);
        value.is_some_and(|value| collection.with_unique(&member.name, &value).is_some())
    };
    !collection.has(key) && !unique.any(taken)
}
