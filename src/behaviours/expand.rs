//! References that are replaced by what they refer to: members of a reply's body that hold the key of a
//! record of another collection.

use serde_json::Value;

use super::{Refusal, View};

/// How many paths a call may give.
pub const PATHS_MAX: usize = 20;

/// How many references may follow one another in a path.
pub const STEPS_MAX: usize = 4;

/// How many records a reply may take in, so that lists of references within lists of references end.
const RECORDS_MAX: usize = 10_000;

/// How many names a path may have: references and what they stand in.
const NAMES_MAX: usize = 16;

/// Replaces what the paths lead to. Null stays null, and so does the key of a record that is not there any
/// more.
///
/// # Errors
/// `cannot_expand`, with the `path` that leads to no reference, or that is one too many or too long.
pub fn expand(view: &View<'_>, paths: &[String], body: &mut Value) -> Result<(), Refusal> {
    if let Some(path) = paths.get(PATHS_MAX) {
        let message = format!("{} paths, and {PATHS_MAX} are let", paths.len());
        return Err(refusal(path, &message));
    }
    let mut records = 0;
    for path in paths {
        let names: Vec<&str> = path.split('.').collect();
        let is_reference = |name: &&&str| view.pack.references.contains_key(**name);
        let steps = names.iter().filter(is_reference).count();
        if steps > STEPS_MAX || names.len() > NAMES_MAX {
            return Err(refusal(path, &format!("more than {STEPS_MAX} steps")));
        }
        let last = names.last().is_some_and(|last| is_reference(&last));
        let mut walk = Walk {
            view,
            looked_at: false,
            found: false,
            records: &mut records,
        };
        let fits = last && walk.go(body, &names);
        if *walk.records > RECORDS_MAX {
            return Err(refusal(path, "too many records"));
        }
        if !fits || walk.looked_at && !walk.found {
            return Err(refusal(path, "it leads to no reference"));
        }
    }
    Ok(())
}

fn refusal(path: &str, why: &str) -> Refusal {
    let path: String = path.chars().take(128).collect();
    Refusal::new(
        "cannot_expand",
        format!("`{path}` cannot be expanded: {why}"),
    )
    .with("path", path)
}

/// The way along one path.
struct Walk<'w, 'v> {
    view: &'w View<'v>,
    /// Whether any object was to have the last member.
    looked_at: bool,
    /// Whether any object had it.
    found: bool,
    /// How many records have been taken in, along all paths.
    records: &'w mut usize,
}

impl Walk<'_, '_> {
    /// Goes on from a value; false, where the path leads on from what has no members.
    fn go(&mut self, value: &mut Value, names: &[&str]) -> bool {
        match (value, names) {
            (Value::Array(items), _) => items.iter_mut().all(|item| self.go(item, names)),
            (Value::Null, _) | (Value::Object(_), []) => true,
            (Value::Object(members), [name, rest @ ..]) => {
                let Some(member) = members.get_mut(*name) else {
                    self.looked_at = true;
                    return true;
                };
                self.found |= rest.is_empty();
                self.replace(name, member) && self.go(member, rest)
            }
            // The key of a record that is not there.
            (Value::String(_), _) => true,
            (Value::Bool(_) | Value::Number(_), _) => false,
        }
    }

    /// Puts records in the place of their keys; false, where a text or a number is no reference.
    fn replace(&mut self, name: &str, member: &mut Value) -> bool {
        match member {
            Value::Array(items) => items.iter_mut().all(|item| self.replace(name, item)),
            Value::String(key) => {
                let Some(collections) = self.view.pack.references.get(name) else {
                    return false;
                };
                *self.records += 1;
                if *self.records > RECORDS_MAX {
                    return true;
                }
                let state = self.view.state;
                let mut found = collections
                    .iter()
                    .filter_map(|collection| state.record(&self.view.name(collection), key));
                if let Some(record) = found.next() {
                    *member = (*record).clone();
                }
                true
            }
            Value::Null | Value::Object(_) => true,
            Value::Bool(_) | Value::Number(_) => false,
        }
    }
}
