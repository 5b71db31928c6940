//! What faults make of JSON documents: bodies of replies, and what endpoints are told.
//!
//! What a fault does not touch stays as it is: the order of members, and the digits of numbers.

use std::collections::VecDeque;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

use super::fields::{self, Reach};
use super::values;
use crate::domain::chance::Chance;
use crate::domain::fault::{Kind, Mode};
use crate::state::faults::Rule;

/// How deep an object may be packed into objects that have nothing else.
const WRAPPED_MAX: usize = 128;

/// What a rule of the phase `Alter` makes of a document, and what exactly it changed; nothing, if there
/// is nothing in it that the rule could change.
#[must_use]
pub fn alter_json(rule: &Rule, document: &Value, chance: &Chance) -> Option<(Value, Value)> {
    if !(document.is_object() || document.is_array()) {
        return None;
    }
    let mut altered = document.clone();
    let detail = match rule.mode {
        Mode::PartialResponse => partial(rule, &mut altered, chance),
        Mode::CorruptField => corrupt(rule, &mut altered, chance),
        Mode::NullField => null(rule, &mut altered, chance),
        Mode::TypeChange => retype(rule, &mut altered, chance),
        Mode::RenamedField => rename(rule, &mut altered),
        Mode::AddedField => add(rule, &mut altered),
        Mode::SchemaDrift => drift(rule, &mut altered),
        Mode::EmptyList => empty(rule, &mut altered),
        _ => None,
    }?;
    Some((altered, detail))
}

/// Changes the fields that a rule names, or one that is drawn; tells which.
fn fields_of(
    rule: &Rule,
    document: &mut Value,
    chance: &Chance,
    change: fields::Change<'_>,
) -> Option<Value> {
    if !rule.with.fields.is_empty() {
        return told(named(rule, document, change));
    }
    let suits = |name: &str, member: &Value| match member {
        Value::Null => None,
        Value::Array(items) => (!items.is_empty()).then_some(2),
        Value::Object(members) => (!members.is_empty()).then_some(2),
        _ if fields::is_id(name) => Some(1),
        _ => Some(0),
    };
    let place = fields::one(document, &suits, chance, change)?;
    Some(json!({ "fields": [place] }))
}

/// Changes the fields that a rule names.
fn named(rule: &Rule, document: &mut Value, change: fields::Change<'_>) -> IndexSet<String> {
    let mut changed = IndexSet::new();
    for path in &rule.with.fields {
        changed.extend(fields::each(document, path, Reach::Nearest, change));
    }
    changed
}

fn told(changed: IndexSet<String>) -> Option<Value> {
    (!changed.is_empty()).then(|| json!({ "fields": Vec::from_iter(changed) }))
}

fn remove(members: &mut Map<String, Value>, name: &str) -> bool {
    members.shift_remove(name).is_some()
}

fn partial(rule: &Rule, document: &mut Value, chance: &Chance) -> Option<Value> {
    if !rule.with.fields.is_empty() {
        return told(named(rule, document, &mut remove));
    }
    let mut path = String::new();
    let objects = objects(document, &mut path);
    let mut names = IndexSet::new();
    for object in &objects {
        names.extend(object.keys().cloned());
    }
    let most = names.len().checked_sub(1).filter(|most| *most > 0)?;
    let share = rule.with.share.unwrap_or(0.5);
    let count = part_of(names.len(), share).clamp(1, most);
    let mut dropped: Vec<&String> = names.iter().collect();
    dropped.sort_by_key(|name| chance.draw(name, 0));
    dropped.truncate(count);
    for object in objects {
        object.retain(|name, _| !dropped.contains(&name));
    }
    // They are told in the order of the document.
    let dropped = names.iter().filter(|name| dropped.contains(name));
    let places: Vec<String> = dropped.map(|name| format!("{path}{name}")).collect();
    Some(json!({ "fields": places }))
}

/// The objects that a reply is about: those of its list, if it has one, or the only one.
fn objects<'d>(document: &'d mut Value, path: &mut String) -> Vec<&'d mut Map<String, Value>> {
    let mut value = document;
    for _ in 0..WRAPPED_MAX {
        let Some(name) = inner(value) else {
            break;
        };
        path.push_str(&name);
        path.push('.');
        value = &mut value[&name];
    }
    match value {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(members) => vec![members],
        _ => Vec::new(),
    }
}

/// The member of an object that has what the object is about: its only list of objects, or the only member
/// at all.
fn inner(value: &Value) -> Option<String> {
    let members = value.as_object()?;
    let is_list = |value: &Value| {
        let items = value.as_array();
        items.is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_object))
    };
    let mut lists = members.iter().filter(|(_, member)| is_list(member));
    if let (Some((name, _)), None) = (lists.next(), lists.next()) {
        return Some(name.clone());
    }
    let (name, member) = members.iter().next().filter(|_| members.len() == 1)?;
    member.is_object().then(|| name.clone())
}

fn corrupt(rule: &Rule, document: &mut Value, chance: &Chance) -> Option<Value> {
    let mut nth = 0;
    let mut change = |members: &mut Map<String, Value>, name: &str| {
        let Some(member) = members.get_mut(name) else {
            return false;
        };
        nth += 1;
        let other = values::other(name, member, &chance.again(nth));
        other.map(|other| *member = other).is_some()
    };
    fields_of(rule, document, chance, &mut change)
}

fn null(rule: &Rule, document: &mut Value, chance: &Chance) -> Option<Value> {
    let mut change = |members: &mut Map<String, Value>, name: &str| {
        let member = members.get_mut(name).filter(|member| !member.is_null());
        member.map(|member| *member = Value::Null).is_some()
    };
    fields_of(rule, document, chance, &mut change)
}

fn retype(rule: &Rule, document: &mut Value, chance: &Chance) -> Option<Value> {
    let to = rule.with.to;
    let mut change = |members: &mut Map<String, Value>, name: &str| retype_one(members, name, to);
    fields_of(rule, document, chance, &mut change)
}

fn retype_one(members: &mut Map<String, Value>, name: &str, to: Option<Kind>) -> bool {
    let Some(member) = members.get_mut(name) else {
        return false;
    };
    let retyped = values::retyped(member, to);
    retyped.map(|retyped| *member = retyped).is_some()
}

fn rename(rule: &Rule, document: &mut Value) -> Option<Value> {
    let with = &rule.with;
    let mut names = with.rename.clone();
    let unnamed = with.fields.iter().map(|path| {
        let name = path.rsplit('.').next().unwrap_or(path);
        (path.clone(), other_name(name))
    });
    names.extend(unnamed);
    if names.is_empty() {
        names.extend(drawn_name(rule, document));
    }
    let renamed = renamed(document, &names);
    (!renamed.is_empty()).then(|| json!({ "renamed": renamed }))
}

/// Renames members wherever they stand; gives the places, and what they are called now.
fn renamed(document: &mut Value, names: &IndexMap<String, String>) -> Map<String, Value> {
    let mut renamed = Map::new();
    for (path, new) in names {
        let mut change =
            |members: &mut Map<String, Value>, name: &str| rename_one(members, name, new);
        let places = fields::each(document, path, Reach::Everywhere, &mut change);
        renamed.extend(places.into_iter().map(|place| (place, json!(new))));
    }
    renamed
}

/// Renames a member in its place, unless that would hide another.
fn rename_one(members: &mut Map<String, Value>, old: &str, new: &str) -> bool {
    if members.contains_key(new) {
        return false;
    }
    let rename = |(name, member)| match name == old {
        true => (new.to_owned(), member),
        false => (name, member),
    };
    *members = std::mem::take(members).into_iter().map(rename).collect();
    true
}

/// The member that a rule renames which names none, and what it is called then. It is the same for all
/// replies: an API that is called otherwise stays so.
fn drawn_name(rule: &Rule, document: &Value) -> Option<(String, String)> {
    let chance = Chance::new(0, &rule.id, 0);
    let ease = |name: &str| match () {
        () if camel(name).is_some() => 0,
        () if snake(name).is_some() => 1,
        () => 2,
    };
    let names = fields::names(document).into_iter();
    let name = names.min_by_key(|name| (ease(name), chance.draw(name, 0)))?;
    Some((name.to_owned(), other_name(name)))
}

/// What a member is called in another version of an API.
pub(super) fn other_name(name: &str) -> String {
    camel(name)
        .or_else(|| snake(name))
        .unwrap_or_else(|| format!("{name}_v2"))
}

/// `user_id` as `userId`; nothing, if it is not of that kind.
fn camel(name: &str) -> Option<String> {
    let words = name.trim_start_matches('_');
    let mut parts = words.split('_').filter(|part| !part.is_empty());
    let mut camel = name[..name.len() - words.len()].to_owned() + parts.next()?;
    let length = camel.len();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    (camel.len() > length).then_some(camel)
}

/// `userId` as `user_id`; nothing, if it is not of that kind.
fn snake(name: &str) -> Option<String> {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = None;
    for letter in name.chars() {
        let starts = letter.is_ascii_uppercase()
            && before.is_some_and(|before: char| before.is_ascii_lowercase());
        if starts {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    (snake.len() > name.len()).then_some(snake)
}

fn add(rule: &Rule, document: &mut Value) -> Option<Value> {
    let added = added(document, &additions(rule));
    (!added.is_empty()).then(|| json!({ "added": Vec::from_iter(added) }))
}

fn additions(rule: &Rule) -> Map<String, Value> {
    let mut add = rule.with.add.clone();
    if add.is_empty() {
        add.insert("api_version".to_owned(), json!("2.0"));
    }
    add
}

/// Adds members to the root, or to each object of a list; gives those that were not there.
fn added(document: &mut Value, add: &Map<String, Value>) -> IndexSet<String> {
    let mut added = IndexSet::new();
    let objects = match document {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(members) => vec![members],
        _ => Vec::new(),
    };
    for object in objects {
        for (name, value) in add {
            if !object.contains_key(name) {
                object.insert(name.clone(), value.clone());
                added.insert(name.clone());
            }
        }
    }
    added
}

/// As another version of the API has it.
fn drift(rule: &Rule, document: &mut Value) -> Option<Value> {
    let with = &rule.with;
    let declared = !(with.rename.is_empty()
        && with.add.is_empty()
        && with.remove.is_empty()
        && with.retype.is_empty());
    let mut names = with.rename.clone();
    let mut add = with.add.clone();
    if !declared {
        let status = ("status".to_owned(), "state".to_owned());
        match fields::names(document).contains("status") {
            true => names.extend([status]),
            false => names.extend(drawn_name(rule, document)),
        }
        add = additions(rule);
    }
    let mut removed = IndexSet::new();
    for path in &with.remove {
        removed.extend(fields::each(document, path, Reach::Everywhere, &mut remove));
    }
    let mut retyped = IndexSet::new();
    for (path, kind) in &with.retype {
        let mut change =
            |members: &mut Map<String, Value>, name: &str| retype_one(members, name, Some(*kind));
        retyped.extend(fields::each(document, path, Reach::Everywhere, &mut change));
    }
    let renamed = renamed(document, &names);
    let added = added(document, &add);
    let mut detail = Map::new();
    if !renamed.is_empty() {
        detail.insert("renamed".to_owned(), Value::Object(renamed));
    }
    for (what, places) in [("added", added), ("removed", removed), ("retyped", retyped)] {
        if !places.is_empty() {
            detail.insert(what.to_owned(), Vec::from_iter(places).into());
        }
    }
    (!detail.is_empty()).then_some(Value::Object(detail))
}

fn empty(rule: &Rule, document: &mut Value) -> Option<Value> {
    let mut rows = 0;
    let mut clear = |items: &mut Vec<Value>| {
        rows += items.len();
        items.clear();
    };
    let changed = if rule.with.fields.is_empty() {
        let (place, items) = first_list(document)?;
        clear(items);
        IndexSet::from_iter([place])
    } else {
        let mut change = |members: &mut Map<String, Value>, name: &str| {
            let items = members.get_mut(name).and_then(Value::as_array_mut);
            let items = items.filter(|items| !items.is_empty());
            items.map(&mut clear).is_some()
        };
        named(rule, document, &mut change)
    };
    let mut detail = told(changed)?;
    detail["rows"] = rows.into();
    Some(detail)
}

/// The list that is nearest to the root and has something in it, and where it stands.
pub(super) fn first_list(document: &mut Value) -> Option<(String, &mut Vec<Value>)> {
    let mut next = VecDeque::from([(String::new(), document)]);
    while let Some((path, value)) = next.pop_front() {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let place = if path.is_empty() {
                    "$".to_owned()
                } else {
                    path
                };
                return Some((place, items));
            }
            Value::Object(members) => {
                let inner = members.iter_mut();
                let inner = inner.filter(|(_, member)| member.is_array() || member.is_object());
                let inner = inner.map(|(name, member)| match path.is_empty() {
                    true => (name.clone(), member),
                    false => (format!("{path}.{name}"), member),
                });
                next.extend(inner);
            }
            _ => {}
        }
    }
    None
}

/// A share of something that is counted.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is no amount, and a cast of a float stops at the bounds of the integer"
)]
pub(super) fn part_of(whole: usize, share: f64) -> usize {
    (whole as f64 * share).round() as usize
}
