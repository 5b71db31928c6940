//! Items: what a batch is made of, out of its call's input.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::blame;
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::BatchSpec;

/// The member of the input that holds the lines of a body.
pub const LINES: &str = "lines";

/// The member of the input that holds the lines in pairs.
const PAIRS: &str = "pairs";

/// The cause of an item without an id, where the batch says how that looks: otherwise it may be without.
const ID_MISSING: &str = "batch_id_missing";

/// An item of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What stands for `item` in expressions until it is decided.
    pub seen: Value,
    /// The list that it stands in, where there are several.
    pub group: Option<Arc<str>>,
    /// Its id.
    pub id: Option<Arc<str>>,
}

impl Item {
    /// The item `at` of a batch.
    #[must_use]
    pub fn new(at: usize, given: Value, group: Option<Arc<str>>) -> Self {
        let mut seen = Map::from_iter([
            ("index".to_owned(), at.into()),
            ("number".to_owned(), (at + 1).into()),
        ]);
        if let Some(group) = &group {
            seen.insert("group".into(), (**group).into());
        }
        if let Value::Object(members) = &given {
            seen.extend(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        seen.insert("given".into(), given);
        Self {
            seen: Value::Object(seen),
            group,
            id: None,
        }
    }

    /// The item as it was given.
    #[must_use]
    pub fn given(&self) -> &Value {
        &self.seen["given"]
    }
}

/// Reads the items of a batch. `variables` are those of the call; they lose their lines, and get
/// nothing.
///
/// # Errors
/// `malformed_batch`, `batch_empty`, `batch_too_large`, `batch_ids_not_distinct`, `batch_id_missing`; or
/// what the definition gets wrong on this call.
pub fn read(
    view: &View<'_>,
    variables: &mut Variables,
    spec: &BatchSpec,
) -> Result<Vec<Item>, Refusal> {
    if let Some(paired) = &spec.paired {
        pair(view, variables, paired)?;
    }
    // Whether the input or the definition is at fault, there are no items: the input can be mended.
    let found = seen(view, variables).eval_optional(&spec.items);
    let found = found.map_err(|_| blame::unexpected(&spec.items, "input", variables))?;
    let said = |message: &str| blame::blamed(&spec.items, "input", variables, message);
    let groups = grouped(found).map_err(|message| said(&message))?;
    if let Some(Value::Object(input)) = variables.get_mut("input") {
        input.shift_remove(PAIRS);
        input.shift_remove(LINES);
    }
    let mut items = listed(groups, spec)?;
    if let Some(id) = &spec.id {
        let mut taken = BTreeSet::new();
        let needed = spec.refusals.causes.contains_key(ID_MISSING);
        for (at, item) in items.iter_mut().enumerate() {
            variables.insert("item".into(), item.seen.take());
            let found = seen(view, variables).eval_optional(id);
            item.seen = variables.shift_remove("item").unwrap_or_default();
            // An item whose id cannot be told has none.
            let text: Arc<str> = match found {
                Ok(Some(Value::String(text))) => text.into(),
                Ok(Some(Value::Number(number))) => number.to_string().into(),
                Ok(_) | Err(_) if needed => {
                    let refusal = Refusal::new(ID_MISSING, format!("item {} has no id", at + 1));
                    return Err(refusal.with("number", at + 1).shaped(&spec.refusals));
                }
                Ok(_) | Err(_) => continue,
            };
            if !taken.insert(text.clone()) {
                let message = format!("two items have the id {:?}", shortened(&text));
                let refusal = Refusal::new("batch_ids_not_distinct", message);
                return Err(refusal.with("id", &*text).shaped(&spec.refusals));
            }
            item.id = Some(text);
        }
    }
    Ok(items)
}

fn seen<'a>(view: &View<'a>, variables: &'a Variables) -> View<'a> {
    View { variables, ..*view }
}

/// A list without a name, or lists with theirs.
type Groups = Vec<(Option<Arc<str>>, Vec<Value>)>;

/// A list, or an object of lists; otherwise, what is wrong.
fn grouped(found: Option<Value>) -> Result<Groups, String> {
    let mut groups = Groups::new();
    match found {
        Some(Value::Array(items)) => groups.push((None, items)),
        Some(Value::Object(named)) => {
            for (name, group) in named {
                let Value::Array(group) = group else {
                    let found = kind(&group);
                    let name = shortened(&name);
                    return Err(format!("expected a list as {name:?}, found {found}"));
                };
                groups.push((Some(name.into()), group));
            }
        }
        Some(other) => return Err(format!("expected a list, found {}", kind(&other))),
        None => return Err("expected a list of items, found none".to_owned()),
    }
    Ok(groups)
}

fn listed(groups: Groups, spec: &BatchSpec) -> Result<Vec<Item>, Refusal> {
    check_count(groups.iter().map(|(_, group)| group.len()).sum(), spec)?;
    let mut items = Vec::new();
    for (name, group) in groups {
        for given in group {
            items.push(Item::new(items.len(), given, name.clone()));
        }
    }
    Ok(items)
}

fn check_count(count: usize, spec: &BatchSpec) -> Result<(), Refusal> {
    let (cause, message) = if count < spec.min {
        (
            "batch_empty",
            format!("{count} items, expected {} at least", spec.min),
        )
    } else if count > spec.max {
        (
            "batch_too_large",
            format!("{count} items, expected {} at most", spec.max),
        )
    } else {
        return Ok(());
    };
    let refusal = Refusal::new(cause, message).shaped(&spec.refusals);
    Err(refusal
        .with("count", count)
        .with("max", spec.max)
        .with("min", spec.min))
}

/// Puts the lines of a body in pairs: an action, and the source after it if it has one.
fn pair(
    view: &View<'_>,
    variables: &mut Variables,
    paired: &crate::matching::condition::Expression,
) -> Result<(), Refusal> {
    let input = variables.get_mut("input");
    let lines = input.and_then(|input| input.as_object_mut()?.shift_remove(LINES));
    let Some(Value::Array(lines)) = lines else {
        return Ok(());
    };
    let mut pairs = Vec::new();
    let mut scope = Variables::new();
    let mut lines = lines.into_iter().enumerate();
    while let Some((at, line)) = lines.next() {
        if line.as_object().is_none_or(|members| members.len() != 1) {
            let found = kind(&line);
            let message = format!(
                "line {}: expected an action, an object of one member, found {found}",
                at + 1
            );
            return Err(malformed(&message).with("line", at + 1));
        }
        scope.insert("line".into(), line);
        let alone = seen(view, &scope).eval_optional(paired)?;
        let action = scope.shift_remove("line").unwrap_or_default();
        let alone = match alone {
            Some(Value::Bool(alone)) => alone,
            Some(_) => {
                let message = "expected true, false or null";
                return Err(Refusal::definition(paired.source(), message));
            }
            None => {
                let named = action.as_object().and_then(|action| action.keys().next());
                let named = named.map(|name| shortened(name)).unwrap_or_default();
                let message = format!("line {}: {named:?} is no action", at + 1);
                let refusal = malformed(&message).with("line", at + 1);
                return Err(refusal.with("action", named));
            }
        };
        if alone {
            pairs.push(json!({ "action": action }));
            continue;
        }
        let Some((_, source)) = lines.next() else {
            let message = format!("line {}: there is no source after the action", at + 1);
            return Err(malformed(&message).with("line", at + 1));
        };
        pairs.push(json!({ "action": action, "source": source }));
    }
    if let Some(Value::Object(input)) = variables.get_mut("input") {
        input.insert(PAIRS.into(), pairs.into());
    }
    Ok(())
}

pub(super) fn malformed(message: &str) -> Refusal {
    Refusal::new("malformed_batch", message)
}

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(64).map(|(at, _)| at);
    &text[..end.unwrap_or(text.len())]
}
