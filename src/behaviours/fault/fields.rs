//! Where the members stand that a fault is about.
//!
//! A path goes through lists into each element. Every walk is bounded in depth and in work: what lies
//! beyond stays as it is.

use indexmap::IndexSet;
use serde_json::{Map, Value};

use crate::domain::chance::Chance;

/// How deep documents are looked into, as `serde_json` reads them.
const DEPTH_MAX: usize = 128;

/// How many values one walk visits.
const VISITS_MAX: usize = 1_000_000;

/// How many different places are told.
const TOLD_MAX: usize = 100;

/// Changes a member of an object; whether it did.
pub(super) type Change<'c> = &'c mut dyn FnMut(&mut Map<String, Value>, &str) -> bool;

/// Where a name alone is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// At the root; and wherever it stands, if it is not there.
    Nearest,
    /// Wherever it stands.
    Everywhere,
}

/// Changes the members of this path; gives the places at which something changed, without the positions
/// in lists.
pub(super) fn each(
    document: &mut Value,
    path: &str,
    reach: Reach,
    change: Change<'_>,
) -> IndexSet<String> {
    let mut walk = Walk {
        change,
        here: String::new(),
        changed: IndexSet::new(),
        left: VISITS_MAX,
    };
    let everywhere = reach == Reach::Everywhere && !path.contains('.');
    let found = !everywhere && walk.along(document, path, DEPTH_MAX);
    if !found && !path.contains('.') {
        walk.everywhere(document, path, DEPTH_MAX);
    }
    walk.changed
}

struct Walk<'c> {
    change: Change<'c>,
    /// The path of the object that the walk is at.
    here: String,
    changed: IndexSet<String>,
    /// How many more values are visited.
    left: usize,
}

impl Walk<'_> {
    /// Changes what a path leads to; whether there is such a member.
    fn along(&mut self, value: &mut Value, path: &str, depth: usize) -> bool {
        let Some(depth) = self.may_visit(depth) else {
            return false;
        };
        match value {
            Value::Array(items) => self.through_list(items, path, depth),
            Value::Object(members) if members.contains_key(path) => {
                self.change(members, path);
                true
            }
            Value::Object(members) => {
                let Some((first, rest)) = path.split_once('.') else {
                    return false;
                };
                let Some(member) = members.get_mut(first) else {
                    return false;
                };
                let back = self.enter(first);
                let found = self.along(member, rest, depth);
                self.here.truncate(back);
                found
            }
            _ => false,
        }
    }

    /// A position leads to one element, and any other name into each of them.
    fn through_list(&mut self, items: &mut [Value], path: &str, depth: usize) -> bool {
        let position = path
            .split_once('.')
            .and_then(|(first, rest)| Some((first, first.parse::<usize>().ok()?, rest)));
        if let Some((first, position, rest)) = position {
            let Some(item) = items.get_mut(position) else {
                return false;
            };
            let back = self.enter(first);
            let found = self.along(item, rest, depth);
            self.here.truncate(back);
            return found;
        }
        let mut found = false;
        for item in items {
            found |= self.along(item, path, depth);
        }
        found
    }

    /// Changes the members of a name in all objects, the innermost first: what stands above them would
    /// be called otherwise after its own change.
    fn everywhere(&mut self, value: &mut Value, name: &str, depth: usize) {
        let Some(depth) = self.may_visit(depth) else {
            return;
        };
        match value {
            Value::Array(items) => {
                for item in items {
                    self.everywhere(item, name, depth);
                }
            }
            Value::Object(members) => {
                for (inner, member) in members.iter_mut() {
                    if member.is_object() || member.is_array() {
                        let back = self.enter(inner);
                        self.everywhere(member, name, depth);
                        self.here.truncate(back);
                    }
                }
                if members.contains_key(name) {
                    self.change(members, name);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, members: &mut Map<String, Value>, name: &str) {
        if (self.change)(members, name) && self.changed.len() < TOLD_MAX {
            let back = self.enter(name);
            self.changed.insert(self.here.clone());
            self.here.truncate(back);
        }
    }

    /// Goes into a member; gives how long the path was.
    fn enter(&mut self, name: &str) -> usize {
        enter(&mut self.here, name)
    }

    fn may_visit(&mut self, depth: usize) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        depth.checked_sub(1)
    }
}

fn enter(here: &mut String, name: &str) -> usize {
    let back = here.len();
    if back > 0 {
        here.push('.');
    }
    here.push_str(name);
    back
}

/// How well a member suits, the best with 0; nothing, if it does not suit at all.
pub(super) type Rank<'r> = &'r dyn Fn(&str, &Value) -> Option<usize>;

/// How many ranks there are.
const RANKS: usize = 3;

/// Changes one of the members that suit best, drawn by chance; gives its place, with the positions in
/// lists.
pub(super) fn one(
    document: &mut Value,
    rank: Rank<'_>,
    chance: &Chance,
    change: Change<'_>,
) -> Option<String> {
    let mut counts = [0; RANKS];
    let mut left = VISITS_MAX;
    count(document, rank, &mut counts, &mut left, DEPTH_MAX);
    let best = counts.iter().position(|count| *count > 0)?;
    let drawn = chance.draw("field", 0) % counts[best];
    let mut search = Search {
        rank,
        best,
        before: drawn,
        here: String::new(),
        left: VISITS_MAX,
    };
    let changed = search.find(document, change, DEPTH_MAX)?;
    changed.then_some(search.here)
}

/// Counts the members of each rank, those of an object before those that are deeper.
fn count(value: &Value, rank: Rank<'_>, counts: &mut [u64; RANKS], left: &mut usize, depth: usize) {
    if *left == 0 || depth == 0 {
        return;
    }
    *left -= 1;
    match value {
        Value::Array(items) => {
            for item in items {
                count(item, rank, counts, left, depth - 1);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(rank) = rank(name, member) {
                    counts[rank] += 1;
                }
            }
            for member in members.values() {
                count(member, rank, counts, left, depth - 1);
            }
        }
        _ => {}
    }
}

/// A walk in the order of [`count`] to one member.
struct Search<'r> {
    rank: Rank<'r>,
    best: usize,
    /// How many of the rank come before it.
    before: u64,
    here: String,
    left: usize,
}

impl Search<'_> {
    /// Whether the member changed, once it is found.
    fn find(&mut self, value: &mut Value, change: Change<'_>, depth: usize) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        match value {
            Value::Array(items) => {
                for (position, item) in items.iter_mut().enumerate() {
                    let back = enter(&mut self.here, &position.to_string());
                    if let Some(changed) = self.find(item, change, depth) {
                        return Some(changed);
                    }
                    self.here.truncate(back);
                }
            }
            Value::Object(members) => {
                if let Some(name) = self.among(members) {
                    enter(&mut self.here, &name);
                    return Some(change(members, &name));
                }
                for (name, member) in members {
                    let back = enter(&mut self.here, name);
                    if let Some(changed) = self.find(member, change, depth) {
                        return Some(changed);
                    }
                    self.here.truncate(back);
                }
            }
            _ => {}
        }
        None
    }

    fn among(&mut self, members: &Map<String, Value>) -> Option<String> {
        for (name, member) in members {
            if (self.rank)(name, member) != Some(self.best) {
                continue;
            }
            match self.before.checked_sub(1) {
                Some(before) => self.before = before,
                None => return Some(name.clone()),
            }
        }
        None
    }
}

/// The names of all members, each once.
pub(super) fn names(document: &Value) -> IndexSet<&str> {
    fn collect<'d>(
        value: &'d Value,
        names: &mut IndexSet<&'d str>,
        left: &mut usize,
        depth: usize,
    ) {
        if *left == 0 || depth == 0 {
            return;
        }
        *left -= 1;
        match value {
            Value::Array(items) => {
                for item in items {
                    collect(item, names, left, depth - 1);
                }
            }
            Value::Object(members) => {
                names.extend(members.keys().map(String::as_str));
                for member in members.values() {
                    collect(member, names, left, depth - 1);
                }
            }
            _ => {}
        }
    }
    let mut names = IndexSet::new();
    collect(document, &mut names, &mut { VISITS_MAX }, DEPTH_MAX);
    names
}

/// Whether a member says what its object is: another value of it would be found out at once.
pub(super) fn is_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["id", "uuid", "_id", "key", "object"].contains(&&*lower)
        || lower.ends_with("_id")
        || lower.ends_with("uuid")
        || name.ends_with("Id")
        || name.ends_with("ID")
}
